"""Properties of the attendance models, tried on the SQL itself with logs that hypothesis makes up.

An example holds several worlds, each on a site of its own: building the models costs the same for one and for many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise, product
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance_rooms import LeftRoom, TableRoom, read_left_rooms, read_people, read_rooms
from compiled_models import Chain, Marts, Record, Report, Row, Schedule, chain_of
from conftest import Once
from naming.effects import Known, Session, why_session_unmatched

# Half an hour before midnight, on the eve of a daylight-saving change.
START = datetime(2026, 3, 28, 23, 30)
BUFFER = timedelta(minutes=15)
CAP = timedelta(minutes=240)
REMAINDER_TENTHS = 9
STRAGGLER = timedelta(hours=4)
# Most of a run is planning: one with 32 worlds takes half as long again as one with 8.
WORLDS = 32
MEASURES = ("proven", "likely", "possible")

properties = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Room:
    """Where something happens: a session or a breakout, and the page that its records name."""

    label: str
    content_id: str
    content_name: str


ONE = Room("Session 1", "1", "Session 1")
TWO = Room("Session 2", "2", "Session 2")
MEETING = Room("Meeting", "", "")
# Another page that carries the name of the first.
TWIN = Room("Session 1", "3", "Session 1")
BREAKOUT = Room("Breakout from Session 1 #81", "1", "Session 1")
OTHER_BREAKOUT = Room("Breakout from Session 1 #82", "1", "Session 1")
PAGELESS_BREAKOUT = Room("Breakout from Session 1 #83", "", "")
MEETING_BREAKOUT = Room("Breakout from Meeting #84", "", "")
ROOMS = (ONE, TWO, BREAKOUT, MEETING, OTHER_BREAKOUT, PAGELESS_BREAKOUT, MEETING_BREAKOUT)
# The last one is no user: the records of anonymous visitors.
USERS = ("ada", "bob", "cy", "")
KINDS = ("Joined", "Left", "Joined", "Left", "Chat", "Attend")


@dataclass(frozen=True)
class World:
    """What happened on a site, and its schedule."""

    records: tuple[Record, ...]
    schedule: tuple[Schedule, ...] = ()

    def with_records(self, records: Iterable[Record]) -> World:
        """The same site with other records."""
        return replace(self, records=tuple(records))


Worlds = tuple[World, ...]
Drawn = TypeVar("Drawn")


def record(user: str, kind: str, at: timedelta, room: Room = ONE) -> Record:
    """A record of a kind, some time after the start."""
    category, action, label = ("Chat", "Message", f"Hello at {at}") if kind == "Chat" else ("Session", kind, room.label)
    return Record(user, category, action, label, START + at, room.content_id, room.content_name)


# The notation of attendance_rules.md: J10 is a Joined at minute 10.
NAMES = {"J": "Joined", "L": "Left", "C": "Chat", "A": "Attend"}


def minutes(user: str, *tokens: str, room: Room = ONE) -> list[Record]:
    """Records of a user in the notation of attendance_rules.md."""
    return [record(user, NAMES[token[0]], timedelta(minutes=int(token[1:])), room) for token in tokens]


def done(user: str, tokens: Iterable[tuple[str, int]]) -> list[Record]:
    """Records of a user whose times are seconds from the start."""
    return [record(user, NAMES[kind], timedelta(seconds=at)) for kind, at in tokens]


def planned(starts: timedelta, ends: timedelta, room: Room = ONE) -> Schedule:
    """A row of the schedule."""
    return Schedule(room.content_id, START + starts, START + ends)


# The planner joins nothing. Where a page is known for a session's, breakouts find it whoever is left out of the log.
ANCHORS = tuple(record("planner", "Attend", timedelta(days=-1), room) for room in (ONE, TWO))


@st.composite
def worlds(draw: st.DrawFn, *, users: Sequence[str] = USERS, rooms: Sequence[Room] = (*ROOMS, TWIN)) -> World:
    """A world without a schedule. Few moments, so that many records share a second."""
    unit = draw(units)
    events = draw(
        st.lists(
            st.tuples(st.sampled_from(users), st.sampled_from(KINDS), st.integers(-1, 9), st.sampled_from(rooms)),
            max_size=14,
        )
    )
    return World(tuple(record(user, kind, at * unit, room) for user, kind, at, room in events))


@st.composite
def scheduled_worlds(draw: st.DrawFn, *, users: Sequence[str] = USERS, rooms: Sequence[Room] = ROOMS) -> World:
    """A world with a schedule for every page's session, and known by its name whoever is left out of the log."""
    world = draw(worlds(users=users, rooms=rooms))
    unit = draw(units)
    starts = draw(st.integers(-2, 4)) * unit
    length = draw(st.integers(1, 9)) * unit
    schedule = tuple(planned(starts, starts + length, room) for room in (ONE, TWO))
    return World((*world.records, *ANCHORS), schedule)


@st.composite
def crowded_worlds(draw: st.DrawFn) -> World:
    """A world where the stays of one person overlap in the breakouts of one session."""
    stays = draw(
        st.lists(
            st.tuples(st.sampled_from([ONE, BREAKOUT, OTHER_BREAKOUT]), st.integers(0, 9), st.integers(1, 9)),
            min_size=2,
            max_size=5,
        )
    )
    records = [
        record("ada", kind, timedelta(minutes=at), room)
        for room, start, length in stays
        for kind, at in (("Joined", start), ("Left", start + length))
    ]
    return World((*records, *ANCHORS), (planned(timedelta(0), timedelta(minutes=10)),))


