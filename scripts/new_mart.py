"""Write a mart of your own into models/site: the command line of ``building.new_mart``."""

from __future__ import annotations

from typing import Annotated

import typer

from building.new_mart import write_mart
from warehouse.command_line import errors_said, run_command
from warehouse.paths import PROJECT_ROOT
from warehouse.visible import SafeConsole


def main(
    name: Annotated[str, typer.Option("--name", envvar="NAME", help="Name of the mart, such as fct_daily_activity.")],
) -> None:
    """Write a mart of your own into models/site. Exit codes: 0 done; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole()
    with errors_said(console, "Not written"):
        files = write_mart(name)
    for path in files:
        console.print(f"Written: {path.relative_to(PROJECT_ROOT)}")
    console.print(f"It works as it is: make build, then make export TABLE=site.{name}")
    console.print("What to change in it: the comments in both files, and models/site/README.md")


if __name__ == "__main__":
    run_command(main, "new-mart", "make new-mart NAME=fct_daily_activity")
