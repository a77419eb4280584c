"""Write a mart of your own into models/site: the command line of ``building.new_mart``."""

from __future__ import annotations

from typing import Annotated

import typer

from building.new_mart import write_mart
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT


def main(
    name: Annotated[
        str, typer.Option("--name", envvar="NAME", help="Name of the mart, such as fct_daily_activity.")
    ] = "",
) -> None:
    """Write a mart of your own into models/site. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    try:
        files = write_mart(name)
    except WarehouseError as error:
        typer.echo(f"{error}")
        raise typer.Exit(1) from error
    for path in files:
        typer.echo(f"Written: {path.relative_to(PROJECT_ROOT)}")
    typer.echo(f"It works as it is: make build, then make export TABLE=site.{name}")
    typer.echo("What to change in it: the comments in both files, and models/site/README.md")


if __name__ == "__main__":
    typer.run(main)
