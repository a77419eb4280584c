"""Measure the error of the attendance measures on a simulated platform of which the truth is known.

Every cell of a grid of losses is a site of its own in one warehouse, which lives in a temporary folder together with a
copy of the project: one landing and one run of dbt measure them all, and nothing of the user's is touched.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Annotated

import duckdb
import typer
import yaml
from rich.console import Console
from rich.table import Table

from generate_reports import Truth
from landing import Declaration, land_reports
from simulation_editions import Editions
from simulation_exporter import (
    SCHEDULE_HEADER,
    Download,
    Losses,
    log_stay,
    put_in_file_order,
    schedule_rows,
)
from simulation_platform import Activity, Edition, Platform, Stay
from warehouse import PROJECT_ROOT, connect

PROJECT = ("models", "seeds", "macros", "tests/generic", "dbt_project.yml", "profiles.yml")
LOST_LEFTS = (0.0, 0.05, 0.2, 0.5, 0.9)
NONE = Losses.none()
DEFAULT = Losses()
# The losses beside the lost Lefts.
OTHER_LOSSES: dict[str, Losses] = {
    "none": NONE,
    "reconnects": replace(NONE, reconnects=DEFAULT.reconnects, same_second=DEFAULT.same_second),
    "two devices": replace(NONE, two_devices=DEFAULT.two_devices),
    "all": DEFAULT,
}
WINDOWS = ("inferred", "schedule")
# What the measures look at; the rest would only take time.
CATEGORIES = frozenset(
    {"Session", "Chat", "Hand", "Dialog", "Reaction", "Poll", "Rating", "Free Text", "Fill in the Blank", "Sorting"}
)

# Truth: the presence of each person in each session, breakouts among it, united by a running maximum of the end.
# A meeting has no page and is known by its name. Of a cell, whoever was there or is said to have been counts.
ERRORS = """
create or replace temp table errors as
with stays as (
    select
        site as simulation,
        user_id,
        coalesce(content_id, 'name:' || session_name) as session_id,
        started_at,
        ended_at,
        max(ended_at) over (
            partition by site, user_id, coalesce(content_id, 'name:' || session_name)
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from truth
),

truths as (
    select
        simulation,
        user_id,
        session_id,
        sum(greatest(0, date_diff('second', greatest(started_at, coalesce(covered_until, started_at)), ended_at)))
            as true_seconds
    from stays
    group by all
),

expected as (
    select cells.*, truths.user_id, truths.session_id, truths.true_seconds
    from cells
    inner join truths on cells.simulation = truths.simulation
),

meetings as (
    select distinct session_key, 'name:' || session_name as session_id
    from intermediate.int_session_events
    where content_id is null
),

measured as (
    select
        attendance.site_id,
        attendance.user_id,
        coalesce(attendance.content_id, meetings.session_id) as session_id,
        attendance.strict_seconds,
        attendance.likely_seconds,
        attendance.upper_seconds,
        attendance.is_attended
    from marts.fct_session_attendance as attendance
    left join meetings on attendance.session_key = meetings.session_key
)

select
    cells.*,
    coalesce(expected.user_id, measured.user_id) as user_id,
    coalesce(expected.session_id, measured.session_id) as session_id,
    coalesce(expected.true_seconds, 0) as true_seconds,
    coalesce(measured.strict_seconds, 0) as strict_seconds,
    coalesce(measured.likely_seconds, 0) as likely_seconds,
    coalesce(measured.upper_seconds, 0) as upper_seconds,
    coalesce(measured.is_attended, false) as is_attended,
    coalesce(expected.true_seconds, 0) >= $minimum_seconds as is_truly_attended
from expected
full join measured using (site_id, user_id, session_id)
inner join cells on cells.site_id = coalesce(expected.site_id, measured.site_id)
"""

SUMMARY = """
select
    window_source,
    losses,
    lost_left,
    count(*) as attendees,
    avg(true_seconds) / 60 as true_minutes,
    sum(abs(strict_seconds - true_seconds)) / sum(true_seconds) as strict_error,
    sum(strict_seconds - true_seconds) / sum(true_seconds) as strict_bias,
    sum(abs(likely_seconds - true_seconds)) / sum(true_seconds) as likely_error,
    sum(likely_seconds - true_seconds) / sum(true_seconds) as likely_bias,
    sum(abs(upper_seconds - true_seconds)) / sum(true_seconds) as upper_error,
    sum(upper_seconds - true_seconds) / sum(true_seconds) as upper_bias,
    avg((true_seconds between strict_seconds and upper_seconds)::int) as bracketed,
    avg((is_attended and not is_truly_attended)::int) as wrong_yes,
    avg((is_truly_attended and not is_attended)::int) as wrong_no
from errors
group by all
"""


@dataclass(frozen=True)
class Cell:
    """One site of the grid: what the log loses of one simulation, and whether a schedule is given."""

    lost_left: float
    losses: str
    window_source: str
    seed: int

    @property
    def site_id(self) -> str:
        """The site that the cell is landed as."""
        losses = self.losses.replace(" ", "-")
        return f"lost{self.lost_left * 100:g}-{losses}-{self.window_source}-seed{self.seed}"

    @property
    def simulation(self) -> str:
        """The name of the simulation that the cell is a log of."""
        return f"seed{self.seed}"


@dataclass(frozen=True)
class Result:
    """How far the measures are from the truth in the cells of one kind; errors and shares as parts of 1."""

    window_source: str
    losses: str
    lost_left: float
    attendees: int
    true_minutes: float
    strict_error: float
    strict_bias: float
    likely_error: float
    likely_bias: float
    upper_error: float
    upper_bias: float
    bracketed: float
    wrong_yes: float
    wrong_no: float


@dataclass(frozen=True)
class Simulation:
    """One event as it truly was: what people did beside joining and leaving, and their stays."""

    edition: Edition
    activities: list[Activity]
    stays: list[Stay]


def simulate(seed: int, people: int) -> Simulation:
    """Play one edition of at most that many people."""
    rng = Random(seed)
    editions = Editions(
        rng,
        edited_people=DEFAULT.edited_people,
        renamed_sessions=DEFAULT.renamed_sessions,
        pulled_back=DEFAULT.pulled_back,
    )
    edition = editions.next_edition(people, 0)
    platform = Platform(rng, edition, staff_hops=DEFAULT.staff_hops)
    simulation = Simulation(edition, [], [])
    for person in edition.people:
        history = platform.live(person)
        simulation.activities.extend(history.activities)
        simulation.stays.extend(history.stays)
    return simulation


def write_reports(cell: Cell, simulation: Simulation, folder: Path) -> list[Path]:
    """Write the downloads of a cell: one halfway through the event, and one of all of it with the edits made since."""
    rng = Random(f"{cell.seed} {cell.losses} {cell.lost_left}")
    losses = replace(OTHER_LOSSES[cell.losses], lost_left=cell.lost_left)
    activities = list(simulation.activities)
    for stay in simulation.stays:
        activities += log_stay(rng, losses, stay)
    put_in_file_order(rng, losses.out_of_order, activities)
    edition = simulation.edition
    # The same bytes are never landed twice, so the logs of a cell with a schedule are headed otherwise.
    time_header = "Date/Time" if cell.window_source == "schedule" else "Date"
    halfway = (edition.first_start + edition.last_end) // 2
    return [
        Download(
            number, f"{cell.site_id}_{number}.csv", until, time_header=time_header, categories=CATEGORIES
        ).write(folder, activities)
        for number, until in enumerate((halfway, edition.closes_at + 1))
    ]


def grid(lost_lefts: Iterable[float], seeds: Iterable[int]) -> list[Cell]:
    """Return every cell: all losses with inferred windows and with a schedule."""
    return [Cell(*values) for values in product(lost_lefts, OTHER_LOSSES, WINDOWS, seeds)]


def copy_project(target: Path) -> None:
    """Copy what dbt needs, so that the schedule can be seeded."""
    for name in PROJECT:
        source = PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        else:
            shutil.copy(source, target / name)


def write_schedule(cells: list[Cell], simulations: dict[int, Simulation], path: Path) -> None:
    """Write the schedule of the cells that have one."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SCHEDULE_HEADER)
        for cell in cells:
            if cell.window_source == "schedule":
                writer.writerows(schedule_rows(cell.site_id, simulations[cell.seed].edition))


def land_cells(cells: list[Cell], simulations: dict[int, Simulation], folder: Path) -> None:
    """Write and land the reports of every cell.

    Raises:
        RuntimeError: a report was not landed as a whole.
    """
    with connect(folder / "activity.duckdb") as connection:
        for cell in cells:
            paths = write_reports(cell, simulations[cell.seed], folder)
            for landing in land_reports(connection, paths, Declaration(cell.site_id)):
                if not landing.is_clean or landing.already_landed_as:
                    raise RuntimeError(f"not landed: {landing}")
                landing.path.unlink()


def run_dbt(project: Path, warehouse: Path) -> None:
    """Build attendance and all that it needs.

    Raises:
        RuntimeError: dbt failed.
    """
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "--quiet", "--no-use-colors", "build", "--select", "+fct_session_attendance"]
    result = subprocess.run(
        [*command, "--exclude-resource-type", "test", "unit_test"],
        cwd=project,
        env={**os.environ, "WAREHOUSE_PATH": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)


def compare(connection: duckdb.DuckDBPyConnection, cells: list[Cell], minimum_seconds: int) -> list[Result]:
    """Hold the attendance in the warehouse against the table `truth`, and sum up per kind of cell."""
    connection.execute(
        "create or replace temp table cells"
        " (site_id varchar, simulation varchar, window_source varchar, losses varchar, lost_left double)"
    )
    connection.executemany(
        "insert into cells values (?, ?, ?, ?, ?)",
        [[cell.site_id, cell.simulation, cell.window_source, cell.losses, cell.lost_left] for cell in cells],
    )
    connection.execute(ERRORS, {"minimum_seconds": minimum_seconds})
    results = [Result(*row) for row in connection.execute(SUMMARY).fetchall()]
    order = list(OTHER_LOSSES)
    return sorted(results, key=lambda result: (result.window_source, order.index(result.losses), result.lost_left))


def measure(cells: list[Cell], people: int, folder: Path) -> list[Result]:
    """Measure the cells in a folder of their own, which then holds the warehouse with the table of errors."""
    copy_project(folder)
    simulations = {seed: simulate(seed, people) for seed in sorted({cell.seed for cell in cells})}
    truth = Truth(folder / "truth.parquet")
    for seed, simulation in simulations.items():
        truth.add(f"seed{seed}", simulation.stays)
    truth.close()
    write_schedule(cells, simulations, folder / "seeds" / "site" / "session_schedule.csv")
    land_cells(cells, simulations, folder)
    run_dbt(folder, folder / "activity.duckdb")
    settings = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    with connect(folder / "activity.duckdb") as connection:
        connection.execute("create temp table truth as from read_parquet(?)", [str(truth.path)])
        return compare(connection, cells, settings["attendance_minimum_seconds"])
