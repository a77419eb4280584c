"""When the activities of a report happened: which of the known forms its dates have, and which of them are possible.

A date is impossible before the platform can have existed and after the day that follows the load; MIN_DATE and MAX_DATE
declare otherwise. What cannot be read is said by the shape that was found, and a command is only offered after it has
read the date in question.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import product

import duckdb

from landing.faults import Fault
from reports.date_formats import DATE_FORMATS, DEFAULT_DATE_FORMAT, EPOCH, FORMS, NUMBER_READINGS, WITH_OFFSET
from reports.date_shapes import Plan, plan_of
from reports.dates import Dates, normal_text
from reports.format import ReportFormat
from reports.scan import Possible, time_in
from warehouse.database import text_of
from warehouse.rejections import Kind

# The platform's own way to say never.
NEVER = r"1900[-/. ]?0?1[-/. ]?0?1|0?1[-/. ]0?1[-/. ]1900"
HAS_OFFSET = r":\d\d(?:\.\d+)?\s*(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$"
# A record this far from the middle half of a report does not make it new. The marts ask the same of a site, by the
# setting outlier_days.
OUTLIER_DAYS = 365
# Formats that are offered, if one of them reads the date.
_OFFERED, MOST_OFFERED = ("%d%m%Y%H%M", "%d%m%Y%H%M%S"), 2
# The parts of a date in each order that programs write, with a month in digits or by its name.
_ORDERS, _ORDERS_BESIDE_NAME = ("Ymd", "dmY", "mdY", "Yj"), ("dY", "Yd")
_TIMES_OF_DAY = ("HMSf", "HMS", "HM")
# Words behind the time may be a zone, which a format would pass over.
_HAS_USUAL_SIGNS = re.compile(r"[\w .,:/+-]*\d([+-]\d\d:?\d\d| ?[ap]m| ?[^\W\d_a-z]\.?)?", re.IGNORECASE)
# A word beside the time may mean AM or PM, as long as no hour is after 12.
NOON, _WORD_IN_FORMAT = 12, re.compile(r"(?<!%)(?!T%)[^\W\d_]")
_ENGLISH_MONTHS = re.compile(
    r"(?<![^\W\d_])(?:(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|January|February|March|April|June|July|August"
    r"|September|October|November|December)(?![^\W\d_])",
    re.IGNORECASE,
)


def parsed(dates: Dates, date_format: str) -> str:
    """SQL for the time that a date of the report means, or null.

    strptime reads a year of two digits after 68 as one of the last century, and the words epoch and infinity as the
    beginning of 1900: neither is possible.
    """
    if date_format == WITH_OFFSET:
        text = f"regexp_replace(trim({dates.column}), '\\s+([Z+-])', '\\1')"
        instant = f"case when regexp_matches({text}, {text_of(HAS_OFFSET)}) then try_cast({text} as timestamptz) end"
        return f"timezone('UTC', {instant})"
    if date_format in FORMS and date_format != dates.form:
        return "null::timestamp"
    if date_format in DATE_FORMATS:
        is_bare = dates.is_bare and date_format == DEFAULT_DATE_FORMAT
        return time_in(dates.column, date_format, is_trimmed=not is_bare)
    # The user's declaration is about the words of the report.
    own = f"[{text_of(date_format)}]"
    return f"coalesce(try_strptime(trim({dates.raw}), {own}), try_strptime({normal_text(dates.raw)}, {own}))"


def usual_end(
    connection: duckdb.DuckDBPyConnection, times: str, first: datetime | None, last: datetime | None
) -> object:
    """The last time of a report that does not lie far after the others, as `int_usual_times` has it.

    Args:
        connection: the warehouse.
        times: a query for the times, in the column ``occurred_at``.
        first: the first of them.
        last: the last of them.
    """
    if first is None or last is None or last - first <= timedelta(days=OUTLIER_DAYS):
        return last
    row = connection.execute(
        f"""
        with times as ({times}),
        middle as (
            select
                quantile_disc(occurred_at, 0.25) as first_quartile_at,
                quantile_disc(occurred_at, 0.75) as third_quartile_at
            from times
        )
        select max(occurred_at)
        from times, middle
        where occurred_at <= third_quartile_at
            + greatest(3 * (third_quartile_at - first_quartile_at), to_days({OUTLIER_DAYS}))
        """
    ).fetchone()
    return row[0] if row else last


def is_never(column: str) -> str:
    """SQL for whether a date is the platform's sign for never."""
    return f"regexp_matches({column}, {text_of(NEVER)})"


