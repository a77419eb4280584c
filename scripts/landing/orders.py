"""The order of day, month and year in the dates of a report: as declared, or as the dates themselves show it.

An order is only taken if it reads what the others read. Where several do, the days that lie close together decide, as
a report holds the days of an event, and where that leaves it open the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from landing.outcome import Declaration
from landing.times import in_make, is_never, parsed, why_none
from reports.date_formats import (
    DATE_FORMATS,
    DEFAULT_DATE_FORMAT,
    EPOCH,
    NUMBER_READINGS,
    SELDOM,
    WITH_OFFSET,
    YEAR_FIRST,
    day_is_first,
)
from reports.dates import TIMES_NEEDED, Dates
from reports.format import ReportFormat
from reports.scan import FIRST_DATES, Possible
from reports.text import ReportRefused
from warehouse.command_line import counted
from warehouse.database import number_of, text_of

# Days that another order has so many times closer together are meant otherwise.
SPAN_RATIO = 10
# The middle of the dates of an event, as shares: a few dates are of accounts, or mistakes.
_MIDDLE = (0.05, 0.95)
_YEARS_APART = 5
# Other reports of the site, and the day in a file's name, are so close to the dates of a report.
_NEAR = timedelta(days=183)


@dataclass(frozen=True)
class Found:
    """The date format of a report.

    Attributes:
        date_format: its name, or a strptime format.
        notes: what is to be said of it.
    """

    date_format: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A staged report whose order is asked.

    Attributes:
        connection: the warehouse.
        report: how it is written.
        dates: its dates.
        declaration: what was declared of it.
        numbered: SQL of its records with their numbers.
        named_on: the day in the name of its file.
        is_of_cells: whether a spreadsheet has read its dates, and keeps them as days.
    """

    connection: duckdb.DuckDBPyConnection
    report: ReportFormat
    dates: Dates
    declaration: Declaration
    numbered: str
    named_on: date | None
    is_of_cells: bool = False

    @property
    def possible(self) -> Possible:
        """Which dates are possible."""
        return self.declaration.possible

    @property
    def title(self) -> str:
        """The title of its dates."""
        return self.report.header_of("date")

    def time(self, date_format: str) -> str:
        """SQL for the possible time that a date means in a format."""
        return self.possible.only(parsed(self.dates, date_format))

    def count(self, number: str) -> int:
        """A number over its records."""
        return number_of(self.connection, f"select {number} from staged")

    def reads_any(self, date_format: str) -> bool:
        """Whether a format reads a date of it."""
        return self.count(f"count({parsed(self.dates, date_format)})") > 0

    def reads_all(self, date_format: str) -> bool:
        """Whether a format reads each date of it."""
        return self.count(f"(count(*) = count({self.time(date_format)}))::integer") == 1


def format_of(asked: Asked) -> Found:
    """The date format of a staged report: as declared if that reads any date and no other order reads more, else found.

    Raises:
        ReportRefused: nothing was declared that reads a date, and none is found.
    """
    declared = asked.declaration.date_format
    if declared is None:
        found = _found_format(asked, asked.declaration.remembered_date_format)
        return replace(found, notes=(*found.notes, *_swapped_notes(asked, found.date_format)))
    if not asked.reads_any(declared):
        try:
            return _found_format(asked, declared)
        except ReportRefused as found_none:
            raise ReportRefused(
                f"{declared}, which was declared as its DATE_FORMAT, reads none of its dates, and {found_none}"
            ) from found_none
    other = _order_of_more(asked, declared)
    if other is None:
        return Found(declared, _scattered_notes(asked, declared))
    if other not in SELDOM:
        return Found(other)
    # The user's word holds against an order that hardly anybody writes.
    return Found(
        declared,
        (
            f"its dates were read as {declared}, as declared, but {other} reads all of them. If that is meant: make"
            f" remove with this report, and {in_make('DATE_FORMAT', other)}",
        ),
    )


def _order_of_more(asked: Asked, declared: str) -> str | None:
    """An order that reads each date that the declared one reads, and others too; none that scatters them."""
    if declared not in DATE_FORMATS or declared == EPOCH or asked.reads_all(declared):
        return None
    names = [name for name in _names(asked) if name not in (declared, *YEAR_FIRST)]
    reads_more = "count(mine) filter (where {0} is null) = 0 and count({0}) filter (where mine is null) > 0"
    found = _of_dates(asked, names, f"({reads_more})::integer", asked.time(declared))
    more = [name for name, is_found in zip(names, found, strict=True) if is_found]
    return next((name for name in more if not _scatters(asked, name, declared)), None)


