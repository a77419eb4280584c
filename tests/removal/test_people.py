"""One person under several ids, in each form of the id, in headers; what is left is named, what was begun is ended."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import start
from rich.console import Console

import share as share_command
from building import rebuild
from building.rebuild import Files
from landing.outcome import Declaration
from landing.scrubbing import names_of
from loader_fixtures import HEADER, land, rows, texts, write
from page.write_page import page_path
from publishing import publish as publish_module
from publishing.places import PLACES, note_place, publish_again
from publishing.publish import publish
from removal import findings, questions, verify
from removal import forget as forgetter
from removal import people as people_of
from removal.erase import forget
from removal.forget import carry_out, forget_from_files
from removal.journal import FORGET, REBUILD, Task, begin, finish_first, path_of_journal, unfinished_task
from removal.people import identities_of
from removal.person import write_person
from removal.questions import Request
from removal.retention import find_old, keep_days, remove_old
from removal.subject import Person, find_person
from removal.verify import (
    files_beside,
    left_in_file,
    left_in_reports,
    left_in_tables,
    left_in_texts,
    lines_that_name,
)
from reports.encoding import survey
from reports.ids import plain_id
from warehouse.copies import SHARED, Mark, write_mark
from warehouse.database import connect, looked_into
from warehouse.errors import WarehouseError
from warehouse.files import attach_new
from warehouse.mart_models import read_models
from warehouse.paths import marts_path

pytestmark = pytest.mark.slow

HEAD = ",".join(HEADER)
EMAIL, WORK = "ottoline.w@mail.example", "o.wrexham@work.example"
# One person: two ids with one e-mail, the first in three forms, and a second e-mail.
REPORT = "\n".join(
    (
        f"{HEAD},Note of Ottoline Wrexham,Guest first,Guest last",
        f"7001,Ottoline,Wrexham,Teal Labs,{EMAIL},Chat,Message,Hello,2026-05-04 09:00:00,41,Keynote,keynote,,,",
        f"07001,Ottoline,Wrexham,Teal Labs,{WORK},Chat,Message,Hello,2026-05-04 09:00:01,41,Keynote,keynote,,,",
        f"7001.0,Ottoline,Wrexham,Teal Labs,{WORK},Chat,Message,Hello,2026-05-04 09:00:02,41,Keynote,keynote,,,",
        f"8002,Otti,Wrexham-Teal,Teal Labs,{EMAIL.upper()},Chat,Message,Hi,2026-05-04 09:00:03,41,Keynote,keynote,,,",
        "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,ask ottoline.wrexham@family.example,2026-05-04 09:00:04,41,"
        "Keynote,keynote,,,",
        "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,two guests,2026-05-04 09:00:05,41,Keynote,keynote,x,Ottoline,"
        "Wrexham",
        "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,Otti Wrexham-Teal wrote,2026-05-04 09:00:06,41,Keynote,keynote"
        ",,,",
        "70010,Cy,Nandi,Auk,cy@mail.example,Chat,Message,Ottoline left,2026-05-04 09:00:07,41,Keynote,keynote,,,",
        "",
    )
)
# The models of the project, which takes a quarter of a second of each erasure.
MODELS = cache(read_models)
MARKS = ("Ottoline Wrexham", "Wrexham", "Otti", "Teal Labs", "mail.example/7001", "family.example", "o.wrexham@")


def build(warehouse: Path) -> SimpleNamespace:
    """Build one table in place of the marts."""
    with connect(warehouse) as connection:
        marts_path(warehouse).unlink(missing_ok=True)
        attach_new(connection, marts_path(warehouse), "made")
        connection.execute("create schema made.marts; create schema made.restricted")
        connection.execute(
            "create table made.marts.dim_users as select distinct 'main:' || trim(user_id) as user_key,"
            " 'main' as site_id, trim(user_id) as user_id from raw.activities where user_id <> ''"
        )
    return SimpleNamespace(success=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse with the report and that table, for each test to copy."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "reports").mkdir()
    with connect(folder / "activity.duckdb") as connection:
        land(connection, write(folder / "reports" / "sitewide.csv", REPORT))
    build(folder / "activity.duckdb")
    return folder


@pytest.fixture
def files(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A warehouse with the report, whose build is replaced by one table."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    warehouse = tmp_path / "activity.duckdb"
    for name, path in (("WAREHOUSE_PATH", warehouse), ("PUBLISHED_PATH", tmp_path / "p.duckdb")):
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv("SHARED_PATH", str(tmp_path / "s.duckdb"))
    monkeypatch.setattr(people_of, "SAME_USER", tmp_path / "same_user.csv")
    monkeypatch.setattr(findings, "DEFAULT_REPORTS", tmp_path / "reports")
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: build(warehouse))
    monkeypatch.setattr(rebuild, "write_page", lambda *_: None)
    monkeypatch.setattr(publish_module, "read_models", MODELS)
    return Files.of_environment()


@pytest.fixture
def raw_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that asks nothing but raw: an erasure ends there, after a third of its time."""
    monkeypatch.setattr(forgetter, "rebuild", lambda *_: "nothing else")
    monkeypatch.setattr(forgetter, "say_what_is_left", lambda *_: None)


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=400)


@pytest.fixture
def warehouse_of(files: Files) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(files.warehouse) as connection:
        yield connection


