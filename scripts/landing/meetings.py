"""The salt with which dbt makes the keys of private meetings, whose names hold a person's.

It is a row of raw, so that dbt by hand, Spark and every build give the same keys.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.salts import IN_MEMORY, meeting_salt

SALTS = "meeting_salts"
# The salt is of no site, and the layout of a landing wants one.
ALL_SITES = "all"


def ensure_meeting_salt(connection: duckdb.DuckDBPyConnection, path: Path | None) -> bool:
    """See that raw has the salt; returns whether it is new. The path is that of the warehouse, if it is a file."""
    if connection.execute(f"from raw.{SALTS}").fetchone():
        return False
    salt = meeting_salt(path) if path is not None else IN_MEMORY
    connection.execute(f"insert into raw.{SALTS} values (?, ?)", [ALL_SITES, salt])
    return True
