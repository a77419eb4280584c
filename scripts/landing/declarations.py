"""What was declared of a site, and is remembered: its zone, its date format, its encoding, and that it exists.

No file contains these, and a download in another zone counts each activity twice. So a declaration holds for the site
until another replaces it. It is used only where the file leaves it open, and a load that contradicts it stops
with a message before anything is loaded (docs/decisions/0022-twins-and-declarations.md).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from landing.landed import LANDED_REPORTS
from landing.outcome import DEFAULT_SITE, FIRST_DATE, SAMPLE_SITE, Declaration, Given, day_after_today
from reports.format import WITH_OFFSET, day_is_first
from warehouse.command_line import counted
from warehouse.errors import WarehouseError

DEFAULT_ZONE = "UTC"
SETTINGS = ("TIME_ZONE", "DATE_FORMAT", "ENCODING")
LOADED_AS = {"TIME_ZONE": "in the zone", "DATE_FORMAT": "with the date format", "ENCODING": "in the encoding"}


@dataclass(frozen=True)
class Remembered:
    """A declaration of a site."""

    value: str
    declared_on: date


@dataclass(frozen=True)
class Loaded:
    """A report that was loaded with another value than is declared now."""

    report_id: str
    file_name: str
    value: str
    loaded_at: datetime


def declaration_of(connection: duckdb.DuckDBPyConnection, given: Given) -> tuple[Declaration, list[str]]:
    """What holds for a load: what was given, and what the warehouse remembers; and what is to be said about it.

    Raises:
        WarehouseError: what was given contradicts what was declared before, or how reports were loaded.
    """
    if given.site_id == SAMPLE_SITE:
        return Declaration(SAMPLE_SITE, is_again=given.is_again, max_date=given.max_date or day_after_today()), []
    sites = known_sites(connection)
    site_id = given.site_id or (sites[0] if len(sites) == 1 else DEFAULT_SITE)
    if given.site_id is None and len(sites) > 1:
        return Declaration(is_again=given.is_again, sites=sites), []
    known = declared_before(connection, site_id)
    values = {"TIME_ZONE": given.time_zone, "DATE_FORMAT": given.date_format, "ENCODING": given.encoding}
    reloaded: dict[str, datetime] = {}
    for setting, value in values.items():
        if value is not None and given.declare != "once":
            loaded = loaded_otherwise(connection, site_id, setting, value)
            if given.declare == "again":
                reloaded.update((one.report_id, one.loaded_at) for one in loaded)
            else:
                _refuse_contradiction(site_id, setting, value, known.get(setting), loaded, given)
    to_remember = {setting: value for setting, value in values.items() if value is not None}
    if given.site_id is not None:
        to_remember["SITE"] = site_id
    declaration = Declaration(
        site_id=site_id,
        time_zone=given.time_zone or _value(known, "TIME_ZONE") or DEFAULT_ZONE,
        date_format=given.date_format,
        encoding=given.encoding,
        is_again=given.is_again,
        allows_twins=given.allows_twins,
        min_date=given.min_date or FIRST_DATE,
        max_date=given.max_date or day_after_today(),
        remembered_date_format=_value(known, "DATE_FORMAT"),
        remembered_encoding=_value(known, "ENCODING"),
        to_remember=() if given.declare == "once" else tuple(to_remember.items()),
        reloaded=tuple(reloaded.items()),
        names_site=given.site_id is not None,
        moves_reports=given.declare == "again" and given.site_id is not None,
    )
    return declaration, list(_said(sites, site_id, known, given, values))


def _value(known: dict[str, Remembered], setting: str) -> str | None:
    return known[setting].value if setting in known else None


def _said(
    sites: tuple[str, ...],
    site_id: str,
    known: dict[str, Remembered],
    given: Given,
    values: dict[str, str | None],
) -> Iterator[str]:
    """What is said of a load before it begins."""
    used = [f"{setting}={known[setting].value}" for setting in SETTINGS if setting in known and values[setting] is None]
    if used:
        yield f"As declared before for the site {site_id}: {', '.join(used)}"
    if given.site_id is None and site_id != DEFAULT_SITE:
        yield f"The reports count for the site {site_id}, the only one there is. For another: SITE=…"
    elif given.site_id is not None and sites and site_id not in sites:
        yield f"{site_id} is a new site, beside {', '.join(sites)}."


def known_sites(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The sites of the reports that are there; without any, those that were declared. The sample's is none."""
    for query in (f"select site_id from ({LANDED_REPORTS})", "select site_id from raw.declarations"):
        found = connection.execute(
            f"select distinct site_id from ({query}) where site_id <> ? order by 1", [SAMPLE_SITE]
        ).fetchall()
        if found:
            return tuple(site_id for (site_id,) in found)
    return ()


def declared_before(connection: duckdb.DuckDBPyConnection, site_id: str) -> dict[str, Remembered]:
    """The declarations of a site, by their settings."""
    rows = connection.execute(
        "select setting, value, declared_at::date from raw.declarations where site_id = ?", [site_id]
    ).fetchall()
    return {setting: Remembered(value, declared_on) for setting, value, declared_on in rows}


