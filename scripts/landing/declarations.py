"""What was declared of a site, and is remembered: its zone, its date format, its encoding, and that it exists.

No file contains these, and a download in another zone counts each activity twice. So a declaration holds for the site
until another replaces it. It is used only where the file leaves it open, and a load that contradicts it stops
with a message before anything is loaded (docs/decisions/0022-twins-and-declarations.md).

``raw.report_declarations`` has what is said of a single report: ``once``, that a setting was given for it alone, and
``again``, that it is still to be loaded again. The second is written with the new declaration and goes with the old
report, so that a load that was killed is completed by the next.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from landing.landed import LANDED_REPORTS, Before, landed_before
from landing.outcome import DEFAULT_SITE, FIRST_DATE, Declaration, Given, day_after_today
from landing.times import is_let_in, parsed
from reports.date_formats import WITH_OFFSET, day_is_first
from reports.dates import Dates, normal_text
from reports.files import hashes_in, legible
from warehouse.command_line import counted
from warehouse.database import path_of, spool_of
from warehouse.errors import WarehouseError
from warehouse.raw import SAMPLE_SITE
from warehouse.rejections import Kind

DEFAULT_ZONE = "UTC"
SETTINGS = ("TIME_ZONE", "DATE_FORMAT", "ENCODING")
LOADED_AS = {"TIME_ZONE": "in the zone", "DATE_FORMAT": "with the date format", "ENCODING": "in the encoding"}
SHOWN_NAMES, SHOWN_FILES = 3, 5
# A report of which no record landed is read again in any case.
IS_OF_SITE = """landed_count > 0 and site_id = $site and report_id not in (
    select report_id from raw.report_declarations where declare = 'once' and setting = $setting
)"""


@dataclass(frozen=True)
class Declared:
    """A declaration of a site."""

    value: str
    declared_on: date


@dataclass(frozen=True)
class Loaded:
    """A report that was loaded with another value than is declared now."""

    report_id: str
    file_name: str
    value: str


def declaration_of(
    connection: duckdb.DuckDBPyConnection, given: Given, paths: Sequence[Path]
) -> tuple[Declaration, list[str]]:
    """What holds for a load: what was given, and what the warehouse remembers; and what is to be said about it.

    A setting that is declared again is remembered, in the transaction of the caller.

    Raises:
        WarehouseError: what was given contradicts what was declared before, or how reports were loaded; or the file of
            a report that is to be loaded again is not there.
    """
    declaration, said = _declared(connection, given)
    again = _still_to_reload(connection)
    if again:
        _refuse_missing(connection, list(again), paths, given)
    if again and given.declare != "again":
        said.append(f"{counted(len(again), 'report is', 'reports are')} still to be loaded again as declared before.")
    return replace(declaration, reloaded=_reloaded(connection, declaration, given, again)), said


def _declared(connection: duckdb.DuckDBPyConnection, given: Given) -> tuple[Declaration, list[str]]:
    base = Declaration(
        is_again=given.is_again,
        allows_twins=given.allows_twins,
        min_date=given.min_date or FIRST_DATE,
        max_date=given.max_date or day_after_today(),
    )
    if given.site_id == SAMPLE_SITE:
        return replace(base, site_id=SAMPLE_SITE), []
    sites = known_sites(connection)
    site_id = given.site_id or (sites[0] if len(sites) == 1 else DEFAULT_SITE)
    if given.site_id is None and len(sites) > 1:
        if given.declare == "again":
            raise WarehouseError(
                f"the warehouse holds several sites: {', '.join(sites)}. Nothing was loaded. Fix: name the one that it"
                f" is declared of, such as {given.command} SITE={sites[0]} DECLARE=again"
            )
        return replace(base, sites=sites), []
    known = declared_before(connection, site_id)
    values = {"TIME_ZONE": given.time_zone, "DATE_FORMAT": given.date_format, "ENCODING": given.encoding}
    to_remember = {setting: value for setting, value in values.items() if value is not None}
    if given.declare is None:
        for setting, value in to_remember.items():
            _refuse_contradiction(connection, site_id, setting, value, known.get(setting), given)
    if given.site_id is not None:
        to_remember["SITE"] = site_id
    declaration = replace(
        base,
        site_id=site_id,
        time_zone=given.time_zone or _value(known, "TIME_ZONE") or DEFAULT_ZONE,
        names_utc="UTC" in (given.time_zone, _value(known, "TIME_ZONE")),
        date_format=given.date_format,
        encoding=given.encoding,
        remembered_date_format=_value(known, "DATE_FORMAT"),
        remembered_encoding=_value(known, "ENCODING"),
        to_remember=() if given.declare == "once" else tuple(to_remember.items()),
        own_settings=tuple(sorted(to_remember.keys() & set(SETTINGS))) if given.declare == "once" else (),
        names_site=given.site_id is not None,
        new_beside=() if given.site_id is None or site_id in sites else sites,
        moves_reports=given.declare == "again" and given.site_id is not None and not given.is_folder,
    )
    if given.declare == "again":
        for setting in to_remember.keys() & set(SETTINGS):
            _begin_again(connection, site_id, setting, to_remember[setting])
        remember(connection, declaration)
    said = [*_said(site_id, known, given, values), *_said_of_zone(connection, given.time_zone)]
    return declaration, said


def _value(known: dict[str, Declared], setting: str) -> str | None:
    return known[setting].value if setting in known else None


def _said(site_id: str, known: dict[str, Declared], given: Given, values: dict[str, str | None]) -> Iterator[str]:
    """What is said of a load before it begins."""
    used = [f"{setting}={known[setting].value}" for setting in SETTINGS if setting in known and values[setting] is None]
    if used:
        yield f"As declared before for the site {site_id}: {', '.join(used)}"
    if given.site_id is None and site_id != DEFAULT_SITE:
        yield f"The reports count for the site {site_id}, the only one there is. For another: SITE=…"


def _said_of_zone(connection: duckdb.DuckDBPyConnection, time_zone: str | None) -> list[str]:
    """What is said of a zone without summer time whose name does not show it, such as EST."""
    if time_zone is None or not re.fullmatch(r"[A-Z]{3}|(?:Etc/)?GMT[+-]\d+", time_zone):
        return []
    [(winter, summer)] = connection.execute(
        """
        select
            epoch(timezone($zone, timezone('UTC', timestamp '2024-01-15')) - timestamp '2024-01-15') / 3600,
            epoch(timezone($zone, timezone('UTC', timestamp '2024-07-15')) - timestamp '2024-07-15') / 3600
        """,
        {"zone": time_zone},
    ).fetchall()
    if winter != summer or not winter:
        return []
    hours = f"{counted(abs(int(winter)), 'hour')} {'ahead of' if winter > 0 else 'behind'} UTC"
    return [
        f"TIME_ZONE={time_zone} is {hours} on every day: it has no summer time. Where there is one, name a city, such"
        " as America/New_York"
    ]


def known_sites(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The sites of the reports that are there; without any, those that were declared. The sample's is none."""
    for query in (f"select site_id from ({LANDED_REPORTS})", "select site_id from raw.declarations"):
        found = connection.execute(
            f"select distinct site_id from ({query}) where site_id <> ? order by 1", [SAMPLE_SITE]
        ).fetchall()
        if found:
            return tuple(site_id for (site_id,) in found)
    return ()


