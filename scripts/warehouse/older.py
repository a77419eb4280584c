"""How the schema raw of an older version becomes that of today; ``prepare_raw`` does it when a command opens it.

Tables and columns that are new are in ``raw_tables.sql``, where names that have changed are changed too. Here is what
takes more: records that were kept in another way. A landing in Parquet is upgraded by ``landing.older_landings``.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.raw import store_table
from warehouse.rejections import Kind

# Times had fractions of a second, which the date has too, word for word. The rows are copied, because DuckDB can't
# replay an alter with a function from its log after a kill.
SET_ASIDE_EVENTS = "drop view if exists raw.activities; alter table raw.events rename to older_events"
TAKE_EVENTS_OVER = """
insert into raw.events by name
select * replace (date_trunc('second', occurred_at) as occurred_at) from raw.older_events;
drop table raw.older_events
"""

# Before that a table had a row per record of each report, with all its texts.
OLDER_ACTIVITIES = "older_activities"

# Rejected records had a reason alone, and the day that MIN_DATE or MAX_DATE would let in was a part of it.
_KIND_BY_REASON = {
    "it named a user who was forgotten": Kind.NAMES_FORGOTTEN,
    "the user was forgotten": Kind.FORGOTTEN,
    "it is older than the time": Kind.EXPIRED,
    "it is blank": Kind.BLANK,
    "it is the header": Kind.HEADER,
    "it has too few fields": Kind.TOO_FEW_FIELDS,
    "it has too many fields": Kind.TOO_MANY_FIELDS,
    "a double quote is not closed": Kind.OPEN_QUOTE,
    "a field goes on in double quotes": Kind.STRAY_QUOTE,
    "it is longer than 2 MB": Kind.TOO_LONG,
    "it is not in ": Kind.OTHER_ENCODING,
    "a spreadsheet could not show the id": Kind.LOST_ID,
    "a spreadsheet has shortened the id": Kind.SHORTENED_ID,
    "nothing says who it is": Kind.NO_USER,
    "it has no date": Kind.NO_DATE,
    "its date is the one": Kind.NEVER,
    "its year ": Kind.OTHER_CALENDAR,
    "nothing can have happened": Kind.EARLY_DATE,
    "it is in the future": Kind.FUTURE_DATE,
    "it lies in the future": Kind.FUTURE_DATE,
    "the date cannot be read": Kind.UNREADABLE_DATE,
}
KIND_OF_OLDER = (
    "case "
    + " ".join(f"when starts_with(reason, '{words}') then '{kind}'" for words, kind in _KIND_BY_REASON.items())
    + f" else '{Kind.UNREADABLE}' end"
)
DAY_OF_OLDER = "try_cast(regexp_extract(reason, 'make build M(?:IN|AX)_DATE=(.+)$', 1) as date)"
NAME_KINDS = f"""
update raw.rejected_records set kind = {KIND_OF_OLDER}, impossible_date = {DAY_OF_OLDER} where kind is null
"""


@dataclass(frozen=True)
class RawSchema:
    """What a warehouse has of the schema raw.

    Attributes:
        tables: its tables and views, each with which of the two it is.
        has_fractions: whether the times of events have the type of an older version.
        has_newest_column: whether the rejected records have the columns that were added last.
        main_tables: the tables of its schema main.
    """

    tables: dict[str, str]
    has_fractions: bool
    has_newest_column: bool
    main_tables: frozenset[str]

    @property
    def is_by_record(self) -> bool:
        """Whether it has a row per record of each report."""
        return self.tables.get("activities") == "table"

    @property
    def is_older(self) -> bool:
        """Whether records are kept in another way than today."""
        return self.is_by_record or self.has_fractions or not self.has_newest_column


def raw_schema_of(connection: duckdb.DuckDBPyConnection) -> RawSchema:
    """See what a warehouse has of the schema raw."""
    of_this = "where database_name = current_database() and schema_name in ('raw', 'main')"
    # (information_schema makes the views of a catalog first, which takes 6 ms.)
    found = connection.execute(
        f"select schema_name, table_name, 'table', sql from duckdb_tables() {of_this}"
        f" union all select schema_name, view_name, 'view', '' from duckdb_views() {of_this}"
    ).fetchall()
    columns = {table: sql for schema, table, _, sql in found if schema == "raw"}
    tables = {table: kind for schema, table, kind, _ in found if schema == "raw"}
    return RawSchema(
        tables,
        "occurred_at TIMESTAMP " in columns.get("events", ""),
        # (The view is of Parquet files, which have all columns.)
        tables.get("rejected_records") == "view" or " kind VARCHAR" in columns.get("rejected_records", ""),
        frozenset(table for schema, table, *_ in found if schema == "main"),
    )


def upgrade(connection: duckdb.DuckDBPyConnection, found: RawSchema, tables: str) -> None:
    """Bring what an older version left into today's form; ``tables`` is the SQL that creates what is missing."""
    if found.is_by_record:
        connection.execute(f"alter table raw.activities rename to {OLDER_ACTIVITIES}")
        connection.execute(tables)
        _store_older_activities(connection)
    elif found.has_fractions:
        connection.execute(SET_ASIDE_EVENTS)
        connection.execute(tables)
        connection.execute(TAKE_EVENTS_OVER)
    else:
        connection.execute(tables)
    connection.execute(NAME_KINDS)


def _store_older_activities(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the records of an older warehouse, report by report in the order of loading."""
    connection.execute(f"alter table raw.{OLDER_ACTIVITIES} add column if not exists time_flag varchar")
    for report_id, site_id in connection.execute(
        "select report_id, site_id from raw.reports order by loaded_at, report_id"
    ).fetchall():
        store_table(connection, f"raw.{OLDER_ACTIVITIES}", report_id, site_id)
    connection.execute(f"drop table raw.{OLDER_ACTIVITIES}")
