"""The records of forgotten people in a report that is about to land: they are left out, and nothing names them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from landing.forgotten import Remembered
from landing.scrubbing import (
    NO_NAMES,
    UNSCRUBBED,
    WHO,
    Names,
    Place,
    find_names,
    names_of,
    replace_named,
    without_names,
)
from reports.format import ReportFormat
from reports.rows import Rows
from reports.staged import numbered
from warehouse.database import number_of

REASON = "the user was forgotten (make forget): of the record neither id nor text is kept."
NAMED_REASON = "it named a user who was forgotten (make forget), so that its text is not kept."


@dataclass(frozen=True)
class Forgotten:
    """The forgotten people of a site, and how the records of one report call them.

    Attributes:
        known: the people.
        names: how the records call them.
        record_count: how many records are theirs.
        shared_count: how many may be, by their e-mail.
        moved: the hashes of those who were forgotten in the site that the report had before.
    """

    known: Remembered | None = None
    names: Names = NO_NAMES
    record_count: int = 0
    shared_count: int = 0
    moved: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether the report has anything of them."""
        return self.record_count + self.shared_count > 0

    def is_named_in(self, connection: duckdb.DuckDBPyConnection, text: str) -> bool:
        """Whether a record that could not be taken apart is one of theirs, or names one of them."""
        return self.known is not None and (
            self.known.is_one_of(text) or without_names(connection, self.names, text) != text
        )


def stage_forgotten(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, known: Remembered | None, rows: Rows
) -> Forgotten:
    """Find the staged records of people who were forgotten, and take their names out of those of others.

    Whoever was forgotten in the site that the report had before stays away: an id is hashed together with its site.

    The first go to the temporary table ``forgotten`` by their number, if somebody was forgotten. Only these records
    hold the names, which the warehouse no longer knows.
    """
    if known is None:
        return Forgotten()
    columns = {column: f"c{index}" for column, index in report.columns.items()}
    user_id, email, first, last = (columns.get(one, "null") for one in ("user_id", "email", "first_name", "last_name"))
    theirs, shares = known.is_theirs(user_id, email), known.shares_email(user_id, email)
    people = connection.execute(
        f"select distinct {first}, {last}, {email} from staged where {theirs} or {shares}", known.parameters
    ).fetchall()
    count = number_of(
        connection,
        f"create or replace temp table forgotten as {numbered(rows)}"
        f" select record_number::bigint as record_number from numbered where {theirs}",
        known.parameters,
    )
    moved = known.moved(connection, user_id, email)
    shared_count = 0
    if "email" in columns:
        # Perhaps the person under another id: the details of the user go, the activity stays.
        values = ", ".join(f"{columns[column]} = null" for column in WHO if column in columns)
        shared_count = number_of(connection, f"update staged set {values} where {shares}", known.parameters)
    names = names_of([person[:2] for person in people], [person[2] for person in people])
    kinds = {f"c{index}": "" for index in range(len(report.header))} | {place: name for name, place in columns.items()}
    searched = {place: kind for place, kind in kinds.items() if kind not in UNSCRUBBED}
    places = [Place("staged", searched, user_id=user_id)]
    find_names(connection, names, places, {})
    # The row ids go on following the file.
    replace_named(connection, places)
    return Forgotten(known, names, count, shared_count, tuple(moved))
