"""The short summary that ends a build: what was landed, what to look at, and where the warehouse is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from textwrap import shorten

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from naming.understood import how_much_is_understood
from page.events import Event, events_of, marts_of, read_events
from page.headline import Headline, HeadlineRows, headline_of
from page.people import make_words
from page.write_page import EVERYTHING, page_path
from warehouse.command_line import counted, one_line
from warehouse.database import number_of, opened
from warehouse.settings import read_settings
from warehouse.visible import on_one_line

COUNTS = """
select
    count(*) as files,
    sum(record_count) as records,
    sum(landed_count) as landed,
    sum(rejected_count - forgotten_count) as rejected,
    sum(forgotten_count) as forgotten,
    sum(duplicate_count) as duplicates,
    sum(unique_count) as unique_records,
    sum(unique_unrecognised_count) as unrecognised
from marts.report_reconciliation
"""

USERS = """
select
    count(*) as files,
    sum(matched_by_id_count + matched_by_email_count + ambiguous_count + unmatched_count) as users,
    sum(matched_by_id_count) as by_id,
    sum(matched_by_email_count) as by_email,
    sum(ambiguous_count) as ambiguous,
    sum(unmatched_count) as unmatched,
    sum(rejected_count) as rejected
from marts.user_report_reconciliation
"""

# Recognised, and without the stars, credits, answer or progress that they should hold.
VALUELESS = """
select
    sum(unique_valueless_count),
    any_value(file_name order by unique_valueless_count desc, file_name),
    any_value(first_valueless_record_number order by unique_valueless_count desc, file_name),
    (
        select string_agg(
            format('{:,} of {:,} of the type {}', valueless_count, activity_count, activity_type), ', '
            order by valueless_count desc, activity_type
        )
        from marts.dim_activity_types where valueless_count > 0
    )
from marts.report_reconciliation
where unique_valueless_count > 0
"""

UNRECOGNISED = """
select
    category || ' / ' || action as "words",
    sum(activity_count)::bigint as "activities",
    min(candidate_1_activity_type) as "perhaps"
from marts.unrecognised_activities
group by category, action
order by 2 desc, category, action
limit 5
"""

# The changes in the newest report of each site and kind, in words.
CHANGES = """
select
    file_name,
    concat_ws(
        '; ',
        'new columns: ' || appeared_columns,
        'columns gone: ' || vanished_columns,
        format_changes,
        case
            when contains(change_reasons, 'rejected records')
                then format('{:.1f} % of the records are rejected', 100 * rejected_ratio)
        end,
        case
            when contains(change_reasons, 'unrecognised records')
                then format('{:.1f} % of the records are of a kind that no alias knows', 100 * unrecognised_ratio)
        end,
        case
            when contains(change_reasons, 'skipped hours')
                then nonexistent_hour_count || ' records in an hour that the clocks skipped'
        end,
        'new activities: ' || coalesce(new_category_actions, new_activity_types)
    ) as changes
from marts.report_changes
where is_newest and has_changed
order by loaded_at desc, site_id, report_kind
"""
CHECKS = """
select
    case when count(*) over () > 1 then site_id end as site_id,
    last_occurred_date,
    greatest(0, current_date - last_occurred_date) as days_old,
    silent_dates,
    without_user_count,
    guest_count,
    guest_activity_count,
    same_user_pair_count
from marts.site_checks
order by marts.site_checks.site_id
"""
# An id that so many names and as many e-mails have is no person's: somebody marries, moves and marries again.
SHARED_BY = 5
SHARED_IDS = """
select
    count(*),
    any_value(user_key order by email_count desc, user_key),
    max(email_count)
from marts.dim_users
where least(name_count, email_count) >= $fewest
"""
CHANGE_LINES, CHANGE_WIDTH = 3, 200
# A name of thousands of letters would fill the terminal.
NAME_WIDTH, FINDING_WIDTH = 100, 400
# The blanks between two columns.
PADDING = 2
# Before the second line of a text.
HANG = "  "

# ``HeadlineRows`` has made the labels of the sessions.
ATTENDANCE = """
select
    labels.label as "session",
    with_range(
        count(*) filter (where is_attended),
        count(*) filter (where is_attended_proven),
        count(*) filter (where is_attended_possible)
    ) as "attended",
    round(avg(proven_seconds) / 60)::int as "proven",
    round(avg(likely_seconds) / 60)::int as "likely",
    round(avg(possible_seconds) / 60)::int as "possible"
from marts.fct_session_attendance as attendance
inner join session_labels as labels on attendance.session_key = labels.key
where session_type = 'session'
group by session_key, labels.label
order by count(*) filter (where is_attended) desc, 1
limit 5
"""

LEADERBOARD = """
select
    leaderboard.rank as "rank",
    users.full_name as "who",
    leaderboard.points as "points"{site}
