"""The twin check: does a new report hold the activities of earlier ones, the same in all but one thing?

An activity counts once because its records agree in site, user, second, activity and content
(docs/explanation/duplicates.md).
A copy with other ids, in another zone or without seconds agrees in all but one thing, and would count twice. So the
loader compares a sample of each new activity report with the records that it has, before it writes anything
(docs/decisions/0022-twins-and-declarations.md). ``twins.sql`` compares, `judge` decides.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from landing.outcome import SAMPLE_SITE, Declaration
from landing.twin_labels import note_words
from landing.twin_likeness import Probe, find_far, find_renamed, note_matched, read_probes, shifts_of
from reports.ids import cleaned, cleaned_id, unless_null
from warehouse.database import execute_again, number_of

# The one rule for ids and texts, asked of lists: DuckDB compiles its patterns at each place where they are named, which
# takes longer than to compare two small reports.
CLEANED = f"""
    list_transform([user_id, content_id], lambda one: {cleaned_id("one")}) as ids,
    list_transform(
        [category, action, label, first_name, last_name, email], lambda one: {cleaned("one")}
    ) as texts
"""
READ = f"""
    ids[1] as user_id,
    ids[2] as content_id,
    list_transform(ids, lambda one: twin_folded(one)) as folded,
    texts[1] as category,
    texts[2] as action,
    texts[3] as label,
    list_transform([texts[1], texts[3]], lambda one: twin_plain(one)) as plain,
    lower({unless_null("texts[6]")}) as email,
    lower(concat_ws(' ', texts[4], texts[5])) as full_name
