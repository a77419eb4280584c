"""Finish an erasure that was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from building.rebuild import Files, rebuild
from publishing.places import publish_again
from removal.forget import carry_out
from removal.journal import FORGET, end, unfinished_task
from warehouse.locks import only_writer


def finish(console: Console, warehouse: Path | None = None) -> None:
    """Do what is written down as unfinished, and strike it out.

    Raises:
        WarehouseError: a step failed. It stays written down.
    """
    files = Files.of_environment()
    if warehouse is not None:
        files = replace(files, warehouse=warehouse.resolve())
    with only_writer(files.warehouse, patience=0):
        task = unfinished_task(files.warehouse)
        if task is None or not files.warehouse.exists():
            return
        console.print("[yellow]A command that takes data out was interrupted. It is finished first.[/yellow]")
        if task.kind == FORGET:
            carry_out(files, task, console)
        else:
            rebuild(files, "The data are out", console)
            for place in publish_again(files.published, files.shared, files.warehouse):
                console.print(f"Published there too; publish again: {place}", highlight=False, markup=False)
            end(files.warehouse)
        console.print("It is finished now.")
