"""The files of seeds/site/ as a user may save them: what is read, what is refused with its message, what has no use."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import ROOT, Project
from naming.clashes import clashing_aliases
from naming.effects import Known, Session, doubtful_corrections, read_known, rows_without_effect
from naming.seed_csv import SeedError
from naming.seed_rules import SITE_SEEDS, Column, Rules, read_rules
from naming.seed_tests import as_table, broken_by
from naming.seed_values import LARGEST
from naming.site_seeds import check, check_site_seeds, copy_name, replace_site_seeds
from warehouse.project_copy import copy_to

RULES = read_rules(ROOT)
SCHEDULE = "site_id,content_id,session_type,starts_at,ends_at,time_zone\n"
CORRECTIONS = "site_id,user_id,session_key,session_date,minutes,attended,reason,decided_by,decided_at\n"
ENGAGEMENT_PARTS = ("attendance", "conversation", "feedback", "reaction", "browsing", "learning", "networking")
RESETS = "site_id,reset_at,note\n"
ALIASES = "site_id,category_pattern,action_pattern,label_state,activity_type,priority,note\n"
READ = ("main", "4106", "session", "2024-05-13 10:00:00", "2024-05-13 11:00:00", "UTC")


def checked(text: str, name: str = "session_schedule") -> tuple[tuple[str, ...], ...]:
    """The rows of a file that is in order."""
    return check(text.encode(), f"{name}.csv", RULES[name]).rows


def refused(text: str, name: str = "session_schedule") -> list[str]:
    """The sentences about a file that is not."""
    with pytest.raises(SeedError) as caught:
        checked(text, name)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("form", ["bom", "float_id", "semicolons", "us_dates"])
def test_the_forms_of_the_field_are_read(form: str) -> None:
    content = (ROOT / "tests" / "fixtures" / "site_seeds" / f"seed_{form}.txt").read_bytes()
    found = check(content, "session_schedule.csv", RULES["session_schedule"])
    assert (found.rows, found.is_as_written) == ((READ,), False)


LINES = (SCHEDULE.strip(), ",".join(READ))


@pytest.mark.parametrize(
    "text",
    [
        # the ends of lines of an old Excel for Mac, and two of them
        "\r".join(LINES) + "\r",
        "\r\n".join(LINES) + "\n",
        # rows of blank cells, which dbt would read as rows
        "\n".join((*LINES, ",,,,,", "")),
        "\n".join((",,,,,", "", *LINES)),
        "\r\n".join(("sep=;", *LINES)).replace(",", ";"),
        "\n".join(('"sep=,"', *LINES)),
        "\n".join(LINES).replace(",", "|"),
    ],
)
def test_what_dbt_would_read_otherwise_has_a_copy(text: str) -> None:
    found = check(text.encode(), "session_schedule.csv", RULES["session_schedule"])
    assert (found.rows, found.is_as_written) == ((READ,), False)


def test_a_file_in_utf_16_without_a_mark_is_named() -> None:
    with pytest.raises(SeedError, match="UTF-16"):
        check(SCHEDULE.encode("utf-16-le"), "session_schedule.csv", RULES["session_schedule"])


def test_an_ambiguous_date_of_the_field_is_refused_with_the_fix() -> None:
    text = (ROOT / "tests" / "fixtures" / "site_seeds" / "seed_uk_dates_ambiguous.txt").read_text()
    assert refused(text)[0] == (
        "session_schedule.csv, line 2: starts at `05/06/2024 10:00` can be 2024-06-05 or 2024-05-06."
        " Fix: write it as year-month-day, such as 2024-06-05 10:00."
    )


@pytest.mark.parametrize("name", RULES)
def test_the_shipped_files_are_in_order_and_dbt_reads_them_themselves(name: str) -> None:
    assert check((ROOT / SITE_SEEDS / f"{name}.csv").read_bytes(), f"{name}.csv", RULES[name]).is_as_written


def test_every_seed_and_every_column_has_rules() -> None:
    assert {f"{name}.csv" for name in RULES} == {path.name for path in (ROOT / SITE_SEEDS).glob("*.csv")}
    for name, rules in RULES.items():
        columns = rules.columns
        header = (ROOT / SITE_SEEDS / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        assert set(header) <= {column.name for column in columns}
        assert {column.type for column in columns} <= {"string", "integer", "boolean", "timestamp", "date"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-13 10:00", "2024-05-13 10:00:00"),
        ("2024-05-13T10:00:05", "2024-05-13 10:00:05"),
        ("2024-05-13", "2024-05-13 00:00:00"),
        ("13.5.2024 9:05", "2024-05-13 09:05:00"),
        ("5.6.2024 9:05", "2024-06-05 09:05:00"),
        ("5/13/24 1:05 PM", "2024-05-13 13:05:00"),
        ("5/13/2024 12:05 AM", "2024-05-13 00:05:00"),
        ("13/05/2024 12:05 pm", "2024-05-13 12:05:00"),
        ("05/05/2024 10:00", "2024-05-05 10:00:00"),
        ("2024-05-13T10:00:00Z", "2024-05-13 10:00:00"),
        ("2024-05-13T10:00:00.250+00:00", "2024-05-13 10:00:00.250000"),
        ("2024-05-13 10:00 UTC", "2024-05-13 10:00:00"),
    ],
)
def test_dates_are_read_as_a_spreadsheet_writes_them(written: str, read: str) -> None:
    assert checked(f"{RESETS}main,{written},\n", "point_resets")[0][1] == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("45425.4166666667", "is a spreadsheet's number of a day, 2024-05-13 10:00:00 in most of them. Fix: give "),
        ("45425", "is a spreadsheet's number of a day, 2024-05-13 00:00:00 in most of them. Fix: give "),
        (
            "2024-05-13T10:00:00+02:00",
            "has an offset, and the column is in UTC. Fix: write 2024-05-13 08:00:00.",
        ),
        ("2024-05-13T10:00:00-0530", "has an offset, and the column is in UTC. Fix: write 2024-05-13 15:30:00."),
        ("12345", "is no date. Fix: "),
        ("13/05/2567 10:00", "is of the Buddhist calendar. Fix: write it as 2024-05-13 10:00:00."),
        ("2567-05-13", "is of the Buddhist calendar. Fix: write it as 2024-05-13 00:00:00."),
    ],
)
def test_a_date_that_means_something_else_is_refused_with_what_it_would_be(written: str, said: str) -> None:
    [sentence] = refused(f"{RESETS}main,{written},\n", "point_resets")
    assert sentence.startswith(f"point_resets.csv, line 2: reset at `{written}` {said}")


def test_a_time_in_utc_is_refused_beside_another_time_zone() -> None:
    [sentence, *_] = refused(f"{SCHEDULE}m,1,session,2024-05-13T10:00Z,2024-05-13 13:00,Europe/Zurich\n")
    assert sentence == (
        "session_schedule.csv, line 2: starts at `2024-05-13T10:00Z` is 2024-05-13 10:00:00 in UTC, and the time zone"
        " of the line is Europe/Zurich. Fix: write the time of Europe/Zurich, without Z."
    )


@pytest.mark.parametrize(
    ("starts_at", "zone", "said"),
    [
        (
            "2026-03-29 02:30",
            "Europe/Zurich",
            "skipped. Fix: write the time that they showed, such as 2026-03-29 03:30:00.",
        ),
        (
            "2026-10-25 02:30",
            "Europe/Zurich",
            "showed twice. Fix: write the times of the line in UTC, with UTC as time zone: it is 2026-10-25 00:30:00 or"
            " 2026-10-25 01:30:00.",
        ),
        (
            "2026-10-04 02:15",
            "Australia/Lord_Howe",
            "skipped. Fix: write the time that they showed, such as 2026-10-04 02:45:00.",
        ),
    ],
)
def test_a_time_of_an_hour_that_the_clocks_changed_is_refused(starts_at: str, zone: str, said: str) -> None:
    assert refused(f"{SCHEDULE}m,1,session,{starts_at},2027-01-01 10:00,{zone}\n") == [
        f"session_schedule.csv, line 2: starts at `{starts_at}` is a time that the clocks of {zone} {said}"
    ]
    assert refused(f"{SCHEDULE}m,1,session,2026-01-01 10:00,{starts_at},{zone}\n")[0].startswith(
        f"session_schedule.csv, line 2: ends at `{starts_at}` is a time that the clocks of {zone} "
    )
    for other in ("", "UTC", "Asia/Tokyo"):
        assert checked(f"{SCHEDULE}m,1,session,{starts_at},2027-01-01 10:00,{other}\n")


@pytest.mark.parametrize("written", ["03:00", "01:59:59"])
def test_the_times_beside_a_skipped_hour_are_read(written: str) -> None:
    text = f"{SCHEDULE}m,1,session,2026-03-29 {written},2026-03-29 12:00,Europe/Zurich\n"
    assert checked(text)[0][3].startswith(f"2026-03-29 {written}")


def test_one_date_of_a_file_shows_the_order_of_the_others() -> None:
    text = f"{RESETS}main,05/06/2024 10:00,\nmain,13/06/2024 10:00,\n"
    assert [row[1] for row in checked(text, "point_resets")] == ["2024-06-05 10:00:00", "2024-06-13 10:00:00"]


def test_an_id_that_counts_for_another_is_itself_no_other() -> None:
    text = "site_id,user_id,same_as_user_id\nmain,1,2\nmain,2,3\nother,3,1\nother,4,1\n"
    assert refused(text, "same_user") == [
        "same_user.csv, line 2: same as user id `2` is itself the same as `3`, by line 3. Fix: write the id that stays"
        " in both lines."
    ]


def test_both_ids_of_a_line_are_read_as_those_of_the_reports() -> None:
    text = "site_id,user_id,same_as_user_id,note\nmain,7002.0,\u00a07001.0,\n"
    assert checked(text, "same_user") == (("main", "7002", "7001", ""),)


@pytest.mark.parametrize(
    "written", ["4101.0", "4101,00", "'4101", '="4101"', "=4101", "\u0664\u0661\u0660\u0661", "\u200b4101"]
)
@pytest.mark.parametrize("header", ["user_id", "content_id", "same_as_user_id"])
def test_an_id_is_read_as_one_of_the_reports(header: str, written: str) -> None:
    quoted = written.replace('"', '""')
    found = check(f'{header}\n"{quoted}"\n'.encode(), "x.csv", Rules((Column(header, "string"),)))
    assert (found.rows, found.is_as_written) == ((("4101",),), False)


@pytest.mark.parametrize("written", ["4.1E+09", "4,1e+9", "###", "#NAME?", "#DIV/0!", "#¡REF!", "Err:502"])
def test_an_id_that_a_spreadsheet_has_lost_is_refused(written: str) -> None:
    assert refused(f'site_id,user_id,email\nm,"{written}",\n', "staff") == [
        f"staff.csv, line 2: user id `{written}` is what a spreadsheet shows when it has lost an id. Fix: write the id,"
        " in a column with the format of a text."
    ]


@pytest.mark.parametrize("name", RULES)
def test_a_number_of_a_seed_has_bounds(name: str) -> None:
    """The largest number that the type holds has no meaning, and dbt would stop with an overflow or multiply by it."""
    rules = RULES[name]
    row = {"string": "a", "boolean": "true", "timestamp": "2024-05-13 10:00:00", "date": "2024-05-13"}
    for column in rules.columns:
        if column.type == "integer" and column.name != "priority":  # Only the order of priorities counts.
            line = [str(LARGEST - 1) if one == column else row.get(one.type, "1") for one in rules.columns]
            with as_table(rules.columns, {2: line}) as connection:
                said = [broken.text for test in rules.tests for broken in broken_by(connection, test, rules.columns)]
            assert any(f"{column.in_words} is `{LARGEST - 1}`" in one and "at most" in one for one in said), column


@pytest.mark.parametrize("written", ["2024-13-01", "31/31/2024", "tomorrow", "2024-05-13 25:00", "2024-05-13 13:00 PM"])
def test_what_is_no_date_is_said(written: str) -> None:
    assert refused(f"{SCHEDULE}main,1,session,{written},,\n") == [
        f"session_schedule.csv, line 2: starts at `{written}` is no date. Fix: write it as 2026-05-12 09:00:00."
    ]


def test_all_that_is_wrong_is_said_at_once_with_the_nearest_value() -> None:
    text = f"{ALIASES}main,a,,any,session joined,50,\n\nmain,b,,sometimes,chat_message_sent,high,\n"
    assert refused(text, "site_activity_aliases") == [
        "site_activity_aliases.csv, line 2: unknown activity type `session joined`; did you mean `session_joined`?",
        "site_activity_aliases.csv, line 4: unknown label state `sometimes`; it is one of any, blank, present.",
        "site_activity_aliases.csv, line 4: priority `high` is no whole number. Fix: write it such as 2.",
    ]


def test_fields_may_be_missing_at_the_end_and_defaults_fill_them() -> None:
    rows = checked(f"{ALIASES}main,Badge,Won\nmain,Cup,,,other_activity,50.0\n", "site_activity_aliases")
    assert rows == (
        ("main", "Badge", "Won", "any", "", "50", "", ""),
        ("main", "Cup", "", "any", "other_activity", "50", "", ""),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "site_id,content_id,session_type,start_at,ends_at\n",
            "line 1: unknown column `start_at`; did you mean `starts_at`?",
        ),
        (
            "site_id,content_id,session_type,starts_at\n",
            "line 1: the column `ends_at` is missing. Fix: the first line is",
        ),
        (SCHEDULE + "main,1,session,,,UTC,more\n", "line 2: it has 7 fields, and the first line has 6. Fix: "),
        (SCHEDULE.replace("time_zone", "site_id"), "line 1: the column `site_id` is there twice."),
    ],
)
def test_a_header_or_a_row_of_another_form_is_said(text: str, said: str) -> None:
    assert refused(text)[0].startswith(f"session_schedule.csv, {said}")


@pytest.mark.parametrize(
    ("written", "read"),
    [("TRUE", "true"), ("no", "false"), ("", "false"), ("WAHR", "true"), ("FALSCH", "false"), ("VRAI", "true")],
)
def test_yes_and_no_are_read(written: str, read: str) -> None:
    text = (
        "contest_id,contest_name,site_id,starts_at,ends_at,follows_resets,tag,excludes_staff\n"
        f"all_time,All,,,,no,,no\nc,C,,,,{written},,no\n"
    )
    assert checked(text, "contests")[1][5] == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("30,5", "is no whole number. Fix: write it such as 2."),
        ("1.000", "is no whole number. Fix: write it as 1000."),
        ("1,000", "is no whole number. Fix: write it as 1000."),
        ("99999999999", "is too large. Fix: write a number below 2,147,483,648."),
    ],
)
def test_a_number_is_not_cut(written: str, said: str) -> None:
    text = f"activity_type;weight\nsession_joined;{written}\n"
    assert refused(text, "lead_weights") == [f"lead_weights.csv, line 2: weight `{written}` {said}"]


def test_a_decimal_may_be_written_with_a_comma() -> None:
    rules = Rules((Column("minutes", "double"), Column("note", "string")))
    assert check(b"minutes;note\n30,5;a\n-2;b\n", "x.csv", rules).rows == (("30.5", "a"), ("-2", "b"))
    with pytest.raises(SeedError, match=r"line 2: minutes `1\.000,5` is no number\. Fix: write it such as 2\.5\."):
        check(b"minutes;note\n1.000,5;a\n", "x.csv", rules)


MULTIPLIERS = "site_id,content_id,multiplier,valid_from,valid_until\n"
CORRECTIONS = "site_id,user_id,session_key,session_date,minutes,attended,reason,decided_by,decided_at\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "session_schedule",
            SCHEDULE + "m,1,session,2024-05-13 10:00,2024-05-13 09:00,UTC\n",
            "line 2: starts at is `2024-05-13 10:00:00` and ends at is `2024-05-13 09:00:00`."
            " That breaks the rule: starts before it ends. Fix: correct the line.",
        ),
        (
            "session_schedule",
            SCHEDULE + "m,1,session,2024-05-13 10:00,2024-05-13 12:00,Europe/Zürich\n",
            "line 2: unknown time zone `Europe/Zürich`; did you mean `Europe/Zurich`?",
        ),
        (
            "session_schedule",
            SCHEDULE + "m,1,session,2024-05-13 10:00,2024-05-13 12:00,W. Europe Standard Time\n",
            "line 2: unknown time zone `W. Europe Standard Time`; did you mean `Europe/Berlin`?",
        ),
        (
            "session_schedule",
            SCHEDULE + "m,1,session,2024-05-13 10:00,2024-05-13 12:00,Eastern Time\n",
            "line 2: unknown time zone `Eastern Time`; did you mean `America/New_York`?",
        ),
        (
            "session_schedule",
            SCHEDULE + "m,1,session,2024-05-13 10:00,2024-05-13 12:00,CEST\n",
            "line 2: unknown time zone `CEST`; IANA zone of starts_at and ends_at, such as Europe/Zurich;",
        ),
        ("exhibitors", "site_id,content_id,exhibitor_name,company\nm,,A,\n", "line 2: content id is blank. Fix: fill "),
        (
            "exhibitors",
            "site_id,content_id,exhibitor_name,company\nm,1,,A\n",
            "line 2: exhibitor name is blank. That breaks the rule: exhibitor is named. Fix: correct the line.",
        ),
        (
            "exhibitors",
            "site_id,content_id,exhibitor_name,company\nm,1,A,\n\nm,1,B,\n",
            "line 4: site id is `m` and content id is `1`, as in line 2. Fix: keep one of the two lines.",
        ),
        *(
            (
                "attendance_corrections",
                CORRECTIONS + row,
                f"line 2: {blank} is blank. That breaks the rule: {rule}. Fix:",
            )
            for row, blank, rule in (
                ("m,7,m:1,2024-05-13,30,,,Mo,2024-05-14\n", "reason", "has a reason"),
                ("m,7,m:1,2024-05-13,30,,sheet,,2024-05-14\n", "decided by", "says who decided"),
                ("m,7,m:1,2024-05-13,30,,sheet,Mo,\n", "decided at", "says when it was decided"),
            )
        ),
        ("staff", "site_id,user_id,email\nm,,\n", "line 2: user id is blank and email is blank. That breaks the rule"),
        (
            "staff",
            "site_id,user_id,email\nm,,A@x\nm,,a@X\n",
            "line 3: site id is `m`, user id is blank and email is `a@X`",
        ),
        (
            "content_multipliers",
            MULTIPLIERS + "m,1,-2,,\n",
            "line 2: multiplier is `-2`. That breaks the rule: multiplier is not negative. Fix: ",
        ),
        (
            "content_multipliers",
            MULTIPLIERS + "m,1,2,2024-01-01,\nm,1,3,2024-02-01,\n",
            "line 3: site id is `m` and content id is `1`. That breaks the rule: spans do not overlap. Fix: ",
        ),
        ("lead_weights", "activity_type,weight\nsession_joined,\n", "line 2: weight is blank. That breaks the rule"),
        (
            "engagement_weights",
            "engagement_part,weight,full_amount,unit\natendance,1,1,x\n",
            "line 2: unknown engagement part `atendance`; did you mean `attendance`?",
        ),
        (
            "engagement_weights",
            "engagement_part,weight,full_amount,unit\nattendance,1,1,x\n",
            "line 1: the line with the engagement part `conversation` is missing. Fix: put it back.",
        ),
        (
            "engagement_weights",
            "engagement_part,weight,full_amount,unit\n" + "".join(f"{part},0,1,x\n" for part in ENGAGEMENT_PARTS),
            "line 2: weight is `0`. That breaks the rule: not all weights are 0. Fix: ",
        ),
        (
            "contests",
            "contest_id,contest_name,site_id,starts_at,ends_at,follows_resets,tag,excludes_staff\nc,C,,,,no,,no\n",
            "line 1: the line with the contest id `all_time` is missing. Fix: put it back.",
        ),
        (
            "site_activity_aliases",
            ALIASES + "m,Talk,Sent,any,chat_message_sent,50,\nm,talk,sent,,comment_posted,,\n",
            "line 3: site id is `m`, category pattern is `talk`, action pattern is `sent`, label state is `any`,",
        ),
    ],
)
def test_what_dbt_would_test_is_said_with_the_line(name: str, text: str, said: str) -> None:
    assert refused(text, name)[0].startswith(f"{name}.csv, {said}")


def test_dbt_tests_nothing_of_a_seed_that_the_check_does_not() -> None:
    assert {name: rules.left_to_dbt for name, rules in RULES.items() if rules.left_to_dbt} == {}
    row = {"string": "a", "integer": "1", "boolean": "true", "timestamp": "2024-05-13 10:00:00", "date": "2024-05-13"}
    for name, rules in RULES.items():
        lines = {2: [row[column.type] for column in rules.columns]}
        with as_table(rules.columns, lines) as connection:
            for test in rules.tests:
                try:
                    broken_by(connection, test, rules.columns)
                except duckdb.Error as error:
                    pytest.fail(f"DuckDB cannot run {test.name} on {name}.csv alone: {error}")


def test_a_rule_that_is_new_in_the_yaml_is_checked(seeds: Path) -> None:
    path = seeds / SITE_SEEDS / "same_thing.yml"
    path.write_text(
        "seeds:\n- name: same_thing\n  config: {column_types: {one: string, other: string, unit: string}}\n"
        "  columns:\n  - {name: one, data_tests: [not_null]}\n"
        "  - {name: unit, data_tests: [{accepted_values: {values: [hour, minute]}}]}\n"
        "  data_tests:\n"
        "  - {row_checks: {arguments: {expectations: {is_another: one is null or one <> other}}}}\n"
        # dbt alone runs a test that warns, one of some of the rows, and one that reads a model.
        "  - {row_checks: {config: {severity: warn}, arguments: {expectations: {never: 1 = 0}}}}\n"
        "  - {row_checks: {config: {where: 1 = 0}, arguments: {expectations: {never: 1 = 0}}}}\n"
        "  - {sums_match: {arguments: {expression: count(*), to: ref('a_model'), to_expression: count(*)}}}\n"
        "  - names_somebody\n"
    )
    assert read_rules(seeds)["same_thing"].left_to_dbt == ("row_checks where", "names_somebody")
    (seeds / SITE_SEEDS / "same_thing.csv").write_text("one,other,unit\na,a,hour\n,b,hours\n,b,hour\n")
    with pytest.raises(SeedError) as caught:
        check_site_seeds(seeds)
    assert str(caught.value).splitlines() == [
        "same_thing.csv, line 2: one is `a` and other is `a`. That breaks the rule: is another. Fix: correct the line.",
        "same_thing.csv, line 3: unknown unit `hours`; did you mean `hour`?",
        "same_thing.csv, line 4: one is blank. Fix: fill it in.",
    ]


def test_what_is_neither_true_nor_false_is_said() -> None:
    text = "contest_id,contest_name,site_id,starts_at,ends_at,follows_resets,tag,excludes_staff\nc,C,,,,maybe,,no\n"
    assert refused(text, "contests") == [
        "contests.csv, line 2: follows resets `maybe` is neither true nor false. Fix: write true or false."
    ]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The files of seeds/, in a folder of the test's own."""
    copy_to(tmp_path)
    return tmp_path