"""
# The steps: sample the new report, find earlier records, look for a clock that runs late, compare, settle what
# texts are that differ, and note equals.
SAMPLED, FOUND, PROBED, COMPARED, SETTLED, EQUALLED = (
    Path(__file__)
    .with_name("twins.sql")
    .read_text(encoding="utf-8")
    .replace("{cleaned}", CLEANED.strip())
    .replace("{read}", READ.strip())
    .split("-- {step}\n")
)

# Records of a new report that are compared. More cost time and show the same.
SAMPLE = 2_000
# Records of the sample that may share a second, or a user, a text and a minute.
ALIKE = 10
# Records of the sample that are looked for at any time; of several reports at once these of each.
PROBES, PROBES_OF_EACH = 200, 12

# A copy of another time is looked for in the periods of so many reports, if they have at most so many times as many
# records, or as few. To read all that there is would take 15 ms for each million.
LIKE_REPORTS, LIKE_SIZE = 5, 1.25

# The things that differ between twins, as twins.sql names them.
IDS, SECONDS, SHIFT, SWAP, CONTENT, SITE = "ids", "seconds", "shift", "swap", "content", "site"
TEXT, LABEL = "text", "label"

# Twins at so many different times are no accident. Where people come every day at the same time, they may be.
FEWEST, FEWEST_OF_A_DAY = 3, 50
SHARE, SHARE_OF_A_DAY = 0.5, 0.95
HOUR, DAY = 3_600, 86_400
# Offsets of time zones are multiples of it.
QUARTER = 900


@dataclass(frozen=True)
class Kind:
    """A way that sampled records are twins of earlier ones.

    Attributes:
        things: the things that differ, one or two.
        shift: how many seconds later the new ones are, where a thing is `SHIFT`.
        times: the times of these records, in order.
    """

    things: tuple[str, ...]
    shift: int
    times: tuple[datetime, ...]

    @property
    def moments(self) -> int:
        """How many different times they have."""
        return len(set(self.times))

    def old_time(self, time: datetime) -> datetime | None:
        """When the earlier record of such a twin would be; None if there can be none."""
        if SWAP in self.things:
            return None if time.day > 12 else time.replace(day=time.month, month=time.day)
        return time - timedelta(seconds=self.shift)


@dataclass(frozen=True)
class Compared:
    """What the comparison of a sample found.

    Attributes:
        kinds: the kinds of twins, of records that no earlier record equals.
        equal: times of the records that an earlier one equals, in order.
        other: times of the records that none equals, in order.
    """

    kinds: tuple[Kind, ...]
    equal: tuple[datetime, ...]
    other: tuple[datetime, ...]


@dataclass(frozen=True)
class Older:
    """An earlier report that holds twins, as the manifest has it."""

    report_id: str
    file_name: str
    site_id: str
    time_zone: str
    date_format: str


@dataclass(frozen=True)
class Twins:
    """Most records of a report are twins of earlier ones.

    Attributes:
        kind: the things that differ.
        count: how many are twins, estimated from the sample.
        record_count: how many records the report has.
        older: the reports that hold the earlier ones, the one with the most first.
        example: an id in the new report and the earlier one, where they differ.
        is_sure: whether the report is refused for it. Else it is said.
    """

    kind: Kind
    count: int
    record_count: int
    older: tuple[Older, ...]
    example: tuple[str, str] | None
    is_sure: bool

    @property
    def is_estimate(self) -> bool:
        """Whether only a sample was compared."""
        return self.record_count > SAMPLE


@dataclass(frozen=True)
class Earlier:
    """Where the earlier records are, as SQL.

    Attributes:
        scanned: what a record says but for names, each at least once: user_id, action, occurred_at and more.
        whole: the same with report_id, record_number and names, of those that are in ``twin_found``.
        records: report_id and occurred_at of every record.
    """

    scanned: str
    whole: str
    records: str


@dataclass(frozen=True)
class New:
    """A new report.

    Attributes:
        sample: SQL of some of its records with the columns of raw.activities (one in `step_of`).
        count: how many records it has.
        left_out: earlier reports that do not count, because they are about to be loaded again.
        unread: the places of the records that an earlier report holds, which counts: all at the beginning or the end.
        period: SQL of the first and the last time of all its records; '' if only those of the sample are known.
    """

    sample: str
    count: int
    left_out: Collection[str] = ()
    unread: range = range(0)
    period: str = ""


def find_twins(connection: duckdb.DuckDBPyConnection, new: New, old: Earlier, declaration: Declaration) -> Twins | None:
    """Compare a new report with earlier ones; None if it is none of them in another form.

    Args:
        connection: where the manifest is in raw.reports.
        new: the report.
        old: the earlier records.
        declaration: the site of the new report, and the zone of its dates.
    """
    periods = _periods(connection, declaration.site_id, new.count, new.left_out)
    if periods is None:
        return None
    _note_earlier(connection, declaration.site_id, new.left_out)
    _prepare(connection, new.sample, old, declaration)
    execute_again(connection, SAMPLED)
    if number_of(connection, "select count(distinct moment) from twin_sample") < FEWEST:
        # Of rounded times few may be left.
        _find(connection)
        return _alike(connection, old, new.count, _probed(connection, _records_of(periods)).get(0, []))
    if new.unread and _are_without_twins(connection, new, old):
        return None
    _find(connection)
    probes = _probed(connection, _records_of(periods)).get(0, [])
    offset = _late_clock(probes)
    has_found = _has_found(connection)
    found = _judged(connection, old, new.count) if has_found else None
    if found is None and offset is not None:
        # Compared again, as if the clocks of the earlier reports had run late as well.
        _look_at(connection, old, offset)
        _find(connection)
        found, has_found = _judged(connection, old, new.count), False
        _look_at(connection, old)
    return found or _alike(connection, old, new.count, probes, may_be_renamed=has_found)


def _alike(
    connection: duckdb.DuckDBPyConnection,
    old: Earlier,
    record_count: int,
    probes: Sequence[Probe],
    *,
    may_be_renamed: bool = False,
) -> Twins | None:
    """Whether the report as a whole is a copy of earlier ones that differs in one column."""
    likeness = find_renamed(connection).get(0) if may_be_renamed else None
    if likeness is None:
        likeness = find_far(probes)
        if likeness is None:
            return None
        note_matched(connection, likeness)
    found = "(select unnest($ids) as report_id)" if likeness.report_ids else f"({old.whole})"
    rows = connection.execute(
        f"""
        select reports.report_id, reports.file_name, reports.site_id, time_zone, date_format
        from (select report_id, count(*) as found_count from {found} group by 1)
        inner join twin_reports using (report_id)
        inner join raw.reports as reports using (report_id)
        order by found_count desc, reports.report_id
        """,
        {"ids": list(likeness.report_ids)} if likeness.report_ids else {},
    ).fetchall()
    if not rows:
        return None
    kind = Kind((likeness.thing,), likeness.shift, likeness.times)
    count = round(likeness.share * record_count)
    return Twins(kind, count, record_count, tuple(Older(*row) for row in rows), None, likeness.is_sure)


def _find(connection: duckdb.DuckDBPyConnection, among: str = "true") -> None:
    """Find the earlier records around the days of those records of the sample for which a condition holds."""
    execute_again(connection, FOUND.replace("{among}", among))


def _are_without_twins(connection: duckdb.DuckDBPyConnection, new: New, old: Earlier) -> bool:
    """Whether none of the other records stands out, by what is around their days; else the sample is as before.

    Each record that an earlier report holds has its equal there, so that it is no twin. Here are at least the pairs and
    the shifts that the comparison of all would find for the others: where none stands out, none would.
    """
    first, last = (new.unread.stop, new.count) if new.unread.start == 0 else (0, new.unread.start - 1)
    others = f"record_number between {first} and {last}"
    if number_of(connection, f"select count(distinct moment) from twin_sample where not ({others})") < FEWEST:
        return False
    _find(connection, others)
    connection.execute(f"delete from twin_sample where not ({others}); delete from twin_probe where not ({others});")
    probes = _probed(connection, _records_of([])).get(0, [])
    if not any(shift % QUARTER for shift in shifts_of(probes)) and find_far(probes) is None:
        _compare(connection, f"({old.whole})")
        compared = _compared(connection)[0]
        if not any(stands_out(compared, kind) for kind in compared.kinds):
            return True
    execute_again(connection, SAMPLED)
    return False


def _has_found(connection: duckdb.DuckDBPyConnection) -> bool:
    return number_of(connection, "select count(distinct occurred_at) from twin_found") >= FEWEST


def _judged(connection: duckdb.DuckDBPyConnection, old: Earlier, record_count: int) -> Twins | None:
    """Compare what was found with the sample, and decide."""
    _compare(connection, f"({old.whole})")
    compared = _compared(connection)[0]
    weight = record_count / max(1, len(compared.equal) + len(compared.other))
    for kind in sorted(compared.kinds, key=lambda kind: (-len(kind.times), len(kind.things))):
        if not stands_out(compared, kind):
            continue
        older = _older(connection, kind)
        is_sure = judge(compared, kind, _old_times(connection, kind, old, older, weight))
        if is_sure is not None:
            count = round(len(kind.times) * weight)
            return Twins(kind, count, record_count, older, _example(connection, kind), is_sure)
    return None


def _compare(connection: duckdb.DuckDBPyConnection, whole: str) -> None:
    """Compare the sample with earlier records; those that it equals are noted while no clock is taken to run late."""
    execute_again(connection, COMPARED.replace("{whole}", whole))
    texts = f"select count(distinct new_at) from twin_pairs where list_contains(things, '{TEXT}')"
    if number_of(connection, texts) >= FEWEST:
        note_words(connection)
        execute_again(connection, SETTLED)
    if number_of(connection, "select getvariable('twin_offset')") == 0:
        execute_again(connection, EQUALLED)


def _probed(connection: duckdb.DuckDBPyConnection, where: str, count: int = PROBES) -> dict[int, list[Probe]]:
    """Some records of each report with the times at which the same users did the same, by the place of the report.

    Args:
        connection: where the sample is, and what `_find` has left.
        where: SQL of the earlier records (`_records_of`).
        count: how many of each report.
    """
    execute_again(connection, PROBED.replace("{where}", where).replace("{probes}", str(count)))
    return read_probes(connection)


def _records_of(periods: Sequence[str], members: str = "") -> str:
    """SQL of the earlier records that may be those of probes: what was found, and what is in some periods.

    Args:
        periods: conditions for other earlier records.
        members: a table of other reports that are compared at once.
    """
    columns = "user_id, category, action, label, content_id, occurred_at"
    sources = [f"select {columns}, null as member from twin_first_found"]
    users = "user_id in (select written_user_id from twin_probe)"
    if periods:
        sources.append(f"select {columns}, null from twin_old where ({' or '.join(periods)}) and {users}")
    sources += [f"select {columns}, member from {members}"] if members else []
    return " union all ".join(sources)


def _late_clock(probes: Sequence[Probe]) -> int | None:
    """By how many seconds many records of a report are later than earlier ones, if no zone explains it."""
    shifts = shifts_of(probes)
    most = max(shifts, key=shifts.__getitem__, default=0)
    rivals = [count for other, count in shifts.items() if abs(other - most) not in (0, 1, HOUR)]
    return most if most % QUARTER and shifts[most] >= 2 * max(rivals, default=0) else None


def _periods(
    connection: duckdb.DuckDBPyConnection, site_id: str, count: int, left_out: Iterable[str] = ()
) -> list[str] | None:
    """Conditions for the periods of earlier reports that have about as many records.

    None if there is no earlier report that counts.
    """
    which, parameters = _earlier(site_id, left_out)
    rows = connection.execute(
        f"""
        select first_occurred_at, last_occurred_at, landed_count between $count / {LIKE_SIZE} and $count * {LIKE_SIZE}
        {which}
        order by abs(landed_count - $count), report_id
        limit {LIKE_REPORTS}
        """,
        {**parameters, "count": count},
    ).fetchall()
    alike = [
        f"occurred_at between timestamp '{first}' and timestamp '{last}'" for first, last, is_like in rows if is_like
    ]
    return alike if rows else None


def _note_earlier(connection: duckdb.DuckDBPyConnection, site_id: str, left_out: Iterable[str] = ()) -> None:
    """Note the earlier reports that count."""
    which, parameters = _earlier(site_id, left_out)
    connection.execute(
        f"create or replace temp table twin_reports as select report_id, site_id, null::bigint as member {which}",
        parameters,
    )


def _earlier(site_id: str, left_out: Iterable[str]) -> tuple[str, dict[str, object]]:
    which = f"""
        from raw.reports
        where
            (site_id = '{SAMPLE_SITE}') = ($site = '{SAMPLE_SITE}')
            and landed_count > 0
            and not list_contains($left_out::varchar[], report_id)
    """
    return which, {"site": site_id, "left_out": list(left_out)}


def _prepare(connection: duckdb.DuckDBPyConnection, sample: str, old: Earlier, declaration: Declaration) -> None:
    """Give twins.sql its views and variables."""
    settings = {"alike": ALIKE, "probes": PROBES, "site": declaration.site_id, "zone": declaration.time_zone}
    for name, value in settings.items():
        connection.execute(f"set variable twin_{name} = $value", {"value": value})
    connection.execute(f"create or replace temp view twin_new as {sample}")
    _look_at(connection, old)


def _look_at(connection: duckdb.DuckDBPyConnection, old: Earlier, offset: int = 0) -> None:
    """Give twins.sql the earlier records, as if each had been so many seconds later."""
    connection.execute(f"set variable twin_offset = {offset}")
    moved = f"select * replace (occurred_at + to_seconds({offset}) as occurred_at) from ({old.scanned})"
    connection.execute(f"create or replace temp view twin_old as {moved if offset else old.scanned}")


# The numbers of the records of several reports that are compared at once are so far apart.
MEMBER = 1_000_000_000
# More records of one key make more pairs than a group is worth.
MOST_ALIKE = 200


def may_hold_twins(connection: duckdb.DuckDBPyConnection, members: str, old: Earlier, declaration: Declaration) -> bool:
    """Whether one of several small reports may be the twin of an earlier one or of one before it among them.

    Where something stands out, it lands alone and is judged (`find_twins`).

    Args:
        connection: where the manifest is.
        members: a table of their records with the columns of raw.activities, and ``member``, the place of the report.
        old: the earlier records.
        declaration: the site of the reports, and the zone of their dates.
    """
    texts = "user_id, category, action, label, content_id, email, first_name, last_name, occurred_at"
    sample = (
        f"select member * {MEMBER} + record_number as record_number, {texts} from {members} where member in"
        f" (select member from {members} group by 1 having count(distinct occurred_at) >= {FEWEST})"
    )
    _note_earlier(connection, declaration.site_id)
    _prepare(connection, sample, old, declaration)
    connection.execute(
        f"insert into twin_reports select distinct report_id, $site, member from {members}",
        {"site": declaration.site_id},
    )
    execute_again(connection, SAMPLED)
    most = number_of(
        connection,
        "select coalesce(max(records), 0) from (select count(*) as records from twin_sample group by loose_key"
        " union all select count(*) from twin_sample group by second_key)",
    )
    if most > MOST_ALIKE:
        return True
    if most == 0:
        return False
    _find(connection)
    probed = _probed(connection, _records_of(["true"], members), PROBES_OF_EACH).values()
    if any(_late_clock(probes) is not None or find_far(probes) is not None for probes in probed):
        return True
    whole = f"""(
        select report_id, record_number, {texts} from ({old.whole})
        union all
        select report_id, record_number, {texts} from {members}
    )"""
    _compare(connection, whole)
    return any(
        stands_out(compared, kind) for compared in _compared(connection).values() for kind in compared.kinds
    ) or bool(find_renamed(connection))


def step_of(record_count: int) -> int:
    """One in how many records of a report is compared."""
    return max(1, record_count // SAMPLE)


def _compared(connection: duckdb.DuckDBPyConnection) -> dict[int, Compared]:
    """What the comparison found, by the place of the report; a single one has place 0."""
    kinds: dict[int, list[Kind]] = {}
    for member, things, shift, times in connection.execute(
        """
        select twin_member(record_number), things, shift, list(new_at order by new_at)
        from (
            select distinct things, shift, record_number, new_at
            from twin_pairs
            where record_number not in (select record_number from twin_equals)
        )
        group by 1, 2, 3
        """
    ).fetchall():
        kinds.setdefault(member, []).append(Kind(tuple(things), shift, tuple(times)))
    equal = _times_by_member(connection, "select record_number, new_at as moment from twin_equals")
    other = _times_by_member(
        connection, "from twin_sample where record_number not in (select record_number from twin_equals)"
    )
    return {
        member: Compared(_with_summer_time(kinds.get(member, ())), equal.get(member, ()), other.get(member, ()))
        for member in {0, *kinds}
    }


def _times_by_member(connection: duckdb.DuckDBPyConnection, records: str) -> dict[int, tuple[datetime, ...]]:
    found = connection.execute(
        f"select twin_member(record_number), list(moment order by moment) from ({records}) group by 1"
    ).fetchall()
    return {member: tuple(times) for member, times in found}


def _with_summer_time(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds, where copies that are an hour further apart for a part of the year are of one kind."""
    by_name = {(kind.things, kind.shift): kind for kind in kinds}
    joined = []
    for (things, shift), kind in by_name.items():
        times = kind.times
        if shift:
            beside = [by_name[things, other] for other in (shift - HOUR, shift + HOUR) if (things, other) in by_name]
            # Those of one season follow those of the other, and are as many again at most.
            for partner in beside:
                apart = partner.times[-1] < times[0] or times[-1] < partner.times[0]
                if apart and len(partner.times) <= len(times):
                    times = tuple(sorted(times + partner.times))
                    break
        joined.append(replace(kind, times=times))
    return tuple(joined)