def _found_format(asked: Asked, remembered: str | None) -> Found:
    """The date format that reads the most dates of the staged report, and of two the remembered one.

    Raises:
        ReportRefused: none reads any date, or two read equally many and differently.
    """
    own = remembered if remembered is not None and remembered not in DATE_FORMATS else None
    if own is None and remembered != EPOCH:
        _refuse_number(asked)
    if own is None and remembered not in SELDOM and _is_default(asked):
        return Found(DEFAULT_DATE_FORMAT)
    names = _names(asked)
    counts = dict(zip(names, _of_dates(asked, names, "count({})"), strict=True))
    most = max(counts.values())
    example = _example(asked)
    if example is None:
        return Found(DEFAULT_DATE_FORMAT)
    if most == 0 and remembered and asked.reads_any(remembered):
        return Found(remembered)
    if most == 0:
        raise ReportRefused(why_none(asked.connection, asked.report, asked.dates, asked.possible, example))
    if own and asked.count(f"count({asked.time(own)})") >= most:
        return Found(own)
    best = [name for name, count in counts.items() if count == most]
    # Hardly anybody writes these: they are meant where they read more than any other, or were declared.
    best = [name for name in best if name not in SELDOM or name == remembered] or best
    _refuse_two_orders(asked, names, best[0])
    order = day_is_first(remembered) if remembered else None
    in_order = [name for name in best if name == remembered or (order is not None and day_is_first(name) is order)]
    if len(in_order) == 1:
        _refuse_scattered(asked, in_order[0], best, example)
        return Found(in_order[0])
    if len(best) == 1:
        return _only_order(asked, counts, best[0])
    return _only_reading(asked, best, example)


def _refuse_number(asked: Asked) -> None:
    """Raise ReportRefused if each date is a number that can be read in several ways."""
    usual, *others = NUMBER_READINGS.get(asked.dates.digits, (EPOCH,))
    mine = asked.time(DEFAULT_DATE_FORMAT)
    if not others or not asked.count(f"count({mine})"):
        return
    also = [other for other in others if not asked.count(f"count({mine}) filter (where {asked.time(other)} is null)")]
    if also:
        times = ", ".join(f"min_by({time}, rowid)" for time in (mine, *map(asked.time, also)))
        query = f"select min_by({asked.dates.raw}, rowid), {times} from staged where {mine} is not null"
        [(example, *read)] = asked.connection.execute(query).fetchall()
        ways = ", or ".join(
            f"{in_make('DATE_FORMAT', name)}, which reads it as {time}"
            for name, time in zip((usual, *also), read, strict=True)
        )
        raise ReportRefused(
            f"its column {asked.title} holds numbers that can be read in several ways, such as {example!r}. Fix: say"
            f" which is meant: {ways}"
        )


def _names(asked: Asked) -> tuple[str, ...]:
    """The formats whose signs are in a date."""
    if asked.dates.has_offsets:
        return (WITH_OFFSET,)
    signs = "/-."
    tests = ", ".join(f"coalesce(bool_or(contains({asked.dates.column}, '{sign}')), false)" for sign in signs)
    row = asked.connection.execute(f"select {tests} from staged").fetchone() or ()
    there = {sign for sign, is_there in zip(signs, row, strict=True) if is_there}
    return tuple(name for name in DATE_FORMATS if name == WITH_OFFSET or there & set(name))


def _is_default(asked: Asked) -> bool:
    """Whether it is clear at a look that the usual format is meant."""
    dates = asked.dates
    if dates.is_read or (dates.is_default and _reads_the_first(asked)):
        return dates.is_bare or not _has_exchanged(asked)
    return dates.is_usual and asked.reads_all(DEFAULT_DATE_FORMAT)


def _has_exchanged(asked: Asked) -> bool:
    """Whether a date that the usual format does not read has the month behind the day."""
    exchanged = f"{asked.time(DEFAULT_DATE_FORMAT)} is null and {asked.time('yyyy-dd-MM')} is not null"
    return asked.connection.execute(f"select 1 from staged where {exchanged} limit 1").fetchone() is not None


