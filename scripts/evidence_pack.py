"""Write the evidence of attendance: the command line of ``evidence.evidence``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from evidence.evidence import write_evidence
from removal.journal import finish_first
from warehouse.command_line import counted, errors_said, run_command
from warehouse.paths import published_path, warehouse_path
from warehouse.visible import SafeConsole


def main(
    user_id: Annotated[
        str | None, typer.Option("--user", envvar="USER_ID", help="Id of the person, in any of its forms.")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", envvar="SESSION", help="Key of a session, or a part of its name.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", envvar="SITE", help="Site, if the id is of several.")] = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="Folder to write to. Default: that of the warehouse.")
    ] = None,
) -> None:
    """Write the evidence of a person, of a person in a session, or of everybody in a session.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    if user_id is None and session is None:
        raise TyperException("it needs USER_ID or SESSION.")
    with errors_said(console, "Not written"):
        finish_first(console)
        warehouse = warehouse_path()
        written = write_evidence(warehouse, published_path(), target or warehouse.parent, user_id, site, session)
    lines = [f"The evidence of {counted(written.people, 'person', 'people')} is in {written.path}"]
    if written.others:
        lines.append(
            f"Not in it: user {', '.join(written.others)}, with the same e-mail. If that is the same person, add a row"
            " to seeds/site/same_user.csv. Then: make build"
        )
    if written.forgotten:
        people = counted(written.forgotten, "person who was", "people who were")
        lines.append(f"Not in it: {people} forgotten; the published copy still holds them. Fix: make build")
    for line in [*lines, "To look at or print it, open it in a browser. It is personal data."]:
        console.print(line, markup=False)


if __name__ == "__main__":
    run_command(
        main, "evidence", "make evidence USER_ID=7, SESSION=keynote or both; SITE=… if several sites have the id."
    )
