"""Where copies of the marts are beside the two of the settings: an erasure writes these places again or names them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from publishing.parquet import publish_to_parquet
from publishing.postgres import is_postgres
from warehouse.copies import PUBLISHED, SHARED
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

PLACES = "published_places.json"


@dataclass(frozen=True)
class Place:
    """Where a copy is.

    Attributes:
        kind: published or shared.
        at: when it was written there.
    """

    kind: str
    at: str


def note_place(warehouse: Path, target: str, kind: str = PUBLISHED) -> None:
    """Note beside the warehouse what was made of it; an address holds no password here."""
    path = warehouse.with_name(PLACES)
    places = _places(path) | {target: Place(kind, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")}
    text = json.dumps({name: asdict(place) for name, place in places.items()}, ensure_ascii=False, indent=1)
    # Addresses name no person.
    replace_file(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), kind=SHARED)


def note_file(warehouse: Path, copy: Path, kind: str = PUBLISHED) -> None:
    """Note a copy that is not beside the warehouse: an erasure with other settings would not look for it."""
    if os.path.realpath(copy.parent) != os.path.realpath(warehouse.parent):
        note_place(warehouse, os.path.realpath(copy), kind)


def publish_again(published: Path, shared: Path, warehouse: Path) -> list[str]:
    """Publish to each folder of Parquet files that was noted; returns the places that this could not reach.

    Args:
        published: the published copy, which was written again.
        shared: the shared copy, which was written again if it was there.
        warehouse: the warehouse.
    """
    left = []
    # An older version noted some beside the published copy.
    noted = _places(published.with_name(PLACES)) | _places(warehouse.with_name(PLACES))
    done = {os.path.realpath(published), os.path.realpath(shared)}
    for target, place in noted.items():
        if target in done or (not is_postgres(target) and not Path(target).exists()):
            continue
        source = shared if place.kind == SHARED else published
        try:
            if is_postgres(target) or Path(target).is_file() or not source.exists():
                raise WarehouseError("it takes a password, another command, or a shared copy")
            publish_to_parquet(source, Path(target))
        except WarehouseError:
            left.append(f"{target} (on {place.at}): {_command(target, place.kind, source)}")
    return left


def _command(target: str, kind: str, source: Path) -> str:
    """What writes the place again."""
    is_file = not is_postgres(target) and Path(target).is_file()
    if kind == SHARED:
        return (
            f"make share SHARED_PATH={target}" if is_file else f"make publish PUBLISHED_PATH={source} TARGET={target}"
        )
    if is_file and Path(target).with_name("report").exists():
        return f"make publish TARGET={target}, and make report PUBLISHED_PATH={target}"
    return f"make publish TARGET={target}"


def _places(path: Path) -> dict[str, Place]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return {str(target): _place(value) for target, value in read.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise WarehouseError(f"{path} cannot be read. Fix: delete it, and publish again.") from error


def _place(value: object) -> Place:
    # An older version noted the time alone.
    return Place(str(value["kind"]), str(value["at"])) if isinstance(value, dict) else Place(PUBLISHED, str(value))