def _matching(kind: Kind) -> tuple[str, dict[str, object]]:
    condition = (
        "things = $things and shift between $shift - 3600 and $shift + 3600"
        " and record_number not in (select record_number from twin_equals)"
    )
    return condition, {"things": list(kind.things), "shift": kind.shift}


def _older(connection: duckdb.DuckDBPyConnection, kind: Kind) -> tuple[Older, ...]:
    """The reports that hold the earlier records of a kind, the one with the most first."""
    condition, parameters = _matching(kind)
    rows = connection.execute(
        f"""
        select reports.report_id, reports.file_name, reports.site_id, time_zone, date_format
        from twin_pairs
        inner join raw.reports as reports using (report_id)
        where {condition}
        group by all
        order by count(*) desc, report_id
        """,
        parameters,
    ).fetchall()
    return tuple(Older(*row) for row in rows)


def _example(connection: duckdb.DuckDBPyConnection, kind: Kind) -> tuple[str, str] | None:
    if IDS not in kind.things:
        return None
    condition, parameters = _matching(kind)
    row = connection.execute(
        f"select new_id, old_id from twin_pairs where {condition} and new_id is not null and old_id is not null"
        " order by all limit 1",
        parameters,
    ).fetchone()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class OldTimes:
    """The earlier reports that hold twins: their period, and how many records they have in that of the new one.

    Attributes:
        first: their first time.
        last: their last.
        count: their records whose twins would be in the period of the new report.
        equal_count: of the sample, the records that one of theirs equals.
        weight: records of the new report for each one in its sample.
    """

    first: datetime
    last: datetime
    count: int
    equal_count: int
    weight: float


