"""Measure the error of the attendance measures on a simulated platform whose truth is known.

`measuring.rooms` adds rooms as they really are, and real logs: they are built together with the grid.

Every cell of a grid of losses is a site of its own in one warehouse, which lives in a temporary folder together with a
copy of the project: one landing and one run of dbt measure them all, and nothing of the user's is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby, product
from pathlib import Path
from random import Random

import duckdb
from rich.console import Console

from measuring.rooms import (
    REAL_SEEDS,
    Case,
    RoomResult,
    compare_rooms,
    empty_table,
    in_page_order,
    insert_rows,
    land_cases,
    land_whole,
    markdown_table,
    room_aims,
    rooms_markdown,
    rooms_table,
    settings_text,
)
from measuring.rooms import TITLES as ROOM_TITLES
from simulation.editions import Editions
from simulation.exporter import SCHEDULE_HEADER, Download, Losses, log_stay, put_in_file_order, schedule_rows
from simulation.generate import Truth, write_rows
from simulation.platform import Platform
from simulation.stage import Activity, Edition, Stay
from warehouse.database import connect
from warehouse.paths import marts_path
from warehouse.project_copy import copy_to
from warehouse.settings import read_settings

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
# The default of profiles.yml: with another, dbt parses the project again.
WAREHOUSE = "warehouse/activity.duckdb"
# What the measures look at; the rest would only take time.
CATEGORIES = frozenset(
    {"Session", "Chat", "Hand", "Dialog", "Reaction", "Poll", "Rating", "Free Text", "Fill in the Blank", "Sorting"}
)

# Truth: the presence of each person in each session, breakouts among it, united by a running maximum of the end, and
# cut to the hours when presence counts: the true start and end with the buffers. A meeting has no page and is known
# by the name that each of the two sees. In a cell, whoever was there counts, and whoever is said to have been.
ERRORS = """
create or replace temp table errors as
with cut as (
    select
        truth.site as simulation,
        truth.user_id,
        coalesce(truth.content_id, 'name:' || truth.session_name) as session_id,
        greatest(truth.started_at, agenda.starts_at - to_minutes($before_minutes)) as started_at,
        least(truth.ended_at, agenda.ends_at + to_minutes($after_minutes)) as ended_at
    from truth
    left join agenda on truth.site = agenda.site_id and truth.content_id = agenda.content_id
),