def _of_dates(asked: Asked, names: Sequence[str], aggregate: str, mine: str = "null") -> Sequence[Any]:
    """What an aggregate gives for each of some formats, over one reading of the dates.

    Args:
        asked: the staged report.
        names: the formats.
        aggregate: its SQL, over the time as a format reads it and over ``mine``.
        mine: SQL of a time that each of them is compared with.
    """
    # DuckDB takes longer to understand the SQL of a date that is folded than to run it: it is there once.
    written = replace(asked.dates, column="written")
    times = ", ".join(f"{asked.possible.only(parsed(written, name))} as time_{n}" for n, name in enumerate(names))
    aggregates = ", ".join(aggregate.format(f"time_{n}") for n in range(len(names)))
    texts = f"select {mine} as mine, {asked.dates.column} as written from staged"
    return asked.connection.execute(f"select {aggregates} from (select mine, {times} from ({texts}))").fetchone() or ()


def _reads_the_first(asked: Asked) -> bool:
    row = asked.connection.execute(
        f"select coalesce(bool_and({asked.time(DEFAULT_DATE_FORMAT)} is not null), true)"
        f" from (select {asked.dates.raw} from staged limit {FIRST_DATES})"
    ).fetchone()
    return row == (True,)


def _example(asked: Asked) -> str | None:
    """A date of the report, in its words."""
    raw, header = asked.dates.raw, text_of(asked.title)
    row = asked.connection.execute(
        f"select {raw} from staged where trim({raw}) not in ('', {header}) and not {is_never(raw)} limit 1"
    ).fetchone()
    return None if row is None else str(row[0])


def _refuse_two_orders(asked: Asked, names: Sequence[str], best: str) -> None:
    """Raise ReportRefused if some dates can only be read in one order, and some only in another."""
    # Where the best format reads all, there is nothing for another.
    if asked.reads_all(best):
        return
    only_other = (
        "case when count(mine) filter (where {0} is null) > 0 then count({0}) filter (where mine is null) else 0 end"
    )
    found = _of_dates(asked, names, only_other, asked.time(best))
    for name, count in zip(names, found, strict=True):
        # A few dates in an order that hardly anybody writes are mistakes.
        if count >= (TIMES_NEEDED if name in (*SELDOM, *YEAR_FIRST) else 1):
            _refuse_half_swapped(asked, best, name)
            only = ", and ".join(_only_read_as(asked, own, other) for own, other in ((best, name), (name, best)))
            raise ReportRefused(
                f"its column {asked.title} holds dates of two orders: {only}."
                " Fix: correct the wrong ones, download it again, or make two files of it."
            )


def _refuse_half_swapped(asked: Asked, *names: str) -> None:
    """Raise ReportRefused if a spreadsheet has read the dates that are possible in its own order, and left others."""
    # If some swapped days lie in the future, the order that nobody writes reads the most dates.
    names = tuple(_exchanged(name) if name in SELDOM else name for name in names)
    read = next((name for name in names if _exchanged(name) in SELDOM), None)
    left = next((name for name in names if name != read and day_is_first(name) is not None), None)
    if read is None or left is None:
        return
    mine, other, *exchanged = (parsed(asked.dates, name) for name in (read, left, _exchanged(read), _exchanged(left)))
    unlike = f"{mine} is not null and {exchanged[0]} is null or {other} is not null and {exchanged[1]} is not null"
    if asked.connection.execute(f"select 1 from staged where {unlike} limit 1").fetchone():
        return
    first = f"arg_min({asked.dates.raw}, rowid)"
    [(count, cell, text)] = asked.connection.execute(
        f"select count({mine}), {first} filter (where {mine} is not null), {first} filter (where {other} is not null)"
        " from staged"
    ).fetchall()
    raise ReportRefused(
        f"in its column {asked.title} a spreadsheet has swapped day and month of {counted(count, 'date')}, such as"
        f" {cell!r}. It read dates in its own order where that was possible, and left the others as texts, such as"
        f" {text!r}. Fix: load the report as it was downloaded."
    )


def _only_read_as(asked: Asked, name: str, other: str) -> str:
    """How many dates are of one order and not of the other, and the first of them."""
    row = asked.connection.execute(
        f"{asked.numbered} select count(*), min(record_number), arg_min({asked.dates.raw}, record_number)"
        f" from numbered where {asked.time(name)} is not null and {asked.time(other)} is null"
    ).fetchone()
    count, number, text = row or (0, 0, "")
    return f"{counted(count, 'record')} can only be {name}, the first is record {number:,} with {text!r}"


