"""Show the marts in the terminal: the summary of the build, a session, a user, a leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from page.people import make_people_at_once, make_words
from page.summary import print_table, short, with_site
from reports.ids import without_fraction
from reports.invisible import without_invisible
from warehouse.command_line import counted, one_line
from warehouse.database import rows_by_column, text_of
from warehouse.errors import WarehouseError
from warehouse.settings import read_settings
from warehouse.visible import on_one_line

# This many rows of a long list are shown, unless all are wanted.
SHOWN = 20

# The day is one in the reporting zone, and so is the time behind it.
SESSIONS = """
select
    session_key, session_name, session_date, unique_people_count,
    coalesce(strftime(timezone('{zone}', timezone('UTC', started_at)), ' at %H:%M {zone}'), '')
from marts.fct_sessions
where session_key = $wanted or session_name ilike '%' || $words || '%' escape '\\'
order by lower(session_name) <> lower($wanted), unique_people_count desc nulls last, session_key
"""

# To the nearest minute, as on the page.
IN_MINUTES = "create or replace temp macro in_minutes(seconds) as cast(round(seconds / 60) as bigint)"
LOCAL_TIME = "create or replace temp macro local_time(moment) as timezone('{zone}', timezone('UTC', moment))"

SESSION = """
select
    registered_count as planned,
    unique_people_count as came,
    with_range(attendee_count, proven_attendee_count, possible_attendee_count) as attended,
    with_range(stayed_count, proven_stayed_count, possible_stayed_count) as "to the end",
    with_range(left_early_count, proven_left_early_count, possible_left_early_count) as "left early",
    coalesce((
        select with_range(peak_people_count, proven_people_count, possible_people_count)
        from most_at_once
    ), '0') as "most at once",
    strftime(local_time(started_at), '%Y-%m-%d %H:%M') as "start ({zone})",
    strftime(local_time(ended_at), '%Y-%m-%d %H:%M') as "end ({zone})",
    window_source as "start and end",
    round(proven_seconds / 3600, 1) as "hours proven",
    round(likely_seconds / 3600, 1) as "hours likely",
    round(possible_seconds / 3600, 1) as "hours possible"
from marts.fct_sessions
where session_key = $session_key
"""

SESSION_PEOPLE = """
select
    coalesce(users.full_name, attendance.user_id) as who,
    users.company as company,
    strftime(local_time(attendance.first_joined_at), '%H:%M') as "joined ({zone})",
    attendance.stay_count as stays,
    in_minutes(attendance.proven_seconds) as "minutes proven",
    in_minutes(attendance.likely_seconds) as "likely",
    in_minutes(attendance.possible_seconds) as "possible",
    attended_in_words(
        attendance.is_attended, attendance.is_attended_proven, attendance.is_attended_possible,
        attendance.is_corrected, attendance.is_attended_corrected
    ) as attended
from marts.fct_session_attendance as attendance
left join restricted.user_details as users on attendance.user_key = users.user_key
where attendance.session_key = $session_key
order by attendance.likely_seconds desc, who
"""

# How a user may be named beside the id: by the key of the marts, or by the e-mail.
BY_KEY_OR_EMAIL = "(user_key = $wanted or lower(email) = lower($wanted))"
BY_ID_KEY_OR_EMAIL = f"(user_id in ($wanted, {without_fraction('$wanted')}) or {BY_KEY_OR_EMAIL})"

USERS = f"""
select user_key, coalesce(full_name, user_id), company, email
from restricted.user_details
where
    {BY_ID_KEY_OR_EMAIL}
    or full_name ilike '%' || $words || '%' escape '\\'
order by user_id not in ($wanted, {without_fraction("$wanted")}), full_name, user_key
"""

KNOWN_USER = f"select 1 from restricted.user_details where {BY_ID_KEY_OR_EMAIL} limit 1"

USER = """
select
    engagement.active_day_count as days,
    engagement.activity_count as activities,
    engagement.attended_session_count as "public sessions attended, by the log",
    round(engagement.likely_seconds / 3600, 1) as "hours likely in public sessions",
    round(engagement.engagement_score, 1) as "engagement score",
    (
        select string_agg(contest_name || ': ' || rank || ' (' || points || ')', ', ' order by contest_name)
        from marts.fct_leaderboard where user_key = engagement.user_key
    ) as "places (points)"
