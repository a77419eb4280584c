"""A person is taken out of the schema raw: what holds them, what goes, and what is put in its place.

Raw is changed in one transaction. docs/how_to/personal_data.md says what is removed, replaced and left.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from landing.forgotten import FIELDS, remember_person
from landing.landed import LANDED_REPORTS, recount, set_aside
from landing.left_out import NAMED_REASON, REASON
from landing.scrubbing import UNSCRUBBED, Place, find_names, replace_named, without_names
from removal.subject import HAS_IDENTITY, IS_THEIRS, OF_SITE, Person
from reports.ids import same_ids
from warehouse.database import identifier, named_in, number_of, text_of, transaction
from warehouse.raw import TEXTS, delete_records, renumber_copies
from warehouse.rejections import Kind

# The tables of records, and the manifests that count them.
RECORDS = {"activities": "reports", "users": "user_reports"}
REJECTED = "raw.rejected_records"
# The reports, where two of one name can be told apart.
NAMED_REPORTS = f"""(
    select report_id, site_id, concat(file_name, case when count(*) over (partition by file_name) > 1 then
        ' (' || concat_ws(', ', nullif(concat_ws(' to ', first_date, last_date), ''), 'report ' || report_id) || ')'
    end) as file_name
    from (
        select
            report_id, site_id, file_name,
            coalesce(first_occurred_at::date, report_date) as first_date, last_occurred_at::date as last_date
        from ({LANDED_REPORTS})
    )
)"""
REJECTED_TEXTS = ("record_text", "rejected_value", "reason")
HAS_FIELD = " or ".join(
    f"coalesce(list_bool_or(list_transform(regexp_split_to_array({column}, {text_of(ends)}),"
    f" lambda field: list_has_any({same_ids('field')}, $ids))), false)"
    for column in REJECTED_TEXTS
    for ends in FIELDS
)
# Whether a rejected record holds the id in a field of its own, or a name or an e-mail anywhere.
NAMES_THEM = f"({HAS_FIELD} or {REJECTED}.rowid in (select row_id from named where place = '{REJECTED}'))"


@dataclass
class Traces:
    """What holds the person.

    Attributes:
        records: records that are theirs, by the name of the report.
        named: texts of others that name them, by table and column.
        rejected: rejected records that name them, by the name of the report.
    """

    records: dict[str, int] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


def find_traces(connection: duckdb.DuckDBPyConnection, person: Person) -> Traces:
    """Count what holds the person."""
    rejected = _rejected(connection)
    of_others = [_place(connection, table, f"{OF_SITE} and not {IS_THEIRS}", "0") for table in RECORDS]
    find_names(connection, person.names, [*of_others, rejected], person.parameters)
    named = "select place || '.' || field, count(*) from named where place <> $rejected group by 1 order by 1"
    traces = Traces(named=dict(connection.execute(named, {"rejected": REJECTED}).fetchall()))
    for table in RECORDS:
        traces.records |= _by_report(connection, f"raw.{table}", IS_THEIRS, person)
    if rejected.columns:
        traces.rejected = _by_report(connection, REJECTED, f"site_id = $site and {NAMES_THEM}", person)
    return traces


def _by_report(connection: duckdb.DuckDBPyConnection, table: str, condition: str, person: Person) -> dict[str, int]:
    query = (
        f"select file_name, count(*) from {table} inner join {NAMED_REPORTS} using (report_id)"
        f" where {condition} group by 1 order by 1"
    )
    return dict(connection.execute(query, named_in(query, person.parameters)).fetchall())


def _place(connection: duckdb.DuckDBPyConnection, table: str, condition: str, row_id: str = "rowid") -> Place:
    """A table of raw, with the columns that may name somebody."""
    user_id = "user_id" if table in ("user_names", "users") else ""
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'raw'"
        " and table_name = ? and data_type = 'VARCHAR' order by column_index",
        [table],
    ).fetchall()
    texts = [column for (column,) in found if column not in UNSCRUBBED] if _has_rows(connection, table) else []
    return Place(f"raw.{table}", {column: column for column in texts}, condition, row_id, user_id)


def _rejected(connection: duckdb.DuckDBPyConnection) -> Place:
    """The rejected records of the site: any name may be anywhere in them."""
    columns = REJECTED_TEXTS if _has_rows(connection, "rejected_records") else ()
    return Place(REJECTED, dict.fromkeys(columns, ""), OF_SITE)


def _has_rows(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a search finds anything to read: DuckDB prepares it, which takes longest, before it has a row."""
    return number_of(connection, f"select count(*) from (from raw.{table} limit 1)") > 0


