"""Names that the files of the warehouse cannot have: DuckDB calls a database by the name of its file.

A schema of the same name, or a database that a command attaches beside it, would make every query ambiguous.
"""

from __future__ import annotations

from pathlib import Path

from warehouse.errors import WarehouseError

SCHEMAS = ("raw", "staging", "intermediate", "marts", "restricted", "site", "main", "information_schema", "pg_catalog")
OF_DUCKDB = ("system", "temp")
ATTACHED = {"WAREHOUSE_PATH": ("published", "created", "compacted"), "PUBLISHED_PATH": ("shared",), "SHARED_PATH": ()}
INSTEAD = {"WAREHOUSE_PATH": "activity.duckdb", "PUBLISHED_PATH": "copy.duckdb", "SHARED_PATH": "shared.duckdb"}


def database_name(path: Path) -> str:
    """The name that DuckDB gives to the database in a file: that of the file up to its first dot."""
    return path.name.lstrip(".").partition(".")[0]


def refuse_taken_name(path: Path, setting: str = "WAREHOUSE_PATH") -> None:
    """Refuse a file that DuckDB would call by a name that something else has.

    Raises:
        WarehouseError: it would.
    """
    name = database_name(path).lower()
    kinds = {
        "a schema in it": SCHEMAS,
        "a part of DuckDB": OF_DUCKDB,
        "a database that is used beside it": ATTACHED[setting],
    }
    taken = next((what for what, names in kinds.items() if name in names), None)
    if taken is not None:
        raise WarehouseError(
            f"{path} cannot be the name of this file: DuckDB would call the database {name}, and {taken} has this name."
            f" Nothing was written. Fix: another name, such as {setting}={path.with_name(INSTEAD[setting])}"
        )


def name_for_file(text: str) -> str:
    """A text as a part of the name of a file."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in text)
