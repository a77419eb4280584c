"""The dates of a staged report, as texts that a few formats read.

Nearly every report has dates as the platform writes them, and a look at their places is all that is spent on it. Of
any other the shapes are understood (``reports.date_shapes``): blanks, digits of other scripts, AM and PM, fractions,
names of months, serial numbers, zones. What is understood goes to the columns date_text, date_zone and date_offset of
``staged``; the column of the report keeps its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from reports.date_shapes import PLAIN, WITH_OFFSET, Plan, plan_of
from reports.format import ReportFormat, normalised
from reports.ids import DIGITS, OTHER_DIGITS
from reports.invisible import FORMAT, INVISIBLE
from warehouse.database import text_of

TIME_TITLES = ("time", "time of day", "clock", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd")
# A report has a handful of shapes, one of many names of months some hundred.
MAX_SHAPES = 5000
# So many times that all are full minutes, or midnights, are no chance.
TIMES_NEEDED = 10


@dataclass(frozen=True)
class Dates:
    """How the dates of a staged report are to be read.

    Attributes:
        column: SQL of the text of a date.
        raw: SQL of the same as the report has it.
        is_folded: whether the text is another one than the report's, and zones stand beside it.
        is_default: whether every date looks as the platform writes it.
        is_possible: whether each of these is known to be possible.
        has_offsets: whether every date ends with an offset, as ISO 8601 has it.
        unclear: the name of a zone that may be several.
        notes: what was found out, in words.
    """

    column: str
    raw: str
    is_folded: bool = False
    is_default: bool = False
    is_possible: bool = False
    has_offsets: bool = False
    unclear: str | None = None
    notes: tuple[str, ...] = ()


def read_dates(connection: duckdb.DuckDBPyConnection, report: ReportFormat, first: date, last: date) -> Dates:
    """See how the dates of a staged report are written, and put those of an unusual form into a usual one.

    Args:
        connection: the warehouse, with the report in ``staged``.
        report: its format.
        first: the first day that is possible.
        last: the last such day.
    """
    raw = f"c{report.columns['date']}"
    time = _time_column(report)
    row = connection.execute(
        f"""
        select
            count(*),
            coalesce(bool_and(strlen({raw}) = 19 and {raw} like '____-__-__ __:__:__' or {raw} = ''), true),
            coalesce(bool_and(suffix({raw}, ':00') or {raw} = ''), false),
            coalesce(bool_and({raw} between '{first}' and '{last}~' or {raw} = ''), true)
        from staged
        """
    ).fetchone()
    count, is_default, is_minutes, is_possible = row or (0, True, False, True)
    is_midnight = False
    if is_minutes:
        row = connection.execute(
            f"select bool_and(suffix({raw}, '00:00:00') or {raw} = ''), min({raw}) <> max({raw}) from staged"
        ).fetchone()
        is_midnight, is_minutes = row or (False, False)
    is_split = time is not None and (is_midnight or not _any_clock(connection, raw))
    if is_default and not is_split:
        return Dates(
            raw, raw, is_default=True, is_possible=is_possible, notes=_notes(report, count, is_minutes, is_midnight)
        )
    return _folded(connection, report, raw, time if is_split else None)


def _time_column(report: ReportFormat) -> str | None:
    """The column of a report that has dates and times apart."""
    return next((f"c{index}" for index in report.extra if normalised(report.header[index]) in TIME_TITLES), None)


def _any_clock(connection: duckdb.DuckDBPyConnection, raw: str) -> bool:
    return bool(connection.execute(f"select 1 from staged where contains({raw}, ':') limit 1").fetchone())


def _notes(
    report: ReportFormat, count: int, is_minutes: bool, is_midnight: bool, is_date: bool = False
) -> tuple[str, ...]:
    title = report.header_of("date")
    if is_date or (is_midnight and count >= TIMES_NEEDED // 2):
        return (
            f"its column {title} tells days and no time of the day: every time is midnight. So no attendance can be"
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
    text = f"regexp_replace({column}, '[{FORMAT}]+', '', 'g')"
    text = f"trim(regexp_replace({text}, '[{INVISIBLE}]+', ' ', 'g'))"
    return f"translate({text}, '{OTHER_DIGITS}：／．－，', '{DIGITS}:/.-,')"


def _folded(connection: duckdb.DuckDBPyConnection, report: ReportFormat, raw: str, time: str | None) -> Dates:
    text = normal_text(raw)
    if time is not None:
        # A spreadsheet puts a time of the day on the day before its first.
        day = f"regexp_replace({text}, '[T ]+0?0:00(:00)?(\\.0+)?$', '')"
        clock = f"regexp_replace({normal_text(time)}, '^(1899-12-3[01]|1900-01-00|1904-01-01)[T ]', '')"
        text = f"trim({day} || ' ' || {clock})"
    header = text_of(report.header_of("date"))
    shapes = connection.execute(
        f"""
        select shape, bool_and(is_normal) from (
            select regexp_replace({text}, '[0-9]', '9', 'g') as shape, {text} = {raw} as is_normal
            from staged where {raw} not in ('', {header})
        ) group by 1 order by count(*) desc, 1 limit {MAX_SHAPES}
        """
    ).fetchall()
    zones = {row[0].lower() for row in connection.execute("select name from pg_timezone_names()").fetchall()}
    plans = {
        shape: plan
        for shape, _ in shapes
        if (plan := plan_of(shape)) is not None and (plan.zone is None or plan.zone.lower() in zones)
    }
    unclear = next((plan.unclear for plan in plans.values() if plan.unclear), None)
    plain = raw if all(is_normal for _, is_normal in shapes) else text
    all_dates = bool(plans) and not any(plan.tells_time for plan in plans.values())
    notes = _notes(report, 0, is_minutes=False, is_midnight=False, is_date=all_dates)
    if time is None and all(PLAIN.fullmatch(shape) for shape, _ in shapes):
        row = connection.execute(
            f"select count(*), bool_and(regexp_matches({raw},"
            " '(?i)^[^:]*:00(:00)?$|^[^:]*:..( [ap]m)?$|:..:00( [ap]m)?$'))"
            f" and min({raw}) <> max({raw}),"
            f" bool_and(regexp_matches({raw}, ' 0?0:00(:00)?$')) from staged where {raw} not in ('', {header})"
        ).fetchone()
        return Dates(plain, raw, notes=_notes(report, *row) if row else ())
    if time is None and all(WITH_OFFSET.fullmatch(shape) for shape, _ in shapes):
        return Dates(plain, raw, has_offsets=True)
    if not plans:
        return Dates(text, raw)
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
    connection.execute(
        "alter table staged add column date_text varchar;"
        "alter table staged add column date_zone varchar;"
        "alter table staged add column date_offset integer;"
    )
    connection.execute(
        f"""
        update staged set
            date_text = {_canonical("told.text")},
            date_zone = date_plans.zone,
            date_offset = coalesce(
                date_plans.minutes,
                date_plans.sign * (
                    60 * try_cast(substr(told.text, oh, ohn) as integer)
                    + coalesce(try_cast(substr(told.text, om, omn) as integer), 0)
                )
            )
        from (select rowid as told_id, {text} as text from staged) as told
        inner join date_plans on regexp_replace(told.text, '[0-9]', '9', 'g') = date_plans.shape
        where staged.rowid = told.told_id
        """
    )
    # What has no plan may be as the user declares it.
    return Dates(
        f"coalesce(date_text, {text})",
        raw,
        is_folded=True,
        unclear=unclear,
        notes=notes or _notes_of(connection, report),
    )


def _notes_of(connection: duckdb.DuckDBPyConnection, report: ReportFormat) -> tuple[str, ...]:
    row = connection.execute(
        "select count(date_text), bool_and(date_text like '%:00') and min(date_text) <> max(date_text),"
        " bool_and(date_text like '% 00:00:00') from staged"
    ).fetchone()
    return _notes(report, *row) if row and row[0] else ()


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
    number = f"replace({text}, ',', '.')"
    # Excel counts days from the end of 1899, and its fractions are a little off a second.
    instants = {
        "serial": f"epoch_ms(cast(round((try_cast({number} as double) - 25569) * 86400) as bigint) * 1000)",
        "seconds": f"epoch_ms(cast(floor(try_cast({number} as double)) as bigint) * 1000)",
        "milliseconds": f"epoch_ms(cast(floor(try_cast({number} as double)) as bigint))",
        "microseconds": f"epoch_ms(cast(try_cast({text} as hugeint) // 1000 as bigint))",
        "nanoseconds": f"epoch_ms(cast(try_cast({text} as hugeint) // 1000000 as bigint))",
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
                when half = 'pm' then lpad(cast({hour} % 12 + 12 as varchar), 2, '0')
                when half = 'am' then lpad(cast(case when {hour} = 12 then 0 else {hour} end as varchar), 2, '0')
                else lpad(substr({text}, h, hn), 2, '0')
            end
            || ':' || case when im = 0 then '00' else substr({text}, i, im) end
            || ':' || case when sn = 0 then '00' else substr({text}, s, sn) end
        end
    """
