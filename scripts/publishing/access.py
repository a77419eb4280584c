"""Who may read the published copy: its owner alone, or others on the machine too (``PUBLISHED_MODE``)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from warehouse.copies import Mark
from warehouse.database import close_to_others
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT, setting_of
from warehouse.visible import on_one_line

PRIVATE = 0o600
# Read by the owner, and by the group and others where they are named; only the owner writes.
POSSIBLE = {f"{mode:04o}": mode for mode in (0o600, 0o640, 0o644)}


def published_mode(there: Mark | None) -> int | None:
    """The mode for the published copy: ``PUBLISHED_MODE``, else that with which the copy there was made.

    Raises:
        WarehouseError: it is no mode for such a file.
    """
    wanted = setting_of("PUBLISHED_MODE")
    if wanted is None:
        return there.file_mode if there is not None else None
    mode = POSSIBLE.get(wanted.strip().zfill(4))
    if mode is None:
        raise WarehouseError(
            f"PUBLISHED_MODE={wanted} is not possible. Nothing was done. Fix: PUBLISHED_MODE=0644 lets everybody on"
            " this machine read the published copy, 0640 your group, 0600 only you."
        )
    return mode


def open_way(file: Path, place: Path, mode: int | None) -> None:
    """Give a file its mode, and open the folder of its place to those who may read it.

    A folder farther up that stops them is named, and stays closed: others may rely on that.
    """
    file.chmod(PRIVATE if mode is None else mode)
    # Whoever may read the file passes through the folder; to list what is in it is another matter.
    passes = ((mode or 0) & 0o044) >> 2
    if not passes and place.parent.resolve() == PROJECT_ROOT / "warehouse":
        # git makes it open to all.
        close_to_others(place.parent)
    if not passes or os.name == "nt":
        return
    folder = place.parent.resolve()
    for above in (folder, *folder.parents):
        there = above.stat().st_mode & 0o777
        if there & passes == passes:
            continue
        if above == folder and above.stat().st_uid == os.getuid():
            above.chmod(there | passes)
        else:
            closed = on_one_line(str(above))
            print(
                f"Others cannot read {on_one_line(str(place))} yet, because {closed} is closed to them."
                f" Fix: chmod o+x {closed}, or publish elsewhere (PUBLISHED_PATH).",
                file=sys.stderr,
            )