def marked(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Texts of raw that hold the person; Cy knows somebody called Ottoline."""
    found = {text.replace("Ottoline left", "") for text in texts(connection)}
    return sorted(text for text in found if any(mark.casefold() in text.casefold() for mark in MARKS))


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        *(("7001", "7001"), ("07001", "7001"), ("7001.0", "7001"), (" 7001,00 ", "7001"), ("0", "0"), ("000", "0")),
        *(("7001.5", "7001.5"), ("u7001", "u7001"), ("u07", "u07"), ("70010", "70010"), ("", ""), ("a.0", "a.0")),
        # As the loader and the models read an id.
        *(("7001\u00a0", "7001"), ("\ufeff07001.0", "7001"), ("70\u200b01", "7001"), ("NULL", ""), ("u7\u202f", "u7")),
    ],
)
def test_an_id_is_the_same_in_each_form(written: str, plain: str) -> None:
    assert plain_id(written) == plain


def test_all_forms_and_e_mails_are_found_and_other_ids_only_if_somebody_says_so(
    warehouse_of: duckdb.DuckDBPyConnection,
) -> None:
    alone = identities_of(warehouse_of, "main", "7001")
    assert set(alone.user_ids) == {"7001", "07001"}
    assert (alone.emails, alone.others) == ((WORK, EMAIL), ("8002",))
    both = identities_of(warehouse_of, "main", "7001", is_same_email_same=True)
    assert (set(both.user_ids), both.others) == ({"7001", "07001", "8002"}, ())
    assert "Otti Wrexham-Teal" in both.names and "Wrexham-Teal Otti" in both.names
    assert set(identities_of(warehouse_of, "main", "0007001").user_ids) == {"0007001", "7001", "07001"}


def test_an_id_that_is_one_of_the_e_mails_may_be_the_same_person(tmp_path: Path) -> None:
    activity = "Chat,Message,Hello,2026-05-04 09:00:00,41,Keynote,keynote"
    report = f"{HEAD}\n7001,Ottoline,Wrexham,Teal Labs,{EMAIL},{activity}\n{EMAIL.upper()},,,,,{activity}\n"
    with connect(tmp_path / "activity.duckdb") as connection:
        land(connection, write(tmp_path / "sitewide.csv", report))
        assert identities_of(connection, "main", "7001").others == (EMAIL.upper(),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_file_of_the_site_says_who_is_the_same_user(
    warehouse_of: duckdb.DuckDBPyConnection, tmp_path: Path, delimiter: str
) -> None:
    """In each form that a spreadsheet saves and the build takes."""
    rows = "\ufeffsite_id,user_id,same_user_id\nmain,8002,70010\nother,7001,5\nmain,007001,8002\n"
    write(tmp_path / "same_user.csv", rows.replace(",", delimiter))
    found = identities_of(warehouse_of, "main", "7001")
    assert {plain_id(one) for one in found.user_ids} == {"7001", "8002", "70010"}


ALIKE = "{},{},{},,{},Chat,Message,Hello,2026-05-04 09:00:00,41,Keynote,keynote"


def land_alike(connection: duckdb.DuckDBPyConnection, folder: Path, *users: tuple[str, str, str, str]) -> None:
    lines = [ALIKE.format(*user).replace("09:00", f"09:{minute:02}") for minute, user in enumerate(users)]
    number = len(list(folder.glob("alike*")))
    land(connection, write(folder / f"alike{number}.csv", "\n".join([HEAD, *lines, ""])))


@pytest.mark.parametrize(
    ("others", "taken", "unsure"),
    [
        ([("12", "Cy", "Nandi", "cy@x.org")], [], ["12"]),
        ([("12", "Cy", "Nandi", "")], [], ["12"]),
        ([("12", "", "", "cy@x.org")], [], ["12"]),
        ([("12", "Cy", "Nandi", "bo@x.org")], [], ["12"]),
        ([("12", "Bo", "Ek", "bo@work.org")], ["12"], []),
        ([("12", "", "", "BO@x.org")], ["12"], []),
        ([("12", "", "", "")], ["12"], []),
        ([("12", "Bo", "Ek", "bo@work.org"), ("012", "", "", "bo@work.org")], ["012", "12"], []),
        ([("12", "Cy", "Nandi", "cy@x.org"), ("012", "", "", "")], [], ["012", "12"]),
        ([("12", "Bo", "Ek", ""), ("012", "Cy", "Nandi", "")], ["12"], ["012"]),
    ],
    ids=[
        *("another person", "another name", "another e-mail", "the e-mail with another name", "the name"),
        *("the e-mail", "nothing", "by way of a third", "nothing beside another person", "one of two"),
    ],
)
def test_another_spelling_is_taken_only_where_nothing_contradicts_it(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    others: list[tuple[str, str, str, str]],
    taken: list[str],
    unsure: list[str],
) -> None:
    land_alike(warehouse, tmp_path, ("0012", "Bo", "Ek", "bo@x.org"), *others)
    found = identities_of(warehouse, "main", "0012")
    assert (sorted(found.user_ids), list(found.unsure)) == (["0012", *taken], unsure)
    assert found.spellings == found.unsure and found.others == ()
    declared = identities_of(warehouse, "main", "0012", is_spelling_same=False)
    assert (sorted(declared.user_ids), list(declared.spellings), declared.unsure) == (["0012", *taken], unsure, ())
    same = identities_of(warehouse, "main", "0012", is_spelling_same=True)
    assert (sorted(same.user_ids), same.spellings) == (sorted(["0012", *taken, *unsure]), ())


def ids_in(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return rows(connection, "select distinct user_id from raw.activities where starts_with(label, 'Hello') order by 1")


TWO = (("0012", "Bo", "Ek", "bo@x.org"), ("12", "Cy", "Nandi", "cy@x.org"))


@pytest.fixture
def of_two(files: Files, tmp_path: Path) -> Files:
    """A warehouse with two people whose ids differ only in zeros, and nothing else."""
    for path in (files.warehouse, tmp_path / "reports" / "sitewide.csv"):
        path.unlink()
    with connect(files.warehouse) as connection:
        land_alike(connection, tmp_path, *TWO)
    return files


def test_of_two_people_whose_ids_differ_in_zeros_only_the_one_is_forgotten(
    of_two: Files, console: Console, tmp_path: Path
) -> None:
    question = (
        r"The ids 0012 and 12 differ only in zeros, signs or letter case, .* Nothing was done\."
        r" Fix: make forget USER_ID=0012 SITE=main"
        r" ALSO_SPELLINGS=1 if they are the same person, or make forget USER_ID=0012 SITE=main ALSO_SPELLINGS=0 if"
    )
    with pytest.raises(WarehouseError, match=question):
        forget_from_files(of_two, Request("0012"), console)
    forget_from_files(of_two, Request("0012", is_dry_run=True), console)
    assert "The ids 0012 and 12 differ only in zeros" in console.export_text()
    with pytest.raises(WarehouseError, match=r"has no user 012, but .* 0012, 12\..*Fix: USER_ID=0012 or USER_ID=12"):
        forget_from_files(of_two, Request("012"), console)
    with looked_into(of_two.warehouse) as connection:
        assert ids_in(connection) == ["0012", "12"]
    for _ in range(2):
        forget_from_files(of_two, Request("0012", is_spelling_same=False), console)
        assert "Still in" not in console.export_text()
    # It was said: nothing is asked, and nobody else is taken.
    forget_from_files(of_two, Request("0012"), console)
    with connect(of_two.warehouse) as connection:
        assert ids_in(connection) == ["12"]
        later = [("0012", "Bo", "Ek", ""), ("12", "Cy", "Nandi", ""), ("00012", "Bo", "Ek", "")]
        land_alike(connection, tmp_path, *[user for user in later for _ in range(2)])
        assert ids_in(connection) == ["12"]
        assert rows(connection, "select count(*) from raw.activities") == [3]
        assert find_person(connection, "0012", None).is_remembered
        assert not find_person(connection, "12", None).is_remembered
    forget_from_files(of_two, Request("12"), console)
    with connect(of_two.warehouse) as connection:
        land_alike(connection, tmp_path, ("12", "Cy", "Nandi", "new@x.org"), ("5", "Di", "Oz", "di@x.org"))
        assert ids_in(connection) == ["5"]


@pytest.mark.usefixtures("raw_alone")
def test_whoever_sits_at_the_terminal_says_whose_the_other_spelling_is(
    of_two: Files, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "is_asked", lambda _: True)
    monkeypatch.setattr(console, "input", lambda _: "yes")
    forget_from_files(of_two, Request("0012"), console)
    with looked_into(of_two.warehouse) as connection:
        assert ids_in(connection) == []


def test_what_is_known_of_a_person_has_nothing_of_another_spelling(of_two: Files, tmp_path: Path) -> None:
    def seen_of(user_id: str, is_same: bool | None) -> str:
        out = tmp_path / f"{user_id}-{is_same}"
        seen = write_person(
            of_two.warehouse, of_two.published, user_id, None, out, is_same_email_same=False, is_spelling_same=is_same
        )
        return seen.folder.name + "".join(path.read_text() for path in seen.folder.iterdir())

    with pytest.raises(WarehouseError, match=r"Fix: make person USER_ID=0012 SITE=main ALSO_SPELLINGS=1 if"):
        seen_of("0012", None)
    alone = seen_of("0012", False)
    assert "person_main_0012" in alone and "Ek" in alone and "Nandi" not in alone and "cy@" not in alone
    other = seen_of("12", False)
    assert "person_main_12" in other and "Nandi" in other and "Ek" not in other
    both = seen_of("0012", True)
    assert "Nandi" in both and "Ek" in both


def test_whoever_shares_an_e_mail_is_asked_about_and_nothing_is_changed(files: Files, console: Console) -> None:
    with looked_into(files.warehouse) as connection:
        before = texts(connection)
    with pytest.raises(WarehouseError, match=r"also that of user 8002.*Fix: ALSO_SAME_EMAIL=1 .*ALSO_SAME_EMAIL=0"):
        forget_from_files(files, Request("7001"), console)
    forget_from_files(files, Request("7001", is_dry_run=True), console)
    assert "also that of user 8002" in console.export_text()
    with looked_into(files.warehouse) as connection:
        assert texts(connection) == before
    assert not path_of_journal(files.warehouse).exists()


@pytest.mark.usefixtures("raw_alone")
@pytest.mark.parametrize(("answers", "forgotten"), [(["perhaps", "yes"], True), (["n"], False)])
def test_whoever_sits_at_the_terminal_answers_there(
    files: Files, console: Console, monkeypatch: pytest.MonkeyPatch, answers: list[str], forgotten: bool
) -> None:
    monkeypatch.setattr(questions, "is_asked", lambda _: True)
    monkeypatch.setattr(console, "input", lambda _: answers.pop(0))
    forget_from_files(files, Request("7001"), console)
    assert answers == []
    with looked_into(files.warehouse) as connection:
        left = {row[0] for row in connection.execute("select distinct trim(user_id) from raw.activities").fetchall()}
    assert ("8002" in left) is not forgotten


def test_nothing_is_begun_that_no_command_could_finish(files: Files, console: Console) -> None:
    page = page_path(files.published)
    page.parent.mkdir()
    page.write_text('<html><meta name="juno-copy" content="shared">')
    with looked_into(files.warehouse) as connection:
        before = texts(connection)
    with pytest.raises(WarehouseError, match="is the page of a shared copy"):
        forget_from_files(files, Request("7001", is_same_email_same=True), console)
    assert unfinished_task(files.warehouse) is None
    # The salt of a shared copy was in the environment, and is not there now.
    page.unlink()
    write_mark(connect(files.shared), Mark(SHARED))
    (files.warehouse.parent / "pseudonym_salt.check").write_text("0123456789abcdef")
    with pytest.raises(WarehouseError, match=r"pseudonym_salt is not there.* Fix: give the salt"):
        forget_from_files(files, Request("7001", is_same_email_same=True), console)
    assert unfinished_task(files.warehouse) is None
    with looked_into(files.warehouse) as connection:
        assert texts(connection) == before


def test_nothing_of_the_person_is_left_under_any_id_in_any_form(files: Files, console: Console, tmp_path: Path) -> None:
    with looked_into(files.warehouse) as connection:
        assert len(marked(connection)) > 8
    forget_from_files(files, Request("7001", is_same_email_same=True), console)
    with looked_into(files.warehouse) as connection:
        assert marked(connection) == []
        assert rows(connection, "select header[13:15] from raw.reports") == [
            ["Note of [forgotten]", "Guest first", "Guest last"]
        ]
        assert rows(connection, "select label, extra_columns from raw.activities order by record_number") == [
            ("ask [forgotten]", '{"Note of [forgotten]":"","Guest first":"","Guest last":""}'),
            ("two guests", '{"Note of [forgotten]":"x","Guest first":"[forgotten]","Guest last":"[forgotten]"}'),
            ("[forgotten] wrote", '{"Note of [forgotten]":"","Guest first":"","Guest last":""}'),
            ("Ottoline left", '{"Note of [forgotten]":"","Guest first":"","Guest last":""}'),
        ]
    said = console.export_text()
    assert "Still in" not in said
    assert f"{tmp_path / 'reports' / 'sitewide.csv'}: " in said, "the report goes on holding them"
    assert rows_of(files.published, "select user_id from marts.dim_users order by 1") == ["5", "70010"]
    assert not path_of_journal(files.warehouse).exists()


def rows_of(path: Path, query: str) -> list[Any]:
    with looked_into(path) as connection:
        return rows(connection, query)


def test_what_was_taken_out_of_two_people_makes_them_no_one_person(warehouse_of: duckdb.DuckDBPyConnection) -> None:
    """Warehouses of an earlier version have the word in place of the details, which names nobody in a text either."""
    warehouse_of.execute(
        "update raw.user_names set first_name = '[forgotten]', last_name = '[forgotten]', company = '[forgotten]',"
        " email = case when user_id = '5' then 'mailto:' else '' end || '[forgotten]'"
    )
    found = identities_of(warehouse_of, "main", "8002", is_same_email_same=True)
    assert (found.user_ids, found.also, found.others) == (("8002",), [], ())
    person = find_person(warehouse_of, "8002", None, found.also)
    assert (person.emails, person.names.patterns, person.names.whole) == ((), (), ())


def test_of_another_site_one_line_says_who_has_the_e_mail(files: Files, console: Console, tmp_path: Path) -> None:
    users = f"User ID,Email,First,Last,Phone\n9101,{EMAIL},Ottoline,Wrexham,+41 44 555 01 23\n"
    own = (
        REPORT.replace("07001,", "9101,")
        .replace("7001.0,", "9101,")
        .replace("7001,", "9101,")
        .replace("8002,", "9102,")
        .replace("5,Bo", "5,Di")
    )
    with connect(files.warehouse) as connection:
        for name, text in (
            ("own.csv", own),
            ("cut.csv", f"{HEAD}\n9101,Ottoline Wrexham,Chat\n"),
            ("users.csv", users),
        ):
            land(connection, write(tmp_path / name, text), Declaration(site_id="academy", allows_twins=True))
    forget_from_files(files, Request("7001", "main", is_same_email_same=True), console)
    said = console.export_text()
    assert "academy has this e-mail as 9101 and 9102: make forget USER_ID=9101 SITE=academy\n" in said
    assert "Still in" not in said
    # What no such line explains is still named.
    with connect(files.warehouse) as connection:
        connection.execute("create table raw.notes as select 'academy' as site_id, 'Ottoline Wrexham' as note")
        connection.execute("insert into raw.notes values ('third', 'Ottoline Wrexham')")
        names = names_of([("Ottoline", "Wrexham")], [EMAIL])
        left = left_in_tables(connection, Person("main", ("7001",), names=names), elsewhere=["academy"])
    assert left == {"raw.notes.note": 1}


def test_two_reports_of_one_name_are_told_apart(files: Files, console: Console, tmp_path: Path) -> None:
    with connect(files.warehouse) as connection:
        for folder, day in (("one", "05-11"), ("two", "05-12")):
            (tmp_path / folder).mkdir()
            text = f"{HEAD}\n7001,,,,,Chat,Message,Hi,2026-{day} 09:00:03,41,Keynote,keynote\n"
            land(connection, write(tmp_path / folder / "week.csv", text))
        ids = dict(rows(connection, "select first_occurred_at::date::varchar, report_id from raw.reports"))
    forget_from_files(files, Request("7001", is_dry_run=True), console)
    said = console.export_text()
    assert "in 3 reports" in said and "  sitewide.csv\n" in said
    for day in ("2026-05-11", "2026-05-12"):
        assert f"  week.csv ({day} to {day}, report {ids[day]})\n" in said


@pytest.mark.usefixtures("raw_alone")
@pytest.mark.parametrize(("is_same", "name"), [(True, None), (False, "Otti")])
def test_a_later_download_brings_no_name_back_under_another_id(
    files: Files, console: Console, tmp_path: Path, is_same: bool, name: str | None
) -> None:
    forget_from_files(files, Request("7001", is_same_email_same=is_same), console)
    tagged = EMAIL.replace("@", "+new@")
    later = (
        f"{HEAD}\n8002,Otti,Wrexham-Teal,Teal Labs,{EMAIL},Chat,Message,Hi again,2026-05-05 09:00:03,41,Keynote,k\n"
        f"9003,Olli,Wrexham-Auk,Teal Labs,{tagged},Chat,Message,New,2026-05-05 09:00:04,41,Keynote,keynote\n"
        "7001.0,Ottoline,Wrexham,Teal Labs,,Chat,Message,Back,2026-05-05 09:00:05,41,Keynote,keynote\n"
        "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,ask Olli Wrexham-Auk,2026-05-05 09:00:08,41,Keynote,keynote\n"
        # In a form that no report had before, and with a name that none had.
        "0007001,Otis,Wrexham-Sea,,,Chat,Message,Back,2026-05-05 09:00:06,41,Keynote,keynote\n"
        "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,Otis Wrexham-Sea!,2026-05-04 09:00:07,41,Keynote,keynote\n"
        "0007001,Chat,cut off\n"
    )
    with connect(files.warehouse) as connection:
        land(connection, write(tmp_path / "later.csv", later))
        found = rows(
            connection,
            "select user_id, first_name, company from raw.activities where occurred_at > '2026-05-05' and user_id > '8'"
            " order by 1",
        )
        assert [text for text in texts(connection) if "Olli" in text] == []
        assert [text for text in texts(connection) if "Otis" in text or "cut off" in text] == []
    new: tuple[str, str | None, str | None] = ("9003", None, None)
    assert found == ([new] if is_same else [("8002", name, "Teal Labs"), new])


@pytest.mark.parametrize("killed_at", ["forget", "rebuild", "publish_again"])
def test_what_was_killed_is_finished_by_the_next_command(
    files: Files, console: Console, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(forgetter, killed_at, kill)
        with pytest.raises(Killed):
            forget_from_files(files, Request("7001", is_same_email_same=True), console)
    assert unfinished_task(files.warehouse) is not None
    assert path_of_journal(files.warehouse).stat().st_mode & 0o077 == 0

    finish_first(console)
    assert "was interrupted. It is finished first." in console.export_text()
    with looked_into(files.warehouse) as connection:
        assert marked(connection) == []
    assert rows_of(files.published, "select user_id from marts.dim_users order by 1") == ["5", "70010"]
    assert unfinished_task(files.warehouse) is None
    finish_first(console)


def test_a_removal_that_was_killed_is_finished_too(files: Files, console: Console) -> None:
    begin(files.warehouse, Task(REBUILD))
    (files.warehouse.parent / "files").mkdir()
    note_place(files.warehouse, str(files.warehouse.parent / "files"))
    finish_first(console)
    assert files.published.exists() and unfinished_task(files.warehouse) is None
    assert (files.warehouse.parent / "files" / "marts" / "dim_users.parquet").exists()
    path_of_journal(files.warehouse).write_text("no json")
    with pytest.raises(WarehouseError, match=r"does not say what is unfinished\. Fix: delete it"):
        finish_first(console)


def test_a_row_of_the_site_is_named_in_whatever_form_it_has_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PROJECT_ROOT", tmp_path)
    write(tmp_path / "teams.csv", 'site_id,user_id\nmain,07001\nmain, 7001.0\nmain,"7001,0"\nmain,70010\n')
    person = Person("main", ("7001",), names=names_of([], []))
    assert lines_that_name(person, [tmp_path]) == ["teams.csv:2", "teams.csv:3", "teams.csv:4"]


def test_only_rows_of_the_person_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The id of another site, a weight and a page may be the same number."""
    monkeypatch.setattr(verify, "PROJECT_ROOT", tmp_path)
    seeds = {
        "a_corrections.csv": "site_id,user_id,minutes\nmain,7,7\nmain,8,7\n",
        "b_same.csv": '\ufeffsite_id;same_as_user_id;user_id\nmain;007;8\nacademy;7;8\n;7.0;"9\n9"\nmain;8;"7,0"\n',
        "c_weights.csv": "activity_type,weight\nx,7\n",
        "d_teams.csv": "site_id,team_name,user_id,email\nacademy,7,7,\nacademy,x,,me@mail.example\nmain,7,,\n",
        "e_broken.csv": 'site_id,user_id\nmain,"7\n',
        "f_short.csv": "user_id,site_id\n\n7\n",
    }
    for name, text in seeds.items():
        write(tmp_path / name, text)
    person = Person("main", ("7",), names=names_of([], ["me@mail.example"]))
    assert lines_that_name(person, [tmp_path]) == [
        *("a_corrections.csv:2", "b_same.csv:2", "b_same.csv:4", "b_same.csv:6", "d_teams.csv:3", "f_short.csv:3")
    ]


def test_only_records_of_the_person_are_counted_in_reports(tmp_path: Path) -> None:
    others = "8,Bo,L,,,Chat,Message,7,2026-05-04 09:00:00,7,Keynote,7\n"
    person = Person("main", ("07",), names=names_of([], ["me@mail.example"]))
    reports = {
        "a page.csv": f"{HEAD}\n{others}7,An,N,,,Chat,Message,x,2026-05-04 09:00:00,,,\n",
        "b forms.csv": "Date;Category;Action;User ID\n"
        + "".join(f"7;c;a;{one}\n" for one in ("007", '"7,0"', '="7"', 8)),
        "c users.csv": "Phone,User ID,Email\n7,8,\n8,7.0,\n8,,me@mail.example\n",
        "d academy.csv": f"{HEAD}\n{others}7,Cy,N,,me@mail.example,c,a,x,2026-05-04 09:00:00,,,\n7,C,,,,c,a,,,,,\n",
        "e removed.csv": f"{HEAD}\n7,Cy,N,,,Chat,Message,y,2026-05-04 09:00:00,,,\n",
        "f refused.csv": "User ID,Category\n7,Chat\n8,Chat\n",
        "g e-mails.csv": "Phone,Email\n7,bo@mail.example\n",
        "h wrapped.csv": "\n".join(f'"{line}"' for line in ("User ID,Category,Action,Date", "7,c,a,x", "8,c,7,x")),
    }
    paths = {name: write(tmp_path / name, text) for name, text in reports.items()}
    sites = {survey(paths[name]).sha256: "academy" for name in ("d academy.csv", "e removed.csv")}
    left = left_in_reports(tmp_path, person, sites | {survey(paths["a page.csv"]).sha256: "main"})
    assert {Path(name).name[0]: count for name, count in left.items()} == {
        "a": 1,
        "b": 3,
        "c": 2,
        "d": 1,
        "f": 1,
        "h": 1,
    }


def test_what_is_not_read_in_the_folder_of_reports_may_hold_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is closed to the user looks empty, and a link or another kind of file is no report."""
    person = Person("main", ("7",))
    closed, letter = tmp_path / "closed", write(tmp_path / "guests.pdf", "7")
    closed.mkdir()
    (tmp_path / "a.csv").symlink_to("/etc/passwd")
    write(tmp_path / "README.md", "7")
    monkeypatch.setattr("os.access", lambda path, _: path != closed)
    assert left_in_reports(tmp_path, person, {}) == {str(tmp_path / "a.csv"): -1, str(closed): -1, str(letter): -1}
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)
    assert str(tmp_path) in left_in_reports(tmp_path, person, {})
    assert left_in_reports(tmp_path / "none", person, {}) == {}


def test_only_files_of_others_are_named_beside_the_warehouse(tmp_path: Path) -> None:
    ours = tmp_path / "activity.duckdb"
    for name in ("activity.duckdb.built", "activity.duckdb.lock", "forgotten_salt", "copy_of_activity.duckdb"):
        (tmp_path / name).touch()
    assert files_beside([ours]) == [tmp_path / "copy_of_activity.duckdb"]


# Parquet files for Spark are a landing of their own, beside no warehouse.
@pytest.mark.parametrize(
    "name",
    [
        name
        for name, command in start.COMMANDS.items()
        if command.group == "Use" and command.steps and name not in ("land", "spark-cluster")
    ],
)
def test_each_command_looks_for_what_is_unfinished(name: str) -> None:
    [script] = [step[0] for step in start.COMMANDS[name].steps]
    assert re.search(r"\b(finish_first|refuse_unfinished|unfinished_task)\(", (start.ROOT / str(script)).read_text())


def test_somebody_whom_no_record_names_any_more_stops_nothing(files: Files, console: Console) -> None:
    carry_out(files, Task(FORGET, "main", ["404"], ["Nobody Known"]), console)
    assert "Forgotten" in console.export_text()


def test_what_is_left_is_named_by_file_table_and_column(files: Files, tmp_path: Path) -> None:
    names = names_of([("Ottoline", "Wrexham")], [EMAIL])
    copy = tmp_path / "old.duckdb"
    with connect(copy) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.t as select 'main:07001' as user_key, ['x', 'Wrexham, Ottoline'] as tags,
                7001 as content_id, 'main' as site_id, '7001.0' as user_id, 'x' as other,
                {'name': 'ottoline_wrexham'} as note
            from range(1000);
            create table marts.v as select 'Ottoline' as first_name, 'Wrexham' as last_name;
            create table marts.u as select 'other' as site_id, '7001' as user_id, 'main:70010' as user_key;
            """
        )
    person = Person("main", ("7001",), names=names)
    left = left_in_file(copy, person)
    assert left == {
        "marts.t.user_key": 1000,
        "marts.t.tags": 1000,
        "marts.t.user_id": 1000,
        "marts.t.note": 1000,
        "marts.v, in several columns": 1,
    }
    write(
        tmp_path / "reports" / "notes on Wrexham, Ottoline.csv",
        f"{HEAD}\n5,Bo,,,,Chat,Message,x,2026-05-04 09:00:00,,,\n",
    )
    reports = left_in_reports(tmp_path / "reports", person, {})
    expected = [0, 7]  # three by the id, the header, an e-mail of another id, and two texts
    assert list(reports.values()) == expected
    assert left_in_texts([write(tmp_path / "a.html", f"<b>{EMAIL}</b>"), tmp_path / "none"], names) == [
        str(tmp_path / "a.html")
    ]
    lists = {"two.html": '["Ada Ottoline","Wrexham Bo"]', "one.html": '["Ada Otto","Ottoline Wrexham","Bo"]'}
    pages = [write(tmp_path / name, text) for name, text in lists.items()]
    assert left_in_texts(pages, names) == [str(tmp_path / "one.html")], "two neighbours in a list are nobody else"
    assert files.warehouse.exists()


