"""The project's scripts and dbt, each in a process of its own that need not import its packages first.

Importing dbt costs more than what most tests ask of it. So one process imports it, and forks for each command: the
child has its own folder, environment, arguments and output, runs the script from the top, and ends. Only packages are
imported beforehand, and nothing of ours. dbt leaves out its log for debugging. Scripts that need no dbt have a process
that has imported the rest. Where there is no fork (Windows), and on macOS, whose libraries may not survive one, the
command runs as a new Python.

Run as a script this file is that process: it reads one command per line of JSON and answers with its exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import gc
import hashlib
import importlib
import importlib.machinery
import importlib.util
import json
import marshal
import os
import pickle
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

DBT = ("dbt.cli.main", "dbt.adapters.duckdb")
# Some import these only when they need them, in each command.
PACKAGES = (
    *("charset_normalizer", "concurrent.futures.process", "duckdb", "jinja2", "rich._emoji_codes", "rich.progress"),
    *("rich.table", "typer", "typer._adapters", "typer.rich_utils", "xml.parsers.expat", "yaml", "zoneinfo"),
)
TIMEOUT_SECONDS = 600
PATTERN = "pattern"
DIGEST_BYTES = hashlib.sha256().digest_size
# Behind comments, as in each model.
FIRST_WITH = re.compile(r"(?>\s|--.*\n|/\*[\s\S]*?\*/)*+with\b(?!\s+recursive)", re.IGNORECASE)


def run_warm(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    content: bytes = b"",
    *,
    needs_dbt: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a script as ``python script arguments`` or ``dbt arguments`` would, and return what it printed.

    Args:
        command: the script's path, from the folder, and its arguments.
        folder: where it runs.
        environment: its whole environment.
        content: what it reads from its standard input.
        needs_dbt: whether it imports dbt.
    """
    if sys.platform != "linux":
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            input=content,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        said = (output.decode(errors="replace").replace("\r\n", "\n") for output in (done.stdout, done.stderr))
        return subprocess.CompletedProcess([*command], done.returncode, *said)
    with tempfile.TemporaryDirectory() as name:
        streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
        streams[0].write_bytes(content)
        order = {"command": [*command], "folder": str(folder), "environment": {**environment}}
        code = _asked(
            json.dumps({**order, "streams": [str(path) for path in streams], "noted": f"{name}/noted"}), needs_dbt
        )
        stdout, stderr = (path.read_text(errors="replace") for path in streams[1:])
    return subprocess.CompletedProcess([*command], code, stdout, stderr)


@cache
def parse_beforehand(parsed: Path) -> None:
    """Let the process that forks know how to parse a project that dbt has parsed: its children need not find out."""
    if sys.platform == "linux":
        _asked(json.dumps({"parsed": str(parsed)}), needs_dbt=True)


@cache
def compile_beforehand(compiled: Path) -> None:
    """Let the process that forks know the code of the macros and models that a build has left."""
    if sys.platform == "linux":
        _asked(json.dumps({"compiled": str(compiled)}), needs_dbt=True)


