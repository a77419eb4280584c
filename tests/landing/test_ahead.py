"""The next large report is read while the one before is stored, and the outcome is the same."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from landing import ahead
from landing.ahead import Ahead
from landing.land import land_reports
from landing.outcome import Declaration
from reports.encoding import survey
from reports.format import read_format
from reports.rows import count_rows

pytestmark = pytest.mark.slow

HEADER = "User ID,Category,Action,Date\n"


@pytest.fixture(autouse=True)
def each_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LARGE_BYTES", 1)


def written(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def test_what_is_read_ahead_is_what_would_be_read(tmp_path: Path) -> None:
    path, reader = written(tmp_path / "a.csv", '7,"Session, live",Joined,2026-05-12 10:00:00'), Ahead()
    reader.begin(path, ())
    found = reader.take(path)
    assert found is not None
    report = read_format(path)
    assert (found.seen, found.count_of(report)) == (survey(path), count_rows(path, report))
    assert reader.take(path) is None


def test_of_a_report_that_is_known_no_rows_are_counted(tmp_path: Path) -> None:
    path, reader = written(tmp_path / "a.csv", "7,Session,Joined,2026-05-12 10:00:00"), Ahead()
    reader.begin(path, {survey(path).sha256})
    found = reader.take(path)
    assert found is not None
    assert found.count is None


@pytest.mark.parametrize("name", ["b.csv", "a.csv"], ids=["another file", "the file has changed"])
def test_what_was_read_of_other_bytes_does_not_count(tmp_path: Path, name: str) -> None:
    path, reader = written(tmp_path / "a.csv", "7,Session,Joined,2026-05-12 10:00:00"), Ahead()
    reader.begin(path, ())
    # The thread has ended, as it has when the report before takes long.
    assert reader._thread is not None
    reader._thread.join()
    written(tmp_path / name, "7,Session,Joined,2026-05-12 10:00:00", "8,Session,Joined,2026-05-12 10:00:00")
    assert reader.take(tmp_path / name) is None


def test_a_file_that_is_gone_or_no_report_is_left_to_its_own_turn(tmp_path: Path) -> None:
    reader = Ahead()
    reader.begin(tmp_path / "gone.csv", ())
    assert reader.take(tmp_path / "gone.csv") is None
    (tmp_path / "empty.csv").write_text(" \n")
    reader.begin(tmp_path / "empty.csv", ())
    found = reader.take(tmp_path / "empty.csv")
    assert found is not None
    assert found.count is None


def test_reports_land_as_without_it(
    instance: duckdb.DuckDBPyConnection,
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a report twice, one in another encoding, one with a record that cannot be read, and a refused one."""
    for number, name in enumerate(("a", "b", "c")):
        written(tmp_path / f"{name}.csv", *(f"{n},Session,Joined,2026-05-1{number} 10:00:{n:02}" for n in range(20)))
    (tmp_path / "d.csv").write_bytes((tmp_path / "a.csv").read_bytes())
    (tmp_path / "e.csv").write_bytes((HEADER + "9,Session,Réunion,2026-05-17 10:00:00\n").encode("cp1252"))
    written(tmp_path / "f.csv", "7,Session", "8,Session,Joined,2026-05-18 10:00:00", "9,Session,Joined,never")
    (tmp_path / "g.csv").write_text("no,report\n1,2\n")
    paths = sorted(tmp_path.iterdir())
    # Reports of this size would land in groups, which none is read ahead for.
    monkeypatch.setattr("landing.land.SMALL_BYTES", 0)

    def land(connection: duckdb.DuckDBPyConnection) -> list[object]:
        outcomes: list[object] = list(land_reports(connection, paths, Declaration(), checks_twins=False))
        columns = "* exclude (loaded_at)"
        for query in (f"select {columns} from raw.reports", "from raw.activities", "from raw.rejected_records"):
            outcomes += sorted(map(str, connection.execute(query).fetchall()))
        return outcomes

    ahead_of_time = land(warehouse)
    assert len(ahead_of_time) > len(paths)
    monkeypatch.setattr(ahead, "LARGE_BYTES", 1 << 40)
    with instance.cursor() as connection:
        connection.execute("set TimeZone = 'UTC'; attach ':memory:' as other; use other")
        assert land(connection) == ahead_of_time
        connection.execute("use memory; detach other")