from marts.fct_leaderboard as leaderboard
inner join restricted.user_details as users on leaderboard.user_key = users.user_key
where leaderboard.contest_id = 'all_time'
qualify row_number() over (partition by leaderboard.site_id order by leaderboard.rank, users.full_name) <= 5
order by leaderboard.site_id, leaderboard.rank, 2
"""


def print_summary(published: Path, warehouse: Path, console: Console) -> None:
    """Print the summary of a published copy."""
    with opened(published) as connection, ExitStack() as also_open:
        counts = connection.execute(COUNTS).fetchone()
        files, records, landed, rejected, forgotten, duplicates, unique, unrecognised = (
            int(count or 0) for count in counts or [0] * 8
        )
        understood = how_much_is_understood(connection, read_settings()["minimum_understood_ratio"])
        colour = "bold" if understood.is_enough else "bold red"
        hint = "" if understood.is_enough else f" Fix: {understood.fix}"
        console.print(f"\n[{colour}]{understood.headline}[/{colour}] {understood.consequences}{hint}".rstrip())
        console.print(
            f"[bold]{counted(files, 'report')}[/bold] {'holds' if files == 1 else 'hold'} {counted(records, 'record')}:"
            f" {landed:,} landed, {rejected:,} rejected"
            f"{f', {forgotten:,} of people who were forgotten' if forgotten else ''}.\n"
            f"[bold]{counted(unique, 'activity is', 'activities are')}[/bold] unique;"
            f" {counted(duplicates, 'record is a duplicate', 'records are duplicates')}, because a newer download holds"
            " the same."
        )
        event, where = _event_of_the_page(connection)
        marts = also_open.enter_context(marts_of(published, event))
        found = headline_of(HeadlineRows(marts, read_settings()))
        for unknown in found.unknowns:
            if unknown.is_urgent:
                console.print(f"[yellow]{one_line(unknown.text)}[/yellow]")
        _print_checks(connection, console)
        _print_shared_ids(connection, console)
        _print_users(connection, console)
        if rejected:
            console.print("Why records were rejected: raw.rejected_records.")
        _print_valueless(connection, console)
        _print_changes(connection, console)
        if unrecognised:
            console.print(
                f"\n[yellow]{counted(unrecognised, 'activity has', 'activities have')} words that have no name"
                " yet.[/yellow] They are kept."
                " Fix: make name (all activity types: docs/reference/activity_types.md)"
            )
            print_table(connection.execute(UNRECOGNISED), console)
        if understood.is_enough:
            _print_headline(found, where, console)
        console.print(
            "\n[bold]Attendance[/bold]: people, in brackets from proven to possible, and mean minutes a person"
        )
        make_words(marts, read_settings())
        print_table(marts.execute(ATTENDANCE), console, nothing="No record was understood as joining a session.")
        console.print("\n[bold]Leaderboard[/bold], an estimate: the report carries no points")
        if understood.is_enough:
            none = "No record was understood as an activity that earns points."
            print_table(connection.execute(with_site(connection, LEADERBOARD)), console, nothing=none)
        else:
            console.print(understood.instead)
    console.print(
        f"\nTo look at: {one_line(page_path(published).resolve().as_uri())}"
        f"\nThe marts, for SQL and BI tools, read-only: {one_line(str(published))}"
        f"\nWhat they are made of: {one_line(str(warehouse))}",
        soft_wrap=True,
    )


def with_site(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """A query of the leaderboard, with the site of each row where there are several: each has places of its own."""
    count = number_of(connection, "select count(distinct site_id) from marts.fct_leaderboard")
    return query.format(site=', leaderboard.site_id as "site"' if count > 1 else "")


def _event_of_the_page(connection: duckdb.DuckDBPyConnection) -> tuple[Event | None, str]:
    """The event that the page is of, if it is of one, and where the page has the figures of the summary, in words."""
    events = events_of(connection, read_events())
    if len(events) > 1:
        return None, f": all activities, as on {EVERYTHING}"
    event = events[0] if events else None
    if event is not None and event.is_bounded:
        return event, f", as on the page: {event.name} alone"
    return event, ", as on the page"


def _print_headline(found: Headline, where: str, console: Console) -> None:
    """Print the figures and the findings of the page's first screen."""
    if found.figures:
        console.print(f"\n[bold]At a glance[/bold]{one_line(where)}")
    for figure in found.figures:
        context = f": {'; '.join(figure.context)}" if figure.context else ""
        console.print(f"[bold]{figure.value}[/bold] {one_line(figure.label + context)}")
    for finding in found.findings:
        console.print(one_line(short(finding.text, FINDING_WIDTH)))


