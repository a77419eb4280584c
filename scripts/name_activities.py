"""Name the activities that the reports call by words nobody knows yet: what ``make name`` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from naming.dictionary import read_dictionary
from naming.run import accept, export_words, guide, list_decisions, open_decisions
from naming.seed_csv import SeedError
from warehouse import PROJECT_ROOT, WarehouseError, in_words, published_path, warehouse_path


def main(
    is_list: Annotated[bool, typer.Option("--list", help="Only print the unknown words.")] = False,
    accepted: Annotated[
        Path | None, typer.Option("--accept", help="Take the rows of this CSV; its columns are those of the seed.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--export", help="Write the unknown words, free of people's words, to this CSV.")
    ] = None,
) -> None:
    """Name the activities that the reports call by unknown words.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    published = published_path().resolve()
    try:
        if not published.exists():
            raise WarehouseError(f"there is no published copy at {published}. Fix: make build")
        dictionary = read_dictionary(PROJECT_ROOT)
        if accepted is not None:
            accept(accepted, published, dictionary, console)
        elif is_list or target is not None:
            unknown, _ = open_decisions(published, dictionary)
            if target is not None:
                console.print(export_words(published, unknown, dictionary, target), highlight=False, markup=False)
            else:
                list_decisions(unknown, console)
        else:
            guide(published, warehouse_path().resolve(), dictionary, console)
    except (WarehouseError, SeedError) as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    except OSError as error:
        console.print(f"[red]{escape(in_words(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error
    except duckdb.Error as error:
        console.print(
            f"[red]{escape(str(published))} is no copy of these marts: {escape(in_words(error))} Fix: make build[/red]",
            highlight=False,
        )
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