stays as (
    select
        *,
        max(ended_at) over (
            partition by simulation, user_id, session_id
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from cut
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
    select distinct site_id, session_key, user_id, 'name:' || session_name as session_id
    from intermediate.int_session_events
    where content_id is null
),

measured as (
    select
        attendance.site_id,
        attendance.user_id,
        coalesce(attendance.content_id, meetings.session_id) as session_id,
        attendance.proven_seconds,
        attendance.likely_seconds,
        attendance.possible_seconds,
        attendance.is_attended
    from published.marts.fct_session_attendance as attendance
    left join meetings using (site_id, session_key, user_id)
)

select
    cells.*,
    coalesce(expected.user_id, measured.user_id) as user_id,
    coalesce(expected.session_id, measured.session_id) as session_id,
    coalesce(expected.true_seconds, 0) as true_seconds,
    coalesce(measured.proven_seconds, 0) as proven_seconds,
    coalesce(measured.likely_seconds, 0) as likely_seconds,
    coalesce(measured.possible_seconds, 0) as possible_seconds,
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
    sum(abs(proven_seconds - true_seconds)) / sum(true_seconds) as proven_error,
    sum(proven_seconds - true_seconds) / sum(true_seconds) as proven_bias,
    sum(abs(likely_seconds - true_seconds)) / sum(true_seconds) as likely_error,
    sum(likely_seconds - true_seconds) / sum(true_seconds) as likely_bias,
    sum(abs(possible_seconds - true_seconds)) / sum(true_seconds) as possible_error,
    sum(possible_seconds - true_seconds) / sum(true_seconds) as possible_bias,
    avg((true_seconds between proven_seconds and possible_seconds)::int) as bracketed,
    avg((is_attended and not is_truly_attended)::int) as wrong_yes,
    avg((is_truly_attended and not is_attended)::int) as wrong_no
from errors
group by all
"""


TITLES = {
    "inferred": "Window of each session inferred from the log",
    "schedule": "Window of each session from a schedule",
}
COLUMNS = (
    "other losses",
    "lost Lefts %",
    "attendees",
    "true minutes",
    "proven %",
    "likely %",
    "possible %",
    "in bracket %",
    "wrong yes %",
    "wrong no %",
)
AIMED_AT = 0.2

PAGE = """# How accurate attendance is

A log can lose records, so every number about attendance is a bracket. `proven` is what the log shows, `likely` is the
best estimate, and `possible` is what the log allows ([the rules](../../models/marts/attendance/attendance_rules.md)).

An example: Ada was in a talk for 50 minutes, and the log lost her Left. If `likely` says 52 minutes, its error is 4 %
and its bias is +4 %. If it says 48, the error is 4 % too, and the bias is -4 %. If `proven` is 20 minutes and
`possible` 65, the bracket holds the truth. The tables give the mean over many people: an error of 4 % is 2 minutes of
50.

This page measures how far the three are from the truth, in three ways:

1. **Rooms as they really are**: `scripts/simulation/rooms.py` plays sessions that strain the rules, one behaviour at a
   time.
2. **Real logs**: stays from public sample and test files of Zoom, Teams and BigBlueButton
   ([where they come from](../../tests/fixtures/attendance_logs/README.md)).
3. **Whole events**: `scripts/simulation/` plays events of ordinary sessions, and their logs have the losses of real
   logs.

Each is written as reports, loaded, and built by dbt; the numbers are those of `fct_session_attendance`. Write the page
again with:

```sh
.venv/bin/python scripts/measure_attendance.py --people {people} --seeds {seeds} \
--output docs/explanation/attendance_accuracy.md
```

The same seeds give the same page.

## In short

{room_aims}

{aims}

All in per cent. *Worst cell* is the worst row of whole events, at the end of this page, that shows it.

## What it does not show

- It is a simulated platform. Its people arrive, pause, leave and write as we think people do: four in five stay to the
  end, and a Left is lost whoever it is. If those who lose it differ from those who do not, the bias is another.
- Each person is in one session at a time and has an account of their own. The schedule, where one is given, is right.
- At high rates of loss the rows show the rule for open stays rather than the log. Look at the bracket then, and at
  `evidence_ratio`.

## How to read the tables of rooms and logs

- **likely, bias**: the absolute error of `likely` in per cent of the true time, and its bias: minus counts too little.
  *Limit:* most people have no error at all. At 20 % lost Lefts the others have five times the mean.
- **In bracket**: people whose true time lies between `proven` and `possible`, give or take 60 seconds.
  *Limit:* a wide bracket holds the truth easily. Look at `evidence_ratio` for how wide it is.
- **Wrong**: people who are called attended at 300 seconds and were not there so long, or the other way round.
  *Limit:* a rule that asks for 80 % of a session decides near the end, where errors are more frequent.
- **Next event, first to last, direct pairs** are the errors of simple ways to count the same log. *Next event* counts
  each Joined to the record that comes next. *First to last* counts from the first record to the last. *Direct pairs*
  counts each Joined that a Left follows directly. Where they need an end of the session, they take the last Left in it.
- **Lost Lefts** are left out at random. A behaviour is played with {seeds} seeds, and the Lefts of a real log are lost
  with {real_seeds} seeds. The rules and their constants were chosen on these behaviours and logs;
  [decision 23](../decisions/0023-rules-for-real-rooms.md) has the figures of what was held out.
- **Every Left 5 to 15 minutes late** is measured with the setting that it calls for, `left_delay_minutes: 15`.
  Without the setting `likely` is as late as the Lefts are, 20 % in rooms of this length.
- In a room that was played the truth is when each person was there, from 15 minutes before the true start to 15 minutes
  after the true end. In a real log it is the union of the stays that the source states, and a person who has a stay
  without an end is left out.

## Rooms as they really are

{behaviour}

## Real logs

{real}

## How to read the tables of whole events

- **A row** unites {seeds} events of up to {people} people. Each has a stage, parallel rooms, a workshop with breakouts,
  a session over midnight and a clock change, and private meetings. The events are the same in every row; only what the
  log loses differs.
- **Attendees** are pairs of a person and a session. **True minutes** is their mean presence: the union of their stays
  and breakouts, within the hours that count. These are the hours between the true start and end, with the buffers of
  the settings.
- **proven, likely, possible**: the mean absolute error in per cent of the true seconds, and in brackets the bias: minus
  counts too little, plus too much. A plain 0 is exact for every attendee.
- **In bracket**: attendees whose true seconds lie between `proven` and `possible`.
- **Wrong yes, wrong no**: attendees whom `is_attended` calls attended though their true seconds are under
  `attendance_minimum_seconds`, and the other way round.
- **Lost Lefts**: stays whose Left was never written. **Other losses**: `reconnects` are a second Joined, or a Left and
  a Joined in one second, amid a stay. `two devices` is a second device that comes and goes amid a stay. `all` is these,
  presenters who press Leave and go on watching, and records out of order, at the default rates of
  `scripts/generate_reports.py generate`.
- Every log is downloaded twice, halfway and at the end, with names and e-mails edited meanwhile.

## Whole events

### Windows inferred from the log

{inferred}

### Windows from a schedule

{schedule}
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
    proven_error: float
    proven_bias: float
    likely_error: float
    likely_bias: float
    possible_error: float
    possible_bias: float
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
    edition = Editions(rng, replace(DEFAULT, moved_sessions=0.0)).next_edition(people, 0)
    platform = Platform(rng, edition, staff_hops=DEFAULT.staff_hops)
    simulation = Simulation(edition, [], [])
    for person in edition.people:
        history = platform.live(person)
        simulation.activities.extend(history.activities)
        simulation.stays.extend(history.stays)
    return simulation


def write_logs(cell: Cell, simulation: Simulation, folder: Path) -> list[Path]:
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
        Download(number, f"{cell.site_id}_{number}.csv", until, time_header=time_header, categories=CATEGORIES).write(
            folder, activities
        )
        for number, until in enumerate((halfway, edition.closes_at + 1))
    ]


