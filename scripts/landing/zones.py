"""In which zone the dates of a report are, as SQL for their time in UTC.

A zone that the text of a date names wins over one that was declared. Without either it is UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import duckdb

from landing.outcome import Declaration
from reports.date_formats import DATE_FORMATS, WITH_OFFSET
from reports.date_shapes import UNCLEAR_ZONES
from reports.dates import Dates
from reports.text import ReportRefused
from warehouse.command_line import counted
from warehouse.database import text_of

_ANY_ZONE = "make build TIME_ZONE=UTC or another, with a name such as Europe/Zurich"


def in_utc(
    connection: duckdb.DuckDBPyConnection, dates: Dates, date_format: str, time: str, declaration: Declaration
) -> tuple[str, str]:
    """SQL for the time in UTC of what was read, and for whether the clocks changed then.

    What the text says of its zone wins: it has turned the time to UTC.

    Raises:
        ReportRefused: a zone is named that may be several, and none is declared.
    """
    local, zone, time_zone = "essence", "null", declaration.time_zone
    if time_zone != "UTC" and "%z" not in date_format and date_format != WITH_OFFSET:
        local = f"timezone('UTC', timezone({text_of(time_zone)}, essence))"
        zone = text_of(time_zone)
    elif dates.unclear is not None and not declaration.declares_zone:
        raise ReportRefused(
            f"its dates name the zone {dates.unclear}, which may be several. Fix: say which is meant:"
            f" {_one_of(UNCLEAR_ZONES[dates.unclear.lower()])} or another"
        )
    if _may_say_zones(dates, date_format):
        local = (
            "case when date_offset is not null then essence - to_minutes(date_offset)"
            f" when date_zone is not null then timezone('UTC', timezone(date_zone, essence)) else {local} end"
        )
        if zone != "null" or dates.names_zones:
            zone = f"case when date_offset is null then coalesce(date_zone, {zone}) end"
    return local, "null" if zone == "null" else _clock_change(connection, time, zone)


def notes_of_clock_changes(skipped: int, doubled: int) -> list[str]:
    """What is said of records at local times that the clocks skipped or showed twice."""
    notes = []
    if skipped:
        notes.append(
            f"{counted(skipped, 'record has', 'records have')} a time that the clocks skipped when summer time began."
            " It counts on over the gap: 02:30 was read as 03:30"
        )
    if doubled:
        notes.append(
            f"{counted(doubled, 'record has', 'records have')} a time that the clocks showed twice when summer time"
            " ended. The second was taken, so that a stay may be an hour off"
        )
    return notes


def _clock_change(connection: duckdb.DuckDBPyConnection, time: str, zone: str) -> str:
    """SQL for whether the clocks skip a local time or show it twice, on the days of the report.

    The rule: a time that does not exist counts on over the gap (02:30 becomes 03:30), and a time that exists twice
    is the second one, in standard time. Both are flagged, because the report cannot say more.

    Args:
        connection: the warehouse.
        time: SQL of a time as the report has it.
        zone: SQL of its zone; null where it has an offset.
    """
    slots = connection.execute(
        f"""
        with days as (
            select distinct date_trunc('day', {time}) as local_day, {zone} as zone from staged
        ),
        slots as (
            select zone, local_day + to_minutes(15 * unnest(range(96))) as slot from days
            where local_day is not null and zone is not null
        ),
        instants as (
            select zone, slot, timezone(zone, slot) as instant from slots
        )
        select
            zone,
            slot,
            case
                when timezone(zone, instant) <> slot then 'nonexistent'
                when
                    timezone(zone, instant - interval 60 minute) = slot
                    or timezone(zone, instant + interval 60 minute) = slot
                    or timezone(zone, instant - interval 30 minute) = slot
                    then 'doubled'
            end as flag
        from instants
        where flag is not null
        order by 1, 2
        """
    ).fetchall()
    if not slots:
        return "null"
    branches = " ".join(
        f"when {zone} = {text_of(name)} and essence >= timestamp '{slot}'"
        f" and essence < timestamp '{slot + timedelta(minutes=15)}' then '{flag}'"
        for name, slot, flag in slots
    )
    return f"case {branches} end"


def _one_of(zones: Sequence[str]) -> str:
    return " or ".join(f"make build TIME_ZONE={zone}" for zone in zones)


def _may_say_zones(dates: Dates, date_format: str) -> bool:
    """Whether zones were read out of dates: a format of the user's own reads the words of the report, and no zone."""
    return dates.is_folded and date_format in DATE_FORMATS


def _needs_zone(connection: duckdb.DuckDBPyConnection, dates: Dates, date_format: str) -> bool:
    """Whether a date does not name its zone itself."""
    if "%z" in date_format or date_format == WITH_OFFSET:
        return False
    if not _may_say_zones(dates, date_format):
        return True
    without = "date_offset is null and date_zone is null"
    return bool(connection.execute(f"select 1 from staged where {without} and {dates.raw} <> '' limit 1").fetchone())


def notes_of_unknown_zone(
    connection: duckdb.DuckDBPyConnection, dates: Dates, date_format: str, declaration: Declaration
) -> tuple[str, ...]:
    """What is said of a zone that is not known, where another was declared.

    Raises:
        ReportRefused: none was declared.
    """
    unknown = dates.unknown
    if unknown is None or not _needs_zone(connection, dates, date_format):
        return ()
    if declaration.declares_zone:
        return (
            f"{unknown.place} names the zone of its dates as {unknown.words}, which is not known. They were read in"
            f" {declaration.time_zone}, as declared.",
        )
    which = f"{_one_of(unknown.candidates)} or another" if unknown.candidates else _ANY_ZONE
    raise ReportRefused(
        f"{unknown.place} names the zone of its dates as {unknown.words}, which is not known. Fix: say which is meant:"
        f" {which}"
    )
