"""Check the files of seeds/site/ in plain words, as ``make build`` does first; for who calls dbt by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from naming.seed_rules import SITE_SEEDS
from naming.site_seeds import check_site_seeds, replace_site_seeds
from warehouse.command_line import errors_said, run_command
from warehouse.paths import PROJECT_ROOT
from warehouse.visible import SafeConsole


def main(
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the plain form into the files themselves, as Spark needs it.")
    ] = False,
) -> None:
    """Check the files of seeds/site/. Exit codes: 0 all are read; 1 something is wrong, and said; 2 wrong usage."""
    console = SafeConsole()
    with errors_said(console, "Not checked to the end"):
        written = check_site_seeds(PROJECT_ROOT)
        if replace:
            replace_site_seeds(PROJECT_ROOT, written)
    how = "rewritten" if replace else "read as a checked copy"
    also = f" {', '.join(written)}: {how}." if written else ""
    console.print(f"The files of {SITE_SEEDS.as_posix()} are in order.{also}")


if __name__ == "__main__":
    run_command(main)
