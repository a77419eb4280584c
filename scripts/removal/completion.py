"""The end of a command that took data out of raw: all that was made of it is made again without them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from building.rebuild import Files, rebuild
from publishing.places import publish_again
from removal.journal import end


def complete(files: Files, done: str, console: Console) -> tuple[str, list[str]]:
    """Rebuild and publish everything again, and strike out what was written down.

    Args:
        files: the warehouse and its copies.
        done: what was done to raw, to say so if the rest fails.
        console: where dbt's progress is shown.

    Returns:
        Where it is done, and the places where the user must publish again.

    Raises:
        WarehouseError: a step failed. What was written down stays.
    """
    where = rebuild(files, done, console)
    places = publish_again(files.published, files.shared, files.warehouse)
    end(files.warehouse)
    return where, places


def say_places(places: Iterable[str], console: Console) -> None:
    """Name the places where the user must publish again."""
    for place in places:
        console.print(f"Published there too; publish again: {place}", markup=False)