@cache
def _server(needs_dbt: bool) -> subprocess.Popen[str]:
    """The process that forks, started with the first command and ended with the process of the tests."""
    packages = (*DBT, *PACKAGES) if needs_dbt else PACKAGES
    process = subprocess.Popen(
        [sys.executable, "-P", __file__, *packages], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def _asked(order: str, needs_dbt: bool) -> int:
    """What the process that forks answers."""
    process = _server(needs_dbt)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(order + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def serve(packages: Sequence[str]) -> None:
    """Answer one command after the other until there are no more."""
    # Python looks for garbage less often: the packages and dbt's manifest are large, and stay to the end.
    gc.set_threshold(200_000, 50, 50)
    for package in packages:
        importlib.import_module(package)
    if DBT[0] in packages:
        _make_dbt_quick()
        _with_yaml_read_once("dbt.parser.schemas", "checked_load")
        _with_yaml_read_once("dbt.config.project", "checked_load")
        _with_inputs_put_in_as_text()
        _with_values_put_in_as_text()
    _with_yaml_read_once("yaml", "load")
    _with_modules_noted()
    _with_dataclasses_compiled_once()
    _with_patterns_noted()
    for line in sys.stdin:
        order = json.loads(line)
        if "parsed" in order:
            _parse(order["parsed"])
        if "compiled" in order:
            # Behind the digest of what building/compiled_templates.py keeps.
            Compiled.known.update(marshal.loads(Path(order["compiled"]).read_bytes()[DIGEST_BYTES:]))
        if "command" not in order:
            print(0, flush=True)
            continue
        # The garbage collector leaves out everything made so far, so that no child looks through it.
        gc.collect()
        gc.freeze()
        child = os.fork()
        if child == 0:
            _become(order["command"], order["folder"], order["environment"], order["streams"], order["noted"])
        _, status = os.waitpid(child, 0)
        _learn(Path(order["noted"]))
        print(os.waitstatus_to_exitcode(status), flush=True)


def _make_dbt_quick() -> None:
    """What `make build` leaves out, too, and no macro or model is compiled twice.

    The module is read from its file: nothing of ours stays imported.
    """
    path = Path(__file__).resolve().parents[1] / "scripts" / "building" / "quick_dbt.py"
    specification = importlib.util.spec_from_file_location("quick_dbt", path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.make_dbt_quick()
    module.compile_templates_with(Compiled.once)


def _with_yaml_read_once(module: str, name: str) -> None:
    """Read each text of YAML once: dbt reads all files of the project again for each command, and publish.py many."""
    reader: Any = importlib.import_module(module)
    load = getattr(reader, name)

    def load_once(text: Any, *loader: Any, **named: Any) -> Any:
        loaders = [kind.__name__ for kind in (*loader, *named.values())]
        if not isinstance(text, str | bytes) or not {*loaders} <= {"CSafeLoader", "SafeLoader"}:
            return load(text, *loader, **named)
        # A caller may change what it gets, so each gets a copy of its own.
        return pickle.loads(Compiled.once((name, text), lambda: pickle.dumps(load(text, *loader, **named))))

    setattr(reader, name, load_once)


def _with_inputs_put_in_as_text() -> None:
    """Put the inputs of a unit test behind the model's first `with`: dbt takes all of its SQL apart to find that."""
    compilation: Any = importlib.import_module("dbt.compilation")
    take_apart = compilation.inject_ctes_into_sql

    def put_in(sql: str, ctes: Sequence[Any]) -> Any:
        first = FIRST_WITH.match(sql)
        if first is None or not ctes:
            return take_apart(sql, ctes)
        return f"{first[0]}{', '.join(cte.sql for cte in ctes)}, {sql[first.end() :]}"

    compilation.inject_ctes_into_sql = put_in


def _with_values_put_in_as_text() -> None:
    """Write each value of a unit test without dbt's macros for that: they take a quarter of a unit test."""
    generator: Any = importlib.import_module("dbt.clients.jinja").MacroGenerator
    call = generator.__call__
    as_text: dict[str, Callable[..., str]] = {
        "macro.dbt.safe_cast": "cast({} as {})".format,
        "macro.dbt.string_literal": "'{}'".format,
        "macro.dbt.escape_single_quotes": lambda text: text.replace("'", "''"),
    }

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        write = as_text.get(self.macro.unique_id)
        return call(self, *args, **kwargs) if write is None else write(*args)

    generator.__call__ = called


class Compiled:
    """The code that this process knows by what it was compiled from, and what it has compiled since it began.

    And what texts of YAML hold, pickled, and the flags of regular expressions.
    """

    known: ClassVar[dict[tuple[str, str | bytes], Any]] = {}
    noted: ClassVar[dict[tuple[str, str | bytes], Any]] = {}

    @classmethod
    def once(cls, key: tuple[str, str | bytes], compiled: Callable[[], Any]) -> Any:
        """Code that this process knows, or compiles now."""
        if key not in cls.known:
            cls.known[key] = cls.noted[key] = compiled()
        return cls.known[key]


def _with_modules_noted() -> None:
    """Note the code of our modules: each copy of the project would compile the same files again."""
    loader: Any = importlib.machinery.SourceFileLoader
    compiled = loader.source_to_code
    put_filename = importlib.import_module("_imp")._fix_co_filename

    def note(self: Any, data: Any, path: str, **options: Any) -> CodeType:
        code: CodeType = Compiled.once(("module", bytes(data)), lambda: compiled(self, data, path, **options))
        # As Python does with code that it finds in __pycache__.
        put_filename(code, path)
        return code

    loader.source_to_code = note
    sys.dont_write_bytecode = True


def _with_dataclasses_compiled_once() -> None:
    """Compile the methods of each dataclass once: it writes them as text, and they are half of a command's imports."""

    def exec_once(text: str, *names: dict[str, Any]) -> None:
        exec(Compiled.once(("methods", text), lambda: compile(text, "<string>", "exec")), *names)

    dataclasses.exec = exec_once  # type: ignore[attr-defined]


def _with_patterns_noted() -> None:
    """Note the regular expressions: to compile them is a fifth of what is left of a command's imports."""
    compiler: Any = importlib.import_module("re._compiler")
    compiled = compiler.compile

    def note(pattern: Any, flags: int = 0) -> Any:
        if isinstance(pattern, str | bytes):
            Compiled.noted[PATTERN, pattern] = int(flags)
        return compiled(pattern, flags)

    compiler.compile = note
    re.__dict__["_MAXCACHE"] = 10_000


def _note(path: Path) -> None:
    """Leave the code that this child has compiled for the process that forks."""
    if Compiled.noted:
        path.write_bytes(marshal.dumps(Compiled.noted))


def _learn(path: Path) -> None:
    """Know the code that a child has compiled."""
    if path.exists():
        learnt = marshal.loads(path.read_bytes())
        Compiled.known.update(learnt)
        for (kind, text), flags in learnt.items():
            if kind == PATTERN:
                re.compile(text, flags)


def _parse(folder: str) -> None:
    """Let dbt parse a project that it has parsed before, in this process.

    It compiles code of its own for that, a third of what a command takes; the children have it.
    """
    with tempfile.TemporaryDirectory() as target:
        shutil.copy(Path(folder, "target", "partial_parse.msgpack"), target)
        places = ("--project-dir", folder, "--profiles-dir", folder, "--target-path", target, "--log-path", target)
        # This process prints its answers and nothing else.
        with contextlib.redirect_stdout(sys.stderr):
            importlib.import_module("dbt.cli.main").dbtRunner().invoke(["--quiet", "parse", *places])


def _become(command: list[str], folder: str, environment: dict[str, str], streams: list[str], noted: str) -> None:
    """Run a script in this process, which ends with it."""
    signal.alarm(TIMEOUT_SECONDS)
    Compiled.noted.clear()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.dup2(os.open(streams[0], os.O_RDONLY), 0)
    for descriptor, path in enumerate(streams[1:], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    sys.argv = command
    sys.path.insert(0, str(Path(command[0]).resolve().parent))
    # A command that ran dbt ends the process itself.
    atexit.register(_note, Path(noted))
    code = 0
    try:
        runpy.run_path(command[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 (whatever it is, the caller gets it as a process would end with it)
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1:])
    # At once: DuckDB would complain of what the garbage collector leaves out.
    os._exit(0)
