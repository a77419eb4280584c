"""How the warehouse file is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from loader_fixtures import rows
from warehouse import connect


@pytest.mark.parametrize("read_only", [False, True])
def test_times_are_utc_whatever_the_zone_of_the_machine(tmp_path: Path, read_only: bool) -> None:
    connect(tmp_path / "activity.duckdb").close()
    with connect(tmp_path / "activity.duckdb", read_only=read_only) as connection:
        assert rows(connection, "select cast(timestamptz '2026-05-12 10:00:00+02:00' as timestamp)::varchar") == [
            "2026-05-12 08:00:00"
        ]
