"""Removing a report: what only it supported goes, what another holds stays, its file is left out."""

from __future__ import annotations

import csv
import gzip
import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

import load_reports
import remove as remove_command
from building import rebuild
from building.rebuild import compact
from conftest import REMOVED, ROOT, Project, marts
from landing.land import land_reports
from landing.landed import delete_reports
from landing.options import choose_reports
from landing.outcome import Declaration, Given, Landing
from landing.terminal import describe
from loader_fixtures import activity, land, landed_users, report_text, rows, texts, write
from older_warehouse import OLDER_TABLES, as_older
from publishing.publish import publish
from removal import completion
from removal import remove as remover
from removal.erase import forget
from removal.remove import find_report, remove
from removal.subject import find_person
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.files import attach_new, remove_database
from warehouse.paths import marts_path
from warehouse.raw import SAMPLE_SITE
from warehouse.raw_tables import RAW_TABLES

pytestmark = pytest.mark.slow

NOWHERE = Path("there is no published copy.duckdb")
USERS = "User ID,First Name,Email,Phone\n5,Ann,ann@mail.example,\n,,,\n"
TABLES = ("activities", "users", "rejected_records", "reports", "user_reports")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse with two activity reports and one of users, for each test to copy."""
    folder = tmp_path_factory.mktemp("loaded")
    with connect(folder / "activity.duckdb") as connection:
        land(connection, write(folder / "a.csv", report_text(activity("1", "kept by both"))))
        land(connection, second(folder))
        land(connection, write(folder / "users.csv", USERS))
    return folder


@pytest.fixture
def files(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> rebuild.Files:
    """A warehouse on disk with these reports, and copies that are not there yet."""
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "activity.duckdb"))
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "published.duckdb"))
    monkeypatch.setenv("SHARED_PATH", str(tmp_path / "shared.duckdb"))
    return rebuild.Files.of_environment()


def second(folder: Path) -> Path:
    lines = (activity("1", "kept by both"), activity("2", "only in the second"), activity("3", date="never"))
    return write(folder / "b.csv", report_text(*lines))


def remove_named(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    remove(connection, find_report(connection, name, NOWHERE))


def raw(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """All that was landed, without the time of loading."""
    return {
        table: rows(connection, f"select columns(lambda c: c <> 'loaded_at') from raw.{table} order by all")
        for table in TABLES
    }


def load(*arguments: object, **environment: str) -> Result:
    """Run the loader's command line."""
    app = typer.Typer()
    app.command()(load_reports.main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


@pytest.mark.parametrize("name", ["b.csv", "users.csv"])
def test_raw_is_as_if_it_had_never_been_landed(files: rebuild.Files, tmp_path: Path, name: str) -> None:
    with connect(files.warehouse) as connection, duckdb.connect() as other:
        remove_named(connection, name)
        list(land_reports(other, sorted({*tmp_path.glob("*.csv")} - {tmp_path / name}), Declaration()))
        assert raw(connection) == raw(other)
        assert sum(map(len, raw(connection).values())) > 3
        assert rows(connection, "select site_id, length(file_sha256) from raw.removed_reports") == [("main", 64)]


@pytest.mark.parametrize("given", ["b.csv", " reports/b.csv ", "{id}", "{start}", "{upper}"])
def test_a_report_is_found_by_its_name_or_id(files: rebuild.Files, given: str) -> None:
    with connect(files.warehouse) as connection:
        [report_id] = rows(connection, "select report_id from raw.reports where file_name = 'b.csv'")
        wanted = given.format(id=report_id, start=report_id[:4], upper=report_id[:6].upper())
        assert find_report(connection, wanted, NOWHERE).report_id == report_id


@pytest.mark.parametrize("wanted", ["c.csv", "", "b", "B.CSV", "%", "0" * 16])
def test_an_unknown_report_is_said_with_the_fix(files: rebuild.Files, wanted: str) -> None:
    with connect(files.warehouse) as connection:
        remove_named(connection, "a.csv")
        [removed] = rows(connection, "select report_id from raw.removed_reports")
        with pytest.raises(WarehouseError, match=r"there is no report .* Nothing was changed\. Fix: ") as unknown:
            find_report(connection, wanted, NOWHERE)
    assert f"\n  {removed}, site main: removed at 20" in str(unknown.value)


def test_the_first_character_of_an_id_is_too_little(files: rebuild.Files) -> None:
    with connect(files.warehouse) as connection:
        [report_id] = rows(connection, "select report_id from raw.reports where file_name = 'b.csv'")
        with pytest.raises(WarehouseError, match="there is no report"):
            find_report(connection, report_id[:3], NOWHERE)


def test_several_of_a_name_are_listed_and_none_is_removed(files: rebuild.Files, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with connect(files.warehouse) as connection:
        land(connection, write(tmp_path / "x" / "b.csv", USERS + "6,Bo,,\n"), Declaration("academy"))
        ids = rows(
            connection,
            "select report_id from raw.reports where file_name = 'b.csv'"
            " union all select report_id from raw.user_reports where file_name = 'b.csv'",
        )
        before = raw(connection)
    result = remove_on_the_command_line("b.csv")
    assert result.exit_code == 1
    assert "b.csv names several reports. Nothing was changed. Fix: REPORT=… with the id of one:" in result.stdout
    assert f"  {ids[0]}, site main, b.csv: 2 activities landed, 1 record rejected, loaded at 20" in result.stdout
    assert f"  {ids[1]}, site academy, b.csv: 2 users landed, 1 record rejected, loaded at 20" in result.stdout
    with connect(files.warehouse) as connection:
        assert raw(connection) == before
        remove_named(connection, ids[1])
        assert find_report(connection, "b.csv", NOWHERE).report_id == ids[0]


def remove_on_the_command_line(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(remove_command.main)
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("arguments", [["b.csv", "--dry-run"], ["404.csv"]], ids=["dry run", "unknown report"])
def test_a_dry_run_and_an_error_write_nothing(files: rebuild.Files, arguments: list[str]) -> None:
    with connect(files.warehouse) as connection:
        # As in a warehouse that an older version made.
        connection.execute("drop table raw.removed_reports")
    before = files.warehouse.read_bytes()
    result = remove_on_the_command_line(*arguments)
    assert result.exit_code == (0 if "--dry-run" in arguments else 1)
    assert "Nothing was changed." in result.stdout
    assert files.warehouse.read_bytes() == before
    assert sorted(path.name for path in files.warehouse.parent.glob("*.duckdb*")) == ["activity.duckdb"]


def test_a_failure_half_way_changes_nothing(files: rebuild.Files, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(files.warehouse, read_only=True) as connection:
        before = raw(connection)
    delete = delete_reports

    def fail(connection: duckdb.DuckDBPyConnection, report_ids: list[str]) -> None:
        delete(connection, report_ids)
        raise KeyboardInterrupt

    monkeypatch.setattr(remover, "delete_reports", fail)
    with pytest.raises(KeyboardInterrupt):
        remove_command.main("b.csv")
    with connect(files.warehouse, read_only=True) as connection:
        assert raw(connection) == before


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "Removed from the warehouse; 2 reports are left."),
        (["published.duckdb"], "Removed from the warehouse and the published copy; 2 reports are left."),
    ],
)
def test_only_copies_that_were_there_are_named(
    files: rebuild.Files, monkeypatch: pytest.MonkeyPatch, there: list[str], said: str
) -> None:
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: SimpleNamespace(success=True))
    for name in ("require_place_for", "publish", "write_page"):
        monkeypatch.setattr(rebuild, name, lambda *_: None)
    monkeypatch.setattr(completion, "publish_again", lambda *_: [])
    for name in there:
        with connect(files.warehouse.with_name(name)) as connection:
            connection.execute("create schema marts")
    assert said in remove_on_the_command_line("b.csv").stdout


