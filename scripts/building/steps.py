"""How long the steps of a build took, and how much memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from building.dbt import peak_memory


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