def _old_times(
    connection: duckdb.DuckDBPyConnection, kind: Kind, old: Earlier, older: tuple[Older, ...], weight: float
) -> OldTimes:
    parameters: dict[str, object] = {"ids": [one.report_id for one in older]}
    first, last, *_ = connection.execute(
        "select min(first_occurred_at), max(last_occurred_at) from raw.reports where list_contains($ids, report_id)",
        parameters,
    ).fetchone() or (datetime.max, datetime.min)
    sampled = connection.execute("select moment from twin_sample").fetchall()
    expected = [before for (time,) in sampled if (before := kind.old_time(time)) is not None]
    count = number_of(
        connection,
        f"select count(*) from ({old.records})"
        " where list_contains($ids, report_id) and occurred_at between $first and $last",
        parameters | {"first": min(expected), "last": max(expected) + timedelta(seconds=60)},
    )
    equal = number_of(
        connection,
        "select count(distinct record_number) from twin_pairs where len(things) = 0 and list_contains($ids, report_id)",
        parameters,
    )
    return OldTimes(first, last, count, equal, weight)


def stands_out(compared: Compared, kind: Kind) -> bool:
    """Whether a kind of twins is no accident: it has enough times, and a shift stands out from other shifts."""
    return kind.moments >= FEWEST and (SHIFT not in kind.things or _is_one_shift(compared, kind))


