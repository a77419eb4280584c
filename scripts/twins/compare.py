"""The steps of SQL: a sample of the new report, the earlier records that may be twins, and the pairs of both.

What they find is in temporary tables: ``twin_sample``, ``twin_found``, ``twin_pairs`` and others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from reports.ids import cleaned, cleaned_id, unless_null
from twins.judge import Compared, OldTimes, stands_out, with_summer_time
from twins.kinds import CONTENT, IDS, LABEL, SECONDS, SITE, TEXT, Kind, Older
from twins.labels import note_words
from twins.likeness import Probe, read_probes
from twins.records import Earlier
from warehouse.database import execute_again, number_of
from warehouse.raw import SAMPLE_SITE

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
SAMPLE_STEP, EARLIER_STEP, PROBE_STEP, COMPARE_STEP, SETTLE_STEP = (
    Path(__file__)
    .with_name(f"{step}.sql")
    .read_text(encoding="utf-8")
    .replace("{cleaned}", CLEANED.strip())
    .replace("{read}", READ.strip())
    for step in ("sample", "earlier", "probe", "compare", "settle")
)
# Records that equal earlier ones only if a clock runs late are no equals.
NOTE_EQUALS = """
    insert into twin_equals
    select distinct record_number, new_at from twin_pairs where len(things) = 0 and getvariable('twin_offset') = 0