def test_the_file_is_left_out_until_it_is_asked_for(files: rebuild.Files, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    renamed = write(tmp_path / "renamed.csv", path.read_bytes())
    with connect(files.warehouse) as connection:
        before = landed_users(connection)
        remove_named(connection, "b.csv")
        for file in (path, renamed):
            landing = land(connection, file)
            assert landing.removed_on is not None and landing.is_clean and landing.landed_count == 0
        without = raw(connection)
        [day] = rows(connection, "select removed_at::date from raw.removed_reports")
    result = load(path, tmp_path / "a.csv")
    assert result.exit_code == 0
    assert (
        f"left out {path}: it was removed on {day}."
        " To land it again: make build AGAIN=1 (or load_reports.py --again)\n" in result.stdout
    )
    with connect(files.warehouse) as connection:
        assert raw(connection) == without

    result = load(path, tmp_path / "a.csv", AGAIN="1", SITE="academy")
    assert result.exit_code == 1, "one record is rejected, as the first time"
    assert "left out" not in result.stdout
    with connect(files.warehouse) as connection:
        assert landed_users(connection) == before
        assert rows(connection, "select site_id from raw.reports order by file_name") == ["main", "academy"]
        assert rows(connection, "from raw.removed_reports") == []
        assert land(connection, path).already_landed_as == "b.csv"


def test_a_line_says_that_a_file_was_left_out() -> None:
    line = describe(Landing(Path("reports/x.csv"), "reports/x.csv", removed_on=date(2026, 11, 24)))
    assert line.startswith("[yellow]left out[/yellow] [bold]reports/x.csv[/bold]: it was removed on 2026-11-24. To")


def test_only_the_files_that_are_given_are_landed_again(files: rebuild.Files, tmp_path: Path) -> None:
    with connect(files.warehouse) as connection:
        remove_named(connection, "a.csv")
        remove_named(connection, "b.csv")
        land(connection, tmp_path / "b.csv", Declaration(is_again=True))
        assert rows(connection, "select file_name from raw.reports") == ["b.csv"]
        assert land(connection, tmp_path / "a.csv").removed_on is not None


def test_a_file_that_is_refused_stays_removed(files: rebuild.Files, tmp_path: Path) -> None:
    ambiguous = write(tmp_path / "c.csv", report_text(activity("1", date="03/04/2026 10:00:00")))
    with connect(files.warehouse) as connection:
        land(connection, ambiguous, Declaration(date_format="dd/MM/yyyy"))
        remove_named(connection, "c.csv")
        assert land(connection, ambiguous, Declaration(is_again=True)).refusal is not None
        assert land(connection, ambiguous).removed_on is not None
        declaration = Declaration(date_format="MM/dd/yyyy", is_again=True)
        assert land(connection, ambiguous, declaration).landed_count == 1
        assert rows(connection, "select occurred_at::varchar from raw.activities where label = 'hello'") == [
            "2026-03-04 10:00:00"
        ]


def test_the_sample_too_is_landed_again_when_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("landing.options.DEFAULT_REPORTS", tmp_path)
    for is_again in (False, True):
        _, given = choose_reports(None, Given("academy", is_again=is_again))
        assert given == Given(SAMPLE_SITE, is_again=is_again, max_date=date.max)


def test_the_sample_does_not_take_the_place_of_reports_that_cannot_be_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("landing.options.DEFAULT_REPORTS", tmp_path)
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)
    with pytest.raises(WarehouseError, match="may not look into the folder"):
        choose_reports(None, Given())


