"""Land, build, publish, write the page and sum up: the command line of ``building.build``."""

from __future__ import annotations

from rich.console import Console

from building.build import build
from landing.options import (
    AgainOption,
    DateFormatOption,
    EncodingOption,
    ReportsOption,
    SiteOption,
    TimeZoneOption,
    choose_reports,
    declared,
)
from landing.outcome import DEFAULT_SITE, SAMPLE_SITE
from naming.effects import print_rows_without_effect
from page.summary import print_summary
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.paths import published_path, warehouse_path


def main(
    reports: ReportsOption = None,
    site: SiteOption = DEFAULT_SITE,
    time_zone: TimeZoneOption = "UTC",
    date_format: DateFormatOption = None,
    encoding: EncodingOption = None,
    again: AgainOption = False,
) -> None:
    """Land the reports, build and test the warehouse, publish it and print a summary.

    Exit codes: 0 built and published, whatever was rejected is said; 1 not built, the last published copy stays;
    2 wrong usage.
    """
    console = Console(soft_wrap=True)
    warehouse, published = warehouse_path().resolve(), published_path().resolve()
    with errors_said(console, "Not built, and nothing was published"):
        finish_first(console)
        paths, declaration = choose_reports(reports, declared(site, time_zone, date_format, encoding, again))
        built = build(warehouse, published, paths, declaration, console)
        print_summary(published, warehouse, console)
        print_rows_without_effect(published, warehouse, SAMPLE_SITE, console)
    for refusal in built.refusals:
        console.print(refusal, highlight=False)
    console.print(f"[dim]{built.steps}[/dim]", highlight=False)


if __name__ == "__main__":
    run_command(main, "build", "make build REPORTS=folder SITE=main TIME_ZONE=Europe/Zurich DATE_FORMAT=… ENCODING=…")
