"""Write the page of all messages, docs/reference/messages.md, from the code."""

from __future__ import annotations

import typer

from page.messages import PAGE, page
from warehouse.command_line import run_command


def main() -> None:
    """Write the page. Exit codes: 0 done; 2 wrong usage."""
    PAGE.write_text(page(), encoding="utf-8")
    typer.echo(f"The page of messages: {PAGE}")


if __name__ == "__main__":
    run_command(main)
