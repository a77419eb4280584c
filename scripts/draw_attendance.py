"""Draw the picture of the README: the command line of ``page.draw_attendance``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from page.draw_attendance import SESSIONS, draw
from warehouse.command_line import run_command
from warehouse.database import opened
from warehouse.paths import PROJECT_ROOT, published_path


def main(
    output: Annotated[Path, typer.Option(help="File to write.")] = PROJECT_ROOT / "docs" / "attendance.svg",
) -> None:
    """Draw the attendance of the published copy."""
    with opened(published_path()) as connection:
        sessions = connection.execute(SESSIONS).fetchall()
    output.write_text(draw(sessions), encoding="utf-8")


if __name__ == "__main__":
    run_command(main)
