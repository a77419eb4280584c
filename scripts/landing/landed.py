"""The reports that landed before: which there are, and how they leave the schema raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from warehouse.database import named_in, number_of, transaction
from warehouse.raw import SAMPLE_SITE, delete_activity_reports
from warehouse.raw_tables import prepare_raw
from warehouse.rejections import HARMLESS, Kind

# The columns that only one of the two has are null for the other.
LANDED_REPORTS = "from raw.reports union all by name from raw.user_reports"
# What the records say of users.
USERS = """(
    select site_id, user_id, first_name, last_name, email from raw.user_names
    union all
    select site_id, user_id, first_name, last_name, email from raw.users inner join raw.user_reports using (report_id)
)"""


@dataclass(frozen=True)
class Before:
    """What is known of the bytes of a report.

    Attributes:
        file_name: the name under which they landed; None if they have not.
        removed_on: when they were removed; None if they were not.
        report_id: the report that they landed as.
        site_id: its site, or the one that it had when it was removed.
        is_rejected: whether no record of it ever landed, so that it does not count as loaded. What was removed since
            had landed, and stays away.
    """

    file_name: str | None = None
    removed_on: date | None = None
    report_id: str = ""
    site_id: str = ""
    is_rejected: bool = False


def landed_before(connection: duckdb.DuckDBPyConnection) -> dict[str, Before]:
    """What landed before or was removed, by the hash of its bytes."""
    found = connection.execute(
        f"""
        select file_sha256, file_name, report_id, site_id, null,
            landed_count = 0 and rejected_count > 0 and last_occurred_at is null from ({LANDED_REPORTS})
        union all
        select file_sha256, null, '', site_id, removed_at::date, false from raw.removed_reports
        """
    ).fetchall()
    # To count them of each report takes longer to plan than all else here.
    read_again = _read_again(connection) if any(may_be for *_, may_be in found) else set()
    before: dict[str, Before] = {}
    for sha256, name, report_id, site_id, removed_on, may_be_rejected in found:
        # A file that was loaded again since it was removed is there.
        if removed_on is None or sha256 not in before:
            is_rejected = may_be_rejected and report_id in read_again
            before[sha256] = Before(name, removed_on, report_id, site_id, is_rejected)
    return before


def _read_again(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The reports with a rejected record that may land another time, and none whose text a forgotten person was in."""
    query = """
        select report_id from raw.rejected_records group by 1
        having bool_or(not list_contains($harmless, kind)) and not bool_or(kind = $named)
    """
    return {
        row[0] for row in connection.execute(query, {"harmless": HARMLESS, "named": Kind.NAMES_FORGOTTEN}).fetchall()
    }


def holds_own_reports(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse holds a report that is not of the sample."""
    prepare_raw(connection)
    return number_of(connection, f"select count(*) from ({LANDED_REPORTS}) where site_id <> '{SAMPLE_SITE}'") > 0


def remove_sample(connection: duckdb.DuckDBPyConnection) -> bool:
    """Take the sample out of the warehouse once it holds a report of its owner; returns whether it was there."""
    if not holds_own_reports(connection):
        return False
    sample = connection.execute(f"select report_id from ({LANDED_REPORTS}) where site_id = ?", [SAMPLE_SITE]).fetchall()
    if not sample:
        return False
    with transaction(connection):
        delete_reports(connection, [report_id for (report_id,) in sample])
    return True


def delete_reports(connection: duckdb.DuckDBPyConnection, report_ids: list[str]) -> None:
    """Delete all that was landed from these reports, in the transaction of the caller."""
    delete_activity_reports(connection, report_ids)
    for table in ("users", "rejected_records", "reports", "user_reports", "report_declarations"):
        connection.execute(f"delete from raw.{table} where list_contains(?, report_id)", [report_ids])


def set_aside(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    condition: str,
    parameters: Mapping[str, object],
    reason: str,
    kind: Kind,
) -> None:
    """Keep of records that are about to be taken out that they were there, as rejected records without their text."""
    query = (
        "insert into raw.rejected_records by name select report_id, record_number, $reason as reason, $kind as kind"
        f" from raw.{table} where {condition}"
    )
    connection.execute(query, named_in(query, {**parameters, "reason": reason, "kind": kind}))


def recount(
    connection: duckdb.DuckDBPyConnection, table: str, manifest: str, condition: str, parameters: dict[str, object]
) -> None:
    """Count the records of reports again, after some were set aside."""
    counts = ", ".join(
        f"{count} = (select count(*) from raw.{records} as t where t.report_id = manifest.report_id)"
        for count, records in (("landed_count", table), ("rejected_count", "rejected_records"))
    )
    connection.execute(f"update raw.{manifest} as manifest set {counts} where {condition}", parameters)
