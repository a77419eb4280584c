"""The unique users report: what distinguishes it from an activity report, how it lands, and who its users are."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Project, copy_project
from landing.destinations import date_in
from landing.land import land_reports
from landing.landed import LANDED_REPORTS, holds_own_reports, remove_sample
from landing.outcome import Declaration
from landing.terminal import describe
from loader_fixtures import SHORT_HEADER, activity, land, rejected_numbers, report_text, rows, write
from reports.columns import ACTIVITY_REPORT, USERS_REPORT
from reports.format import read_format
from reports.text import ReportRefused
from warehouse.database import connect
from warehouse.raw import SAMPLE_SITE
from warehouse.raw_tables import RAW_TABLES

USERS_HEADER = "User ID,First Name,Email Address,Tags"
# The two other places where the platform documents names of the same things.
DOCUMENTED_FOR_THE_API = frozenset(
    {
        *("id", "first name", "last name", "company", "email", "title", "job type", "phone", "city", "state province"),
        *("country", "timezone", "account level", "date created", "date last login"),
    }
)
DOCUMENTED_FOR_ACTIVITIES = frozenset({"user id", "first", "last", "company", "email"})


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "users.csv"


def users_text(*lines: str, header: str = USERS_HEADER, line_end: str = "\n") -> str:
    return report_text(*lines, header=header, line_end=line_end)


def landed(warehouse: duckdb.DuckDBPyConnection, columns: str = "record_number, user_id") -> list[object]:
    return rows(warehouse, f"select {columns} from raw.users order by report_id, record_number")


# --- Which kind of report a file is ---


@pytest.mark.parametrize(
    "header",
    [
        "User ID",
        "E-Mail Address",
        "userid,Name",
        "ID,First,Last",
        "EMAIL;Organization;Job Title;Groups",
        "User ID\tDate",
        "Email,Date,Dietary needs",
    ],
)
def test_a_report_that_says_who_and_not_what_is_a_users_report(report: Path, header: str) -> None:
    assert read_format(write(report, header + "\n")).kind is USERS_REPORT


@pytest.mark.parametrize("column", ["Category", "Action", "Label", "Content ID", "content_name", "Content Slug"])
def test_a_column_of_activities_makes_it_a_faulty_activity_report(report: Path, column: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        read_format(write(report, f"User ID,First,Last,Company,Email,{column},Date\n"))

    missing = [name for name in ("Category", "Action") if name != column]
    assert str(refused.value).startswith(f"its header has no column {', '.join(missing)}; it reads: User ID,")
    assert str(refused.value).endswith("Fix: download the activity report again and leave its first line as it is.")


@pytest.mark.parametrize("header", ["Name,Company", "ID,Name", "id;session;starts_at", "First,Last"])
def test_a_file_that_says_neither_who_nor_what_is_refused_with_both_fixes(report: Path, header: str) -> None:
    with pytest.raises(ReportRefused, match=r"Fix: .* a unique users report needs a column User ID or Email\."):
        read_format(write(report, header + "\n"))


def test_an_activity_report_stays_one_whatever_is_known_of_users(report: Path) -> None:
    kind = read_format(write(report, SHORT_HEADER + ",Tags,Country,ID,Title,Title\n"))

    assert kind.kind is ACTIVITY_REPORT
    assert [kind.header[index] for index in kind.extra] == ["Tags", "Country", "ID", "Title", "Title"]


@pytest.mark.parametrize("column", USERS_REPORT.aliases)
def test_a_column_of_users_is_known_by_each_of_its_names(report: Path, column: str) -> None:
    other = "User ID" if column == "email" else "Email"
    for title in USERS_REPORT.aliases[column]:
        found = read_format(write(report, f"{other},{title.upper().replace(' ', '_')}\n"))

        assert found.kind is USERS_REPORT
        assert (found.columns[column], found.extra) == (1, ()), title


def test_of_several_names_of_one_column_the_first_alias_is_taken_and_the_rest_kept(report: Path) -> None:
    found = read_format(write(report, "ID,Title,Groups,User ID,Job Title,Tags\n"))

    assert {column: found.header[index] for column, index in found.columns.items()} == {
        "user_id": "User ID",
        "title": "Job Title",
        "tags": "Tags",
    }
    assert [found.header[index] for index in found.extra] == ["ID", "Title", "Groups"]


def test_the_same_header_twice_is_refused(report: Path) -> None:
    with pytest.raises(ReportRefused, match=r"the column E-Mail twice\. Fix:"):
        read_format(write(report, "E-Mail,Tags,e-mail\n"))


def test_no_alias_of_users_means_two_things_and_what_is_documented_is_one() -> None:
    names = [name for aliases in USERS_REPORT.aliases.values() for name in aliases]

    assert len(names) == len(set(names))
    assert set(names) > DOCUMENTED_FOR_THE_API | DOCUMENTED_FOR_ACTIVITIES


def test_the_page_lists_every_alias_with_its_evidence() -> None:
    page = (ROOT / "docs" / "reference" / "unique_users.md").read_text()
    for column, aliases in USERS_REPORT.aliases.items():
        of_api = [name for name in aliases if name in DOCUMENTED_FOR_THE_API]
        of_activities = [name for name in aliases if name in DOCUMENTED_FOR_ACTIVITIES and name not in of_api]
        inferred = [name for name in aliases if name not in of_api and name not in of_activities]
        cells = [", ".join(names) or "–" for names in (of_api, of_activities, inferred)]
        assert f"| `{column}` | {' | '.join(cells)} |" in page


# --- How it lands ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_users_land_word_for_word_however_the_file_is_written(
    warehouse: duckdb.DuckDBPyConnection, report: Path, delimiter: str, line_end: str, encoding: str
) -> None:
    header = delimiter.join(("Tags", "E-Mail", "T-Shirt", "user_id", "Account Level"))
    lines = [
        delimiter.join(('" a; b, ""c"" "', "Ünïx@example.org", "L", "5", "099")),
        "",
        delimiter.join(("", "b@example.org", f'"two{line_end}lines"', " 6 ", "")),
    ]
    landing = land(warehouse, write(report, users_text(*lines, header=header, line_end=line_end).encode(encoding)))

    assert (landing.landed_count, landing.unit, landing.is_clean) == (2, "user", True)
    assert landed(warehouse, "record_number, user_id, email, account_level, tags, company, date_created") == [
        (1, "5", "Ünïx@example.org", "099", ' a; b, "c" ', None, None),
        (2, " 6 ", "b@example.org", "", "", None, None),
    ]
    assert [json.loads(str(text)) for text in landed(warehouse, "extra_columns")] == [
        {"T-Shirt": "L"},
        {"T-Shirt": f"two{line_end}lines"},
    ]
    assert rows(warehouse, "from raw.reports") == rows(warehouse, "from raw.activities") == []


def test_every_column_of_users_lands_in_its_own_place(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    header = ",".join(names[-1] for names in USERS_REPORT.aliases.values())
    values = [f"some {column}" for column in USERS_REPORT.aliases]
    land(warehouse, write(report, users_text(",".join(values), header=header)))

    [user] = landed(warehouse, "* exclude (report_id, record_number)")
    assert user == (*values, None)


GERMAN = "Benutzer-ID;Vorname;Nachname;Firma;E-Mail;Kategorie;Aktion;Bezeichnung;Datum"
ZOOM = "Name,Email,Join Time,Leave Time,Duration (Minutes)"


@pytest.mark.parametrize(
    ("header", "lines", "words"),
    [
        (
            GERMAN,
            [f"{n % 3};A;B;C;{n % 3}@example.org;Chat;Message;hi;2024-07-13 10:00:0{n}" for n in range(6)],
            "its header has E-Mail and no column of an activity report, as a unique users report has, but 3 of its 6"
            " rows are of a user of an earlier row, such as records 1 and 4. Fix:",
        ),
        (
            ZOOM,
            [
                "Ann,a@example.org,07/13/2024 10:00:00 AM,07/13/2024 10:20:00 AM,20",
                "Bob,b@example.org,07/13/2024 10:00:00 AM,07/13/2024 10:50:00 AM,50",
                "Ann,A@example.org,07/13/2024 10:30:00 AM,07/13/2024 10:50:00 AM,20",
            ],
            "1 of its 3 rows are of a user of an earlier row, such as records 1 and 3. Fix:",
        ),
        # without a time, but of many rows; a row that cannot be read counts on
        (
            "User ID,First,Booth",
            ["0", *(f"{n // 2},A,{n}" for n in range(10)), "9,A,9"],
            "5 of its 11 rows are of a user of an earlier row, such as records 2 and 3. Fix:",
        ),
    ],
)
def test_a_list_in_which_users_repeat_is_no_users_report(
    warehouse: duckdb.DuckDBPyConnection, report: Path, header: str, lines: list[str], words: str
) -> None:
    landing = land(warehouse, write(report, users_text(*lines, header=header)))

    assert words in (landing.refusal or "")
    assert landed(warehouse) == []


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        # a few double rows, also with times that are no event's
        (USERS_HEADER, ["5,Ann,,vip", "5,Ann,,new", "6,Bob,,", "6,Bob,,x"]),
        ("Email,Name,Registered,Last Login", ["a@x.org,A,2024-07-01 10:00:00,", "a@x.org,A,2024-07-02 10:00:00,"]),
        (ZOOM, ["A,a@x.org,,,20", "A,a@x.org,,,25"]),
        # one in twenty
        (USERS_HEADER, [f"{n},Ann,,{n}" for n in range(80)] + [f"{n},Ann,,new" for n in range(4)]),
        (ZOOM, [f"A,{n % 20}@x.org,2024-07-13 10:00:{n},,20" for n in range(10, 31)]),
        # the same row again, rows without a user, and the header once more
        (USERS_HEADER, ["5,Ann,,vip"] * 6 + [",A,,x"] * 6 + [USERS_HEADER] * 6),
    ],
)
def test_a_few_double_rows_of_users_land(
    warehouse: duckdb.DuckDBPyConnection, report: Path, header: str, lines: list[str]
) -> None:
    landing = land(warehouse, write(report, users_text(*lines, header=header)))

    assert landing.refusal is None
    assert landing.landed_count == sum(not line.startswith((",", USERS_HEADER)) for line in lines)


@pytest.mark.parametrize("line", [",Ann,,vip", '" ",Ann," \t",', "\u0020,,\u0020,vip"])
def test_a_user_without_id_and_e_mail_is_rejected_with_the_fix(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line: str
) -> None:
    text = users_text("5,Ann,,vip", line, ",Bob,b@example.org,")
    landing = land(warehouse, write(report, text))

    assert landed(warehouse, "record_number, user_id, email") == [(1, "5", ""), (3, "", "b@example.org")]
    [rejected] = landing.examples
    assert (rejected.record_number, rejected.column_name) == (2, "User ID and Email Address")
    assert rejected.reason.startswith("nothing says who it is: no user id and no e-mail. Fix:")
    said = describe(landing)
    assert "2 users, " in said
    assert "record 2, column User ID and Email Address: nothing says who it is" in said


def test_damaged_records_are_rejected_under_their_own_numbers(
    warehouse: duckdb.DuckDBPyConnection, report: Path
) -> None:
    lines = ("1,Ann,a@example.org,vip", "2,Bob", "3,C,c@example.org,x,y", "4,D,d@example.org,x,", "5,E,,", ",F,,")
    land(warehouse, write(report, users_text(*lines)))

    assert landed(warehouse) == [(1, "1"), (4, "4"), (5, "5")]
    assert rejected_numbers(warehouse) == [2, 3, 6]
    assert rows(warehouse, "select record_count, landed_count, rejected_count from raw.user_reports") == [(6, 3, 3)]


def test_the_manifest_of_users_tells_what_was_landed_and_how(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = users_text("5;Ann;a@example.org;vip", header="User ID;First;E-Mail;Tag").encode()
    path = write(tmp_path / "users 2026-05-15.csv.gz", gzip.compress(content))
    landing = land(warehouse, path, Declaration("academy", "Europe/Zurich", "dd/MM/yyyy"))

    assert landing.is_clean
    assert rows(
        warehouse, "select * exclude (report_id, file_sha256, report_date, loaded_at) from raw.user_reports"
    ) == [
        (
            *(path.name, len(content), "academy", "Europe/Zurich", ";", "utf-8"),
            *(["User ID", "First", "E-Mail", "Tag"], 1, 1, 0, "gz", ["user_id", "first_name", "email", "tags"]),
            [column for column in USERS_REPORT.aliases if column not in ("user_id", "first_name", "email", "tags")],
            *(["First", "E-Mail", "Tag"], []),
        )
    ]
    assert rows(warehouse, "select report_date::varchar from raw.user_reports") == ["2026-05-15"]
    assert rows(warehouse, "select left(file_sha256, 16) = report_id from raw.user_reports") == [True]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("users.csv", None),
        ("unique_users_2026-05-15.csv", "2026-05-15"),
        ("20260515-users.csv", "2026-05-15"),
        ("from 2026.01.31 to 2026.05.15.csv", "2026-05-15"),
        ("users_2026_02_30.csv", None),
        ("users_15-05-2026.csv", None),
        ("users_1202605151.csv", None),
        ("users_202605151.csv", None),
        ("users_2026-0515.csv", None),
    ],
)
def test_the_date_is_that_of_the_file_name_if_it_can_mean_no_other(name: str, day: str | None) -> None:
    found = date_in(name)

    assert (found and str(found)) == day


def test_the_same_users_are_landed_once(warehouse: duckdb.DuckDBPyConnection, report: Path) -> None:
    land(warehouse, write(report, users_text("5,Ann,,vip")))

    assert land(warehouse, report).already_landed_as == "users.csv"
    assert landed(warehouse) == [(1, "5")]


def test_users_and_activities_of_one_folder_land_apart(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "a.csv", report_text(activity("u1"), activity("u2", date="never"))),
        write(tmp_path / "b.csv", users_text("5,Ann,,vip", ",,,")),
    ]
    landings = list(land_reports(warehouse, paths, Declaration()))

    assert [(landing.landed_count, landing.unit, landing.rejected_count) for landing in landings] == [
        (1, "record", 1),
        (1, "user", 1),
    ]
    assert rows(warehouse, "select file_name from raw.reports") == ["a.csv"]
    assert rows(warehouse, "select file_name from raw.user_reports") == ["b.csv"]
    assert rejected_numbers(warehouse) == [2, 2]


def test_users_that_cannot_be_told_apart_are_refused_whole(
    warehouse: duckdb.DuckDBPyConnection, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landing import statements

    def fail(*others: object) -> tuple[int, int]:
        raise ReportRefused("of no reason")

    monkeypatch.setattr(statements, "_write_manifest", fail)
    assert land(warehouse, write(report, users_text("5,Ann,,vip", ",,,"))).refusal == "of no reason"
    assert landed(warehouse) == rejected_numbers(warehouse) == rows(warehouse, "from raw.user_reports") == []


@pytest.mark.parametrize("own", ["activities", "users"])
def test_the_sample_s_users_go_with_it(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, own: str) -> None:
    sample = [
        write(tmp_path / "a.csv", report_text(activity("u1"))),
        write(tmp_path / "b.csv", users_text("5,Ann,,vip", ",,,")),
    ]
    list(land_reports(warehouse, sample, Declaration(SAMPLE_SITE)))
    assert not holds_own_reports(warehouse)
    assert not remove_sample(warehouse)

    text = users_text("6,Bob,,", ",,,") if own == "users" else report_text(activity("u2"), activity("u3", date="never"))
    land(warehouse, write(tmp_path / "own.csv", text))
    assert remove_sample(warehouse)
    [manifest] = rows(warehouse, f"select report_id from ({LANDED_REPORTS})")
    for table in ("activities", "users", "rejected_records"):
        assert rows(warehouse, f"select report_id from raw.{table} where report_id <> '{manifest}'") == [], table
    left = "users" if own == "users" else "activities"
    assert rows(warehouse, f"select user_id from raw.{left}") == ["6" if own == "users" else "u2"]
    assert len(rejected_numbers(warehouse)) == 1
    assert not remove_sample(warehouse)


def test_a_report_of_the_sample_that_is_also_one_of_your_own_stays(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    paths = [
        write(tmp_path / "a.csv", report_text(activity("u1"))),
        write(tmp_path / "b.csv", users_text("5,Ann,,vip", ",,,")),
    ]
    list(land_reports(warehouse, paths, Declaration(SAMPLE_SITE)))

    landings = [land(warehouse, path) for path in paths]

    assert [one.already_landed_as for one in landings] == [None, None]
    assert remove_sample(warehouse) is False, "nothing is left of it"
    assert rows(warehouse, f"select distinct site_id, count(*) from ({LANDED_REPORTS}) group by 1") == [("main", 2)]
    assert rows(warehouse, "select user_id from raw.activities union all select user_id from raw.users") == ["u1", "5"]


# --- Whom its users are ---


RECONCILIATION = """
    select file_name, record_count, landed_count, rejected_count, superseded_count, matched_by_id_count,
        matched_by_email_count, ambiguous_count, unmatched_count, email_mismatch_count, is_reconciled
    from marts.user_report_reconciliation order by file_name