from marts.fct_user_engagement as engagement
where engagement.user_key = $user_key
"""

USER_SESSIONS = """
select
    session_name as "session",
    session_date as date,
    stay_count as stays,
    in_minutes(proven_seconds) as "minutes proven",
    in_minutes(likely_seconds) as "likely",
    in_minutes(possible_seconds) as "possible",
    attended_in_words(
        is_attended, is_attended_proven, is_attended_possible, is_corrected, is_attended_corrected
    ) as attended
from marts.fct_session_attendance
where user_key = $user_key
order by first_joined_at, session_key
"""

CONTESTS = """
select contest_id, contest_name
from marts.fct_leaderboard
where contest_id = $wanted or contest_name ilike '%' || $words || '%' escape '\\'
group by contest_id, contest_name
order by contest_id <> $wanted, contest_name
"""

CONTEST = """
select
    leaderboard.rank as place,
    coalesce(users.full_name, leaderboard.user_id) as who,
    users.company as company,
    leaderboard.points as points,
    leaderboard.points_to_next_place as "to the next",
    history.movement as moved{site}
from marts.fct_leaderboard as leaderboard
left join restricted.user_details as users on leaderboard.user_key = users.user_key
left join marts.fct_leaderboard_history as history
    on leaderboard.contest_id = history.contest_id and leaderboard.user_key = history.user_key and history.is_latest