def remember(connection: duckdb.DuckDBPyConnection, declaration: Declaration) -> None:
    """Remember what was declared for the site, in the transaction of the caller."""
    for setting, value in declaration.to_remember:
        connection.execute(
            "delete from raw.declarations where site_id = ? and setting = ?", [declaration.site_id, setting]
        )
        connection.execute(
            "insert into raw.declarations values (?, ?, ?, now()::timestamp)", [declaration.site_id, setting, value]
        )


def not_reloaded(connection: duckdb.DuckDBPyConnection, declaration: Declaration) -> list[Loaded]:
    """The reports that are to be loaded again and are still as they were."""
    rows = connection.execute(
        f"select report_id, file_name, '', loaded_at from ({LANDED_REPORTS}) where list_contains($ids, report_id)",
        {"ids": [report_id for report_id, _ in declaration.reloaded]},
    ).fetchall()
    loaded = (Loaded(*row) for row in rows)
    return [one for one in loaded if (one.report_id, one.loaded_at) in declaration.reloaded]


def why_not_reloaded(report: Loaded, given: Given) -> str:
    """What is said of a report that should have been loaded again."""
    return (
        f"{report.file_name} was to be loaded again, and stays as it was, because its file is not among the reports of"
        f" this load. Fix: put it there, and give the same command again: {given.command} DECLARE=again"
    )


def loaded_otherwise(connection: duckdb.DuckDBPyConnection, site_id: str, setting: str, value: str) -> list[Loaded]:
    """The reports of a site that were loaded with another value, though their files leave it open."""
    kinds = {"TIME_ZONE": _in_other_zone, "DATE_FORMAT": _in_other_order, "ENCODING": _in_other_encoding}
    return kinds[setting](connection, site_id, value)


def _in_other_zone(connection: duckdb.DuckDBPyConnection, site_id: str, time_zone: str) -> list[Loaded]:
    rows = connection.execute(
        """
        select report_id, file_name, time_zone, loaded_at from raw.reports
        where
            site_id = $site and time_zone <> $value
            and date_format <> $with_offset and not contains(date_format, '%z')
        union all
        select report_id, file_name, time_zone, loaded_at from raw.user_reports
        where site_id = $site and time_zone <> $value
        order by 2, 1
        """,
        {"site": site_id, "value": time_zone, "with_offset": WITH_OFFSET},
    ).fetchall()
    return [Loaded(*row) for row in rows]


def _in_other_order(connection: duckdb.DuckDBPyConnection, site_id: str, date_format: str) -> list[Loaded]:
    """Those whose dates could be read in the other order too, because no day is beyond the 12th."""
    rows = connection.execute(
        """
        select report_id, file_name, date_format, loaded_at from raw.reports
        where
            site_id = $site
            and day(first_occurred_at) <= 12 and day(last_occurred_at) <= 12
            and not exists (
                select 1 from raw.activities
                where activities.report_id = reports.report_id and day(activities.occurred_at) > 13
            )
        order by 2, 1
        """,
        {"site": site_id},
    ).fetchall()
    wanted = day_is_first(date_format)
    return [Loaded(*row) for row in rows if wanted is not None and day_is_first(row[2]) is (not wanted)]


def _in_other_encoding(connection: duckdb.DuckDBPyConnection, site_id: str, encoding: str) -> list[Loaded]:
    rows = connection.execute(
        """
        select report_id, file_name, encoding, loaded_at from raw.reports where site_id = $site
        union all
        select report_id, file_name, encoding, loaded_at from raw.user_reports where site_id = $site
        order by 2, 1
        """,
        {"site": site_id},
    ).fetchall()
    name = codecs.lookup(encoding).name
    return [Loaded(*row) for row in rows if not row[2].startswith("utf") and codecs.lookup(row[2]).name != name]


def _refuse_contradiction(
    site_id: str, setting: str, value: str, known: Remembered | None, loaded: list[Loaded], given: Given
) -> None:
    """Raise WarehouseError if a setting contradicts what was declared, or how reports were loaded without it."""
    if (known is not None and _is_same(setting, known.value, value)) or (known is None and not loaded):
        return
    if known is not None:
        before = f"{setting}={known.value} was declared for the site {site_id} on {known.declared_on}"
    else:
        others = f" and {counted(len(loaded) - 1, 'more report')} were" if len(loaded) > 1 else " was"
        before = (
            f"{loaded[0].file_name}{others} loaded {LOADED_AS[setting]} {loaded[0].value}, because no {setting} was"
            f" declared for the site {site_id}"
        )
    which = counted(len(loaded), "report that was", "reports that were")
    again = f" and load again the {which} loaded otherwise" if loaded else ""
    raise WarehouseError(
        f"{before}, and now {setting}={value}. Nothing was loaded. Fix: leave {setting} out to go on as before."
        f" To change the declaration{again}: {given.command} DECLARE=again"
        f"\nIf it holds for the new files of this load alone: {given.command} DECLARE=once"
    )


def _is_same(setting: str, one: str, other: str) -> bool:
    if setting == "ENCODING":
        return codecs.lookup(one).name == codecs.lookup(other).name
    if setting == "DATE_FORMAT":
        # Formats contradict each other where a date can be read as both.
        orders = {day_is_first(one), day_is_first(other)}
        return None in orders or len(orders) == 1
    return one == other
