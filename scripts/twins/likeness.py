"""Copies that differ in one whole column: other users, other contents, or other times of the same activities.

Two records that differ in more than the form of an id or a time cannot be known as the same alone. Here reports are
compared as wholes: each user has one other name throughout, or the times have one relation to the earlier ones.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twins.kinds import CONTENTS, DAY, DAYS, FEWEST, FEWEST_OF_A_DAY, HOUR, MOVED, ROUNDED, USERS
from warehouse.database import execute_again, number_of

RENAMED = Path(__file__).with_name("renamed.sql").read_text(encoding="utf-8")
# The earlier records that `find_far` has found.
MATCHED = """
    create or replace temp table twin_found as
    select * from twin_old
    where
        user_id in (select written_user_id from twin_probe)
        and (twin_whole_act(user_id, category, action, label, content_id), twin_local_second(occurred_at)) in (
            select (whole_act, second) from twin_matched
        )
"""
# The column that differs, and the key of all others with the second.
COLUMNS = {
    USERS: ("coalesce(user_id, email, nullif(full_name, ''))", "hash(second_key, category, label, content_id)"),
    CONTENTS: ("content_id", "hash(second_key, category, label, user_id)"),
}

# Times that agree by accident are fewer.
FEWEST_TIMES = 10
SHARE = 0.9
# A program may repeat the day of one user, or of two, to the second.
FEWEST_USERS = 3
# Activities of one kind may be in step: people who are let in one by one, and out.
FEWEST_ACTS = 3
# An activity that a user repeats more often is at every distance from itself.
MOST_TIMES = 50
# Shorter ones are looked for record by record (compare.sql).
LONGEST_NEAR = 26 * HOUR
# Programs round times to these, in seconds: spreadsheets to days, and to days with 2 to 4 decimals (864, 86.4, 8.64);
# dashboards that group by time, such as Grafana, to the others; exports with hours and minutes alone to 60.
GRAINS = (DAY, HOUR, 1_800, 900, 864, 600, 300, 120, 86.4, 60, 30, 20, 15, 10, 8.64, 5, 2)
HALF_SECOND = 0.5


@dataclass(frozen=True)
class Likeness:
    """The way that a report is like earlier ones.

    Attributes:
        thing: what differs.
        shift: how many seconds later it is, where the thing is `MOVED`.
        share: the part of its records that is so.
        is_sure: whether that cannot be an accident.
        report_ids: the earlier report of each record that was found; empty if `matched` says which they are.
        matched: the activity and the second of earlier records.
    """

    thing: str
    share: float
    is_sure: bool
    shift: int = 0
    report_ids: tuple[str, ...] = ()
    matched: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Pair:
    """A record of the sample that no earlier one equals, and the earlier one that agrees in all but a column.

    Attributes:
        moment: its time.
        new: its value of the column; None if it is blank.
        act: what it says but for user and time, hashed.
        old: the earlier value; None if no earlier record agrees.
        report_id: an earlier report that has it.
        is_other_name: whether the earlier record names another person.
    """

    moment: datetime
    new: str | None
    act: int
    old: str | None
    report_id: str
    is_other_name: bool


@dataclass(frozen=True)
class Probe:
    """A record of the sample, and when the same user did the same.

    Attributes:
        act: what it says but for the time, hashed.
        user_id: whose it is.
        second: its local time.
        near: how many seconds before it the user did the same, at most 26 hours.
        earlier: the local times at which the user did the same in the same content.
    """

    act: int
    user_id: str
    second: int
    near: tuple[int, ...]
    earlier: tuple[int, ...]

    @property
    def nearest(self) -> int:
        """The earlier time that is the nearest; one far away if there is none."""
        return min(self.earlier, key=lambda second: abs(second - self.second), default=self.second + 10 * DAY)


def find_renamed(connection: duckdb.DuckDBPyConnection) -> dict[int, Likeness]:
    """The reports that are copies with other users or contents, by their places, among what is in `twin_near`."""
    found: dict[int, Likeness] = {}
    beside = number_of(
        connection,
        "select count(distinct moment) from twin_sample where record_number not in (select record_number from"
        " twin_equals) and second_key in (select second_key from twin_near)",
    )
    if beside < FEWEST_TIMES:
        return found
    for thing, (value, key) in COLUMNS.items():
        execute_again(connection, RENAMED.replace("{value}", value).replace("{key}", key))
        pairs: dict[int, list[Pair]] = defaultdict(list)
        for member, *values in connection.execute("from twin_renamed").fetchall():
            pairs[member].append(Pair(*values))
        for member, own in pairs.items():
            likeness = renamed(thing, own)
            if likeness is not None:
                found.setdefault(member, likeness)
    return found


def renamed(thing: str, pairs: Sequence[Pair]) -> Likeness | None:
    """Whether each value of a column is another one throughout, in so many records that it is no accident."""
    matched = [pair for pair in pairs if pair.old is not None]
    if len({pair.moment for pair in matched}) < FEWEST_TIMES:
        return None
    first, last = min(pair.moment for pair in matched), max(pair.moment for pair in matched)
    inside = sum(first <= pair.moment <= last for pair in pairs)
    count = Counter((pair.new, pair.old) for pair in matched)
    old_of = {new: old for (new, old), _ in reversed(count.most_common())}
    new_of = {old: new for (new, old), _ in reversed(count.most_common())}
    mutual = {(new, old) for new, old in old_of.items() if new_of[old] == new}
    # A blank value may be anyone's.
    same = [pair for pair in matched if pair.new is None or (pair.new, pair.old) in mutual]
    values = len({pair.new for pair in same})
    acts = len({pair.act for pair in same})
    if len(same) < SHARE * inside or len(same) - values < FEWEST_TIMES or acts < FEWEST_ACTS:
        return None
    are_blank = sum(pair.new is None for pair in same) > len(same) / 2
    is_sure = (
        len({pair.moment for pair in same}) >= FEWEST_OF_A_DAY
        if are_blank
        else values >= (2 if thing == CONTENTS else FEWEST_USERS)
    )
    if thing == USERS and any(pair.is_other_name for pair in same):
        is_sure = False
    return Likeness(thing, len(same) / len(pairs), is_sure, report_ids=tuple(pair.report_id for pair in same))


def read_probes(connection: duckdb.DuckDBPyConnection) -> dict[int, list[Probe]]:
    """The records of `twin_probed`, by the place of their report."""
    probes: dict[int, list[Probe]] = defaultdict(list)
    for member, act, user_id, second, near, earlier in connection.execute("from twin_probed").fetchall():
        probes[member].append(Probe(act, user_id, second, _seldom(near), _seldom(earlier)))
    return probes


def _seldom(times: list[int]) -> tuple[int, ...]:
    return tuple(times) if len(times) <= MOST_TIMES else ()


def shifts_of(probes: Iterable[Probe]) -> dict[int, int]:
    """How many of some records are so many seconds later than earlier ones, for each number of several times."""
    others = [probe for probe in probes if 0 not in probe.near]
    records = Counter(shift for probe in others for shift in probe.near)
    seconds = Counter(shift for shift, _ in {(shift, probe.second) for probe in others for shift in probe.near})
    return {shift: count for shift, count in records.items() if seconds[shift] >= FEWEST}


def find_far(probes: Sequence[Probe]) -> Likeness | None:
    """Whether a report is a copy with other times."""
    return _moved(probes) or _rounded(probes)


def note_matched(connection: duckdb.DuckDBPyConnection, likeness: Likeness) -> None:
    """Put the earlier records of a likeness in `twin_found`."""
    connection.execute(
        "create or replace temp table twin_matched as"
        " select unnest($acts::ubigint[]) as whole_act, unnest($seconds::bigint[]) as second",
        {"acts": [act for act, _ in likeness.matched], "seconds": [second for _, second in likeness.matched]},
    )
    execute_again(connection, MATCHED)


def _moved(probes: Sequence[Probe]) -> Likeness | None:
    """Whether the records are earlier ones at times that are a constant later, or at the same time of other days."""
    others = [probe for probe in probes if probe.second not in probe.earlier]
    if len(others) < SHARE * len(probes):
        return None
    shifts = Counter(
        shift for probe in others for second in probe.earlier if abs(shift := probe.second - second) > LONGEST_NEAR
    )
    (shift, count), (_, rival) = [*shifts.most_common(2), (0, 0), (0, 0)][:2]
    found = None
    if count > 2 * rival:
        found = _likeness(MOVED, others, lambda probe: probe.second - shift, shift)
    if found is None:
        # What is repeated every day has such earlier records on many days.
        times = Counter((probe.act, probe.second % DAY) for probe in others)
        found = _likeness(
            DAYS, others, lambda probe: _of_another_day(probe) if times[probe.act, probe.second % DAY] == 1 else None
        )
    return found


def _of_another_day(probe: Probe) -> int | None:
    same = [second for second in probe.earlier if (second - probe.second) % DAY == 0]
    return same[0] if len(same) == 1 else None


def _rounded(probes: Sequence[Probe]) -> Likeness | None:
    """Whether the records are earlier ones whose times, or whose own, were rounded."""
    with_earlier = [probe for probe in probes if probe.earlier]
    if len(with_earlier) < FEWEST_TIMES:
        return None
    new, old = _grain(probe.second for probe in probes), _grain(probe.nearest for probe in with_earlier)
    if new == old:
        return None
    grain, sign = (new, 1) if new > old else (old, -1)
    # Programs leave the rest of a time away, or take the nearest.
    return _lost(probes, sign, 0, grain) or _lost(probes, sign, -grain / 2, grain / 2)


def _lost(probes: Sequence[Probe], sign: int, least: float, most: float) -> Likeness | None:
    """The likeness of those probes whose times, or the earlier ones, lost so many seconds."""

    def old_time(probe: Probe) -> int | None:
        lost = sign * (probe.nearest - probe.second)
        return probe.nearest if least - HALF_SECOND < lost < most + HALF_SECOND else None

    return _likeness(ROUNDED, probes, old_time)


def _grain(seconds: Iterable[int]) -> float:
    """What nearly all of some times are a multiple of."""
    seconds = list(seconds)
    for grain in GRAINS:
        most = HALF_SECOND if grain % 1 else 0
        fitting = sum(abs(second - round(second / grain) * grain) <= most for second in seconds)
        if fitting >= 0.95 * len(seconds):
            return grain
    return 1


def _likeness(
    thing: str, probes: Sequence[Probe], old_time: Callable[[Probe], int | None], shift: int = 0
) -> Likeness | None:
    """The likeness of those probes for which an earlier time is found, if they are nearly all of their period."""
    matched = [(probe, old) for probe in probes if (old := old_time(probe)) is not None and old in probe.earlier]
    # Of a time that was rounded many records may be one.
    times = sorted({old % DAY if thing == DAYS else old for _, old in matched})
    distances = {later - time for time, later in itertools.pairwise(times)}
    if len(times) < FEWEST_TIMES or len(distances) < FEWEST_TIMES // 3:
        return None
    seconds = [probe.second for probe, _ in matched]
    first, last = min(seconds), max(seconds)
    if len(matched) < SHARE * sum(first <= probe.second <= last for probe in probes):
        return None
    is_sure = thing == ROUNDED or len({probe.user_id for probe, _ in matched}) >= FEWEST_USERS
    if thing == DAYS or (thing == MOVED and shift % DAY == 0):
        is_sure = is_sure and len(times) >= FEWEST_OF_A_DAY
    return Likeness(
        thing, len(matched) / len(probes), is_sure, shift, matched=tuple((probe.act, old) for probe, old in matched)
    )
