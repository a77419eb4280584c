"""Check the files of seeds/site/ in plain words, as ``make build`` does first; for who calls dbt by hand."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from naming.seed_csv import SeedError
from naming.site_seeds import SITE_SEEDS, check_site_seeds, replace_site_seeds
from warehouse import PROJECT_ROOT


def main(
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the plain form into the files themselves, as Spark needs it.")
    ] = False,
) -> None:
    """Check the files of seeds/site/. Exit codes: 0 all are read; 1 something is wrong, and said; 2 wrong usage."""
    console = Console(soft_wrap=True)
    try:
        written = check_site_seeds(PROJECT_ROOT)
        if replace:
            replace_site_seeds(PROJECT_ROOT, written)
    except SeedError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    how = "rewritten" if replace else "read as a checked copy"
    also = f" {', '.join(written)}: {how}." if written else ""
    console.print(f"The files of {SITE_SEEDS.as_posix()} are in order.{also}", highlight=False)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
