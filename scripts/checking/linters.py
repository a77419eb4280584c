"""Run the linters: ``make lint`` all of them, ``make check`` those that need no dbt, ``make format`` what they can fix.

Only the standard library is imported, so that ``start.py`` can call it. No linter sees a warehouse: dbt compiles the
models for sqlfluff against an empty one of the linters' own, because an incremental model has another text once its
table is there.

A linter that takes seconds is left out where it found nothing and no file that it reads has changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LINTED = ROOT / "target" / "lint"
EMPTY_WAREHOUSE = LINTED / "empty.duckdb"
CLEAN = "clean.json"
# The settings of all linters and their versions decide, too.
SETTINGS = (".sqlfluff", ".yamllint", ".gitignore", "pyproject.toml", ".lock")
MADE = {"target", "logs", "warehouse", ".git", ".hypothesis"} | {
    f".{tool}_cache" for tool in ("import_linter", "mypy", "pytest", "ruff")
}

PYTHON_FOLDERS = ("benchmarks", "scripts", "tests")
PYTHON_FILES = (*PYTHON_FOLDERS, "start.py")
SQL_FILES = ("analyses", "models", "tests")
MARKDOWN_FOLDERS = ("analyses", "docs", "models", "page", "reports", "sample", "tests")
MARKDOWN = (*MARKDOWN_FOLDERS, "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
# The overview of dbt's page is Jinja.
NOT_MARKDOWN = ("--exclude", "models/overview.md")

# Settings that choose another target, warehouse or project than that of the linters, and settings that dbt reads.
OURS = ("WAREHOUSE_PATH", "MEMORY_LIMIT")
OF_TOOLS = ("DBT_", "SQLFLUFF_", "RUFF_", "MYPY")

# The garbage collector takes a third of sqlfluff's time and finds next to nothing: without it sqlfluff takes 35 s of
# processor time instead of 55 and 0.6 GB of memory. Two processes (--processes 2) cost 9 s more than one.
# Four rules of layout take the same file apart, each for itself. Taken apart once for all four, it is a sixth less.
SQLFLUFF_CODE = """\
import gc
from sqlfluff.cli.commands import cli
from sqlfluff.utils.reflow.sequence import ReflowSequence

take_apart = ReflowSequence.from_root
last = {"root": None}


def take_apart_once(root_segment, config):
    if last["root"] is not root_segment:
        last.update(root=root_segment, sequence=take_apart(root_segment, config))
    # Each rule gets a list of its own, because it may change that.
    whole = last["sequence"]
    return ReflowSequence([*whole.elements], root_segment, whole.reflow_config, whole.depth_map)


gc.disable()
ReflowSequence.from_root = take_apart_once
cli()
"""
SQLFLUFF = (sys.executable, "-c", SQLFLUFF_CODE)

# For each line pymarkdown writes out what it has read of the page so far, for its log, and throws it away. That is a
# third of its time.
PYMARKDOWN = (
    *(sys.executable, "-c"),
    "from pymarkdown.tokens.markdown_token import MarkdownToken; MarkdownToken.__repr__ = lambda _: '';"
    " from pymarkdown.__main__ import main; main()",
)


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _program(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name(name)), *arguments)


@dataclass(frozen=True)
class Linter:
    """One linter.

    Attributes:
        name: as it is shown.
        argv: the command that checks, run in the project's folder.
        needs_dbt: whether it takes the time of parsing the dbt project.
        environment: what it needs besides the user's environment.
        fixes: the command that fixes what it can; None where it can fix nothing.
        reads: how the names of the files end that its findings depend on; none where it is quick and always runs.
    """

    name: str
    argv: tuple[str, ...]
    needs_dbt: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    fixes: tuple[str, ...] | None = None
    reads: tuple[str, ...] = ()


# The slowest first: two run at a time.
LINTERS = (
    Linter(
        "sqlfluff",
        (*SQLFLUFF, "lint", "--disable-progress-bar", *SQL_FILES),
        needs_dbt=True,
        # With a folder of its own, dbt's partial parsing of the build is left alone.
        environment={"WAREHOUSE_PATH": str(EMPTY_WAREHOUSE), "DBT_ENGINE_TARGET_PATH": str(LINTED)},
        fixes=(*SQLFLUFF, "fix", "--disable-progress-bar", *SQL_FILES),
        # dbt compiles with the settings and the macros of the whole project.
        reads=(".sql", ".yml"),
    ),
    Linter("mypy", _module("mypy")),
    Linter("pymarkdown", (*PYMARKDOWN, "scan", "--recurse", *NOT_MARKDOWN, *MARKDOWN), reads=(".md",)),
    Linter("codespell", _program("codespell")),
    Linter("yamllint", _module("yamllint", "--strict", "."), reads=(".yml", ".yaml")),
    Linter(
        "sqlfluff (page)",
        # The queries of the page are no part of the dbt project.
        (*SQLFLUFF, "lint", "--templater", "raw", "--disable-progress-bar", "page"),
        fixes=(*SQLFLUFF, "fix", "--templater", "raw", "--disable-progress-bar", "page"),
        reads=(".sql",),
    ),
    Linter(
        "deptry (scripts)",
        _program("deptry", "--no-ansi", "scripts"),
        # It warns that it leaves out the option -c in a file of requirements, as it should.
        environment={"PYTHONWARNINGS": "ignore"},
    ),
    Linter(
        "deptry (all)",
        # Tests and benchmarks may import the packages of development (DEP004).
        _program("deptry", "--no-ansi", *PYTHON_FOLDERS, "tests/mutants", "--ignore", "DEP004"),
        environment={"PYTHONWARNINGS": "ignore"},
    ),
    Linter("import-linter", _program("lint-imports", "--no-cache"), environment={"PYTHONPATH": "scripts"}),
    Linter(
        "ruff check",
        _module("ruff", "check", "--quiet", *PYTHON_FILES),
        fixes=_module("ruff", "check", "--quiet", "--fix", *PYTHON_FILES),
    ),
    Linter(
        "ruff format",
        _module("ruff", "format", "--quiet", "--diff", *PYTHON_FILES),
        fixes=_module("ruff", "format", "--quiet", *PYTHON_FILES),
    ),
)


def environment_of(linter: Linter) -> dict[str, str]:
    """The user's environment without what would change the findings, and with what the linter needs."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith(OF_TOOLS)}
    return kept | linter.environment