def declared_before(connection: duckdb.DuckDBPyConnection, site_id: str) -> dict[str, Declared]:
    """The declarations of a site, by their settings."""
    rows = connection.execute(
        "select setting, value, declared_at::date from raw.declarations where site_id = ?", [site_id]
    ).fetchall()
    return {setting: Declared(value, declared_on) for setting, value, declared_on in rows}


def remember(connection: duckdb.DuckDBPyConnection, declaration: Declaration, report_ids: Sequence[str] = ()) -> None:
    """Remember what was declared for the site and of some reports, in the transaction of the caller."""
    for setting, value in declaration.to_remember:
        connection.execute(
            "delete from raw.declarations where site_id = ? and setting = ?", [declaration.site_id, setting]
        )
        connection.execute(
            "insert into raw.declarations values (?, ?, ?, now()::timestamp)", [declaration.site_id, setting, value]
        )
    for setting in declaration.own_settings:
        connection.execute(
            "insert into raw.report_declarations select unnest(?::varchar[]), ?, 'once'", [report_ids, setting]
        )


def _begin_again(connection: duckdb.DuckDBPyConnection, site_id: str, setting: str, value: str) -> None:
    """Note the reports that are to be loaded again because a setting has another value now."""
    connection.execute(
        f"""
        delete from raw.report_declarations where setting = $setting and declare = 'again'
        and report_id in (select report_id from ({LANDED_REPORTS}) where site_id = $site)
        """,
        {"setting": setting, "site": site_id},
    )
    ids = [one.report_id for one in loaded_otherwise(connection, site_id, setting, value)]
    connection.execute("insert into raw.report_declarations select unnest(?::varchar[]), ?, 'again'", [ids, setting])


