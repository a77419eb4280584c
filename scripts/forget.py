"""Forget a person: the command line of ``removal.forget`` and ``removal.forget_landed``."""

from __future__ import annotations

from typing import Annotated

import typer

from building.rebuild import Files
from landing.options import InLandingOption
from removal.forget import forget_from_files
from removal.forget_landed import forget_from_landing
from removal.journal import finish_first, unfinished_task
from removal.questions import Request, SameEmailOption, SpellingsOption
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole

FIX = (
    "make forget USER_ID=7 with the id of the person; SITE=… if the id is of several sites, DRY_RUN=1 to only see what"
    " there is, LANDING=… for a folder of Parquet files. make show USER_ID=… finds the id by a name or an e-mail."
)


def main(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", envvar="USER_ID", help="Id of the user to forget.")],
    landing: InLandingOption = None,
    site: Annotated[str | None, typer.Option("--site", help="Site of the user, if the id is of several.")] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="Another name or e-mail that others use for the person.")
    ] = None,
    same_email: SameEmailOption = None,
    spellings: SpellingsOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="DRY_RUN", help="Say what would be removed, and change nothing.")
    ] = False,
) -> None:
    """Forget a user, in the warehouse and its copies, or in a landing in Parquet.

    Exit codes: 0 forgotten, what remains is said; 1 not, or not to the end, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console, "Not forgotten to the end"):
        request = Request(user_id, site, also or (), same_email, dry_run, spellings)
        if landing is None:
            files = Files.of_environment()
            pending = unfinished_task(files.warehouse)
            # The same person again goes on by itself.
            if pending is not None and user_id.strip() not in pending.user_ids and not dry_run:
                finish_first(console)
            forget_from_files(files, request, console)
        else:
            forget_from_landing(landing.resolve(), request, console)


if __name__ == "__main__":
    run_command(main, "forget", FIX)
