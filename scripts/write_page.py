"""Write the page of the published copy: the command line of ``page.write_page``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from page.browser import print_page
from page.write_page import page_of_copy, pages_at, write_page
from removal.journal import finish_first
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.paths import published_path, resolved
from warehouse.visible import SafeConsole


def main(
    database: Annotated[
        Path | None,
        typer.Option("--database", help="Copy to show. Default: PUBLISHED_PATH or warehouse/published.duckdb."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="File to write. Default: report/index.html beside the copy, or shared_report/."),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write each page as a PDF too. It needs Chromium.")] = False,
) -> None:
    """Write the page of the published copy. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole()
    copy = database or published_path()
    with errors_said(console):
        if database is None:
            finish_first(console)
        path = resolved(output or page_of_copy(copy))
        write_page(copy, path)
        console.print(f"To look at: {one_line(path.as_uri())}")
        for page in pages_at(path) if pdf else ():
            print_page(page, page.with_suffix(".pdf"))
            console.print(f"To print or to send: {one_line(str(page.with_suffix('.pdf')))}")


if __name__ == "__main__":
    run_command(main)