def in_make(setting: str, value: object) -> str:
    """A command of make with a setting, as a shell takes it."""
    text = str(value)
    return f"make build {setting}={text}" if re.fullmatch(r"[\w/:.+-]+", text) else f"make build {setting}='{text}'"


def why_none(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, dates: Dates, possible: Possible, example: str
) -> str:
    """Why no date of a report can be read, by the shape of the first."""
    title = report.header_of("date")
    # Digits of a day and a time seem to be seconds since 1970, or a day of another millennium.
    if dates.digits and (offer := _offer(connection, title, dates, possible, example)):
        return offer
    for name in DATE_FORMATS:
        last, first = connection.execute(
            f"select max({parsed(dates, name)}), min({parsed(dates, name)}) from staged"
        ).fetchall()[0]
        if last is not None:
            return _why_impossible(title, example, last if last.date() > possible.last else first, possible)
    shape = re.sub("[0-9]", "9", _normal(connection, example))
    if words := _of_another_calendar(shape):
        return f"the dates in its column {title} are of {words}: the first is {example!r}. Fix: {_GREGORIAN}"
    if re.fullmatch(r"99?:99(:99)?([.,]9+)?( ?[AP]M)?", shape, re.IGNORECASE):
        return (
            f"its column {title} holds times without a day, such as {example!r}: a spreadsheet showed no more, and"
            " saved what it showed. Fix: load the report as it was downloaded."
        )
    if set(shape) <= {"#"}:
        return (
            f"its column {title} holds {example!r} in the place of dates: it was too narrow when a spreadsheet saved"
            " it. Fix: load the report as it was downloaded."
        )
    if re.fullmatch(r"9[.,]9+E\+?99?", shape, re.IGNORECASE):
        return (
            f"its column {title} holds numbers that a spreadsheet has shortened, such as {example!r}. Fix: load the"
            " report as it was downloaded."
        )
    if offer := _offer(connection, title, dates, possible, example):
        return offer
    return (
        f"its column {title} holds no date that is known: the first is {example!r}. Fix: load the report as it was"
        " downloaded, or see which forms are known in docs/reference/reports.md."
    )


def _fits(part: str, width: int) -> bool:
    """Whether a number of so many digits can be a part of a date."""
    return width == {"Y": 4, "j": 3}[part] if part in "Yj" else part == "f" or width <= 2


def _formats_of(example: str) -> list[str]:
    """The strptime formats with the signs of a date, and its numbers as the parts of one in each order."""
    if not _HAS_USUAL_SIGNS.fullmatch(example):
        return []
    text = re.sub(r"[+-]\d\d:?\d\d$", "%z", example)
    text, halves = re.subn(r"[ap]m$", "%p", text, flags=re.IGNORECASE)
    text, names = _ENGLISH_MONTHS.subn(lambda found: "%b" if found[1] else "%B", text)
    formats = []
    for date_parts, time_parts in product(_ORDERS_BESIDE_NAME if names else _ORDERS, _TIMES_OF_DAY):
        parts = date_parts + (time_parts.replace("H", "I") if halves else time_parts)
        widths = [len(number) for number in re.findall(r"\d+", text)]
        fits = len(widths) == len(parts) and all(map(_fits, parts, widths))
        if names <= 1 and fits and ("f" not in parts or re.search(r"[.,]\d+\D*$", text)):
            filled = text
            for part in parts:
                filled = re.sub(r"\d+", f"%{part}", filled, count=1)
            formats.append(filled)
    return formats


