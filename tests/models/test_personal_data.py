"""Nothing of a person is in a mart, nor anywhere in the shared copy: a scan of every text in every table.

The reports here hold names, e-mails and phone numbers in every place where a person or a text can stand. The scan
finds the tables by itself. What it lets through is named one by one, with the reason.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import Once, Project
from personal_project import IDS, MEETING, NAMES, PARENT, PATHS, PUBLIC_NAMES, TYPES, build_personal

FILE_NAME = "the organiser's own file names, with which a record is found in its file again"
# The columns of the published copy whose values are let through, each with the reason.
LET_THROUGH = {
    ("marts", "report_changes", "file_name"): FILE_NAME,
    ("marts", "report_reconciliation", "file_name"): FILE_NAME,
    ("marts", "report_reconciliation", "unique_in_file_names"): FILE_NAME,
    ("marts", "user_report_reconciliation", "file_name"): FILE_NAME,
}

EMAIL = r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"
PHONE = r"(?<!\w)(?:\+|00|%2B)\d[\d ()./-]{6,}\d|\b0\d\d[ /.-]?555[ /.-]?\d\d[ /.-]?\d\d\b"
WORDS = sorted({word for name in NAMES for part in name for word in re.split(r"['-]", part) if len(word) > 1})
NAME = rf"(?<![^\W_])(?:{'|'.join(WORDS)})(?![^\W_])"
USER_ID = rf"(?<!\d)(?:{'|'.join(map(str, IDS))})(?!\d)"


@dataclass(frozen=True)
class Leak:
    """A value that names somebody, and where it stands."""

    table: str
    column: str
    value: str


@pytest.fixture(scope="module")
def personal(once: Once) -> Project:
    """The project, built and shared, with reports whose every text names somebody."""
    return Project(once("personal", build_personal), is_shared=True)


def leaks(path: Path, schemas: Iterable[str], pattern: str, let_through: Iterable[str] = ()) -> list[Leak]:
    """Every value of every column that is neither a number nor a time, and holds what must not be there."""
    found = []
    unwanted = re.compile(pattern, re.IGNORECASE)
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns()
            where data_type <> 'BOOLEAN' and data_type not like 'TIMESTAMP%' and data_type not in ('DATE', 'TIME')
                and numeric_precision is null
            order by all
            """
        ).fetchall()
        for schema, table, column in columns:
            if schema not in schemas or (path.stem == "published" and (schema, table, column) in LET_THROUGH):
                continue
            values = connection.execute(f'select distinct "{column}"::varchar from {schema}."{table}"').fetchall()
            found += [
                Leak(f"{schema}.{table}", column, value)
                for (value,) in values
                if value is not None and value not in let_through and unwanted.search(value)
            ]
    return found


def places(found: list[Leak]) -> set[tuple[str, str]]:
    return {(leak.table, leak.column) for leak in found}


@pytest.mark.parametrize("pattern", [EMAIL, PHONE, NAME], ids=["e-mails", "phone numbers", "names"])
def test_no_mart_names_a_person(personal: Project, pattern: str) -> None:
    assert leaks(personal.published, ["marts", "site"], pattern, (*PUBLIC_NAMES, *PATHS)) == []


@pytest.mark.parametrize(
    "pattern", [EMAIL, PHONE, NAME, USER_ID], ids=["e-mails", "phone numbers", "names", "ids of users"]
)
def test_the_shared_copy_names_nobody(personal: Project, pattern: str) -> None:
    assert leaks(personal.shared, ["marts", "restricted", "site"], pattern, PUBLIC_NAMES) == []


