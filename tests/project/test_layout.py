"""That scripts/ is what CONTRIBUTING shows: commands at the top, libraries in packages, imports from the top down."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

from conftest import ROOT

SCRIPTS = ROOT / "scripts"
COMMANDS = sorted(SCRIPTS.glob("*.py"))
LIBRARIES = sorted(path for path in SCRIPTS.rglob("*.py") if path not in COMMANDS)
MOST_LINES = 60


def lines_of_code(source: str) -> int:
    """Lines that are neither blank, nor a comment, nor a docstring."""
    tree = ast.parse(source)
    seen = {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None
        for number in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(source.splitlines(), start=1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and number not in seen for number, line in lines)


def imported(source: str) -> set[str]:
    """The first part of the name of each module that a source imports, in functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def test_the_counters_count() -> None:
    source = '"""Told."""\n\n# Why.\nimport a.b\n\n\ndef f():\n    """Told\n    again.\n    """\n    from c import d\n'
    assert lines_of_code(source) == 3
    assert imported(source) == {"a", "c"}


def test_no_link_is_committed() -> None:
    """A committed link to a folder of one machine breaks every other machine."""
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.startswith("120000")]


def test_the_commands_are_short() -> None:
    assert len(COMMANDS) > 20
    long = {path.name: count for path in COMMANDS if (count := lines_of_code(path.read_text())) > MOST_LINES}
    assert long == {}
    assert [path.name for path in COMMANDS if '\nif __name__ == "__main__":\n' not in path.read_text()] == []


def test_nothing_imports_a_command() -> None:
    commands = {path.stem for path in COMMANDS}
    files = [*COMMANDS, *LIBRARIES, *(ROOT / "benchmarks").glob("*.py")]
    found = {path.name: wrong for path in files if (wrong := imported(path.read_text()) & commands)}
    assert found == {}


def test_no_two_libraries_have_a_public_function_of_one_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in LIBRARIES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name != "main":
                homes[node.name].append(path.relative_to(SCRIPTS).as_posix())
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_no_name_of_ours_hides_one_of_python_or_of_a_package() -> None:
    # scripts/ comes first where Python looks for a module.
    ours = {path.stem for path in COMMANDS} | {path.parent.name for path in SCRIPTS.glob("*/__init__.py")}
    assert ours & {*sys.stdlib_module_names, *packages_distributions()} == set()


def test_no_command_needs_a_module_that_windows_lacks() -> None:
    lacking = {"fcntl", "grp", "pwd", "resource", "termios"}
    # Those that are imported in a try or in a function are not in the body of the module.
    found = {
        path.name: wrong
        for path in (*COMMANDS, *LIBRARIES)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (wrong := lacking & {getattr(node, "module", None), *(alias.name for alias in node.names)})
    }
    assert found == {}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the packages in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(folder / "scripts")}
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


# Imports against each rule of pyproject.toml.
WRONG_IMPORTS = (
    ("warehouse/locks.py", "reports.files"),
    ("page/summary.py", "landing.land"),
    ("building/steps.py", "removal.forget"),
    ("simulation/words.py", "warehouse.paths"),
    ("dashboards/inside_superset/superset_config.py", "warehouse.errors"),
)


def test_each_import_against_the_direction_is_found(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    wanted = set()
    for file, wrong in WRONG_IMPORTS:
        path = tmp_path / "scripts" / file
        path.write_text(path.read_text().replace('"""\n', f'"""\n\nimport {wrong}\n', 1))
        wanted.add(f"{file.removesuffix('.py').replace('/', '.')} -> {wrong}")
    found = lint_imports(tmp_path)
    assert found.returncode == 1
    assert {line for line in wanted if f"{line} " not in found.stdout} == set(), found.stdout


def test_the_imports_run_from_the_top_down() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout
