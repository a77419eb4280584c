"""Names that the files of the warehouse cannot have: DuckDB calls a database by the name of its file.

A schema of the same name, or a database that a command attaches beside it, would make every query ambiguous.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse

from warehouse.errors import WarehouseError
from warehouse.paths import path_for_dbt

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


def refuse_address(warehouse: Path) -> None:
    """Refuse a warehouse in whose path dbt-duckdb does not find the name of the file: it takes the path for an address.

    The path is the one from the project's folder, so the project itself may be anywhere.

    Raises:
        WarehouseError: it would find another name, or none.
    """
    if Path(urlparse(path_for_dbt(warehouse)).path).name != warehouse.name:
        raise WarehouseError(
            f"the warehouse cannot be at {warehouse}: dbt takes a path for an address, where the signs # ? and ; end"
            " the name of the file. Nothing was written. Fix: WAREHOUSE_PATH= with a path without these signs"
        )


def name_for_file(text: str) -> str:
    """A text as a part of the name of a file."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in text)
