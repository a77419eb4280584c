"""Refuse to read the marts of the warehouse where a build left some older than others."""

from __future__ import annotations

import duckdb

from warehouse.errors import WarehouseError

# Where dbt notes a build while it lasts, and what it left unfinished (macros/unfinished_builds.sql).
UNFINISHED_BUILDS = ("staging", "unfinished_builds")
# So many of them are named in a message.
NAMED = 5


def refuse_a_mixture(connection: duckdb.DuckDBPyConnection, consequence: str) -> None:
    """Refuse marts if some are older than others.

    Args:
        connection: to the warehouse.
        consequence: what follows, after a comma.

    Raises:
        WarehouseError: the last build was killed or failed.
    """
    noted = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = ? and table_name = ?",
        UNFINISHED_BUILDS,
    ).fetchone()
    if not noted:
        return
    rows = connection.execute(f"select distinct invocation_id from {'.'.join(UNFINISHED_BUILDS)} order by 1").fetchall()
    if rows:
        raise WarehouseError(
            f"the last build did not finish{_unfinished([str(name) for (name,) in rows])}, so that some"
            f" marts are older than others{consequence}. Fix: make build, or .venv/bin/dbt build"
        )


def _unfinished(noted: list[str]) -> str:
    """The models, seeds and tests among what is noted, in brackets; nothing for a build that was killed."""
    # Such as model.juno_activity.fct_calls.
    names = [name.split(".")[2] for name in noted if name.count(".") > 1]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f" (unfinished: {', '.join(names[:NAMED])}{more})"
