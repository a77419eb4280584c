"""Write the leads of each exhibitor: the command line of ``publishing.leads``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publishing.leads import write_leads
from removal.journal import finish_first
from warehouse.command_line import errors_said, run_command
from warehouse.paths import published_path
from warehouse.settings import read_settings
from warehouse.visible import SafeConsole


def main(
    crm: Annotated[
        str, typer.Option("--crm", envvar="CRM", help="Whose names the columns have: salesforce or hubspot.")
    ] = "salesforce",
    target: Annotated[
        Path | None, typer.Option("--target", help="Folder to write. Default: leads beside the published copy.")
    ] = None,
) -> None:
    """Write one CSV file per exhibitor for a CRM.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    folder = target or published_path().with_name("leads")
    with errors_said(console, "Not written"):
        finish_first(console)
        zone = str(read_settings()["reporting_time_zone"])
        rows = write_leads(published_path(), folder, crm.strip().lower(), zone)
    for file, count in rows.items():
        console.print(f"{count:,} leads are in {folder / file}", highlight=False, markup=False)
    console.print(
        "They are personal data: see whether you may hand them on. No report says who agreed to be contacted.",
        highlight=False,
        markup=False,
    )


if __name__ == "__main__":
    run_command(main, "leads", "make leads CRM=hubspot or CRM=salesforce")
