"""Forgetting a person: nothing of them is left in any file, nothing of anybody else is lost, and they stay away."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import typer

import forget as forget_command
from building import rebuild
from building.rebuild import compact
from conftest import Once, Project
from landing.left_out import REASON
from landing.outcome import Declaration
from landing.scrubbing import NAMES_IN_A_PATTERN, Place, find_names, names_of, replace_named, without_names
from loader_fixtures import HEADER, land, rows, texts, write
from personal_project import IDS, build_personal
from removal import erase
from removal.erase import find_traces, forget
from removal.subject import find_person
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.files import attach_new
from warehouse.paths import marts_path
from warehouse.raw_tables import RAW_TABLES

pytestmark = pytest.mark.slow

USER, NAME, EMAIL = "77310458", "Ottoline Wrexham", "ottoline.w@mail.example"
OLD_EMAIL = "otto@old.example"
ME = f"{USER},Ottoline,Wrexham,Teal Labs,{EMAIL}"
BO = "5,Bo,Lindqvist,Auk Works,bo@mail.example"
CY = "6,Cy,Nandi,Auk Works,cy@mail.example"
MEETING = f"Meeting with {NAME}"
HEAD = ",".join(HEADER)
FIRST = "\n".join(
    (
        HEAD + ",Badge",
        f"{ME},Chat,Message,Hello from me,2026-05-04 09:00:00,41,Keynote,keynote,Gold",
        f"{ME.replace(EMAIL, OLD_EMAIL)},Session,Joined,Keynote,2026-05-04 09:01:00,41,Keynote,keynote,Gold",
        f"{BO},View Users,,{NAME},2026-05-04 09:02:00,,,,{NAME}",
        f"{BO},Chat,Message,Ask OTTOLINE  WREXHAM or {EMAIL}!,2026-05-04 09:03:00,41,Keynote,keynote,Silver",
        f"{BO},Chat,Message,Ask Lottoline Wrexham,2026-05-04 09:03:01,41,Keynote,keynote,Silver",
        f"{CY},Session,Joined,{MEETING},2026-05-04 09:04:00,59,{MEETING},meeting_with_ottoline_wrexham,",
        f"{CY},Session,Left,Keynote,2026-05-04 09:30:00,41,Keynote,keynote,",
        f"{BO},Chat,Message,mail {OLD_EMAIL},?,41,Keynote,keynote,Silver",
        f"{ME},Chat,Message,undated,?,41,Keynote,keynote,Silver",
        f"{USER},Chat,cut off",
        f",,,,{EMAIL.upper()},View Content,,Keynote,2026-05-04 09:10:00,41,Keynote,keynote,",
        ",,,,,View Content,,Keynote,2026-05-04 09:11:00,41,Keynote,keynote,",
        "",
    )
)
OWN = f"{HEAD}\n{ME},View Content,,Keynote,2026-05-04 09:00:30,41,Keynote,keynote\n"
USERS = "\n".join(
    (
        "User ID,First Name,Last Name,Email,Phone,Dietary needs",
        f"{USER},Ottoline,Wrexham,{EMAIL},+41 44 555 01 23,nuts",
        f",Otto,Wrexham,{OLD_EMAIL},+41 44 555 01 24,",
        f"5,Bo,Lindqvist,bo@mail.example,,no table with {NAME}",
        "",
    )
)
# It has all records of the first, and the person's own records beside them.
LATER = FIRST.replace("09:30:00", "09:31:00") + (
    f"{ME},Chat,Message,I came back,2026-05-05 09:00:00,41,Keynote,keynote,Gold\n"
    f"{BO},Chat,Message,{NAME} is back,2026-05-05 09:01:00,41,Keynote,keynote,Silver\n"
    f'{BO},Chat,Message,"{USER}"\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "activity.duckdb"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse that holds the person, for each test to copy."""
    folder = tmp_path_factory.mktemp("loaded")
    with connect(folder / "activity.duckdb") as connection:
        land_all(connection, folder)
    return folder


