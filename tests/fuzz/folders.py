"""Folders of small reports, which the loader lands in groups: the outcome must be as if each had landed alone.

Most reports of a folder are written alike and overlap, some are odd. ``fuzz.oracle`` judges each report by itself.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from fuzz.disguises import DATE, HEADER, IDS, LABEL, NULLS, USER_ID, Ids, disguised
from fuzz.inputs import ENCODINGS, mutated
from landing import groups, land
from landing.outcome import Declaration, Landing

# These must be the same. The numbers of names are given in another order, and the time of loading is another.
TABLES = {
    "activities": "select * from raw.activities",
    "manifest": "select * exclude (loaded_at) from raw.reports",
    "order": "select report_id, row_number() over (order by loaded_at, report_id) as place from raw.reports",
    "numbers": "select * from raw.report_numbers",
    "events": "select * from raw.events",
    "records": "select record_id, event_id from raw.records",
    "places": "select * from raw.report_records",
    "rejected": "select * from raw.rejected_records",
    "declared": "select * exclude (declared_at) from raw.declarations",
}
DECLARATIONS = (
    Declaration(),
    Declaration("north", "Europe/Zurich", to_remember=(("TIME_ZONE", "Europe/Zurich"),)),
    Declaration("north", "America/New_York", allows_twins=True),
)
TEXTS = ("", "hello", "N/A", "Grüezi", 'say "yes"', "one, two", "x" * 300, " ", "=1+1", "😀", "NULL")
Row = list[str]


@dataclass(frozen=True)
class Folder:
    """Reports that are loaded at once.

    Attributes:
        files: the name and the bytes of each, in their order.
        declaration: as on the command line.
    """

    files: tuple[tuple[str, bytes], ...]
    declaration: Declaration

    def write(self, target: Path) -> list[Path]:
        """Write the reports."""
        paths = [target / name for name, _ in self.files]
        for path, (_, content) in zip(paths, self.files, strict=True):
            path.write_bytes(content)
        return paths


def make_folder(seed: int) -> Folder:
    """The folder of a seed: always the same."""
    choose = random.Random(f"folder {seed}")
    pool = _pool(choose)
    write = _writer(choose)
    odd_share = choose.choice((0.0, 0.1, 0.1, 0.3))
    files: list[tuple[str, bytes]] = []
    for number in range(choose.randint(5, 16)):
        if choose.random() < 0.05:
            pool[choose.randrange(len(pool))][LABEL] = "two\nlines"
        start = choose.randrange(len(pool))
        rows = [list(row) for row in pool[start : start + choose.choice((1, 2, 4, 8, 20))]]
        if choose.random() < 0.3:
            rows += rows[: choose.randint(1, 2)]
        if choose.random() < 0.3:
            rows = [[*row[:1], "Anna", *row[2:]] for row in rows]
        name, content = f"{number:02}.csv", write(rows)
        if choose.random() < odd_share:
            name, content = choose.choice(ODD)(choose, number, rows, write)
        files.append((name, content))
    return Folder(tuple(files), choose.choice((DECLARATIONS[0], *DECLARATIONS)))


def _pool(choose: random.Random) -> list[Row]:
    """The records of some people on two days. Each report holds a part of them, and the parts overlap."""
    start = datetime(2026, choose.choice((3, 5, 10)), choose.randint(24, 30), choose.choice((0, 9, 22)))
    pool = []
    for _ in range(60):
        user, page = choose.randint(7001, 7005), choose.choice(("", "4101", "4102"))
        at = start + timedelta(seconds=choose.randrange(0, 172_800, choose.choice((1, 1, 900))))
        pool.append(
            [
                *(
                    str(user),
                    "Ana",
                    "Quill",
                    "Fern Ltd",
                    f"u{user}@x.example",
                    "Chat",
                    choose.choice(("Message", "Read")),
                ),
                *(choose.choice(TEXTS), f"{at}", page, f"Page {page}".strip() if page else "", page),
            ]
        )
    return sorted(pool, key=lambda row: row[DATE])


Writer = Callable[[Sequence[Row]], bytes]


def _writer(choose: random.Random) -> Writer:
    delimiter, end = choose.choice(",,;\t"), choose.choice(("\n", "\r\n"))
    quoting = choose.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    order = list(range(len(HEADER)))
    if choose.random() < 0.2:
        choose.shuffle(order)

    def write(rows: Sequence[Row]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
        writer.writerows([row[place] for place in order] for row in (list(HEADER), *rows))
        return out.getvalue().encode()

    return write


Odd = Callable[[random.Random, int, list[Row], Writer], tuple[str, bytes]]


def _with_dates(change: Callable[[datetime], datetime]) -> Odd:
    def odd(_: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
        return f"{number:02}.csv", write(
            [[*row[:DATE], f"{change(datetime.fromisoformat(row[DATE]))}", *row[DATE + 1 :]] for row in rows]
        )

    return odd


MORE_IDS: tuple[Ids, ...] = (lambda text: f"00{text}", lambda _: NULLS[0], lambda _: "")


def _with_ids(choose: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    change = choose.choice((*IDS, *MORE_IDS))
    return f"{number:02}.csv", write([[change(row[USER_ID]), *row[1:]] for row in rows])


def _damaged(choose: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    return f"{number:02}.csv", mutated(choose, write(rows))


def _disguised(choose: random.Random, number: int, _: list[Row], __: Writer) -> tuple[str, bytes]:
    return f"{number:02}.csv", disguised(choose)[0]


def _packed(_: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    return f"{number:02}.csv.gz", gzip.compress(write(rows), mtime=0)


def _encoded(choose: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    return f"{number:02}.csv", write(rows).decode().encode(choose.choice(ENCODINGS), errors="replace")


def _without_content(_: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    return f"{number:02}.csv", write([[*row[: DATE + 1], "", "", ""] for row in rows])


def _with_odd_record(choose: random.Random, number: int, rows: list[Row], write: Writer) -> tuple[str, bytes]:
    date = choose.choice(("", "1970-01-01 00:00:00", "2024-13-01 00:00:00", "2019-05-13 10:00:00", "14/05/2026 10:00"))
    blank = [""] * len(HEADER)
    row = choose.choice(([*rows[0][:DATE], date, *rows[0][DATE + 1 :]], blank, list(HEADER)))
    return f"{number:02}.csv", write([*rows, row])


ODD: tuple[Odd, ...] = (
    *(_with_ids, _damaged, _damaged, _damaged, _disguised, _packed, _encoded, _without_content, _with_odd_record),
    _with_dates(lambda at: at + timedelta(hours=2)),
    _with_dates(lambda at: at + timedelta(seconds=7)),
    _with_dates(lambda at: at.replace(second=0)),
    _with_dates(lambda at: at.replace(hour=0, minute=0, second=0)),
)


@contextmanager
def each_alone() -> Iterator[None]:
    """No report is small enough for a group."""
    with mock.patch.object(land, "SMALL_BYTES", -1):
        yield


@contextmanager
def counted_groups() -> Iterator[list[int]]:
    """The sizes of the groups that land; two reports are enough for one."""
    sizes: list[int] = []
    land_group = groups.land_group

    def counted(*arguments: Any, **named: Any) -> list[Landing] | None:
        landed = land_group(*arguments, **named)
        sizes.extend([len(landed)] if landed is not None else [])
        return landed

    with mock.patch.object(land, "land_group", counted), mock.patch.object(land, "SMALLEST_GROUP", 2):
        yield sizes


Outcome = tuple[list[Landing], dict[str, list[Any]]]


def outcome(
    paths: list[Path], declaration: Declaration, warehouse: duckdb.DuckDBPyConnection, *, checks_twins: bool = True
) -> Outcome:
    """What became of the reports, and what is in the warehouse."""
    landings = list(land.land_reports(warehouse, paths, declaration, checks_twins=checks_twins))
    return landings, {table: warehouse.execute(f"{query} order by all").fetchall() for table, query in TABLES.items()}


def outcome_alone(paths: list[Path], declaration: Declaration, *, checks_twins: bool = True) -> Outcome:
    """The outcome if each report lands alone."""
    with duckdb.connect(config={"threads": 1}) as warehouse, each_alone():
        return outcome(paths, declaration, warehouse, checks_twins=checks_twins)


def differences(one: Outcome, other: Outcome) -> str:
    """What two outcomes do not share; nothing if they are the same."""
    found = [f"{a}\n  and alone {b}" for a, b in zip(one[0], other[0], strict=True) if a != b]
    for table in TABLES:
        a, b = one[1][table], other[1][table]
        if a != b:
            found.append(f"{table}: {_only_in(a, b)}, and alone {_only_in(b, a)}")
    return "\n".join(found)


def _only_in(rows: list[Any], others: list[Any]) -> list[Any]:
    return [row for row in rows if row not in others][:3]


def judge_folder(folder: Folder) -> tuple[str, int]:
    """What does not hold of a folder, and how many of its reports landed in groups."""
    with tempfile.TemporaryDirectory() as target, duckdb.connect(config={"threads": 1}) as warehouse:
        paths = folder.write(Path(target))
        try:
            with counted_groups() as sizes:
                together = outcome(paths, folder.declaration, warehouse)
            return differences(together, outcome_alone(paths, folder.declaration)), sum(sizes)
        except Exception as error:  # noqa: BLE001 (whatever escapes is a finding)
            return f"{type(error).__name__} escaped: {error}", 0