def grid(lost_lefts: Iterable[float], seeds: Iterable[int]) -> list[Cell]:
    """Return every cell: all losses with inferred windows and with a schedule."""
    return [Cell(*values) for values in product(lost_lefts, OTHER_LOSSES, WINDOWS, seeds)]


def schedule_of(editions: dict[str, Edition]) -> list[tuple[str, ...]]:
    """Return the schedule of the editions of some sites, the header first."""
    return [SCHEDULE_HEADER, *chain.from_iterable(schedule_rows(*of_site) for of_site in editions.items())]


def build_attendance(project: Path, select: str = "+fct_sessions", settings: str = "{}") -> None:
    """Build attendance and all that it needs.

    Raises:
        RuntimeError: dbt failed.
    """
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "--quiet", "--no-use-colors", "build", "--select", select, "--vars", settings]
    result = subprocess.run(
        [*command, "--exclude-resource-type", "test", "unit_test"],
        cwd=project,
        env={**os.environ, "WAREHOUSE_PATH": WAREHOUSE},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)


def compare_with_truth(
    connection: duckdb.DuckDBPyConnection, cells: list[Cell], settings: dict[str, int]
) -> list[Result]:
    """Hold the attendance in the warehouse against the tables `truth` and `agenda`, and sum up per kind of cell."""
    connection.execute(
        "create or replace temp table cells"
        " (site_id varchar, simulation varchar, window_source varchar, losses varchar, lost_left double)"
    )
    about = [(cell.site_id, cell.simulation, cell.window_source, cell.losses, cell.lost_left) for cell in cells]
    insert_rows(connection, "cells", about)
    connection.execute(
        ERRORS,
        {
            "minimum_seconds": settings["attendance_minimum_seconds"],
            "before_minutes": settings["session_buffer_before_minutes"],
            "after_minutes": settings["session_buffer_after_minutes"],
        },
    )
    results = [Result(*row) for row in connection.execute(SUMMARY).fetchall()]
    order = list(OTHER_LOSSES)
    return sorted(results, key=lambda result: (result.window_source, order.index(result.losses), result.lost_left))


