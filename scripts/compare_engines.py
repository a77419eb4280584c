"""Compare what Spark and DuckDB made: the command line of ``measuring.compare_engines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from measuring.compare_engines import compare, shown
from warehouse.errors import WarehouseError


def main(
    published: Annotated[Path, typer.Option("--published", help="DuckDB's published copy.")],
    spark: Annotated[Path, typer.Option("--spark", help="Folder of Spark's tables (spark.sql.warehouse.dir).")],
) -> None:
    """Compare every mart of Spark with DuckDB's.

    Exit codes: 0 all equal; 1 something differs or cannot be read, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    try:
        comparisons = compare(published, spark)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    console.print(shown(comparisons), highlight=False)
    equal = sum(one.is_equal for one in comparisons)
    console.print(f"{equal} of {len(comparisons)} tables are equal.", highlight=False)
    raise typer.Exit(0 if equal == len(comparisons) else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
