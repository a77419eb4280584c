"""Write the leads of each exhibitor: the command line of ``publishing.leads``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publishing.leads import write_leads
from removal.journal import finish_first
from warehouse.command_line import counted, errors_said, run_command
from warehouse.copies import name_beside
from warehouse.paths import published_path
from warehouse.settings import read_settings
from warehouse.visible import SafeConsole


def main(
    crm: Annotated[
        str, typer.Option("--crm", envvar="CRM", help="Whose names the columns have: salesforce, hubspot or dynamics.")
    ] = "salesforce",
    target: Annotated[
        Path | None, typer.Option("--target", help="Folder to write. Default: leads beside the copy, or shared_leads.")
    ] = None,
) -> None:
    """Write one CSV file per exhibitor for a CRM.

    Exit codes: 0 done; 1 not possible, and said; 2 wrong usage.
    """
    console = SafeConsole()
    with errors_said(console, "Not written"):
        finish_first(console)
        folder = target or name_beside(published_path(), "leads")
        rows = write_leads(published_path(), folder, crm.strip().lower(), read_settings())
    for file, count in rows.items():
        leads = counted(count, "lead is", "leads are")
        console.print(f"{leads} in {folder / file}", markup=False)
    console.print(
        "They are personal data: see whether you may hand them on. No report says who agreed to be contacted.",
        markup=False,
    )


if __name__ == "__main__":
    run_command(main, "leads", "make leads CRM=salesforce, CRM=hubspot or CRM=dynamics")
