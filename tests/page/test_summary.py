"""The summary that ends a build, of a published copy written by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from page import summary
from page.events import Event, Part
from page.summary import print_summary
from warehouse.database import connect
from warehouse.settings import read_settings

Row = dict[str, object]

CHANGE_COLUMNS = {
    "file_name": "varchar",
    "site_id": "varchar",
    "report_kind": "varchar",
    "loaded_at": "timestamp",
    "is_newest": "boolean",
    "has_changed": "boolean",
    "change_reasons": "varchar",
    "appeared_columns": "varchar",
    "vanished_columns": "varchar",
    "format_changes": "varchar",
    "new_category_actions": "varchar",
    "new_activity_types": "varchar",
    "nonexistent_hour_count": "bigint",
    "rejected_ratio": "double",
    "unrecognised_ratio": "double",
}
QUIET: Row = {"site_id": "s", "report_kind": "activities", "loaded_at": "2026-05-12", "is_newest": True}
REPORT_CHANGES = "create table marts.report_changes (" + ", ".join(map(" ".join, CHANGE_COLUMNS.items())) + ")"
MARTS = """
create schema marts;
create schema restricted;
create table marts.report_reconciliation as
    from (values (47, 6, 41, 39, 2, 4, 3, 4, 1), (5, 5, 0, 0, 0, 5, 0, 5, 0))
    as v(record_count, landed_count, rejected_count, forgotten_count, duplicate_count, unique_count,
        unique_unrecognised_count, landed_understood_count, landed_other_activity_count);
alter table marts.report_reconciliation add column unique_valueless_count bigint default 0;
alter table marts.report_reconciliation add column first_valueless_record_number bigint;
alter table marts.report_reconciliation add column file_name varchar default 'a.csv';
create table marts.site_checks as
    from (values
        ('a', current_date - 3, '2026-05-13, 2026-05-16 to 2026-05-17', 10, 2, 7, 1),
        ('b', current_date, null, 0, 0, 0, 0))
    as v(site_id, last_occurred_date, silent_dates, without_user_count, guest_count, guest_activity_count,
        same_user_pair_count);
create table marts.dim_activity_types as
    from (values
        ('session_joined', 'session_events', 'r', 9),
        ('review_submitted', 'reviews', 'r', 0),
        ('liked', 'likes', null, 0))
    as v(activity_type, activity_family, point_rule_key, activity_count);
alter table marts.dim_activity_types add column valueless_count bigint default 0;
create table marts.user_report_reconciliation as
    from (values (4, 3, 2, 1, 5))
    as v(matched_by_id_count, matched_by_email_count, ambiguous_count, unmatched_count, rejected_count);
create table marts.unrecognised_activities as
    from (values
        (1, 'Rare', '[x]', null, null), (2, 'Common', '', 'review_submitted', 0.9), (1, 'Vague', '', 'liked', 0.1))
    as v(activity_count, category, action, candidate_1_activity_type, candidate_1_score);
create table marts.fct_session_attendance as
    from (values
        ('s:2', 'Small', 'session', true, true, true, 600, 660, 720),
        ('s:1', 'Large', 'session', true, false, true, 60, 120, 180),
        ('s:1', 'Large', 'session', true, true, true, 180, 240, 300),
        ('s:1', 'Large', 'session', false, false, true, 0, 0, 0),
        ('s:3', 'Private meeting', 'private_meeting', true, true, true, 60, 60, 60))
    as v(session_key, session_name, session_type, is_attended, is_attended_proven, is_attended_possible, proven_seconds,
        likely_seconds, possible_seconds);
create table marts.fct_leaderboard as
    from (values ('all_time', 2, 'b', 10, 's'), ('all_time', 1, 'a', 30, 's'), ('days', 1, 'b', 99, 's'))
    as v(contest_id, rank, user_key, points, site_id);
create table restricted.user_details as from (values ('a', 'Ada'), ('b', 'Bo')) as v(user_key, full_name);
alter table marts.fct_session_attendance add column left_count bigint default 1;
alter table marts.fct_session_attendance add column user_key varchar default 'a';
alter table marts.fct_session_attendance add column stay_count bigint default 1;
alter table marts.fct_session_attendance add column open_stay_count bigint default 0;
create table marts.dim_users as from (values ('a', 4, 9), ('b', 9, 4)) as v(user_key, name_count, email_count);
create table marts.dim_content as from (values ('k', 'Page', 'page', '1'))
    as v(content_key, content_name, content_slug, content_id);
