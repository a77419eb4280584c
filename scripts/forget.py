"""Forget a person: the command line of ``removal.forget``."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from building.rebuild import Files, rebuild
from removal.forget import _list, _tell, files_beside, find_person, find_traces, forget
from warehouse.command_line import run_command
from warehouse.errors import WarehouseError, in_words
from warehouse.paths import marts_path

FIX = (
    "make forget USER_ID=7 with the id of the person; SITE=… if the id is of several sites, DRY_RUN=1 to only see what"
    " there is. make show USER_ID=… finds the id by a name or an e-mail."
)


def main(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", envvar="USER_ID", help="Id of the user to forget.")],
    site: Annotated[str | None, typer.Option("--site", help="Site of the user, if the id is of several.")] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="Another name or e-mail by which others call the person.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and change nothing.")] = False,
) -> None:
    """Forget a user, in the warehouse and its copies.

    Exit codes: 0 forgotten, what remains is said; 1 not, or not to the end, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    files = Files.of_environment()
    try:
        with files.open_warehouse() as connection:
            person = find_person(connection, user_id, site, also or [])
            traces = find_traces(connection, person)
            _tell(person, traces, console)
            if dry_run:
                console.print("Nothing was changed.")
                raise typer.Exit(0)
            forget(connection, person)
        copies = rebuild(files, "The user is forgotten", console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not forgotten to the end: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    console.print(f"[green]Forgotten[/green] in the warehouse and {copies}.", highlight=False)
    others = [
        str(path)
        for path in files_beside([files.warehouse, marts_path(files.warehouse), files.published, files.shared])
    ]
    _list("These files lie beside the warehouse, and nobody knows whom they hold:", others, console)


if __name__ == "__main__":
    run_command(main, "forget", FIX)
