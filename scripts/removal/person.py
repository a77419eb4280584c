"""Write all that is known of a person, to answer a request of access: a folder of CSV files, one per table.

It holds the rows of the person by each of their ids, in raw and in the marts. Where others name them, only the number
of texts is written, because these texts are data of others too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from publishing.export_table import copy_rows, safe_columns
from removal.erase import HAS_FIELD, REJECTED, find_traces
from removal.people import Identities, identities_of
from removal.questions import require_sure
from removal.subject import IS_GUEST, OF_SITE, Person, find_person, has_id, has_key
from reports.addresses import AT
from reports.ids import id_of, plain_id
from warehouse.command_line import counted
from warehouse.copies import refuse_inside_a_shared_copy
from warehouse.database import identifier, named_in, number_of, opened, text_of
from warehouse.errors import WarehouseError
from warehouse.files import replace_folder
from warehouse.names import name_for_file
from warehouse.raw_tables import raw_to_read

ABOUT = "about.txt"
# A rejected record has no columns. It is the person's if a field is the id, the name or an e-mail is in it too, and no
# e-mail of somebody else is: 7 may be the field of another.
IS_OWN = (
    f"({HAS_FIELD}) and rowid in (select row_id from named where place = '{REJECTED}'"
    f" group by 1 having not bool_or(regexp_matches(clean, {text_of(AT)})))"
)
SCHEMAS = ("raw", "marts", "restricted", "site")


@dataclass
class Written:
    """What was written.

    Attributes:
        folder: where.
        rows: the rows of each table.
        identities: the ids and e-mails of the person.
        named: texts of others that name the person, by table and column, and rejected records that may be of others.
    """

    folder: Path
    rows: dict[str, int]
    identities: Identities
    named: dict[str, int]


def write_person(
    warehouse: Path,
    published: Path,
    user_id: str,
    site_id: str | None,
    folder: Path,
    *,
    is_same_email_same: bool,
    is_spelling_same: bool | None = None,
) -> Written:
    """Write what is known of a person below a folder, which takes its place when it is whole.

    Raises:
        WarehouseError: no user is known by this id, several are, the person was forgotten, or the folder cannot be
            written.
    """
    if not warehouse.exists():
        raise WarehouseError(f"there is no warehouse at {warehouse}. Fix: make build")
    with raw_to_read(warehouse) as connection:
        written = id_of(user_id)
        site = find_person(connection, written, site_id).site_id
        found = identities_of(
            connection, site, written, is_same_email_same=is_same_email_same, is_spelling_same=is_spelling_same
        )
        require_sure("person", written, site, found)
        person = find_person(connection, written, site, found.also, found.user_ids, found.spellings)
        called = written if found.spellings else plain_id(written)
        target = folder / f"person_{name_for_file(site)}_{name_for_file(called)}"
        refuse_inside_a_shared_copy(target)

        def write_all(unfinished: Path) -> Written:
            unfinished.mkdir(parents=True)
            rows, named = _write_tables(connection, published, person, unfinished)
            if person.is_remembered and not rows:
                raise WarehouseError(
                    f"user {written} of the site {site} was forgotten, and the warehouse holds nothing of the person."
                    " Nothing was written. Fix: answer the request with that."
                )
            done = Written(target, rows, found, named)
            (unfinished / ABOUT).write_text(_about(done, site), encoding="utf-8")
            return done

        return replace_folder(target, write_all)


def _write_tables(
    connection: duckdb.DuckDBPyConnection, published: Path, person: Person, folder: Path
) -> tuple[dict[str, int], dict[str, int]]:
    """Write the rows of the person; returns how many of each table, and the texts of others that name the person."""
    traces = find_traces(connection, person)
    rows, named = _write_rows(connection, person, folder), traces.named
    if traces.rejected:
        # Those that are surely the person's, of those that ``find_traces`` has found.
        own = _write(connection, "raw", "rejected_records", f"{OF_SITE} and {IS_OWN}", person, folder)
        others = sum(traces.rejected.values()) - own
        rows |= {REJECTED: own} if own else {}
        named |= {REJECTED: others} if others else {}
    if published.exists():
        with opened(published) as copy:
            rows |= _write_rows(copy, person, folder)
    return rows, named


def _write_rows(connection: duckdb.DuckDBPyConnection, person: Person, folder: Path) -> dict[str, int]:
    """The rows of the person in each table that names the user of a row."""
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = current_database()"
        " and list_contains($schemas, schema_name) order by schema_name, table_name, column_index",
        {"schemas": list(SCHEMAS)},
    ).fetchall():
        tables.setdefault((schema, table), []).append(column)
    rows = {}
    for (schema, table), columns in tables.items():
        test = _is_theirs(schema, columns)
        if test and (count := _write(connection, schema, table, test, person, folder)):
            rows[f"{schema}.{table}"] = count
    return rows


def _write(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, test: str, person: Person, folder: Path
) -> int:
    """Write the rows of a table that pass a test to a file of its name, if there are any; returns how many."""
    query = f"select {safe_columns(connection, schema, table)} from {identifier(schema, table)} where {test}"
    parameters = named_in(query, person.parameters)
    if not number_of(connection, f"select count(*) from ({query})", parameters):
        return 0
    return copy_rows(connection, query, folder / f"{schema}.{table}.csv", parameters)


def _is_theirs(schema: str, columns: Sequence[str]) -> str:
    """SQL for whether a row is of the person; nothing for a table that does not name the user of a row."""
    of_report = OF_SITE if schema == "raw" and "report_id" in columns else ""
    of_site = "site_id = $site" if "site_id" in columns else of_report
    if of_site and "user_id" in columns:
        is_guest = f" or {IS_GUEST}" if schema == "raw" and "email" in columns else ""
        return f"{of_site} and ({has_id('user_id')}{is_guest})"
    return has_key("user_key") if "user_key" in columns else ""


def _about(written_person: Written, site: str) -> str:
    lines = [
        f"All that this warehouse knows of user {written_person.identities.user_ids[0]} of the site {site}.",
        f"Ids: {', '.join(written_person.identities.user_ids)}",
        f"E-mails: {', '.join(written_person.identities.emails) or 'none'}",
        "",
        "Each file holds the rows of one table. raw.* are the records as the reports have them.",
        *(f"  {table}.csv: {counted(count, 'row')}" for table, count in sorted(written_person.rows.items())),
        "",
        "Texts that name this person and are of others, or may be, which are not written here:",
        *(f"  {place}: {count:,}" for place, count in sorted(written_person.named.items())),
        *([] if written_person.named else ["  none"]),
        "",
    ]
    if written_person.identities.spellings:
        lines.append(
            "These ids differ only in zeros, signs or letter case and are not in here:"
            f" {', '.join(written_person.identities.spellings)}."
        )
    if written_person.identities.others:
        others = ", ".join(written_person.identities.others)
        lines.append(f"These ids have the same e-mail and are not in here: {others} (ALSO_SAME_EMAIL=1 takes them in).")
    return "\n".join(lines)