def half_md5(text: str) -> int:
    """The number that the models make of a text (macros/engine.sql)."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 1


def test_nobody_finds_the_partner_of_a_meeting_by_trying_names(personal: Project) -> None:
    with personal.open() as connection:
        keys = connection.execute(
            "select distinct session_key from marts.fct_sessions where session_key like '%:name:%'"
        ).fetchall()
        salt_is_there = connection.execute("select 1 from duckdb_tables() where table_name like '%salt%'").fetchall()
    hashes = {int(key.split(":")[2]) for (key,) in keys}
    salt = (personal.root / "warehouse" / "meeting_salt").read_text()
    assert hashes == {half_md5(f"{salt}\x1f{name}") for name in (MEETING, PARENT)}, "the test knows how the key is made"
    guesses = {f"{before}{first} {last}" for first, last in NAMES for before in ("", "Meeting with ")}
    for before in ("", "main", "\x1e\x1f", "\x1e", "main\x1f", "all\x1f"):
        assert hashes.isdisjoint(half_md5(before + guess) for guess in guesses), before
    assert salt_is_there == []


def test_the_scan_finds_what_the_restricted_tables_hold(personal: Project) -> None:
    everywhere = ["marts", "restricted"]
    details, texts = "restricted.user_details", "restricted.activity_texts"
    assert places(leaks(personal.published, everywhere, EMAIL)) == {(details, "email"), (texts, "activity_text")}
    assert places(leaks(personal.published, everywhere, PHONE)) == {(details, "phone"), (texts, "activity_text")}
    named = places(leaks(personal.published, ["restricted"], NAME))
    assert named == {
        *((details, column) for column in ("first_name", "last_name", "full_name", "email", "title", "city")),
        (texts, "activity_text"),
        ("restricted.meeting_names", "meeting_name"),
    }


def test_each_kind_of_text_was_there_to_leak(personal: Project) -> None:
    personal_types = {
        row["activity_type"] for row in TYPES if "true" in (row["is_label_personal"], row["is_label_free_text"])
    }
    with personal.open() as connection:
        written = {
            row[0] for row in connection.execute("select activity_type from restricted.activity_texts").fetchall()
        }
        done = {row[0] for row in connection.execute("select activity_type from marts.fct_activities").fetchall()}
        meetings = connection.execute("select content_key from restricted.meeting_names order by 1").fetchall()
    assert personal_types - done == set()
    assert personal_types - written == {"session_attend_clicked", "session_joined", "session_left"}
    assert meetings == [("main:59",), (None,), (None,)]


def test_small_groups_are_blank_in_the_shared_copy(personal: Project) -> None:
    with duckdb.connect(str(personal.shared), read_only=True) as connection:
        companies = connection.execute("select company, count(*) from marts.dim_users group by 1 order by 1").fetchall()
        countries = connection.execute("select distinct country, job_type from marts.dim_users").fetchall()
        unnamed = connection.execute("select distinct category from marts.unrecognised_activities").fetchall()
        words = connection.execute(
            "select new_category_actions, extra_columns, vanished_columns from marts.report_changes"
            " where report_number = 2 or report_kind = 'users' order by report_kind"
        ).fetchall()
    assert companies == [("Gannet Works", 5), (None, 3)]
    assert countries == [(None, None)]
    assert unnamed == [(None,)]
    # Here the words of one report, whatever is in them, are pseudonyms.
    pseudonyms = [[bool(re.fullmatch("p_[0-9a-f]{16}", text)) if text else None for text in row] for row in words]
    assert pseudonyms == [[True, None, True], [None, True, None]]


def test_both_copies_have_the_same_tables_columns_and_numbers_of_rows(personal: Project) -> None:
    shapes = []
    for path in (personal.published, personal.shared):
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns()"
                " where schema_name in ('marts', 'restricted', 'site') order by all"
            ).fetchall()
            tables = sorted({f'{schema}."{table}"' for schema, table, _, _ in columns})
            counts = [connection.execute(f"select count(*) from {table}").fetchone() for table in tables]
            shapes.append((columns, counts))
    assert shapes[0] == shapes[1]


def test_what_is_asked_of_one_copy_can_be_asked_of_the_other(personal: Project) -> None:
    questions = (
        "select count(*), count(distinct users.user_key) from marts.fct_activities as activities"
        " join restricted.user_details as users on activities.user_key = users.user_key",
        "select count(*) from restricted.activity_texts join marts.fct_activities using (activity_key, user_key)",
        "select count(*) from marts.fct_presence_intervals as stays"
        " join marts.fct_activities as activities on stays.opened_activity_key = activities.activity_key",
        "select count(*) from marts.fct_profile_views as views"
        " join marts.dim_users as users on views.viewed_user_key = users.user_key",
        "select count(*) from restricted.meeting_names join marts.fct_session_attendance using (session_key)",
        "select list(n order by n) from (select count(*) as n from restricted.activity_texts group by activity_text)",
        "select count(*) from marts.dim_users where user_key <> site_id || ':' || user_id",
    )
    answers = []
    for path in (personal.published, personal.shared):
        with duckdb.connect(str(path), read_only=True) as connection:
            answers.append([connection.execute(question).fetchall() for question in questions])
    assert answers[0] == answers[1]
    assert all(answer != [(0,)] for answer in answers[0][:-1])


def test_no_unsalted_hash_is_in_the_shared_copy(personal: Project, tmp_path: Path) -> None:
    shutil.copy(personal.published, tmp_path / "before.duckdb")
    with duckdb.connect(str(personal.shared), read_only=True) as connection:
        connection.execute(f"attach '{tmp_path / 'before.duckdb'}' as before (read_only)")
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
            " where database_name = 'before' and column_name like '%\\_key' escape '\\'"
            " and (data_type = 'BIGINT' or column_name like '%session_key')"
        ).fetchall()
        for table, column in columns:
            if column == "session_key":
                same = f"select {column} from before.{table} where {column} like '%:name:%'"
            else:
                same = f"select {column} from before.{table} where {column} is not null"
            assert connection.execute(f"({same}) intersect (select {column} from {table})").fetchall() == []
    assert len(columns) > 20
