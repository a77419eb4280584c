"""Measure attendance in rooms as they really are: one behaviour at a time, and on real logs of other platforms.

Each case (a behaviour or a source, at a loss, with a seed) is a site of its own in the warehouse that
`measuring.attendance` builds. The numbers come from the models that dbt built, and never from a copy of the rules.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from random import Random

import duckdb
import yaml
from rich.table import Table

from landing.land import land_reports
from landing.outcome import Declaration
from simulation.exporter import Download, timestamp
from simulation.rooms import BEHAVIOURS, JOINED, LEFT, Behaviour, Record, Room, Span, Visit
from simulation.stage import MINUTE, Activity, Content, Person
from warehouse.paths import PROJECT_ROOT

LOST_LEFTS = (0.0, 0.2, 0.5)
AIMED_AT = 0.2
FIRST_START = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp())
BUFFER = 15 * MINUTE
REAL_LOGS = PROJECT_ROOT / "tests" / "fixtures" / "attendance_logs" / "stays.csv"
REAL_SEEDS = 20
SYNTHETIC = "zoom_sujith_synth"
ELSEWHERE = Content(999, "Elsewhere")
ALL_TIMES = (-(10**12), 10**12)

# The measures of each person and session whose truth is known. A page may hold several sessions: the first of the
# truth is the first that the models found. A person in a session without a truth was not there.
ERRORS = """
create or replace temp table room_errors as
with numbered as (
    select
        session_key,
        case
            when content_id is null then 1
            else row_number() over (partition by site_id, content_id order by started_at, session_key)
        end as occurrence
    from published.marts.fct_sessions
    where unique_people_count > 0
),

measured as (
    select
        attendance.site_id,
        attendance.user_id,
        coalesce(attendance.content_id, '') as content_id,
        numbered.occurrence,
        sum(attendance.proven_seconds) as proven_seconds,
        sum(attendance.likely_seconds) as likely_seconds,
        sum(attendance.possible_seconds) as possible_seconds
    from published.marts.fct_session_attendance as attendance
    inner join numbered using (session_key)
    where (attendance.site_id, attendance.user_id, coalesce(attendance.content_id, '')) in (
        select (site_id, user_id, content_id) from room_truth
    )
    group by all
)

select
    room_cases.*,
    coalesce(room_truth.true_seconds, 0) as true_seconds,
    room_truth.next_event_seconds,
    room_truth.first_to_last_seconds,
    room_truth.direct_pairs_seconds,
    coalesce(measured.proven_seconds, 0) as proven_seconds,
    coalesce(measured.likely_seconds, 0) as likely_seconds,
    coalesce(measured.possible_seconds, 0) as possible_seconds
from room_truth
full join measured using (site_id, user_id, content_id, occurrence)
inner join room_cases on room_cases.site_id = coalesce(room_truth.site_id, measured.site_id)
"""

SUMMARY = """
select
    kind,
    name,
    lost_left,
    count(*) as people,
    sum(abs(likely_seconds - true_seconds)) / sum(true_seconds) as error,
    sum(likely_seconds - true_seconds) / sum(true_seconds) as bias,
    avg((true_seconds between proven_seconds - 60 and possible_seconds + 60)::int) as bracketed,
    avg(((likely_seconds >= $minimum_seconds) <> (true_seconds >= $minimum_seconds))::int) as wrong,
    sum(abs(next_event_seconds - true_seconds)) / sum(true_seconds) as next_event,
    sum(abs(first_to_last_seconds - true_seconds)) / sum(true_seconds) as first_to_last,
    sum(abs(direct_pairs_seconds - true_seconds)) / sum(true_seconds) as direct_pairs
