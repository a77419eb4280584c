"""Check the files of seeds/site/ in plain words before dbt reads them, and write a copy in the form that dbt reads.

The rules of each column are in the YAML beside the file: its type, its accepted values, what it refers to. The user's
file stays as it is. A copy is written only where dbt would not read the file as it is meant; its name holds a hash of
the user's file, so that an old copy is never read (macros/site_seeds.sql).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from naming.dictionary import nearest
from naming.seed_csv import Line, SeedCsv, SeedError, parse_seed_csv

SITE_SEEDS = Path("seeds") / "site"
COPIES = Path("target") / "site_seeds"

REFERENCE = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
# As a spreadsheet writes a date: by its country the day or the month comes first.
NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
CLOCK = re.compile(r"[T ]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?")
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Column:
    """The rules of a column.

    Attributes:
        name: its name.
        type: string, integer, boolean or timestamp.
        accepted: the values that it may hold; none for any.
        default: what a blank field means.
        is_optional: whether the column may be missing.
        never_in: the column of the same file that may not hold any of its values for the same site; blank for none.
    """

    name: str
    type: str
    accepted: tuple[str, ...] = ()
    default: str = ""
    is_optional: bool = False
    never_in: str = ""

    @property
    def in_words(self) -> str:
        """Its name without underscores."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Checked:
    """A file with its values in the form that dbt reads."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_as_written: bool

    def as_text(self) -> str:
        """The file as dbt reads it."""
        output = io.StringIO()
        csv.writer(output, lineterminator="\n").writerows([self.columns, *self.rows])
        return output.getvalue()


@dataclass
class Trouble:
    """What is wrong in a file; all of it, so that the user sees it at once."""

    name: str
    lines: list[str] = field(default_factory=list)

    def say(self, line: int, text: str) -> None:
        """Note that something is wrong in a line."""
        self.lines.append(f"{self.name}, line {line}: {text}")


def read_rules(root: Path) -> dict[str, tuple[Column, ...]]:
    """The rules of every file of seeds/site/, from its YAML."""
    rules: dict[str, tuple[Column, ...]] = {}
    for path in sorted((root / SITE_SEEDS).glob("*.yml")):
        for seed in yaml.safe_load(path.read_text(encoding="utf-8")).get("seeds", ()):
            described = {column["name"]: column for column in seed.get("columns", ())}
            rules[seed["name"]] = tuple(
                _column(name, kind, described.get(name, {}), root)
                for name, kind in seed["config"]["column_types"].items()
            )
    return rules


def _column(name: str, kind: str, described: Mapping[str, Any], root: Path) -> Column:
    meta = described.get("config", {}).get("meta", {})
    accepted = tuple(map(str, meta.get("accepted_values", ())))
    for test in described.get("data_tests", ()):
        if isinstance(test, dict) and "relationships" in test:
            arguments = test["relationships"]["arguments"]
            accepted = _values_of(root, arguments["to"], arguments["field"])
    return Column(
        name, kind, accepted, str(meta.get("default", "")), bool(meta.get("optional")), meta.get("never_in", "")
    )


def _values_of(root: Path, to: str, name: str) -> tuple[str, ...]:
    found = REFERENCE.search(to)
    paths = sorted((root / "seeds").rglob(f"{found[1]}.csv")) if found else []
    if not paths:
        return ()
    with paths[0].open(encoding="utf-8", newline="") as file:
        return tuple(row[name] for row in csv.DictReader(file))


def check_site_seeds(root: Path, copies: Path | None = None) -> list[str]:
    """Check every file of seeds/site/, and write the copies that dbt needs.

    Returns:
        The names of the files of which a copy was written.

    Raises:
        SeedError: something is wrong; the message says all of it, and no copy is written.
    """
    folder = copies or root / COPIES
    checked: dict[Path, Checked] = {}
    troubles: list[str] = []
    for name, columns in read_rules(root).items():
        path = root / SITE_SEEDS / f"{name}.csv"
        if not path.exists():
            continue
        try:
            checked[path] = check(path.read_bytes(), path.name, columns)
        except SeedError as error:
            troubles.append(str(error))
    if troubles:
        raise SeedError("\n".join(troubles))
    written = []
    for path, found in checked.items():
        target = folder / copy_name(path)
        for old in folder.glob(f"{path.stem}.*.csv"):
            if old != target or found.is_as_written:
                old.unlink()
        if not found.is_as_written:
            folder.mkdir(parents=True, exist_ok=True)
            target.write_text(found.as_text(), encoding="utf-8", newline="")
            written.append(path.name)
    return written


def copy_name(path: Path) -> str:
    """The name of the copy of a file as it is now."""
    return f"{path.stem}.{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}.csv"


def check(content: bytes, name: str, columns: Sequence[Column]) -> Checked:
    """Check the content of a file.

    Raises:
        SeedError: something is wrong; the message says all of it.
    """
    seed = parse_seed_csv(content, name)
    trouble = Trouble(name)
    _check_header(seed, columns, trouble)
    if trouble.lines:
        raise SeedError("\n".join(trouble.lines))
    lines = list(seed.lines)
    is_day_first = _day_first([seed.values(line) for line in lines], columns)
    rows = tuple(_row(seed, line, columns, is_day_first, trouble) for line in lines)
    _check_chains(seed, lines, columns, trouble)
    if trouble.lines:
        raise SeedError("\n".join(trouble.lines))
    names = tuple(column.name for column in columns)
    is_as_written = (
        (seed.delimiter, seed.has_bom) == (",", False)
        and [line.fields for line in lines] == [_in_order(seed, row, names) for row in rows]
        and all(len(line.fields) == len(seed.header) for line in lines)
    )
    return Checked(names, rows, is_as_written)


def _check_chains(seed: SeedCsv, lines: Sequence[Line], columns: Sequence[Column], trouble: Trouble) -> None:
    """Say where a value stands in a column in which it may not, such as an id that counts for two others."""
    for column in columns:
        if column.never_in:
            rows = [(line.number, seed.values(line)) for line in lines]
            first = {(row["site_id"], row[column.never_in]): (number, row) for number, row in reversed(rows)}
            for number, row in rows:
                other, found = first.get((row["site_id"], row[column.name]), (0, {}))
                if found:
                    trouble.say(
                        number,
                        f"{column.in_words} `{row[column.name]}` is itself the same as `{found[column.name]}`, by line"
                        f" {other}. Fix: write the id that stays in both lines.",
                    )


def _in_order(seed: SeedCsv, row: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    values = dict(zip(names, row, strict=True))
    return tuple(values[name] for name in seed.header)


def _check_header(seed: SeedCsv, columns: Sequence[Column], trouble: Trouble) -> None:
    known = [column.name for column in columns]
    for name in seed.header:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean `{near}`?" if near else f"the columns are {', '.join(known)}."
            trouble.say(1, f"unknown column `{name}`; {hint}")
        elif seed.header.count(name) > 1:
            trouble.say(1, f"the column `{name}` is there twice. Fix: delete one of them.")
    for column in columns:
        if column.name not in seed.header and not column.is_optional and not trouble.lines:
            trouble.say(1, f"the column `{column.name}` is missing. Fix: the first line is {','.join(known)}")


def _row(
    seed: SeedCsv, line: Line, columns: Sequence[Column], is_day_first: bool | None, trouble: Trouble
) -> tuple[str, ...]:
    if any(field.strip() for field in line.fields[len(seed.header) :]):
        trouble.say(
            line.number,
            f"it has {len(line.fields)} fields, and the first line has {len(seed.header)}. Fix: put a text that holds"
            f" `{seed.delimiter}` into quotation marks.",
        )
        return ()
    values = seed.values(line)
    return tuple(
        _value(column, values.get(column.name, "") or column.default, line.number, is_day_first, trouble)
        for column in columns
    )


def _value(column: Column, written: str, line: int, is_day_first: bool | None, trouble: Trouble) -> str:
    if not written:
        return ""
    if column.accepted:
        return _accepted(column, written, line, trouble)
    if column.type == "integer":
        found = re.fullmatch(r"([+-]?\d+)(?:[.,]0+)?", written)
        if not found:
            trouble.say(line, f"{column.in_words} `{written}` is no whole number. Fix: write it such as 2.")
        return found[1] if found else ""
    if column.type == "boolean":
        if written.lower() not in TRUE + FALSE:
            trouble.say(line, f"{column.in_words} `{written}` is neither true nor false. Fix: write true or false.")
        return "true" if written.lower() in TRUE else "false"
    if column.type == "timestamp":
        return _moment(column, written, line, is_day_first, trouble)
    return written


def _accepted(column: Column, written: str, line: int, trouble: Trouble) -> str:
    if written in column.accepted:
        return written
    near = nearest(written, column.accepted)
    few = f"it is one of {', '.join(column.accepted)}." if len(column.accepted) <= 8 else "see docs/activity_types.md."
    if column.name != "activity_type" and len(column.accepted) > 8:
        few = "no value like it is known."
    trouble.say(line, f"unknown {column.in_words} `{written}`; {f'did you mean `{near}`?' if near else few}")
    return ""


def _day_first(rows: Sequence[Mapping[str, str]], columns: Sequence[Column]) -> bool | None:
    """Whether the day comes first in the dates of a file, as far as one of them shows it."""
    for row in rows:
        for column in columns:
            found = NUMBERS.match(row.get(column.name, "")) if column.type == "timestamp" else None
            if found and found[2] != "." and max(int(found[1]), int(found[3])) > 12:
                return int(found[1]) > 12
    return None


def _moment(column: Column, written: str, line: int, is_day_first: bool | None, trouble: Trouble) -> str:
    iso, numbers = ISO.match(written), NUMBERS.match(written)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
        rest = written[iso.end() :]
    elif numbers:
        first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
        year += 2000 if year < 100 else 0
        rest = written[numbers.end() :]
        by_day = True if numbers[2] == "." else is_day_first
        if by_day is None and first != second:
            trouble.say(
                line,
                f"{column.in_words} `{written}` can be {year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}."
                f" Fix: write it as year-month-day, such as {year}-{second:02}-{first:02}{rest}.",
            )
            return ""
        day, month = (first, second) if by_day else (second, first)
    else:
        trouble.say(line, f"{column.in_words} `{written}` is no date. Fix: write it as 2026-05-12 09:00:00.")
        return ""
    clock = CLOCK.fullmatch(rest) if rest.strip() else None
    try:
        if rest.strip() and clock is None:
            raise ValueError
        hour, minute, second = (int(part or 0) for part in clock.group(1, 2, 3)) if clock else (0, 0, 0)
        if clock and clock[4]:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
        return f"{datetime(year, month, day, hour, minute, second):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        trouble.say(line, f"{column.in_words} `{written}` is no date. Fix: write it as 2026-05-12 09:00:00.")
        return ""


def replace_site_seeds(root: Path, names: Sequence[str]) -> None:
    """Put the checked copies of some files into their place."""
    for name in names:
        path = root / SITE_SEEDS / name
        copy = root / COPIES / copy_name(path)
        path.write_bytes(copy.read_bytes())
        copy.unlink()
