"""Land reports as Parquet for Spark: the command line of ``landing.parquet``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from landing import options
from landing.outcome import Given
from landing.parquet import declare_in, land_as_parquet, remove_sample_from
from landing.parquet_files import landing_path
from landing.terminal import each_printed, progress_bar, show_passed_over
from warehouse.command_line import errors_said, run_command
from warehouse.paths import resolved
from warehouse.visible import SafeConsole


def main(
    reports: options.ReportsOption = None,
    landing: options.LandingOption = None,
    jobs: Annotated[
        int, typer.Option("--jobs", envvar="JOBS", min=1, help="Files that are taken apart at once. Default: cores.")
    ] = os.cpu_count() or 1,
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
    """Land activity reports as Parquet, partitioned by site and report.

    Exit codes: 0 landed, whatever was rejected is said; 1 a file was refused, or landing ended early; 2 wrong usage.
    """
    console = SafeConsole()
    root = resolved(landing or landing_path())
    given = options.checked(
        Given(site, time_zone, date_format, encoding, again, allow_twins, declare, min_date, max_date, "make land"),
        reports,
    )
    with errors_said(console, "Not landed to the end"):
        show_passed_over([str(reports or options.DEFAULT_REPORTS)], console)
        paths, given = options.choose_reports(reports, given)
        declaration = declare_in(root, given, paths, console)
        with progress_bar(console) as progress:
            landings = land_as_parquet(root, paths, declaration, jobs, progress)
            is_refused = any([one.refusal is not None for one in each_printed(landings, declaration, console)])
        if remove_sample_from(root):
            console.print("The sample was taken out of the landing: now it holds your own reports.")
    raise typer.Exit(1 if is_refused else 0)


if __name__ == "__main__":
    run_command(
        main, "land", "make land REPORTS=folder LANDING=folder JOBS=2, and what make build takes: SITE, TIME_ZONE, …"
    )