from room_errors
group by all
"""

COLUMNS = (
    *("", "lost Lefts %", "people", "likely %", "bias", "in bracket %", "wrong %"),
    *("next event %", "first to last %", "direct pairs %"),
)
TITLES = {"behaviour": "Rooms as they really are", "real": "Real logs"}


@dataclass(frozen=True)
class Case:
    """One site: the sessions of a behaviour or a source, with a share of the Lefts lost."""

    kind: str
    name: str
    lost_left: float
    seed: int
    pages: list[list[Room]] = field(repr=False)
    settings: Mapping[str, object] = field(default_factory=dict)
    is_truth_cut: bool = True

    @cached_property
    def site_id(self) -> str:
        """The site that the case is landed as."""
        name = "".join(letter if letter.isalnum() else "-" for letter in self.name.lower())
        return f"{self.kind}-{name}-lost{self.lost_left * 100:g}-seed{self.seed}"


@dataclass(frozen=True)
class RoomResult:
    """How far *likely* is from the truth in the cases of one name; errors and shares as parts of 1."""

    kind: str
    name: str
    lost_left: float
    people: int
    error: float
    bias: float
    bracketed: float
    wrong: float
    next_event: float
    first_to_last: float
    direct_pairs: float


def behaviour_cases(
    seeds: Iterable[int], behaviours: Iterable[Behaviour] = BEHAVIOURS, lost_lefts: Iterable[float] = LOST_LEFTS
) -> list[Case]:
    """Play every behaviour with every seed, and lose of it what each case loses."""
    cases = []
    for behaviour, seed in product(behaviours, seeds):
        rng = Random(f"{behaviour.name} {seed}")
        pages = [behaviour.play(rng) for _ in range(behaviour.pages)]
        cases += [
            Case("behaviour", behaviour.name, lost_left, seed, pages, behaviour.settings) for lost_left in lost_lefts
        ]
    return cases


def real_cases(lost_lefts: Iterable[float] = LOST_LEFTS, seeds: int = REAL_SEEDS) -> list[Case]:
    """Read the real logs, and lose of them what each case loses. Nothing can be drawn where nothing is lost."""
    sources: dict[str, dict[str, dict[str, list[tuple[int, int | None]]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    with REAL_LOGS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            stay = (seconds_of(row["joined"]), seconds_of(row["left"]) if row["left"] else None)
            sources[row["source"]][row["meeting"]][row["person"]].append(stay)
    cases = []
    for source, meetings in sources.items():
        pages = [[real_room(list(people.values()))] for people in meetings.values()]
        cases += [
            Case("real", source, lost_left, seed, pages, is_truth_cut=False)
            for lost_left in lost_lefts
            for seed in range(1, seeds + 1 if lost_left else 2)
        ]
    return cases


def seconds_of(text: str) -> int:
    """Read a time of the real logs as seconds since the first start."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) - FIRST_START


def real_room(people: list[list[tuple[int, int | None]]]) -> Room:
    """Make a room of the stays of its people. Of a person who has a stay without an end the truth is not known."""
    visits = []
    for stays in people:
        records: list[Record] = [(start, JOINED) for start, _ in stays]
        ended = [(start, stop) for start, stop in stays if stop is not None]
        records += [(stop, LEFT) for _, stop in ended]
        visits.append(Visit(ended if len(ended) == len(stays) else [], records))
    return Room(visits, *ALL_TIMES)


def union_seconds(spans: Iterable[Span]) -> int:
    """Return how many seconds are in at least one of the spans."""
    total, covered = 0, ALL_TIMES[0]
    for start, stop in sorted(spans):
        total += max(0, stop - max(start, covered))
        covered = max(covered, stop)
    return total


def true_seconds(room: Room, visit: Visit, is_cut: bool) -> int:
    """Return the union of the true stays, within the hours when presence counts."""
    first, last = (room.starts_at - BUFFER, room.ends_at + BUFFER) if is_cut else ALL_TIMES
    return union_seconds((max(start, first), max(start, first, min(stop, last))) for start, stop in visit.stays)


def simple_alternatives(records: Sequence[Record], room_end: int) -> tuple[int, int, int]:
    """Count a visit in the three ways of simple tools: each Joined to the next event, first to last, direct pairs."""
    in_order = sorted(records)
    followed = list(pairwise([*in_order, (max(room_end, in_order[-1][0]), LEFT)]))
    next_event = union_seconds((at, until) for (at, action), (until, _) in followed if action == JOINED)
    last_at, last_action = in_order[-1]
    first_to_last = (max(last_at, room_end) if last_action == JOINED else last_at) - in_order[0][0]
    pairs = union_seconds(
        (at, until) for (at, action), (until, then) in pairwise(in_order) if (action, then) == (JOINED, LEFT)
    )
    return next_event, first_to_last, pairs


