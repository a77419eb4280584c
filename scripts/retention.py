"""Remove what is older than a number of days: the command line of ``removal.retention``."""

from __future__ import annotations

from typing import Annotated

import typer

from building.rebuild import Files
from removal.journal import finish_first
from removal.retention import keep_days
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole

# A century; more is a slip.
LONGEST = 36_500


def main(
    days: Annotated[
        int,
        typer.Argument(
            metavar="DAYS", envvar="RETENTION_DAYS", min=1, max=LONGEST, help="For how many days records are kept."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="DRY_RUN", help="Say what would go, and change nothing.")
    ] = False,
) -> None:
    """Remove what is older than so many days. Exit codes: 0 done; 1 not, or not to the end, and said; 2 wrong usage."""
    console = SafeConsole()
    with errors_said(console, "Not removed to the end"):
        if not dry_run:
            finish_first(console)
        keep_days(Files.of_environment(), days, console, is_dry_run=dry_run)


if __name__ == "__main__":
    run_command(main, "retention", "make retention RETENTION_DAYS=365; DRY_RUN=1 to only see what would go.")
