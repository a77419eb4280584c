"""Land activity reports: the command line of ``landing.land``.

Exit codes: 0 all landed, or left out as withdrawn; 1 something was rejected or refused, and said; 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from landing.land import DEFAULT_SITE
from landing.options import AgainOption, DateFormatOption, EncodingOption, SiteOption, TimeZoneOption, declared
from landing.told import land_with_progress
from reports.files import SUFFIXES, find_reports
from warehouse.database import connect
from warehouse.errors import WarehouseError, in_words
from warehouse.paths import warehouse_path

PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…",
        help=f"Files, folders and globs of reports ({', '.join(SUFFIXES)}); - for standard input.",
    ),
]


def main(
    paths: PathsArgument,
    database: Annotated[
        Path | None,
        typer.Option(
            "--database",
            help="Warehouse file. Default: WAREHOUSE_PATH or warehouse/activity.duckdb.",
        ),
    ] = None,
    site: SiteOption = DEFAULT_SITE,
    time_zone: TimeZoneOption = "UTC",
    date_format: DateFormatOption = None,
    encoding: EncodingOption = None,
    again: AgainOption = False,
) -> None:
    """Land activity reports in the warehouse.

    Exit codes: 0 all landed, or left out as withdrawn; 1 something was rejected or refused, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    declaration = declared(site, time_zone, date_format, encoding, again)
    try:
        reports = find_reports(paths)
    except FileNotFoundError as error:
        raise typer.BadParameter(f"there is no file, folder or match for {str(error)!r}") from error
    if not reports:
        raise typer.BadParameter(f"no report ({', '.join(SUFFIXES)}) in {', '.join(paths)}")
    try:
        with connect(database or warehouse_path()) as connection:
            landings = land_with_progress(connection, reports, declaration, console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not landed to the end: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    raise typer.Exit(0 if all(landing.is_clean for landing in landings) else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