class CaseWriter:
    """Writes the report, the schedule and the truth of a case."""

    def __init__(self, case: Case) -> None:
        """Draw from a seed of the case's own."""
        self._case = case
        self._rng = Random(case.site_id)
        self.activities: list[Activity] = []
        self.schedule: list[tuple[str, ...]] = []
        self.truth: list[tuple[str, str, str, int, int, int, int, int]] = []
        for number, rooms in enumerate(case.pages, start=1):
            for occurrence, room in enumerate(rooms, start=1):
                self._play(number, occurrence, room)
        self.activities.sort(key=lambda activity: activity.at)

    def _play(self, number: int, occurrence: int, room: Room) -> None:
        """Add a session of a page."""
        content = None if room.is_meeting else Content(number, f"Session {number}")
        if room.schedule:
            times = (timestamp(FIRST_START + at) for at in room.schedule)
            self.schedule.append((self._case.site_id, str(number), "session", *times, "UTC"))
        written = [self._written(visit) for visit in room.visits]
        room_end = max((at for records in written for at, action in records if action == LEFT), default=0)
        names = [f"{number}-{place}" for place in range(len(room.visits))]
        for place, (visit, records) in enumerate(zip(room.visits, written, strict=True)):
            # The company makes the bytes of a report its own: the same bytes are never landed twice.
            who = (names[place], "Ada", names[place], self._case.site_id, f"{names[place]}@example.org")
            person = Person(who)
            label = f"Meeting with Ada {names[1 - place]}" if room.is_meeting else f"Session {number}"
            self._add(person, content, label, visit, records)
            if visit.stays:
                truth = true_seconds(room, visit, self._case.is_truth_cut)
                place_id = str(number) if content else ""
                simple = simple_alternatives(records, room_end)
                self.truth.append((self._case.site_id, names[place], place_id, occurrence, truth, *simple))

    def _written(self, visit: Visit) -> list[Record]:
        """Lose Lefts."""
        return [record for record in visit.records if record[1] == JOINED or self._rng.random() >= self._case.lost_left]

    def _add(self, person: Person, content: Content | None, label: str, visit: Visit, records: list[Record]) -> None:
        """Add the records of a visit."""
        for at, action in records:
            self.activities.append(Activity(FIRST_START + at, person, "Session", action, label, content))
        for at in visit.chats:
            self.activities.append(Activity(FIRST_START + at, person, "Chat", "Message", f"Hello at {at}", content))
        for at in visit.joined_elsewhere:
            self.activities.append(Activity(FIRST_START + at, person, "Session", JOINED, ELSEWHERE.name, ELSEWHERE))


def land_whole(connection: duckdb.DuckDBPyConnection, paths: list[Path], site_id: str) -> None:
    """Land the reports of a site, and delete their files.

    Raises:
        RuntimeError: a report was not landed as a whole.
    """
    for landing in land_reports(connection, paths, Declaration(site_id, allows_twins=True)):
        if not landing.is_clean or landing.already_landed_as:
            raise RuntimeError(f"not landed: {landing}")
        landing.path.unlink()


def land_cases(connection: duckdb.DuckDBPyConnection, cases: Iterable[Case], folder: Path) -> Iterator[tuple[str, ...]]:
    """Write and land the reports of every case, and keep the truth in tables; yields the rows of their schedule."""
    connection.execute(
        "create table room_cases (site_id varchar, kind varchar, name varchar, lost_left double, settings varchar)"
    )
    connection.execute(
        "create table room_truth (site_id varchar, user_id varchar, content_id varchar, occurrence bigint,"
        " true_seconds bigint, next_event_seconds bigint, first_to_last_seconds bigint, direct_pairs_seconds bigint)"
    )
    for case in cases:
        writer = CaseWriter(case)
        until = max(activity.at for activity in writer.activities) + 1
        path = Download(0, f"{case.site_id}.csv", until).write(folder, writer.activities)
        land_whole(connection, [path], case.site_id)
        about = (case.site_id, case.kind, case.name, case.lost_left, settings_text(case.settings))
        insert_rows(connection, "room_cases", [about])
        insert_rows(connection, "room_truth", writer.truth)
        yield from writer.schedule


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, column by column: a parameter for each value takes eight times as long."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def settings_text(settings: Mapping[str, object]) -> str:
    """Write settings as dbt takes them."""
    return yaml.safe_dump(dict(settings), default_flow_style=True, width=1000).strip()


def compare_rooms(connection: duckdb.DuckDBPyConnection, minimum_seconds: int, settings: str) -> list[RoomResult]:
    """Hold the attendance against the truth of the cases that call for these settings."""
    connection.execute(ERRORS)
    connection.execute("delete from room_errors where settings <> $settings", {"settings": settings})
    rows = connection.execute(SUMMARY, {"minimum_seconds": minimum_seconds}).fetchall()
    return [RoomResult(*row) for row in rows]


