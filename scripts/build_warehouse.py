"""Land, build, publish, write the page and sum up: the command line of ``building.build``."""

from __future__ import annotations

import typer

from building.build import build
from landing import options
from landing.outcome import Given
from landing.terminal import show_passed_over
from naming.effects import print_rows_without_effect
from page.summary import print_summary
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.paths import published_path, warehouse_path
from warehouse.raw import SAMPLE_SITE
from warehouse.visible import SafeConsole


def main(
    reports: options.ReportsOption = None,
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
    """Land the reports, build and test the warehouse, publish it and print a summary.

    Exit codes: 0 built and published, whatever was rejected is said; 1 a report was refused, and the others are
    published, or nothing was built and the last published copy stays; 2 wrong usage.
    """
    console = SafeConsole()
    warehouse, published = warehouse_path().resolve(), published_path().resolve()
    given = options.checked(
        Given(site, time_zone, date_format, encoding, again, allow_twins, declare, min_date, max_date), reports
    )
    with errors_said(console, "Not built, and nothing was published"):
        finish_first(console)
        show_passed_over([str(reports or options.DEFAULT_REPORTS)], console)
        paths, given = options.choose_reports(reports, given)
        built = build(warehouse, published, paths, given, console)
        print_summary(published, warehouse, console)
        print_rows_without_effect(published, warehouse, SAMPLE_SITE, console)
    for refusal in built.refusals:
        console.print(refusal)
    console.print(f"[dim]{built.steps}[/dim]")
    raise typer.Exit(1 if built.refusals else 0)


if __name__ == "__main__":
    run_command(main, "build", "make build REPORTS=folder SITE=main TIME_ZONE=Europe/Zurich DATE_FORMAT=… ENCODING=…")