@st.composite
def led_worlds(draw: st.DrawFn) -> World:
    """A world where those who leave decide when open stays end, which may have begun long before the session."""
    events = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("Joined", "Joined", "Joined", "Left", "Chat")),
                st.sampled_from((-38, -30, -20, -10, -4, 0, 3, 6)),
                st.sampled_from((ONE, TWO)),
            ),
            max_size=4,
        )
    )
    ada = [record("ada", kind, at * timedelta(minutes=10), room) for kind, at, room in events]
    # Nobody's silence parts the session, and they are too few for a clock of whole minutes.
    old = [record("old", "Joined", timedelta(minutes=at), ONE) for at in (-380, -190)]
    return World((*ada, *old, *leaving(*range(40, 61, 5)), *ANCHORS), draw(st.sampled_from([(), (HOUR,)])))


units = st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)])
any_worlds = st.one_of(worlds(), scheduled_worlds(), crowded_worlds(), led_worlds())


def is_one_session(world: World) -> bool:
    """Whether no silence parts the page's session into several."""
    times = [record.occurred_at for record in world.records if record.user_id == "ada"]
    return not times or max(times) - min(times) <= timedelta(hours=4)


one_room_worlds = scheduled_worlds(users=["ada"], rooms=[ONE]).filter(is_one_session)


def several(world: st.SearchStrategy[Drawn]) -> st.SearchStrategy[tuple[Drawn, ...]]:
    """As many worlds as an example holds. Not all alike, as they are in the first example that hypothesis thinks of."""
    return st.tuples(*[world] * WORLDS).filter(lambda drawn: any(one != drawn[0] for one in drawn))


@pytest.fixture(scope="session")
def chain(once: Once, run_folder: Path) -> Chain:
    """The compiled models, once for all tests, with the meanings of what the records of any world say."""
    chain = chain_of(once, run_folder)
    said = [record("ada", kind, timedelta(0), room) for kind, room in product(dict.fromkeys(KINDS), (*ROOMS, TWIN))]
    chain.meanings(Report(site(number), said, site_id=site(number)) for number in range(WORLDS))
    return chain


# The page and the start of each session, by site and key. A page may be of two sites.
SESSIONS: dict[str, dict[str, tuple[str | None, date | None]]] = {
    "s": {
        "s:1": ("1", date(2026, 5, 12)),
        "s:2": ("2", date(2026, 5, 12)),
        "s:2:2": ("2", date(2026, 5, 19)),
        "s:3": ("3", date(2026, 5, 12)),
        "s:3:2": ("3", date(2026, 5, 12)),
        "s:4": ("4", None),
        "s:5": ("5", None),
        "s:5:2": ("5", date(2026, 5, 12)),
        "s:name:x:1": (None, date(2026, 5, 12)),
        "s:name:x:2": (None, date(2026, 5, 19)),
        "s:name:y:1": (None, None),
    },
    "t": {"t:1": ("1", date(2026, 5, 19)), "t:2": ("2", date(2026, 5, 12))},
}


def test_a_correction_that_is_not_applied_is_one_that_the_build_names(chain: Chain) -> None:
    """What ``make build`` says of a row and what the model does with it are one rule, written twice."""
    keys = [key for sessions in SESSIONS.values() for key in sessions]
    days = (None, date(2026, 5, 12), date(2026, 5, 19), date(2026, 5, 26))
    rows = list(product(SESSIONS, [*keys, "s:9"], days))
    known = Known(
        *({}, {}, {}, [], frozenset(SESSIONS)),
        sessions={
            site: {key: Session(page, str(day) if day else None, 90) for key, (page, day) in sessions.items()}
            for site, sessions in SESSIONS.items()
        },
    )
    connection = chain.connection
    connection.execute("begin")
    for number, (site_id, key, day) in enumerate(rows):
        connection.execute(
            "insert into staging.attendance_corrections by name"
            " select ? as site_id, ? as user_id, ? as session_key, ? as session_date, true as attended",
            [site_id, f"u{number}", key, day],
        )
    connection.execute(
        "create or replace table staging.base_juno__user_names as"
        " select distinct site_id, user_id from staging.attendance_corrections"
    )
    connection.execute(
        "create or replace table intermediate.int_sessions"
        " (site_id text, session_key text, content_id text, started_at timestamp, ended_at timestamp)"
    )
    for site_id, sessions in SESSIONS.items():
        for key, (page, day) in sessions.items():
            start = datetime.combine(day, time(12)) if day else None
            connection.execute(
                "insert into intermediate.int_sessions values (?, ?, ?, ?, null)", [site_id, key, page, start]
            )
    applied = dict(
        connection.execute(
            f"select user_id, is_applied from ({chain.sql['intermediate.int_attendance_corrections']})"
            " where starts_with(user_id, 'u')"
        ).fetchall()
    )
    connection.execute("rollback")

    assert {row: applied[f"u{number}"] for number, row in enumerate(rows)} == {
        (site_id, key, day): why_session_unmatched(key, str(day) if day else "", [site_id], known) is None
        for site_id, key, day in rows
    }
    assert set(applied.values()) == {True, False}


def site(number: int) -> str:
    """The site of a world."""
    return f"site{number}"


def run(chain: Chain, example: Worlds) -> Marts:
    """Build the models on worlds of one report each."""
    return run_reports(chain, example, [[Report("report", world.records)] for world in example])


