"""Land, build, publish and write the page, in one process: what ``make build`` runs.

Where nothing is new since the last build, only the page is written: it counts the days since the last activity. Each
step leaves what the one before it made: a file that cannot be landed is refused and the rest is built, and a build that
fails publishes nothing, so that readers go on with the last good copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from building.dbt import run_dbt, why_not_built
from building.steps import Steps
from building.unchanged import LastBuild
from landing.landed import holds_own_reports
from landing.outcome import Given
from landing.terminal import describe, land_with_progress
from page.write_page import page_path, write_page
from publishing.publish import publish
from warehouse.copies import PUBLISHED, require_place_for, require_place_of_warehouse
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.locks import only_writer
from warehouse.raw import SAMPLE_SITE


@dataclass(frozen=True)
class Built:
    """How long a build took, and which reports are not in it, in words (rich markup)."""

    steps: Steps
    refusals: list[str]


def build(warehouse: Path, published: Path, paths: list[Path], given: Given, console: Console) -> Built:
    """Land the reports, let dbt build and test the warehouse, publish it and write its page.

    Raises:
        WarehouseError: a step failed, or another command is at work on the warehouse. The last published copy stays.
    """
    require_place_of_warehouse(warehouse)
    # Before minutes of work that could not be published.
    require_place_for(published, PUBLISHED)
    with only_writer(warehouse, patience=0):
        return _build(warehouse, published, paths, given, console)


def _build(warehouse: Path, published: Path, paths: list[Path], given: Given, console: Console) -> Built:
    steps = Steps()
    last_build = LastBuild(warehouse, published)
    with steps.step("landing"), connect(warehouse) as connection:
        if given.site_id == SAMPLE_SITE and holds_own_reports(connection):
            console.print("There is no new report in reports/.")
            paths = []
        landings = land_with_progress(connection, paths, given, console)
    if last_build.is_current():
        console.print("Nothing is new since the last build, so the marts stay as they are.")
    else:
        last_build.forget()
        _make_marts(warehouse, published, steps, last_build, console)
    with steps.step("writing the page"):
        write_page(published, page_path(published))
    return Built(steps, [describe(landing) for landing in landings if landing.refusal is not None])


def _make_marts(warehouse: Path, published: Path, steps: Steps, last_build: LastBuild, console: Console) -> None:
    with steps.step("building and testing"):
        result = run_dbt(warehouse, console)
    if not result.success:
        raise WarehouseError(
            f"the warehouse was not built, and nothing was published: {why_not_built(result, warehouse)}"
        )
    with steps.step("publishing"):
        publish(warehouse, published)
    last_build.remember()
