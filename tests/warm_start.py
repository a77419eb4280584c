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
import gc
import importlib
import json
import marshal
import os
import pickle
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
PACKAGES = ("duckdb", "rich.progress", "rich.table", "typer", "yaml")
TIMEOUT_SECONDS = 600


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
def _server(needs_dbt: bool) -> subprocess.Popen[str]:
    """The process that forks, started with the first command and ended with this one."""
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
    for package in packages:
        importlib.import_module(package)
    if DBT[0] in packages:
        _without_debug_events()
        _with_one_empty_table()
        _with_yaml_read_once()
        _with_macros_listed_at_once()
        _with_macros_found_at_once()
        _with_templates_noted()
    # Python looks for garbage less often: dbt's manifest is large, and stays to the end.
    gc.set_threshold(200_000, 50, 50)
    for line in sys.stdin:
        order = json.loads(line)
        if "parsed" in order:
            _parse(order["parsed"])
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


def _without_debug_events() -> None:
    """Leave out the events that dbt writes into logs/dbt.log alone, which no test reads: a seventh of a build."""
    events = importlib.import_module("dbt_common.events.base_types")
    manager = importlib.import_module("dbt_common.events.event_manager").EventManager
    tracks = importlib.import_module("dbt.tracking").track_behavior_change_warn
    event, debug = events.BaseEvent, events.EventLevel.DEBUG
    write_message, fire = event.__init__, manager.fire_event

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_given"] = (args, kwargs)

    def get(self: Any, key: str) -> Any:
        """An event is written as a message once somebody asks for it."""
        if key == "pb_msg" and "_given" in self.__dict__:
            args, kwargs = self.__dict__.pop("_given")
            write_message(self, *args, **kwargs)
            return self.__dict__["pb_msg"]
        if key in ("pb_msg", "_given"):
            raise AttributeError(key)
        return getattr(self.pb_msg, key)

    def put(self: Any, key: str, value: Any) -> None:
        if key == "pb_msg":
            self.__dict__[key] = value
        else:
            setattr(self.pb_msg, key, value)

    def fire_unless_debug(self: Any, e: Any, level: Any = None, *more: Any, **named: Any) -> None:
        # One listener is always there, and waits for a warning.
        is_heard = any(callback is not tracks for callback in self.callbacks)
        if is_heard or (level or e.level_tag()) != debug:
            fire(self, e, level, *more, **named)

    event.__init__, event.__getattr__, event.__setattr__ = init, get, put
    manager.fire_event = fire_unless_debug


def _with_one_empty_table() -> None:
    """Make the empty answer of a statement once: agate prepares to read dates for each, a twentieth of a build."""
    answers: Any = importlib.import_module("dbt_common.clients.agate_helper")
    empty = answers.empty_table()
    answers.empty_table = lambda: empty


def _with_yaml_read_once() -> None:
    """Read each text of YAML once: dbt reads all files of the project again for each command."""
    for name in ("dbt.parser.schemas", "dbt.config.project"):
        module: Any = importlib.import_module(name)
        module.checked_load = _remembered(module.checked_load)


def _remembered(load: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, bytes] = {}

    def load_once(text: str) -> Any:
        # dbt changes what it gets, so each call gets its own.
        if text not in known:
            known[text] = pickle.dumps(load(text))
        return pickle.loads(known[text])

    return load_once


def _with_macros_listed_at_once() -> None:
    """Put all macros into the context of a node by their dictionaries: dbt asks for one by one, 600 for each node."""
    contexts: Any = importlib.import_module("dbt.context.manifest")
    plain = importlib.import_module("dbt.context.configured").ConfiguredContext.to_dict
    manifest_context, of_a_test = contexts.ManifestContext, contexts.TestMacroNamespace
    one_by_one = manifest_context.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        if isinstance(self.namespace, of_a_test):
            listed: dict[str, Any] = one_by_one(self)
            return listed
        context: dict[str, Any] = plain(self)
        # The first in the order of the search wins, so it is put in last.
        for macros in reversed([*self.namespace._search_order()]):
            context.update(macros)
        return context

    manifest_context.to_dict = to_dict


def _with_macros_found_at_once() -> None:
    """Make the namespace of a node's macros in one go: dbt adds one by one, 680 for each node and each test."""
    macros: Any = importlib.import_module("dbt.context.macros")
    generator = importlib.import_module("dbt.clients.jinja").MacroGenerator
    bare = object.__new__

    def build_namespace(self: Any, found: dict[str, dict[str, Any]], ctx: dict[str, Any]) -> Any:
        node, stack = self.node, self.thread_ctx

        def made(macro: Any) -> Any:
            callable_macro = bare(generator)
            callable_macro.__dict__ = {"context": ctx, "macro": macro, "node": node, "stack": stack}
            return callable_macro

        by_package = {package: {name: made(macro) for name, macro in named.items()} for package, named in found.items()}
        internal: dict[str, Any] = {}
        for package in reversed(self.internal_package_names_order):
            internal.update(by_package.get(package, {}))
        own = {name: named for name, named in by_package.items() if name not in self.internal_package_names}
        is_root = self.root_package != self.search_package
        return macros.MacroNamespace(
            global_namespace=own.get(self.root_package, {}) if is_root else {},
            local_namespace=own.get(self.search_package, {}),
            global_project_namespace=internal,
            packages=own,
        )

    macros.MacroNamespaceBuilder.build_namespace = build_namespace


class Templates:
    """The code of the templates that this process knows, and of those that it has compiled since it began."""

    known: ClassVar[dict[tuple[str, str], CodeType]] = {}
    noted: ClassVar[dict[tuple[str, str], CodeType]] = {}


def _with_templates_noted() -> None:
    """Note the code of each macro and model that Jinja compiles, so that it need not do so for the next command."""
    environment: Any = importlib.import_module("jinja2").Environment
    compiled = environment.compile

    def note(self: Any, source: Any, *place: Any, **options: Any) -> Any:
        if not isinstance(source, str) or any(place) or any(options.values()):
            return compiled(self, source, *place, **options)
        key = (type(self).__name__ + ",".join(self.extensions), source)
        if key not in Templates.known:
            Templates.known[key] = Templates.noted[key] = compiled(self, source)
        return Templates.known[key]

    environment.compile = note


def _learn(path: Path) -> None:
    """Know the code that a child has compiled."""
    if path.exists():
        Templates.known.update(marshal.loads(path.read_bytes()))


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
    Templates.noted.clear()
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
        with contextlib.suppress(BaseException):
            if Templates.noted:
                Path(noted).write_bytes(marshal.dumps(Templates.noted))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1:])
