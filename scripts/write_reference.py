"""Write the pages of messages, commands, settings and activity types in docs/reference/ from the code and the seeds."""

from __future__ import annotations

import typer

from page import messages, reference
from warehouse.command_line import run_command

PAGES = {
    messages.PAGE: messages.page,
    reference.COMMANDS: reference.commands_page,
    reference.SETTINGS: reference.settings_page,
    reference.ACTIVITY_TYPES: reference.activity_types_page,
}


def main() -> None:
    """Write the pages. Exit codes: 0 done; 2 wrong usage."""
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
        typer.echo(f"Written: {path}")


if __name__ == "__main__":
    run_command(main)
