"""The rows of seeds/site/ that change nothing, and why: no report has their site, page, user, session or words.

Corrections of attendance that give a person more time than the session had are named too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from naming.dictionary import nearest
from naming.seed_csv import SeedError
from naming.seed_rules import SITE_SEEDS, read_rules
from naming.site_seeds import read_lines
from naming.unknown import Pattern
from reports.ids import cleaned_id
from warehouse.command_line import counted, one_line
from warehouse.database import opened
from warehouse.paths import PROJECT_ROOT

SITES = "select distinct site_id from marts.report_reconciliation"
PAGES = "select site_id, content_id from marts.dim_content where content_id is not null"
USERS = "select site_id, user_id from marts.dim_users where user_id is not null"
EMAILS = "select site_id, lower(email) from restricted.user_details where email is not null"
# With the minutes when presence counts, where somebody came: a correction may give no more.
SESSIONS = """
select
    site_id,
    session_key,
    content_id,
    cast(session_date as varchar),
    cast(ceil(date_diff('second', window_opened_at, window_closed_at) / 60) as integer)
from marts.fct_sessions
"""
# A user that same_user.csv merges into another is in no mart, but in the reports.
OF_REPORTS = (
    f"select distinct site_id, {cleaned_id('user_id')} from raw.user_names where {cleaned_id('user_id')} is not null"
)
WORDS = "select distinct site_id, category, action from staging.base_juno__activity_patterns"

ROWS_SAID = 10

Found = Mapping[str, set[str]]


@dataclass(frozen=True)
class Session:
    """A session of the reports: its page, its day, and the minutes that count for it; None where it has none."""

    content_id: str | None
    day: str | None
    minutes: int | None


@dataclass(frozen=True)
class Known:
    """What the reports have, by site."""

    pages: Found
    users: Found
    emails: Found
    words: Sequence[tuple[str, str, str]]
    sites: frozenset[str]
    sessions: Mapping[str, Mapping[str, Session]]


def _by_site(rows: Sequence[tuple[Any, ...]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for site, value in rows:
        found.setdefault(site, set()).add(value)
    return found


def read_known(
    published: duckdb.DuckDBPyConnection,
    warehouse: duckdb.DuckDBPyConnection,
    sites: frozenset[str],
    columns: frozenset[str],
) -> Known:
    """What the reports of the sites have in the columns of the rows. Many users take long to read."""

    def found(column: str, source: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
        return source.execute(query).fetchall() if column in columns else []

    return Known(
        pages=_by_site(found("content_id", published, PAGES)),
        users=_by_site(found("user_id", published, USERS) + found("user_id", warehouse, OF_REPORTS)),
        emails=_by_site(found("email", published, EMAILS)),
        words=[
            (site, category or "", action or "")
            for site, category, action in found("category_pattern", warehouse, WORDS)
        ],
        sites=sites,
        sessions=_sessions_by_site(found("session_key", published, SESSIONS)),
    )


def _sessions_by_site(rows: Sequence[tuple[Any, ...]]) -> dict[str, dict[str, Session]]:
    found: dict[str, dict[str, Session]] = {}
    for site, session_key, *about in rows:
        found.setdefault(site, {})[session_key] = Session(*about)
    return found


def rows_without_effect(root: Path, known: Known, shipped_site: str) -> list[str]:
    """A sentence for each row that changes nothing.

    The rows of the shipped site are left out where it is not loaded: they show the form.
    """
    return [
        f"{place}: {why}"
        for place, values in _rows(root, known.sites, shipped_site)
        if (why := _why(values, known)) is not None
    ]


def doubtful_corrections(root: Path, known: Known, shipped_site: str) -> list[str]:
    """A sentence for each correction of attendance that gives more minutes than count for the session."""
    said = []
    for place, values in _rows(root, known.sites, shipped_site, ("attendance_corrections",)):
        minutes, session_key = values.get("minutes", ""), values.get("session_key", "")
        session = known.sessions.get(values.get("site_id", ""), {}).get(session_key)
        longest = session.minutes if session else None
        if longest is not None and minutes.isdigit() and int(minutes) > longest:
            said.append(
                f"{place}: it gives {int(minutes):,} minutes, and only {longest:,} count for `{session_key}`, with the"
                " time before its start and after its end. Fix: correct the minutes, or the session's row in"
                " session_schedule.csv."
            )
    return said


def _rows(
    root: Path, sites: frozenset[str], shipped_site: str, names: Sequence[str] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """The place and the values of each row of some files, or of all."""
    for name, rules in read_rules(root).items():
        if names and name not in names:
            continue
        path = root / SITE_SEEDS / f"{name}.csv"
        try:
            lines = read_lines(path, rules)
        except SeedError:
            continue
        for number, values in lines.items():
            site = values.get("site_id", "")
            if site == shipped_site and site not in sites:
                continue
            yield f"{path.name}, line {number}", values


def print_rows_without_effect(published: Path, warehouse: Path, shipped_site: str, console: Console) -> None:
    """Say which rows of the user's seeds change nothing, and which corrections are doubtful; and why."""
    with opened(published) as marts, opened(warehouse) as base:
        sites = frozenset(site for (site,) in marts.execute(SITES).fetchall())
        columns = frozenset(name for _, values in _rows(PROJECT_ROOT, sites, shipped_site) for name in values)
        known = read_known(marts, base, sites, columns)
    _print_rows("that change nothing", rows_without_effect(PROJECT_ROOT, known, shipped_site), console)
    _print_rows("to look at", doubtful_corrections(PROJECT_ROOT, known, shipped_site), console)


