"""Remove a report that was loaded by mistake: the command line of ``removal.remove`` and ``.remove_landed``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from building.rebuild import Files
from landing.options import InLandingOption
from removal.journal import FORGET, finish_first, unfinished_task
from removal.remove import known_reports, remove_from_files
from removal.remove_landed import remove_from_landing
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole

FIX = (
    "make remove REPORT=x.csv with the file name of a report or its id; DRY_RUN=1 to only see what would go,"
    " LANDING=… for a folder of Parquet files."
)


def main(
    wanted: Annotated[
        str,
        typer.Argument(metavar="REPORT", envvar="REPORT", help="Id of the report, its first characters, or file name."),
    ],
    landing: InLandingOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="DRY_RUN", help="Say what would go, and change nothing.")
    ] = False,
) -> None:
    """Remove a report, from the warehouse and its copies, or from a landing in Parquet.

    Exit codes: 0 removed; 1 not, or not to the end, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console, "Not removed to the end"):
        if landing is None:
            files = Files.of_environment()
            pending = unfinished_task(files.warehouse)
            # This command completes any other unfinished task as well.
            if pending is not None and pending.kind == FORGET and not dry_run:
                finish_first(console)
            remove_from_files(files, wanted, console, is_dry_run=dry_run)
        else:
            remove_from_landing(landing.resolve(), wanted, console, is_dry_run=dry_run)


if __name__ == "__main__":
    # Only the reports of a warehouse are quickly listed.
    run_command(main, "remove", FIX, None if os.environ.get("LANDING") else known_reports)
