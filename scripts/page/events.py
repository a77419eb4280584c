"""Events: parts of the marts by site, days and pages, which ``seeds/site/events.csv`` names.

An event is the same marts with fewer rows: views with the names of the tables, in a database in memory. So each query
of the page reads an event as it reads everything.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from naming.seed_csv import SeedError
from naming.seed_rules import SITE_SEEDS, read_rules
from naming.site_seeds import check
from warehouse.database import identifier, opened, text_of
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT

SEED = "events"
# The day of a row, by the name of its column; the first that a table has counts.
DAYS = ("occurred_date", "session_date", "activity_date", "booked_date", "standing_date")
TABLES = """
select schema_name, table_name, list(column_name)
from duckdb_columns()
where database_name = current_database() and schema_name in ('marts', 'restricted', 'site')
group by all
"""


@dataclass(frozen=True)
class Part:
    """A part of an event; None stands for all."""

    site_id: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    content_id: str | None = None


@dataclass(frozen=True)
class Event:
    """An event by its name, and the parts that it has."""

    name: str
    parts: tuple[Part, ...]

    @property
    def is_bounded(self) -> bool:
        """Whether it has less than its sites: only some days or some pages."""
        return any(part.starts_on or part.ends_on or part.content_id for part in self.parts)

    @property
    def has_days(self) -> bool:
        """Whether it has less than all days."""
        return any(part.starts_on or part.ends_on for part in self.parts)

    @property
    def begins(self) -> date | None:
        """Its first day; None where a part has no beginning."""
        days = [part.starts_on for part in self.parts]
        return None if None in days else min(day for day in days if day)

    @property
    def sites(self) -> frozenset[str | None]:
        """The sites of its parts."""
        return frozenset(part.site_id for part in self.parts)


def read_events(root: Path = PROJECT_ROOT) -> list[Event]:
    """The events of the seed, in its order.

    Raises:
        WarehouseError: the file is not in order; the message says all of it.
    """
    path = root / SITE_SEEDS / f"{SEED}.csv"
    if not path.is_file():
        return []
    try:
        checked = check(path.read_bytes(), path.name, read_rules(root)[SEED])
    except SeedError as error:
        raise WarehouseError(str(error)) from error
    parts: dict[str, list[Part]] = {}
    for row in checked.rows:
        value = dict(zip(checked.columns, row, strict=True))
        parts.setdefault(value["event_name"], []).append(
            Part(
                value["site_id"] or None, _day(value["starts_on"]), _day(value["ends_on"]), value["content_id"] or None
            )
        )
    return [Event(name, tuple(of_event)) for name, of_event in parts.items()]


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def events_of(connection: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> list[Event]:
    """The events that a copy has an activity of, the newest first."""
    there = [
        event
        for event in events
        if connection.execute(
            f"select 1 from marts.fct_activities where {_condition(event, ('site_id', 'content_id', DAYS[0]))} limit 1"
        ).fetchone()
    ]
    return sorted(there, key=lambda event: event.begins or date.min, reverse=True)


def event_before(event: Event, events: Sequence[Event]) -> Event | None:
    """The newest event of the same sites that began before this one."""
    earlier = [
        other
        for other in events
        if event.begins and other.begins and other.begins < event.begins and other.sites & event.sites
    ]
    return max(earlier, key=lambda other: other.begins or date.min, default=None)


@contextmanager
def marts_of(database: Path, event: Event | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of a copy, read-only; of an event those rows that are its own."""
    with opened(database) as connection:
        if event is None:
            yield connection
            return
        [(copy,)] = connection.execute("select current_database()").fetchall()
        # Two events of one file share what is attached to it.
        views = f"event_{secrets.token_hex(4)}"
        connection.execute(f"attach ':memory:' as {views} (read_write)")
        _show_only(connection, event, copy, views)
        connection.execute(f"use {views}")
        yield connection
        connection.execute(f"use {identifier(copy)}; detach {views}")


def _show_only(connection: duckdb.DuckDBPyConnection, event: Event, copy: str, views: str) -> None:
    tables = connection.execute(TABLES).fetchall()
    for schema in {schema for schema, _, _ in tables}:
        connection.execute(f"create schema {views}.{identifier(schema)}")
    # What is limited by the activities or the sessions of the event comes after them.
    for schema, table, columns in sorted(
        tables, key=lambda one: (one[1] != "fct_activities", one[1] != "fct_sessions")
    ):
        condition = " and ".join([_condition(event, columns), *_by_others(event, table, columns, views)])
        connection.execute(
            f"create view {views}.{identifier(schema, table)} as"
            f" select * from {identifier(copy, schema, table)} where {condition}"
        )


def _condition(event: Event, columns: Sequence[str]) -> str:
    """The rows of an event, as far as the columns of a table say."""
    day = next((name for name in DAYS if name in columns), None)
    parts = []
    for part in event.parts:
        conditions = ["true"]
        if part.site_id and "site_id" in columns:
            conditions.append(f"site_id = {text_of(part.site_id)}")
        if part.content_id and "content_id" in columns:
            conditions.append(f"content_id = {text_of(part.content_id)}")
        if day:
            # A row without a day, such as a session without people, is judged by its page.
            conditions.extend(
                f"({day} is null or {day} {sign} date '{bound}')"
                for sign, bound in ((">=", part.starts_on), ("<=", part.ends_on))
                if bound
            )
        parts.append(f"({' and '.join(conditions)})")
    return f"({' or '.join(parts)})"


def _by_others(event: Event, table: str, columns: Sequence[str], views: str) -> Iterator[str]:
    if table == "fct_activities" or (not event.is_bounded and "site_id" in columns):
        return
    day = next((name for name in DAYS if name in columns), None)
    if "content_key" in columns:
        among = f"content_key in (select content_key from {views}.marts.fct_activities)"
        yield f"({day} is not null or {among})" if day else f"({among})"
    elif "session_key" in columns and table != "fct_sessions":
        yield f"session_key in (select session_key from {views}.marts.fct_sessions)"


def counts_whole_site(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether a query counts the whole site of an event: a table that it is made of has no days and no pages."""
    return any(
        not columns & {"content_key", "content_id", "session_key", *DAYS} for columns in _bases(connection, query)
    )


def counts_all_days(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether a query counts all days of the pages of an event: a table that it is made of has no days."""
    return any(
        columns & {"content_key", "content_id"} and not columns & {"session_key", *DAYS}
        for columns in _bases(connection, query)
    )


def _bases(connection: duckdb.DuckDBPyConnection, query: str) -> list[set[str]]:
    """The columns of the tables that a query begins and ends with: what is between only adds to these."""
    tables = re.findall(r"\bfrom ((?:marts|restricted)\.\w+)", query)
    found = [connection.execute(f"select * from {table} limit 0").description for table in tables[:1] + tables[-1:]]
    return [{column[0] for column in columns or ()} for columns in found]


def file_names(events: Sequence[Event]) -> dict[Event, str]:
    """The file of each event's page: its name in plain letters, with a number where two would be the same."""
    names: dict[Event, str] = {}
    for event in events:
        plain = unicodedata.normalize("NFKD", event.name).encode("ascii", "ignore").decode().lower()
        stem = f"event-{re.sub(r'[^a-z0-9]+', '-', plain).strip('-') or 'x'}"
        taken = [name for name in names.values() if re.fullmatch(rf"{re.escape(stem)}(-\d+)?\.html", name)]
        names[event] = f"{stem}-{len(taken) + 1}.html" if taken else f"{stem}.html"
    return names