def test_who_was_forgotten_stays_so(files: rebuild.Files, tmp_path: Path) -> None:
    counts = "select file_name, record_count, landed_count, rejected_count from raw.reports order by 1"
    with connect(files.warehouse) as connection:
        forget(connection, find_person(connection, "1", None))
        before = rows(connection, counts)
        hashes = rows(connection, "from raw.forgotten_users")
        remove_named(connection, "b.csv")
        assert rows(connection, counts) == before[:1]
        assert rows(connection, "from raw.forgotten_users") == hashes
        land(connection, tmp_path / "b.csv", Declaration(is_again=True))
        assert rows(connection, counts) == before == [("[forgotten].csv", 1, 0, 1), ("b.csv", 3, 1, 2)]


MOVED = "User ID,First,Last,Email,Category,Action,Label,Date"
ADA, BOB = "007,Ada,Byron,ada@x.org,Chat,Message,{},{}", "8,Bob,Low,,Chat,Message,thanks Ada Byron,2024-05-01 10:00:00"


def moved_report(folder: Path, name: str, *lines: str) -> Path:
    return write(folder / name, report_text(*lines, header=MOVED))


@pytest.mark.parametrize(
    ("is_removed", "declaration"),
    [
        (True, Declaration("academy", is_again=True)),
        (False, Declaration("academy", moves_reports=True)),
    ],
)
def test_who_was_forgotten_stays_so_when_the_report_gets_another_site(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, *, is_removed: bool, declaration: Declaration
) -> None:
    """An id is remembered together with its site; the e-mail too, and what others wrote."""
    day = "2024-05-01 10:00:00"
    first = moved_report(tmp_path, "a.csv", ADA.format("x", day), BOB, ADA.format("y", day).replace("007", ""))
    for file, site in ((first, "main"), (moved_report(tmp_path, "b.csv", ADA.format("z", day)), "beta")):
        land(warehouse, file, Declaration(site))
    forget(warehouse, find_person(warehouse, "007", "main"))
    if is_removed:
        remove_named(warehouse, "a.csv")

    landing = land(warehouse, first, declaration)

    assert (landing.landed_count, landing.rejected_count, landing.harmless_count) == (1, 2, 2)
    found = "select site_id, user_id, label from raw.activities inner join raw.reports using (report_id) order by all"
    assert rows(warehouse, found) == [("academy", "8", "thanks [forgotten]"), ("beta", "007", "z")]
    # So they stay in the next download, and after another move. In the site where they were not forgotten they are
    # known by the id as before.
    later = moved_report(tmp_path, "later.csv", ADA.format("later", day), BOB)
    assert land(warehouse, later, Declaration("academy")).rejected_count == 1
    assert land(warehouse, first, Declaration("gamma", moves_reports=True)).landed_count == 1
    assert land(warehouse, moved_report(tmp_path, "c.csv", ADA.format("w", day)), Declaration("beta")).landed_count == 1
    assert land(warehouse, first, Declaration("beta", moves_reports=True)).landed_count == 1
    assert land(warehouse, moved_report(tmp_path, "d.csv", ADA.format("v", day)), Declaration("beta")).landed_count == 1


