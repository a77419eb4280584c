"""Name the activities that the reports call by unknown words: what ``make name`` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from naming.dictionary import read_dictionary
from naming.run import accept, export_words, guide, list_decisions, open_decisions
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT, published_path, warehouse_path
from warehouse.settings import read_settings
from warehouse.visible import SafeConsole


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
    console = SafeConsole()
    published = published_path().resolve()
    with errors_said(console, "Not named"):
        finish_first(console)
        if not published.exists():
            raise WarehouseError(f"there is no published copy at {published}. Fix: make build")
        dictionary = read_dictionary(PROJECT_ROOT)
        if accepted is not None:
            accept(accepted, published, warehouse_path().resolve(), dictionary, console)
        elif is_list or target is not None:
            unknown, _ = open_decisions(published, dictionary)
            if target is not None:
                minimum = read_settings()["minimum_cohort_size"]
                said = export_words(published, unknown, dictionary, target, minimum)
                console.print(said, markup=False)
            else:
                list_decisions(unknown, console)
        else:
            guide(published, warehouse_path().resolve(), dictionary, console)


if __name__ == "__main__":
    run_command(main, "name", "make name, or LIST=1 to print, ACCEPT=rows.csv to take rows, EXPORT=words.csv to write")
