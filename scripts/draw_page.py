"""Draw the pictures of the page: the command line of ``page.draw_page``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from page.draw_page import draw_page
from page.write_page import page_path
from warehouse.command_line import run_command
from warehouse.paths import PROJECT_ROOT, published_path


def main(output: Annotated[Path, typer.Option("--output", help="Folder to write to.")] = PROJECT_ROOT / "docs") -> None:
    """Draw the page of the published copy."""
    for picture in draw_page(page_path(published_path()), output):
        typer.echo(f"{picture}")


if __name__ == "__main__":
    run_command(main)
