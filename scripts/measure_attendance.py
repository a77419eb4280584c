"""Measure the error of attendance: the command line of ``measuring.attendance``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from measuring.attendance import LOST_LEFTS, grid, measure, print_results, write_accuracy_page
from measuring.rooms import behaviour_cases, real_cases
from warehouse.command_line import run_command
from warehouse.visible import SafeConsole


def main(
    people: Annotated[int, typer.Option(min=12, help="People at each event, at most.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, help="Events of each kind, played with the seeds 1, 2, …")] = 3,
    lost_left: Annotated[
        list[float], typer.Option(min=0.0, max=1.0, help="Share of the Lefts that are lost; may be repeated.")
    ] = list(LOST_LEFTS),  # noqa: B006
    output: Annotated[
        Path | None, typer.Option(help="Page to write, such as docs/explanation/attendance_accuracy.md.")
    ] = None,
) -> None:
    """Measure how far attendance is from the truth in rooms, real logs and whole events, and print it."""
    console = SafeConsole(soft_wrap=False)
    cells = grid(lost_left, range(1, seeds + 1))
    cases = [*behaviour_cases(range(1, seeds + 1)), *real_cases()]
    with (
        tempfile.TemporaryDirectory(prefix="attendance-") as folder,
        console.status(f"measuring {len(cells)} events and {len(cases)} sites of rooms"),
    ):
        results, room_results = measure(cells, people, Path(folder), cases)
    print_results(console, results, room_results)
    if output:
        write_accuracy_page(output, results, room_results, people, seeds)
        console.print(f"written: {output}")


if __name__ == "__main__":
    run_command(main)
