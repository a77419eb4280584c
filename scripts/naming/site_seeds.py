"""Check the files of seeds/site/ in plain words before dbt reads them, and write a copy in the form that dbt reads.

The rules are in the YAML beside the file (seed_rules.py): the types and defaults of the columns, and the tests that dbt
runs. The user's file stays as it is. A copy is written only where dbt would not read the file as it is meant. Its name
holds a hash of the user's file, so that dbt never reads an old copy (macros/site_seeds.sql).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from naming.dictionary import nearest
from naming.seed_csv import Line, SeedCsv, SeedError, parse_seed_csv, read_seed_csv
from naming.seed_rules import SITE_SEEDS, Column, Rules, read_rules
from naming.seed_tests import broken_rules
from naming.seed_values import Refused, day_first, read_value

COPIES = Path("target") / "site_seeds"


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
    found: list[tuple[int, str]] = field(default_factory=list)

    def say(self, line: int, text: str) -> None:
        """Note that something is wrong in a line."""
        self.found.append((line, text))

    @property
    def text(self) -> str:
        """All of it, in the order of the lines."""
        in_order = sorted(self.found, key=lambda one: one[0])
        return "\n".join(f"{self.name}, line {line}: {text}" for line, text in in_order)


def check_site_seeds(root: Path) -> list[str]:
    """Check every file of seeds/site/, and write the copies that dbt needs.

    Returns:
        The names of the copied files.

    Raises:
        SeedError: something is wrong; the message says all of it, and no copy is written.
    """
    folder = root / COPIES
    checked: dict[Path, Checked] = {}
    troubles: list[str] = []
    for name, rules in read_rules(root).items():
        path = root / SITE_SEEDS / f"{name}.csv"
        if not path.exists():
            continue
        try:
            checked[path] = check(path.read_bytes(), path.name, rules)
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


def check(content: bytes, name: str, rules: Rules) -> Checked:
    """Check the content of a file.

    Raises:
        SeedError: something is wrong; the message says all of it.
    """
    seed = parse_seed_csv(content, name)
    trouble = Trouble(name)
    columns = rules.columns
    _check_header(seed, columns, trouble)
    if trouble.found:
        raise SeedError(trouble.text)
    rows = _rows(seed, columns, trouble)
    for broken in broken_rules(rules, rows):
        trouble.say(broken.line, broken.text)
    _check_chains(seed, columns, trouble)
    if not trouble.found:
        _check_required(seed, columns, trouble)
    if trouble.found:
        raise SeedError(trouble.text)
    names = tuple(column.name for column in columns)
    is_as_written = (
        seed.is_plain
        and (seed.delimiter, seed.has_bom, set(seed.header)) == (",", False, set(names))
        and [line.fields for line in seed.lines] == [_in_order(seed, row, names) for row in rows.values()]
        and all(len(line.fields) == len(seed.header) for line in seed.lines)
    )
    return Checked(names, tuple(rows.values()), is_as_written)


def _check_chains(seed: SeedCsv, columns: Sequence[Column], trouble: Trouble) -> None:
    """Report a value in a column that may not hold it, such as an id that counts for two others."""
    for column in columns:
        if column.never_in:
            rows = [(line.number, seed.values(line)) for line in seed.lines]
            first = {(row["site_id"], row[column.never_in]): (number, row) for number, row in reversed(rows)}
            for number, row in rows:
                other, found = first.get((row["site_id"], row[column.name]), (0, {}))
                if found:
                    trouble.say(
                        number,
                        f"{column.in_words} `{row[column.name]}` is itself the same as `{found[column.name]}`, by line"
                        f" {other}. Fix: write the id that stays in both lines.",
                    )


def _check_required(seed: SeedCsv, columns: Sequence[Column], trouble: Trouble) -> None:
    """Report a value that some line must have, and none has."""
    for column in columns:
        there = {seed.values(line).get(column.name) for line in seed.lines}
        for value in column.required:
            if value not in there:
                trouble.say(1, f"the line with the {column.in_words} `{value}` is missing. Fix: put it back.")


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
        if column.name not in seed.header and not column.is_optional and not trouble.found:
            trouble.say(1, f"the column `{column.name}` is missing. Fix: the first line is {','.join(known)}")


def read_lines(path: Path, rules: Rules) -> dict[int, dict[str, str]]:
    """The values of a file that is in order, by line, as dbt reads them.

    Raises:
        SeedError: the file is not there, or is no CSV.
    """
    rows = _rows(read_seed_csv(path), rules.columns, Trouble(path.name))
    names = [column.name for column in rules.columns]
    return {number: dict(zip(names, row, strict=True)) for number, row in rows.items()}


def _rows(seed: SeedCsv, columns: Sequence[Column], trouble: Trouble) -> dict[int, tuple[str, ...]]:
    """The values of the lines that can be read; what cannot is noted."""
    is_day_first = day_first([seed.values(line) for line in seed.lines], columns)
    rows: dict[int, tuple[str, ...]] = {}
    for line in seed.lines:
        row = _row(seed, line, columns, is_day_first, trouble)
        if row is not None:
            rows[line.number] = row
    return rows


def _row(
    seed: SeedCsv, line: Line, columns: Sequence[Column], is_day_first: bool | None, trouble: Trouble
) -> tuple[str, ...] | None:
    """The values of a line; None if one cannot be read, which is noted."""
    if any(field.strip() for field in line.fields[len(seed.header) :]):
        trouble.say(
            line.number,
            f"it has {len(line.fields)} fields, and the first line has {len(seed.header)}. Fix: put a text that holds"
            f" `{seed.delimiter}` into quotation marks.",
        )
        return None
    values = seed.values(line)
    row: list[str] = []
    for column in columns:
        try:
            row.append(read_value(column, values.get(column.name, "") or column.default, values, is_day_first))
        except Refused as refused:
            trouble.say(line.number, str(refused))
    return tuple(row) if len(row) == len(columns) else None


def replace_site_seeds(root: Path, names: Sequence[str]) -> None:
    """Put the checked copies of some files into their place."""
    for name in names:
        path = root / SITE_SEEDS / name
        copy = root / COPIES / copy_name(path)
        path.write_bytes(copy.read_bytes())
        copy.unlink()
