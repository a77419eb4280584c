"""The dates of a staged report, as texts that a few formats read.

Nearly every report has dates as the platform writes them, and a look at their places is all that is spent on it. Of
any other the shapes are understood (``reports.date_shapes``): blanks, digits of other scripts, AM and PM, fractions,
names of months, serial numbers, zones. What is understood goes to the columns date_text, date_zone and date_offset of
``staged``; the column of the report keeps its words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import duckdb

from reports.columns import in_brackets, key_of
from reports.date_shapes import PLAIN, WITH_OFFSET, Plan, plan_of
from reports.format import ReportFormat
from reports.ids import DIGITS, OTHER_DIGITS
from reports.invisible import FORMAT, INVISIBLE
from reports.scan import DatesScanned
from warehouse.command_line import counted
from warehouse.database import number_of, text_of, time_zones

TIME_TITLES = tuple(
    key_of(title)
    for title in (
        *("time", "time of day", "activity time", "event time", "clock", "hour"),
        *("uhrzeit", "zeit", "heure", "hora", "ora", "tijd"),
    )
)
# Only right behind the date: elsewhere it may be the zone of the person.
ZONE_TITLES = tuple(
    key_of(title) for title in ("time zone", "tz", "zone", "utc offset", "gmt offset", "offset", "zeitzone")
)
# The form of a date, such as yyyy, MM, hhmm and JJJJ.
PATTERN = re.compile(r"[a-z]|(?:([adhjmstyf])\1+)+|iso\d*|\d+h(?:rs?|ours?)?")
PLAIN_WORDS = frozenset(
    (
        *("date", "time", "datetime", "timestamp", "clock", "hour", "hours", "hrs", "am", "pm", "day", "month", "year"),
        *("first", "format", "formatted", "text", "string", "number", "excel", "required", "optional", "start", "end"),
        *("of", "the", "and", "or", "in", "as", "is", "activity", "action", "record", "recorded", "created"),
    )
)
# A report has a handful of shapes, one of many names of months some hundred.
MAX_SHAPES = 5000
MAX_ZONES = 1000
# So many times that all are full minutes, or midnights, are no chance.
TIMES_NEEDED = 10


@dataclass(frozen=True)
class UnknownZone:
    """A zone in words that are not known.

    Attributes:
        place: the title of the column, in words.
        words: its name in the report.
        candidates: zones of the IANA that may be meant.
    """

    place: str
    words: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Dates:
    """How the dates of a staged report are to be read.

    Attributes:
        column: SQL of the text of a date.
        raw: SQL of the same as the report has it.
        is_folded: whether the text is another one than the report's, with zones beside it.
        is_usual: whether each of these texts is as the platform writes a date.
        is_default: whether every date looks as the platform writes it.
        is_possible: whether each of these is known to be possible.
        is_read: whether it is known that no other format can be meant.
        is_bare: whether the usual format reads every date as it stands, so that none need be trimmed.
        has_offsets: whether every date ends with an offset, as ISO 8601 has it.
        form: the name of their form, if it is brought into the usual one.
        untimed: SQL for whether a date has no time of the day, if others have one.
        digits: how many digits each date has, if all are numbers of as many digits.
        names_zones: whether a date names its zone.
        unclear: the name of a zone that may be several.
        unknown: the zone that a title or a column beside it names, and that is not known.
        notes: what was found out, in words.
    """

    column: str
    raw: str
    is_folded: bool = False
    is_usual: bool = False
    is_default: bool = False
    is_possible: bool = False
    is_read: bool = False
    is_bare: bool = False
    has_offsets: bool = False
    form: str | None = None
    untimed: str = ""
    digits: int = 0
    names_zones: bool = False
    unclear: str | None = None
    unknown: UnknownZone | None = None
    notes: tuple[str, ...] = ()


_NO_TIME = "no time of the day"
# Behind a day in a cell for dates.
MIDNIGHT = "[T ]+0?0:00(:00)?(\\.0+)?$"


def read_dates(connection: duckdb.DuckDBPyConnection, report: ReportFormat, seen: DatesScanned) -> Dates:
    """See how the dates of a staged report are written, and put those of an unusual form into a usual one.

    Args:
        connection: the warehouse, with the report in ``staged``.
        report: its format.
        seen: what the scan of them found.
    """
    raw = f"c{report.columns['date']}"
    time = _time_column(report)
    zone, unknown = _zone_beside(connection, report, time)
    count, is_minutes = seen.count, seen.is_minutes
    # Nothing is said of a few.
    is_minutes = is_minutes and (time is not None or count >= TIMES_NEEDED // 2)
    clock = _one_clock(connection, raw) if is_minutes else None
    is_minutes = is_minutes and number_of(connection, f"select (min({raw}) <> max({raw}))::integer from staged") == 1
    is_split = time is not None and (clock == "00:00:00" or not _any_clock(connection, raw))
    if seen.is_default and not is_split and zone is None:
        return Dates(
            *(raw, raw),
            is_default=True,
            is_possible=seen.is_possible,
            is_read=seen.is_possible and seen.is_read,
            is_bare=seen.time_count == seen.date_count,
            unknown=unknown,
            notes=_notes(report, count, is_minutes, clock),
        )
    beside = _Beside(f"c{time}" if is_split else None, zone)
    text = _joined(raw, beside)
    shapes = connection.execute(
        f"""
        select shape, bool_and(is_normal), count(*) from (
            select regexp_replace({text}, '[0-9]', '9', 'g') as shape, {text} = {raw} as is_normal
            from staged where {raw} not in ('', {text_of(report.header_of("date"))})
        ) group by 1 order by count(*) desc, 1 limit {MAX_SHAPES}
        """
    ).fetchall()
    dates = _folded(connection, report, raw, text, shapes, is_alone=beside == _Beside())
    return replace(dates, unknown=unknown, notes=(*dates.notes, *_notes_of_seconds(report, shapes)))


@dataclass(frozen=True)
class _Beside:
    """What a report holds of a date beside its column: SQL of the time of the day, and of the zone."""

    time: str | None = None
    zone: str | None = None


def _time_column(report: ReportFormat) -> int | None:
    """The place of the column of a report that has dates and times apart."""
    return next((index for index in report.extra if key_of(report.header[index]) in TIME_TITLES), None)


def _zone_beside(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, time: int | None
) -> tuple[str | None, UnknownZone | None]:
    """SQL of the zone that the title of the date names, or a column behind it; and one that is not known."""
    date_index = report.columns["date"]
    titles = [report.header[index] for index in (date_index, time) if index is not None]
    zones = [(title, zone) for title in titles if (zone := in_brackets(title))]
    known = next((zone for _, zone in zones if _is_zone(zone)), None)
    if known is not None:
        return text_of(known), None
    behind = max(date_index, date_index if time is None else time) + 1
    sql, unknown = None, None
    if behind in report.extra and key_of(report.header[behind]) in ZONE_TITLES:
        sql, unknown = _zone_column(connection, report.header[behind], f"c{behind}")
    others = [(title, zone) for title, zone in zones if not _is_plain(zone)]
    if sql is None and unknown is None and others:
        title, words = others[0]
        unknown = UnknownZone(f"the title {title}", words, zones_called(words))
    return sql, unknown


def _zone_column(
    connection: duckdb.DuckDBPyConnection, header: str, column: str
) -> tuple[str | None, UnknownZone | None]:
    """SQL of the zones in a column behind the date, and the first of them that is not known."""
    title, zone = text_of(header), normal_text(column)
    zones = connection.execute(
        f"select {zone} as zone from staged where {column} not in ('', {title}) group by 1 order by min(rowid)"
        f" limit {MAX_ZONES}"
    ).fetchall()
    others = [text for (text,) in zones if not _is_zone(text)]
    words = next((text for text in others if re.search(r"[^\W\d_]", text)), None)
    # A column of such a title may be about halls.
    is_other = key_of(header) in ("zone", "offset") and len(others) == len(zones)
    unknown = None
    if words is not None and not is_other:
        unknown = UnknownZone(f"the column {header}", words, zones_called(words))
    if not zones or len(others) == len(zones) or (others and unknown is None):
        return None, unknown
    left_out = ", ".join((title, *map(text_of, others)))
    return f"case when {column} = {title} or {zone} in ({left_out}) then '' else {zone} end", unknown


def _is_plain(text: str) -> bool:
    """Whether words in brackets are the form of a date, or say nothing of its zone."""
    return all(
        PATTERN.fullmatch(word) or word in PLAIN_WORDS or not re.search(r"[^\W\d_]", word)
        for word in re.split(r"[\W_]+", text.lower())
    )


def zones_called(words: str) -> tuple[str, ...]:
    """Zones of the IANA whose city is in some words, such as `heure de Paris`."""
    plan = plan_of(f"9999-99-99 99:99:99 {words} time")
    if plan is not None and plan.zone is not None:
        return (plan.zone,)
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    text = f" {' '.join(re.split('[^a-z]+', plain))} "
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return tuple(
        name
        for name in time_zones()
        if name.startswith(areas) and f" {name.split('/')[-1].replace('_', ' ').lower()} " in text
    )[:3]


def _is_zone(text: str) -> bool:
    plan = plan_of(f"9999-99-99 99:99:99 {re.sub('[0-9]', '9', text)}")
    if plan is None or (plan.zone is None and plan.offset_minutes is None and not plan.sign and plan.unclear is None):
        return False
    return plan.zone is None or _is_known(plan.zone)


@cache
def _is_known(zone: str) -> bool:
    return zone.lower() in map(str.lower, time_zones())


def _any_clock(connection: duckdb.DuckDBPyConnection, raw: str) -> bool:
    """Whether a date has a time of the day; a spreadsheet writes midnight behind a day alone."""
    clock = f"contains({raw}, ':') and not regexp_matches({raw}, '{MIDNIGHT}')"
    return bool(connection.execute(f"select 1 from staged where {clock} limit 1").fetchone())


def _one_clock(connection: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The time of the day, if all dates have the same; None if not, or if they are of one moment.

    Programs write midnight or noon where there is a day and no time, so one such moment counts.
    """
    clock = f"regexp_extract({text}, '([0-9]+:[0-9]{{2}}(:[0-9]{{2}})?)', 1)"
    row = connection.execute(
        f"select min({clock}) from staged where {text} <> ''"
        f" having min({clock}) = max({clock})"
        f" and (min({text}) <> max({text}) or min({clock}) in ('00:00:00', '12:00:00'))"
    ).fetchone()
    return row[0] if row else None


