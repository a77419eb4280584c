"""How long the steps of a build took, and how much memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]


def peak_memory() -> float:
    """The peak memory of this process in MB; 0 where the system does not report it."""
    if resource is None:
        return 0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


@dataclass
class Steps:
    """How long each step took (wall seconds) and the peak memory of the process at its end (MB)."""

    taken: list[tuple[str, float, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what runs inside as one step."""
        started = time.monotonic()
        yield
        self.taken.append((name, time.monotonic() - started, peak_memory()))

    def __str__(self) -> str:
        """The steps in one line."""
        return ", ".join(f"{name} {seconds:.1f} s (peak {peak:,.0f} MB)" for name, seconds, peak in self.taken)