def _still_to_reload(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """The reports that are still to be loaded again, and because of which settings."""
    rows = connection.execute(
        "select report_id, list(setting) from raw.report_declarations where declare = 'again' group by 1"
    ).fetchall()
    return {report_id: set(settings) for report_id, settings in rows}


def not_reloaded(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The reports that are still to be loaded again."""
    return list(_still_to_reload(connection))


def half_corrected(connection: duckdb.DuckDBPyConnection, *, without: str = "") -> str | None:
    """What is said while reports are still to be loaded again, one left out; None if there are no others."""
    names = connection.execute(
        f"select file_name from ({LANDED_REPORTS}) where list_contains(?, report_id) and report_id <> ? order by 1",
        [not_reloaded(connection), without],
    ).fetchall()
    if not names:
        return None
    are = "is" if len(names) == 1 else "are"
    return (
        f"{_listed([name for (name,) in names])} {are} still to be loaded again (DECLARE=again). Until then activities"
        " may count twice."
    )


def site_needed(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], declaration: Declaration, first: Path
) -> WarehouseError:
    """What is said where new reports may be of several sites: which they are, from the first on, and how to load it."""
    known = landed_before(connection)

    def is_new(sha256: str) -> bool:
        before = known.get(sha256, Before())
        if before.file_name is not None:
            return is_reloaded(before, declaration)
        return before.removed_on is None or declaration.is_again

    with spool_of(path_of(connection)) as folder:
        others = paths[paths.index(first) + 1 :]
        new = [first, *(path for path in others if any(map(is_new, hashes_in(path, folder))))]
    names = ", ".join(legible(str(path)) for path in new[:SHOWN_FILES])
    more = f" and {counted(len(new) - SHOWN_FILES, 'more file')}" if len(new) > SHOWN_FILES else ""
    sites = " or ".join(f"SITE={site}" for site in declaration.sites)
    folders = (
        "; or put the files of each site into a folder, and name it with REPORTS and its SITE" if len(new) > 1 else ""
    )
    return WarehouseError(
        f"{names}{more} {'is' if len(new) == 1 else 'are'} new, and the warehouse holds several sites:"
        f" {', '.join(declaration.sites)}. Nothing new was loaded. Fix: say of which site it is: the same command with"
        f" REPORTS={shlex.quote(legible(str(first)))} and {sites}{folders}"
    )


def is_reloaded(before: Before, declaration: Declaration) -> bool:
    """Whether a report that landed before is loaded as if it had not.

    It is where it moves, nothing of it landed, or it landed as one of the sample, which is about to leave.
    """
    is_of_sample = before.site_id == SAMPLE_SITE != declaration.site_id
    return before.is_rejected or is_of_sample or is_moved(before, declaration)


def is_moved(before: Before, declaration: Declaration) -> bool:
    """Whether a report that landed for another site is loaded again for this one."""
    return declaration.moves_reports and before.site_id != declaration.site_id


def _listed(names: list[str]) -> str:
    more = f" and {counted(len(names) - SHOWN_NAMES, 'more report')}" if len(names) > SHOWN_NAMES else ""
    return f"{', '.join(names[:SHOWN_NAMES])}{more}"


def _refuse_missing(
    connection: duckdb.DuckDBPyConnection, report_ids: list[str], paths: Sequence[Path], given: Given
) -> None:
    """Raise WarehouseError if the file of a report that is to be loaded again is not among those of a load.

    The others would be loaded as declared now, and their activities counted twice.
    """
    wanted = dict(
        connection.execute(
            f"select file_sha256, file_name from ({LANDED_REPORTS}) where list_contains(?, report_id) order by 2",
            [report_ids],
        ).fetchall()
    )
    names = set(wanted.values())
    with spool_of(path_of(connection)) as folder:
        # The files of these names first: then no other need be hashed.
        for path in sorted(paths, key=lambda path: legible(path.name) not in names):
            for sha256 in hashes_in(path, folder):
                wanted.pop(sha256, None)
            if not wanted:
                return
    missing = list(wanted.values())
    again = " DECLARE=again" if given.declare == "again" else ""
    raise WarehouseError(
        f"{_listed(missing)} must be loaded again as declared now, but the file is not among the"
        " reports of this load. Nothing was loaded, because activities would count twice. Fix: put it there, and give"
        f" the same command again: {given.command}{again}"
        f"\nIf the file is lost: make remove REPORT={shlex.quote(missing[0])}"
    )


def _reloaded(
    connection: duckdb.DuckDBPyConnection, declaration: Declaration, given: Given, again: dict[str, set[str]]
) -> tuple[tuple[str, Declaration], ...]:
    """The reports that are loaded again, each as it was loaded before but for the settings that changed.

    Beside those that were declared again they are those with a record that MIN_DATE or MAX_DATE lets in.
    """
    ids = set(again)
    let_in = is_let_in(given.min_date, given.max_date) if given.site_id != SAMPLE_SITE else None
    if let_in:
        query = f"select distinct report_id from raw.rejected_records where {let_in}"
        ids.update(report_id for (report_id,) in connection.execute(query).fetchall())
    if not ids:
        return ()
    rows = connection.execute(
        f"""
        select
            report_id, site_id, time_zone, date_format, encoding, first_occurred_at, last_occurred_at,
            coalesce(list(setting) filter (where declare = 'once'), [])
        from ({LANDED_REPORTS}) left join raw.report_declarations using (report_id)
        where list_contains($ids, report_id) and site_id <> $sample
        group by all
        order by report_id
        """,
        {"ids": list(ids), "sample": SAMPLE_SITE},
    ).fetchall()
    loaded = [_LoadedAs(*row) for row in rows]
    return tuple(
        (one.report_id, _again(connection, declaration, again.get(one.report_id, set()), one)) for one in loaded
    )


@dataclass(frozen=True)
class _LoadedAs:
    """How a report was loaded, and the settings that were given for it alone."""

    report_id: str
    site_id: str
    time_zone: str
    date_format: str | None
    encoding: str
    first: datetime | None
    last: datetime | None
    own: list[str]


def _again(connection: duckdb.DuckDBPyConnection, load: Declaration, changed: set[str], one: _LoadedAs) -> Declaration:
    """What holds for a report that is loaded again because some settings changed."""
    known = declared_before(connection, one.site_id)
    zone, date_format, encoding = (_value(known, setting) for setting in SETTINGS)
    # Of a file in UTF-8 only broken bytes leave the encoding open: its letters must not be read in another.
    new_encoding = None if one.encoding.startswith("utf") else encoding
    # Dates that MIN_DATE or MAX_DATE let in before still count. A zone changes the day by one.
    day = timedelta(days=1)
    return Declaration(
        site_id=one.site_id,
        time_zone=zone or DEFAULT_ZONE if "TIME_ZONE" in changed else one.time_zone,
        names_utc=zone == "UTC" or "TIME_ZONE" in one.own,
        date_format=date_format if "DATE_FORMAT" in changed else one.date_format,
        encoding=new_encoding if "ENCODING" in changed else one.encoding,
        remembered_date_format=date_format,
        remembered_encoding=encoding,
        min_date=min(load.min_date, one.first.date() - day) if one.first else load.min_date,
        max_date=max(load.max_date, one.last.date() + day) if one.last else load.max_date,
        allows_twins=load.allows_twins,
        own_settings=tuple(sorted(one.own)),
    )


def loaded_otherwise(connection: duckdb.DuckDBPyConnection, site_id: str, setting: str, value: str) -> list[Loaded]:
    """The reports of a site that were loaded with another value, though their files leave it open.

    Those for which it was given alone are none.
    """
    kinds = {"TIME_ZONE": _in_other_zone, "DATE_FORMAT": _in_other_format, "ENCODING": _in_other_encoding}
    return kinds[setting](connection, site_id, value)


def _loaded(
    connection: duckdb.DuckDBPyConnection, setting: str, condition: str, parameters: dict[str, object]
) -> list[Loaded]:
    """The reports that were loaded under a condition, each with its value of a setting."""
    rows = connection.execute(
        f"select report_id, file_name, {setting.lower()} from ({LANDED_REPORTS})"
        f" where {IS_OF_SITE} and ({condition}) order by 2, 1",
        {**parameters, "setting": setting},
    ).fetchall()
    return [Loaded(*row) for row in rows]


def _in_other_zone(connection: duckdb.DuckDBPyConnection, site_id: str, time_zone: str) -> list[Loaded]:
    leaves_open = "date_format is null or date_format <> $with_offset and not contains(date_format, '%z')"
    parameters: dict[str, object] = {"site": site_id, "value": time_zone, "with_offset": WITH_OFFSET}
    return _loaded(connection, "TIME_ZONE", f"time_zone <> $value and ({leaves_open})", parameters)


def _in_other_format(connection: duckdb.DuckDBPyConnection, site_id: str, date_format: str) -> list[Loaded]:
    """Those whose dates can all be read in the format too, one of them as another time."""
    found: list[Loaded] = []
    date, wanted = Dates("date", "date"), day_is_first(date_format)
    new = parsed(date, date_format)
    formats = connection.execute(
        "select distinct date_format from raw.reports where site_id = ? and date_format not in (?, ?) order by 1",
        [site_id, date_format, WITH_OFFSET],
    ).fetchall()
    for (before,) in formats:
        is_readable = f"{new} is not null"
        if wanted is not None and day_is_first(before) is (not wanted):
            # A date with the day and the month in the first two places, however it is written.
            numbers = f"regexp_extract_all({normal_text('date')}, '[0-9]+')"
            is_readable += f" or list_max(try_cast({numbers}[:2] as ubigint[])) <= 12"
        rows = connection.execute(
            f"""
            with dates as (
                select report_id, date, true as is_landed from raw.activities
                union all
                select report_id, rejected_value, false from raw.rejected_records where rejected_value is not null
            ),
            judged as (
                select
                    report_id, file_name, date_format, is_landed, coalesce({is_readable}, false) as is_readable,
                    {new} is null or {new} is distinct from {parsed(date, before)} as is_another
                from raw.reports inner join dates using (report_id)
                where {IS_OF_SITE} and date_format = $before
            )
            select report_id, file_name, date_format from judged
            group by all
            having
                bool_and(is_readable) filter (where is_landed)
                and bool_or(is_readable and is_another)
            """,
            {"site": site_id, "before": before, "setting": "DATE_FORMAT"},
        ).fetchall()
        found += (Loaded(*row) for row in rows)
    return sorted(found, key=lambda one: (one.file_name, one.report_id))


def _in_other_encoding(connection: duckdb.DuckDBPyConnection, site_id: str, encoding: str) -> list[Loaded]:
    """Those that are not in UTF-8, and those with a record that was rejected because it is not."""
    rejected = f"select report_id from raw.rejected_records where kind = '{Kind.OTHER_ENCODING}'"
    leaves_open = f"not starts_with(encoding, 'utf') or report_id in ({rejected})"
    name = codecs.lookup(encoding).name
    found = _loaded(connection, "ENCODING", leaves_open, {"site": site_id})
    return [one for one in found if codecs.lookup(one.value).name != name]


def _refuse_contradiction(
    connection: duckdb.DuckDBPyConnection,
    site_id: str,
    setting: str,
    value: str,
    known: Declared | None,
    given: Given,
) -> None:
    """Raise WarehouseError if a setting contradicts what was declared, or how reports were loaded without it."""
    if known is not None and _is_same(setting, known.value, value):
        return
    loaded = loaded_otherwise(connection, site_id, setting, value)
    if known is None and not loaded:
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