def notes_of_days(connection: duckdb.DuckDBPyConnection, dates: Dates, time: str) -> tuple[str, ...]:
    """What is said of days without a time that land, among dates with one; ``time`` is SQL of what lands."""
    if not dates.untimed or any(_NO_TIME in note for note in dates.notes):
        return ()
    count = number_of(connection, f"select count(*) from staged where {dates.untimed} and {time} is not null")
    if not count:
        return ()
    return (
        f"{count:,} of its records {'has' if count == 1 else 'have'} a day and {_NO_TIME}, which is read as midnight."
        " Fix: load the report as it was downloaded",
    )


def _notes(report: ReportFormat, count: int, is_minutes: bool, clock: str | None) -> tuple[str, ...]:
    """What is said of times that say less than they should.

    Args:
        report: how it is written.
        count: its dates.
        is_minutes: whether every time ends in :00.
        clock: the time of the day, if all have the same.
    """
    title = report.header_of("date")
    if clock is not None and count >= TIMES_NEEDED // 2:
        at = "midnight" if clock == "00:00:00" else clock
        return (
            f"its column {title} has days and {_NO_TIME}: every time is {at}. So no attendance can be"
            " counted from it: each stay takes 0 minutes. Fix: make remove with this report, and load it as it was"
            " downloaded",
        )
    if is_minutes and count >= TIMES_NEEDED:
        return (
            f"every time in its column {title} ends in :00, as a spreadsheet saves it: the seconds are lost. The same"
            " activities in a download with seconds count as others. Fix: load the report as it was downloaded",
        )
    return ()


