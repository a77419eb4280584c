"""Land, build, publish, write the page and sum up, in one process: what ``make build`` runs.

Each step leaves what the one before it made: a file that cannot be landed is refused and the rest is built, and a
build that fails publishes nothing, so that readers go on with the last good copy.
"""

from __future__ import annotations

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from building.dbt import run_dbt, why_not_built
from building.steps import Steps
from landing.land import DEFAULT_SITE, SAMPLE_SITE, holds_own_reports
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
from landing.told import describe, land_with_progress
from page.summary import print_summary
from page.write_page import page_path, write_page
from publishing.publish import publish
from warehouse.command_line import run_command
from warehouse.database import connect
from warehouse.errors import WarehouseError, in_words
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
    steps = Steps()
    warehouse, published = warehouse_path().resolve(), published_path().resolve()
    try:
        paths, declaration = choose_reports(reports, declared(site, time_zone, date_format, encoding, again))
        with steps.step("landing"), connect(warehouse) as connection:
            if declaration.site_id == SAMPLE_SITE and holds_own_reports(connection):
                console.print("There is no new report in reports/.")
                paths = []
            landings = land_with_progress(connection, paths, declaration, console)
        with steps.step("building and testing"):
            result = run_dbt(warehouse, console)
        if not result.success:
            raise WarehouseError(f"the warehouse was not built, and nothing was published: {why_not_built(result)}")
        with steps.step("publishing"):
            publish(warehouse, published)
        with steps.step("writing the page"):
            write_page(published, page_path(published))
        print_summary(published, warehouse, console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not built, and nothing was published: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    for landing in landings:
        if landing.refusal is not None:
            console.print(describe(landing), highlight=False)
    console.print(f"[dim]{steps}[/dim]", highlight=False)


if __name__ == "__main__":
    run_command(main, "build", "make build REPORTS=folder SITE=main TIME_ZONE=Europe/Zurich DATE_FORMAT=… ENCODING=…")