def test_the_users_file_stays_and_an_old_copy_goes(seeds: Path) -> None:
    path = seeds / SITE_SEEDS / "session_schedule.csv"
    content = (ROOT / "tests" / "fixtures" / "site_seeds" / "seed_semicolons.txt").read_bytes()
    path.write_bytes(content)
    assert check_site_seeds(seeds) == ["session_schedule.csv"]
    assert path.read_bytes() == content
    [copy] = (seeds / "target" / "site_seeds").iterdir()
    assert copy.name == copy_name(path)
    assert copy.read_text() == SCHEDULE + ",".join(READ) + "\n"

    path.write_bytes(content.replace(b"4106", b"4107"))
    check_site_seeds(seeds)
    [changed] = (seeds / "target" / "site_seeds").iterdir()
    assert changed != copy and "4107" in changed.read_text()

    replace_site_seeds(seeds, ["session_schedule.csv"])
    assert path.read_text() == SCHEDULE + ",".join(READ).replace("4106", "4107") + "\n"
    assert check_site_seeds(seeds) == []
    assert list((seeds / "target" / "site_seeds").iterdir()) == []


def test_the_files_are_refused_together_and_no_copy_is_written(seeds: Path) -> None:
    (seeds / SITE_SEEDS / "session_schedule.csv").write_text(SCHEDULE + "main,1,sesion,,,\n")
    (seeds / SITE_SEEDS / "staff.csv").write_bytes(b"site_id;user_id;email\nmain;5;caf\xe9\n")
    (seeds / SITE_SEEDS / "teams.csv").write_text("site_id;team_name;user_id;email\nmain;A;5;\n")
    with pytest.raises(SeedError) as caught:
        check_site_seeds(seeds)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "session_schedule.csv, line 2",
        "staff.csv, line 2",
    ]
    assert not (seeds / "target" / "site_seeds").exists()


