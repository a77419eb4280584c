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


@dataclass(frozen=True)
class LeftRoom:
    """A row of the table of who left early: least, likely and most people."""

    name: str
    schedule: tuple[Span, ...]
    records: dict[str, list[tuple[str, int]]] = field(repr=False)
    left_early: tuple[int, ...]
    stayed: tuple[int, ...]


def read_rooms() -> list[TableRoom]:
    """The rows of the table of rooms."""
    return [read_room(*row) for row in rows_of("Rooms")]


def read_left_rooms() -> list[LeftRoom]:
    """The rows of the table of who left early."""
    return [
        LeftRoom(
            name,
            read_schedule(schedule),
            read_records(records),
            *(tuple(map(int, counts.split())) for counts in (left_early, stayed)),
        )
        for name, schedule, records, left_early, stayed in rows_of("Who left early")
    ]


def rows_of(section: str) -> list[list[str]]:
    """The cells of the table of a section, without its head."""
    table = RULES.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return rows[2:]


def read_schedule(text: str) -> tuple[Span, ...]:
    """The rows of the schedule, each from start to end, with commas between."""
    return tuple(read_span(part) for part in text.split(", ") if part)


def read_records(text: str) -> dict[str, list[tuple[str, int]]]:
    """The records of each person, such as `ada J0; 2 bob J0 L60`."""
    return {user: tokens for part in text.split("; ") for user, tokens in read_people(part)}


def read_room(name: str, schedule: str, records: str, windows: str, counted: str) -> TableRoom:
    """A room as a line of the table describes it."""
    return TableRoom(
        name,
        read_schedule(schedule),
        read_records(records),
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