def run_reports(chain: Chain, example: Worlds, reports: Sequence[Sequence[Report]]) -> Marts:
    """Build the models on worlds with these reports."""
    return chain.run(
        [
            replace(report, site_id=site(number), report_id=f"{site(number)}-{report.report_id}")
            for number, world_reports in enumerate(reports)
            for report in world_reports
        ],
        [replace(row, site_id=site(number)) for number, world in enumerate(example) for row in world.schedule],
    )


def by_session(rows: Iterable[Row]) -> dict[str, Row]:
    """Sessions by their key."""
    return {row["session_key"]: row for row in rows}


def stays_of(marts: Marts, row: Row) -> list[Row]:
    """The stays of the person and session of a row."""
    return [
        stay
        for stay in marts.intervals
        if (stay["user_key"], stay["session_key"]) == (row["user_key"], row["session_key"])
    ]


def union_seconds(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """How many seconds are in at least one of the spans, by counting them one by one."""
    covered: set[int] = set()
    for start, end in spans:
        covered.update(range(int((start - START).total_seconds()), int((end - START).total_seconds())))
    return len(covered)


def whole_seconds(duration: timedelta) -> int:
    """Seconds of a duration, none of a negative one."""
    return max(0, int(duration.total_seconds()))


@properties
@given(example=several(any_worlds))
def test_what_holds_of_any_log(chain: Chain, example: Worlds) -> None:
    """Each property on the same examples, for building the models takes longer than looking at them."""
    marts = run(chain, example)
    proven_likely_possible_and_window_never_cross(marts)
    ratios_are_shares_of_the_session(marts)
    concurrency_adds_up_to_the_presence(marts)
    seconds_are_the_union_of_the_stays(marts)


def proven_likely_possible_and_window_never_cross(marts: Marts) -> None:
    sessions = by_session(marts.sessions)
    for row in marts.attendance:
        assert 0 <= row["proven_seconds"] <= row["likely_seconds"] <= row["possible_seconds"] <= row["window_seconds"]
        window = sessions[row["session_key"]]
        assert row["window_seconds"] == whole_seconds(window["window_closed_at"] - window["window_opened_at"])
    for stay in marts.intervals:
        window = sessions[stay["session_key"]]
        ends = [stay["started_at"], *(stay[f"{measure}_ended_at"] for measure in MEASURES)]
        assert ends == sorted(ends)
        assert window["window_opened_at"] <= ends[0]
        assert ends[-1] <= window["window_closed_at"]
        for measure, end in zip(MEASURES, ends[1:], strict=True):
            seconds, added = stay[f"{measure}_seconds"], stay[f"{measure}_added_seconds"]
            assert seconds == (end - ends[0]).total_seconds()
            assert 0 <= added <= seconds


def ratios_are_shares_of_the_session(marts: Marts) -> None:
    for row in marts.attendance:
        for measure in MEASURES:
            seconds, ratio = row[f"{measure}_seconds"], row[f"{measure}_ratio"]
            assert ratio == (min(1, seconds / row["session_seconds"]) if row["session_seconds"] else None)


def concurrency_adds_up_to_the_presence(marts: Marts) -> None:
    presence, likely, people, peaks = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for row in marts.attendance:
        likely[row["session_key"]] += row["likely_seconds"]
        people[row["session_key"]] += row["likely_seconds"] > 0
    for row in marts.concurrency:
        presence[row["session_key"]] += row["presence_seconds"]
        peaks[row["session_key"]] = max(peaks[row["session_key"]], row["peak_people_count"])
        assert 0 <= row["presence_seconds"] <= 60 * row["peak_people_count"]
    for session in marts.sessions:
        key = session["session_key"]
        assert presence[key] == likely[key] == session["likely_seconds"]
        assert peaks[key] == session["peak_people_count"] <= people[key] <= session["unique_people_count"]
        assert (peaks[key] > 0) == (likely[key] > 0)
    assert presence.keys() <= by_session(marts.sessions).keys()


def seconds_are_the_union_of_the_stays(marts: Marts) -> None:
    sessions = by_session(marts.sessions)
    stay_count = 0
    for row in marts.attendance:
        stays, window = stays_of(marts, row), sessions[row["session_key"]]
        stay_count += len(stays)
        for measure in MEASURES:
            spans = [(stay["started_at"], stay[f"{measure}_ended_at"]) for stay in stays]
            assert row[f"{measure}_seconds"] == union_seconds(spans)
        breakouts = [(stay["started_at"], stay["likely_ended_at"]) for stay in stays if stay["is_breakout"]]
        assert row["breakout_seconds"] == union_seconds(breakouts)
        if all(stay["opened_by"] != "nothing" for stay in stays):
            assert row["possible_seconds"] <= wall_seconds(row["first_joined_at"], window)
    assert stay_count == len(marts.intervals)


def wall_seconds(first_joined_at: datetime | None, window: Row) -> int:
    """The time on the clock from the first Joined to the end of the window."""
    if first_joined_at is None:
        return 0
    return whole_seconds(window["window_closed_at"] - max(first_joined_at, window["window_opened_at"]))


@st.composite
def downloads(draw: st.DrawFn, records: Sequence[Record]) -> list[Report]:
    """The same records as other downloads: cut between seconds, repeated in part, shuffled, in any order."""
    cuts = draw(st.sets(st.sampled_from(sorted({record.occurred_at for record in records})), max_size=3))
    parts = [
        [record for record in records if sum(cut <= record.occurred_at for cut in cuts) == number]
        for number in range(len(cuts) + 1)
    ]
    parts += draw(st.lists(st.sampled_from(parts), max_size=1))
    parts += draw(st.lists(st.lists(st.sampled_from(range(len(records))), unique=True).map(pick(records)), max_size=2))
    parts = draw(st.permutations(parts))
    return [
        Report(
            f"report{number}",
            draw(st.permutations(part)),
            datetime(2026, 6, 1) + timedelta(days=draw(st.integers(0, 3))),
        )
        for number, part in enumerate(parts)
    ]


def pick(records: Sequence[Record]) -> Callable[[list[int]], list[Record]]:
    """A function that takes the records of these numbers."""
    return lambda numbers: [records[number] for number in numbers]


def without_files(rows: Iterable[Row]) -> list[Row]:
    """Rows without the columns that name the file of a record."""
    return [
        {name: value for name, value in row.items() if not name.endswith(("_report_id", "_record_number"))}
        for row in rows
    ]


@properties
@given(data=st.data(), example=several(any_worlds.filter(lambda world: len(world.records) > 0)))
def test_how_the_records_were_downloaded_changes_nothing(chain: Chain, data: st.DataObject, example: Worlds) -> None:
    reports = [data.draw(downloads(world.records)) for world in example]
    expected = run(chain, example)
    marts = run_reports(chain, example, reports)
    assert marts.attendance == expected.attendance
    assert without_files(marts.intervals) == without_files(expected.intervals)
    assert marts.concurrency == expected.concurrency
    assert marts.sessions == expected.sessions


@st.composite
def another_left(draw: st.DrawFn) -> tuple[World, Record]:
    """A scheduled world, and a Left that it lacks: mostly near to what the same person did."""
    world = draw(st.one_of(scheduled_worlds(), crowded_worlds()))
    known = [record for record in world.records if record.category == "Session" and record.user_id in USERS[:-1]] or [
        record("ada", "Left", timedelta(0))
    ]
    near, room = draw(st.sampled_from(known)), draw(st.sampled_from(ROOMS))
    label, content_id, content_name = draw(
        st.sampled_from(
            [(room.label, room.content_id, room.content_name), (near.label, near.content_id, near.content_name)]
        )
    )
    return world, Record(near.user_id, "Session", "Left", label, near.occurred_at, content_id, content_name)


@properties
@given(examples=several(another_left()))
def test_another_left_raises_possible_only_where_no_joined_explains_it(
    chain: Chain, examples: tuple[tuple[World, Record], ...]
) -> None:
    before = run(chain, tuple(world for world, _ in examples))
    after = run(chain, tuple(world.with_records([*world.records, left]) for world, left in examples))
    old_windows, windows = by_session(before.sessions), by_session(after.sessions)
    possible = {(row["user_key"], row["session_key"]): row["possible_seconds"] for row in before.attendance}
    for row in after.attendance:
        key = row["session_key"]
        if unexplained_count(after, row) > unexplained_count(before, row):
            continue
        # Only a page has a schedule; off it a Left may also fill the silence that parts two meetings of one name.
        if row["content_id"] and key in old_windows and same_window(old_windows[key], windows[key]):
            assert row["possible_seconds"] <= possible.get((row["user_key"], key), 0)


def unexplained_count(marts: Marts, row: Row) -> int:
    """How many Lefts of the person and session of a row no Joined explains."""
    return sum(stay["opened_by"] == "nothing" for stay in stays_of(marts, row))


def same_window(one: Row, other: Row) -> bool:
    """Whether two sessions have the same window."""
    return all(one[name] == other[name] for name in ("window_opened_at", "window_closed_at"))


@properties
@given(examples=several(st.tuples(scheduled_worlds(), st.sampled_from(USERS[:-1]))))
def test_a_scheduled_attendance_depends_on_others_only_by_when_they_came_and_left(
    chain: Chain, examples: tuple[tuple[World, str], ...]
) -> None:
    example = tuple(world for world, _ in examples)
    alone = tuple(
        world.with_records(record for record in world.records if record.user_id in (user, "planner"))
        for world, user in examples
    )
    users = {f"{site(number)}:{user}" for number, (_, user) in enumerate(examples)}
    together, apart = run(chain, example), run(chain, alone)
    told_by_others = {stay["session_key"] for stay in together.intervals if stay["closed_by"] == "others_left"}
    # The records of others may correct a schedule, or part the sessions of a page that the schedule has as one. The
    # other sessions of that page then have fewer records.
    otherwise = {
        (row["site_id"], row["content_id"])
        for row in [*together.sessions, *apart.sessions]
        if row["window_source"] != "schedule"
    }
    for table, other in (
        (together.attendance, apart.attendance),
        (without_files(together.intervals), without_files(apart.intervals)),
    ):
        rows, alone_rows = (rows_as_scheduled(each, users, otherwise) for each in (table, other))
        assert [bounds(row) for row in rows] == [bounds(row) for row in alone_rows]
        assert [row for row in rows if row["session_key"] not in told_by_others] == [
            row for row in alone_rows if row["session_key"] not in told_by_others
        ]


def bounds(row: Row) -> Row:
    """What depends on the user's own records: the proven and the possible seconds of a row."""
    return {
        name: value for name, value in row.items() if name.startswith(("proven_sec", "possible_sec", "session_key"))
    }


def rows_as_scheduled(rows: Iterable[Row], users: set[str], otherwise: set[tuple[str, str]]) -> list[Row]:
    """The rows of users in the sessions of pages, without pages where a session is otherwise than its schedule."""
    mine = [
        row
        for row in rows
        if row["user_key"] in users
        and row["content_id"] is not None
        and (row["site_id"], row["content_id"]) not in otherwise
    ]
    return sorted(mine, key=lambda row: (row["session_key"], row.get("presence_interval_key", 0)))


Token = tuple[datetime, str]
Span = tuple[datetime, datetime]


def in_order(records: Iterable[Record]) -> list[Token]:
    """Joined and Left of one person in one room, each second as it must have been.

    A person in the room left first and came back; a person outside came and left.
    """
    events = sorted((record.occurred_at, record.action) for record in records if record.action in ("Joined", "Left"))
    tokens: list[Token] = []
    for at, moment in groupby(events, key=lambda event: event[0]):
        left_over = Counter(action for _, action in moment)
        while left_over.total():
            is_in = bool(tokens) and tokens[-1][1] == "Joined"
            turn = "Left" if (is_in and left_over["Left"]) or not left_over["Joined"] else "Joined"
            left_over[turn] -= 1
            tokens.append((at, turn))
    return tokens


def oracle_possible(world: World, window: Span) -> list[Span]:
    """While more came than left. A Left without a Joined allows the time since the second before it in the log."""
    people, spans = 0, []
    tokens = in_order(world.records)
    for (at, action), (until, _) in pairwise([*tokens, (datetime.max, "")]):
        if action == "Left" and not people:
            spans.append((max((before for before, _ in tokens if before < at), default=window[0]), at))
        people = people + 1 if action == "Joined" else max(0, people - 1)
        if people:
            spans.append((at, until))
    return spans


def emptied_at(tokens: Sequence[Token], joined_at: datetime) -> datetime | None:
    """When, after the last Joined of a second, as many had left as came for the first time."""
    last = max(number for number, token in enumerate(tokens) if token == (joined_at, "Joined"))
    people = 0
    for number, (at, action) in enumerate(tokens):
        people = people + 1 if action == "Joined" else max(0, people - 1)
        if number >= last and not people:
            return at
    return None


@dataclass(frozen=True)
class Stay:
    """A Joined, when it closes, by what, until when it is proven, and when the person was last seen before."""

    joined_at: datetime
    closed_at: datetime
    closed_by: str
    left_at: datetime | None
    seen_at: datetime


def oracle_stays(world: World, window: Span) -> list[Stay]:
    """Each Joined until all left; else to the Left that comes next, the next Joined, the session's end or the cap."""
    tokens = in_order(world.records)
    chats = [record.occurred_at for record in world.records if record.category == "Chat"]
    stays = []
    for (at, action), (until, closing) in pairwise([*tokens, (datetime.max, "")]):
        if action != "Joined":
            continue
        next_join = min((join for join, action in tokens if action == "Joined" and join > at), default=datetime.max)
        emptied = emptied_at(tokens, at)
        ends = {"Joined": until, "session_end": max(at, window[1] - BUFFER), "cap": at + CAP}
        closed_by = "Left" if closing == "Left" or emptied else min(ends, key=lambda end: ends[end])
        left_at = emptied if emptied and next_join >= emptied else until if closing == "Left" else None
        closed_at = clipped(emptied or (until if closing == "Left" else ends[closed_by]), window)
        seen_until = window[1] if closed_by == "session_end" and not emptied else closed_at
        seen = [chat for chat in chats if at <= chat <= seen_until and chat < next_join]
        stays.append(Stay(clipped(at, window), closed_at, closed_by, left_at, clipped(max(seen, default=at), window)))
    return stays


def oracle_proven(stay: Stay, window: Span) -> Span:
    """To the Left, or to when the person was last seen: whichever is later."""
    return stay.joined_at, max(clipped(stay.left_at, window), stay.seen_at) if stay.left_at else stay.seen_at


def oracle_likely(stay: Stay) -> Span:
    """To whatever closes it; of the time from when the person was last seen to the session's end, nine tenths."""
    if stay.closed_by != "session_end":
        return stay.joined_at, max(stay.closed_at, stay.seen_at)
    remainder = whole_seconds(stay.closed_at - stay.seen_at)
    return stay.joined_at, stay.seen_at + timedelta(seconds=(remainder * REMAINDER_TENTHS + 5) // 10)


def clipped(at: datetime, window: Span) -> datetime:
    """The moment of the window that is nearest."""
    return min(max(at, window[0]), window[1])


@properties
@given(example=several(one_room_worlds))
def test_one_room_as_plain_python_counts_it(chain: Chain, example: Worlds) -> None:
    marts = run(chain, example)
    counted = {row["site_id"]: tuple(row[f"{measure}_seconds"] for measure in MEASURES) for row in marts.attendance}
    corrected = {row["site_id"] for row in marts.sessions if row["window_source"] == "schedule_corrected"}
    for number, world in enumerate(example):
        # The log is right about a person who was there only outside of the scheduled hours.
        if site(number) in corrected:
            continue
        window = (world.schedule[0].starts_at - BUFFER, world.schedule[0].ends_at + BUFFER)
        ada = world.with_records(
            record for record in world.records if record.user_id == "ada" and is_believed(record, window)
        )
        stays = oracle_stays(ada, window)
        spans = (
            [oracle_proven(stay, window) for stay in stays],
            [oracle_likely(stay) for stay in stays],
            [(clipped(start, window), clipped(end, window)) for start, end in oracle_possible(ada, window)],
        )
        assert counted.get(site(number), (0, 0, 0)) == tuple(map(union_seconds, spans))


def is_believed(record: Record, window: Span) -> bool:
    """Whether a record is no Left of a browser that was left open long after the end."""
    return record.action != "Left" or record.occurred_at <= window[1] - BUFFER + STRAGGLER


# Cases that are as small as they can be. Each is a site, and all are built together: first of what they begin with,
# then of what comes later.


@dataclass(frozen=True)
class Case:
    """A site, its schedule, and its reports in the first build and in the second."""

    site_id: str
    schedule: Sequence[Schedule]
    first: Sequence[Report]
    second: Sequence[Report]


CASES: list[Case] = []
HOUR = planned(timedelta(0), timedelta(hours=1))


def case(records: Sequence[Record], *, later: Sequence[Sequence[Record]] = (), plan: Schedule | None = None) -> Case:
    """A case of one report and, in the second build, of later ones instead."""
    first, second = (
        [Report(f"report{number}", report) for number, report in enumerate(reports)]
        for reports in ([records], later or [records])
    )
    CASES.append(Case(site(len(CASES)), [plan] if plan else [], first, second))
    return CASES[-1]


@dataclass(frozen=True)
class Built:
    """The marts of all cases after the first build, after the second, and after that again."""

    builds: tuple[Marts, Marts, Marts]

    def of(self, one: Case, build: int = 0) -> Marts:
        """The marts of a case."""
        marts = self.builds[build]
        keys = {row["session_key"] for row in marts.sessions if row["site_id"] == one.site_id}
        tables = (marts.sessions, marts.attendance, marts.intervals, marts.concurrency)
        return Marts(*([row for row in table if row["session_key"] in keys] for table in tables))

    def attendance(self, one: Case, build: int = 0) -> dict[str, Row]:
        """The attendance of the one session of a case by user."""
        rows = self.of(one, build).attendance
        assert len({row["session_key"] for row in rows}) <= 1
        return {row["user_id"]: row for row in rows}


@pytest.fixture(scope="module")
def built(chain: Chain) -> Built:
    """All cases."""
    worlds = tuple(World((), tuple(one.schedule)) for one in CASES)
    first = run_reports(chain, worlds, [one.first for one in CASES])
    second = run_reports(chain, worlds, [one.second for one in CASES])
    return Built((first, second, chain.build()))


PARENT, IN_BREAKOUT = minutes("ada", "J0"), minutes("ada", "J0", room=BREAKOUT)
TWO_ROOMS = case([*PARENT, *IN_BREAKOUT], later=[[*IN_BREAKOUT, *PARENT]])


def test_order_within_a_second_does_not_swap_the_records_of_two_rooms(built: Built) -> None:
    one, other = (built.of(TWO_ROOMS, build).intervals for build in (0, 1))
    assert without_files(one) == without_files(other) != []


LESS = [*minutes("ada", "J0", "L60"), *IN_BREAKOUT]
NEWER = case(LESS, later=[LESS, [LESS[-1], *minutes("zed", "C90")]])


def test_a_newer_download_that_tells_less_of_a_second_hides_no_room(built: Built) -> None:
    assert built.of(NEWER, 1).attendance == built.of(NEWER).attendance != []


# The pitfalls that were found in well-known public projects.


TURNS = case(minutes("ada", "J0", "J1", "L2", "J2", "L2"), plan=planned(timedelta(0), timedelta(seconds=1)))


def test_several_records_of_one_second_take_turns(built: Built) -> None:
    """Left, Joined, Left: one of two devices stays, so that nothing balances."""
    ada = built.attendance(TURNS)["ada"]
    assert [ada[f"{measure}_seconds"] for measure in MEASURES] == [60, 61, 901]


WITHOUT_END = case(minutes("ada", "J0"), plan=HOUR)


def test_pitfall_a_stay_without_an_end_is_counted_as_nothing(built: Built) -> None:
    ada = built.attendance(WITHOUT_END)["ada"]
    assert [ada[f"{measure}_seconds"] for measure in MEASURES] == [0, 3240, 4500]
    assert ada["open_stay_count"] == 1


OVER_MIDNIGHT = case(minutes("ada", "J0", "L60"))


def test_pitfall_a_session_is_cut_at_midnight(built: Built) -> None:
    ada = built.attendance(OVER_MIDNIGHT)["ada"]
    assert (ada["stay_count"], ada["proven_seconds"], ada["gap_seconds"]) == (1, 3600, 0)
    assert ada["first_joined_at"].date() != ada["last_left_at"].date()


OVERLAPPING = case(
    [
        *minutes("ada", "J0", "L60"),
        *minutes("ada", "J5", "L10", room=BREAKOUT),
        *minutes("ada", "J30", "L70", room=OTHER_BREAKOUT),
    ],
    plan=HOUR,
)


def test_pitfall_a_union_looks_at_the_end_before_only(built: Built) -> None:
    ada = built.attendance(OVERLAPPING)["ada"]
    assert [ada[f"{measure}_seconds"] for measure in MEASURES] == [70 * 60] * 3


AGAIN = case([*minutes("ada", "J0", "L60"), *minutes("bob", "J5", "J10", "C20")])


def test_pitfall_a_second_run_changes_the_result(built: Built) -> None:
    assert len(built.of(AGAIN).attendance) == 2
    assert built.builds[2] == built.builds[1]


ANONYMOUS = case([*minutes("ada", "A-5", "J0", "L60"), *minutes("bob", "J0", "L60"), *minutes("", "A-5", "J0", "L60")])


def test_pitfall_no_user_counts_as_a_user(built: Built) -> None:
    (session,) = built.of(ANONYMOUS).sessions
    names = ("registered_count", "unique_people_count", "no_show_count", "attendee_count", "peak_people_count")
    assert [session[name] for name in names] == [1, 2, 0, 2, 2]


KNOWN = [*minutes("ada", "J0", "J5", "L60", room=MEETING), *minutes("bob", "J0", "C5")]
UNKNOWN = [*minutes("", "J0", "L60"), *minutes("", "J0", "C10", room=MEETING), *minutes("", "C5")]
NULLS = case(KNOWN, later=[[*KNOWN, *UNKNOWN]])


def test_pitfall_a_null_hides_the_other_rows(built: Built) -> None:
    marts = built.of(NULLS, 1)
    assert {row["user_id"] for row in marts.attendance} == {"ada", "bob"}
    assert marts == built.of(NULLS)


NO_SECONDS = case(minutes("ada", "J0"))


def test_pitfall_division_by_zero_is_read_as_fully_watched(built: Built) -> None:
    ada = built.attendance(NO_SECONDS)["ada"]
    assert (ada["session_seconds"], ada["likely_seconds"]) == (0, 0)
    assert [ada[f"{measure}_ratio"] for measure in MEASURES[:2]] == [None, None]


MONDAY, TUESDAY = minutes("ada", "J0"), minutes("ada", "L60")
OVER_DOWNLOADS = case(MONDAY, later=[MONDAY, TUESDAY], plan=HOUR)


def test_pitfall_a_stay_that_began_in_an_earlier_download_is_never_counted(built: Built) -> None:
    ada = built.attendance(OVER_DOWNLOADS, 1)["ada"]
    assert [ada[f"{measure}_seconds"] for measure in MEASURES] == [3600] * 3


# An open stay ends by what others did; a straggler stretches some windows.


def leaving(*stops: int) -> list[Record]:
    """People who come at the start and leave at these minutes."""
    return [record for number, stop in enumerate(stops) for record in minutes(f"other{number}", "J0", f"L{stop}")]


def opened(count: int) -> list[Record]:
    """People who come at the start and never leave."""
    return [record for number in range(count) for record in minutes(f"open{number}", "J0")]


# The records of others, and the likely minutes of a stay that is open beside theirs.
OPEN = {
    "two fifths of three are the second": (leaving(40, 50, 60), 50),
    "two fifths of five are the second": (leaving(20, 30, 40, 50, 60), 30),
    "two are too few": (leaving(50, 60), 54),
    "of three one left before she was seen last": ([*leaving(10, 50, 60), *minutes("ada", "C20")], 56),
    "who comes back has not left for good": ([*leaving(40, 50, 60), *minutes("other0", "J45")], 54),
    "who leaves on the next day has not left": (leaving(40, 50, 900), 54),
    "three are half of six open stays": ([*leaving(40, 50, 60), *opened(5)], 50),
    "three are less than half of seven open stays": ([*leaving(40, 50, 60), *opened(6)], 54),
}


@pytest.mark.parametrize(
    ("one", "likely"),
    [
        pytest.param(case([*minutes("ada", "J0"), *others], plan=HOUR), likely, id=name)
        for name, (others, likely) in OPEN.items()
    ],
)
def test_an_open_stay_ends_when_others_left_if_enough_tell(built: Built, one: Case, likely: int) -> None:
    assert built.attendance(one)["ada"]["likely_seconds"] == likely * 60


LONG_BEFORE = case(
    [
        *minutes("ada", "J-355"),
        *minutes("ada", "J-40", room=TWO),
        *minutes("old", "J-180", "L-179"),
        *leaving(*range(30, 61, 5)),
    ],
    plan=HOUR,
)


def test_an_open_stay_of_long_before_the_session_ends_in_no_second_before_it_starts(built: Built) -> None:
    stays = built.of(LONG_BEFORE).intervals
    [stay] = [stay for stay in stays if (stay["user_id"], stay["content_id"]) == ("ada", ONE.content_id)]
    assert (stay["closed_by"], stay["likely_seconds"]) == ("others_left", 0)


@pytest.mark.parametrize(
    ("one", "hours"),
    [
        pytest.param(case(leaving(60, 60, 900)), (0, 60), id="one of three overnight"),
        pytest.param(case(leaving(60, 60, 60, 60, 60, 60, 60, 1200, 900)), (0, 60), id="two of nine overnight"),
        pytest.param(case(leaving(60, 60, 290)), (0, 290), id="not four hours later"),
        pytest.param(case(leaving(*[180] * 10, *[480] * 10)), (0, 480), id="half of an all-day room leave at noon"),
        pytest.param(
            case([*leaving(60, 60), *minutes("old", "J-500", "J-300", "J-100", "L60")]),
            (0, 60),
            id="one came long before",
        ),
    ],
)
def test_a_straggler_stretches_no_window(built: Built, one: Case, hours: tuple[int, int]) -> None:
    (session,) = built.of(one).sessions
    assert (session["started_at"], session["ended_at"]) == tuple(START + timedelta(minutes=at) for at in hours)


# A page: what people did on it, and how many were registered for each of its sessions and came to none of it.
PLANS = {
    "a test of the room for a minute": ("host J0 L1 J1440 L1500; 6 ada A-9000 J1440 L1500", [(0, 0), (6, 0)]),
    "a test five hours before, by a speaker who had registered": (
        "host A-9000 J0 L20 J300 L360; 25 ada A-9000 J300 L360; 5 bob A-9000",
        [(0, 0), (31, 5)],
    ),
    "one of thirty looks in two days early": (
        "ada A-9000 J0 L1 J2880 L2940; 24 bob A-9000 J2880 L2940; 5 cy A-9000",
        [(0, 0), (30, 5)],
    ),
    "half a team rehearses, and guests register meanwhile": (
        "4 host A-9000 J0 L60 J1440 L1500; 4 ada A30 J1440 L1500; bob A-9000",
        [(0, 0), (9, 1)],
    ),
    "a test, and a rehearsal after it": (
        "host J0 L1; 3 host J600 L700; 9 ada A-9 J1440 L1500",
        [(0, 0), (0, 0), (9, 0)],
    ),
    "nobody registered comes": ("host J0 L1; 4 ada J1440 L1500; 2 bob A-9000", [(0, 0), (2, 2)]),
    "a test after which nothing comes": ("host J0 L1; 6 ada A-9000", [(6, 6)]),
    "weekly, with a small second week": (
        "12 ada A-9 J0 L60 J10080 L10140 J20160 L20220; 28 bob A-9 J0 L60 J20160 L20220; 5 cy A600 J20160 L20220;"
        " 3 dee A600 J10080 L10140",
        [(40, 0), (8, 5), (0, 0)],
    ),
    "weekly, and each week more": (
        "4 ada A-9 J0 L60 J10080 L10140 J20160 L20220; 2 bob A-9; 12 cy J10080 L10140 J20160 L20220;"
        " 40 dee J20160 L20220",
        [(6, 2), (0, 0), (0, 0)],
    ),
    "weekly, and one who registered misses a week": (
        "ada A600 J20160 L20220; 9 bob J0 L60 J10080 L10140 J20160 L20220",
        [(0, 0), (1, 1), (0, 0)],
    ),
    "one looks in on the day after": ("9 ada A-9 J0 L60; bob A-9 J1440 L1442", [(10, 1), (0, 0)]),
}


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        pytest.param(
            case([r for part in people.split("; ") for user, did in read_people(part) for r in done(user, did)]),
            counts,
            id=name,
        )
        for name, (people, counts) in PLANS.items()
    ],
)
def test_a_rehearsal_takes_no_registrations(built: Built, one: Case, counts: list[tuple[int, int]]) -> None:
    sessions = sorted(built.of(one).sessions, key=lambda row: row["occurrence_number"])
    assert [(row["registered_count"], row["no_show_count"]) for row in sessions] == counts