KNOWN = Known(
    pages={"main": {"4106"}},
    # One counts for another (same_user.csv).
    users={"main": {"5", "6"}},
    emails={"main": {"ada@x.example"}},
    words=[("main", "Talk", "Sent")],
    sites=frozenset({"main"}),
    sessions={
        "main": {
            "main:4106": Session("4106", "2026-05-12", 90),
            "main:planned": Session("planned", None, None),
            "main:weekly": Session("weekly", "2026-05-05", 90),
            "main:weekly:2": Session("weekly", "2026-05-12", 90),
            "main:weekly:3": Session("weekly", "2026-05-19", 90),
            "main:weekly:4": Session("weekly", None, None),
            "main:name:x:1": Session(None, "2026-05-12", 90),
        },
        "other": {"other:1": Session("1", "2026-05-12", 90)},
    },
)


@pytest.mark.parametrize(
    ("column", "tables", "field", "found"),
    [
        ("content_id", "marts.dim_content", "pages", {"main": {"5"}}),
        ("user_id", "marts.dim_users raw.user_names", "users", {"main": {"5"}}),
        ("email", "restricted.user_details", "emails", {"main": {"5"}}),
        ("category_pattern", "staging.base_juno__activity_patterns", "words", [("main", "5", "")]),
        ("session_key", "marts.fct_sessions", "sessions", {"main": {"5": Session("5", "2026-05-12", 90)}}),
    ],
)
def test_of_the_reports_only_what_the_rows_name_is_read(column: str, tables: str, field: str, found: Any) -> None:
    with duckdb.connect() as connection:
        # The other tables are not there.
        for table in tables.split():
            connection.execute(
                f"create schema {table.partition('.')[0]}; create table {table} as select 'main' as site_id, '5' as"
                " content_id, '5' as user_id, '5' as email, '5' as session_key, '5' as category, null as action,"
                " date '2026-05-12' as session_date, timestamp '2026-05-12 09:00:00' as window_opened_at,"
                " timestamp '2026-05-12 10:30:00' as window_closed_at"
            )
        known = read_known(connection, connection, frozenset({"main"}), frozenset({"site_id", column}))
    assert known == replace(Known({}, {}, {}, [], frozenset({"main"}), {}), **{field: found})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "session_schedule",
            SCHEDULE + "main,4107.0,session,,,\n",
            "no page of the reports has the content id `4107`.",
        ),
        ("session_schedule", SCHEDULE + "main,4106.0,session,,,\n", None),
        ("session_schedule", SCHEDULE + "main,4106,session,,,\n", None),
        (
            "session_schedule",
            SCHEDULE + "mian,4106,session,,,\n",
            "no report is of the site `mian`; did you mean `main`?",
        ),
        ("session_schedule", SCHEDULE + "sample,1,session,,,\n", None),
        ("staff", "site_id,user_id,email\nmain,8,\n", "no user of the reports has the user id `8`."),
        ("staff", "site_id,user_id,email\nmain,,ADA@x.example\n", None),
        ("attendance_corrections", CORRECTIONS + "main,5,main:4106,,60,,list,Eve,2026-05-20\n", None),
        ("attendance_corrections", CORRECTIONS + "main,5,main:planned,,60,,list,Eve,2026-05-20\n", None),
        (
            "attendance_corrections",
            CORRECTIONS + "main,8,main:4106,,60,,list,Eve,2026-05-20\n",
            "no user of the reports has the user id `8`.",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:4107,,60,,list,Eve,2026-05-20\n",
            "no session of the reports has the session key `main:4107`; did you mean `main:4106`?",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,other:1,,60,,list,Eve,2026-05-20\n",
            "no session of the reports has the session key `other:1`; the column session_key of fct_sessions",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:weekly:4,2026-05-26,60,,list,Eve,2026-05-20\n",
            "`main:weekly:4` can become the key of another session: its page has 4 sessions, and no day says which,"
            " because it has no start. Fix: give it one in session_schedule.csv.",
        ),
        # The day as a spreadsheet writes it, and a file from before there was a column for it.
        ("attendance_corrections", CORRECTIONS + "main,5,main:4106,12.05.2026,60,,list,Eve,2026-05-20\n", None),
        (
            "attendance_corrections",
            CORRECTIONS.replace("session_date,", "") + "main,5,main:4106,60,,list,Eve,2026-05-20\n",
            None,
        ),
        ("attendance_corrections", CORRECTIONS + "main,5,main:weekly:2,2026-05-12,60,,list,Eve,2026-05-20\n", None),
        ("attendance_corrections", CORRECTIONS + "main,5,main:name:x:1,2026-05-12,60,,list,Eve,2026-05-20\n", None),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:weekly:2,2026-05-19,60,,list,Eve,2026-05-20\n",
            "the session `main:weekly:2` began on 2026-05-12, and the row says 2026-05-19. Fix: the key of that day is"
            " `main:weekly:3`.",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:4106,2026-05-19,60,,list,Eve,2026-05-20\n",
            "the session `main:4106` began on 2026-05-12, and the row says 2026-05-19. Fix: write 2026-05-12, or"
            " another key.",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:weekly:2,,60,,list,Eve,2026-05-20\n",
            "session_date is blank, and `main:weekly:2` can become the key of another session: its page has 4 sessions."
            " Fix: write its day; now it is the session of 2026-05-12.",
        ),
        (
            "attendance_corrections",
            CORRECTIONS + "main,5,main:name:x:1,,60,,list,Eve,2026-05-20\n",
            "session_date is blank, and `main:name:x:1` can become the key of another session: it is a private",
        ),
        ("staff", "site_id,user_id,email\nmain,,*@x.example\n", None),
        ("staff", "site_id,user_id,email\nmain,,*@y.example\n", "no user has an e-mail like `*@y.example`."),
        ("site_activity_aliases", ALIASES + "main,talk,*,any,chat_message_sent,50,\n", None),
        (
            "site_activity_aliases",
            ALIASES + ",talks,*,any,chat_message_sent,50,\n",
            "no record has the words `talks / *`.",
        ),
        # No mart has the id that counts for another from now on.
        ("same_user", "site_id,user_id,same_as_user_id,note\nmain,6,5,\n", None),
        (
            "same_user",
            "site_id,user_id,same_as_user_id,note\nmain,eve@x.example,5,\n",
            "`eve@x.example` is no user id of the reports but looks like an e-mail. The records of a guest have no"
            " user id, so this file cannot count them for a user. restricted.guests lists them.",
        ),
        (
            "same_user",
            "site_id,user_id,same_as_user_id,note\nmain,7,5,\n",
            "no user of the reports has the user id `7`",
        ),
        (
            "site_activity_aliases",
            ALIASES + "main,talk,sent,any,,50,\n",
            "it has no activity type, so it names nothing. Fix: ",
        ),
    ],
)
def test_a_row_without_effect_is_said_with_the_reason(name: str, text: str, said: str | None, seeds: Path) -> None:
    for other in RULES:
        (seeds / SITE_SEEDS / f"{other}.csv").unlink()
    (seeds / SITE_SEEDS / f"{name}.csv").write_text(text)
    found = rows_without_effect(seeds, KNOWN, "sample")
    assert len(found) == (said is not None)
    if said:
        assert found[0].startswith(f"{name}.csv, line 2: {said}")


