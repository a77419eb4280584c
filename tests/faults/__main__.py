"""Run the whole fault harness: what ``make faults`` runs.

Exit codes: 0 all held; 1 something did not, and is said.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from faults.commands import COMMANDS, PAIRS, built_and_shared, kill_one, two_at_once
from faults.kills import PUBLISHED_NAME, Tally, building, haunt, loading, publishing, table
from faults.readers import Seen, read_through_builds
from faults.victims import copy_site

# Shares of all kills. The build is the longest and the loader writes the most.
LOADING_SHARE, BUILDING_SHARE, COMMANDS_SHARE = 0.46, 0.19, 0.2
LARGEST_REPORT = 130_000


def main(
    kills: Annotated[int, typer.Option(min=4, help="How many processes are killed.")] = 210,
    builds: Annotated[int, typer.Option(min=0, help="Through how many builds the readers read.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed, the same moments.")] = 1,
    output: Annotated[Path | None, typer.Option(help="File for the table at the end.")] = None,
) -> None:
    """Kill each command that writes, run two at once, and read the published copy through builds."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    started = time.monotonic()
    console.print(f"{kills} kills, {builds} builds, seed {seed}")
    of_loading, of_building = round(kills * LOADING_SHARE), round(kills * BUILDING_SHARE)
    of_each = round(kills * COMMANDS_SHARE / len(COMMANDS))

    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ThreadPoolExecutor(3) as abreast:
        root = Path(folder)
        read = abreast.submit(read_through_builds, root, builds, seed, console.print)
        load = abreast.submit(lambda: haunt(loading(root, LARGEST_REPORT, seed), of_loading, seed, console.print))
        built = building(root)
        copy = publishing(root, built.site.warehouse, built.saved[0] / PUBLISHED_NAME, built.expected)
        build = abreast.submit(haunt, built, of_building, seed, console.print)
        of_publishing = kills - of_loading - of_building - of_each * len(COMMANDS)
        published = haunt(copy, of_publishing, seed, console.print)
        shared = built_and_shared(copy_site(root / "commands"), root / "commands-saved")
        others = [kill_one(shared, name, of_each, seed, console.print) for name in COMMANDS]
        others.append(two_at_once(shared, PAIRS, console.print))
        tallies = [load.result(), build.result(), published, *others]
        seen, faults_of_readers = read.result()

    lines = [*table(tallies), "", *signs(tallies), readings(seen, builds)]
    lines.append(f"Seed {seed}, {(time.monotonic() - started) / 60:.0f} minutes.")
    console.print("\n".join(["", *lines]))
    if output is not None:
        output.write_text("\n".join([*lines, ""]))
    faults = [fault for tally in tallies for fault in tally.faults] + faults_of_readers
    for fault in faults:
        console.print(f"did not hold: {fault}")
    raise typer.Exit(1 if faults else 0)


def signs(tallies: list[Tally]) -> list[str]:
    """In which moments the kills struck."""
    lines = []
    for tally in tallies:
        left = ", ".join(f"{sign} after {count}" for sign, count in sorted(tally.signs.items())) or "nothing"
        lines.append(f"{tally.phase.capitalize()}: what lay about: {left}; {tally.spread()}.")
    return lines


def readings(seen: list[Seen], builds: int) -> str:
    """What the readers saw, in one line."""
    return (
        f"{len(seen)} readers through {builds} builds: {sum(one.readings for one in seen)} readings of every table,"
        f" {sum(one.swaps for one in seen)} copies held open while another took their place,"
        f" {max((len(one.publications) for one in seen), default=0)} different publications seen by one reader,"
        f" {sum(len(one.faults) for one in seen)} errors or torn results."
    )


if __name__ == "__main__":
    typer.run(main)