def normal_text(column: str) -> str:
    """SQL for a date with blanks and digits as a keyboard has them."""
    # To translate takes 36 µs, and nearly every date has a byte per sign.
    plain = f"translate({column}, '{OTHER_DIGITS}：／．－，‐‑–—−', '{DIGITS}:/.-,-----')"
    text = f"case when strlen({column}) = length({column}) then {column} else {plain} end"
    text = f"regexp_replace({text}, '[{FORMAT}]+', '', 'g')"
    text = f"trim(regexp_replace({text}, '[{INVISIBLE}]+', ' ', 'g'))"
    # How a spreadsheet is made to keep a text.
    return rf"""regexp_replace({text}, '^(?:="(.*)"|''(.*))$', '\1\2')"""


def _joined(raw: str, beside: _Beside) -> str:
    """SQL of a date with the text beside it."""
    text = normal_text(raw)
    if beside.time is not None:
        # A spreadsheet puts a time of the day on the day before its first, and its numbers are days and parts of one.
        day = f"regexp_replace({text}, '{MIDNIGHT}', '')"
        clock = f"regexp_replace({normal_text(beside.time)}, '^(1899-12-3[01]|1900-01-00|1904-01-01)[T ]', '')"
        text = (
            f"case when regexp_full_match({day}, '[0-9]{{5}}') and regexp_full_match({clock}, '0[.,][0-9]+')"
            f" then {day} || substr({clock}, 2) else trim({day} || ' ' || {clock}) end"
        )
    if beside.zone is not None:
        text = f"trim({text} || case when {raw} = '' then '' else ' ' || {beside.zone} end)"
    return text