def test_the_bytes_leave_the_file_only_when_it_is_compacted(tmp_path: Path) -> None:
    path = tmp_path / "activity.duckdb"
    with connect(path) as connection:
        connection.execute("set force_compression = 'uncompressed'")
        land(connection, write(tmp_path / "a.csv", report_text(activity("1"))))
        land(connection, second(tmp_path))
    with connect(path) as connection:
        remove_named(connection, "b.csv")
    assert b"only in the second" in path.read_bytes(), "DuckDB leaves what it frees"
    compact(path)
    assert b"only in the second" not in path.read_bytes()
    with connect(path, read_only=True) as connection:
        assert rows(connection, "select site_id from raw.removed_reports") == ["main"]


def build(files: rebuild.Files) -> SimpleNamespace:
    """In place of dbt: a mart that names the reports."""
    remove_database(marts_path(files.warehouse))
    with connect(files.warehouse) as connection:
        attach_new(connection, marts_path(files.warehouse), "published")
        connection.execute("create schema published.marts")
        for kind in ("report", "user_report"):
            connection.execute(f"create table published.marts.{kind}_reconciliation as from raw.{kind}s")
    return SimpleNamespace(success=True)


def test_the_same_command_completes_what_was_interrupted(files: rebuild.Files, monkeypatch: pytest.MonkeyPatch) -> None:
    build(files)
    publish(files.warehouse, files.published)
    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: SimpleNamespace(success=False, result=None, exception=None))
    failed = remove_on_the_command_line("b.csv")
    assert failed.exit_code == 1
    assert "The report is removed in raw, but the warehouse could not be built" in failed.stdout

    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: build(files))
    done = remove_on_the_command_line("b.csv")
    assert done.exit_code == 0
    assert "It is removed already: " in done.stdout
    assert "Removed from the warehouse and the published copy; 2 reports are left." in done.stdout
    with connect(files.published, read_only=True) as connection:
        assert rows(connection, "select file_name from marts.report_reconciliation") == ["a.csv"]
    with connect(files.warehouse, read_only=True) as connection:
        [report_id] = rows(connection, "select report_id from raw.removed_reports")

    # By then only the id is known, and the file of whoever has it.
    assert remove_on_the_command_line("b.csv").exit_code == 1
    (files.warehouse.parent / "b.csv.gz").write_bytes(gzip.compress((files.warehouse.parent / "b.csv").read_bytes()))
    for name in ("b.csv", "b.csv.gz"):
        by_file = remove_on_the_command_line(str(files.warehouse.parent / name))
        assert by_file.exit_code == 0 and f"It is removed already: {report_id}, site main" in by_file.stdout
    again = remove_on_the_command_line(report_id)
    assert again.exit_code == 0 and f"It is removed already: {report_id}, site main" in again.stdout


