"""Write who is entitled to a certificate: the command line of ``evidence.certificates``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from evidence.certificates import write_certificates
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.names import name_for_file
from warehouse.paths import published_path, warehouse_path
from warehouse.visible import SafeConsole


def main(
    session: Annotated[
        str | None, typer.Option("--session", envvar="SESSION", help="Key of a session, or a part of its name.")
    ] = None,
    course: Annotated[
        str | None, typer.Option("--course", envvar="COURSE", help="Key of a course, or a part of its name.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="CSV file. Default: certificates.csv beside the warehouse.")
    ] = None,
) -> None:
    """Write the list of a session, of a course, or of all of them.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    if session is not None and course is not None:
        raise TyperException("it takes SESSION or COURSE, and not both.")
    name = "_".join(["certificates", *(name_for_file(wanted) for wanted in (session, course) if wanted is not None)])
    with errors_said(console, "Not written"):
        finish_first(console)
        path = target or warehouse_path().with_name(f"{name}.csv")
        counts = write_certificates(warehouse_path(), published_path(), path, session, course)
    console.print(
        f"{counts['yes']:,} entitled, {counts['undecidable']:,} undecidable, {counts['no']:,} not entitled: {path}",
        markup=False,
    )
    console.print("It is personal data. Each row has the reason; the records: make evidence USER_ID=…")


if __name__ == "__main__":
    run_command(main, "certificates", "make certificates SESSION=keynote or COURSE=first-aid, or neither for all.")