def _offer(
    connection: duckdb.DuckDBPyConnection, title: str, dates: Dates, possible: Possible, example: str
) -> str | None:
    """The command with the formats that read a date, and the most of the others; None if none of those offered does."""
    numbers = [name for names in NUMBER_READINGS.values() for name in names if name != EPOCH]
    read: dict[str, tuple[int, datetime]] = {}
    may_be_halves = False
    for offered in dict.fromkeys((*_formats_of(example), *_OFFERED, *numbers)):
        time, times = (possible.only(parsed(Dates(text, text), offered)) for text in (text_of(example), dates.raw))
        [(first, count, hour)] = connection.execute(
            f"select {time}, count({times}), max(hour({times})) from staged"
        ).fetchall()
        if first is not None and hour <= NOON and _WORD_IN_FORMAT.search(offered):
            may_be_halves = True
        elif first is not None:
            read[offered] = (count, first)
    most = max((count for count, _ in read.values()), default=0)
    ways = [
        f"{in_make('DATE_FORMAT', offered)}, which reads it as {first}"
        for offered, (count, first) in read.items()
        if count == most
    ]
    if not ways and may_be_halves:
        return (
            f"its column {title} holds no date that is known: the first is {example!r}. No hour is after {NOON}, so a"
            " word in it may mean AM or PM. Fix: load the report as it was downloaded, or show its dates as"
            " yyyy-MM-dd HH:mm:ss and save it again."
        )
    if not ways:
        return None
    return (
        f"its column {title} holds no date that is known: the first is {example!r}. Fix: say how it is written, for"
        f" example {', or '.join(ways[:MOST_OFFERED])}"
    )


# Years that a calendar is ahead of the Gregorian one, about.
BUDDHIST_YEARS = 543
CALENDARS = {
    BUDDHIST_YEARS: "the Buddhist calendar",
    -579: "the Islamic calendar",
    -622: "the Persian calendar",
    -1911: "the Minguo calendar",
    3760: "the Hebrew calendar",
}
# A date outside of these years is a mistake: no command is offered that would load it. Programs write the first days
# of 1900, 1904 and 1970 where there is no date.
PLAUSIBLE_FROM, PLAUSIBLE_YEARS_AHEAD = date(1971, 1, 1), 10
_GREGORIAN = (
    "load the report as it was downloaded, or show its dates in the Gregorian calendar as yyyy-MM-dd HH:mm:ss and save"
    " it again."
)