def judge(compared: Compared, kind: Kind, old: OldTimes) -> bool | None:
    """Whether twins that stand out make the report a copy: True if it is refused, False if it is said, None if neither.

    Twins are compared with the records that could be twins: those of the report in the period of the earlier reports,
    or those of the earlier reports in the period of the report, whichever are fewer. Records that are equal are none.
    """
    new_count = sum(1 for time in compared.other if _is_within(kind.old_time(time), old))
    old_count = old.count - old.equal_count * old.weight
    share = max(
        len(kind.times) / max(new_count, len(kind.times)),
        len(kind.times) * old.weight / old_count if old_count >= len(kind.times) * old.weight else 0,
    )
    if LABEL in kind.things and share > SHARE:
        # A program changes a part of the labels of its copy. If more records are known, the report may be a download in
        # which people have edited texts.
        return len(kind.times) >= len(compared.equal)
    if SHIFT not in kind.things:
        return True if share > SHARE else None
    if kind.shift % DAY == 0:
        # People who come every day leave such twins, but hardly of everything that they do.
        if len(kind.times) < SHARE_OF_A_DAY * len(compared.other) or compared.equal:
            return None
        return kind.moments >= FEWEST_OF_A_DAY
    return True if share > SHARE and not _is_among_equals(compared, kind, old) else None


