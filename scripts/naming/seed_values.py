"""Read a field of a seed as a spreadsheet may have written it, in the form that dbt reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from naming.dictionary import nearest
from naming.seed_rules import Column
from reports.date_shapes import plan_of
from reports.ids import ID_COLUMNS, LOST, SHORTENED, whole_id

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
# As a spreadsheet writes a date: by its country the day or the month comes first.
NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
CLOCK = re.compile(r"[T ]*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*([AaPp][Mm])?")
OFFSET = re.compile(r"\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)
# A spreadsheet may show the number of the day in place of its date. 2000 to 2099: others are no dates of an event.
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
SERIAL_BEGINS, SERIALS = datetime(1899, 12, 30), range(36526, 73051)
WHOLE = re.compile(r"([+-]?\d+)(?:[.,]0{1,2})?")
DECIMAL = re.compile(r"([+-]?\d*)(?:[.,](\d+))?")
# As spreadsheets write them in other languages.
TRUE = ("true", "yes", "1", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero", "verdadeiro", "sim", "waar")
FALSE = ("false", "no", "0", "falsch", "nein", "faux", "non", "falso", "não", "nao", "onwaar", "nee")

# Years that the calendar is ahead; so far back a date of an event may lie.
BUDDHIST_YEARS, YEARS_BACK = 543, 25

# Each of these types holds what is below.
LARGEST = 1 << 31
# More values than a list that is ours has.
MANY = 200
WHOLE_NUMBERS = ("integer", "int", "bigint")
DECIMALS = ("double", "float", "real", "decimal", "numeric")
MOMENTS = ("timestamp", "datetime", "date")


class Refused(Exception):
    """A value that cannot be read; the text says why, and how to write it."""


def read_value(column: Column, written: str, row: Mapping[str, str], is_day_first: bool | None) -> str:
    """A field in the form that dbt reads.

    Raises:
        Refused: it cannot be read.
    """
    kind = column.type.partition("(")[0]
    if not written:
        return ""
    if column.accepted:
        return _accepted(column, written)
    if kind in WHOLE_NUMBERS:
        return _whole(column, written)
    if kind in DECIMALS:
        return _decimal(column, written)
    if kind in ("boolean", "bool"):
        if written.lower() not in TRUE + FALSE:
            raise Refused(f"{column.in_words} `{written}` is neither true nor false. Fix: write true or false.")
        return "true" if written.lower() in TRUE else "false"
    if kind in MOMENTS:
        moment = _moment(column, written, row, is_day_first)
        if kind == "date":
            return f"{moment:%Y-%m-%d}"
        return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{moment:%f}" if moment.microsecond else "")
    return _id(column, written) if column.name in (*ID_COLUMNS, "same_as_user_id", "email") else written


def _id(column: Column, written: str) -> str:
    """An id, or an e-mail in the place of one, as those of the reports are read."""
    if re.fullmatch(f"{SHORTENED}|{LOST}", written):
        raise Refused(
            f"{column.in_words} `{written}` is what a spreadsheet shows when it has lost an id. Fix: write the id, in a"
            " column with the format of a text."
        )
    return whole_id(written)


def _accepted(column: Column, written: str) -> str:
    if written in column.accepted:
        return written
    # Among time zones EST is nearest to CEST, and six hours away.
    near = nearest(written, column.accepted)
    if len(column.accepted) > MANY:
        near = _zone_called(column, written) or (near if near and "/" in near else None)
    few = f"it is one of {', '.join(column.accepted)}." if len(column.accepted) <= 8 else column.description
    if column.name == "activity_type":
        few = "see docs/reference/activity_types.md."
    raise Refused(f"unknown {column.in_words} `{written}`; {f'did you mean `{near}`?' if near else few}")


def _zone_called(column: Column, written: str) -> str | None:
    """The zone that a longer name means in a report, such as W. Europe Standard Time."""
    plan = plan_of(f"9999-99-99 99:99:99 {re.sub('[0-9]', '9', written)}")
    return plan.zone if plan is not None and plan.zone in column.accepted else None


def _whole(column: Column, written: str) -> str:
    found = WHOLE.fullmatch(written)
    if found and abs(int(found[1])) < LARGEST:
        return found[1]
    if found:
        raise Refused(f"{column.in_words} `{written}` is too large. Fix: write a number below {LARGEST:,}.")
    thousands = re.fullmatch(r"[+-]?\d{1,3}(?:[.,' ]\d{3})+", written)
    hint = f"write it as {re.sub(r'[., ]', '', written).replace(chr(39), '')}" if thousands else "write it such as 2"
    raise Refused(f"{column.in_words} `{written}` is no whole number. Fix: {hint}.")


def _decimal(column: Column, written: str) -> str:
    found = DECIMAL.fullmatch(written)
    if not found or not re.search(r"\d", written):
        raise Refused(f"{column.in_words} `{written}` is no number. Fix: write it such as 2.5.")
    return written.replace(",", ".")


def day_first(rows: Sequence[Mapping[str, str]], columns: Sequence[Column]) -> bool | None:
    """Whether the day comes first in the dates of a file, as far as one of them shows it."""
    for row in rows:
        for column in columns:
            found = NUMBERS.match(row.get(column.name, "")) if column.type in MOMENTS else None
            if found and found[2] != "." and max(int(found[1]), int(found[3])) > 12:
                return int(found[1]) > 12
    return None


def _moment(column: Column, written: str, row: Mapping[str, str], is_day_first: bool | None) -> datetime:
    wrong = Refused(f"{column.in_words} `{written}` is no date. Fix: write it as 2026-05-12 09:00:00.")
    if SERIAL.fullmatch(written):
        raise _refused_serial(column, written) or wrong
    offset = OFFSET.search(written) if ":" in written else None
    text = written[: offset.start()] if offset else written
    iso, numbers = ISO.match(text), NUMBERS.match(text)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
        rest = text[iso.end() :]
    elif numbers:
        year, month, day = _by_order(column, written, numbers, is_day_first)
        rest = text[numbers.end() :]
    else:
        raise wrong
    try:
        moment = datetime(year, month, day) + _clock(rest)
    except ValueError:
        raise wrong from None
    if -YEARS_BACK <= moment.year - BUDDHIST_YEARS - datetime.now(UTC).year <= 1:
        meant = f"{moment.year - BUDDHIST_YEARS}{moment:-%m-%d %H:%M:%S}"
        raise Refused(f"{column.in_words} `{written}` is of the Buddhist calendar. Fix: write it as {meant}.")
    if offset:
        _refuse_offset(column, written, offset[1], moment, row.get("time_zone", ""))
    _refuse_clock_change(column, written, moment, row.get("time_zone") or "UTC")
    return moment


def _by_order(column: Column, written: str, numbers: re.Match[str], is_day_first: bool | None) -> tuple[int, int, int]:
    first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
    year += 2000 if year < 100 else 0
    by_day = True if numbers[2] == "." else is_day_first
    if by_day is None and first != second:
        rest = written[numbers.end() :]
        raise Refused(
            f"{column.in_words} `{written}` can be {year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}."
            f" Fix: write it as year-month-day, such as {year}-{second:02}-{first:02}{rest}."
        )
    return (year, second, first) if by_day else (year, first, second)


def _clock(text: str) -> timedelta:
    if not text.strip():
        return timedelta()
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    if found[5]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if found[5].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int((found[4] or "").ljust(6, "0")))


def _refused_serial(column: Column, written: str) -> Refused | None:
    number = float(written.replace(",", "."))
    if int(number) not in SERIALS:
        return None
    meant = SERIAL_BEGINS + timedelta(seconds=round(number * 86400))
    return Refused(
        f"{column.in_words} `{written}` is a spreadsheet's number of a day, {meant:%Y-%m-%d %H:%M:%S} in most of them."
        " Fix: give the column a date format, and save it again."
    )


def _refuse_offset(column: Column, written: str, offset: str, moment: datetime, zone: str) -> None:
    """Times are in UTC, or in the row's time zone: an offset must say the same."""
    digits = re.sub(r"\D", "", offset).ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if offset[0] == "-" else 1)
    if ahead > timedelta(hours=15) or ahead < timedelta(hours=-15) or digits[2:] > "59":
        raise Refused(f"{column.in_words} `{written}` is no date. Fix: write it as 2026-05-12 09:00:00.")
    in_utc = moment - ahead
    if zone not in ("", "UTC"):
        raise Refused(
            f"{column.in_words} `{written}` is {in_utc:%Y-%m-%d %H:%M:%S} in UTC, and the time zone of the line is"
            f" {zone}. Fix: write the time of {zone}, without {offset}."
        )
    if ahead:
        raise Refused(
            f"{column.in_words} `{written}` has an offset, and the column is in UTC. Fix: write"
            f" {in_utc:%Y-%m-%d %H:%M:%S}."
        )


def _refuse_clock_change(column: Column, written: str, moment: datetime, zone: str) -> None:
    """A time that the clocks of its zone skipped, or showed twice, is none or two."""
    try:
        there = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return  # The column of the zone says so.
    first, second = (moment.replace(tzinfo=there, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    if first < second:
        raise Refused(
            f"{column.in_words} `{written}` is a time that the clocks of {zone} skipped. Fix: write the time that they"
            f" showed, such as {moment + second - first:%Y-%m-%d %H:%M:%S}."
        )
    if first > second:
        raise Refused(
            f"{column.in_words} `{written}` is a time that the clocks of {zone} showed twice. Fix: write the times of"
            f" the line in UTC, with UTC as time zone: it is {moment - first:%Y-%m-%d %H:%M:%S} or"
            f" {moment - second:%Y-%m-%d %H:%M:%S}."
        )