"""
# Things in which some records of a copy may differ, and others in another.
MIXED = (TEXT, LABEL, IDS, CONTENT, SECONDS, SITE)
IS_OTHER = "record_number not in (select record_number from twin_equals)"
# Records of the sample that are looked for at any time.
PROBES = 200
# The numbers of the records of several reports that are compared at once are so far apart (twin_member in sample.sql).
MEMBER = 1_000_000_000


def note_earlier(connection: duckdb.DuckDBPyConnection, site_id: str, left_out: Iterable[str] = ()) -> None:
    """Note in ``twin_reports`` the earlier reports that count: the sample and your reports are not compared."""
    connection.execute(
        f"""
        create or replace temp table twin_reports as
        select report_id, site_id, time_zone, null::bigint as member
        from raw.reports
        where
            (site_id = '{SAMPLE_SITE}') = ($site = '{SAMPLE_SITE}')
            and landed_count > 0
            and not list_contains($left_out::varchar[], report_id)
        """,
        {"site": site_id, "left_out": list(left_out)},
    )


def take_sample(
    connection: duckdb.DuckDBPyConnection, sample: str, site_id: str, time_zone: str, old: Earlier, probes: int = PROBES
) -> None:
    """Take the sample, and give the steps the earlier records.

    Args:
        connection: where the manifest is.
        sample: SQL of the records that are compared.
        site_id: their site.
        time_zone: the zone of their dates.
        old: the earlier records.
        probes: how many of each report are looked for at any time.
    """
    for name, value in {"site": site_id, "zone": time_zone, "probes": probes}.items():
        connection.execute(f"set variable twin_{name} = $value", {"value": value})
    connection.execute(f"create or replace temp view twin_new as {sample}")
    show_earlier(connection, old)
    execute_again(connection, SAMPLE_STEP)


def show_earlier(connection: duckdb.DuckDBPyConnection, old: Earlier, offset: int = 0) -> None:
    """Give the steps the earlier records, as if each had been so many seconds later."""
    connection.execute(f"set variable twin_offset = {offset}")
    moved = f"select * replace (occurred_at + to_seconds({offset}) as occurred_at) from ({old.scanned})"
    connection.execute(f"create or replace temp view twin_old as {moved if offset else old.scanned}")


def find_earlier(connection: duckdb.DuckDBPyConnection, among: str = "true") -> None:
    """Find the earlier records around the days of those records of the sample for which a condition holds."""
    execute_again(connection, EARLIER_STEP.replace("{among}", among))


def probe(connection: duckdb.DuckDBPyConnection, periods: str = "", members: str = "") -> dict[int, list[Probe]]:
    """Some records of each report with the times at which the same users did the same, by the place of the report.

    Args:
        connection: where the sample is, and what `find_earlier` has left, which is looked at.
        periods: a condition for earlier records that are looked at as well.
        members: a table of other reports that are compared at once.
    """
    columns = "user_id, category, action, label, content_id, occurred_at"
    sources = [f"select {columns}, null as member from twin_first_found"]
    if periods:
        users = "user_id in (select written_user_id from twin_probe)"
        sources.append(f"select {columns}, null from twin_old where ({periods}) and {users}")
    if members:
        sources.append(f"select {columns}, member from {members}")
    execute_again(connection, PROBE_STEP.replace("{where}", " union all ".join(sources)))
    return read_probes(connection)


def compare_sample(connection: duckdb.DuckDBPyConnection, whole: str) -> dict[int, Compared]:
    """Compare the sample with what was found; a result for each report by its place, and a single one has place 0.

    Args:
        connection: where the sample is, and what `find_earlier` has left.
        whole: SQL of it with all columns (`Earlier`).
    """
    execute_again(connection, COMPARE_STEP.replace("{whole}", whole))
    texts = f"select count(*) from twin_pairs where list_contains(things, '{TEXT}')"
    if number_of(connection, texts):
        note_words(connection)
        execute_again(connection, SETTLE_STEP)
    execute_again(connection, NOTE_EQUALS)
    kinds: dict[int, list[Kind]] = {}
    for member, things, shift, times in connection.execute(
        f"""
        select twin_member(record_number), things, shift, list(new_at order by new_at)
        from (select distinct things, shift, record_number, new_at from twin_pairs where {IS_OTHER})
        group by 1, 2, 3
        """
    ).fetchall():
        kinds.setdefault(member, []).append(Kind(tuple(things), shift, tuple(times)))
    equal = _times_by_member(connection, "select record_number, new_at as moment from twin_equals")
    other = _times_by_member(connection, f"from twin_sample where {IS_OTHER}")
    return {
        member: Compared(with_summer_time(kinds.get(member, ())), equal.get(member, ()), other.get(member, ()))
        for member in {0, *kinds}
    }


def _times_by_member(connection: duckdb.DuckDBPyConnection, records: str) -> dict[int, tuple[datetime, ...]]:
    found = connection.execute(
        f"select twin_member(record_number), list(moment order by moment) from ({records}) group by 1"
    ).fetchall()
    return {member: tuple(times) for member, times in found}


def have_other_ids(connection: duckdb.DuckDBPyConnection, old: Earlier) -> bool:
    """Whether most records of a report in the sample are of people who have another id elsewhere, by their e-mails."""
    if not old.ids:
        return False
    most = f"""
        with ids as (
            select lower(email) as email, user_id from ({old.ids}) where lower(email) in (select email from twin_sample)
            union all
            select email, written_user_id from twin_sample
        ),
        several as (
            select email from ids where email is not null group by 1 having count(distinct user_id) > 1
        )
        select coalesce(bool_or(is_most)::integer, 0) from (
            select 2 * count(*) filter (where email in (select email from several)) > count(*) as is_most
            from twin_sample
            group by twin_member(record_number)
        )
    """
    return number_of(connection, most) == 1


def with_earlier_ids(connection: duckdb.DuckDBPyConnection, sample: str, old: Earlier) -> str:
    """SQL of the sample, where each user has the only earlier id of the same e-mail."""
    connection.execute(
        f"""
        create or replace temp table twin_ids as
        select lower(email) as known_email, min(user_id) as known_id
        from ({old.ids})
        where lower(email) in (select email from twin_sample)
        group by 1
        having count(distinct user_id) = 1
        """
    )
    return (
        f"select sample.* replace (coalesce(known_id, user_id) as user_id) from ({sample}) as sample"
        " left join twin_ids on lower(trim(sample.email)) = known_email"
    )


def older_of(connection: duckdb.DuckDBPyConnection, records: str, parameters: dict[str, object]) -> tuple[Older, ...]:
    """The reports that count and hold some earlier records, the one with the most first."""
    rows = connection.execute(
        f"""
        select report_id, file_name, reports.site_id, reports.time_zone, date_format
        from (select report_id, count(*) as found_count from {records} group by 1)
        inner join twin_reports using (report_id)
        inner join raw.reports as reports using (report_id)
        order by found_count desc, report_id
        """,
        parameters,
    ).fetchall()
    return tuple(Older(*row) for row in rows)


def pairs_of(kind: Kind) -> tuple[str, dict[str, object]]:
    """SQL of the pairs of a kind, to select from, and its parameters."""
    is_of_kind = "list_contains($things::varchar[][], things) and shift between $shift - 3600 and $shift + 3600"
    return f"twin_pairs where {is_of_kind} and {IS_OTHER}", {"things": kind.things_of_each, "shift": kind.shift}


def mixture_of(connection: duckdb.DuckDBPyConnection, compared: Compared) -> list[Kind]:
    """One kind of all records that differ in their letters, their labels, or such things at the same second.

    A spreadsheet changes letters in some records and labels in others.
    """
    parts = [kind for kind in compared.kinds if {*MIXED}.issuperset(kind.things) and stands_out(compared, kind)]
    if len(parts) < 2 or not any({TEXT, LABEL} & {*kind.things} for kind in parts):
        return []
    all_things = tuple(thing for thing in MIXED if any(thing in kind.things for kind in parts))
    mixture = Kind(all_things, 0, (), tuple(kind.things for kind in parts))
    pairs, parameters = pairs_of(mixture)
    times = connection.execute(
        f"select distinct record_number, new_at from {pairs} order by new_at, record_number", parameters
    ).fetchall()
    return [replace(mixture, times=tuple(time for _, time in times))]


def example_of(connection: duckdb.DuckDBPyConnection, kind: Kind) -> tuple[str, str] | None:
    """An id in the new report and the earlier one, where they differ."""
    if IDS not in kind.things:
        return None
    pairs, parameters = pairs_of(kind)
    ids = f"select new_id, old_id from {pairs} and new_id is not null and old_id is not null order by all limit 1"
    row = connection.execute(ids, parameters).fetchone()
    return (row[0], row[1]) if row else None


def old_times_of(
    connection: duckdb.DuckDBPyConnection, kind: Kind, old: Earlier, older: tuple[Older, ...], weight: float
) -> OldTimes:
    """What `judge` must know of the earlier reports that hold twins of a kind."""
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
    equal_count = number_of(
        connection,
        "select count(distinct record_number) from twin_pairs where len(things) = 0 and list_contains($ids, report_id)",
        parameters,
    )
    return OldTimes(first, last, count, equal_count, weight)
