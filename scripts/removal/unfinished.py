"""Finish an erasure that was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from building.rebuild import Files
from removal.completion import complete, say_places
from removal.forget import carry_out
from removal.journal import FORGET, unfinished_task
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
            _, places = complete(files, "The data are out", console)
            say_places(places, console)
        console.print("It is finished now.")
