"""Processes that are killed: where they run, when they die, and how a run without a kill ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.project_copy import copy_to

POLL_SECONDS = 0.001
PATIENCE_SECONDS = 600
# Moments after a sign spread over this share of the process's life, most of them close to the sign: between two commits
# that should be one lie but milliseconds.
AFTER_A_SIGN = 0.1
CLOSENESS = 5
OURS = ("SITE", "TIME_ZONE", "DATE_FORMAT", "MEMORY_LIMIT", "REPORTS", "PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE")


@dataclass(frozen=True)
class Site:
    """A copy of the project with a warehouse, a published copy and a folder for temporary files of its own.

    All that a victim can leave behind is in ``data`` and ``temporary``.
    """

    root: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The folder of the warehouse and of the published copy."""
        return self.root / "warehouse"

    @property
    def warehouse(self) -> Path:
        """The warehouse."""
        return self.data / "activity.duckdb"

    @property
    def published(self) -> Path:
        """The published copy."""
        return self.data / "published.duckdb"

    @property
    def temporary(self) -> Path:
        """What ``TMPDIR`` names."""
        return self.root / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process without settings of ours, but for the places."""
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        places = {
            "WAREHOUSE_PATH": str(self.warehouse),
            "PUBLISHED_PATH": str(self.published),
            "SHARED_PATH": str(self.data / "shared.duckdb"),
            "TMPDIR": str(self.temporary),
        }
        return {**kept, **places, **self.settings}

    def command(self, script: str, *arguments: str) -> list[str]:
        """The command line of one of the project's scripts."""
        return [sys.executable, str(self.root / "scripts" / script), *arguments]

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return subprocess.run(
            self.command(script, *arguments),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    @contextmanager
    def start(self, script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a script as a process group of its own, and leave nothing of it running."""
        with subprocess.Popen(
            self.command(script, *arguments),
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def kill(self, moment: Moment, script: str, *arguments: str) -> float | None:
        """Kill a script and all that it started with SIGKILL.

        Returns how many seconds it lived, or None if it ended before its moment came.
        """
        with self.start(script, *arguments) as process:
            started = time.monotonic()
            if not moment.wait(process, self):
                return None
            lived = time.monotonic() - started
            os.killpg(process.pid, signal.SIGKILL)
        return lived if process.returncode == -signal.SIGKILL else None

    def signs(self) -> set[str]:
        """What lies about that no finished command leaves: a log, an unfinished copy, temporary files."""
        found = {path.suffix.lstrip(".") for path in self.data.iterdir() if path.suffix in (".wal", ".unfinished")}
        if any(self.temporary.iterdir()) or any(path.is_dir() for path in self.data.iterdir() if path.name != "report"):
            found.add("temporary files")
        return found

    def restore(self, saved: Path) -> None:
        """Put the warehouse's folder back as it was saved, and empty the folder for temporary files."""
        for folder in (self.data, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(saved, self.data)
        self.temporary.mkdir()

    def save(self, saved: Path) -> None:
        """Keep the warehouse's folder as it is now."""
        shutil.copytree(self.data, saved)


def copy_site(root: Path, **settings: str) -> Site:
    """Copy the project to a folder, without reports and warehouse."""
    root.mkdir(parents=True)
    copy_to(root, "scripts", "page", "sample")
    for name in ("reports", "warehouse", "tmp"):
        (root / name).mkdir()
    # Otherwise two sites would give a private meeting two keys.
    (root / "warehouse" / "meeting_salt").write_text("a salt of the tests, and no secret")
    return Site(root, settings)


@dataclass(frozen=True)
class Moment:
    """When a process dies: so many seconds after its start, or after a file that matches has appeared.

    Attributes:
        seconds: how long after the start, or after the sign.
        sign: a pattern in the folder of the site; None for the start.
    """

    seconds: float
    sign: str | None = None

    def __str__(self) -> str:
        """The moment in words."""
        return f"{self.seconds:.3f} s after " + (f"{self.sign} appeared" if self.sign else "its start")

    def scaled(self, duration: float) -> Moment:
        """The same moment in a life of this length."""
        return Moment(self.seconds * duration, self.sign)

    def wait(self, process: subprocess.Popen[str], site: Site) -> bool:
        """Wait for the moment; False if the process has ended before."""
        if self.sign is not None:
            before = self._signs(site)
            while self._signs(site) <= before:
                if process.poll() is not None:
                    return False
                time.sleep(POLL_SECONDS)
        try:
            process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _signs(self, site: Site) -> set[tuple[Path, int]]:
        """The files that match, each with the time of its last change: one may be left from the process before."""
        found = set()
        for path in site.root.glob(self.sign or ""):
            with suppress(FileNotFoundError):
                found.add((path, path.stat().st_mtime_ns))
        return found


def moments(rng: random.Random, count: int, signs: tuple[str, ...]) -> Iterator[Moment]:
    """Moments in a life of one second without end: each ``count`` spread evenly over it, every third after a sign."""
    while True:
        shares = [(place + rng.random()) / count for place in range(count)]
        rng.shuffle(shares)
        for number, share in enumerate(shares):
            if signs and number % 3 == 2:
                yield Moment(rng.random() ** CLOSENESS * AFTER_A_SIGN, rng.choice(signs))
            else:
                yield Moment(share)