where leaderboard.contest_id = $contest_id
order by leaderboard.site_id, leaderboard.rank, who
"""

BRACKET = (
    "Attendance is a definition of this project: proven by records, likely, and possible"
    " (models/marts/attendance/attendance_rules.md). Numbers in brackets go from proven to possible."
)
ESTIMATE = "Points are estimates, because the report carries none (models/marts/leaderboard/leaderboard_rules.md)."
SCORE = "The engagement score is this project's (models/marts/engagement/engagement_rules.md)."


def sessions_query() -> str:
    """The query that finds sessions by their key or by a part of their name."""
    return SESSIONS.replace("{zone}", str(read_settings()["reporting_time_zone"]).replace("'", "''"))


def show_session(
    connection: duckdb.DuckDBPyConnection, wanted: str, console: Console, *, shows_all: bool = False
) -> None:
    """Print a session and its people.

    Raises:
        WarehouseError: no session has that key, or these words in its name, or several have them.
    """
    found = _find(connection, sessions_query(), wanted, "session", "make show SESSION= with a part of its name")
    key, name, day, *_ = found[0]
    if len(found) > 1 and key != wanted:
        details = [
            (row[0], f"{short(row[1])}, {row[2]}{row[4]}, {counted(row[3] or 0, 'person', 'people')}") for row in found
        ]
        raise _several("sessions", details, "SESSION")
    console.print(f"[bold]{one_line(short(str(name)))}[/bold], {day}")
    settings = read_settings()
    zone = str(settings["reporting_time_zone"])
    make_words(connection, settings)
    make_people_at_once(connection, f"select {text_of(key)} as session_key")
    connection.execute(LOCAL_TIME.replace("{zone}", zone.replace("'", "''")))
    connection.execute(IN_MINUTES)
    of_session, people = (query.replace("{zone}", zone.replace('"', '""')) for query in (SESSION, SESSION_PEOPLE))
    _print_details(rows_by_column(connection, of_session, {"session_key": key}), console)
    all_of_them = "" if shows_all else f"make show SESSION={quote(key)}"
    _print_rows(connection.execute(people, {"session_key": key}), console, all_of_them)
    console.print(f"\n{BRACKET}")


def show_user(
    connection: duckdb.DuckDBPyConnection,
    wanted: str,
    console: Console,
    resolve: Callable[[str], str] = str,
    *,
    shows_all: bool = False,
) -> None:
    """Print a user and their sessions.

    Args:
        connection: the copy.
        wanted: an id, a key, an e-mail, or a part of a name.
        console: where to print.
        resolve: the key of an id that the copy does not have in this form.
        shows_all: whether a long list is printed to its end.

    Raises:
        WarehouseError: no user has that id, that e-mail, or these words in the name, or several have them.
    """
    # An id may come from a spreadsheet, or with signs that are not seen.
    wanted = without_invisible(wanted)
    if not connection.execute(KNOWN_USER, {"wanted": wanted}).fetchone():
        wanted = resolve(wanted)
    found = _find(connection, USERS, wanted, "user", "make show USER_ID= with an id, an e-mail or a part of the name")
    key, name, company, email = found[0]
    if len(found) > 1 and wanted not in (key, str(key).rpartition(":")[2]):
        raise _several("users", [(row[0], short(", ".join(filter(None, row[1:])))) for row in found], "USER_ID")
    details = ", ".join(filter(None, (company, email)))
    console.print(f"[bold]{one_line(short(str(name)))}[/bold] ({one_line(str(key))}) {one_line(short(details))}")
    connection.execute(IN_MINUTES)
    make_words(connection, read_settings())
    _print_details(rows_by_column(connection, USER, {"user_key": key}), console)
    all_of_them = "" if shows_all else f"make show USER_ID={quote(key)}"
    _print_rows(connection.execute(USER_SESSIONS, {"user_key": key}), console, all_of_them)
    for line in (BRACKET, ESTIMATE, SCORE):
        console.print(line)


def show_contest(
    connection: duckdb.DuckDBPyConnection, wanted: str, console: Console, *, shows_all: bool = False
) -> None:
    """Print the standing of a contest.

    Raises:
        WarehouseError: no contest has that id, or these words in its name, or several have them.
    """
    found = _find(connection, CONTESTS, wanted, "contest", "make show CONTEST=all_time")
    key, name = found[0]
    if len(found) > 1 and key != wanted:
        raise _several("contests", [(row[0], short(str(row[1]))) for row in found], "CONTEST")
    console.print(f"[bold]{one_line(str(name))}[/bold]")
    all_of_them = "" if shows_all else f"make show CONTEST={quote(key)}"
    _print_rows(connection.execute(with_site(connection, CONTEST), {"contest_id": key}), console, all_of_them)
    console.print(ESTIMATE)


def _find(connection: duckdb.DuckDBPyConnection, query: str, wanted: str, kind: str, fix: str) -> list[tuple[Any, ...]]:
    words = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in wanted)
    found = connection.execute(query, {"wanted": wanted, "words": words}).fetchall()
    if not found:
        raise WarehouseError(f"no {kind} is called {wanted!r}. Fix: {fix}")
    return found


def _several(kind: str, found: list[tuple[object, str]], setting: str) -> WarehouseError:
    """The error where several have the words in their names, which says which ones."""
    listed = [on_one_line(f"{key}  {details}") for key, details in found[:SHOWN]]
    if len(found) > SHOWN:
        listed.append(f"and {len(found) - SHOWN:,} more")
    return WarehouseError(
        "\n".join([f"{len(found):,} {kind} fit. Fix: make show {setting}=… with the key of one:", *listed])
    )


def _print_details(rows: Sequence[Mapping[str, object]], console: Console) -> None:
    """Print each value in a line, behind its name."""
    details = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for row in rows:
        for name, value in row.items():
            details.add_row(name, "–" if value is None else one_line(str(value)))
    console.print(details)
    console.print()


def _print_rows(result: duckdb.DuckDBPyConnection, console: Console, all_of_them: str) -> None:
    """Print the first rows of a long list and the command that shows all of them, or all where there is none."""
    left_out = print_table(result, console, SHOWN if all_of_them else None)
    if left_out:
        console.print(one_line(f"and {left_out:,} more. All of them: {all_of_them} ALL=1"))