def _notes_of_seconds(report: ReportFormat, shapes: Sequence[tuple[str, bool, int]]) -> tuple[str, ...]:
    """What is said of times without seconds among times with them: a program wrote a part of the report again."""
    count = sum(count for _, _, count in shapes)
    minutes = sum(count for shape, _, count in shapes if re.search("9:99", shape) and not re.search("9:99:99", shape))
    # Some programs leave :00 away, in one of sixty times.
    if minutes < TIMES_NEEDED or 10 * minutes < count or all("9:99:99" not in shape for shape, *_ in shapes):
        return ()
    return (
        f"{minutes:,} of the {count:,} times in its column {report.header_of('date')} have no seconds: a spreadsheet"
        " wrote these again. The same activities in a download with seconds count as others. Fix: load the report as it"
        " was downloaded",
    )


def _folded(
    connection: duckdb.DuckDBPyConnection,
    report: ReportFormat,
    raw: str,
    text: str,
    shapes: Sequence[tuple[str, bool, int]],
    *,
    is_alone: bool,
) -> Dates:
    header = text_of(report.header_of("date"))
    plans = {
        shape: plan
        for shape, _, _ in shapes
        if (plan := plan_of(shape)) is not None and (plan.zone is None or _is_known(plan.zone))
    }
    unclear = next((plan.unclear for plan in plans.values() if plan.unclear), None)
    plain = raw if all(is_normal for _, is_normal, _ in shapes) else text
    if is_alone and all(PLAIN.fullmatch(shape) for shape, _, _ in shapes):
        row = connection.execute(
            f"select count(*), bool_and(regexp_matches({plain},"
            " '(?i)^[^:]*:00(:00)?$|^[^:]*:..( [ap]m)?$|:..:00( [ap]m)?$'))"
            f" and min({raw}) <> max({raw}) from staged where {raw} not in ('', {header})"
        ).fetchone()
        count, is_minutes = row or (0, False)
        return Dates(plain, raw, notes=_notes(report, count, is_minutes, _one_clock(connection, plain)))
    are_iso = is_alone and all(WITH_OFFSET.fullmatch(shape) for shape, _, _ in shapes)
    # A month beyond the 12th is a day, and the folded text can be read so.
    if (
        are_iso
        and not connection.execute(f"select 1 from staged where substr({plain}, 6, 2) > '12' limit 1").fetchone()
    ):
        count = sum(count for _, _, count in shapes)
        return Dates(plain, raw, has_offsets=True, notes=_notes(report, count, False, _one_clock(connection, plain)))
    digits = len(shapes[0][0]) if len(shapes) == 1 and set(shapes[0][0]) == {"9"} else 0
    if not plans:
        return Dates(text, raw, digits=digits)
    _write_plans(connection, plans)
    notes: tuple[str, ...] = ()
    if _has_contradicted_am(connection, plans, text):
        plans = {shape: plan_of(shape, has_halves=False) or plan for shape, plan in plans.items()}
        _write_plans(connection, plans)
        notes = (
            f"its column {report.header_of('date')} has AM, or a word that looks like it, at hours after 12, and never"
            " PM: the word was left out, and the hours were read as they stand",
        )
    connection.execute(
        "alter table staged add column date_text varchar;"
        "alter table staged add column date_zone varchar;"
        "alter table staged add column date_offset integer;"
    )
    connection.execute(
        f"""
        update staged set
            date_text = {_canonical("written.text")},
            date_zone = date_plans.zone,
            date_offset = coalesce(
                date_plans.minutes,
                date_plans.sign * (
                    60 * try_cast(substr(written.text, oh, ohn) as integer)
                    + coalesce(try_cast(substr(written.text, om, omn) as integer), 0)
                )
            )
        from (select rowid as written_id, {text} as text from staged) as written
        inner join date_plans on regexp_replace(written.text, '[0-9]', '9', 'g') = date_plans.shape
        where staged.rowid = written.written_id
        """
    )
    exact_to = _exact_to(connection, plans)
    forms = Counter[str | None]()
    for shape, _, count in shapes:
        forms[plans[shape].form if shape in plans else None] += count
    # A date without a plan may be read as it stands. Where each has one, its text need not be looked for again.
    has_plans = len(plans) == len(shapes) < MAX_SHAPES
    return Dates(
        "date_text" if has_plans else f"coalesce(date_text, {text})",
        raw,
        is_folded=True,
        is_usual=has_plans and not any(plan.separator for plan in plans.values()),
        form=forms.most_common(1)[0][0],
        untimed=_is_untimed(text, plans),
        digits=digits,
        unclear=unclear,
        notes=(*notes, *_notes_of(connection, report, plans, exact_to)),
        names_zones=any(plan.zone for plan in plans.values()),
    )