def test_a_correction_that_was_killed_is_not_published(files: rebuild.Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: build(files))
    build(files)
    publish(files.warehouse, files.published)
    with connect(files.warehouse) as connection:
        connection.execute(
            "insert into raw.report_declarations"
            " select report_id, 'TIME_ZONE', 'again' from raw.reports union all"
            " select report_id, 'TIME_ZONE', 'again' from raw.user_reports"
        )
        land(connection, write(files.warehouse.parent / "c.csv", report_text(activity("9", "by mistake"))))
    published, loaded = files.published.read_bytes(), files.warehouse.read_bytes()

    refused = remove_on_the_command_line("c.csv")
    said = " ".join(refused.stdout.split())
    assert refused.exit_code == 1
    assert "a.csv, b.csv, users.csv are still to be loaded again (DECLARE=again). Until then activities may" in said
    assert "Nothing was changed. Fix: make build loads them" in said
    assert (files.published.read_bytes(), files.warehouse.read_bytes()) == (published, loaded)
    assert remove_on_the_command_line("c.csv", "--dry-run").exit_code == 0

    # Their own files may be lost.
    for name, others in (("a.csv", "b.csv, users.csv are"), ("b.csv", "users.csv is")):
        removed = remove_on_the_command_line(name)
        assert removed.exit_code == 0
        assert " ".join(removed.stdout.split()).startswith(f"The copies stay as they are: {others} still to be loaded")
        assert "Removed from the warehouse; " in removed.stdout and "Next: make build" in removed.stdout
        assert files.published.read_bytes() == published
    with connect(files.warehouse, read_only=True) as connection:
        assert rows(connection, "select file_name from raw.reports") == ["c.csv"]
    last = remove_on_the_command_line("users.csv")
    assert "Removed from the warehouse and the published copy; 1 report is left." in last.stdout


def test_the_last_report_leaves_an_empty_warehouse(files: rebuild.Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(rebuild, "run_dbt", lambda *_: build(files))
    for name, left in (("a.csv", 2), ("users.csv", 1), ("b.csv", 0)):
        result = remove_on_the_command_line(name)
        assert result.exit_code == 0
        assert f"; {left} report{' is' if left == 1 else 's are'} left." in result.stdout
        assert ("All tables are empty" in result.stdout) == (left == 0)
    with connect(files.published, read_only=True) as connection:
        for kind in ("report", "user_report"):
            assert rows(connection, f"from marts.{kind}_reconciliation") == []


def test_without_a_warehouse_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "none.duckdb"))
    result = remove_on_the_command_line("b.csv")
    assert result.exit_code == 1
    assert "there is no warehouse at" in result.stdout and "Fix: make build" in result.stdout
    assert not (tmp_path / "none.duckdb").exists()


def test_what_only_it_tells_is_said_without_a_build_too(tmp_path: Path) -> None:
    written = tmp_path / "said.txt"
    with duckdb.connect() as connection, written.open("w") as file:
        connection.execute(RAW_TABLES)
        land(connection, write(tmp_path / "a.csv", report_text(activity("1"))))
        land(connection, second(tmp_path))
        land(connection, write(tmp_path / "users.csv", USERS.replace("5,", "2,")), Declaration("academy"))
        remover.show_report(connection, find_report(connection, "b.csv", NOWHERE), Console(file=file, width=200))
    assert written.read_text().splitlines()[1:] == ["  1 user id and 0 content ids are in no other report"]


