"""Land, build, publish, write the page and sum up, in one process: what ``make build`` runs.

Each step leaves what the one before it made: a file that cannot be landed is refused and the rest is built, and a
build that fails publishes nothing, so that readers go on with the last good copy.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import typer
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from landing import DEFAULT_SITE, SAMPLE_SITE, holds_own_reports
from load_reports import (
    AgainOption,
    DateFormatOption,
    EncodingOption,
    ReportsOption,
    SiteOption,
    TimeZoneOption,
    choose_reports,
    declared,
    describe,
    land_with_progress,
)
from make_usage import run_command
from publish import publish
from summary import print_summary
from warehouse import (
    PROJECT_ROOT,
    WarehouseError,
    connect,
    disk_trouble,
    in_words,
    marts_path,
    published_path,
    remove_database,
    warehouse_path,
)
from write_page import page_path, write_page

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]


def peak_memory() -> float:
    """The peak memory of this process in MB; 0 where the system does not tell it."""
    if resource is None:
        return 0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# In the table of macros/unfinished_builds.sql. Only a build of all models strikes it out.
NOTE_OF_REMOVED_MARTS = """
create schema if not exists staging;
create table if not exists staging.unfinished_builds (invocation_id varchar);
insert into staging.unfinished_builds values ('the marts were removed');
"""


@dataclass
class Steps:
    """How long each step took (wall seconds) and the peak memory of the process at its end (MB)."""

    taken: list[tuple[str, float, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what runs inside as one step."""
        started = time.monotonic()
        yield
        self.taken.append((name, time.monotonic() - started, peak_memory()))

    def __str__(self) -> str:
        """The steps in one line."""
        return ", ".join(f"{name} {seconds:.1f} s (peak {peak:,.0f} MB)" for name, seconds, peak in self.taken)


def run_dbt(warehouse: Path, console: Console) -> dbtRunnerResult:
    """Run ``dbt build`` in this process with a progress bar, and make all marts anew.

    Raises:
        WarehouseError: the warehouse is in use by another process.
    """
    # From the project's folder, as in profiles.yml: where the path is another, dbt parses all anew (7 s).
    os.chdir(PROJECT_ROOT)
    with suppress(ValueError):  # on Windows from one drive to another
        warehouse = Path(os.path.relpath(warehouse))
    os.environ["WAREHOUSE_PATH"] = str(warehouse)
    with connect(warehouse) as connection:
        # Until all marts are there again, even if dbt stops before its first model.
        connection.execute(NOTE_OF_REMOVED_MARTS)
        # In a new file, for DuckDB leaves what it frees in the old one.
        remove_database(marts_path(warehouse))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[node]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("Building", total=None, node="")

        def show(event: EventMsg) -> None:
            if event.info.name == "ConcurrencyLine":
                progress.update(task, total=event.data.node_count)
            elif event.info.name == "NodeFinished":
                progress.update(task, advance=1, node=event.data.node_info.node_name[:40])

        # dbt takes seconds to write the manifest (target/*.json); set DBT_WRITE_JSON=true if you need it.
        os.environ.setdefault("DBT_WRITE_JSON", "false")
        run_results = PROJECT_ROOT / "target" / "run_results.json"
        # Otherwise `dbt retry` would replay an older run if dbt stops before it has results.
        run_results.unlink(missing_ok=True)
        # Python would look through the whole manifest for cycles again and again: a seventh of the sample's build, and
        # what it finds is 130 MB at the end, whatever the records.
        gc.disable()
        runner = dbtRunner(callbacks=[show])
        result = runner.invoke(["--quiet", "--no-use-colors", "build"])
        # dbt-duckdb leaves the file open, with settings of its own, and a file has one set of settings a process.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        gc.enable()
        if isinstance(result.result, RunExecutionResult):
            # The only file that `dbt retry` reads. It takes the options too, and is to say what it does.
            result.result.args.update({"quiet": False, "write_json": True})
            result.result.write(str(run_results))
        return result


def why_not_built(result: dbtRunnerResult) -> str:
    """Why dbt failed, as far as one sentence can tell."""
    nodes = result.result.results if isinstance(result.result, RunExecutionResult) else ()
    messages = [str(result.exception), *(str(node.message) for node in nodes)]
    troubles = (disk_trouble(message) for message in messages)
    told = next((trouble for trouble in troubles if trouble), None)
    return f"{told or 'see the failures above, and logs/dbt.log for all of it'}."


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