def in_page_order(results: Iterable[RoomResult]) -> list[RoomResult]:
    """Sort results as the page lists them."""
    order = {behaviour.name: number for number, behaviour in enumerate(BEHAVIOURS)}
    return sorted(results, key=lambda r: (r.kind, order.get(r.name, 0), r.name, r.lost_left))


def cells_of_room(result: RoomResult) -> tuple[str, ...]:
    """Write a result as a line of the table."""
    shares = (result.next_event, result.first_to_last, result.direct_pairs)
    return (
        *(result.name, f"{result.lost_left * 100:g}", f"{result.people:,}"),
        *(f"{result.error * 100:.1f}", f"{result.bias * 100:+.1f}"),
        *(f"{result.bracketed * 100:.1f}", f"{result.wrong * 100:.1f}"),
        *(f"{share * 100:.1f}" for share in shares),
    )


def mean_of(results: Sequence[RoomResult], name: str, lost_left: float) -> RoomResult:
    """Return the mean over results; each counts alike."""
    count = len(results)

    def mean(column: str) -> float:
        return sum(float(getattr(result, column)) for result in results) / count

    return RoomResult(
        *(results[0].kind, name, lost_left, sum(result.people for result in results)),
        *(mean(column) for column in ("error", "bias", "bracketed", "wrong")),
        *(mean(column) for column in ("next_event", "first_to_last", "direct_pairs")),
    )


def with_means(results: Sequence[RoomResult], kind: str) -> Iterator[RoomResult]:
    """Yield the results of a kind, and at the end their mean at each loss; the synthetic source is left out of it."""
    chosen = [result for result in results if result.kind == kind]
    yield from chosen
    name = "**mean over the behaviours**" if kind == "behaviour" else "**mean over the sources but the synthetic one**"
    for lost_left in sorted({result.lost_left for result in chosen}):
        yield mean_of([r for r in chosen if r.lost_left == lost_left and r.name != SYNTHETIC], name, lost_left)


def empty_table(title: str, columns: Sequence[str]) -> Table:
    """Make a table for the terminal, whose first column is a text and all others numbers."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def markdown_table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write such a table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, ("---", *["--:"] * (len(columns) - 1)), *lines))


def rooms_table(results: Sequence[RoomResult], kind: str) -> Table:
    """Make the table of a kind for the terminal."""
    table = empty_table(TITLES[kind], COLUMNS)
    for result in with_means(results, kind):
        table.add_row(*(cell.strip("*") for cell in cells_of_room(result)))
    return table


def rooms_markdown(results: Sequence[RoomResult], kind: str) -> str:
    """Write the table of a kind in Markdown."""
    return markdown_table(COLUMNS, map(cells_of_room, with_means(results, kind)))


def room_aims(results: Sequence[RoomResult]) -> str:
    """Write a table of what is aimed at in rooms and real logs, and what was measured."""
    means = {(r.kind, r.lost_left): r for kind in TITLES for r in with_means(results, kind) if r.name.startswith("**")}
    behaviours = [r for r in results if r.kind == "behaviour"]
    lines = ["| | aim at 0 % / 20 % | at 0 % | at 20 % |", "|---|---|--:|--:|"]

    def row(what: str, aim: str, values: Iterable[float]) -> None:
        lines.append(f"| {what} | {aim} | {' | '.join(f'{value * 100:.2f}' for value in values)} |")

    lossy = [[r for r in behaviours if r.lost_left == lost_left] for lost_left in (0.0, AIMED_AT)]
    mean, real = ([means[kind, lost_left] for lost_left in (0.0, AIMED_AT)] for kind in TITLES)
    row("error of `likely`, mean over the behaviours", "≤ 2.5 / ≤ 6", (r.error for r in mean))
    row("error of `likely`, worst behaviour", "– / ≤ 15", (max(r.error for r in group) for group in lossy))
    row("bias of `likely`, mean over the behaviours", "within ±3", (r.bias for r in mean))
    row("error of `likely`, mean over the five real sources", "≤ 0.5 / ≤ 4.3", (r.error for r in real))
    row("people in the bracket (within 60 s), mean over the behaviours", "≥ 96", (r.bracketed for r in mean))
    row("people in the bracket, worst behaviour", "≥ 85", (min(r.bracketed for r in group) for group in lossy))
    row("wrong decisions at 300 s, mean over the behaviours", "≤ 1 / ≤ 2", (r.wrong for r in mean))
    return "\n".join(lines)
