"""Write who is entitled to a certificate, who is not, and who is undecidable, with the reason, as a CSV file.

``page.certificates`` decides it, for the page as for this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from evidence.people import find_session, forgotten_of
from evidence.rules import both_opened
from page.certificates import collect_certificates, list_certificates
from publishing.export_table import write_csv
from warehouse.errors import WarehouseError
from warehouse.settings import read_settings

LIST = """
select
    list.kind,
    list.name as session_or_course,
    list.held_on,
    coalesce(details.first_name, details.full_name) as first_name,
    details.last_name,
    details.full_name,
    details.email,
    details.company,
    list.entitled,
    list.reason,
    list.proven_minutes,
    list.likely_minutes,
    list.possible_minutes,
    list.corrected_minutes,
    list.needed_minutes,
    list.credits,
    list.has_credit_record,
    list.is_claimed,
    list.finished_on,
    list.site_id,
    details.user_id,
    list.key
from certificates as list
left join restricted.user_details as details on list.user_key = details.user_key
order by list.kind desc, list.held_on nulls last, list.key, list.entitled = 'no', list.entitled desc,
    lower(details.full_name), list.user_key
"""


def write_certificates(
    warehouse: Path, published: Path, target: Path, session: str | None, course: str | None
) -> dict[str, int]:
    """Write the list of a session, of a course, or of all; returns how many are entitled, undecidable and not.

    Raises:
        WarehouseError: there is no such session or course, or the copy is a shared one.
    """
    settings = read_settings()
    with both_opened(warehouse, published, settings, "are no names for a certificate") as (raw, copy):
        _collect(copy, settings, session, course)
        people = [key for (key,) in copy.execute("select distinct user_key from certificates").fetchall()]
        forgotten = sorted(forgotten_of(raw, people))
        for table in ("certificate_people", "certificate_courses"):
            copy.execute(f"delete from {table} where list_contains(?::varchar[], user_key)", [forgotten])
        write_csv(copy, LIST, target)
        counts = copy.execute("select entitled, count(*) from certificates group by 1").fetchall()
    return {"yes": 0, "undecidable": 0, "no": 0} | dict(counts)


def _collect(
    copy: duckdb.DuckDBPyConnection, settings: Mapping[str, object], session: str | None, course: str | None
) -> None:
    """Make the temporary view ``certificates`` of what was wanted."""
    collect_certificates(copy)
    list_certificates(copy, settings)
    if session is not None:
        key = find_session(copy, session)
        copy.execute("delete from certificate_courses")
        copy.execute("delete from certificate_people where session_key <> ?", [key])
    if course is not None:
        key = _find_course(copy, course)
        copy.execute("delete from certificate_people")
        copy.execute("delete from certificate_courses where course_key <> ?", [key])
    if copy.execute("select 1 from certificates limit 1").fetchone() is None:
        raise WarehouseError(
            "the list would be empty: the log has no registration, no Joined and no credit there. Nothing was written."
            " Fix: make certificates without SESSION and COURSE, or another one"
        )


def _find_course(copy: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The key of a course, by the key or by a part of its name.

    Raises:
        WarehouseError: there is none, or several.
    """
    found = copy.execute(
        "select key, any_value(name) from certificates where kind = 'course'"
        " and (key = $wanted or contains(lower(name), lower($wanted))) group by key order by key <> $wanted, key",
        {"wanted": wanted},
    ).fetchall()
    if not found:
        raise WarehouseError(f"no course is called {wanted!r}. Fix: COURSE= with a part of its name, or with its key")
    if len(found) > 1 and found[0][0] != wanted:
        raise WarehouseError(
            f"{len(found):,} courses fit. Fix: " + "; ".join(f"COURSE={key} ({name})" for key, name in found[:10])
        )
    return str(found[0][0])
