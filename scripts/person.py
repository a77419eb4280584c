"""Write what is known of a person: the command line of ``removal.person``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from removal.journal import finish_first
from removal.person import write_person
from removal.questions import SameEmailOption, SpellingsOption
from warehouse.command_line import counted, errors_said, run_command
from warehouse.paths import published_path, warehouse_path
from warehouse.visible import SafeConsole


def main(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", envvar="USER_ID", help="Id of the person.")],
    site: Annotated[str | None, typer.Option("--site", envvar="SITE", help="Site, if the id is of several.")] = None,
    same_email: SameEmailOption = None,
    spellings: SpellingsOption = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="Folder to write to. Default: that of the warehouse.")
    ] = None,
) -> None:
    """Write all that is known of a person, as CSV files.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console, "Not written"):
        finish_first(console)
        warehouse = warehouse_path()
        copy = write_person(
            warehouse,
            published_path(),
            user_id,
            site,
            target or warehouse.parent,
            is_same_email_same=same_email is True,
            is_spelling_same=spellings,
        )
    rows = f"{counted(sum(copy.rows.values()), 'row')} of {counted(len(copy.rows), 'table')}"
    console.print(f"{rows} are in {copy.folder}; about.txt explains them.", markup=False)
    if copy.identities.others:
        console.print(
            f"Not in it: user {', '.join(copy.identities.others)}, with the same e-mail. If that is the same person:"
            " ALSO_SAME_EMAIL=1.",
            markup=False,
        )
    console.print("It is personal data: hand it to the person alone, and delete it then.")


if __name__ == "__main__":
    run_command(main, "person", "make person USER_ID=7 with the id of the person; SITE=… if several sites have it.")
