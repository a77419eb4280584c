"""The whole way, from a folder of reports to the published marts, as a user goes it."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, WITHOUT_TESTS, Once, Project, copy_project
from declarations import declared
from warehouse.database import number_of

REPORTS = ROOT / "tests" / "fixtures"
SITE_ALIASES = Path("seeds") / "site" / "site_activity_aliases.csv"
SCHEDULE = Path("seeds") / "site" / "session_schedule.csv"
CALLS = Path("models") / "marts" / "engagement" / "interaction" / "fct_calls.sql"
USED_UP = "error('Out of Memory Error: could not allocate block')"
ONE_AT_A_TIME = f"{{{{ 'true' if target.threads == 1 else \"{USED_UP}\" }}}}"


def succeed(project: Project, **settings: str) -> str:
    """Build, insist that it succeeds, and return what it printed."""
    result = project.build(**settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def query(project: Project, sql: str) -> list[tuple[object, ...]]:
    """The answer of the published marts."""
    with project.open() as connection:
        return connection.execute(sql).fetchall()


def test_the_sample_builds_and_sums_up(sample_project: Project) -> None:
    """test_documented_commands.py builds it a second time."""
    output = sample_project.output.read_text()
    assert query(sample_project, "select count(*) from marts.fct_activities") == [(1878,)]

    assert "4 reports hold 4,248 records: 4,246 landed, 2 rejected." in output
    assert "1,878 activities are unique; 2,368 records are duplicates" in output
    assert "64 users in the unique users reports: 58 known by id, 2 by e-mail, 0 ambiguous" in output
    assert "7 activities have words that have no name yet." in output
    assert "\nUnderstood 4,233 of 4,246 records (99 %)." in output
    assert "Q&A / Ask" in output
    assert "change nothing" not in output
    assert "What changed" not in output, "the newest has the columns and activities of those before"
    assert str(sample_project.warehouse) in output
    assert str(sample_project.published) in output


def test_the_names_that_others_build_on_are_there(sample_project: Project) -> None:
    fixed = {
        "fct_activities": "activity_key site_id user_key user_id content_key content_id activity_type activity_family"
        " occurred_at report_id record_number",
        "dim_users": "user_key",
        "dim_content": "content_key",
        "dim_activity_types": "activity_type",
        "dim_dates": "calendar_date",
        "fct_session_attendance": "site_id user_id session_key content_id session_name first_joined_at last_left_at"
        " stay_count proven_seconds likely_seconds possible_seconds is_attended",
        "fct_presence_intervals": "opened_by closed_by",
        "fct_user_days": "user_id activity_date reviews_count",
        "fct_content_days": "content_id activity_date unique_user_count reviews_count",
        "fct_points_awarded": "user_id activity_type content_id awarded_at points activity_key",
        "fct_leaderboard": "contest_id user_id points rank",
        "report_reconciliation": "file_name record_count landed_count rejected_count unique_count duplicate_count"
        " unique_recognised_count unique_unrecognised_count is_reconciled",
        "user_report_reconciliation": "file_name record_count landed_count rejected_count superseded_count"
        " matched_by_id_count matched_by_email_count ambiguous_count unmatched_count is_reconciled",
        "report_changes": "report_id site_id report_kind previous_report_id known_columns missing_columns extra_columns"
        " renamed_columns appeared_columns vanished_columns format_changes new_activity_types new_category_actions"
        " has_changed change_reasons",
        "unrecognised_activities": "site_id category action example_labels first_seen_at last_seen_at suggested_alias",
    }
    found = set(
        query(sample_project, "select table_name, column_name from duckdb_columns() where schema_name = 'marts'")
    )
    missing = [(table, name) for table, names in fixed.items() for name in names.split() if (table, name) not in found]
    assert missing == []
    tables = sample_project.ask("select distinct schema_name || '.' || table_name from duckdb_columns()")
    assert {("raw.reports",), ("raw.activities",), ("raw.rejected_records",)} <= set(tables)
    schemas = sample_project.ask("select distinct database_name || '.' || schema_name from duckdb_tables()")
    own = {"activity.raw", "activity.staging", "activity.intermediate"}
    # The tables about the copy itself are in main.
    assert {name for (name,) in schemas} - {"published.site", "published.main"} == own | {
        "published.marts",
        "published.restricted",
    }


def test_the_sample_reconciles_with_a_count_of_its_lines(sample_project: Project) -> None:
    counts = {}
    for path in sorted((ROOT / "sample" / "reports").glob("[!u]*.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            delimiter = ";" if "keynote" in path.name else ","
            counts[path.name] = sum(1 for _ in csv.reader(file, delimiter=delimiter)) - 1
    rows = query(
        sample_project,
        "select file_name, landed_count + rejected_count, unique_count + duplicate_count + rejected_count,"
        " is_reconciled"
        " from marts.report_reconciliation order by 1",
    )
    assert rows == [(name, count, count, True) for name, count in counts.items()]


@pytest.fixture(scope="module")
def guide(sample_project: Project, once: Once) -> tuple[Project, str]:
    """The sample, then every activity of the guide and some that are invented, and what their build printed.

    Beside them are files that cannot be loaded.
    """

    def make(folder: Path) -> None:
        project = copy_project(folder)
        project.take_over(sample_project)
        for reports in ("every_activity", "invented"):
            shutil.copytree(REPORTS / reports, project.root / "reports", dirs_exist_ok=True)
        (project.root / "reports" / "old.xls").write_text("x")
        (project.root / "reports" / "broken.csv").write_text("no header\n1\n")
        for output in ("output", "again"):
            result = project.build(**WITHOUT_TESTS)
            assert result.returncode == 1, "a report was refused"
            (folder / output).write_text(result.stdout + result.stderr)
            shutil.copy(project.published, folder / f"published_{output}.duckdb")

    folder = once("guide", make)
    return Project(folder, is_shared=True), (folder / "output").read_text()


def test_a_build_again_finds_nothing_new_and_starts_no_dbt(guide: tuple[Project, str]) -> None:
    project, _ = guide
    again = (project.root / "again").read_text()
    assert "Nothing is new since the last build" in again and "building and testing" not in again
    assert "2 reports hold " in again, "it sums up"
    first, second = (project.root / f"published_{output}.duckdb" for output in ("output", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_clone_that_was_copied_or_moved_reads_its_own_seeds(sample_project: Project, tmp_path: Path) -> None:
    """Dbt knows of a seed in which folder it was when dbt parsed it."""
    copied = sample_project.copy(tmp_path / "from")
    staff, points = (Path("seeds") / name for name in ("site/staff.csv", "point_rules.csv"))
    header = (copied.root / staff).read_text().splitlines()[0]
    (copied.root / staff).write_text(f"{header}\nacademy,9001,\n")
    (copied.root / points).write_text((copied.root / points).read_text() + "\n")
    seed = ("seed", "--select", "staff", "point_rules")
    assert copied.dbt(*seed).returncode == 0

    copy = copied.copy(tmp_path / "it's [a] #1 $x 'dir'")
    # A pattern of DuckDB would find this one.
    copied.root.rename(tmp_path / "it's a #1 $x 'dir'")
    (tmp_path / "it's a #1 $x 'dir'" / staff).write_text(f"{header}\nacademy,9002,\n")
    result = copy.dbt(*seed)
    assert result.returncode == 0, result.stdout
    assert copy.ask("select user_id from activity.staging.staff") == [("9001",)]
    assert copy.ask("select count(*) > 0 from activity.staging.point_rules") == [(True,)]


def test_what_cannot_be_loaded_is_said_and_the_rest_is_published(guide: tuple[Project, str]) -> None:
    project, output = guide
    assert "passed over" in output and "old.xls" in output
    assert "refused" in output and "broken.csv" in output
    assert query(project, "select count(*) > 0 from marts.fct_activities") == [(True,)]


def test_every_activity_of_the_guide_is_recognised(guide: tuple[Project, str]) -> None:
    project, _ = guide
    of_the_guide = (
        "report_id = (select report_id from marts.report_reconciliation where file_name = 'every_activity.csv')"
    )
    with (REPORTS / "every_activity_expected.csv").open(newline="") as file:
        expected = [(int(row["record_number"]), row["activity_type"]) for row in csv.DictReader(file)]
    assert (
        query(
            project,
            f"select record_number, activity_type from marts.fct_activities where {of_the_guide} order by 1",
        )
        == expected
    )
    assert query(
        project,
        f"select unique_unrecognised_count from marts.report_reconciliation where {of_the_guide}",
    ) == [(0,)]
    never_recorded = query(
        project,
        "select activity_type from marts.dim_activity_types where evidence in ('guide', 'inferred')"
        " and activity_type not in (select activity_type from marts.fct_activities)",
    )
    # The one activity whose meaning is in the guide and whose record is in no source.
    assert never_recorded == [("emoji_reaction_sent",)]


@pytest.fixture(scope="module")
def types() -> dict[str, dict[str, str]]:
    """The activity types of the dictionary."""
    with (ROOT / "seeds" / "activity_types.csv").open(newline="") as file:
        return {row["activity_type"]: row for row in csv.DictReader(file) if row["activity_type"] != "unrecognised"}


@pytest.fixture(scope="module")
def named(guide: tuple[Project, str], types: dict[str, dict[str, str]], once: Once) -> tuple[Project, str]:
    """The same, built again with the aliases that it suggests, and with each activity whose record is not known.

    For these a site names a record of its own.
    """
    folder = once("named", lambda folder: build_named(folder, guide[0], types))
    return Project(folder, is_shared=True), (folder / "output").read_text()


def build_named(folder: Path, guide: Project, types: dict[str, dict[str, str]]) -> None:
    """Name what was unrecognised, report activities without a known record, and build, with the tests of all data.

    One mart says that the memory is used up while two are built at once.
    """
    project = copy_project(folder)
    mart = project.root / CALLS
    mart.write_text(mart.read_text().replace("select * from final", f"select * from final where {ONE_AT_A_TIME}"))
    project.take_over(guide)
    suggested = [row[0] for row in query(guide, "select suggested_alias from marts.unrecognised_activities")]
    assert len(suggested) == 3
    unnamed = [name for name, row in types.items() if row["evidence"] in ("unknown", "site")] + ["emoji_reaction_sent"]
    header = "User ID,First,Last,Company,Email,Category,Action,Label,Date,Content ID,Content Name,Content Slug"
    records = [
        f"7,Ada,Okafor,Ash,a@example.org,X {name},,word,2026-05-02 08:00:00,41,Keynote,keynote" for name in unnamed
    ]
    (project.root / "reports" / "unnamed.csv").write_text("\n".join([header, *records, ""]))
    with (project.root / SITE_ALIASES).open("a") as file:
        file.writelines(f"{str(line).replace(',any,,', ',any,other_activity,')}\n" for line in suggested)
        file.writelines(f"main,X {name},*,any,{name},50,,\n" for name in unnamed)
    (folder / "output").write_text(succeed(project))


def test_no_activity_type_is_without_a_mart_that_uses_it(
    named: tuple[Project, str], types: dict[str, dict[str, str]]
) -> None:
    """Beside fct_activities: a mart with its single activities, or one that sums up its family."""
    project, _ = named
    assert {row[0] for row in query(project, "select distinct activity_type from marts.fct_activities")} == set(types)

    told_by_no_record_of_its_own = ("fct_activities", "fct_points_awarded")
    marts_of_activities = query(
        project,
        "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'activity_key'"
        f" and table_name not in {told_by_no_record_of_its_own}",
    )
    activities = " union all ".join(f"select activity_key from marts.{mart}" for (mart,) in marts_of_activities)
    in_marts = {
        row[0]
        for row in query(
            project, f"select distinct activity_type from marts.fct_activities where activity_key in ({activities})"
        )
    }
    summed_up = {row["activity_family"] for name, row in types.items() if name not in in_marts}
    assert summed_up == {"credits", "session_events", "track_events", "video_events", "completions", "hand_raises"}
    used = "".join(path.read_text() for path in (ROOT / "models" / "intermediate").glob("*.sql"))
    used += "".join(path.read_text() for path in (ROOT / "models" / "marts").rglob("*.sql"))
    assert [family for family in summed_up if f"ref('stg_juno__{family}')" not in used] == []


def test_suggested_aliases_name_what_was_unrecognised(guide: tuple[Project, str], named: tuple[Project, str]) -> None:
    _, before = guide
    assert "4 activities have words that have no name yet." in before
    assert "in the unique users reports" not in before

    project, output = named
    assert "have no name yet" not in output
    assert query(project, "select * from marts.unrecognised_activities") == []
    # These four, and the one of the kind other_activity itself.
    assert query(project, "select count(*) from marts.fct_activities where activity_type = 'other_activity'") == [(5,)]
    assert query(project, "select sum(other_activities_count) from marts.fct_user_days") == [(5,)]


def test_a_build_that_runs_out_of_memory_goes_on_with_one_model_at_a_time(named: tuple[Project, str]) -> None:
    project, output = named
    assert "the rest is built one after the other" in output
    with project.open() as published:
        assert number_of(published, "select count(*) from marts.fct_calls") > 0


def test_wrong_seeds_fail_by_name_and_publish_nothing(guide: tuple[Project, str], project: Project) -> None:
    """With no new report: existing records are recognised again."""
    project.take_over(guide[0])
    shutil.copy(guide[0].published, project.published)
    before = project.published.read_bytes()
    wrong = [
        (
            {SITE_ALIASES: "main,Badge,Won,any,badge_won,50,,\n", SCHEDULE: "main,1,sesion,,,\n"},
            "line 3: unknown activity type `badge_won`",
            "session_schedule.csv, line 2: unknown session type `sesion`; did you mean `session`?",
        ),
        (
            {
                SITE_ALIASES: "main,Quiz Duel,*,any,other_activity,50,,\nmain,*,Challenged,any,call_requested,50,,\n",
                SCHEDULE: "",
            },
            "no_two_aliases_of_equal_priority_disagree",
            "name `Quiz Duel / Challenged` differently. Fix: give",
        ),
    ]
    shipped = {path: (project.root / path).read_text() for path in (SITE_ALIASES, SCHEDULE)}
    shipped[SCHEDULE] = shipped[SCHEDULE].splitlines(keepends=True)[0]
    for files, *sentences in wrong:
        for path, lines in files.items():
            (project.root / path).write_text(shipped[path] + lines)
        result = project.build()
        assert result.returncode == 1
        for said in sentences:
            assert said in result.stdout + result.stderr
        # Not the later words of publish.py, which refuses what a failed build left as well.
        assert "the warehouse was not built, and nothing was published" in result.stdout
        assert "Traceback" not in result.stdout + result.stderr
        assert project.published.read_bytes() == before
    # The sample does not come back.
    assert "There is no new report" in result.stdout
    assert landed_files(project) == ["every_activity.csv", "invented.csv"]
    # The tables of the last build are dropped before the new ones, and those that make name reads stay.
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables() order by 1").fetchall()
        assert schemas == [("raw",), ("staging",)]
        assert connection.execute("from staging.base_juno__activities limit 1").fetchall()


def landed_files(project: Project) -> list[str]:
    """The names of the reports of activities that are landed."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return [name for (name,) in connection.execute("select file_name from raw.reports order by 1").fetchall()]


