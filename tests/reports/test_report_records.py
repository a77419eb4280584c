"""Rows that are longer than any record: passed over in constant memory, and counted with their number and size."""

from __future__ import annotations

import csv
import random
import tracemalloc
from pathlib import Path

import duckdb
import pytest

from loader_fixtures import SHORT_HEADER, activity, land, landed_users, report_text, rows, write
from reports import records
from reports.records import rows_within


def rows_by_hand(text: str, delimiter: str) -> list[tuple[list[str], str]]:
    """Fields and text of each row, all of it in memory."""
    lines: list[str] = []
    found = []
    source = [line for line in csv_lines(text)]

    def remember() -> object:
        for line in source:
            lines.append(line)
            yield line

    for fields in csv.reader(remember(), delimiter=delimiter):  # type: ignore[arg-type]
        found.append((fields, "".join(lines)))
        lines.clear()
    return found


def csv_lines(text: str) -> list[str]:
    """A text in lines that end in one of three ways, and no other sign ends one."""
    lines, start = [], 0
    for place, sign in enumerate(text):
        if sign == "\n" or (sign == "\r" and text[place + 1 : place + 2] != "\n"):
            lines.append(text[start : place + 1])
            start = place + 1
    return [*lines, text[start:]] if text[start:] else lines


@pytest.mark.parametrize("most", [4, 9, 17, 40])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_row_that_is_cut_changes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, delimiter: str
) -> None:
    monkeypatch.setattr(records, "MAX_ROW_BYTES", most)
    chance = random.Random(most)
    pieces = ['"', '""', "a", "bcd", delimiter, f'{delimiter}"', "\n", "\r\n", "\r", "ü", " ", "x" * most]
    for _ in range(400):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 40)))
        path = write(tmp_path / "a.csv", text)
        expected = rows_by_hand(text, delimiter)
        found = [(row.fields, "".join(row.lines), row.is_cut, row.size) for row in rows_within(path, delimiter)]

        assert len(found) == len(expected), text
        for (fields, whole), (got, lines, is_cut, size) in zip(expected, found, strict=True):
            assert is_cut == (len(whole) > most), text
            assert (is_cut and len(whole.encode()) == size) or (fields, whole) == (got, lines), text
            # The row that is written in its place is one row, too, and too long.
            assert not is_cut or (len(rows_by_hand(lines, delimiter)) == 1 and len(lines) > most), text


@pytest.mark.parametrize("record", ["y" * 3_000_000, '"' + "y" * 3_000_000, '"' + "hello\n" * 60_000])
def test_a_row_that_is_cut_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    monkeypatch.setattr(records, "MAX_ROW_BYTES", 10_000)
    path = write(tmp_path / "a.csv", f"a,b\n{record}")
    tracemalloc.start()
    try:
        [_, size] = [row.size for row in rows_within(path, ",")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size == len(record)
    assert peak < 1_000_000


LONG = 9_000_000


@pytest.mark.parametrize(
    ("record", "swallowed"),
    [
        (f"u2,Chat,Message,{'y' * LONG},2024-05-01 10:00:00\n", 0),
        (f'u2,Chat,Message,"{"y" * LONG}",2024-05-01 10:00:00\n', 0),
        # a quote that is not closed
        ('u2,Chat,Message,"hello,2024-05-01 10:00:00\n' + (activity("u9") + "\n") * 200_000, 200_000),
    ],
)
def test_a_record_of_many_megabytes_is_rejected_with_its_number_and_size(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, record: str, swallowed: int
) -> None:
    text = report_text(activity("u1")) + record + ("" if swallowed else activity("u3") + "\n")
    land(warehouse, write(tmp_path / "a.csv", text))

    assert landed_users(warehouse) == [(1, "u1")] + ([] if swallowed else [(3, "u3")])
    [(number, reason)] = rows(warehouse, "select record_number, reason from raw.rejected_records")
    assert number == 2
    assert "it is longer than 2 MB" in reason and f"It takes {len(record):,} bytes." in reason
    assert (f"It swallows {swallowed} more lines" in reason) == bool(swallowed)


def test_the_last_record_may_be_the_long_one(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = f"{SHORT_HEADER}\nu1,Chat,Message,{'y' * 5_000_000},2024-05-01 10:00:00"
    landing = land(warehouse, write(tmp_path / "a.csv", text))

    assert (landing.landed_count, landing.rejected_count) == (0, 1)