@pytest.mark.parametrize(("minutes", "count"), [("90", 0), ("91", 1), ("", 0)])
def test_a_correction_of_more_minutes_than_count_is_named(tmp_path: Path, minutes: str, count: int) -> None:
    copy_to(tmp_path)
    row = f"main,5,main:4106,,{minutes},true,list,Eve,2026-05-20\n"
    (tmp_path / SITE_SEEDS / "attendance_corrections.csv").write_text(CORRECTIONS + row)

    found = doubtful_corrections(tmp_path, KNOWN, "sample")

    assert len(found) == count
    if count:
        assert found[0].startswith(
            "attendance_corrections.csv, line 2: it gives 91 minutes, and only 90 count for `main:4106`"
        )


@pytest.mark.slow
def test_dbt_alone_reads_the_checked_copy_and_stops_where_there_is_none(project: Project) -> None:
    path = project.root / SITE_SEEDS / "session_schedule.csv"
    path.write_bytes((ROOT / "tests" / "fixtures" / "site_seeds" / "seed_semicolons.txt").read_bytes())
    stopped = project.dbt("seed", "--select", "session_schedule")
    assert stopped.returncode != 0
    assert "session_schedule.csv is not yet in the form that dbt reads" in stopped.stdout
    assert "Fix: make build" in stopped.stdout
    shutil.copy(ROOT / "tests" / "fixtures" / "site_seeds" / "seed_us_dates.txt", path)
    dates = project.dbt("seed", "--select", "session_schedule").stdout
    assert "session_schedule.csv, line 2: starts_at is not in the form that dbt reads: main,4106" in dates
    assert "Fix: make build" in dates
    assert "Possible Solution" not in dates
    path.write_text(SCHEDULE + "main,4106,session,2024-05-13 10:00:00,2024-05-13 11:00:00\n")
    assert "line 2: time_zone is not in the form" in project.dbt("seed", "--select", "session_schedule").stdout
    path.write_bytes((ROOT / "tests" / "fixtures" / "site_seeds" / "seed_semicolons.txt").read_bytes())

    seen = project.run(sys.executable, "scripts/check_seeds.py")
    assert seen.returncode == 0, seen.stderr
    assert "session_schedule.csv: read as a checked copy." in seen.stdout
    done = project.dbt("seed", "--select", "session_schedule", "staff")
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        [row] = connection.execute(
            "select * replace (starts_at::varchar as starts_at, ends_at::varchar as ends_at)"
            " from staging.session_schedule"
        ).fetchall()
        [(staff,)] = connection.execute("select count(*) from staging.staff").fetchall()
    assert row == READ
    assert staff == 3

    path.write_text(SCHEDULE.replace(",", ";"))
    assert "not yet in the form" in project.dbt("seed", "--select", "session_schedule").stdout


def test_two_lines_that_name_the_same_words_differently_are_said(seeds: Path) -> None:
    (seeds / SITE_SEEDS / "site_activity_aliases.csv").write_text(
        ALIASES + "main,talk*,,any,chat_message_sent,50,\n,*,sent,any,other_activity,70,\n"
        "main,Talk,*,any,comment_posted,70,\nelse,Talk,*,any,call_requested,70,\n"
    )
    with duckdb.connect() as connection:
        connection.execute(
            "create schema staging; create table staging.base_juno__activity_patterns as"
            " from (values ('main', 'Talk', 'Sent', 2), ('main', 'Talk', 'Read', 1))"
            " as v(site_id, category, action, best_type_count)"
        )
        assert clashing_aliases(connection, seeds) == [
            "site_activity_aliases.csv: line 3 (other_activity), line 4 (comment_posted) name `Talk / Sent`"
            " differently. Fix: give the one that is right a higher priority, or delete the other."
        ]
