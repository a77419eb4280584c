"""What must hold of every input, whatever it is: judged without the loader's own readers.

Python reads the report again, with its own decoders and its own CSV reader, and says what the tables must hold. Where
a record's double quotes stand otherwise than they should, readers may differ, and only the counts are compared.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from fuzz.disguises import NULLS, Meant
from fuzz.inputs import FuzzInput
from landing.land import land_reports
from landing.outcome import Landing
from reports.columns import REPORT_KINDS
from warehouse.errors import WarehouseError
from warehouse.raw import delete_all_records
from warehouse.raw_tables import RAW_TABLES
from warehouse.rejections import HARMLESS

TABLES = ("activities", "users", "rejected_records", "reports", "user_reports")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
LANDINGS_PER_CONNECTION = 2000
# Unicode has no name for the first and calls the second a mark, and both are to be ignored (Default_Ignorable).
IGNORED = "\u2065\u034f"
# Letters by their class that look like blanks.
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"


class Broken(AssertionError):
    """An input for which something does not hold."""


@dataclass
class Tally:
    """What became of the inputs that were judged."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, **counts: int) -> None:
        """Count some more."""
        self.counts.update(counts)


class Judge:
    """Lands inputs in a warehouse in memory, and judges what is there afterwards."""

    def __init__(self) -> None:
        """Begin with an empty warehouse and nothing counted."""
        self.tally = Tally()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._landings = 0

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        """An empty warehouse in memory. It is made again from time to time."""
        if self._connection is None or self._landings > LANDINGS_PER_CONNECTION:
            self.close()
            self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
            self._connection.execute("set TimeZone = 'UTC'")
            self._connection.execute(RAW_TABLES)
            self._landings = 0
        delete_all_records(self._connection)
        for table in TABLES[1:]:
            self._connection.execute(f"delete from raw.{table}")
        return self._connection

    def close(self) -> None:
        """Give the warehouse back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def judge(self, inputs: dict[str, FuzzInput], *, again: bool = False) -> dict[str, str]:
        """Land inputs, and return what does not hold for each.

        Args:
            inputs: by a name.
            again: whether to land what landed once more.

        Returns:
            The rules that do not hold, by the name of the input.
        """
        broken: dict[str, str] = {}
        with tempfile.TemporaryDirectory() as folder:
            paths = {}
            for name, one in inputs.items():
                paths[name] = Path(folder, name + one.suffix)
                paths[name].write_bytes(one.content)
            by_declaration: dict[object, list[str]] = {}
            for name, one in inputs.items():
                by_declaration.setdefault(one.declaration, []).append(name)
            for names in by_declaration.values():
                # Together, as a folder would be; and one by one where that fails, to find which it is.
                try:
                    self._judge_together({name: inputs[name] for name in names}, paths, again=again)
                except Exception:  # noqa: BLE001 (whatever escapes is a finding)
                    for name in names:
                        try:
                            self._judge_together({name: inputs[name]}, paths, again=again)
                        except Broken as error:
                            broken[name] = str(error)
                        except Exception as error:  # noqa: BLE001 (so here)
                            broken[name] = f"{type(error).__name__} escaped: {error}"
                            self.close()
        self.tally.add(inputs=len(inputs), failed=len(broken))
        return broken

    def _judge_together(self, inputs: dict[str, FuzzInput], paths: dict[str, Path], *, again: bool) -> None:
        connection = self.warehouse()
        by_path = {paths[name]: one for name, one in inputs.items()}
        declaration = next(iter(inputs.values())).declaration
        tally = Tally()
        landed: set[str] = set()
        digests: set[str] = set()
        try:
            landings = []
            for landing in land_reports(connection, list(by_path), declaration):
                landings.append(landing)
                self._landings += 1
                _judge_one(connection, landing, by_path[landing.path], landed, digests, tally)
            if missing := set(by_path) - {landing.path for landing in landings}:
                raise Broken(f"nothing is seen of {missing}")
            self._nothing_else_lies_there(connection, landed)
            if again:
                for once, more in zip(landings, land_reports(connection, list(by_path), declaration), strict=True):
                    # A report whose records were all rejected is read again, with the same result.
                    is_all_rejected = once.landed_count == 0 and once.rejected_count > once.harmless_count
                    is_known = once.refusal is None and not is_all_rejected
                    if is_all_rejected and once != more:
                        raise Broken(f"the second time: {more}")
                    if is_known != (more.already_landed_as is not None) or once.refusal != more.refusal:
                        raise Broken(f"the second time: {more}")
                self._nothing_else_lies_there(connection, landed)
                tally.add(landed_again=len(landings))
        except WarehouseError as error:
            raise Broken(f"trouble with the warehouse: {error}") from error
        self.tally.counts.update(tally.counts)

    def _nothing_else_lies_there(self, connection: duckdb.DuckDBPyConnection, landed: set[str]) -> None:
        manifests = (
            "(select report_id, file_name from raw.reports union all select report_id, file_name from raw.user_reports)"
        )
        names = {row[0] for row in connection.execute(f"select file_name from {manifests}").fetchall()}
        if names != landed:
            raise Broken(f"the manifest names {sorted(names ^ landed)[:3]}, which printed nothing")
        for table in TABLES[:3]:
            if connection.execute(
                f"select 1 from raw.{table} where report_id not in (select report_id from {manifests}) limit 1"
            ).fetchone():
                raise Broken(f"raw.{table} holds records of no report")


def _judge_one(  # noqa: C901 (one condition for each thing that has to hold)
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    one: FuzzInput,
    landed: set[str],
    digests: set[str],
    tally: Tally,
) -> None:
    if landing.refusal is not None:
        tally.add(refused=1)
        if one.meant is not None:
            raise Broken(f"refused, though it means something: {landing.refusal}")
        if "Fix:" not in landing.refusal:
            raise Broken(f"refused without a fix: {landing.refusal}")
        if "defect of the loader" in landing.refusal:
            raise Broken(landing.refusal)
        return
    if landing.already_landed_as is not None:
        tally.add(already_landed=1)
        if landing.already_landed_as not in landed:
            raise Broken("already landed, it says, as a file that was not")
        return
    tally.add(landed=1, records_landed=landing.landed_count, records_rejected=landing.rejected_count)
    name = landing.name.removeprefix(f"{landing.path.parent}/")
    landed.add(name)
    kind = next(kind for kind in REPORT_KINDS if kind.unit == landing.unit)
    manifest, table = ("reports", "activities") if kind is REPORT_KINDS[0] else ("user_reports", "users")
    cursor = connection.execute(f"select * from raw.{manifest} where file_name = ?", [name])
    [seen] = _named(cursor)
    records = _named(
        connection.execute(f"select * from raw.{table} where report_id = ? order by record_number", [seen["report_id"]])
    )
    rejected = connection.execute(
        "select record_number, reason, kind from raw.rejected_records where report_id = ? order by 1",
        [seen["report_id"]],
    ).fetchall()

    digests.add(seen["file_sha256"])
    counts = (landing.landed_count, landing.rejected_count, landing.landed_count + landing.rejected_count)
    if (seen["landed_count"], seen["rejected_count"], seen["record_count"]) != counts or (
        len(records),
        len(rejected),
    ) != counts[:2]:
        raise Broken(f"{counts} are seen, {len(records)} landed and {len(rejected)} are rejected")
    numbers = sorted([record["record_number"] for record in records] + [number for number, *_ in rejected])
    if numbers != list(range(1, seen["record_count"] + 1)):
        raise Broken(f"the records' numbers are {numbers}")
    for number, reason, kind in rejected:
        if "Fix:" not in reason and kind not in HARMLESS:
            raise Broken(f"record {number} is rejected without a fix: {reason}")
    if landing.is_clean != all(kind in HARMLESS for *_, kind in rejected):
        raise Broken("it is seen to be clean and is not, or the other way round")
    reasons = {number: reason for number, reason, _ in rejected}
    if one.meant is not None:
        _judge_meaning(one.meant, records, reasons, tally)
        return
    if seen["file_format"] == "csv" and hashlib.sha256(one.content).hexdigest() == seen["file_sha256"]:
        _judge_texts(one.content, seen, {record["record_number"]: record for record in records}, reasons, tally)


def _judge_meaning(
    meant: tuple[Meant, ...], records: list[dict[str, Any]], rejected: dict[int, str], tally: Tally
) -> None:
    """Whether a report in another dress is read as what it means."""
    found = {
        record["record_number"]: Meant(_seen(record["user_id"]), _seen(record["content_id"]), record["occurred_at"])
        for record in records
    }
    for number, one in enumerate(meant, start=1):
        if one.occurred_at is None and number in rejected:
            tally.add(impossible_rejected=1)
        elif found.get(number) != one:
            raise Broken(f"record {number} means {one}, and is {found.get(number) or rejected.get(number)}")
        else:
            tally.add(disguised_read=1)


def _seen(text: str | None) -> str:
    """What a reader sees of an id; '' for a word that means nothing."""
    kept = "".join(sign for sign in text or "" if _takes_place(sign)).strip()
    return "" if kept.lower() in {null.lower() for null in NULLS} else kept


def _takes_place(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf") and sign not in IGNORED


def _named(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _decoded(content: bytes, encoding: str) -> str | None:
    """The text of a report, with a lone surrogate for each byte of no meaning; None if that cannot be said."""
    mark = next((mark for mark in MARKS if content.startswith(mark)), None)
    codec = MARKS[mark] if mark else encoding
    try:
        return content.decode(codec, errors="strict" if codec.startswith(("utf-16", "utf-32")) else "surrogateescape")
    except UnicodeError:
        return None


def _rows_of(text: str, delimiter: str, width: int) -> Iterator[tuple[list[str], str]]:
    """Fields and text of each row that is not empty; one of a single column may be."""
    csv.field_size_limit(2**31 - 1)
    lines: list[str] = []

    def kept(source: Iterable[str]) -> Iterator[str]:
        for line in source:
            lines.append(line)
            yield line

    for row in csv.reader(kept(io.StringIO(text, newline="")), delimiter=delimiter):
        if row or width == 1:
            yield row or [""], "".join(lines)
        lines.clear()


def _is_regular(row_text: str, delimiter: str) -> bool:
    """Whether every double quote of a row stands where it should, so that all readers agree."""
    if '"' not in row_text:
        return True
    one = re.escape(delimiter)
    return re.fullmatch(rf'(?:(?:"(?:[^"]|"")*"|[^"{one}]*)(?:{one}|[\r\n]*\Z))*', row_text) is not None


def _judge_texts(
    content: bytes,
    seen: dict[str, Any],
    landed: dict[int, dict[str, Any]],
    rejected: dict[int, str],
    tally: Tally,
) -> None:
    text = _decoded(content, seen["encoding"])
    if text is None:
        tally.add(not_read_by_python=1)
        return
    header = seen["header"]
    rows = list(_rows_of(text, seen["delimiter"], len(header)))
    place = _place_of_header(rows, header, tally)
    rows = rows[place + 1 :]
    is_regular = [_is_regular(row_text, seen["delimiter"]) for _, row_text in rows]
    if len(rows) != seen["record_count"]:
        if is_regular and all(is_regular):
            raise Broken(f"Python reads {len(rows)} records")
        tally.add(reports_read_otherwise=1)
        return
    kind = REPORT_KINDS[0] if "date_format" in seen else REPORT_KINDS[1]
    columns = kind.columns_of(header)
    for number, ((written, row_text), regular) in enumerate(zip(rows, is_regular, strict=True), start=1):
        if number not in landed:
            if regular and _must_land(written, seen, columns):
                raise Broken(f"record {number} is rejected, and is sound: {row_text!r} ({rejected[number]})")
            continue
        row = _fitted(written, seen["delimiter"], len(header))
        if len(row) == len(header) and _is_as_written(landed[number], row, header, columns):
            tally.add(records_compared=1)
        elif not regular and _is_in_essence(landed[number], row, header, columns):
            # A known limit: DuckDB takes blanks around a quoted field away.
            tally.add(records_of_known_limits=1)
        else:
            raise Broken(f"record {number} is {row_text!r}, and landed as {landed[number]}")


def _place_of_header(rows: list[tuple[list[str], str]], header: list[str], tally: Tally) -> int:
    """The row that is the header; beyond the last where every line is in double quotes, which is not compared."""
    wanted = [_seen_title(title) for title in header]
    for place, (row, _) in enumerate(rows):
        titles = [_seen_title(title) for title in row]
        # Signs that another program wrote behind the last title are left out.
        if wanted in (titles, [*titles[:-1], *(last.rstrip(",;|\t") for last in titles[-1:])]):
            return place
    if any(len([field for field in row if field]) == 1 for row, _ in rows[:20]):
        tally.add(reports_read_otherwise=1)
        return len(rows)
    raise Broken(f"Python finds no header {header} in {rows[:2]}")


def _kept(record: dict[str, Any]) -> list[tuple[str, str]]:
    """The columns of a record that no alias knows."""
    found = json.loads(record["extra_columns"], object_pairs_hook=list) if record["extra_columns"] else []
    return [(title, text) for title, text in found]


def _is_as_written(record: dict[str, Any], row: list[str], header: list[str], columns: dict[str, int]) -> bool:
    """Whether a record holds the words of its row, ids as they are meant, and nothing of columns without a name."""
    for column, index in columns.items():
        as_meant = _ids_meant(row[index]) if column in ("user_id", "content_id") else set()
        if record[column] != row[index] and record[column] not in as_meant:
            return False
    extra = [(header[index], row[index]) for index in range(len(header)) if index not in columns.values()]
    # A column without a name and without a value does not count.
    return _without_nothing(_kept(record)) == _without_nothing(extra)


def _without_nothing(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(title, text) for title, text in pairs if title or _seen(text)]


def _is_in_essence(record: dict[str, Any], row: list[str], header: list[str], columns: dict[str, int]) -> bool:
    """Whether a record holds the words of its row but for blanks and double quotes."""
    expected = [row[index] if index < len(row) else None for index in columns.values()]
    extra = [
        (header[index], row[index]) for index in range(min(len(header), len(row))) if index not in columns.values()
    ]
    return _essence([*(record[column] for column in columns), *_kept(record)]) == _essence([*expected, *extra])


def _seen_title(title: str) -> str:
    """What a reader sees of a title, without its blanks; it serves to find the header among the rows."""
    return "".join(sign for sign in title if _takes_place(sign) and sign not in BLANK_LETTERS and not sign.isspace())


def _fitted(row: list[str], delimiter: str, width: int) -> list[str]:
    """A row as wide as the header, where what is missing or too much is blank."""
    if len(row) != width and not any(row[1:]) and delimiter in row[0]:
        row = next(csv.reader(io.StringIO(row[0], newline=""), delimiter=delimiter), [])
    return [*row[:width], *[""] * (width - len(row))] if not any(map(_seen, row[width:])) else row


def _ids_meant(written: str) -> set[str]:
    """What an id may be read as, where a program did something to its column."""
    number = re.sub(r"[^\d]", "", re.sub(r"[.,]0+\Z", "", written))
    inner = re.sub(r"\A(?:=\"?|')|\"\Z", "", _seen(written))
    digits = "".join(str(unicodedata.digit(sign, sign)) for sign in _seen(written))
    return {number, re.sub(r"\D", "", written), inner, digits}


def _essence(values: Iterable[object]) -> str:
    return re.sub(r'["\s]', "", repr(list(values)).replace("\\", ""))


def _must_land(row: list[str], seen: dict[str, Any], columns: dict[str, int]) -> bool:
    """Whether nothing at all is wrong with a record."""
    if len(row) != len(seen["header"]) or any(re.search("[\ud800-\udfff]|[eE][+]", field) for field in row):
        return False
    if sum(map(len, row)) > 100_000 or [field.strip("\ufeff \t") for field in row] == seen["header"]:
        return False
    if "date" not in columns:
        return bool(row[columns["user_id"]].strip()) if "user_id" in columns else False
    date = row[columns["date"]]
    if seen["date_format"] != "yyyy-MM-dd" or not DATE.fullmatch(date):
        return False
    try:
        return datetime(1990, 1, 1) <= datetime.fromisoformat(date) < datetime.now(UTC).replace(tzinfo=None)
    except ValueError:
        return False