def forget(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take the person out of the schema raw, in one transaction, and remember the hashes of their id and e-mails."""
    with transaction(connection):
        remember_person(connection, person.site_id, person.user_ids, person.emails)
        for table, manifest in RECORDS.items():
            _forget_file_names(connection, person, table, manifest)
            set_aside(connection, table, IS_THEIRS, person.parameters, REASON, Kind.FORGOTTEN)
        _delete(connection, person)
        _scrub(connection, person)
        _scrub_lists(connection, person)
        for table, manifest in RECORDS.items():
            recount(connection, table, manifest, "site_id = $site", {"site": person.site_id})


def _forget_file_names(connection: duckdb.DuckDBPyConnection, person: Person, table: str, manifest: str) -> None:
    """Rename what was landed from files that are named after the person, or hold no one else."""
    query = (
        f"select report_id, file_name, bool_and({IS_THEIRS})"
        f" from raw.{manifest} inner join raw.{table} using (report_id) where site_id = $site group by 1, 2"
    )
    for report_id, name, is_theirs in connection.execute(query, named_in(query, person.parameters)).fetchall():
        renamed = without_names(connection, person.names, name, is_theirs=is_theirs)
        if renamed != name:
            connection.execute(f"update raw.{manifest} set file_name = ? where report_id = ?", [renamed, report_id])


def _delete(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Delete the records of the person, with the names that only these hold."""
    names = f"select user_name_id from raw.user_names where site_id = $site and {HAS_IDENTITY}"
    theirs = f"record_id in (select record_id from raw.records where user_name_id in ({names}))"
    delete_records(connection, theirs, named_in(theirs, person.parameters))
    users = f"delete from raw.users where {IS_THEIRS}"
    connection.execute(users, named_in(users, person.parameters))


def _scrub(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Put a word in place of the names in the records of others, and take the text from rejected records with one."""
    of_site = dict.fromkeys(TEXTS, "site_id = $site") | {"users": OF_SITE}
    places = [_place(connection, table, condition) for table, condition in of_site.items()]
    find_names(connection, person.names, [*places, _rejected(connection)], {"site": person.site_id})
    replace_named(connection, places)
    renumber_copies(connection)
    update = (
        f"update {REJECTED} set"
        " rejected_value = null, record_text = null, impossible_date = null, reason = $reason, kind = $kind"
        f" where {OF_SITE} and {NAMES_THEM}"
    )
    said = {"reason": NAMED_REASON, "kind": Kind.NAMES_FORGOTTEN}
    connection.execute(update, named_in(update, person.parameters | said))


def _scrub_lists(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take the names out of lists of texts, such as the header of a report: of each table of raw that has a site."""
    for table, columns in connection.execute(
        """
        select table_name, list(column_name) filter (where data_type = 'VARCHAR[]')
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() and schema_name = 'raw'
        group by 1
        having list_contains(list(column_name), 'site_id') and list_contains(list(data_type), 'VARCHAR[]')
        """
    ).fetchall():
        scrubbed = person.names.scrubbed("text")
        values = ", ".join(f"{column} = list_transform({column}, lambda text: {scrubbed})" for column in columns)
        tests = " or ".join(person.names.likely(f"{column}::varchar") for column in columns)
        # Asked before, because the pattern of all forms takes longer to prepare.
        likely = f"select count(*) from raw.{identifier(table)} where {tests}"
        if number_of(connection, likely):
            update = f"update raw.{identifier(table)} set {values} where site_id = $site and ({tests})"
            connection.execute(update, {"site": person.site_id})
