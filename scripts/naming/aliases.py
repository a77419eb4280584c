"""The rows that a person's decisions add to the site's own aliases."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from naming.dictionary import Dictionary, nearest
from naming.seed_csv import BOM, SeedCsv, SeedError, parse_seed_csv, read_seed_csv

GUIDE_ALIASES = Path("seeds") / "activity_aliases.csv"
SITE_ALIASES = Path("seeds") / "site" / "site_activity_aliases.csv"
COLUMNS = ("site_id", "category_pattern", "action_pattern", "label_state", "activity_type", "priority", "note")
DEFAULTS = {"label_state": "any", "priority": "50"}


@dataclass(frozen=True)
class Alias:
    """A row: what a category and an action of a site mean."""

    site_id: str
    category_pattern: str
    action_pattern: str
    activity_type: str
    label_state: str = "any"
    label_shape: str = ""
    priority: str = "50"
    note: str = ""

    def as_row(self) -> dict[str, str]:
        """The row by column."""
        return dict(vars(self))


def rows_for(root: Path, site_id: str) -> list[tuple[bool, dict[str, str]]]:
    """The rows of aliases that hold for a site, each with whether it is a row of the user's file.

    If that cannot be read, the check of the seeds says so.
    """
    with (root / GUIDE_ALIASES).open(encoding="utf-8", newline="") as file:
        rows = [(False, row) for row in csv.DictReader(file)]
    with suppress(SeedError):
        seed = read_seed_csv(root / SITE_ALIASES)
        own = (seed.values(line) for line in seed.lines)
        rows += [(True, row) for row in own if row.get("site_id", "") in ("", site_id)]
    return rows


def _grain(row: Mapping[str, str]) -> tuple[str, ...]:
    return (
        row.get("site_id", ""),
        row.get("category_pattern", "").strip().lower(),
        row.get("action_pattern", "").strip().lower(),
        row.get("label_state") or DEFAULTS["label_state"],
        row.get("label_shape", ""),
        row.get("priority") or DEFAULTS["priority"],
    )


def add_aliases(path: Path, aliases: Iterable[Alias]) -> None:
    """Add rows to the file of the user, in its own form.

    Existing rows stay as they are written. Only a row with the same pattern is replaced.

    Raises:
        SeedError: the file is no CSV, or lacks a column.
    """
    content = path.read_bytes()
    seed = parse_seed_csv(content, path.name)
    missing = [column for column in COLUMNS if column != "note" and column not in seed.header]
    if missing:
        raise SeedError(
            f"{path.name}, line 1: there is no column {missing[0]}. Fix: the first line is {','.join(COLUMNS)}"
        )
    rows = {_grain(alias.as_row()): alias.as_row() for alias in aliases}
    if "label_shape" not in seed.header and any(row["label_shape"] for row in rows.values()):
        content = _with_column(seed, "label_shape").encode("utf-8")
        seed = parse_seed_csv(content, path.name)
    replaced = [line for line in seed.lines if _grain(seed.values(line)) in rows]
    text = content.decode("utf-8")
    if replaced:
        kept = [seed.values(line) for line in seed.lines if line not in replaced]
        header = seed.text_of([dict(zip(seed.header, seed.header, strict=True))])
        text = (BOM if seed.has_bom else "") + header + seed.text_of(kept)
    elif not seed.ends_with_newline:
        text += seed.newline
    path.write_bytes((text + seed.text_of(list(rows.values()))).encode("utf-8"))


def _with_column(seed: SeedCsv, column: str) -> str:
    """The file with one more column, which is blank in all its rows."""
    wider = replace(seed, header=(*seed.header, column))
    header = wider.text_of([{name: name for name in wider.header}])
    return (BOM if seed.has_bom else "") + header + wider.text_of([seed.values(line) for line in seed.lines])


def remove_aliases(path: Path, aliases: Iterable[Alias]) -> None:
    """Take rows out again that were just added at the end of the file."""
    seed = read_seed_csv(path)
    text = path.read_bytes().decode("utf-8")
    ending = seed.text_of([alias.as_row() for alias in aliases])
    path.write_bytes(text.removesuffix(ending).encode("utf-8"))


def _why_not(alias: Alias, before: Iterable[Alias]) -> str | None:
    """Why a row cannot be taken after those before it; None if it can."""
    if not f"{alias.category_pattern}{alias.action_pattern}".replace("\\*", "x").replace("*", "").strip():
        return "it would take every record. Fix: write the words that it stands for; a star of the report is \\*"
    for other in before:
        if _grain(other.as_row()) == _grain(alias.as_row()) and other.activity_type != alias.activity_type:
            words = f"{alias.category_pattern} / {alias.action_pattern}"
            return (
                f"`{words}` is {other.activity_type} in a row before it, and {alias.activity_type} here. Fix: keep one"
            )
    return None


def read_accepted(path: Path, dictionary: Dictionary, sites: Iterable[str]) -> tuple[list[Alias], list[str]]:
    """The rows of a file that was filled in elsewhere, and what is wrong with those that cannot be taken.

    A row without an activity type was left open, and is no error.

    Raises:
        SeedError: it is no CSV, or lacks a column.
    """
    seed = read_seed_csv(path)
    for column in ("category_pattern", "action_pattern", "activity_type"):
        if column not in seed.header:
            raise SeedError(
                f"{path.name}, line 1: there is no column {column}. Fix: the first line is {','.join(COLUMNS)}"
            )
    only = list(dict.fromkeys(sites))
    aliases: list[Alias] = []
    troubles: list[str] = []
    for line in seed.lines:
        values = seed.values(line)
        written = values["activity_type"]
        if not written:
            continue
        if written not in dictionary:
            near = nearest(written, dictionary)
            hint = f"did you mean `{near}`?" if near else "all of them: docs/reference/activity_types.md"
            troubles.append(f"{path.name}, line {line.number}: unknown activity type `{written}`; {hint}")
            continue
        alias = Alias(
            site_id=values.get("site_id", ""),
            category_pattern=values["category_pattern"],
            action_pattern=values["action_pattern"],
            activity_type=written,
            label_state=values.get("label_state") or DEFAULTS["label_state"],
            label_shape=values.get("label_shape", ""),
            priority=values.get("priority") or DEFAULTS["priority"],
            note=values.get("note", ""),
        )
        alias = alias if alias.site_id or len(only) != 1 else replace(alias, site_id=only[0])
        trouble = _why_not(alias, aliases)
        if trouble:
            troubles.append(f"{path.name}, line {line.number}: {trouble}")
        else:
            aliases.append(alias)
    return aliases, troubles
