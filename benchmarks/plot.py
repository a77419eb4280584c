"""Draw what each contender took against how many records there were, for docs/reference/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

# Text stays text, and the same figures give the same file.
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "juno", "font.family": "sans-serif"}


def draw(seconds: Mapping[str, Mapping[int, float]], target: Path) -> None:
    """Draw the seconds of each contender by number of records, both in powers of ten, as an SVG."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for contender, taken in seconds.items():
        axes.plot(list(taken), list(taken.values()), marker="o", label=contender)
    axes.set(xscale="log", yscale="log", xlabel="records", ylabel="seconds of processor time")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(target, metadata={"Date": None})
