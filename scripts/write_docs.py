"""Write the documentation as one page: the command line of ``page.write_docs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from page.write_docs import write
from warehouse.command_line import errors_said, run_command
from warehouse.paths import PROJECT_ROOT


def main(
    output: Annotated[Path, typer.Option(help="File to write.")] = PROJECT_ROOT / "warehouse" / "docs.html",
) -> None:
    """Write the page of the built warehouse. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    with errors_said(Console(stderr=True, soft_wrap=True)):
        write(output.resolve())
    typer.echo(f"The documentation: {output}")


if __name__ == "__main__":
    run_command(main)
