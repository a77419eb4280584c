"""The rooms of attendance_rules.md: what several people did in a session, and what is counted of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conftest import ROOT

RULES = ROOT / "models" / "marts" / "attendance" / "attendance_rules.md"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
Span = tuple[int, int]


@dataclass(frozen=True)
class TableRoom:
    """A row of the table; times are seconds from the start.

    Attributes:
        name: what happens.
        schedule: the rows of the schedule for the page.
        records: the kind and time of each record of a person, such as J and 0.
        windows: start, end and source of each session.
        seconds: proven, likely and possible of a person in the session of a number.
    """

    name: str
    schedule: tuple[Span, ...]
    records: dict[str, list[tuple[str, int]]] = field(repr=False)
    windows: tuple[tuple[int, int, str], ...]
    seconds: dict[tuple[str, int], tuple[int, int, int]]


def seconds_of(text: str) -> int:
    """Seconds of a number of minutes such as 60 or 4:59; a minus sign may stand before it."""
    minutes, _, rest = text.replace(MINUS, "-").partition(":")
    return int(minutes) * 60 + int(rest or 0)


def read_rooms() -> list[TableRoom]:
    """The rows of the table of rooms."""
    table = RULES.read_text(encoding="utf-8").split("## Rooms")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return [read_room(*row) for row in rows[2:]]


def read_room(name: str, schedule: str, records: str, windows: str, counted: str) -> TableRoom:
    """A room as a line of the table describes it."""
    return TableRoom(
        name,
        tuple(read_span(part) for part in schedule.split(", ") if part),
        {user: tokens for part in records.split("; ") for user, tokens in read_people(part)},
        tuple((*read_span(part.split()[0]), part.split()[1]) for part in windows.split("; ")),
        dict(read_seconds(part) for part in counted.split("; ")),
    )


def read_span(text: str) -> Span:
    """Start and end, with a dash between."""
    start, end = text.split(DASH)
    return seconds_of(start), seconds_of(end)


def read_people(text: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """The records of a person, such as `ada J0 L60`, or of several who do the same: `20 bob J0 L60`."""
    words = text.split()
    count = int(words.pop(0)) if words[0].isdigit() else 1
    tokens = [(token[0], seconds_of(token[1:])) for token in words[1:]]
    assert all(re.fullmatch(rf"[JLCA][{MINUS}-]?\d+(:\d+)?", token) for token in words[1:]), text
    return [(words[0] if number == 0 else f"{words[0]}{number}", tokens) for number in range(count)]


def read_seconds(text: str) -> tuple[tuple[str, int], tuple[int, int, int]]:
    """What is counted of a person, such as `ada 0 54 75`, or in the second session of the page: `ada/2 60 60 60`."""
    who, *minutes = text.split()
    user, _, number = who.partition("/")
    proven, likely, possible = map(seconds_of, minutes)
    return (user, int(number or 1)), (proven, likely, possible)
