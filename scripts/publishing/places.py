"""Where the marts were published beside the two copies, so that an erasure reaches these places or names them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from publishing.parquet import publish_to_parquet
from publishing.postgres import is_postgres
from warehouse.copies import SHARED
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

PLACES = "published_places.json"


def note_place(source: Path, target: str) -> None:
    """Note beside a file what was made of it; an address holds no password here."""
    path = source.with_name(PLACES)
    places = _places(path) | {target: f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
    text = json.dumps(places, ensure_ascii=False, indent=1)
    # Addresses name no person.
    replace_file(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), kind=SHARED)


def publish_again(published: Path, warehouse: Path) -> list[str]:
    """Publish to each folder of Parquet files that was noted; returns the places that this could not reach."""
    left = []
    noted = _places(warehouse.with_name(PLACES)) | _places(published.with_name(PLACES))
    for target, at in noted.items():
        if not is_postgres(target) and not Path(target).exists():
            continue
        try:
            if is_postgres(target) or Path(target).is_file():
                raise WarehouseError("it takes a password, or the warehouse")
            publish_to_parquet(published, Path(target))
        except WarehouseError:
            left.append(f"{target} (on {at}): make publish TARGET={target}")
    return left


def _places(path: Path) -> dict[str, str]:
    try:
        return {str(target): str(at) for target, at in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise WarehouseError(f"{path} cannot be read. Fix: delete it, and publish again.") from error
