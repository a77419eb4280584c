"""Nothing of a person is in a mart, nor anywhere in the shared copy: a scan of every text in every table.

The reports here hold names, e-mails and phone numbers in every place where a person or a text can stand. The scan
finds the tables by itself. What it lets through is named one by one, with the reason.
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Once, Project, copy_project
from loader_fixtures import HEADER

IDS = range(88412071, 88412079)
NAMES = (
    ("Quillon", "Zaborowski"),
    ("Ysolde", "Brackenridge"),
    ("Thandeka", "Mokgosi"),
    ("Zoë", "Ñandú-O'Hara"),
    ("Evander", "Liszt-Marchetti"),
    ("Oyelaran", "Fashakin"),
    ("Xiomara", "Quispe"),
    ("Wolfhart", "Dünnebier"),
)
COMPANIES = ("Gannet Works",) * 5 + ("Puffin & Partners",) * 3
WRITTEN = (
    "Write to ysolde.brackenridge@post.example or call +41 44 555 01 23 or 044 555 01 23 and ask for"
    " Ysolde Brackenridge, or for Zoë Ñandú-O'Hara"
)
PROFILE = "Ysolde Brackenridge"
MEETING = "Meeting with Thandeka Mokgosi"
# The organiser named a session after its speaker, for everybody to read.
PUBLIC_NAMES = ("An Hour with Xiomara Quispe", "an_hour_with_xiomara_quispe")

# Category, action and label of what people did off any page and on the page of the public session.
ACTIVITIES = (
    ("Create Account", "", WRITTEN),
    ("Update Details", "Update", "Quillon Zaborowski"),
    ("Chat", "Message", WRITTEN),
    ("Comment", "Comment", WRITTEN),
    ("Comment", "Added Comment", "mailto:xiomara@home.example"),
    ("Review - 5", "Review", WRITTEN),
    ("9 stars", "Review", PROFILE),
    ("Fill in the Blank - Whom did you miss?", "Question", PROFILE),
    ("Free Text - Where can we reach you?", "Question", "tel:+41445550123"),
    ("View Notifications", "", WRITTEN),
    ("View Users", "", PROFILE),
    ("View Users", "View Full Profile", "Wolfhart Dünnebier"),
    ("View Users", "", "Somebody unknown, o.fashakin@post.example"),
    ("View Leaderboard", "", "Oyelaran Fashakin"),
    ("Click Metadata", "Click", "https://www.linkedin.com/in/ysolde-brackenridge?mail=y%40post.example#Ysolde"),
    (
        "Link",
        "External",
        "https://evander:secret@host.example/people/Ysolde%20Brackenridge/?tel=%2B41445550123#Xiomara",
    ),
    ("Link", "External", "mailto:evander@home.example?subject=Ysolde"),
    ("Link", "External", "tel:+41 44 555 01 23"),
    ("Link", "External", "www.host.example/~xiomara"),
    ("Link", "Internal", "profile/ysolde_brackenridge?mail=ysolde.brackenridge@post.example"),
    ("Link", "Internal", "meeting_with_thandeka_mokgosi"),
    ("Click Content", "Schedule", "meeting_with_thandeka_mokgosi"),
    ("Favorite", "Favorite", MEETING),
    ("Hand", "Raise", PROFILE),
    ("Dialog", "Open", PROFILE),
    ("Talk Now", "Requested", PROFILE),
    ("Talk Now", "Accepted", PROFILE),
    ("Schedule", "Start", WRITTEN),
    ("CE/CME", "Earned", WRITTEN),
    ("CE/CME", "Claimed", PROFILE),
    ("Watched", "Progress", WRITTEN),
    ("Badge", "Unlocked", WRITTEN),
    ("Badge", "Unlocked", PROFILE),
    ("Raffle", "other_activity", WRITTEN),
    # The name of an emoji is no person's.
    ("Raffle", "emoji_reaction_sent", "Love"),
)
# Paths of addresses are shown to the organiser: a name in one looks like any word.
PATHS = ("host.example/people/Ysolde%20Brackenridge", "www.host.example/~xiomara")
# Which record these write is not known: here the action is the name of the type.
with (ROOT / "seeds" / "activity_types.csv").open(newline="") as types:
    TYPES = list(csv.DictReader(types))
UNKNOWN = {
    row["activity_type"]: "true" in (row["is_label_personal"], row["is_label_free_text"])
    for row in TYPES
    if row["evidence"] == "unknown"
}
UNKNOWN_ACTIVITIES = tuple(
    ("Raffle", name, WRITTEN if is_personal else "Prizes") for name, is_personal in UNKNOWN.items()
)
SITE_ALIASES = "".join(
    f"main,Raffle,{name},any,{name},50,,\n" for name in (*UNKNOWN, "other_activity", "emoji_reaction_sent")
)

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


def write_reports(folder: Path) -> None:
    """A sitewide report, the history of one user under their name, and a unique users report."""
    people = list(zip(IDS, NAMES, COMPANIES, strict=True))
    page = ("41", *PUBLIC_NAMES)
    records: list[tuple[object, ...]] = []
    for number, (user_id, (first, last), company) in enumerate(people):
        who = (user_id, first, last, company, f"{first.lower()}.{number}@mail.example")
        activities = (
            [(*activity, *place) for activity in (*ACTIVITIES, *UNKNOWN_ACTIVITIES) for place in (page, ("", "", ""))]
            if number < 2
            else []
        )
        for event in ("Attend", "Joined", "Left"):
            activities += [
                ("Session", event, PUBLIC_NAMES[0], *page),
                ("Session", event, f"Breakout from {PUBLIC_NAMES[0]} #7", *page),
            ]
            if number < 3:
                activities.append(("Session", event, MEETING, "", "", ""))
                activities.append(("Session", event, MEETING, "59", MEETING, "meeting_with_thandeka_mokgosi"))
        activities.append(("View Content", "", PUBLIC_NAMES[0], *page))
        if number < 3:
            activities.append(("View Content", "", MEETING, "59", MEETING, "meeting_with_thandeka_mokgosi"))
        records += [
            (*who, *activity[:3], f"2026-05-04 {10 + number}:{place // 60:02}:{place % 60:02}", *activity[3:])
            for place, activity in enumerate(activities)
        ]
    records.append(("", "", "", "", "", "Chat", "Message", WRITTEN, "2026-05-05 08:00:00", "", "", ""))
    records.append(
        (88412071, "Quillon", "Zaborowski", "", "q@mail.example", "Chat", "Message", WRITTEN, "?", "", "", "")
    )
    _write(folder / "sitewide.csv", (*HEADER, "Badge Name"), [(*record, PROFILE) for record in records])
    own = [record for record in records if record[0] == 88412071 and record[8] != "?"]
    later = (*own[0][:5], "Badge", "Lost", PROFILE, "2026-05-06 08:00:00", "", "", "")
    _write(folder / "history_quillon_zaborowski.csv", HEADER, [*own, later])
    whose = ("User ID", "First Name", "Last Name", "Company", "Email")
    more = {
        "Job Title": f"Aide to {PROFILE}",
        "Job Type": "Keeper of Puffins",
        "Phone": "+41 44 555 01 23",
        "City": "Zaborowski-on-Sea",
        "State": "Upper Auk",
        "Country": "Aukland",
        "Tags": "speaker",
        "Dietary needs": WRITTEN,
    }
    users = [
        *((user_id, first, last, company, f"{first}@mail.example") for user_id, (first, last), company in people[:3]),
        ("", "Nobody", "Ñandú", "", "nobody.nandu@mail.example"),
    ]
    _write(
        folder / "unique_users_of_zaborowski_2026-05-06.csv",
        (*whose, *more),
        [(*user, *more.values()) for user in users],
    )


def _write(path: Path, header: Iterable[str], records: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(records)


@pytest.fixture(scope="module")
def personal(once: Once) -> Project:
    """The project, built and shared, with reports whose every text names somebody."""
    return Project(once("personal", build_personal), is_shared=True)


def build_personal(folder: Path) -> None:
    """Write the reports, add to the seeds, build and share."""
    project = copy_project(folder)
    write_reports(project.root / "reports")
    seeds = project.root / "seeds" / "site"
    with (seeds / "site_activity_aliases.csv").open("a") as file:
        file.write(SITE_ALIASES)
    with (seeds / "session_schedule.csv").open("a") as file:
        file.write("main,59,private_meeting,2026-05-04 10:00:00,2026-05-04 13:00:00,\n")
    with (seeds / "teams.csv").open("a") as file:
        file.write("main,The Auks,88412071,\nmain,The Auks,,ysolde.1@mail.example\n")
    with (seeds / "staff.csv").open("a") as file:
        file.write("main,,wolfhart.*@mail.example\n")
    for result in (project.build(), project.script("share.py")):
        assert result.returncode == 0, result.stdout + result.stderr


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
    assert hashes == {half_md5(f"{salt}\x1f{MEETING}")}, "the test knows how the key is made"
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
    assert meetings == [("main:59",), (None,)]


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