def _print_users(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    counts = connection.execute(USERS).fetchone()
    files, users, by_id, by_email, ambiguous, unmatched, rejected = (int(count or 0) for count in counts or [0] * 7)
    if files:
        also = f"; {counted(rejected, 'record was', 'records were')} rejected" if rejected else ""
        console.print(
            f"[bold]{counted(users, 'user')}[/bold] in the unique users reports: {by_id:,} known by id,"
            f" {by_email:,} by e-mail, {ambiguous:,} ambiguous, {unmatched:,} without an activity{also}."
        )


def _print_checks(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Say of each site how new its activities are, which days have none, and whom no number of people counts."""
    for site, newest, age, silent, nobodies, guests, of_guests, pairs in connection.execute(CHECKS).fetchall():
        where = f" of {one_line(site)}" if site else ""
        old = "of today" if age == 0 else f"{counted(age, 'day')} old"
        lines = [f"The newest activity{where} is {old} ({newest})."]
        if silent:
            days = one_line(shorten(silent, CHANGE_WIDTH, placeholder=" …"))
            lines.append(f"[yellow]No activity{where} on {days}[/yellow]: a quiet day, or one that no download covers.")
        if nobodies:
            who = counted(guests, "person", "people")
            known = f", {of_guests:,} of them of {who} with an e-mail (restricted.guests)" if guests else ""
            what = counted(nobodies, f"activity{where} has", f"activities{where} have")
            lines.append(f"[bold]{what} no user id[/bold]{known}. They count for no user.")
        if pairs:
            lines.append(
                f"[bold]{counted(pairs, 'pair')} of users{where} may be one person[/bold] with two ids"
                " (restricted.same_user_candidates). They count as two until seeds/site/same_user.csv says otherwise."
            )
        console.print("\n".join(lines))


def _print_shared_ids(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    count, user, emails = connection.execute(SHARED_IDS, {"fewest": SHARED_BY}).fetchone() or (0, "", 0)
    if count:
        console.print(
            f"[yellow]{counted(count, 'user id has', 'user ids have')} {SHARED_BY} or more names and e-mails"
            f"[/yellow], such as {one_line(short(user))} with {emails:,} e-mails: several people may count as one."
            " Fix: load the reports as they were downloaded, or make the user id blank where it names no person."
        )


def _print_valueless(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    count, file_name, number, types = connection.execute(VALUELESS).fetchone() or (None, "", 0, "")
    if count:
        console.print(
            f"[yellow]{counted(int(count), 'activity has', 'activities have')} no value that can be read[/yellow],"
            f" such as stars or credits: {types}. One is record {number:,} of {one_line(file_name)}; all reports with"
            " such records: marts.report_reconciliation (unique_valueless_count)."
        )


def _print_changes(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    changed = connection.execute(CHANGES).fetchall()
    if changed:
        console.print(
            "\n[yellow]What changed in the newest reports since the ones before them[/yellow] (all of it:"
            " marts.report_changes):"
        )
    for file_name, changes in changed[:CHANGE_LINES]:
        line = shorten(f"{file_name}: {changes}", CHANGE_WIDTH, placeholder=" […]")
        console.print(one_line(line), soft_wrap=True)
    if len(changed) > CHANGE_LINES:
        console.print(f"and {counted(len(changed) - CHANGE_LINES, 'more report')}")


def short(text: str, width: int = NAME_WIDTH) -> str:
    """A text, or its beginning if it is longer than a width."""
    return text if len(text) <= width else f"{text[: width - 2]} …"


def print_table(
    result: duckdb.DuckDBPyConnection, console: Console, limit: int | None = None, nothing: str = ""
) -> int:
    """Print what a query has found, numbers to the right, and at most so many rows; returns how many were left out.

    Where it has found no row, ``nothing`` says why.
    """
    columns = [column[0] for column in result.description or []]
    rows = result.fetchall()
    if not rows and nothing:
        console.print(nothing)
        return 0
    shown = [["–" if value is None else on_one_line(short(str(value))) for value in row] for row in rows[:limit]]
    widths = column_widths([columns, *shown], console.width - PADDING * len(columns))
    if widths is None:
        _print_one_below_the_other(columns, shown, console)
    else:
        table = Table(box=None, padding=(0, PADDING, 0, 0))
        for index, (column, width) in enumerate(zip(columns, widths, strict=True)):
            is_number = any(isinstance(row[index], int | float) for row in rows)
            table.add_column(column, justify="right" if is_number else "left", width=width)
        for cells in shown:
            table.add_row(Text(_hanging(cells[0], widths[0], console)), *map(one_line, cells[1:]))
        console.print(table)
    return len(rows[limit:]) if limit is not None else 0


def column_widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column is, so that no word is split and the first can be indented; None if there is no such room.

    What is left goes to the columns that have the most to show.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(len(word) for text in column for word in text.split() or [""]) for column in columns]
    wanted = [max(map(len, column)) for column in columns]
    widths[0] = min(widths[0] + len(HANG), wanted[0])
    left = room - sum(widths)
    if left < 0:
        return None
    while left and widths != wanted:
        index = max(range(len(widths)), key=lambda place: wanted[place] - widths[place])
        widths[index] += 1
        left -= 1
    return widths


def _print_one_below_the_other(columns: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            shown = _hanging(f"{column}: {value}", console.width, console)
            console.print(Text(shown), soft_wrap=False)
        console.print()


def _hanging(text: str, width: int, console: Console) -> str:
    """A text in lines of a width; all but the first are indented, so that none can pass for a line of the program."""
    plain = Text(text)
    return (
        text
        if plain.cell_len <= width
        else f"\n{HANG}".join(line.plain.rstrip() for line in plain.wrap(console, width - len(HANG)))
    )
