"""An environment whose Python and dbt start warm, for commands that a test gives to a shell.

A shell starts ``.venv/bin/python scripts/show.py`` as it likes, so the environment has programs of its own in their
place. They hand the command to the test, which runs it as ``run_warm`` does, and print what it printed. All else that
Python runs, ``start.py`` and ``-c`` too, begins in a Python of its own.
"""

from __future__ import annotations

import json
import shlex
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warm_start import run_warm

# It runs without the packages of the environment, so that it starts at once.
ASK = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect(sys.argv[1])
    asked.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    code, stdout, stderr = json.loads(b"".join(iter(lambda: asked.recv(65536), b"")))
sys.stdout.buffer.write(stdout.encode())
sys.stderr.buffer.write(stderr.encode())
sys.exit(code if code >= 0 else 128 - code)
"""
PYTHON = """\
#!/bin/sh
case "$PYTHONPATH$1" in scripts/*.py) exec {ask} "$@" ;; esac
exec {python} "$@"
"""
DBT = '#!/bin/sh\nexec {ask} {dbt} "$@"\n'


@contextmanager
def warm_environment(link: Path, environment: Path) -> Iterator[None]:
    """Let a link lead to an environment that is like another, and starts warm while the context lasts."""
    if sys.platform != "linux":
        link.symlink_to(environment)
        yield
        return
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listener:
        folder = Path(name)
        listener.bind(f"{name}/asked")
        listener.listen()
        threading.Thread(target=_answer, args=(listener,), daemon=True).start()
        (folder / "ask.py").write_text(ASK)
        _fill(folder / "environment", environment, folder)
        link.symlink_to(folder / "environment")
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _fill(folder: Path, environment: Path, asks: Path) -> None:
    """Link to all that is in an environment, except the programs that start warm."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for path in environment.iterdir():
        if path.name != "bin":
            (folder / path.name).symlink_to(path)
    python, dbt = environment / "bin" / "python", environment / "bin" / "dbt"
    ask = shlex.join([str(python), "-I", "-S", str(asks / "ask.py"), str(asks / "asked")])
    for path in (environment / "bin").iterdir():
        if path not in (python, dbt):
            (programs / path.name).symlink_to(path)
    (programs / "python").write_text(PYTHON.format(ask=ask, python=shlex.quote(str(python))))
    (programs / "dbt").write_text(DBT.format(ask=ask, dbt=shlex.quote(str(dbt))))
    for path in (programs / "python", programs / "dbt"):
        path.chmod(0o755)


def _answer(listener: socket.socket) -> None:
    """Run each command that is asked for, until the listener ends."""
    while True:
        try:
            asked, _ = listener.accept()
        except OSError:
            return
        with asked:
            with asked.makefile("rb") as order:
                command, folder, variables = json.load(order)
            done = run_warm(command, Path(folder), variables)
            asked.sendall(json.dumps([done.returncode, done.stdout, done.stderr]).encode())
