"""How the records of activity reports are kept in the schema raw: each distinct one once (``raw_tables.sql``).

Events (``raw.events``) are apart from the names of users and pages (``raw.user_names``, ``raw.content_names``), because
names change between two downloads and events don't. A record (``raw.records``) is an event with its two names, and a
report (``raw.report_records``) is a list of records. The view ``raw.activities`` puts all of it together again, word
for word. docs/decisions/0020 says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from warehouse.database import number_of, text_of

# The committed sample is landed as this site, which no other reports have.
SAMPLE_SITE = "sample"
# As raw.activities writes a date if only its time is kept.
DATE_TEXT = "%Y-%m-%d %H:%M:%S"

USER_NAME = ("user_id", "first_name", "last_name", "company", "email")
CONTENT_NAME = ("content_id", "content_name", "content_slug")
EVENT_TEXTS = ("user_id", "category", "action", "label", "date", "content_id", "extra_columns")
EVENT = (*EVENT_TEXTS, "occurred_at", "time_flag")
NAMES = {"user_name": USER_NAME, "content_name": CONTENT_NAME}
# Fewer records are copied before they are stored: to plan what makes them takes longer, for each statement.
MANY = 10_000
# The tables that hold the texts of records.
TEXTS = ("events", "user_names", "content_names")
# The temporary table of ``Stored.copies``.
COPIES = "arriving_copies"

# The first and the last time of some records; nothing where there are none.
Span = tuple[datetime | None, datetime | None]

# A query for those records of a report for which a condition over record_number holds, with the columns of
# raw.activities but for report_id.
Source = Callable[[str], str]


class EqualRecords(Exception):
    """A record of a report equals one of those that it has from an earlier one, so that its place decides its id."""


@dataclass(frozen=True)
class Held:
    """The records of an earlier report with which a report begins or ends, all of them and in their order.

    Attributes:
        number: the number of the earlier report.
        count: its records.
        is_first: whether the report begins with them.
    """

    number: int
    count: int
    is_first: bool

    def places(self, count: int) -> range:
        """The places of these records among all of a report, counted from 0."""
        return range(self.count) if self.is_first else range(count - self.count, count)


@dataclass(frozen=True)
class Stored:
    """What was stored of a report.

    Attributes:
        count: its records.
        new_count: those of them that are events that no record held before.
        number: its number; 0 for unique users.
        ids: the first and the last id that its records and their events can have, if no earlier report has any of them.
        held: those of its records that were stored as those of an earlier report.
        copies: the temporary table of the records that equal one before them in their report, with ``record_number``,
            ``written_date`` and the ``first_number`` of the equal ones; blank where there are none. Of reports that
            were stored at once it holds those of all.
    """

    count: int
    new_count: int
    number: int = 0
    ids: tuple[int, int] | None = None
    held: Held | None = None
    copies: str = ""

    @property
    def records(self) -> str:
        """SQL of its records in the tables, each with all that raw.activities puts together, to select from.

        Those that it holds of an earlier report are left out: they were counted with that one.
        """
        condition = f"report_records.report_number = {self.number}"
        if self.held is not None:
            own = f"> {self.held.count}" if self.held.is_first else f"<= {self.count - self.held.count}"
            condition += f" and report_records.record_number {own}"
        if self.ids is not None:
            # Otherwise DuckDB would read much of what was there before.
            condition += "".join(
                f" and {column} between {self.ids[0]} and {self.ids[1]}"
                for column in ("report_records.record_id", "records.record_id", "records.event_id", "events.event_id")
            )
        return f"""
            raw.report_records
            inner join raw.records on report_records.record_id = records.record_id
            inner join raw.events on records.event_id = events.event_id
            inner join raw.user_names on records.user_name_id = user_names.user_name_id
            inner join raw.content_names on records.content_name_id = content_names.content_name_id
            where {condition}
        """


def store_table(connection: duckdb.DuckDBPyConnection, table: str, report_id: str, site_id: str) -> Stored:
    """Store the records of a report that a table holds in the form of ``raw.activities``."""
    columns = ", ".join(("record_number", *dict.fromkeys((*EVENT, *USER_NAME, *CONTENT_NAME))))
    # An older version kept fractions.
    in_seconds = "replace (date_trunc('second', occurred_at) as occurred_at)"
    of_report = f"select * {in_seconds} from (select {columns} from {table} where report_id = {text_of(report_id)})"
    [stored] = store_records(connection, [report_id], site_id, lambda condition: f"{of_report} where {condition}")
    return stored


def store_records(
    connection: duckdb.DuckDBPyConnection,
    report_ids: Sequence[str],
    site_id: str,
    source: Source,
    span: Span | None = None,
    record_count: int = MANY,
    held: Held | None = None,
) -> list[Stored]:
    """Store the records of reports, each as a reference to what is known of it, in the transaction of the caller.

    Args:
        connection: the warehouse.
        report_ids: the report; or several small ones of one form, and the outcome is as if one came after the other.
        site_id: their site.
        source: where the records come from, in the order of the file. It is asked several times. Of several reports
            the numbers go on from one to the next, ``member`` is the place of the report among them, and
            ``number_in_report`` the record's number in it.
        span: a time before all of them and one after, if the caller knows them.
        record_count: how many records there are at most. A few are copied first.
        held: the records that the report has besides, as an earlier one has them. The source numbers the others by
            their place in the report.

    Returns:
        How many records each report has, and how many are new.

    Raises:
        EqualRecords: one of the source equals one of those that are held.
    """
    next_ids, site = _next_ids(connection), text_of(site_id)
    base, is_group, is_copied = next_ids.last_record, len(report_ids) > 1, record_count < MANY
    connection.execute(
        f"create or replace temp {'table' if is_copied else 'view'} arriving as {_in_kept_form(source('true'))}"
    )
    for kind in NAMES:
        _store_names(connection, site, kind, next_ids.last_names[kind])
    copies = _find_copies(connection, ("member",) if is_group else ())
    known = _known_span(connection, site, span or _span_of(connection)) if base else (None, None)
    has_known = known[0] is not None
    _find_known(connection, site, known, next_ids, copies)
    if held is not None and has_known:
        _refuse_equals(connection, held)
    if is_group:
        connection.execute(
            EQUAL_EVENTS.format(event=", ".join(EVENT), base=base, copies=copies.join, copy=copies.number)
        )
    new = None
    if has_known or is_group:
        of_new = "record_number in (select record_number from arrived where event_id is null)"
        new = f"(from arriving where {of_new})" if is_copied else f"({_in_kept_form(source(of_new))})"
    _store_events(connection, new or "arriving", site, base, copies)
    if held is not None:
        _store_held(connection, next_ids.report, held)
    stored = _store_places(connection, next_ids, report_ids, held, has_known=has_known)
    used = [f"drop {'table' if is_copied else 'view'} arriving", "drop table arrived"]
    used += ["drop table filed"] * has_known
    connection.execute("; ".join(used))
    return [replace(one, copies=COPIES if copies.are_there else "") for one in stored]


# If several reports are stored at once, equal events of two of them share the id of the first, and so do records.
EQUAL_EVENTS = """
update arrived set event_id = {base} + first_number
from (
    select
        arriving.record_number as place,
        min(arriving.record_number) over (partition by {event}, {copy}) as first_number
    from arriving {copies}
) as firsts
where record_number = place and event_id is null and first_number < place
"""
EQUAL_RECORDS = """
update {filed} set record_id = {base} + first_number
from (
    select
        record_number as place,
        min(record_number) over (
            partition by coalesce(event_id, {base} + record_number), user_name_id, content_name_id
        ) as first_number
    from {filed}
) as firsts
where record_number = place and record_id is null and first_number < place
"""


@dataclass(frozen=True)
class _NextIds:
    """Which ids come next.

    Attributes:
        report: the number of the next report.
        last_record: the last id of the reports before it. An id is the record's number in the file that holds it first,
            counted on from the files before.
        last_names: the last ids of the names, by their kind.
    """

    report: int
    last_record: int
    last_names: dict[str, int]


def _next_ids(connection: duckdb.DuckDBPyConnection) -> _NextIds:
    last_names = ", ".join(f"(select coalesce(max({kind}_id), 0) from raw.{kind}s)" for kind in NAMES)
    number, last_id, *lasts = connection.execute(
        f"select coalesce(max(report_number), 0) + 1, coalesce(max(last_id), 0), {last_names} from raw.report_numbers"
    ).fetchone() or (1, 0, 0, 0)
    return _NextIds(number, last_id, dict(zip(NAMES, lasts, strict=True)))


def _in_kept_form(query: str) -> str:
    date = f"nullif(date, strftime(occurred_at, '{DATE_TEXT}'))"
    time = "occurred_at::timestamp::timestamp_s"
    return f"select * replace ({date} as date, {time} as occurred_at), date as written_date from ({query})"


def _store_names(connection: duckdb.DuckDBPyConnection, site: str, kind: str, last: int) -> None:
    columns = ", ".join(NAMES[kind])
    # To look for known ones where there are none takes a quarter of the time.
    known = f"except select {columns} from raw.{kind}s where site_id = {site}" if last else ""
    connection.execute(
        f"""
        insert into raw.{kind}s
        select {last} + row_number() over (order by {columns}), {site}, {columns}
        from (select distinct {columns} from arriving {known})
        """
    )


@dataclass(frozen=True)
class _Copies:
    """Whether records of a report are equal to one before them, and SQL of the number that keeps these apart."""

    are_there: bool

    @property
    def join(self) -> str:
        return f"left join {COPIES} on arriving.record_number = {COPIES}.record_number" if self.are_there else ""

    @property
    def number(self) -> str:
        return f"coalesce({COPIES}.copy_number, 1)" if self.are_there else "1"


def _find_copies(connection: duckdb.DuckDBPyConnection, report: tuple[str, ...] = ()) -> _Copies:
    """Number the records of a report that are equal to one before them; they are few.

    Args:
        connection: the warehouse.
        report: the column that says which report it is, if there are several.
    """
    # By the date as it is written: where the texts are equal, so is the time, and it need not be read for that.
    texts = ", ".join((*report, *EVENT_TEXTS)).replace("date", "written_date")
    # Few records share user and time. Only their other texts are compared.
    user_and_time = ", ".join((*report, "user_id", "written_date"))
    if not number_of(
        connection,
        f"create or replace temp table repeated_times as select hash({user_and_time}) as found from arriving"
        " group by 1 having count(*) > 1",
    ):
        return _Copies(are_there=False)
    if not number_of(
        connection,
        f"""
        create or replace temp table alike as
        select record_number from (
            select record_number, hash({texts}) as texts_hash
            from arriving
            where hash({user_and_time}) in (from repeated_times)
        )
        qualify count(*) over (partition by texts_hash) > 1
        """,
    ):
        return _Copies(are_there=False)
    connection.execute(
        f"""
        create or replace temp table {COPIES} as
        select * from (
            select
                record_number,
                written_date,
                min(record_number) over (partition by {texts}) as first_number,
                row_number() over (partition by {texts} order by record_number) as copy_number
            from arriving
            where record_number in (from alike)
        )
        where copy_number > 1
        """
    )
    return _Copies(are_there=True)


def _span_of(connection: duckdb.DuckDBPyConnection) -> Span:
    first, last = connection.execute("select min(occurred_at), max(occurred_at) from arriving").fetchone() or (
        None,
        None,
    )
    return first, last


# By the time, so that a report of a day reads that day and not all that is there.
KNOWN_EVENTS = (
    "select * from raw.events where site_id = {site} and occurred_at between $first::timestamp_s and $last::timestamp_s"
)


def _known_span(connection: duckdb.DuckDBPyConnection, site: str, span: Span) -> Span:
    """The first and the last time of the events of the site that can be some of the report."""
    known = KNOWN_EVENTS.format(site=site)
    found = connection.execute(
        f"select min(occurred_at), max(occurred_at) from ({known})", {"first": span[0], "last": span[1]}
    )
    first, last = found.fetchone() or (None, None)
    return first, last


def _find_known(
    connection: duckdb.DuckDBPyConnection, site: str, span: Span, next_ids: _NextIds, copies: _Copies
) -> None:
    """Find what is known of each record of the report.

    The temporary table ``arrived`` has for each record the event and the record, if there is one, and the names.

    Args:
        connection: the warehouse.
        site: the site, as SQL.
        span: the times of the events that can be known; nothing where none can be.
        next_ids: whose names were the last before the report.
        copies: its copies.
    """
    has_known = span[0] is not None
    names = " ".join(
        f"inner join ({_names_of(kind, site, is_first=not next_ids.last_names[kind])}) as {kind}s"
        f" on {_are_equal('arriving', f'{kind}s', columns)}"
        for kind, columns in NAMES.items()
    )
    # Records of other times are left out before their texts are compared.
    known = f"""
        left join (
            select arriving.record_number, events.event_id
            from arriving
            {copies.join}
            inner join ({KNOWN_EVENTS.format(site=site)}) as events
                on {_are_equal("arriving", "events", EVENT)} and {copies.number} = events.copy_number
            where arriving.occurred_at between $first::timestamp_s and $last::timestamp_s
        ) as known on arriving.record_number = known.record_number
    """
    connection.execute(
        f"""
        create or replace temp table arrived as
        select
            arriving.record_number,
            {"known.event_id" if has_known else "null::bigint as event_id"},
            user_names.user_name_id,
            content_names.content_name_id,
            null::bigint as record_id
        from arriving
        {known if has_known else ""}
        {names}
        """,
        {"first": span[0], "last": span[1]} if has_known else None,
    )


def _names_of(kind: str, site: str, *, is_first: bool) -> str:
    """The names of a site, each once. They can only be there twice if names were replaced since (make forget)."""
    if is_first:
        return f"from raw.{kind}s"
    columns = ", ".join(NAMES[kind])
    return f"select min({kind}_id) as {kind}_id, {columns} from raw.{kind}s where site_id = {site} group by all"


def _are_equal(one: str, other: str, columns: Sequence[str]) -> str:
    return " and ".join(f"{one}.{column} is not distinct from {other}.{column}" for column in columns)


def _store_events(connection: duckdb.DuckDBPyConnection, new: str, site: str, base: int, copies: _Copies) -> None:
    """Store what is new."""
    columns = ", ".join(f"arriving.{column}" for column in EVENT)
    connection.execute(
        f"""
        insert into raw.events by name
        select
            {base} + arriving.record_number as event_id,
            {site} as site_id,
            {columns},
            {copies.number} as copy_number
        from {new} as arriving
        {copies.join}
        """
    )


def _refuse_equals(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    """Raise EqualRecords if a record that arrived is an event of those that are held."""
    if number_of(
        connection,
        f"""
        select count(*)
        from raw.report_records
        inner join raw.records on report_records.record_id = records.record_id
        where
            report_records.report_number = {held.number}
            and records.event_id in (select event_id from arrived where event_id is not null)
        """,
    ):
        raise EqualRecords


def _store_held(connection: duckdb.DuckDBPyConnection, number: int, held: Held) -> None:
    """Give a report the records that it holds of an earlier one. Most of the others are new, and so come after them."""
    before = 0 if held.is_first else number_of(connection, "select count(*) from arrived")
    connection.execute(
        f"""
        insert into raw.report_records
        select {number}, record_number + {before}, record_id from raw.report_records
        where report_number = {held.number}
        """
    )


def _store_places(
    connection: duckdb.DuckDBPyConnection,
    next_ids: _NextIds,
    report_ids: Sequence[str],
    held: Held | None,
    *,
    has_known: bool,
) -> list[Stored]:
    """Store the records that are no record of an earlier report, and which record stands at which place.

    Numbers that follow one another take next to no space, so records are stored in the order of the file, and places in
    that of their records. Where some names have changed since, the records of one file stand among those of others.
    """
    base, filed = next_ids.last_record, "arrived"
    if has_known:
        filed = "filed"
        connection.execute(
            """
            create or replace temp table filed as
            select arrived.* replace (records.record_id as record_id)
            from arrived
            left join (
                from raw.records
                where event_id between (select min(event_id) from arrived) and (select max(event_id) from arrived)
            ) as records using (event_id, user_name_id, content_name_id)
            """
        )
    member, number_in_report, placed = "0", "record_number", filed
    if len(report_ids) > 1:
        connection.execute(EQUAL_RECORDS.format(base=base, filed=filed))
        member, number_in_report = "member", "number_in_report"
        places = "(select record_number, member, number_in_report from arriving)"
        placed = f"{filed} inner join {places} using (record_number)"
    connection.execute(
        f"""
        insert into raw.records
        select {base} + record_number, coalesce(event_id, {base} + record_number), user_name_id, content_name_id
        from {filed} where record_id is null
        order by record_number
        """
    )
    connection.execute(
        f"""
        insert into raw.report_records
        select {next_ids.report} + {member}, {number_in_report}, coalesce(record_id, {base} + record_number)
        from {placed}
        order by 1, 3
        """
    )
    return _number_reports(
        connection,
        next_ids,
        report_ids,
        f"""
        select {member} as member, count(*), count(*) filter (where event_id is null), max(record_number)
        from {placed}
        group by 1
        """,
        held,
        has_known=has_known,
    )


def _number_reports(
    connection: duckdb.DuckDBPyConnection,
    next_ids: _NextIds,
    report_ids: Sequence[str],
    counts: str,
    held: Held | None,
    *,
    has_known: bool,
) -> list[Stored]:
    """Give the reports their numbers, and say what was stored of each."""
    number, base = next_ids.report, next_ids.last_record
    by_member = {member: found for member, *found in connection.execute(counts).fetchall()}
    stored, lasts, last = [], [], 0
    for member in range(len(report_ids)):
        count, new_count, last = by_member.get(member, (0, 0, last))
        if held is not None:
            count = last = count + held.count
        lasts.append(base + last)
        ids = None if has_known else (base + 1, base + last)
        stored.append(Stored(count, new_count, number + member, ids, held))
    connection.execute(
        "insert into raw.report_numbers"
        " select $number + unnest(range(len($ids))), unnest($ids::varchar[]), unnest($lasts::bigint[])",
        {"number": number, "ids": list(report_ids), "lasts": lasts},
    )
    return stored


def delete_records(connection: duckdb.DuckDBPyConnection, condition: str, parameters: dict[str, object]) -> None:
    """Delete records of reports, and what no report holds any more, in the transaction of the caller.

    Args:
        connection: the warehouse.
        condition: SQL over the columns of ``raw.report_records`` for which.
        parameters: the values of the condition.
    """
    connection.execute(f"delete from raw.report_records where {condition}", parameters)
    for table, key, user in (
        ("records", "record_id", "report_records"),
        ("events", "event_id", "records"),
        ("user_names", "user_name_id", "records"),
        ("content_names", "content_name_id", "records"),
    ):
        connection.execute(f"delete from raw.{table} where {key} not in (select {key} from raw.{user})")


def renumber_copies(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell events apart that have become equal, because a name in them was replaced."""
    event = ", ".join(("site_id", *EVENT))
    connection.execute(
        f"""
        update raw.events set copy_number = renumbered.copy_number
        from (
            select event_id, row_number() over (partition by {event} order by copy_number, event_id) as copy_number
            from raw.events
            where hash({event}) in (select hash({event}) from raw.events group by 1 having count(*) > 1)
        ) as renumbered
        where events.event_id = renumbered.event_id and events.copy_number <> renumbered.copy_number
        """
    )


def delete_all_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete the records of all activity reports; their numbers stay used."""
    for table in ("report_records", "records", *TEXTS):
        connection.execute(f"delete from raw.{table}")
    connection.execute("update raw.report_numbers set report_id = null")


def delete_activity_reports(connection: duckdb.DuckDBPyConnection, report_ids: list[str]) -> None:
    """Delete the records of reports; their numbers stay used."""
    of_reports = "select report_number from raw.report_numbers where list_contains($report_ids, report_id)"
    delete_records(connection, f"report_number in ({of_reports})", {"report_ids": report_ids})
    connection.execute(
        "update raw.report_numbers set report_id = null where list_contains($report_ids, report_id)",
        {"report_ids": report_ids},
    )
