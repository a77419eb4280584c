"""Write the page of all activity types, docs/reference/activity_types.md, from the dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from naming.dictionary import activity_types_page, read_dictionary
from warehouse.command_line import run_command
from warehouse.paths import PROJECT_ROOT


def main(
    output: Annotated[Path, typer.Option("--output", help="Page to write.")] = PROJECT_ROOT
    / "docs/reference/activity_types.md",
) -> None:
    """Write the page of all activity types."""
    output.write_text(activity_types_page(read_dictionary(PROJECT_ROOT)), encoding="utf-8")
    typer.echo(f"{output}")


if __name__ == "__main__":
    run_command(main)
