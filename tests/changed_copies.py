"""Copies of the warehouse and of the published copy that a test may change, and a command that reads them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import duckdb

from conftest import Project
from landing.forgotten import hashed, identities, salt_of
from warehouse.database import connect


def written(
    project: Project,
    folder: Path,
    *arguments: str,
    warehouse: Sequence[str] = (),
    published: Sequence[str] = (),
    script: str = "evidence_pack.py",
) -> CompletedProcess[str]:
    """Run a command on copies of the two files, after these changes to them."""
    for path, statements in ((project.warehouse, warehouse), (project.published, published)):
        shutil.copy(path, folder / path.name)
        if statements:
            with duckdb.connect(str(folder / path.name)) as connection:
                for statement in statements:
                    connection.execute(statement)
    return run_on_copies(project, folder, *arguments, script=script)


def run_on_copies(
    project: Project, folder: Path, *arguments: str, script: str = "evidence_pack.py"
) -> CompletedProcess[str]:
    """Run a command on copies of the two files that `written` made."""
    paths = {
        "WAREHOUSE_PATH": str(folder / project.warehouse.name),
        "PUBLISHED_PATH": str(folder / project.published.name),
    }
    return project.script(script, *arguments, **paths)


def forget_only_in_raw(warehouse: Path, user_id: str) -> None:
    """Remember a person as forgotten, while the published copy is the old one."""
    with connect(warehouse) as connection:
        salt = salt_of(connection)
        for identity in identities("sample", user_id, []):
            connection.execute(
                "insert into raw.forgotten_users values ('sample', ?, ?)",
                [hashed(salt, identity), datetime.now(UTC).replace(tzinfo=None)],
            )
