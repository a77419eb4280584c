"""The files of seeds/site/ as a user may save them: what is read, what is refused in which words, what has no use."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Project
from naming.effects import Known, rows_without_effect
from naming.seed_csv import SeedError
from naming.site_seeds import (
    SITE_SEEDS,
    check,
    check_site_seeds,
    copy_name,
    read_rules,
    replace_site_seeds,
)
from warehouse.project_copy import copy_to

RULES = read_rules(ROOT)
SCHEDULE = "site_id,content_id,session_type,starts_at,ends_at,time_zone\n"
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


@pytest.mark.parametrize("form", ["bom", "semicolons", "us_dates"])
def test_the_forms_of_the_field_are_read(form: str) -> None:
    content = (ROOT / "tests" / "fixtures" / "site_seeds" / f"seed_{form}.txt").read_bytes()
    found = check(content, "session_schedule.csv", RULES["session_schedule"])
    assert (found.rows, found.is_as_written) == ((READ,), False)


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
    for name, columns in RULES.items():
        header = (ROOT / SITE_SEEDS / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        assert set(header) <= {column.name for column in columns}
        assert {column.type for column in columns} <= {"string", "integer", "boolean", "timestamp"}


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
    ],
)
def test_dates_are_read_as_a_spreadsheet_writes_them(written: str, read: str) -> None:
    assert checked(f"{SCHEDULE}main,1,session,{written},,\n")[0][3] == read


def test_one_date_of_a_file_shows_the_order_of_the_others() -> None:
    text = f"{SCHEDULE}main,1,session,05/06/2024 10:00,,\nmain,2,session,13/06/2024 10:00,,\n"
    assert [row[3] for row in checked(text)] == ["2024-06-05 10:00:00", "2024-06-13 10:00:00"]


def test_an_id_that_counts_for_another_is_itself_no_other() -> None:
    text = "site_id,user_id,same_as_user_id\nmain,1,2\nmain,2,3\nother,3,1\nother,4,1\n"
    assert refused(text, "same_user") == [
        "same_user.csv, line 2: same as user id `2` is itself the same as `3`, by line 3. Fix: write the id that stays"
        " in both lines."
    ]


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


@pytest.mark.parametrize(("written", "read"), [("TRUE", "true"), ("no", "false"), ("", "false")])
def test_yes_and_no_are_read(written: str, read: str) -> None:
    text = (
        f"contest_id,contest_name,site_id,starts_at,ends_at,follows_resets,tag,excludes_staff\nc,C,,,,{written},,no\n"
    )
    assert checked(text, "contests")[0][5] == read


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
    users={"main": {"5"}},
    emails={"main": {"ada@x.example"}},
    words=[("main", "Talk", "Sent")],
    sites=frozenset({"main"}),
)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "session_schedule",
            SCHEDULE + "main,4106.0,session,,,\n",
            "no page of the reports has the content id `4106.0`; did you mean `4106`?",
        ),
        ("session_schedule", SCHEDULE + "main,4106,session,,,\n", None),
        (
            "session_schedule",
            SCHEDULE + "mian,4106,session,,,\n",
            "no report is of the site `mian`; did you mean `main`?",
        ),
        ("session_schedule", SCHEDULE + "sample,1,session,,,\n", None),
        ("staff", "site_id,user_id,email\nmain,6,\n", "no user of the reports has the user id `6`."),
        ("staff", "site_id,user_id,email\nmain,,ADA@x.example\n", None),
        ("staff", "site_id,user_id,email\nmain,,*@x.example\n", None),
        ("staff", "site_id,user_id,email\nmain,,*@y.example\n", "no user has an e-mail like `*@y.example`."),
        ("site_activity_aliases", ALIASES + "main,talk,*,any,chat_message_sent,50,\n", None),
        (
            "site_activity_aliases",
            ALIASES + ",talks,*,any,chat_message_sent,50,\n",
            "no record has the words `talks / *`.",
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


@pytest.mark.slow
def test_dbt_alone_reads_the_checked_copy_and_stops_where_there_is_none(project: Project) -> None:
    path = project.root / SITE_SEEDS / "session_schedule.csv"
    path.write_bytes((ROOT / "tests" / "fixtures" / "site_seeds" / "seed_semicolons.txt").read_bytes())
    stopped = project.dbt("seed", "--select", "session_schedule")
    assert stopped.returncode != 0
    assert "session_schedule.csv is not yet in the form that dbt reads" in stopped.stdout
    assert "Fix: make build" in stopped.stdout

    told = project.run(sys.executable, "scripts/check_seeds.py")
    assert told.returncode == 0, told.stderr
    assert "session_schedule.csv: read as a checked copy." in told.stdout
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


@pytest.mark.slow
def test_a_build_refuses_a_wrong_seed_in_a_sentence(project: Project) -> None:
    (project.root / SITE_SEEDS / "session_schedule.csv").write_text(SCHEDULE + "main,1,sesion,,,\n")
    built = project.build()
    assert built.returncode == 1
    assert "session_schedule.csv, line 2: unknown session type `sesion`; did you mean `session`?" in built.stdout
    assert "Traceback" not in built.stdout + built.stderr