def _is_untimed(text: str, plans: dict[str, Plan]) -> str:
    """SQL for whether a date is a day alone; '' if none is, or none has more."""
    days = [shape for shape, plan in plans.items() if not plan.tells_time]
    if not 0 < len(days) < len(plans):
        return ""
    return f"regexp_replace({text}, '[0-9]', '9', 'g') in ({', '.join(map(text_of, days))})"


def _write_plans(connection: duckdb.DuckDBPyConnection, plans: dict[str, Plan]) -> None:
    connection.execute(
        "create or replace temp table date_plans (shape varchar, kind varchar, separator varchar, y integer,"
        " yn integer, a integer, an integer, b integer, bn integer, mon integer, h integer, hn integer, i integer,"
        " im integer, s integer, sn integer, half varchar, zone varchar, minutes integer, sign integer, oh integer,"
        " ohn integer, om integer, omn integer)"
    )
    connection.executemany(
        f"insert into date_plans values ({', '.join('?' * 24)})",
        [[shape, *_row(plan)] for shape, plan in plans.items()],
    )


def _has_contradicted_am(connection: duckdb.DuckDBPyConnection, plans: dict[str, Plan], text: str) -> bool:
    """Whether the word for AM stands at an hour after 12, and no other half of a day is named."""
    if {plan.half for plan in plans.values()} - {None} != {"am"}:
        return False
    found = connection.execute(
        f"select 1 from (select {text} as text from staged) as written"
        " inner join date_plans on regexp_replace(written.text, '[0-9]', '9', 'g') = date_plans.shape"
        " where half = 'am' and cast(substr(text, h, hn) as integer) > 12 limit 1"
    )
    return found.fetchone() is not None


