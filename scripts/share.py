"""Write the shared copy: the command line of ``publishing.share``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from page.write_page import shared_page_path, write_page
from publishing.places import note_file
from publishing.published_tables import left_out
from publishing.share import minimum_for, share
from removal.journal import finish_first
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.copies import SHARED
from warehouse.paths import published_path, shared_path, warehouse_path
from warehouse.salts import pseudonym_salt
from warehouse.visible import SafeConsole


def main(
    published: Annotated[
        Path | None,
        typer.Option("--published", help="Published copy. Default: PUBLISHED_PATH or warehouse/published.duckdb."),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="Shared copy. Default: SHARED_PATH or warehouse/shared.duckdb.")
    ] = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            "--minimum-cohort-size",
            envvar="MINIMUM_COHORT_SIZE",
            min=1,
            help="Numbers of rows with fewer people are blank. Default: that of the shared copy there, if it is higher"
            " than the setting in dbt_project.yml.",
        ),
    ] = None,
) -> None:
    """Write a copy to hand on, without names. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole()
    path = target or shared_path()
    with errors_said(console):
        if published is None:
            finish_first(console)
        salt = pseudonym_salt(warehouse_path())
        fewest = minimum or minimum_for(path)
        count = share(published or published_path(), path, salt, fewest)
        if published is None:
            note_file(warehouse_path(), path, SHARED)
        write_page(path, shared_page_path(path))
    console.print(
        f"{count} tables with pseudonyms in {one_line(str(path))}, and a page of them in"
        f" {one_line(str(shared_page_path(path)))}. Numbers of fewer than {fewest} people are blank."
        " What this does not hide: docs/how_to/personal_data.md"
    )
    if missing := left_out(published or published_path()):
        console.print(one_line(missing))


if __name__ == "__main__":
    run_command(main, "share", "make share, or make share MINIMUM_COHORT_SIZE=5")