def test_folders_of_parquet_are_published_again_and_servers_are_named(files: Files, tmp_path: Path) -> None:
    with connect(files.published) as connection:
        connection.execute("create schema marts; create table marts.t as select 1 as i")
    with connect(files.shared) as connection:
        connection.execute("create schema marts; create table marts.t as select 2 as i")
        write_mark(connection, Mark(SHARED, 5))
    folder, shared_folder, old = (tmp_path / name for name in ("files", "shared_files", "old_files"))
    for target in (folder, shared_folder, old):
        target.mkdir()
    # As an older version noted it, beside the copy.
    write(files.published.with_name(PLACES), json.dumps({str(old): "2026-11-01 10:00 UTC"}))
    note_place(files.warehouse, str(folder))
    note_place(files.warehouse, str(shared_folder), SHARED)
    note_place(files.warehouse, str(tmp_path / "gone"))
    note_place(files.warehouse, "postgresql://bo@db.example/juno")
    note_place(files.warehouse, "postgresql://bo@db.example/open", SHARED)
    note_place(files.warehouse, str(files.published))
    left = sorted(publish_again(files.published, files.shared, files.warehouse))
    assert [re.sub("20.* UTC", "…", place) for place in left] == [
        "postgresql://bo@db.example/juno (on …): make publish TARGET=postgresql://bo@db.example/juno",
        "postgresql://bo@db.example/open (on …): make publish PUBLISHED_PATH="
        + str(files.shared)
        + " TARGET=postgresql://bo@db.example/open",
    ]
    for target, value in ((folder, 1), (shared_folder, 2), (old, 1)):
        assert duckdb.execute(f"from '{target / 'marts' / 't.parquet'}'").fetchall() == [(value,)]


