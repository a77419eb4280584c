"""Run a script where the disk is small or read-only, or where no file may grow large.

``test_faults.py`` lets the process run it that forks, so that the script need not import dbt first. The disk is gone
with the process, so that the folder is copied to it and back afterwards.
"""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import subprocess
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MOUNTED = """
mount --make-rprivate / && mount -t tmpfs -o size="$0"k none "$2" && cp -a "$3"/. "$2" && mount -o remount,"$1" "$2"
"""


def main() -> None:
    """Read from the command line how large the disk or a file may be, and what runs there."""
    kind, kilobytes, *rest = sys.argv[1:]
    if kind == "limited":
        most = int(kilobytes) * 1024
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        run(rest)
        return
    data, kept, *command = rest
    of_its_own_namespace()
    subprocess.run(["sh", "-c", MOUNTED, kilobytes, kind, data, kept], check=True)
    child = os.fork()
    if child == 0:
        run(command)
        return
    _, status = os.waitpid(child, 0)
    subprocess.run(["sh", "-c", 'rm -rf "$1" && cp -a "$0" "$1"', data, kept], check=True)
    sys.exit(os.waitstatus_to_exitcode(status))


def of_its_own_namespace() -> None:
    """Leave the namespace of the mounts, as `unshare --map-root-user --mount` does."""
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path("/proc/self", name).write_text(text)


def run(command: list[str]) -> None:
    """Run a script of Python in this process."""
    sys.argv = command
    sys.path.insert(0, str(Path(command[0]).parent))
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