# --- The whole way ---


def sample_ids(column: str) -> set[str]:
    """Ids that only the report to remove has, from the CSVs of the sample."""
    ids_of: dict[str, set[str]] = {}
    for path in (ROOT / "sample" / "reports").glob("*.csv"):
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.DictReader(file, delimiter=";" if "keynote" in path.name else ","))
        ids_of[path.name] = {(line.get(column) or line.get(column.upper()) or "").strip() for line in lines} - {""}
    return ids_of.pop(REMOVED) - set().union(*ids_of.values())


def test_the_marts_are_those_of_the_other_reports_and_an_older_warehouse_is_upgraded(
    sample_project: Project, shared_sample: Path, alone: Project, tmp_path: Path
) -> None:
    """The removal goes on in a warehouse of an older version, and its build runs the tests of the data."""
    expected, before = marts(alone), marts(sample_project)

    project = sample_project.copy(tmp_path / "both")
    shutil.copy(shared_sample, project.shared)
    labels = labels_only_in(project, alone)
    # How many depends on how DuckDB compresses them, which is not the same in every build.
    assert seen_in(project, labels), "compressed as they are, some are there to be seen"

    files = (project.warehouse, project.published, project.shared)
    untouched = [file.read_bytes() for file in files]
    said = project.script("remove.py", REMOVED, "--dry-run").stdout
    kept = "select count(*) from marts.fct_activities inner join marts.report_reconciliation using (report_id)"
    with project.open() as connection:
        [count] = rows(connection, f"{kept} where file_name = '{REMOVED}'")
        keys = "select activity_key from marts.fct_activities"
        both = set(rows(connection, keys))
    with alone.open() as connection:
        others = set(rows(connection, keys))
        [twins] = rows(connection, f"{kept} where list_contains({list(both)}, activity_key)")
    assert 0 < len(both - others) < count, "some of its records have a twin"
    assert f"  {count:,} activities are counted from it, {len(both - others):,} that no other report holds\n" in said
    users, contents = len(sample_ids("User ID")), len(sample_ids("Content ID"))
    assert f"  {users:,} user ids and {contents:,} content ids are in no other report\n" in said
    assert [file.read_bytes() for file in files] == untouched

    # As after a kill between the transaction and the rest.
    with connect(project.warehouse) as connection:
        remove_named(connection, REMOVED)
    as_older(project)
    loaded = project.script("load_reports.py", f"sample/reports/{REMOVED}")
    assert loaded.returncode == 0, loaded.stdout
    assert f"left out sample/reports/{REMOVED}: it was removed on " in loaded.stdout
    done = project.script("remove.py", REMOVED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It is removed already: " in done.stdout
    assert "Removed from the warehouse and the published and the shared copy; 4 reports are left." in done.stdout
    assert marts(project) == expected != before
    assert twins == len(both & others), "the twins took over"
    assert seen_in(project, {*labels, REMOVED}) == set()
    for path in (*files, project.marts):
        with connect(path, read_only=True) as connection:
            assert rows(connection, OLDER_TABLES) == []


def labels_only_in(project: Project, alone: Project) -> set[str]:
    """Labels of the report to remove that no table has without it; long ones, that are not there by chance."""
    with connect(project.warehouse, read_only=True) as connection:
        labels = rows(
            connection,
            "select distinct label from raw.activities inner join raw.reports using (report_id)"
            f" where length(label) > 12 and file_name = '{REMOVED}'",
        )
    others = ""
    for path in (alone.warehouse, alone.published):
        with connect(path, read_only=True) as connection:
            others += "\n".join(texts(connection))
    return {label for label in labels if label not in others}


def seen_in(project: Project, marks: set[str]) -> set[str]:
    """The texts that can be read in the bytes of the warehouse or of files beside it."""
    files = [file.read_bytes() for file in (project.root / "warehouse").rglob("*") if file.is_file()]
    return {mark for mark in marks if any(mark.encode() in content for content in files)}