@dataclass(frozen=True)
class _Span:
    """The times that a format reads: the first and the last of nearly all of them."""

    first: datetime
    last: datetime

    @property
    def length(self) -> timedelta:
        return max(self.last - self.first, timedelta(days=1))

    def scatters_beside(self, other: _Span) -> bool:
        """Whether it is far longer than another."""
        return self.length > other.length * SPAN_RATIO

    def is_near(self, first: datetime, last: datetime) -> bool:
        return self.first <= last + _NEAR and self.last >= first - _NEAR


def _spans(asked: Asked, *names: str) -> dict[str, _Span]:
    found = _of_dates(asked, names, f"quantile_disc({{}}, {list(_MIDDLE)})")
    # No time that a format reads may be: none is farther apart.
    return {name: _Span(*(times or (datetime.min, datetime.max))) for name, times in zip(names, found, strict=True)}


def _scatters(asked: Asked, name: str, other: str) -> bool:
    """Whether an order has the days far more apart than another."""
    spans = _spans(asked, name, other)
    return spans[name].scatters_beside(spans[other])


def _closer_days(asked: Asked, declared: str, names: Sequence[str]) -> tuple[str, str] | None:
    """A format that has the days far closer together than the declared one, and the days of both in words.

    Five days in a row of an event are the fifth of five months in the other order.
    """
    spans = _spans(asked, declared, *(name for name in names if name != declared))
    closer = next((name for name, span in spans.items() if spans[declared].scatters_beside(span)), None)
    if closer is None:
        return None
    days = (
        f"as {name} from {span.first:%Y-%m-%d} to {span.last:%Y-%m-%d}"
        if span.first > datetime.min
        else f"as {name} on impossible days"
        for name, span in ((name, spans[name]) for name in (declared, closer))
    )
    return closer, ", and ".join(days)


def _refuse_scattered(asked: Asked, remembered: str, best: Sequence[str], example: str) -> None:
    """Raise ReportRefused if another order that reads all dates has the days far closer together than the declared."""
    if found := _closer_days(asked, remembered, best):
        raise ReportRefused(
            f"its column {asked.title} can be read in two ways, such as {example!r}: {found[1]}. The first was declared"
            f" for the site, and has the days far apart. Fix: say which: {in_make('DATE_FORMAT', found[0])}"
            f" DECLARE=once, or {in_make('DATE_FORMAT', remembered)}"
        )


def _swapped_notes(asked: Asked, name: str) -> tuple[str, ...]:
    """What is said if a spreadsheet may have taken the month of a text for its day: nobody else writes such an order.

    Raises:
        ReportRefused: it keeps them as days, and this order was not declared for the site.
    """
    other = _exchanged(name)
    if other not in SELDOM or _has_late_day(asked, name):
        return ()
    mine, swapped = asked.time(name), asked.time(other)
    # To read each date in both orders takes longer.
    if not asked.count(f"coalesce(max({mine}) - min({mine}) > to_days({SPAN_RATIO}), false)::integer"):
        return ()
    if not asked.count(f"(count({mine}) >= {TIMES_NEEDED} and count({mine}) = count({swapped}))::integer"):
        return ()
    found = _closer_days(asked, name, (other,))
    if found is None:
        return ()
    ways = f"{in_make('DATE_FORMAT', other)} DECLARE=once, or {in_make('DATE_FORMAT', name)}"
    if asked.is_of_cells and asked.declaration.remembered_date_format != name:
        raise ReportRefused(
            f"the dates in its column {asked.title} lie {found[1]}. If the second is right, a spreadsheet has swapped"
            f" day and month. Fix: load the report as it was downloaded; or say which: {ways}"
        )
    return (
        f"its dates lie {found[1]}. They were read as {name}. If the second is right, a spreadsheet has swapped day and"
        " month. Fix: then make remove with this report, and load it as it was downloaded",
    )


def _exchanged(date_format: str) -> str:
    """The format with day and month in the other order."""
    return re.sub("dd|MM", lambda part: "MM" if part[0] == "dd" else "dd", date_format)


def _has_late_day(asked: Asked, name: str) -> bool:
    """Whether a date has a day that can be no month."""
    late = f"select 1 from staged where day({parsed(asked.dates, name)}) > 12 limit 1"
    return asked.connection.execute(late).fetchone() is not None