def _exact_to(connection: duckdb.DuckDBPyConnection, plans: dict[str, Plan]) -> int:
    """How many seconds a time may be off: a number of days with few decimals says no more.

    A spreadsheet leaves zeros at the end away, so the longest number shows how many decimals there were.
    """
    if {plan.kind for plan in plans.values()} != {"serial"}:
        return 1
    decimals = max(len(re.split("[., ]", f"{shape}.")[1]) for shape in plans)
    exact_to = math.ceil(86_400 / float(10**decimals))
    if not decimals or exact_to == 1:
        return 1
    # A few decimals say all of full minutes, such as 45425.5.
    are_minutes = connection.execute("select bool_and(date_text like '%:00') from staged").fetchone() == (True,)
    return 1 if are_minutes else exact_to


def _notes_of(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, plans: dict[str, Plan], exact_to: int
) -> tuple[str, ...]:
    if not any(plan.tells_time for plan in plans.values()):
        return _notes(report, TIMES_NEEDED, False, "00:00:00")
    if exact_to > 1:
        off = counted(exact_to, "second") if exact_to < 120 else f"{math.ceil(exact_to / 60)} minutes"
        return (
            f"the dates in its column {report.header_of('date')} are numbers with too few decimals: a time may be {off}"
            " off. The same activities in a download with seconds count as others. Fix: load the report as it was"
            " downloaded",
        )
    row = connection.execute(
        "select count(date_text), bool_and(date_text like '%:00') and min(date_text) <> max(date_text) from staged"
    ).fetchone()
    count, is_minutes = row or (0, False)
    return _notes(report, count, is_minutes, _one_clock(connection, "date_text")) if count else ()


def _row(plan: Plan) -> list[object]:
    def place(*parts: object) -> list[object]:
        return [value for part in parts for value in (part.start, part.length)]  # type: ignore[attr-defined]

    return [
        plan.kind,
        plan.separator,
        *place(plan.year, plan.first, plan.second),
        plan.month,
        *place(plan.hour, plan.minute, plan.seconds),
        plan.half,
        plan.zone,
        0 if plan.kind not in ("parts", "serial") else plan.offset_minutes,
        plan.sign or None,
        *place(plan.offset_hour, plan.offset_minute),
    ]


def _canonical(text: str) -> str:
    """SQL for a date of a known plan: by year, month and day, or with day and month as they stand."""
    # A zone may follow a number.
    digits = f"split_part({text}, ' ', 1)"
    number = f"replace({digits}, ',', '.')"
    # Excel counts days from the end of 1899, and its fractions are a little off a second.
    instants = {
        "serial": f"epoch_ms(cast(round((try_cast({number} as double) - 25569) * 86400) as bigint) * 1000)",
        "seconds": f"epoch_ms(cast(floor(try_cast({number} as double)) as bigint) * 1000)",
        "milliseconds": f"epoch_ms(cast(floor(try_cast({number} as double)) as bigint))",
        "microseconds": f"epoch_ms(cast(try_cast({digits} as hugeint) // 1000 as bigint))",
        "nanoseconds": f"epoch_ms(cast(try_cast({digits} as hugeint) // 1000000 as bigint))",
    }
    counted = " ".join(f"when '{kind}' then {instant}" for kind, instant in instants.items())
    hour = f"cast(substr({text}, h, hn) as integer)"
    return f"""
        case when kind <> 'parts' then strftime(case kind {counted} end, '%Y-%m-%d %H:%M:%S')
        else
            case when separator <> ''
                then substr({text}, a, an) || separator || substr({text}, b, bn) || separator || substr({text}, y, yn)
                else
                    case when yn = 2 then '20' else '' end || substr({text}, y, yn) || '-'
                    || lpad(coalesce(cast(mon as varchar), substr({text}, a, an)), 2, '0') || '-'
                    || lpad(substr({text}, b, bn), 2, '0')
            end
            || ' '
            || case
                when hn = 0 then '00'
                when half = 'am' and {hour} > 12 or half = 'evening' and {hour} % 12 = 0 then null
                when half = 'am' then lpad(cast({hour} % 12 as varchar), 2, '0')
                when half = 'noon' and {hour} between 10 and 12 then substr({text}, h, hn)
                when half is not null then lpad(cast({hour} % 12 + 12 as varchar), 2, '0')
                else lpad(substr({text}, h, hn), 2, '0')
            end
            || ':' || lpad(substr({text}, i, im), 2, '0') || ':' || lpad(substr({text}, s, sn), 2, '0')
        end
    """