"""
SAMPLE_USERS = "unique_users_2026-05-15.csv"
MODELS = "stg_juno__users int_reported_users int_reported_user_tags user_report_reconciliation"


def test_the_sample_s_users_are_matched_by_id_or_their_newest_e_mail(sample_project: Project) -> None:
    assert sample_project.ask(RECONCILIATION) == [(SAMPLE_USERS, 64, 64, 0, 0, 58, 2, 0, 4, 0, True)]
    assert sample_project.ask(
        "select user_key, match_kind, email from activity.intermediate.int_reported_users"
        " where reported_user_id is null order by user_key",
    ) == [
        ("sample:5008", "email", "hana.sommerova@example.net"),
        ("sample:5012", "email", "LIAM.OSHAUGHRAN@EXAMPLE.COM"),
    ]
    assert sample_project.ask(
        "select user_key, last_login_at from activity.intermediate.int_reported_users"
        " where match_kind = 'none' order by 1",
    ) == [(f"sample:{number}", None) for number in (5061, 5062, 5063, 5064)]


def test_the_sample_s_users_bring_their_tags_and_what_no_alias_knows(sample_project: Project) -> None:
    assert sample_project.ask(
        "select tag, count(*) from activity.intermediate.int_reported_user_tags group by tag order by tag",
    ) == [("Exhibitor", 2), ("First-timer", 22), ("Member", 32), ("Speaker", 12), ("Staff", 3)]
    assert sample_project.ask(
        "select company, title, account_level, tags, extra_columns, created_at::varchar from"
        " activity.staging.stg_juno__users where is_administrator and user_id = '5023'",
    ) == [(*("Osprey Labs", "Lecturer", 99, "Staff", '{"T-Shirt Size":"L"}', "2026-05-05 17:38:17"),)]


def test_a_newer_report_counts_whenever_it_is_landed(sample_project: Project, project: Project) -> None:
    project.take_over(sample_project)
    older = users_text("5001,Adah,,Old", "5070,Old,,Old", header="ID,First Name,Last Name,Tag")
    newer = users_text(",GREY@example.org,New", "5001,ada@new.example,", ",HANA.sommerova@EXAMPLE.net,New", ",,")
    folder = project.root / "reports"
    paths = [
        write(folder / "users_2026-06-01.csv", newer.replace(USERS_HEADER, "User ID,E-Mail,Groups")),
        write(folder / "users_2026-01-01.csv", older),
    ]
    with connect(project.warehouse) as connection:
        for path in paths:
            [landing] = land_reports(connection, [path], Declaration(SAMPLE_SITE))
            assert landing.refusal is None
    result = project.dbt("build", "--select", *MODELS.split(), "--exclude-resource-type", "unit_test")
    assert result.returncode == 0, result.stdout

    assert project.ask(RECONCILIATION) == [
        (SAMPLE_USERS, 64, 64, 0, 2, 57, 1, 0, 4, 0, True),
        ("users_2026-01-01.csv", 2, 2, 0, 1, 0, 0, 0, 1, 0, True),
        ("users_2026-06-01.csv", 4, 3, 1, 0, 1, 1, 0, 1, 1, True),
    ]
    assert project.ask(
        "select user_id, tags, first_name from activity.intermediate.int_reported_users"
        " where user_id in ('5001', '5008') order by 1",
    ) == [("5001", None, None), ("5008", "New", None)]


def test_without_a_users_report_all_is_there_and_empty(sample_project: Project, project: Project) -> None:
    project.take_over(sample_project)
    with connect(project.warehouse) as connection:
        connection.execute("delete from raw.users; delete from raw.user_reports")
    result = project.dbt("build", "--select", *MODELS.split(), "--exclude-resource-type", "unit_test")
    assert result.returncode == 0
    assert "WARN=0 ERROR=0 SKIP=0" in result.stdout
    for table in (
        "activity.staging.stg_juno__users",
        "activity.intermediate.int_reported_users",
        "activity.intermediate.int_reported_user_tags",
        "marts.user_report_reconciliation",
    ):
        assert project.ask(f"select count(*) from {table}") == [(0,)], table


def test_a_users_report_alone_is_built_and_ends_the_sample(sample_project: Project, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "copy")
    project.take_over(sample_project)
    write(project.root / "reports" / "users.csv", users_text("5,Ann,a@example.org,x;y", ",,,"))
    with duckdb.connect(str(project.marts)) as marts:
        marts.execute("create table marts.fct_of_before as select 1 as i")
    result = project.build()
    assert result.returncode == 0, result.stdout
    assert "The sample was taken out" in result.stdout
    assert "1 user in the unique users reports: 0 known by id" in result.stdout
    assert "1 record was rejected" in result.stdout
    assert project.ask(RECONCILIATION) == [("users.csv", 2, 1, 1, 0, 0, 0, 0, 1, 0, True)]
    assert project.ask("select count(*) from marts.fct_activities") == [(0,)]
    assert project.ask("select count(*) from duckdb_tables() where table_name = 'fct_of_before'") == [(0,)]


def test_dbt_on_a_warehouse_from_before_users_says_what_to_do(project: Project) -> None:
    with connect(project.warehouse) as connection:
        connection.execute(RAW_TABLES)
        connection.execute("drop table raw.users")
    result = project.dbt("build", "--select", "stg_juno__users")
    assert result.returncode != 0
    assert "there is no table" in result.stdout
    assert "scripts/load_reports.py" in result.stdout


@pytest.mark.parametrize(
    ("line", "country", "tags"),
    [
        ("7002,Bo,NA,NA,NA,NA", "", ""),
        # Namibia, a blank field, and one column
        ("7002,Bo,NA,CEO,NA,vip", "NA", "vip"),
        ("7002,,NA,NA,NA,NA", "NA", "NA"),
    ],
)
def test_a_word_in_every_blank_field_is_no_tag(
    warehouse: duckdb.DuckDBPyConnection, report: Path, line: str, country: str, tags: str
) -> None:
    header = "User ID,First Name,Company,Title,Country,Tags"
    landing = land(warehouse, write(report, users_text("7001,Ann,Fern,CEO,CH,vip", line, header=header)))

    assert landed(warehouse, "country, tags") == [("CH", "vip"), (country, tags)]
    assert any("is read as blank" in note for note in landing.notes) is (country == "")
