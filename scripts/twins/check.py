"""The twin check of a report that is about to land, and what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import duckdb

from reports.text import ReportRefused
from twins.cut import how_to_cut
from twins.find import find_twins
from twins.kinds import (
    CONTENT,
    CONTENTS,
    DAY,
    DAYS,
    DOUBLED,
    IDS,
    LABEL,
    MOVED,
    QUARTER,
    ROUNDED,
    SECONDS,
    SHIFT,
    SITE,
    SWAP,
    TEXT,
    USERS,
    Kind,
    Older,
    Twins,
)
from twins.records import Earlier, New
from warehouse.command_line import counted

SHOWN_NAMES = 3
LEAVE_OUT = "load the report as it was downloaded, and leave out the copy"
LATE_CLOCK, HALF_DAY = "late clock", "half a day"
# No other encoding brings letters back that are damaged in UTF-8, or in a workbook.
LETTERS = "letters"
# How a thing is called, and what to do if the new report has it wrong.
WORDS = {
    IDS: ("the way that ids are written{example}", LEAVE_OUT + " with other ids"),
    SECONDS: ("the seconds of their times", LEAVE_OUT + " whose seconds a program took away or rounded"),
    SHIFT: (
        "their times, which are {shift} here",
        "make build TIME_ZONE={zone} with the zone of its dates ({older.shown} was read as {older.time_zone}, this"
        " one as {new.time_zone})",
    ),
    LATE_CLOCK: ("their times, which are {shift} here", LEAVE_OUT + " whose clock runs late"),
    DOUBLED: (
        "their times, in an hour that the clocks showed twice when summer time ended",
        LEAVE_OUT + " whose dates have no offset",
    ),
    HALF_DAY: (
        "their times, which are {shift} here",
        LEAVE_OUT + " whose times have lost AM and PM, or if another zone is meant: make build TIME_ZONE={zone}",
    ),
    SWAP: (
        "the order of day and month",
        "make build DATE_FORMAT={format} with the order of its dates ({older.shown} was read as"
        " {older.date_format}, this one as {new.date_format})",
    ),
    CONTENT: (
        "the content columns, which are blank in one of them",
        "load the report that has the content columns, and leave out the other",
    ),
    SITE: ("the site: {older.site_id} there, {new.site_id} here", "make build SITE={older.site_id}"),
    TEXT: (
        "letters that are not English, which an encoding has changed",
        "make build ENCODING=… with the encoding of the file",
    ),
    LETTERS: (
        "letters that are not English, which an encoding has changed",
        LEAVE_OUT + " whose letters a program has changed",
    ),
    LABEL: ("their labels", LEAVE_OUT + " whose labels a program has changed"),
    USERS: (
        "their users: each has another id there",
        "load the report that has the users' own ids, and leave out the copy that has others or none",
    ),
    CONTENTS: (
        "their content ids: each is another one there",
        "load the report whose content ids later downloads have too, and leave out the other",
    ),
    MOVED: ("their times, which are {shift} here", LEAVE_OUT + " with other dates"),
    DAYS: (
        "the days of their times",
        "make build DATE_FORMAT={format} with the order of year, month and day ({older.shown} was read as"
        " {older.date_format}, this one as {new.date_format}), or load the report as it was downloaded",
    ),
    ROUNDED: ("their times, which are rounded in one of them", LEAVE_OUT + " whose times a program has rounded"),
}


def check_twins(connection: duckdb.DuckDBPyConnection, new: New, old: Earlier, *, is_allowed: bool) -> list[str]:
    """Compare a new report with earlier ones; returns what is to be said.

    Args:
        connection: where the manifest is.
        new: the report.
        old: the earlier records.
        is_allowed: whether it is landed all the same (ALLOW_TWINS).

    Raises:
        ReportRefused: most of its records are twins, and that is not allowed.
    """
    twins = find_twins(connection, new, old)
    if twins is None:
        return []
    names = Counter([new.file_name, *(one.file_name for one in twins.older)])
    older = tuple(replace(one, is_namesake=names[one.file_name] > 1) for one in twins.older)
    twins = replace(twins, older=older)
    if twins.is_sure and not is_allowed:
        raise ReportRefused(_refusal_of(twins, new, how_to_cut(connection, twins, new)))
    return [_note_of(twins, new)]


def _refusal_of(twins: Twins, new: New, cut: str) -> str:
    """Why a report of twins is refused, and the fix for each of the ways how that can be."""
    older = twins.older[0]
    things, fixes = _words(twins, new)
    return (
        f"{_counted(twins, new)} are already in {_names(twins)}, the same in all but {things}. They would count twice,"
        f" so nothing of it was loaded. Fix: {fixes}. If {older.shown} is the wrong one: {older.removal}, then the"
        f" same make build again.{cut} If both are right: make build ALLOW_TWINS=1"
    )


def _note_of(twins: Twins, new: New) -> str:
    """What is said of twins that were loaded all the same."""
    things, _ = _words(twins, new)
    return (
        f"{_counted(twins, new)} are also in {_names(twins)}, the same in all but {things}. They count twice if they"
        " are the same activities. Then: make remove REPORT=… with the wrong one of the two."
    )


def _counted(twins: Twins, new: New) -> str:
    about = "about " if new.is_sampled else ""
    return f"{about}{twins.count:,} of its {counted(new.count, 'record')}"


def _names(twins: Twins) -> str:
    names = [one.shown for one in twins.older[:SHOWN_NAMES]]
    more = len(twins.older) - len(names)
    return ", ".join(names) + (f" and {counted(more, 'more report')}" if more else "")


def _words(twins: Twins, new: New) -> tuple[str, str]:
    """The things that differ, and the fixes."""
    older, kind = twins.older[0], twins.kind
    values = {
        "older": older,
        "new": new,
        "example": f", such as {twins.example[0]} for {twins.example[1]}" if twins.example else "",
        "shift": f"{_duration(kind.shift)} {'later' if kind.shift > 0 else 'earlier'}",
        "zone": _unless_same(older.time_zone, new.time_zone),
        "format": _unless_same(older.date_format, new.date_format),
    }
    all_things = (IDS, *kind.things) if twins.has_other_ids else kind.things
    words = [WORDS[_cause(thing, kind, older, new)] for thing in all_things]
    things, fixes = ([text.format(**values) for text in dict.fromkeys(texts)] for texts in zip(*words, strict=True))
    if kind.parts:
        return ", or ".join(things), LEAVE_OUT + " that a program has changed"
    return " and ".join(things), " and ".join(fixes)


def _cause(thing: str, kind: Kind, older: Older, new: New) -> str:
    """What makes a thing differ, where it may be one or another."""
    if thing == TEXT and new.encoding.startswith("utf"):
        return LETTERS
    return _cause_of_shift(kind, older, new) if thing == SHIFT else thing


def _cause_of_shift(kind: Kind, older: Older, new: New) -> str:
    """What moves times so: a clock that runs late, a clock of 12 hours in one of two reports of a zone, or a zone."""
    if kind.shift % QUARTER:
        return LATE_CLOCK
    return HALF_DAY if abs(kind.shift) == DAY // 2 and older.time_zone == new.time_zone else SHIFT


def _unless_same(older: str, new: str) -> str:
    """The value of a setting that would read the new report as the older one; one that is not known holds once."""
    return older if older != new else "… DECLARE=once"


def _duration(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"), (rest, "second"))
    return " ".join(counted(count, unit) for count, unit in parts if count)