def test_by_hand_it_takes_the_loader_and_dbt_without_flags(project: Project) -> None:
    """First each in a Python of its own, as a user starts it; and what a killed build left is made good."""
    result = project.run(sys.executable, "scripts/load_reports.py", "sample/reports")
    assert result.returncode == 1, "the sample holds two records that are rejected"

    only_one = ("run", "--select", "base_juno__reports")
    started = project.run(str(Path(sys.executable).with_name("dbt")), *only_one)
    assert started.returncode == 0, started.stdout + started.stderr
    left = unfinished(project)
    assert "model.juno_activity.fct_sessions" in left
    assert "model.juno_activity.base_juno__reports" not in left
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("insert into staging.unfinished_builds values ('killed')")
    assert project.dbt(*only_one).returncode == 0
    assert sorted(unfinished(project)) == sorted([*left, "killed"]), "a build of one model completes none of the others"

    result = project.dbt("build")
    assert result.returncode == 0, result.stdout
    done = re.search(r"PASS=(\d+) WARN=1 ERROR=0 SKIP=0", result.stdout)
    assert done and int(done[1]) > 150
    assert " unit tests in " not in result.stdout, "selectors.yml leaves them to the test below"
    assert unfinished(project) == []


def unfinished(project: Project) -> list[str]:
    """The builds that did not finish."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return [name for (name,) in connection.execute("from staging.unfinished_builds").fetchall()]


def test_the_unit_tests_of_the_models_pass(sample_project: Project, tmp_path: Path) -> None:
    result = sample_project.copy(tmp_path).dbt("test", "--select", "test_type:unit")
    assert result.returncode == 0, result.stdout
    assert f"{len(declared('unit_tests'))} unit tests" in result.stdout


def test_dbt_before_any_report_says_what_to_do(project: Project) -> None:
    result = project.dbt("build", DBT_WRITE_JSON="true")
    assert result.returncode != 0
    assert "No report has been landed yet" in result.stdout
    assert "scripts/load_reports.py" in result.stdout
    assert not project.published.exists()


def test_dbt_without_records_is_refused(project: Project) -> None:
    """Every mart would be empty, and the salt of the meetings was said to be missing."""
    result = project.dbt("run", "--empty")
    assert result.returncode != 0
    assert "With --empty dbt reads no records, and every mart would be empty." in result.stdout


def test_the_sample_makes_room_for_the_first_real_report(guide: tuple[Project, str]) -> None:
    project, output = guide
    assert "The sample was taken out" in output
    assert query(project, "select distinct site_id from marts.fct_activities") == [("main",)]
    assert query(project, "select file_name from marts.report_reconciliation order by 1") == [
        ("every_activity.csv",),
        ("invented.csv",),
    ]


def test_a_folder_without_reports_is_said(project: Project) -> None:
    (project.root / "empty").mkdir()
    result = project.build("--reports", "empty")
    assert result.returncode == 1
    assert "there is no report (.csv, .tsv, .csv.gz, .tsv.gz, .zip, .xlsx) in empty" in result.stdout