create table marts.fct_activities as from (values ('a', 's', '1', date '2026-05-12'))
    as v(user_key, site_id, content_id, occurred_date);
create table marts.fct_reviews as from (values ('k', 'a', 5, true)) as v(content_key, user_key, star_count, is_counted);
create table marts.fct_sessions as
    from (values
        ('s:1', 'c:1', null::timestamp, 'Large', 'session', 'schedule', 8, 5, 4, 3, 1, 4, 2, 1, 3, 1, 0, 3,
            3600, 7200, 10800),
        ('s:2', 'c:2', null, 'Small', 'session', 'schedule', 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0),
        ('s:3', null, null, 'Private meeting', 'private_meeting', 'schedule',
            0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 60, 60, 60))
    as v(session_key, content_key, started_at, session_name, session_type, window_source,
        registered_count, unique_people_count, no_show_count,
        attendee_count, proven_attendee_count, possible_attendee_count, stayed_count, proven_stayed_count,
        possible_stayed_count, left_early_count, proven_left_early_count, possible_left_early_count,
        proven_seconds, likely_seconds, possible_seconds);
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "copy.duckdb"
    with connect(path) as connection:
        connection.execute(MARTS)
        connection.execute(REPORT_CHANGES)
    return path


def printed(published: Path) -> list[str]:
    """The lines of the summary, with one blank for several."""
    console = Console(file=StringIO(), width=300)
    print_summary(published, Path("activity.duckdb"), console)
    assert isinstance(console.file, StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_the_counts_of_all_reports_are_told(published: Path) -> None:
    lines = printed(published)
    assert "2 reports hold 52 records: 11 landed, 2 rejected, 39 of people who were forgotten." in lines
    line = "9 activities are unique; 2 records are duplicates, because a newer download holds the same."
    assert line in lines
    assert (
        "10 users in the unique users reports: 4 known by id, 3 by e-mail, 2 ambiguous, 1 without an activity;"
        " 5 records were rejected." in lines
    )
    assert "Why records were rejected: raw.rejected_records." in lines
    assert {
        "What they are made of: activity.duckdb",
        f"The marts, for SQL and BI tools, read-only: {published}",
    } <= set(lines)


def test_an_id_of_many_people_is_named(published: Path) -> None:
    assert not any("names and e-mails" in line for line in printed(published))
    with connect(published) as connection:
        connection.execute("insert into marts.dim_users values ('s:0', 5, 6), ('s:unknown', 12, 5)")
    assert (
        "2 user ids have 5 or more names and e-mails, such as s:0 with 6 e-mails: several people may count as one."
        " Fix: load the reports as they were downloaded, or make the user id blank where it names no person."
    ) in printed(published)


def test_values_that_cannot_be_read_are_counted_with_an_example(published: Path) -> None:
    assert not any("no value that can be read" in line for line in printed(published))
    with connect(published) as connection:
        connection.execute(
            "update marts.dim_activity_types set valueless_count = 7 where activity_type = 'session_joined'"
        )
        connection.execute("update marts.dim_activity_types set valueless_count = 1 where activity_type = 'liked'")
        connection.execute(
            "update marts.report_reconciliation set file_name = 'b.csv', unique_valueless_count = 6,"
            " first_valueless_record_number = 1200 where landed_count = 5"
        )
        connection.execute(
            "update marts.report_reconciliation set unique_valueless_count = 2, first_valueless_record_number = 4"
            " where landed_count <> 5"
        )
    line = (
        "8 activities have no value that can be read, such as stars or credits: 7 of 9 of the type session_joined, 1 of"
        " 0 of the type liked. One is record 1,200 of b.csv; all reports with such records: marts.report_reconciliation"
        " (unique_valueless_count)."
    )
    assert line in printed(published)


def test_one_of_a_thing_and_none_are_said_as_such(published: Path) -> None:
    with connect(published) as connection:
        connection.execute("update marts.report_reconciliation set record_count = 1, duplicate_count = 1")
        connection.execute("delete from marts.report_reconciliation where landed_count = 5")
    lines = printed(published)
    assert any(line.startswith("1 report holds 1 record: ") for line in lines)
    assert any("; 1 record is a duplicate, because" in line for line in lines)
    with connect(published) as connection:
        connection.execute("delete from marts.report_reconciliation")
    assert printed(published)[1].startswith("No record was loaded.")


def test_the_figures_and_findings_of_the_page_are_said(published: Path) -> None:
    lines = printed(published)
    begins = lines.index("At a glance, as on the page")
    assert lines[begins + 1 : begins + 8] == [
        "1 person came to a session: of 2 with an account; 1 did anything on the platform",
        "56 % of planned visits took place: 5 of 9; planned: the session was in a person's own schedule",
        "75 % of attendances lasted to the end: 3 of 4 (2 proven, 4 possible); attendance: one person in one"
        " session; to the end: until 80 % of it was over",
        "2 hours attended, likely: 1 proven, 3 possible; sessions held: 2",
        "5.0 stars on average: 1 review by 1 person; the most is 5 stars",
        "Large drew the most people: 3 of the 1 who came to any session (1 proven, 4 possible). No other session can"
        " have had more. 2 of them stayed to the end (1 proven, 3 possible).",
        "4 of the 8 people who had planned Large did not come.",
    ]


def test_with_several_events_the_page_of_everything_is_named(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "read_events", lambda: [Event(name, (Part("s"),)) for name in ("May", "All of May")])
    assert "At a glance: all activities, as on everything.html" in printed(published)


def test_two_sessions_of_one_name_have_their_start(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever zone a fork has set.
    settings = read_settings() | {"reporting_time_zone": "Europe/Zurich"}
    monkeypatch.setattr(summary, "read_settings", lambda: settings)
    with connect(published) as connection:
        for table in ("fct_sessions", "fct_session_attendance"):
            connection.execute(f"update marts.{table} set session_name = 'Call' where session_type = 'session'")
        connection.execute("update marts.fct_sessions set started_at = timestamp '2026-05-12 08:00' where rowid = 0")
    lines = printed(published)
    attendance = lines.index("session attended proven likely possible")
    assert lines[attendance + 1].startswith("Call (12 May 2026, 10:00) 2 ")
    assert lines[attendance + 2].startswith("Call (s:2) 1 ")


def test_sessions_without_a_left_are_in_the_first_lines(published: Path) -> None:
    first = "1 of 2 sessions has hardly any record of leaving (Left), and no schedule says when it ended."
    assert not any(line.startswith(first) for line in printed(published))
    with connect(published) as connection:
        connection.execute("update marts.fct_session_attendance set left_count = 0")
        connection.execute("update marts.fct_sessions set window_source = 'inferred'")
    lines = printed(published)
    [place] = [number for number, line in enumerate(lines) if line.startswith(first)]
    assert lines[place - 1].endswith("because a newer download holds the same.")
    assert lines[place].endswith("Fix: a row for each in seeds/site/session_schedule.csv.")


def test_a_name_of_thousands_of_letters_is_cut_off(published: Path) -> None:
    with connect(published) as connection:
        for table in ("fct_sessions", "fct_session_attendance"):
            connection.execute(
                f"update marts.{table} set session_name = repeat('x', 3000) where session_name = 'Large'"
            )
    lines = printed(published)
    assert max(map(len, lines)) < 500
    assert [line.split()[0] for line in lines if line.startswith("x") and " … " in line] == ["x" * 98]


@pytest.mark.parametrize(
    ("rows", "room", "widths"),
    [
        ([["name", "n"], ["Ada Okafor", "12"]], 80, [10, 2]),
        ([["name", "n"], ["Ada Okafor", "12"]], 10, [8, 2]),
        # The second line of a name is indented.
        ([["name", "n"], ["Ada Okafor", "12"]], 9, None),
        ([["n", "name"], ["12", "Ada Okafor"]], 8, [2, 6]),
        ([["", "n"], ["", "1"]], 5, [0, 1]),
    ],
)
def test_a_column_is_as_wide_as_its_longest_word_at_least(
    rows: list[list[str]], room: int, widths: list[int] | None
) -> None:
    assert summary.column_widths(rows, room) == widths


def test_where_no_word_fits_beside_another_they_stand_below_each_other() -> None:
    console = Console(file=StringIO(), width=12)
    with duckdb.connect() as connection:
        left_out = summary.print_table(
            connection.execute("select 'Ramanathibrekkud' as who, 'b' as wherever union all select 'x', 'y'"),
            console,
            1,
        )
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue() == "who:\n  Ramanathib\n  rekkud\nwherever: b\n\n"
    assert left_out == 1


def test_what_to_look_at_is_said_for_each_site(published: Path) -> None:
    lines = printed(published)
    assert {
        "No activity of a on 2026-05-13, 2026-05-16 to 2026-05-17: a quiet day, or one that no download covers.",
        "10 activities of a have no user id, 7 of them of 2 people with an e-mail (restricted.guests). They count for"
        " no user.",
        "1 pair of users of a may be one person with two ids (restricted.same_user_candidates). They count as two"
        " until seeds/site/same_user.csv says otherwise.",
    } <= set(lines)
    [of_a] = [line for line in lines if line.startswith("The newest activity of a")]
    assert of_a.startswith("The newest activity of a is 3 days old (")
    assert any(line.startswith("The newest activity of b is of today (") for line in lines)
    assert not any(" of b on " in line or " of b have " in line for line in lines)


def test_unknown_words_are_listed_with_the_fix_the_most_frequent_first(published: Path) -> None:
    with connect(published) as connection:
        # Another site has the same words.
        connection.execute(
            "insert into marts.unrecognised_activities values (4, 'Common', '', 'review_submitted', 0.9)"
        )
    lines = printed(published)
    [headline] = [number for number, line in enumerate(lines) if line.startswith("3 activities have words")]
    assert "Fix: make name" in lines[headline]
    assert "docs/reference/activity_types.md" in lines[headline]
    assert lines[headline + 2 : headline + 4] == ["Common / 6 review_submitted", "Rare / [x] 1 –"]


def test_the_first_line_says_how_much_was_understood_and_what_is_missing(published: Path) -> None:
    # 9 of 11 are more than the minimum of 0.8; a weak candidate makes no result missing.
    assert printed(published)[:2] == [
        "",
        "Understood 9 of 11 records (81 %). 1 more is named as something else. 1 record is not understood. Therefore"
        " missing: reviews. Too low: points and the leaderboard.",
    ]


def test_below_the_minimum_the_fix_is_in_the_first_line_and_no_leaderboard_is_shown(published: Path) -> None:
    with connect(published) as connection:
        connection.execute("update marts.report_reconciliation set landed_understood_count = 4")
    lines = printed(published)
    assert lines[1].startswith("Understood 8 of 11 records (72 %).")
    assert lines[1].endswith(" Fix: make name")
    assert "Ada" not in "".join(lines)
    assert lines[lines.index("Leaderboard, an estimate: the report carries no points") + 1] == (
        "Only 72 % of the records are understood, so totals and rankings would mislead. They are shown from 80 % on"
        " (minimum_understood_ratio). Fix: make name"
    )


def test_where_no_word_is_left_to_name_the_setting_is_the_fix(published: Path) -> None:
    with connect(published) as connection:
        connection.execute(
            "update marts.report_reconciliation set landed_understood_count = 1, landed_other_activity_count = 4"
        )
    [headline, *_] = [line for line in printed(published) if line]
    assert headline.startswith("Understood 2 of 11 records (18 %). 8 more are named as something else.")
    assert "make name" not in headline
    assert " Fix: 8 records are named as something else. If that is right, set minimum_understood_ratio" in headline
    assert " to 0.27 or less." in headline


def test_the_leaderboard_of_each_site_is_its_own(published: Path) -> None:
    with connect(published) as connection:
        connection.execute("insert into marts.fct_leaderboard values ('all_time', 1, 'b', 20, 'r')")
    lines = printed(published)
    heading = lines.index("Leaderboard, an estimate: the report carries no points")
    assert lines[heading + 1 : heading + 5] == ["rank who points site", "1 Bo 20 r", "1 Ada 30 s", "2 Bo 10 s"]


def test_an_empty_result_says_why(published: Path) -> None:
    with connect(published) as connection:
        connection.execute("truncate marts.fct_session_attendance; truncate marts.fct_leaderboard")
    lines = printed(published)
    assert "No record was understood as joining a session." in lines
    assert "No record was understood as an activity that earns points." in lines


def test_what_is_not_there_is_not_told(published: Path) -> None:
    with connect(published) as connection:
        connection.execute(
            "update marts.report_reconciliation"
            " set rejected_count = 0, forgotten_count = 0, unique_unrecognised_count = 0;"
            "truncate marts.user_report_reconciliation; truncate marts.unrecognised_activities"
        )
    text = "\n".join(printed(published))
    assert not [word for word in ("Why records", "no name yet", "unique users", "herefore") if word in text]


def test_public_sessions_and_the_leaders_of_all_time_are_shown_in_order(published: Path) -> None:
    lines = printed(published)
    table = lines.index("session attended proven likely possible")
    assert lines[table + 1 : table + 4] == ["Large 2 (1 to 3) 1 2 3", "Small 1 (all proven) 10 11 12", ""]
    table = lines.index("rank who points")
    assert lines[table + 1 : table + 4] == ["1 Ada 30", "2 Bo 10", ""]


def said(*reports: Row) -> list[str]:
    """The lines that are printed of some rows of report_changes."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(REPORT_CHANGES)
        for report in reports:
            row = QUIET | report
            places = ", ".join("?" * len(row))
            connection.execute(
                f"insert into marts.report_changes ({', '.join(row)}) values ({places})", list(row.values())
            )
        output = StringIO()
        summary._print_changes(connection, Console(file=output, width=120))
    return output.getvalue().splitlines()


def test_everything_that_changed_is_said_in_a_line() -> None:
    lines = said(
        {
            "file_name": "week_2.csv",
            "has_changed": True,
            "change_reasons": "columns, format, rejected records, unrecognised records, skipped hours",
            "appeared_columns": "Room",
            "vanished_columns": "label",
            "format_changes": "delimiter ; instead of ,",
            "rejected_ratio": 0.125,
            "unrecognised_ratio": 0.03,
            "nonexistent_hour_count": 4,
        }
    )
    assert lines == [
        "",
        "What changed in the newest reports since the ones before them (all of it: marts.report_changes):",
        "week_2.csv: new columns: Room; columns gone: label; delimiter ; instead of ,; 12.5 % of the records are"
        " rejected; 3.0 % of the records are of a kind that no alias knows; 4 records in an hour that […]",
    ]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"new_category_actions": "Badge / Won", "new_activity_types": "content_liked"}, "Badge / Won"),
        ({"new_activity_types": "content_liked"}, "content_liked"),
    ],
    ids=["pairs", "types alone"],
)
def test_new_activities_are_said_by_their_words(found: Row, words: str) -> None:
    # Words in brackets are no markup.
    (line,) = said({"file_name": "[b]a.csv", "has_changed": True, "change_reasons": "activity types", **found})[-1:]
    assert line == f"[b]a.csv: new activities: {words}"


def test_nothing_is_said_of_older_reports_nor_of_those_without_changes() -> None:
    changed: Row = {"has_changed": True, "change_reasons": "columns", "appeared_columns": "Room"}
    assert said({"file_name": "old.csv", "is_newest": False, **changed}, {"file_name": "b", "has_changed": False}) == []


def test_a_share_is_only_said_where_it_is_a_reason() -> None:
    lines = said(
        {
            "file_name": "a.csv",
            "has_changed": True,
            "change_reasons": "format",
            "format_changes": "encoding x",
            "rejected_ratio": 0.5,
            "unrecognised_ratio": 0.5,
            "nonexistent_hour_count": 9,
        }
    )
    assert lines[-1] == "a.csv: encoding x"


def test_no_more_than_three_reports_are_said() -> None:
    changed: Row = {"has_changed": True, "change_reasons": "columns", "appeared_columns": "Room"}
    lines = said(*({"file_name": f"{site}.csv", "site_id": site, **changed} for site in "edcba"))
    assert [line.split(":")[0] for line in lines[-4:]] == ["a.csv", "b.csv", "c.csv", "and 2 more reports"]
