"""Forget a person in a landing in Parquet: the command line of ``removal.forget_landed``."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from forget import FIX
from landing.options import LandingOption
from landing.parquet_files import landing_path
from landing.told import printable
from removal.forget_landed import forget_in
from warehouse.command_line import run_command
from warehouse.errors import WarehouseError, in_words


def main(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", envvar="USER_ID", help="Id of the user to forget.")],
    landing: LandingOption = None,
    site: Annotated[str | None, typer.Option("--site", help="Site of the user, if the id is of several.")] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="Another name or e-mail by which others call the person.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which reports hold them.")] = False,
) -> None:
    """Forget a user in a landing in Parquet.

    Exit codes: 0 forgotten, what remains is said; 1 not, or not to the end, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    try:
        names = forget_in((landing or landing_path()).resolve(), user_id, site, also, is_dry_run=dry_run)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(
            f"[red]Not forgotten to the end: {escape(in_words(error))} Cure: give the same command again.[/red]"
        )
        raise typer.Exit(1) from error
    if dry_run:
        console.print(f"{len(names)} reports of the landing hold them; nothing was changed.", highlight=False)
    else:
        console.print(f"[green]Forgotten[/green] in {len(names)} reports of the landing.", highlight=False)
        console.print(
            "From Spark's tables they go with the next dbt build --target spark, and that drops the old files."
        )
        if names:
            console.print("The files of these reports are yours, and go on holding them:")
    for name in names:
        console.print(f"  {printable(name)}", highlight=False)


if __name__ == "__main__":
    run_command(main, "forget", f"{FIX} LANDING=… names the folder of the Parquet files.")
