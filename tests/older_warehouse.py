"""A warehouse with the names that an older version gave it."""

from __future__ import annotations

from conftest import Project
from warehouse.database import connect

OLDER_REPORTS = """
create table raw.withdrawn_reports (
    report_id varchar not null,
    file_sha256 varchar not null,
    site_id varchar not null,
    withdrawn_at timestamp not null
);
insert into raw.withdrawn_reports
"""
# No file of the project has a table of these names after a command.
OLDER_TABLES = "select table_name from duckdb_tables() where table_name in ('report_drift', 'withdrawn_reports')"


def as_older(project: Project) -> None:
    """Give a built project the names that an older version gave it, with the report that was removed."""
    with connect(project.warehouse) as connection:
        connection.execute(f"{OLDER_REPORTS} from raw.removed_reports; drop table raw.removed_reports")
        connection.execute("create table staging.kept as from staging.base_juno__activities")
        # Before, each record of each report lay there with all its texts, and was typed.
        connection.execute("create table raw.kept as from raw.activities; drop view raw.activities")
        connection.execute("alter table raw.kept rename to activities")
        for table in ("report_numbers", "report_records", "records", "events", "user_names", "content_names"):
            connection.execute(f"drop table raw.{table}")
        connection.execute("drop view staging.base_juno__activities; drop table staging.base_juno__events")
        connection.execute("alter table staging.kept rename to base_juno__activities")
    with connect(project.marts) as connection:
        connection.execute("alter table marts.report_changes rename to report_drift")
        connection.execute("alter table marts.report_drift rename has_changed to has_drifted")
        connection.execute("alter table marts.fct_session_attendance rename proven_seconds to strict_seconds")