def _scattered_notes(asked: Asked, declared: str) -> tuple[str, ...]:
    """What is said if the order that the user gave for this load has the days far apart, and the other has not."""
    other = _exchanged(declared)
    if other not in DATE_FORMATS or other in SELDOM or day_is_first(other) is None or not asked.reads_all(other):
        return ()
    found = _closer_days(asked, declared, (other,))
    if found is None:
        return ()
    return (
        f"its dates lie {found[1]}. They were read as {declared}, as declared. If that is wrong: make remove with this"
        f" report, and {in_make('DATE_FORMAT', other)} DECLARE=once",
    )


def _only_order(asked: Asked, counts: dict[str, int], name: str) -> Found:
    """The order that reads the most dates, with a word about one that hardly anybody writes.

    Raises:
        ReportRefused: it scatters the days, so that the dates which only it reads may be mistakes.
    """
    if name not in SELDOM:
        return Found(name)
    usual = max((other for other in counts if other not in SELDOM), key=lambda other: counts[other])
    count = counts[name] - counts[usual]
    if counts[usual] and _scatters(asked, name, usual):
        raise ReportRefused(
            f"its column {asked.title} can be read in two ways: {usual} reads all dates but"
            f" {counted(count, 'date')}, and {name} reads these too, with days that lie far apart. Fix: say which:"
            f" {in_make('DATE_FORMAT', usual)}, which rejects what it does not read, or {in_make('DATE_FORMAT', name)}"
        )
    return Found(
        name,
        (
            f"its dates were read as {name}, because {counted(count, 'record')} can be nothing else. If that is wrong:"
            f" make remove with this report, and {in_make('DATE_FORMAT', usual)}",
        ),
    )


def _only_reading(asked: Asked, best: list[str], example: str) -> Found:
    """Of formats that read equally many dates the one that is meant.

    Raises:
        ReportRefused: they read them differently, and either may be meant.
    """
    notes: tuple[str, ...] = ()
    if set(best) & set(YEAR_FIRST):
        best, notes = _by_year(asked, best)
    readings = ", ".join(parsed(asked.dates, name) for name in best)
    if len(best) > 1 and asked.count(f"count(*) filter (where least({readings}) <> greatest({readings}))"):
        choices = " or ".join(in_make("DATE_FORMAT", name) for name in best)
        parts = {"d": "the day", "M": "the month", "y": "the year"}
        begins = " or ".join(part for sign, part in parts.items() if any(name.startswith(sign) for name in best))
        raise ReportRefused(
            f"its column {asked.title} can be read in {'two' if len(best) == 2 else 'several'} ways: {example!r} may"
            f" begin with {begins}."
            f" Fix: say which, and DECLARE=once if others of the site are written otherwise: {choices}"
        )
    return Found(best[0], notes)


def _by_year(asked: Asked, best: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """The formats that read years of two digits as an event has them: few, and near to what is known.

    The other reports of the site and the day in the name of the file are known. Else no year is long ago, and the year
    is not first, if that leaves one. The other readings are said.
    """
    spans = _spans(asked, *best)
    shortest = min(spans.values(), key=lambda span: span.length)
    spans = {name: span for name, span in spans.items() if not span.scatters_beside(shortest)}
    known = _known_times(asked) if len(spans) > 1 else []
    spans = {name: span for name, span in spans.items() if any(span.is_near(*one) for one in known)} or spans
    latest = max(span.last for span in spans.values())
    recent = [name for name, span in spans.items() if span.last.year > latest.year - _YEARS_APART]
    # With dashes both are usual, and the user is asked.
    meant = [name for name in recent if name not in YEAR_FIRST[1:]] or recent
    others = [name for name in spans if name not in meant and (name in recent or meant[0] in YEAR_FIRST)]
    if len(meant) > 1 or not others:
        return meant, ()
    are = ", ".join(f"of {spans[name].first:%Y} as {name}" for name in (*meant, *others))
    ways = " or ".join(in_make("DATE_FORMAT", name) for name in others)
    note = (
        f"the dates in its column {asked.title} are {are}. They were read as {meant[0]}. If that is wrong: make remove"
        f" with this report, and {ways}"
    )
    return meant, (note,)


def _known_times(asked: Asked) -> list[tuple[datetime, datetime]]:
    """When the other reports of the site and the name of the file have it."""
    rows = asked.connection.execute(
        "select min(first_occurred_at), max(usual_last_occurred_at) from raw.reports"
        " where site_id = ? having count(first_occurred_at) > 0",
        [asked.declaration.site_id],
    ).fetchall()
    named = asked.named_on
    return [*rows, *([(datetime(named.year, named.month, named.day),) * 2] if named else [])]
