"""The summary that ends a build, of a published copy written by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from summary import print_summary
from warehouse import connect

MARTS = """
create schema marts;
create schema restricted;
create table marts.report_reconciliation as
    from (values (7, 6, 1, 2, 4, 3), (5, 5, 0, 0, 5, 0))
    as v(record_count, landed_count, rejected_count, duplicate_count, kept_count, unrecognised_count);
create table marts.user_report_reconciliation as
    from (values (4, 3, 2, 1, 5))
    as v(matched_by_id_count, matched_by_email_count, ambiguous_count, unmatched_count, rejected_count);
create table marts.unrecognised_activities as
    from (values (1, 'Rare', '', 'rare,[alias]'), (2, 'Common', '', 'common,alias'))
    as v(activity_count, category, action, suggested_alias);
create table marts.fct_session_attendance as
    from (values
        ('1', 'Small', 'session', true, 600, 660, 720),
        ('2', 'Large', 'session', true, 60, 120, 180),
        ('2', 'Large', 'session', true, 180, 240, 300),
        ('2', 'Large', 'session', false, 0, 0, 0),
        ('3', 'Private meeting', 'private_meeting', true, 60, 60, 60))
    as v(session_key, session_name, session_type, is_attended, strict_seconds, likely_seconds, upper_seconds);
create table marts.fct_leaderboard as
    from (values ('all_time', 2, 'b', 10), ('all_time', 1, 'a', 30), ('days', 1, 'b', 99))
    as v(contest_id, rank, user_key, points);
create table restricted.user_details as from (values ('a', 'Ada'), ('b', 'Bo')) as v(user_key, full_name);
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "published.duckdb"
    with connect(path) as connection:
        connection.execute(MARTS)
    return path


def printed(published: Path) -> list[str]:
    """The lines of the summary, with one blank for several."""
    console = Console(file=StringIO(), width=300)
    print_summary(published, Path("activity.duckdb"), console)
    assert isinstance(console.file, StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_the_counts_of_all_reports_are_told(published: Path) -> None:
    lines = printed(published)
    assert "2 reports hold 12 records: 11 landed, 1 rejected." in lines
    told = "9 activities are kept; 2 records were set aside because a newer download tells the same."
    assert told in lines
    assert (
        "10 users are told by the unique users reports: 4 known by id, 3 by e-mail, 2 ambiguous, 1 without an activity;"
        " 5 records were rejected." in lines
    )
    assert "Why records were rejected: raw.rejected_records." in lines
    assert {"For SQL: activity.duckdb", f"For BI tools, read-only: {published}"} <= set(lines)


def test_what_no_alias_knows_is_told_as_rows_to_paste_the_most_frequent_first(published: Path) -> None:
    lines = printed(published)
    [headline] = [number for number, line in enumerate(lines) if line.startswith("3 activities are of a kind")]
    assert lines[headline + 1 : headline + 3] == ["common,alias", "rare,[alias]"]


def test_what_is_not_there_is_not_told(published: Path) -> None:
    with connect(published) as connection:
        connection.execute(
            "update marts.report_reconciliation set rejected_count = 0, unrecognised_count = 0;"
            "truncate marts.user_report_reconciliation; truncate marts.unrecognised_activities"
        )
    text = "\n".join(printed(published))
    assert not [word for word in ("Why records", "no alias knows", "unique users") if word in text]


def test_public_sessions_and_the_leaders_of_all_time_are_shown_in_order(published: Path) -> None:
    lines = printed(published)
    table = lines.index("session attended strict likely upper")
    assert lines[table + 1 : table + 4] == ["Large 2 1 2 3", "Small 1 10 11 12", ""]
    table = lines.index("rank who points")
    assert lines[table + 1 : table + 4] == ["1 Ada 30", "2 Bo 10", ""]