def _normal(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    row = connection.execute(f"select {normal_text('$text')}", {"text": text}).fetchone()
    return str(row[0]) if row else text


def _of_another_calendar(shape: str) -> str | None:
    plan: Plan | None = plan_of(shape)
    if re.search("令和|平成|昭和|民國|民国", shape):
        return "another calendar than the Gregorian one"
    if plan is None and re.match(r"[RH]99?[./]99?[./]99?\b", shape):
        return "the Japanese calendar"
    return None


def _why_impossible(title: str, example: str, time: datetime, possible: Possible) -> str:
    """Why a date that can be read is none of the report."""
    if calendar := _calendar_of(time.year):
        return f"the dates in its column {title} are of {calendar}: the first is {example!r}. Fix: {_GREGORIAN}"
    if meant := _short_year(example, time.year):
        return (
            f"the dates in its column {title} have years of two digits, such as {example!r}: {time.year} is impossible,"
            f" and {time.year % 100:02} may be {meant}. Fix: {_GREGORIAN}"
        )
    is_plausible = time.date() >= PLAUSIBLE_FROM and time.year <= datetime.now(UTC).year + PLAUSIBLE_YEARS_AHEAD
    is_late = time.date() > possible.last
    if possible.is_last_given if is_late else possible.is_first_given:
        setting, day, lie = ("MAX_DATE", possible.last, "after") if is_late else ("MIN_DATE", possible.first, "before")
        or_else = f", or give another day: {in_make(setting, time.date())}" if is_plausible else "."
        return (
            f"all dates in its column {title} lie {lie} {setting}={day}, which was given, such as {example!r}. Fix:"
            f" leave {setting} out{or_else}"
        )
    if is_late:
        or_else = (
            f"; or, if the clock is right and the dates are too, {in_make('MAX_DATE', time.date())}"
            if is_plausible
            else ", or load the report as it was downloaded."
        )
        return (
            f"all dates in its column {title} are in the future, such as {example!r}: the clock of this computer says"
            f" {datetime.now(UTC):%Y-%m-%d}. Fix: set the clock{or_else}"
        )
    or_else = f"; or, if the dates are right, {in_make('MIN_DATE', time.date())}" if is_plausible else "."
    return (
        f"all dates in its column {title} lie before {possible.first}, such as {example!r}: the platform was not there."
        f" Fix: load the report as it was downloaded{or_else}"
    )


def _calendar_of(year: int) -> str | None:
    """The calendar whose present year has this number."""
    now = datetime.now(UTC).year
    for ahead, calendar in CALENDARS.items():
        if now - 25 <= year - ahead <= now + 1 and abs(year - now) > 300:
            return calendar
    return None


def _short_year(example: str, year: int) -> str | None:
    """The year of another calendar, near to the present one, that a year of two digits may be."""
    if str(year) in example:
        return None
    now = datetime.now(UTC).year
    for ahead, calendar in CALENDARS.items():
        # From ten years ago to the next year.
        late = (year - now - ahead + 10) % 100 - 10
        if late <= 1:
            return f"{now + ahead + late} of {calendar}, which is {now + late}"
    return None


def impossible(time: str, possible: Possible, title: str, text: str) -> list[Fault]:
    """Why a date that can be read is not loaded.

    Args:
        time: SQL of the date; null where it cannot be read.
        possible: which dates are possible.
        title: the header of their column.
        text: SQL of the date as it is written.
    """
    now = datetime.now(UTC).year
    early = f"case when {time} >= timestamp '{PLAUSIBLE_FROM} 00:00:00' then {time}::date end"
    future = f"case when year({time}) <= {now + PLAUSIBLE_YEARS_AHEAD} then {time}::date end"
    offer = "coalesce(' If it is right: make build {}=' || {}, '')"
    before = f"'nothing can have happened before {possible.first}. Fix: correct it, or delete the record.'"
    if possible.is_first_given:
        before = f"'it lies before MIN_DATE={possible.first}. Fix: correct it, or delete the record.'"
    after = f"'it is in the future, after {possible.last}. Fix: correct it, or delete the record.'"
    if possible.is_last_given:
        after = f"'it lies after MAX_DATE={possible.last}. Fix: correct it, or delete the record.'"
    return [
        Fault(
            Kind.OTHER_CALENDAR,
            f"year({time}) - {BUDDHIST_YEARS} between {now - 25} and {now + 1}",
            f"'its year ' || year({time}) || ' is of the Buddhist calendar. Fix: {_GREGORIAN}'",
            title,
            text,
        ),
        Fault(
            Kind.EARLY_DATE,
            f"{time} < timestamp '{possible.first} 00:00:00'",
            f"{before} || {offer.format('MIN_DATE', early)}",
            title,
            text,
            early,
        ),
        Fault(
            Kind.FUTURE_DATE,
            f"{time} is not null",
            f"{after} || {offer.format('MAX_DATE', future)}",
            title,
            text,
            future,
        ),
    ]


def is_let_in(min_date: date | None, max_date: date | None) -> str | None:
    """SQL for whether a rejected record has a date that days of the user make possible; None if they name none."""
    tests = [
        f"kind = '{kind}' and impossible_date {sign} date '{day}'"
        for kind, sign, day in ((Kind.EARLY_DATE, ">=", min_date), (Kind.FUTURE_DATE, "<=", max_date))
        if day is not None
    ]
    return " or ".join(tests) or None