@pytest.fixture
def warehouse(loaded: Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    yield from opened_copy(loaded, path)


@pytest.fixture(scope="module")
def left(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse where the person was forgotten, for each test to copy: forgetting takes a second."""
    folder = tmp_path_factory.mktemp("left")
    shutil.copytree(loaded, folder, dirs_exist_ok=True)
    with connect(folder / "activity.duckdb") as connection:
        forget_them(connection)
    return folder


@pytest.fixture
def forgotten(left: Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse where the person was forgotten."""
    yield from opened_copy(left, path)


def opened_copy(folder: Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a folder, copied and opened."""
    shutil.copytree(folder, path.parent, dirs_exist_ok=True)
    with connect(path) as connection:
        yield connection


def land_all(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for name, text in (("sitewide.csv", FIRST), (f"{USER}.csv", OWN), ("users_2026-05-04.csv", USERS)):
        land(connection, write(folder / name, text))


def forget_them(connection: duckdb.DuckDBPyConnection, site: str | None = None) -> None:
    forget(connection, find_person(connection, USER, site))


def marked(found: set[str]) -> list[str]:
    """Texts that hold the person."""
    marks = (USER, NAME, EMAIL, OLD_EMAIL, "ottoline_wrexham", "+41 44 555 01 2", "Teal Labs", "Hello from me", "Gold")
    texts = {text: text.replace("Lottoline Wrexham", "").casefold() for text in found}
    return sorted(text for text, rest in texts.items() if any(mark.casefold() in rest for mark in marks))


def manifest(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    return rows(
        connection,
        """
        select file_name, record_count, landed_count, rejected_count from raw.reports
        union all select file_name, record_count, landed_count, rejected_count from raw.user_reports order by all
        """,
    )


def test_nothing_of_the_person_is_left_in_raw(warehouse: duckdb.DuckDBPyConnection, left: Path) -> None:
    assert len(marked(texts(warehouse))) > 12
    with connect(left / "activity.duckdb", read_only=True) as forgotten:
        assert marked(texts(forgotten)) == []


def test_each_time_is_noted_for_the_incremental_base(forgotten: duckdb.DuckDBPyConnection) -> None:
    first = rows(forgotten, "select count(*), max(forgotten_at) from raw.forgotten_users")
    forget(forgotten, find_person(forgotten, USER, None))
    again = rows(forgotten, "select count(*), max(forgotten_at) from raw.forgotten_users")

    assert again[0][0] == first[0][0] == 4, "three hashes, and the check value of the salt"
    assert again[0][1] > first[0][1]


def test_what_was_theirs_stays_counted(warehouse: duckdb.DuckDBPyConnection, left: Path) -> None:
    assert manifest(warehouse) == [
        (f"{USER}.csv", 1, 1, 0),
        ("sitewide.csv", 12, 9, 3),
        ("users_2026-05-04.csv", 3, 3, 0),
    ]
    with connect(left / "activity.duckdb", read_only=True) as forgotten:
        counted_in(forgotten)


def counted_in(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The counts in the manifest of a warehouse where they were forgotten."""
    assert manifest(warehouse) == [
        ("[forgotten].csv", 1, 0, 1),
        ("sitewide.csv", 12, 6, 6),
        ("users_2026-05-04.csv", 3, 1, 2),
    ]
    reasons = f"select reason = '{REASON}', count(*) from raw.rejected_records group by 1 order by 1"
    assert rows(warehouse, reasons) == [(False, 3), (True, 6)]
    kept = "select count(coalesce(rejected_value, record_text)) from raw.rejected_records"
    assert rows(warehouse, kept) == [0]
    records = " union all ".join(
        f"select report_id, record_number from raw.{table}" for table in ("activities", "users", "rejected_records")
    )
    counted = f"select count(*), count(distinct (report_id, record_number)) from ({records})"
    assert rows(warehouse, counted) == [(16, 16)]


def test_what_others_did_is_as_it_was_but_for_the_name(forgotten: duckdb.DuckDBPyConnection) -> None:
    found = "select label, content_name, content_slug, extra_columns from raw.activities order by record_number"
    assert rows(forgotten, found) == [
        ("[forgotten]", "", "", '{"Badge":"[forgotten]"}'),
        ("Ask [forgotten] or [forgotten]!", "Keynote", "keynote", '{"Badge":"Silver"}'),
        ("Ask Lottoline Wrexham", "Keynote", "keynote", '{"Badge":"Silver"}'),
        ("Meeting with [forgotten]", "Meeting with [forgotten]", "meeting_with_[forgotten]", '{"Badge":""}'),
        ("Keynote", "Keynote", "keynote", '{"Badge":""}'),
        ("Keynote", "Keynote", "keynote", '{"Badge":""}'),
    ]
    assert rows(forgotten, "select first_name, extra_columns from raw.users") == [
        ("Bo", '{"Dietary needs":"no table with [forgotten]"}')
    ]


def test_another_person_is_not_touched(warehouse: duckdb.DuckDBPyConnection, left: Path) -> None:
    others = "from raw.activities where user_id in ('5', '6') and not regexp_matches(label, '(?i)(^| )ottoline')"
    before = warehouse.execute(others).fetchall()
    with connect(left / "activity.duckdb", read_only=True) as forgotten:
        after = forgotten.execute("from raw.activities").fetchall()
    assert len(before) == 2 and set(before) <= set(after)


def test_a_download_that_overlaps_does_not_bring_them_back(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    landing = land(forgotten, write(tmp_path / "ottoline-wrexham_later.csv", LATER))
    assert (landing.landed_count, landing.rejected_count) == (7, 8)
    assert marked(texts(forgotten)) == []
    assert "[forgotten] is back" in texts(forgotten)
    assert "[forgotten]_later.csv" in texts(forgotten)
    assert [example.value for example in landing.examples] == ["?"]
    assert landing.harmless_count == 7
    land(forgotten, write(tmp_path / "users_2026-06-01.csv", USERS + f",Otto,Wrexham,{EMAIL},,\n"))
    assert marked(texts(forgotten)) == []
    assert manifest(forgotten)[-1] == ("users_2026-06-01.csv", 4, 1, 3)


def test_no_form_of_the_id_brings_them_back(forgotten: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A changed e-mail or none beside it; and of a record whose id is lost nobody can say whose it is."""
    grouped = f"{int(USER):,}"
    forms: tuple[str, ...] = (
        f"{grouped}.00",
        grouped,
        f"+{USER}",
        f"00{USER}",
        "".join(chr(0xCE6 + int(sign)) for sign in USER),
    )
    forms += (f"{USER[0]}.{USER[1:]}E{len(USER) - 1}", f"{USER[:3]}\u00a0{USER[3:]}", f"({USER})", f"{USER[0]}.73E+07")
    forms += ("#NAME?", "7E7")
    for number, form in enumerate(forms):
        lines = [
            HEAD,
            f'"{form}",Ottoline,Wrexham,Teal Labs,,Chat,Message,Hello,2026-05-06 09:00:00,41,Keynote,keynote',
            f'"{form}",Ottoline,Wrexham,Teal Labs,new@mail.example,Chat,Message,Hello,2026-05-06 09:00:01,41,Keynote,k',
            f"{BO},Chat,Message,Hello,2026-05-06 09:00:0{number % 10},{number},Keynote,keynote",
            f'"{form}",Ottoline,Wrexham,Teal Labs,,Chat,cut off',
            "",
        ]
        landing = land(forgotten, write(tmp_path / f"later{number}.csv", "\n".join(lines)))
        assert (form, landing.landed_count, landing.rejected_count) == (form, 1, 3)
        assert not [note for note in landing.notes if form in note or USER in note]
    found = texts(forgotten)
    assert marked(found) == [] and not [text for text in found if "Ottoline" in text or form in text]


def test_an_e_mail_beside_the_id_of_another_makes_no_record_theirs(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    activity = "Chat,Message,Hello,2026-05-06 09:00:00,41,Keynote,keynote"
    report = f"{HEAD}\n{ME},{activity}\n{BO.replace('bo@mail.example', EMAIL)},{activity}\n"
    landing = land(forgotten, write(tmp_path / "later.csv", report))
    assert (landing.landed_count, landing.rejected_count) == (1, 1)
    assert rows(forgotten, "select user_id, email from raw.activities where label = 'Hello'") == [("5", None)]


@pytest.mark.parametrize(
    ("email", "is_theirs"),
    [
        ("ottoline.w+tag@mail.example", True),
        ("Ottoline.W%2Btag@mail.example", True),
        ("ottoline.w\uff20mail.example", True),
        ("ottoline.w (at) mail (dot) example", True),
        (f"Otti <{EMAIL}>", True),
        (f"<{EMAIL}>", True),
        (f"mailto:{EMAIL}?subject=Hi", True),
        ("ottoline.w @ mail.example", True),
        (f"{EMAIL} (private)", True),
        (f"{EMAIL};otti@mail.example", False),
    ],
)
@pytest.mark.parametrize("order", ["forget first", "land first"])
def test_a_guest_with_their_e_mail_in_another_form_keeps_no_name(
    loaded: Path, left: Path, path: Path, tmp_path: Path, order: str, email: str, is_theirs: bool
) -> None:
    """Where the field has another address as well, the record stays, without who it was."""
    activity = "Chat,Message,Hello,2026-05-06 09:00:00,41,Keynote,keynote"
    me = ME if order == "forget first" else f"{USER},Otto,Wrexham,Teal Labs,{EMAIL}"
    later = write(tmp_path / "later.csv", f"{HEAD}\n{me},{activity}\n,Otti,Teal,Teal Inc,{email},{activity}\n")
    for connection in opened_copy(left if order == "forget first" else loaded, path):
        land(connection, later)
        if order == "land first":
            forget_them(connection)
        found = rows(
            connection, "select first_name, last_name, company, email from raw.activities where label = 'Hello'"
        )
        # The name alone is that of other people too, but the warehouse had it from this guest only.
        assert [text for text in texts(connection) if "Teal Inc" in text or "Otti" in text] == []
    # Nothing of them lands; what landed before says that it was taken out.
    email_left = None if order == "forget first" else "[forgotten]"
    assert found == ([] if is_theirs else [(None, None, None, email_left)])


@pytest.mark.parametrize(
    "emails",
    [
        *("ann@a.example;al@b.example", "Al <al@b.example>, Ann <ANN+news@a.example>", "al@b.example ann@a.example"),
        *("ann@a.example/al@b.example", "ann@a.example|al@b.example", "al@b.example+ann@a.example"),
        *("ann(at)a.example; al@b.example", "al@b.example&ann%40a.example", "al@b.example \\ ann@a.example"),
    ],
)
def test_an_address_among_several_does_not_bring_them_back(path: Path, tmp_path: Path, emails: str) -> None:
    """Where no other record of the file is Ann's; those of others with several addresses stay as they are."""
    activity = "Chat,Message,Hello,2026-05-06 09:00:0{},41,Keynote,keynote"
    with connect(path) as connection:
        land(connection, write(tmp_path / "first.csv", f"{HEAD}\n7,Ann,Lee,A Ltd,ann@a.example,{activity.format(1)}\n"))
        forget(connection, find_person(connection, "7", None))
        people = [
            f',Two,People,C Ltd,"{emails}",{activity.format(2)}',
            f",X,Y,D,x@d.example;y@d.example,{activity.format(3)}",
        ]
        land(connection, write(tmp_path / "later.csv", "\n".join([HEAD, *people, ""])))
        found = rows(connection, "select company, email from raw.activities order by occurred_at")
    assert found == [(None, None), ("D", "x@d.example;y@d.example")]


@pytest.mark.parametrize("emails", ["ann@a.example;al@b.example", "al@b.example;ann@a.example"])
@pytest.mark.parametrize("order", ["forget first", "land first"])
def test_an_e_mail_field_with_two_addresses_is_of_neither_person(
    path: Path, tmp_path: Path, order: str, emails: str
) -> None:
    """Ann is forgotten. The record with both addresses stays without who it was, and what is Al's stays as it was."""
    activity = "Chat,Message,Hello,2026-05-06 09:00:0{},41,Keynote,keynote"
    people = ("7,Ann,Lee,A Ltd,ann@a.example", ",Al,Ito,B Ltd,al@b.example", f",Two,People,C Ltd,{emails}")
    lines = [f"{who},{activity.format(second)}" for second, who in enumerate(people)]
    with connect(path) as connection:
        land(connection, write(tmp_path / "first.csv", "\n".join([HEAD, lines[0], ""])))
        if order == "land first":
            land(connection, write(tmp_path / "later.csv", "\n".join([HEAD, *lines, ""])))
        forget(connection, find_person(connection, "7", None))
        if order == "forget first":
            land(connection, write(tmp_path / "later.csv", "\n".join([HEAD, *lines, ""])))
        found = rows(connection, "select first_name, company, email from raw.activities order by occurred_at")
        email_left = None if order == "forget first" else "[forgotten]"
        assert found == [("Al", "B Ltd", "al@b.example"), (None, None, email_left)]
        assert [text for text in texts(connection) if "Ann" in text or "ann@" in text or "C Ltd" in text] == []


@pytest.mark.parametrize(
    "user_id", [EMAIL, OLD_EMAIL.upper(), f"<{EMAIL}>", f"mailto:{EMAIL}", "ottoline.w+tag@mail.example"]
)
def test_their_e_mail_as_the_id_does_not_bring_them_back(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path, user_id: str
) -> None:
    """With a single sign-on the platform has the e-mail as the id; others keep theirs."""
    activity = "Chat,Message,Hello,2026-05-06 09:00:00,41,Keynote,keynote"
    cy = f"cy@mail.example,Cy,Nandi,Auk Works,cy@mail.example,{activity}"
    report = f"{HEAD}\n{user_id},Ottoline,Wrexham,Teal Labs,,{activity}\n{cy}\n"
    landing = land(forgotten, write(tmp_path / "later.csv", report))
    assert (landing.landed_count, landing.rejected_count) == (1, 1)
    assert marked(texts(forgotten)) == []
    assert rows(forgotten, "select user_id, email from raw.activities where label = 'Hello'") == [
        ("cy@mail.example", "cy@mail.example")
    ]


def test_a_guest_with_the_tag_of_the_e_mail_stays_away_from_a_file_without_the_person(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    activity = "Chat,Message,Hello,2026-05-06 09:00:00,41,Keynote,keynote"
    report = f"{HEAD}\n,Otti,Teal,Teal Inc,ottoline.w+tag@mail.example,{activity}\n{BO},{activity}\n"
    landing = land(forgotten, write(tmp_path / "later.csv", report))
    assert (landing.landed_count, landing.rejected_count) == (1, 1)


def test_landing_first_or_forgetting_first_is_the_same(tmp_path: Path) -> None:
    found = []
    for order in ("forget first", "land first"):
        with connect(tmp_path / order / "activity.duckdb") as connection:
            land_all(connection, tmp_path)
            later = write(tmp_path / "later.csv", LATER)
            if order == "land first":
                land(connection, later)
            forget_them(connection)
            if order == "forget first":
                land(connection, later)
            tables = ("* from raw.activities", "* from raw.users", "report_id, record_number from raw.rejected_records")
            found.append(
                [*(rows(connection, f"select {table} order by all") for table in tables), manifest(connection)]
            )
    assert found[0] == found[1]


def test_the_same_id_of_another_site_stays(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(warehouse, write(tmp_path / "other.csv", FIRST + "\n"), Declaration(site_id="other", allows_twins=True))
    with pytest.raises(WarehouseError, match=r"several sites.*SITE=main or SITE=other"):
        find_person(warehouse, USER, None)
    before = rows(warehouse, "select * exclude (report_id) from raw.activities where user_id = '77310458' order by all")
    of_main = "select count(*) from raw.{} inner join raw.{} using (report_id) where site_id = 'main'"
    tables = (("users", "user_reports"), ("rejected_records", "reports"), ("rejected_records", "user_reports"))
    kept = [rows(warehouse, of_main.format(*pair)) for pair in tables]
    forget_them(warehouse, "other")
    assert [rows(warehouse, of_main.format(*pair)) for pair in tables] == kept == [[3], [3], [0]]
    after = rows(warehouse, "select * exclude (report_id) from raw.activities where user_id = '77310458' order by all")
    assert (len(before), len(after)) == (5, 3)
    # One of the sites has forgotten them, so that the other is not taken either.
    with pytest.raises(WarehouseError, match=r"several sites.*SITE=main or SITE=other"):
        find_person(warehouse, USER, None)
    forget_them(warehouse, "main")
    assert marked(texts(warehouse)) == []


@pytest.mark.parametrize(("user", "site"), [("404", None), (USER, "academy"), ("", None), ("Bo Lindqvist", None)])
def test_an_unknown_user_is_said_and_nothing_is_changed(
    warehouse: duckdb.DuckDBPyConnection, user: str, site: str | None
) -> None:
    before = texts(warehouse)
    with pytest.raises(WarehouseError, match=r"there is no user .*Nothing was changed\. Fix: "):
        find_person(warehouse, user, site)
    assert texts(warehouse) == before


def test_a_user_without_an_id_is_found_by_the_e_mail(warehouse: duckdb.DuckDBPyConnection) -> None:
    forget(warehouse, find_person(warehouse, OLD_EMAIL.upper(), None))
    assert "Otto" not in texts(warehouse)
    assert USER in texts(warehouse)


def test_a_second_time_goes_on_and_takes_other_names_too(forgotten: duckdb.DuckDBPyConnection) -> None:
    forgotten.execute(
        "update raw.events set label = 'Otti Wrexham wrote' where event_id = (select max(event_id) from raw.events)"
    )
    again = find_person(forgotten, USER, None, ["Otti Wrexham"])
    assert again.is_remembered
    assert find_traces(forgotten, again).named["raw.activities.label"] == 1
    forget(forgotten, again)
    assert "[forgotten] wrote" in texts(forgotten)
    assert rows(forgotten, "select count(*), count(distinct user_hash) from raw.forgotten_users") == [(4, 4)]


def test_traces_count_without_changing(warehouse: duckdb.DuckDBPyConnection) -> None:
    before = texts(warehouse)
    traces = find_traces(warehouse, find_person(warehouse, USER, None))
    assert traces.records == {"sitewide.csv": 3, f"{USER}.csv": 1, "users_2026-05-04.csv": 2}
    assert {place: count for place, count in traces.named.items() if count} == {
        "raw.activities.label": 3,
        "raw.activities.content_name": 1,
        "raw.activities.content_slug": 1,
        "raw.activities.extra_columns": 1,
        "raw.users.extra_columns": 1,
    }
    assert traces.rejected == {"sitewide.csv": 3}
    assert texts(warehouse) == before


def test_a_failure_half_way_changes_nothing(
    warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = texts(warehouse)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(erase, "_scrub", fail)
    with pytest.raises(KeyboardInterrupt):
        forget_them(warehouse)
    assert texts(warehouse) == before


def test_without_the_salt_nothing_lands_and_nobody_is_forgotten(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "forgotten_salt").unlink()
    before = manifest(forgotten)
    for activity in (
        lambda: land(forgotten, write(tmp_path / "later.csv", LATER)),
        lambda: forget(forgotten, find_person(forgotten, "5", None)),
    ):
        with pytest.raises(WarehouseError, match=r"forgotten_salt is not there.*Fix: put the file back"):
            activity()
    assert manifest(forgotten) == before
    assert not (tmp_path / "forgotten_salt").exists()


def test_another_salt_is_refused_without_its_check_value_too_and_the_right_one_goes_on(
    forgotten: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    salt, check = tmp_path / "forgotten_salt", tmp_path / "forgotten_salt.check"
    right = salt.read_text()
    salt.write_text("another salt that is long enough")
    check.unlink()
    with pytest.raises(WarehouseError, match=r"is not the salt with which people were forgotten.*Fix: put the file"):
        find_person(forgotten, USER, None)
    # As the message says.
    salt.write_text(right)
    assert find_person(forgotten, USER, None).is_remembered
    # The warehouse knows better than a check value of another salt.
    check.write_text("0123456789abcdef")
    assert find_person(forgotten, USER, None).is_remembered


def test_the_bytes_leave_the_file_only_when_it_is_compacted(path: Path, tmp_path: Path) -> None:
    marks = [mark.encode() for mark in (USER, NAME, EMAIL)]

    def found() -> list[bytes]:
        return [mark for mark in marks for file in tmp_path.glob("activity*") if mark in file.read_bytes()]

    with connect(path) as connection:
        connection.execute("set force_compression = 'uncompressed'")
        land_all(connection, tmp_path)
    assert found() == marks, "uncompressed, the search finds them"
    with connect(path) as connection:
        forget_them(connection)
        connection.execute("create schema marts; create table marts.old as select 'Ottoline Wrexham' as name")
    assert USER.encode() in found(), "DuckDB leaves what it frees"
    compact(path)
    assert found() == []
    assert sorted(file.name for file in tmp_path.glob("activity*")) == ["activity.duckdb"]
    with connect(path, read_only=True) as connection:
        assert marked(texts(connection)) == []
        assert manifest(connection)[0] == ("[forgotten].csv", 1, 0, 1)
        assert rows(connection, "select distinct schema_name from duckdb_tables()") == ["raw"]
        not_null = "select count(*) from duckdb_constraints() where constraint_type = 'NOT NULL'"
        count = rows(connection, not_null)
    with duckdb.connect() as connection:
        connection.execute(RAW_TABLES)
        assert rows(connection, not_null) == count


# A text, and what is left of it.
WRITTEN = [
    ("Zoë Ñandú-O'Hara", "[forgotten]"),
    ("zoë ñandú o’hara, hello", "[forgotten], hello"),
    ("Zoe\u0308 N\u0303andu\u0301-O'Hara", "[forgotten]"),
    ("Ñandú-O'Hara, Zoë", "[forgotten]"),
    ("(Zoë Ñandú-O'Hara)(Zoë Ñandú-O'Hara) Zoë Ñandú-O'Hara", "([forgotten])([forgotten]) [forgotten]"),
    ("Zoë Ñandú-O'Hara,Zoë Ñandú-O'Hara", "[forgotten],[forgotten]"),
    ("/people/zoë_ñandú_o_hara?x", "/people/[forgotten]?x"),
    ("?q=%20Zo%C3%AB%20%C3%91and%C3%BA-O%27Hara%20x", "?q=%20[forgotten]%20x"),
    ("Zoë Ñandú-O'Harason", "Zoë Ñandú-O'Harason"),
    ("AZoë Ñandú-O'Hara", "AZoë Ñandú-O'Hara"),
    ("Zoë and Ñandú-O'Hara", "Zoë and Ñandú-O'Hara"),
    ("Zoe Nandu-O'Hara", "[forgotten]"),
    ("zoenanduohara", "[forgotten]"),
    ("ZÔE  ŇANDU O HARA", "[forgotten]"),
    ("Zo\u00adë Ñan\u200bdú-O’Hara", "[forgotten]"),
    ("Ｚｏë Ñａｎｄú-O'Hara", "[forgotten]"),
    ("Zo&euml; &Ntilde;and&uacute;-O'Hara", "[forgotten]"),
    ("Bjoern Groesslund and Björn Größlund", "[forgotten] and [forgotten]"),
    ("bjorn.grosslund@else.example", "[forgotten]"),
    ("Muller Jörg, MÜLLER JOERG", "[forgotten], [forgotten]"),
    # The mailbox ignores the tag, so an address without it is theirs, and one with another.
    ("zn.o@mail.example", "[forgotten]"),
    ("zn.o+hara+news@mail.example, zn.o%2Bother@mail.example", "[forgotten], [forgotten]"),
    ("zn.oh@mail.example", "zn.oh@mail.example"),
    ("zn.o+hara@mail.example", "[forgotten]"),
    ("mailto:ZN.o+hara@mail.example?subject=x", "mailto:[forgotten]?subject=x"),
    ("mail=zn.o+hara%40mail.example&x", "mail=[forgotten]&x"),
    ("to zn.o+hara@mail.example.", "to [forgotten]."),
    ("- .zn.o+hara@mail.example", "- .[forgotten]"),
    ("azn.o+hara@mail.example", "azn.o+hara@mail.example"),
    ("a.zn.o+hara@mail.example", "a.zn.o+hara@mail.example"),
    ("znxo+hara@mail.example", "znxo+hara@mail.example"),
    ("zn.o+hara@mail.examples", "zn.o+hara@mail.examples"),
    # A sign or a letter in a code: of an address that leads on, of HTML, of JSON.
    ("Jo%2520Lind or Jo&nbsp;Lind or Jo&#160;Lind", "[forgotten] or [forgotten] or [forgotten]"),
    ("see\\nJo Lind\\nand Jo\\tLind, Jo\\u00a0Lind", "see\\n[forgotten]\\nand [forgotten], [forgotten]"),
    ("<b>Jo</b> Lind<br>Jo<br/>Lind<br>", "<b>[forgotten]<br>[forgotten]<br>"),
    ("Jo      Lind", "[forgotten]"),
    ("Zo&#235; &#xD1;and&#250;-O&#39;Hara", "[forgotten]"),
    ("Zo\\u00eb \\u00d1and\\u00fa-O'Hara", "[forgotten]"),
    ("zo%25C3%25AB_%c3%b1and%c3%ba_o_hara", "[forgotten]"),
    ("JoLind77 and jo.lind77@else.example", "[forgotten]77 and [forgotten]"),
    ("Jo Linda, Banjo Lind or Jo and Lind", "Jo Linda, Banjo Lind or Jo and Lind"),
    # A title in a name is in no text.
    ("Max Vogt, Dr Max Vogt jun., VOGT Max", "[forgotten], [forgotten]., [forgotten]"),
    ("zn.o%2Bhara%2540mail.example", "[forgotten]"),
    ("zn.o+hara&#64;mail.example zn.o+hara\uff20mail.example", "[forgotten] [forgotten]"),
    ("zn.o+hara(at)mail(dot)example, zn.o+hara [at] mail.example", "[forgotten], [forgotten]"),
    ("o\u2019x@xn--mller-kva.example or O%27x@müller.example", "[forgotten] or [forgotten]"),
    ("\u79c1\u306f\u5c71\u7530 \u592a\u90ce\u3067\u3059", "\u79c1\u306f[forgotten]\u3067\u3059"),
    # An export may have such a word in the column of the e-mail.
    ("unknown - to me, too", "unknown - to me, too"),
    ("Cher", "Cher"),
    ("it's 100 % [a] \\1 $", "it's 100 % [a] \\1 $"),
    ("", ""),
]


def test_a_name_leaves_a_text_in_whatever_form_it_is_written() -> None:
    people = [
        ("Zoë", "Ñandú-O'Hara"),
        ("Bjørn", "Größlund"),
        ("Joerg", "Mueller"),
        ("Jo", "Lind"),
        ("\u592a\u90ce", "\u5c71\u7530"),
        ("Dr. Max", "Vogt jun."),
        ("Cher", ""),
        (None, None),
        ("", " "),
    ]
    names = names_of(people, ["zn.o+hara@mail.example", "o'x@müller.example", "unknown", None, ""])
    with duckdb.connect() as connection:
        connection.execute(
            "create table written as select unnest($texts) as t", {"texts": [text for text, _ in WRITTEN]}
        )
        # All in one query: DuckDB prepares the patterns for longer than it searches a text.
        as_label = names.scrubbed("t", "'label'")
        found = rows(
            connection,
            f"select t, {names.scrubbed('t')}, {names.is_in('t')}, {names.likely('t')}, {as_label} from written",
        )
    assert [(text, left) for text, left, *_ in found] == WRITTEN
    assert [text for text, left, is_in, *_ in found if is_in != (text != left)] == []
    unlikely = [(text, as_label) for text, _, _, is_likely, as_label in found if not is_likely]
    assert [text for text, as_label in unlikely if text != as_label] == [], (
        "only likely texts are searched for all forms"
    )
    labels = [(text, as_label) for text, _, _, _, as_label in found]
    assert labels == [(text, "[forgotten]" if text == "Cher" else left) for text, left in WRITTEN]


def test_an_e_mail_leaves_a_slug_in_which_blanks_are_other_signs() -> None:
    names = names_of([], ["jlm@family.example"])
    with duckdb.connect() as connection:
        [(slug, email)] = connection.execute(
            f"select {names.scrubbed('$t', '$slug')}, {names.scrubbed('$t', '$email')}",
            {"t": "mail_jlm@family.example_now", "slug": "content_slug", "email": "email"},
        ).fetchall()
    assert slug == "mail_[forgotten]_now"
    assert email == "mail_jlm@family.example_now", "an address of somebody else"


def test_many_people_can_be_forgotten() -> None:
    # More than go into one pattern, twice over.
    many = range(2 * NAMES_IN_A_PATTERN + 1)
    people = [(f"Maximiliane{number}", f"Schmidt-Börnhausen{number}") for number in many]
    names = names_of(people, [f"p{number}@many.example" for number in many])
    with duckdb.connect() as connection:
        assert without_names(connection, names, "p7@many.example Maximiliane39 Schmidt-Bornhausen39") == (
            "[forgotten] [forgotten]"
        )
        # Names of one word are theirs only where they are the whole label.
        assert without_names(connection, names_of([(f"Cher{number}", "") for number in many], []), "Cher7") == "Cher7"
        # In a table only the texts with a name are taken apart.
        connection.execute("create table said as select unnest(['ask p7@many.example', 'none']) as label, '' as note")
        places = [Place("said", {"label": "label", "note": ""})]
        find_names(connection, names, places, {})
        assert rows(connection, "select text from named") == ["ask p7@many.example"]
        replace_named(connection, places)
        assert rows(connection, "select label from said order by 1") == ["ask [forgotten]", "none"]


# The first of the people whom each text of the personal project names, and the texts that no file may hold afterwards.
FIRST_OF_ALL = str(IDS[0])
FIRSTS = (FIRST_OF_ALL, "Quillon Zaborowski", "quillon_zaborowski", "quillon.0@mail.example", "q@mail.example")
LATER_STILL = "\n".join(
    (
        HEAD,
        f"{FIRST_OF_ALL},Quillon,Zaborowski,,q@mail.example,Chat,Message,I came back,2026-05-07 09:00:00,,,",
        f"{IDS[1]},Ysolde,Brackenridge,,,Chat,Message,Quillon Zaborowski is back,2026-05-07 09:01:00,,,",
        "",
    )
)


def test_the_whole_way(once: Once, tmp_path: Path) -> None:
    project = Project(once("personal", build_personal), is_shared=True).copy(tmp_path)
    before = {file.name: file.read_bytes() for file in (project.warehouse, project.published, project.shared)}
    assert [
        path for path in (project.warehouse, project.marts, project.published) if not texts_with(path, FIRSTS)
    ] == []
    unknown = project.script("forget.py", "404")
    assert unknown.returncode == 1
    assert "there is no user 404" in unknown.stdout
    assert "Traceback" not in unknown.stderr
    assert before[project.warehouse.name] == project.warehouse.read_bytes()
    seeds = project.root / "seeds" / "site"
    with (seeds / "staff.csv").open("a") as file:
        file.write("main,,quillon.0@mail.example\n")
    done = project.script("forget.py", FIRST_OF_ALL, "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "222 records in 3 reports" in done.stdout
    named = ("history_quillon_zaborowski.csv", "sitewide.csv", "unique_users_of_zaborowski_2026-05-06.csv")
    assert f"  {named[0]}\n  {named[1]}\n  {named[2]}\n" in done.stdout
    lines = {name: (seeds / f"{name}.csv").read_text().splitlines() for name in ("staff", "teams")}
    # The last line of the teams is of another person.
    assert (
        f"  seeds/site/staff.csv:{len(lines['staff'])}\n  seeds/site/teams.csv:{len(lines['teams']) - 1}\n"
        in done.stdout
    )
    assert before[project.published.name] == project.published.read_bytes()

    # As the command asks.
    del lines["staff"][-1], lines["teams"][-2]
    for name, rest in lines.items():
        (seeds / f"{name}.csv").write_text("\n".join(rest) + "\n")
    write(project.root / "warehouse" / "old copy.duckdb", "who knows")
    (project.root / "warehouse" / "activity.duckdb.tmp").mkdir()
    write(project.root / "warehouse" / "activity.duckdb.tmp" / "spilled", FIRSTS[1])
    # With the tests of the data.
    done = project.script("forget.py", FIRST_OF_ALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Forgotten in the warehouse and the published and the shared copy." in done.stdout
    assert "old copy.duckdb" in done.stdout
    assert "Still in " not in done.stdout
    assert FIRSTS[1] not in done.stdout and "@" not in done.stdout
    nothing_is_left(project)
    assert project.published.read_bytes() != before[project.published.name]

    with project.open() as connection:
        reconciled = "select file_name, record_count, is_reconciled from marts.{} order by 1"
        assert rows(connection, reconciled.format("report_reconciliation")) == [
            ("[forgotten].csv", 111, True),
            ("sitewide.csv", 274, True),
        ]
        assert rows(connection, reconciled.format("user_report_reconciliation")) == [(named[2], 4, True)]
        assert rows(connection, "select user_id from marts.dim_users order by 1") == [str(one) for one in IDS[1:]]

    write(project.root / "reports" / "later.csv", LATER_STILL)
    landed = project.script("load_reports.py", "reports")
    assert landed.returncode == 0, landed.stdout + landed.stderr
    assert f"nothing new in reports/{named[0]}" in landed.stdout
    nothing_is_left(project)
    with connect(project.warehouse, read_only=True) as connection:
        assert ("later.csv", 2, 1, 1) in manifest(connection), "their record of the later download is rejected"
    assert texts_with(project.warehouse, ["[forgotten] is back"])


def nothing_is_left(project: Project) -> None:
    for file in (project.root / "warehouse").rglob("*"):
        if file.is_file():
            assert [mark for mark in FIRSTS if mark.encode() in file.read_bytes()] == [], file
    for path in (project.warehouse, project.marts, project.published, project.shared):
        assert texts_with(path, FIRSTS) == [], path


def texts_with(path: Path, marks: Iterable[str]) -> list[str]:
    """The texts of a file that hold one of these marks."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = texts(connection)
    return sorted(text for text in found if any(mark.casefold() in text.casefold() for mark in marks))


def test_a_build_that_fails_is_said_and_the_next_time_goes_on(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(path) as connection:
        land_all(connection, tmp_path)
    monkeypatch.setenv("WAREHOUSE_PATH", str(path))
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "p.duckdb"))
    monkeypatch.setenv("SHARED_PATH", str(tmp_path / "s.duckdb"))
    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: SimpleNamespace(success=False, result=None, exception=None))
    with pytest.raises(typer.Exit) as failed:
        forget_command.main(USER)
    assert failed.value.exit_code == 1
    assert "forgotten in raw, but the warehouse could not be built" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "p.duckdb").exists()

    def build(*_: object) -> SimpleNamespace:
        with connect(path) as connection:
            attach_new(connection, marts_path(path), "published")
            connection.execute("create schema published.marts")
            connection.execute("create table published.marts.dim_users as select user_id from raw.users")
        return SimpleNamespace(success=True)

    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", build)
    forget_command.main(USER)
    assert "They were forgotten before." in capsys.readouterr().out
    with connect(tmp_path / "p.duckdb", read_only=True) as connection:
        assert rows(connection, "from marts.dim_users") == ["5"]
