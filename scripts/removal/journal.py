"""What was begun on the warehouse and is not finished: written down before it starts, struck out when all is done.

A command that is killed leaves its entry, and whatever command runs next finishes the work (``removal.unfinished``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.paths import warehouse_path


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        kind: forget, or rebuild where raw is done and the rest follows.
        site_id: the site of the person.
        user_ids: the ids of the person.
        also: other names and e-mails of the person.
        others: ids with the same e-mail that are other people.
        spellings: other spellings of the ids that are other people.
    """

    kind: str
    site_id: str = ""
    user_ids: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    spellings: list[str] = field(default_factory=list)


FORGET, REBUILD = "forget", "rebuild"
JOURNAL = ".to_finish"


def path_of_journal(warehouse: Path) -> Path:
    """The file beside the warehouse, which is there only while something is unfinished."""
    return warehouse.with_name(f"{warehouse.name}{JOURNAL}")


def begin(warehouse: Path, task: Task) -> None:
    """Write down what is about to be done. It names the person, as the warehouse does until it is done."""
    text = json.dumps(asdict(task), ensure_ascii=False)

    def write(unfinished: Path) -> int:
        unfinished.touch(0o600)
        return unfinished.write_text(text, encoding="utf-8")

    replace_file(path_of_journal(warehouse), write)


def unfinished_task(warehouse: Path) -> Task | None:
    """What is unfinished; None if nothing is.

    Raises:
        WarehouseError: the entry cannot be read.
    """
    path = path_of_journal(warehouse)
    try:
        return Task(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise WarehouseError(
            f"{path} does not say what is unfinished. Fix: delete it, and forget the person again."
        ) from error


def finish_first(console: Console, warehouse: Path | None = None) -> None:
    """Finish what a command left that was killed, before another command does its own work.

    Raises:
        WarehouseError: it cannot be finished.
    """
    if unfinished_task(warehouse or warehouse_path().resolve()) is not None:
        # It takes dbt, which takes seconds to import.
        from removal.unfinished import finish

        finish(console, warehouse)


def refuse_unfinished(warehouse: Path | None = None) -> None:
    """Refuse to show a copy that still holds who is being forgotten, where there is no dbt to finish the work.

    Raises:
        WarehouseError: something is unfinished.
    """
    if unfinished_task(warehouse or warehouse_path().resolve()) is not None:
        raise WarehouseError("a command that takes data out was interrupted. Fix: make show finishes it.")


def end(warehouse: Path) -> None:
    """Strike it out."""
    path_of_journal(warehouse).unlink(missing_ok=True)