def _is_within(time: datetime | None, old: OldTimes) -> bool:
    minute = timedelta(seconds=60)
    return time is not None and old.first - minute <= time <= old.last + minute


def _is_one_shift(compared: Compared, kind: Kind) -> bool:
    """Whether the twins of one shift stand out: what is repeated every quarter of an hour has twins at many.

    Where no zone explains the shift, their times must be uneven: what a program reports at even times has twins at
    any shift.
    """
    if kind.shift % QUARTER:
        times = sorted(set(kind.times))
        if len({later - earlier for earlier, later in itertools.pairwise(times)}) < FEWEST - 1:
            return False
    others = (
        len(other.times)
        for other in compared.kinds
        if other.things == kind.things and abs(other.shift - kind.shift) not in (0, HOUR)
    )
    beside = sorted(
        len(other.times)
        for other in compared.kinds
        if other.things == kind.things and abs(other.shift - kind.shift) == HOUR
    )
    return len(kind.times) >= 2 * max([*others, *beside[:-1]], default=0)


def _is_among_equals(compared: Compared, kind: Kind, old: OldTimes) -> bool:
    """Whether other records of the same days equal earlier ones, so that no wrong zone explains the twins.

    Where a report goes on after the end of an earlier one, what is repeated has twins there and no equals.
    """
    if not compared.equal:
        return False
    inside = [time for time in kind.times if old.first <= time <= old.last]
    if len(inside) < FEWEST:
        return True
    return bisect_right(compared.equal, inside[-1]) - bisect_left(compared.equal, inside[0]) >= len(inside)