def _print_rows(what: str, said: Sequence[str], console: Console) -> None:
    if said:
        console.print(f"\n[yellow]Rows of seeds/site/ {what}:[/yellow]")
    for line in said[:ROWS_SAID]:
        console.print(one_line(line))
    if len(said) > ROWS_SAID:
        console.print(f"and {counted(len(said) - ROWS_SAID, 'more row')}")


def _why(row: Mapping[str, str], known: Known) -> str | None:
    """Why a row changes nothing; None if it may change something."""
    site = row.get("site_id", "")
    if site and site not in known.sites:
        near = nearest(site, known.sites)
        return f"no report is of the site `{site}`" + (f"; did you mean `{near}`?" if near else ".")
    sites = [site] if site else sorted(known.sites)
    for column, what, found in (
        ("content_id", "page", known.pages),
        ("user_id", "user", known.users),
        ("email", "user", known.emails),
    ):
        value = row.get(column, "")
        there = set().union(*(found.get(one, set()) for one in sites))
        if not value or (value.lower() if column == "email" else value) in there:
            continue
        if column == "email" and "*" in value:
            if any(Pattern(value, "").takes(email, "") for email in there):
                continue
            return f"no user has an e-mail like `{value}`."
        if column == "user_id" and "@" in value and "same_as_user_id" in row:
            return (
                f"`{value}` is no user id of the reports but looks like an e-mail. The records of a guest have no user"
                " id, so this file cannot count them for a user. restricted.guests lists them."
            )
        return f"no {what} of the reports has the {column.replace('_', ' ')} `{value}`."
    if "session_key" in row:
        return why_session_unmatched(row["session_key"], row["session_date"], sites, known)
    if "category_pattern" in row:
        return _why_alias(row, sites, known)
    return None


def why_session_unmatched(session_key: str, day: str, sites: Sequence[str], known: Known) -> str | None:
    """Why a correction meets no session, by the rule of int_attendance_corrections; None if it meets one."""
    sessions = {key: session for site in sites for key, session in known.sessions.get(site, {}).items()}
    session = sessions.get(session_key)
    if session is None:
        near = nearest(session_key, sessions)
        hint = f"did you mean `{near}`?" if near else "the column session_key of fct_sessions has the keys."
        return f"no session of the reports has the session key `{session_key}`; {hint}"
    page = {key: one for key, one in sessions.items() if session.content_id and one.content_id == session.content_id}
    if day and session.day and day != session.day:
        of_day = " or ".join(f"`{key}`" for key, one in page.items() if one.day == day)
        fix = f"the key of that day is {of_day}." if of_day else f"write {session.day}, or another key."
        return f"the session `{session_key}` began on {session.day}, and the row says {day}. Fix: {fix}"
    several = f"its page has {len(page)} sessions" if page else "it is a private meeting"
    if len(page) != 1 and session.day is None:
        return (
            f"`{session_key}` can become the key of another session: {several}, and no day says which, because it has"
            " no start. Fix: give it one in session_schedule.csv."
        )
    if len(page) != 1 and not day:
        return (
            f"session_date is blank, and `{session_key}` can become the key of another session: {several}. Fix: write"
            f" its day; now it is the session of {session.day}."
        )
    return None


def _why_alias(row: Mapping[str, str], sites: Sequence[str], known: Known) -> str | None:
    if not row.get("activity_type"):
        return "it has no activity type, so it names nothing. Fix: fill one in (docs/reference/activity_types.md)."
    pattern = Pattern(row["category_pattern"], row.get("action_pattern", ""))
    if any(site in sites and pattern.takes(category, action) for site, category, action in known.words):
        return None
    return f"no record has the words `{pattern.text}`."
