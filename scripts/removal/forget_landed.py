"""Forget a person in a landing in Parquet: what ``forget`` does to a warehouse.

It is done report by report, so that it takes the memory of one: each is loaded into a scratch file, the person is taken
out of it there by the code that takes them out of a warehouse, and what is left is written in its place.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from rich.console import Console

from landing.forgotten import remember_others
from landing.identities import known_mailbox, mailboxes
from landing.parquet import writing
from landing.parquet_files import (
    FILE_NAME,
    FORGOTTEN,
    MANIFESTS,
    NO_REPORT,
    RECORDS,
    begin_rewriting,
    load,
    partition,
    place,
    write_parquet,
)
from removal.erase import NAMED_REPORTS, find_traces, forget
from removal.people import Identities
from removal.questions import Request, identities_or_question
from removal.subject import Person, find_person
from reports.ids import all_same_ids_of, same_ids
from warehouse.command_line import counted, one_line
from warehouse.raw import delete_all_records

TABLES = (*RECORDS, *MANIFESTS)


def forget_from_landing(root: Path, request: Request, console: Console) -> None:
    """Forget a user in a landing, and say what remains; a dry run only says which reports hold them.

    Raises:
        WarehouseError: no user is known by this id, or several are.
    """
    names = forget_in(root, request, console)
    if request.is_dry_run:
        reports = counted(len(names), "report of the landing holds", "reports of the landing hold")
        console.print(f"{reports} them; nothing was changed.")
    else:
        console.print(f"[green]Forgotten[/green] in {counted(len(names), 'report')} of the landing.")
        console.print(
            "From Spark's tables they go with the next dbt build --target spark, and that drops the old files."
        )
        if names:
            console.print("The files of these reports are yours, and go on holding them:")
    for name in names:
        console.print(f"  {one_line(name)}")


def forget_in(root: Path, request: Request, console: Console | None = None) -> list[str]:
    """Take a person out of a landing, and remember the hashes of their id and e-mails; a dry run does neither.

    Returns the names of the files whose reports held the person.

    Raises:
        WarehouseError: no user is known by this id, or several are.
    """
    with writing(root) as connection:
        reports = connection.execute(
            f"select report_id, site_id, file_name from {NAMED_REPORTS} order by all"
        ).fetchall()
        found = Identities((request.written,))
        while True:
            # All records of these ids, from every report, and the ids that share their e-mails.
            _load_records_of(connection, root, found)
            site = find_person(connection, request.written, request.site_id, request.also).site_id
            grown, others = identities_or_question(connection, site, request, console or Console(quiet=True))
            if (grown.user_ids, grown.emails) == (found.user_ids, found.emails):
                break
            found = grown
        person = find_person(connection, request.written, site, [*request.also, *found.also], found.user_ids)
        if not request.is_dry_run:
            # Here for the hashes: from now on no report that lands brings the person back.
            forget(connection, person)
            remember_others(connection, site, others, found.spellings)
            hashes = Path(f"{root}.scratch-hashes")
            write_parquet(connection, FORGOTTEN, "site_id", person.site_id, hashes)
            place(hashes, partition(root, FORGOTTEN, person.site_id, NO_REPORT))
        held = []
        for report_id, site, file_name in reports:
            if site == person.site_id and _load_if_held(connection, root, person, report_id):
                held.append(file_name)
                if not request.is_dry_run:
                    _rewrite_without(connection, root, person, report_id)
        return held


def _load_records_of(connection: duckdb.DuckDBPyConnection, root: Path, found: Identities) -> None:
    """Load the records with one of some ids or e-mails."""
    emails = mailboxes([*found.emails, *(one for one in found.user_ids if "@" in one)])
    condition = f"list_has_any($ids, {same_ids('user_id')}) or list_contains($emails, {known_mailbox('email')})"
    delete_all_records(connection)
    connection.execute("delete from raw.users")
    for table in ("activities", "users"):
        load(connection, root, table, condition, {"ids": all_same_ids_of(found.user_ids), "emails": emails})


def _load_if_held(connection: duckdb.DuckDBPyConnection, root: Path, person: Person, report_id: str) -> bool:
    """Load a report into the scratch file; returns whether it holds the person."""
    delete_all_records(connection)
    for table in TABLES:
        if table != "activities":
            connection.execute(f"delete from raw.{table}")
        load(connection, root, table, report=(person.site_id, report_id))
    traces = find_traces(connection, person)
    return bool(traces.records or traces.rejected or traces.named)


def _rewrite_without(connection: duckdb.DuckDBPyConnection, root: Path, person: Person, report_id: str) -> None:
    """Write the report that was loaded in its place without the person."""
    forget(connection, person)
    unfinished = Path(f"{root}.scratch-rewriting")
    for table in TABLES:
        folder = partition(root, table, person.site_id, report_id)
        is_needed = connection.execute(f"select 1 from raw.{table} limit 1").fetchone()
        if is_needed or folder.exists():
            target = unfinished / folder.relative_to(root)
            target.mkdir(parents=True)
            write_parquet(connection, table, "report_id", report_id, target / FILE_NAME)
    begin_rewriting(root, unfinished)
