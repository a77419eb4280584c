"""Show the marts in the terminal: the command line of ``page.show``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from evidence.people import resolve_user
from page.show import show_contest, show_session, show_user
from page.summary import print_summary
from removal.journal import finish_first
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.copies import SHARED, copy_kind
from warehouse.database import opened
from warehouse.errors import WarehouseError
from warehouse.paths import published_path, warehouse_path
from warehouse.visible import SafeConsole


def main(
    session: Annotated[str | None, typer.Option("--session", help="Key of a session, or a part of its name.")] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="Id or e-mail of a user, or a part of the name. It shows names.")
    ] = None,
    contest: Annotated[str | None, typer.Option("--contest", help="Id of a contest, or a part of its name.")] = None,
    all_rows: Annotated[bool, typer.Option("--all", help="Show a long list to its end.")] = False,
) -> None:
    """Show the summary of the build, a session, a user or a contest.

    Exit codes: 0 shown; 1 there is none, or several, and said; 2 wrong usage.
    """
    console = SafeConsole()
    # A terminal would split words at its edge; a file has no edge.
    console.soft_wrap = not console.is_terminal
    published = published_path()
    with errors_said(console, f"{one_line(str(published))} is no copy of these marts"):
        finish_first(console)
        if not published.exists():
            raise WarehouseError(f"there is no published copy at {published}. Fix: make build")
        if session is None and user is None and contest is None:
            print_summary(published, warehouse_path(), console)
            return
        with opened(published) as connection:
            if session is not None:
                show_session(connection, session, console, shows_all=all_rows)
            if user is not None:
                resolve = partial(_resolve, published, connection)
                show_user(connection, user, console, resolve, shows_all=all_rows)
            if contest is not None:
                show_contest(connection, contest, console, shows_all=all_rows)


def _resolve(published: Path, connection: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The user's key as the other commands find it; a shared copy knows no id of the reports."""
    if not warehouse_path().exists() or copy_kind(published) == SHARED:
        return wanted
    return resolve_user(warehouse_path(), connection, wanted)


if __name__ == "__main__":
    run_command(main, "show", "make show SESSION=keynote, USER_ID=5001 or CONTEST=all_time")
