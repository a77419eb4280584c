"""Land activity reports: the command line of ``landing.land``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from landing import options
from landing.outcome import Given
from landing.terminal import land_with_progress, show_passed_over
from removal.journal import finish_first
from reports.files import SUFFIXES, find_reports
from warehouse.command_line import errors_said, run_command
from warehouse.copies import require_place_of_warehouse
from warehouse.database import connect
from warehouse.paths import warehouse_path
from warehouse.visible import SafeConsole

PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…", help=f"Files, folders and globs of reports ({', '.join(SUFFIXES)}); - for standard input."
    ),
]


def main(
    paths: PathsArgument,
    database: Annotated[
        Path | None,
        typer.Option("--database", help="Warehouse file. Default: WAREHOUSE_PATH or warehouse/activity.duckdb."),
    ] = None,
    site: options.SiteOption = None,
    time_zone: options.TimeZoneOption = None,
    date_format: options.DateFormatOption = None,
    encoding: options.EncodingOption = None,
    again: options.AgainOption = False,
    min_date: options.MinDateOption = None,
    max_date: options.MaxDateOption = None,
    allow_twins: options.TwinsOption = False,
    declare: options.DeclareOption = None,
) -> None:
    """Land activity reports in the warehouse.

    Exit codes: 0 all landed, or left out as removed; 1 something was rejected or refused, and said; 2 wrong usage.
    """
    console = SafeConsole()
    given = options.checked(
        Given(site, time_zone, date_format, encoding, again, allow_twins, declare, min_date, max_date)
    )
    given = replace(given, is_folder=not all(Path(path).is_file() for path in paths))
    try:
        reports = find_reports(paths)
    except FileNotFoundError as error:
        raise typer.BadParameter(f"there is no file, folder or match for {str(error)!r}") from error
    show_passed_over(paths, console)
    if not reports:
        raise typer.BadParameter(f"no report ({', '.join(SUFFIXES)}) in {', '.join(paths)}")
    path = database or warehouse_path()
    with errors_said(console, "Not landed to the end"):
        require_place_of_warehouse(path)
        finish_first(console, path.resolve())
        with connect(path) as connection:
            landings = land_with_progress(connection, reports, given, console)
    raise typer.Exit(0 if all(landing.is_clean for landing in landings) else 1)


if __name__ == "__main__":
    run_command(main)
