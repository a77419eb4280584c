"""Compare what Spark and DuckDB made: the command line of ``measuring.compare_engines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from measuring.compare_engines import compare, shown
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole


def main(
    published: Annotated[Path, typer.Option("--published", help="DuckDB's published copy.")],
    spark: Annotated[Path, typer.Option("--spark", help="Folder of Spark's tables (spark.sql.warehouse.dir).")],
) -> None:
    """Compare every mart of Spark with DuckDB's.

    Exit codes: 0 all equal; 1 something differs or cannot be read, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console):
        comparisons = compare(published, spark)
    console.print(shown(comparisons))
    equal = sum(one.is_equal for one in comparisons)
    console.print(f"{equal} of {len(comparisons)} tables are equal.")
    raise typer.Exit(0 if equal == len(comparisons) else 1)


if __name__ == "__main__":
    run_command(main)