# The rooms of attendance_rules.md, all in one build.

ROOM_TABLE = read_rooms()
LEFT_TABLE = read_left_rooms()


@pytest.fixture(scope="module")
def rooms(chain: Chain) -> Marts:
    """The marts of all rooms of both tables, each on a site of its own.

    Somebody elsewhere shows that the clock has seconds.
    """
    tables: list[TableRoom | LeftRoom] = [*ROOM_TABLE, *LEFT_TABLE]
    worlds = tuple(
        World(
            (
                record("zed", "Joined", timedelta(seconds=7), TWO),
                *(one for user, tokens in room.records.items() for one in done(user, tokens)),
            ),
            tuple(planned(timedelta(seconds=start), timedelta(seconds=end)) for start, end in room.schedule),
        )
        for room in tables
    )
    return run(chain, worlds)


@pytest.mark.parametrize("number", range(len(ROOM_TABLE)), ids=[room.name for room in ROOM_TABLE])
def test_room(rooms: Marts, number: int) -> None:
    sessions = [row for row in rooms.sessions if (row["site_id"], row["content_id"]) == (site(number), "1")]
    sessions.sort(key=lambda row: row["occurrence_number"])
    numbers = {row["session_key"]: row["occurrence_number"] for row in sessions}
    counted = {
        (row["user_id"], numbers[row["session_key"]]): tuple(row[f"{measure}_seconds"] for measure in MEASURES)
        for row in rooms.attendance
        if row["session_key"] in numbers
    }
    windows = [
        (*(int((row[at] - START).total_seconds()) for at in ("started_at", "ended_at")), row["window_source"])
        for row in sessions
    ]

    assert windows == list(ROOM_TABLE[number].windows)
    assert {key: counted.get(key) for key in ROOM_TABLE[number].seconds} == ROOM_TABLE[number].seconds


@pytest.mark.parametrize("number", range(len(LEFT_TABLE)), ids=[room.name for room in LEFT_TABLE])
def test_who_left_early(rooms: Marts, number: int) -> None:
    place = (site(len(ROOM_TABLE) + number), "1", 1)
    [session] = [
        row for row in rooms.sessions if (row["site_id"], row["content_id"], row["occurrence_number"]) == place
    ]
    counted = {
        people: tuple(session[f"{measure}{people}_count"] for measure in ("proven_", "", "possible_"))
        for people in ("left_early", "stayed")
    }

    assert counted == {"left_early": LEFT_TABLE[number].left_early, "stayed": LEFT_TABLE[number].stayed}


def test_all_rooms_were_read() -> None:
    assert len(ROOM_TABLE) >= 20
    assert len(LEFT_TABLE) >= 10