def test_an_erasure_names_the_copies_that_other_settings_wrote(
    files: Files, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    copy, shared = (tmp_path / "elsewhere" / f"{name}.duckdb" for name in ("copy", "shared"))
    publish(files.warehouse, files.published)
    publish(files.warehouse, copy)
    monkeypatch.setattr(share_command, "write_page", lambda *_: None)
    share_command.main(target=shared)
    forget_from_files(files, Request("70010"), console)
    said = console.export_text()
    assert "Published there too; publish again:" in said
    for path, command in ((copy, f"make publish TARGET={copy}"), (shared, f"make share SHARED_PATH={shared}")):
        assert said.count(f"{path} (on 20") == 1 and said.count(command) == 1
    assert f"{files.published} (on" not in said and f"{files.shared} (on" not in said


def test_all_that_is_known_of_a_person_is_written(files: Files, tmp_path: Path) -> None:
    with connect(files.published) as connection:
        connection.execute(
            "create schema marts; create table marts.fct_x as from (values ('main:7001', '=1+1'), ('main:5', 'b'))"
            " as v(user_key, word)"
        )
    seen = write_person(files.warehouse, files.published, "07001", None, tmp_path / "out", is_same_email_same=False)
    assert seen.folder.name == "person_main_7001"
    assert seen.rows == {"raw.activities": 3, "raw.events": 3, "raw.user_names": 3, "marts.fct_x": 1}
    assert seen.identities.others == ("8002",)
    with (seen.folder / "marts.fct_x.csv").open(newline="", encoding="utf-8-sig") as file:
        assert list(csv.reader(file)) == [["user_key", "word"], ["main:7001", "'=1+1"]]
    about = (seen.folder / "about.txt").read_text()
    assert f"E-mails: {WORK}, {EMAIL}" in about and "raw.activities.label: 1" in about
    assert "Bo" not in about + (seen.folder / "raw.activities.csv").read_text()
    again = write_person(files.warehouse, files.published, "7001", None, tmp_path / "out", is_same_email_same=True)
    assert again.rows["raw.activities"] == 4
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["person_main_7001"]
    with pytest.raises(WarehouseError, match="there is no user 404"):
        write_person(files.warehouse, files.published, "404", None, tmp_path / "out", is_same_email_same=False)


def test_rejected_records_of_the_person_are_written_and_those_that_may_be_of_others_counted(
    files: Files, tmp_path: Path
) -> None:
    report = "\n".join(
        (
            HEAD,
            f"7001,Ottoline,Wrexham,Teal Labs,{EMAIL},Chat,Message,undated,?,41,Keynote,keynote",
            f"07001,Ottoline,Wrexham,Teal Labs,{EMAIL},Chat,cut off",
            "7001,Ottoline,Wrexham,Teal Labs,,Chat,Message,ask bo@mail.example,?,41,Keynote,keynote",
            "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,thanks Ottoline Wrexham,?,7001,Keynote,keynote",
            "5,Bo,Lindqvist,Auk,,Chat,Message,nothing,?,7001,Keynote,keynote",
            "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,nothing,?,41,Keynote,keynote",
            "5,Bo,Lindqvist,Auk,bo@mail.example,Chat,Message,nothing,2026-05-04 09:00:07,41,Keynote,keynote\n",
        )
    )
    with connect(files.warehouse) as connection:
        land(connection, write(tmp_path / "rejected.csv", report))
    seen = write_person(files.warehouse, files.published, "7001", None, tmp_path / "out", is_same_email_same=False)
    written = (seen.folder / "raw.rejected_records.csv").read_text()
    assert "undated" in written and "cut off" in written and "Bo" not in written and "bo@" not in written
    assert (seen.rows["raw.rejected_records"], seen.named["raw.rejected_records"]) == (2, 3)
    assert "  raw.rejected_records: 3\n" in (seen.folder / "about.txt").read_text()


def test_who_was_forgotten_is_said_and_no_folder_is_written(files: Files, console: Console, tmp_path: Path) -> None:
    forget_from_files(files, Request("70010"), console)
    with pytest.raises(
        WarehouseError, match=r"user 70010 of the site main was forgotten, .* holds nothing of the person"
    ):
        write_person(files.warehouse, files.published, "70010", None, tmp_path / "out", is_same_email_same=False)
    assert not list((tmp_path / "out").glob("*"))


def test_what_is_older_goes_and_stays_counted(files: Files, tmp_path: Path) -> None:
    old = f"{HEAD}\n5,Bo,L,Auk,b@x.example,Chat,Message,ages ago,2024-05-04 09:00:00,,,\n"
    mixed = old + "6,Cy,N,Auk,c@x.example,Chat,Message,today,2026-05-04 09:00:09,,,\n"
    now = datetime(2026, 6, 1)
    with connect(files.warehouse) as connection:
        land(connection, write(tmp_path / "old.csv", old))
        land(connection, write(tmp_path / "mixed.csv", mixed))
        found = find_old(connection, 365, now)
        assert ([report.file_name for report in found.reports], found.record_count) == (["old.csv"], 1)
        assert find_old(connection, 365 * 3, now).reports == []
        remove_old(connection, found)
        assert "ages ago" not in texts(connection)
        assert rows(
            connection, "select file_name, record_count, landed_count, rejected_count from raw.reports order by 1"
        ) == [
            ("mixed.csv", 2, 1, 1),
            ("sitewide.csv", 8, 8, 0),
        ]
        # It is left out from now on, as a removed report is.
        assert land(connection, tmp_path / "old.csv").removed_on is not None
        again = find_old(connection, 365, now)
        assert (again.reports, again.record_count) == ([], 0)


@pytest.mark.parametrize("forgets_first", [True, False])
def test_what_was_taken_out_on_purpose_stays_out_where_nothing_else_of_its_file_is_left(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, *, forgets_first: bool
) -> None:
    old, me = (
        "5,Bo,L,,,Chat,Message,ages ago,2026-03-04 09:00:00,,,",
        "7,Ann,Lee,,,Chat,Message,x,2026-05-20 09:00:00,,,",
    )
    undated = "5,Bo,L,,,Chat,Message,{},05.03.1066,,,"
    files = [
        write(tmp_path / f"{name}.csv", "\n".join((HEAD, *lines, "")))
        for name, lines in {
            "only theirs and old": (old, me),
            "blank and undated too": (me, undated.format("y"), ",,,,,,,,,,,", old),
            "nothing landed": (undated.format("ask Ann Lee"), undated.format("z")),
            "nothing of them": (undated.format("w"),),
        }.items()
    ]
    declaration = Declaration(date_format="dd.MM.yyyy")
    for file in files:
        assert land(warehouse, file, declaration).refusal is None

    def forget_her() -> None:
        forget(warehouse, find_person(warehouse, "7", None))

    if forgets_first:
        forget_her()
    remove_old(warehouse, find_old(warehouse, 30, datetime(2026, 6, 1)))
    if not forgets_first:
        forget_her()
    left = rows(warehouse, "select * exclude (column_name) from raw.rejected_records order by all")

    assert [land(warehouse, file, declaration).already_landed_as is None for file in files] == [
        False,
        False,
        False,
        True,
    ]
    assert rows(warehouse, "select * exclude (column_name) from raw.rejected_records order by all") == left
    assert rows(warehouse, "from raw.activities") == []


def test_a_correction_that_was_killed_stops_no_erasure_and_its_numbers_are_said(files: Files, console: Console) -> None:
    publish(files.warehouse, files.published)
    with connect(files.warehouse) as connection:
        connection.execute(
            "insert into raw.report_declarations select report_id, 'TIME_ZONE', 'again' from raw.reports"
        )
    published = files.published.read_bytes()
    half = "sitewide.csv is still to be loaded again (DECLARE=again). Until then activities may count twice. "

    now = datetime(2027, 6, 1)
    with pytest.raises(WarehouseError) as refused:
        keep_days(files, 30, console, is_dry_run=False, now=now)
    assert str(refused.value).startswith(f"{half}Nothing was changed. Fix: make build")
    keep_days(files, 30, console, is_dry_run=True, now=now)
    assert files.published.read_bytes() == published
    console.export_text()

    forget_from_files(files, Request("7001", is_same_email_same=True), console)
    assert console.export_text().startswith(f"{half}So it is in the copies that this command writes. Fix: make build")
    assert rows_of(files.published, "select user_id from marts.dim_users order by 1") == ["5", "70010"]
    with looked_into(files.warehouse) as connection:
        assert rows(connection, "select declare from raw.report_declarations") == ["again"]


def test_a_dry_run_leaves_an_older_warehouse_as_it_is(files: Files, console: Console) -> None:
    columns = "select column_name from duckdb_columns() where table_name = 'rejected_records' order by column_index"
    with connect(files.warehouse) as connection:
        connection.execute("alter table raw.rejected_records drop impossible_date")
        connection.execute("alter table raw.rejected_records drop kind")
        older = rows(connection, columns)
    keep_days(files, 30, console, is_dry_run=True, now=datetime(2027, 6, 1))
    with looked_into(files.warehouse) as connection:
        assert rows(connection, columns) == older


@pytest.mark.parametrize("at", ["00:00:00", "09:00:01", "23:59:59"])
def test_whole_days_are_old(files: Files, tmp_path: Path, at: str) -> None:
    """A dry run in the morning and the removal in the evening mean the same records, and no session is cut in two."""
    days = f"{HEAD}\n" + "".join(
        f"5,Bo,L,Auk,b@x.example,Chat,Message,{when},{when},,,\n"
        for when in ("2025-05-31 23:59:59", "2025-06-01 00:00:00")
    )
    with connect(files.warehouse) as connection:
        land(connection, write(tmp_path / "days.csv", days))
        found = find_old(connection, 365, datetime.fromisoformat(f"2026-06-01 {at}"))
        assert (found.before, found.reports, found.record_count) == (datetime(2025, 6, 1), [], 1)


def test_a_site_that_has_forgotten_a_person_is_no_reason_to_take_the_one_of_another(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    line = "{},An,N,,,Chat,Message,{},2026-05-04 09:00:00,,,"
    for site, user_id in (("main", "7"), ("academy", "007")):
        land(warehouse, write(tmp_path / f"{site}.csv", f"{HEAD}\n{line.format(user_id, site)}\n"), Declaration(site))
    # One id, in two forms.
    for _ in range(2):
        with pytest.raises(
            WarehouseError, match=r"several sites.*Nothing was changed\. Fix: SITE=academy or SITE=main"
        ):
            find_person(warehouse, "7", None)
        main = find_person(warehouse, "7", "main")
        forget(warehouse, main)
    assert main.is_remembered
    with pytest.raises(WarehouseError, match=r"\(in main they were forgotten\)"):
        find_person(warehouse, "007", None)
    forget(warehouse, find_person(warehouse, "007", "academy"))
    # An interrupted command is given again as before, and one of a single site without it.
    assert find_person(warehouse, "7", "academy").is_remembered
    land(warehouse, write(tmp_path / "beta.csv", f"{HEAD}\n{line.format(9, 'b')}\n"), Declaration("beta"))
    for _ in range(2):
        forget(warehouse, find_person(warehouse, "9", None))


@pytest.mark.usefixtures("raw_alone")
def test_a_person_is_found_by_the_id_in_another_form(files: Files, console: Console) -> None:
    forget_from_files(files, Request("70010.0"), console)
    with looked_into(files.warehouse) as connection:
        assert rows(connection, "select count(*) from raw.activities where user_id = '70010'") == [0]
        assert find_person(connection, "70010", None).is_remembered