def measure(
    cells: list[Cell], people: int, folder: Path, cases: Sequence[Case] = ()
) -> tuple[list[Result], list[RoomResult]]:
    """Measure cells and cases in a folder of their own, which then holds the warehouse with the tables of errors."""
    copy_to(folder)
    (folder / WAREHOUSE).parent.mkdir(exist_ok=True)
    simulations = {seed: simulate(seed, people) for seed in sorted({cell.seed for cell in cells})}
    truth = Truth(folder / "truth.parquet")
    for seed, simulation in simulations.items():
        truth.add(f"seed{seed}", simulation.stays)
    truth.close()
    editions = {f"seed{seed}": simulation.edition for seed, simulation in simulations.items()}
    write_rows(folder / "agenda.csv", schedule_of(editions))
    scheduled = {cell.site_id: editions[cell.simulation] for cell in cells if cell.window_source == "schedule"}
    warehouse = folder / WAREHOUSE
    with connect(warehouse) as connection:
        for cell in cells:
            land_whole(connection, write_logs(cell, simulations[cell.seed], folder), cell.site_id)
        schedule = [*schedule_of(scheduled), *land_cases(connection, cases, folder)]
    write_rows(folder / "seeds" / "site" / "session_schedule.csv", schedule)
    build_attendance(folder)
    settings = read_settings(folder)
    with opened_with_marts(warehouse) as connection:
        connection.execute("create temp table truth as from read_parquet(?)", [str(truth.path)])
        connection.execute(
            "create temp table agenda as select * replace (content_id::varchar as content_id) from read_csv(?)",
            [str(folder / "agenda.csv")],
        )
        results = compare_with_truth(connection, cells, settings)
        room_results = compare_rooms(connection, settings["attendance_minimum_seconds"], "{}")
    for called_for in sorted({text for case in cases if (text := settings_text(case.settings)) != "{}"}):
        build_attendance(folder, "int_session_event_places+,+fct_sessions", called_for)
        with opened_with_marts(warehouse) as connection:
            room_results += compare_rooms(connection, settings["attendance_minimum_seconds"], called_for)
    return results, in_page_order(room_results)


@contextmanager
def opened_with_marts(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a warehouse with its marts, as dbt's profile attaches them."""
    with connect(warehouse) as connection:
        connection.execute("attach $marts as published (read_only)", {"marts": str(marts_path(warehouse))})
        yield connection


def cells_of(result: Result) -> tuple[str, ...]:
    """Write a result as a line of the table; a plain 0 is exact."""
    measures = (
        "0" if error == 0 else f"{error * 100:.2f} ({bias * 100:+.2f})"
        for error, bias in (
            (result.proven_error, result.proven_bias),
            (result.likely_error, result.likely_bias),
            (result.possible_error, result.possible_bias),
        )
    )
    shares = (f"{share * 100:.2f}" if share else "0" for share in (result.bracketed, result.wrong_yes, result.wrong_no))
    counts = (f"{result.attendees:,}", f"{result.true_minutes:.1f}")
    return (result.losses, f"{result.lost_left * 100:g}", *counts, *measures, *shares)


def print_results(console: Console, results: list[Result], room_results: Sequence[RoomResult]) -> None:
    """Print a table for each kind of room, and one for each source of the windows of whole events."""
    for kind in ROOM_TITLES:
        console.print(rooms_table(room_results, kind))
    for source, title in TITLES.items():
        table = empty_table(title, COLUMNS)
        for losses, group in groupby((r for r in results if r.window_source == source), lambda r: r.losses):
            for result in group:
                table.add_row(*cells_of(result))
            if losses != list(OTHER_LOSSES)[-1]:
                table.add_section()
        console.print(table)


def aims_met(results: list[Result]) -> str:
    """Write a table of what is aimed at, and the worst that was measured."""
    usual = [result for result in results if result.lost_left == AIMED_AT]
    whole = [result for result in results if result.lost_left == 0 and result.losses == "none"]
    errors = [error for r in whole for error in (r.proven_error, r.likely_error, r.possible_error)]
    lines = [f"| at {AIMED_AT * 100:g} % lost Lefts | aim | worst cell |", "|---|--:|--:|"]
    if usual:
        lines += [
            f"| mean absolute error of `likely` | < 5 | {max(r.likely_error for r in usual) * 100:.2f} |",
            f"| bias of `likely`, either way | < 2 | {max(abs(r.likely_bias) for r in usual) * 100:.2f} |",
            f"| attendees with the truth in the bracket | ≥ 98 | {min(r.bracketed for r in usual) * 100:.2f} |",
        ]
    if whole:
        lines.append(f"| error of each measure in a log without losses | 0 | {max(errors) * 100:.2g} |")
    return "\n".join(lines)


def write_accuracy_page(
    path: Path, results: list[Result], room_results: Sequence[RoomResult], people: int, seeds: int
) -> None:
    """Write the page about the accuracy of attendance; the same results give the same page."""
    tables = {source: [r for r in results if r.window_source == source] for source in TITLES}
    text = PAGE.format(
        people=people,
        seeds=seeds,
        real_seeds=REAL_SEEDS,
        aims=aims_met(results),
        room_aims=room_aims(room_results),
        **{kind: rooms_markdown(room_results, kind) for kind in ROOM_TITLES},
        **{source: markdown_table(COLUMNS, map(cells_of, group)) for source, group in tables.items()},
    )
    path.write_text(text, encoding="utf-8")