def remove_warehouse() -> None:
    """Make sure that the linters' warehouse is empty, and that dbt can create it."""
    LINTED.mkdir(parents=True, exist_ok=True)
    for file in LINTED.glob(f"{EMPTY_WAREHOUSE.name}*"):
        if file.is_file():
            file.unlink()


def _files_ending(endings: tuple[str, ...]) -> Iterator[Path]:
    """The files of the project whose names end so, without what commands have made."""
    for folder, folders, names in os.walk(ROOT):
        is_top = Path(folder) == ROOT
        folders[:] = sorted(one for one in folders if not (is_top and (one in MADE or one.startswith(".venv"))))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(endings))


def state_of(linter: Linter) -> str:
    """A hash of all that decides what a linter finds."""
    state = hashlib.sha256(repr((linter.argv, linter.environment, sys.version)).encode())
    for path in _files_ending((*linter.reads, *SETTINGS)):
        state.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return state.hexdigest()


def states_found_clean() -> dict[str, str]:
    """The state that each linter found nothing in, by its name."""
    try:
        found: dict[str, str] = json.loads((LINTED / CLEAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def note_clean(states: dict[str, str]) -> None:
    """Note the state that each linter found nothing in."""
    LINTED.mkdir(parents=True, exist_ok=True)
    (LINTED / CLEAN).write_text(json.dumps(states), encoding="utf-8")


def run_all(commands: Sequence[tuple[Linter, tuple[str, ...]]], at_once: int) -> Iterator[tuple[Linter, int, str]]:
    """Run commands, so many at once; yields each with its exit code and what it printed, in their order."""

    def run_one(command: tuple[Linter, tuple[str, ...]]) -> tuple[Linter, int, str]:
        linter, argv = command
        done = subprocess.run(
            argv,
            cwd=ROOT,
            env=environment_of(linter),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return linter, done.returncode, done.stdout

    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(run_one, commands)


def run(needs_dbt: bool | None = None, *, fix: bool = False) -> int:
    """Run the linters, show what each found, and say at the end which failed.

    Args:
        needs_dbt: only those that need dbt, or only those that do not; None runs all.
        fix: fix what can be fixed, one linter after the other, instead of checking.

    Returns:
        The exit code: 0 if no linter found anything.
    """
    chosen = [linter for linter in LINTERS if needs_dbt is None or linter.needs_dbt is needs_dbt]
    states = {} if fix else {linter.name: state_of(linter) for linter in chosen if linter.reads}
    clean = states_found_clean()
    unchanged = [name for name, state in states.items() if state == clean.get(name)]
    for name in unchanged:
        print(f"{name}: ok (unchanged)", flush=True)
    commands = [(linter, linter.fixes if fix else linter.argv) for linter in chosen if linter.name not in unchanged]
    if any(linter.needs_dbt for linter, _ in commands):
        remove_warehouse()
    failed = []
    # Two that fix must not write the same file at the same time.
    for linter, code, output in run_all([(one, argv) for one, argv in commands if argv], 1 if fix else 2):
        if code:
            failed.append(linter.name)
            print(f"--- {linter.name} ---\n{output.rstrip()}\n", flush=True)
        else:
            print(f"{linter.name}: ok", flush=True)
    note_clean(clean | {name: state for name, state in states.items() if name not in failed})
    if failed:
        print(f"Not clean: {', '.join(failed)}. Fix: make format, then correct by hand what is left.", flush=True)
    return 1 if failed else 0
