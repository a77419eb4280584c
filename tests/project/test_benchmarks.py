"""The benchmark compares what the contenders make before it compares what they take."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import WITHOUT_TESTS, Once, Project, copy_project
from floor import make_marts
from measure import (
    KEYS,
    Answer,
    Contender,
    Figures,
    answers_line,
    ask,
    differences,
    figure_rows,
    floor_line,
    layer_rows,
    measured,
    queries,
    query_rows,
    table_differences,
    three_marts_line,
)
from rules import MARTS, PROJECT_ROOT, hash_key, places_off_page
from shapes import CUMULATIVE_DOWNLOADS, shapes_of
from simulation.generate import Order, write_reports

NUMBERS = ", ".join(f"1 as {column}" for column in MARTS["fct_session_attendance"][2:])
ATTENDANCE = f"select unnest(['a', 'b']) as user_key, 's' as session_key, {NUMBERS}"
LEADERBOARD = "select 'all' as contest_id, unnest(['a', 'b']) as user_key, 1 as rank, 5 as points, 2 as award_count"


def engagement(score: str = "50.0") -> str:
    counts = ", ".join(f"1 as {column}" for column in MARTS["fct_user_engagement"][1:-1])
    return f"select 'a' as user_key, {counts}, {score}::double as engagement_score"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published copy of three marts."""
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for mart, query in zip(MARTS, (ATTENDANCE, engagement(), LEADERBOARD), strict=True):
            connection.execute(f"create table marts.{mart} as {query}")
    return path


@pytest.mark.parametrize(
    ("attendance", "engaged", "leaderboard", "expected"),
    [
        (ATTENDANCE, engagement(), LEADERBOARD, (0, 0, 0)),
        (ATTENDANCE, engagement("50.0000000001"), LEADERBOARD, (0, 0, 0)),
        (ATTENDANCE, engagement("50.001"), LEADERBOARD, (0, 1, 0)),
        (ATTENDANCE, engagement("null"), LEADERBOARD, (0, 1, 0)),
        (ATTENDANCE.replace("'b'", "'c'"), engagement(), LEADERBOARD, (2, 0, 0)),
        (ATTENDANCE.replace(", 'b'", ""), engagement(), LEADERBOARD, (1, 0, 0)),
        (ATTENDANCE.replace("'b'", "'b', 'c'"), engagement(), LEADERBOARD, (1, 0, 0)),
        (ATTENDANCE, engagement(), LEADERBOARD.replace("5 as points", "null as points"), (0, 0, 2)),
    ],
)
def test_every_row_that_is_not_the_same_is_seen(
    tmp_path: Path,
    published: Path,
    attendance: str,
    engaged: str,
    leaderboard: str,
    expected: tuple[int, int, int],
) -> None:
    for mart, query in zip(MARTS, (attendance, engaged, leaderboard), strict=True):
        duckdb.execute(f"copy ({query}) to '{tmp_path}/{mart}.parquet' (format parquet)")

    assert differences(published, tmp_path) == dict(zip(MARTS, expected, strict=True))


def test_a_contender_is_measured_as_a_whole_process(tmp_path: Path) -> None:
    work = "data = b'x' * 200_000_000; sum(range(3_000_000)); open('/dev/null', 'wb').write(data)"
    contender = Contender("one", (sys.executable, "-c", work), {}, tmp_path / "one", differences)

    figures = measured(contender)

    assert figures.cpu > 0
    assert figures.wall > 0
    # Linux begins to count with the peak of the process that starts another.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert 190 < figures.peak < max(400, ours + 1)


def test_a_contender_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    contender = Contender(
        "one", (sys.executable, "-c", "raise SystemExit('no such file')"), {}, tmp_path / "one", differences
    )

    with pytest.raises(RuntimeError, match="one ended with 1:\nno such file"):
        measured(contender)


def test_ratios_are_of_the_pairs() -> None:
    def runs(*walls: float) -> list[Figures]:
        return [Figures(wall, wall, 1, 1) for wall in walls]

    rows = list(figure_rows(1000, {"this project": runs(10, 20, 40), "pandas": runs(5, 8, 36)}))

    # 0.5, 0.4 and 0.9 of the pairs; 0.5 is their median; that of the medians would be 0.4.
    assert rows == [
        "| 1,000 | this project | 20.0 | 20.0 | 1 | 1 | 1.00 |",
        "| 1,000 | pandas | 8.0 | 8.0 | 1 | 1 | 0.50 |",
    ]


@pytest.mark.parametrize("values", [("Keynote",), ("a", "bc"), ("ab", "c"), ("", None), (None, ""), ("é😀",)])
def test_the_contenders_make_the_keys_of_the_project(values: tuple[str | None, ...]) -> None:
    marked = [chr(30) if value is None else value for value in values]
    row = duckdb.execute("select (md5_number_lower(?) >> 1)::bigint", [chr(31).join(marked)]).fetchone()

    assert row == (hash_key(*values),)


def test_a_meeting_of_two_who_see_each_others_names_has_one_place() -> None:
    names = [("1", "Ada", "Lovelace"), ("2", "Grace", "Hopper"), ("3", None, None)]
    meetings = [
        ("1", "With  GRACE hopper"),
        ("2", "1:1 (Ada Lovelace)"),
        ("3", "1:1 (Ada Lovelace)"),
        ("3", None),
    ]

    places = places_off_page(meetings, names, "salt")

    assert places[0] == places[1]
    assert len(set(places)) == 3
    assert places[2] == f"main:name:{hash_key('salt', '1:1 (Ada Lovelace)')}"


@pytest.fixture(scope="module")
def generated(once: Once) -> Project:
    """The project built from generated reports that overlap, which are in its reports/; do not change it."""
    return Project(once("generated", build_generated), is_shared=True)


def build_generated(folder: Path) -> None:
    """Generate the reports and build."""
    project = copy_project(folder)
    write_reports(Order(3_000, folder / "reports", files=3, overlap=0.25))
    result = project.build("--reports", "reports", DBT_WRITE_JSON="true", **WITHOUT_TESTS)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def floor(generated: Project, once: Once) -> Path:
    """The folder with the floor of the same reports; do not change it."""

    def make(folder: Path) -> None:
        manifest = json.loads((generated.root / "target" / "manifest.json").read_text(encoding="utf-8"))
        salt = (generated.root / "warehouse" / "meeting_salt").read_text(encoding="utf-8")
        make_marts(sorted((generated.root / "reports").glob("*.csv")), folder / "floor.duckdb", manifest, salt)

    return once("floor", make)


def test_the_floor_makes_every_table_that_the_project_publishes(generated: Project, floor: Path) -> None:
    published = generated.published

    found = table_differences(published, floor)

    assert set(found.values()) == {0}
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'main' order by all"
        ).fetchall()
        repeated = connection.execute("select sum(duplicate_count) from marts.report_reconciliation").fetchone()
    # Three files of a thousand records; the second and the third begin with a quarter of the one before.
    assert repeated and repeated[0] > 0
    assert list(found) == [f'{schema}."{table}"' for schema, table in tables]
    assert [path.name for path in floor.iterdir()] == ["floor.duckdb"]


def test_the_floor_of_three_marts_makes_them_and_keeps_nothing_else(generated: Project, tmp_path: Path) -> None:
    manifest = json.loads((generated.root / "target" / "manifest.json").read_text(encoding="utf-8"))
    salt = (generated.root / "warehouse" / "meeting_salt").read_text(encoding="utf-8")
    reports = sorted((generated.root / "reports").glob("*.csv"))

    make_marts(reports, tmp_path / "floor.duckdb", manifest, salt, KEYS)

    tables = [f'marts."{mart}"' for mart in sorted(KEYS)]
    assert table_differences(generated.published, tmp_path, only=tables) == dict.fromkeys(tables, 0)
    with duckdb.connect(str(tmp_path / "floor.duckdb"), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
    assert names == [(mart,) for mart in sorted(KEYS)]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_contenders_make_the_marts_of_the_project(generated: Project, tmp_path: Path, library: str) -> None:
    pytest.importorskip(library, reason="`make bench` installs it")
    places = [generated.root / "reports", tmp_path, generated.root / "warehouse" / "meeting_salt"]

    subprocess.run([sys.executable, PROJECT_ROOT / "benchmarks" / f"with_{library}.py", *places], check=True)

    assert differences(generated.published, tmp_path) == dict.fromkeys(MARTS, 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("update marts.report_changes set loaded_at = loaded_at + interval 1 day", {}),
        # A row that is otherwise is one of each side.
        (
            "update marts.fct_activities set content_id = '-' where activity_key = (from marts.fct_activities"
            " select min(activity_key))",
            {'marts."fct_activities"': 2},
        ),
        (
            "delete from restricted.user_details where user_key = (from restricted.user_details select min(user_key))",
            {'restricted."user_details"': 1},
        ),
        ("insert into marts.dim_dates from marts.dim_dates limit 1", {'marts."dim_dates"': 1}),
        ("drop table marts.report_changes", {'marts."report_changes"': 3}),
        ("alter table marts.report_changes alter record_count type double", {'marts."report_changes"': 6}),
        ("create table marts.another (one integer)", {'marts."another"': 1}),
    ],
)
def test_every_row_that_the_floor_has_otherwise_is_told(
    generated: Project, floor: Path, tmp_path: Path, change: str, expected: dict[str, int]
) -> None:
    shutil.copy(floor / "floor.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "floor.duckdb")) as connection:
        connection.execute(change)

    found = table_differences(generated.published, tmp_path)

    assert {table: count for table, count in found.items() if count} == expected


def test_the_nodes_of_dbt_are_told_by_layer(sample_project: Project) -> None:
    rows = list(layer_rows(1000, sample_project.as_built / "run_results.json"))

    counts = {layer: int(nodes) for _, layer, nodes, _ in (row.strip("| ").split(" | ") for row in rows)}
    assert list(counts) == ["seeds", "staging, the tables", "staging, the views", "intermediate", "marts", "tests"]
    with sample_project.open() as connection:
        of_marts = "select count(*) from duckdb_tables() where schema_name <> 'main'"
        assert connection.execute(of_marts).fetchone() == (counts["marts"],)
    assert all(counts.values())


def test_the_floor_is_compared_in_pairs() -> None:
    def runs(*walls: float) -> list[Figures]:
        return [Figures(wall, wall, 1, 1) for wall in walls]

    line = floor_line(1000, {"this project": runs(10, 20, 40), "the floor": runs(5, 8, 36)})

    assert line == "- For 1,000 records this project takes 2.00 times as long as its floor."


def test_the_three_marts_are_compared_in_pairs() -> None:
    def runs(*walls: float) -> list[Figures]:
        return [Figures(wall, wall, 1, 1) for wall in walls]

    taken = {"the same three marts": runs(6, 8, 9), "pandas": runs(12, 16, 10), "polars": runs(3, 4, 5)}

    assert three_marts_line(1000, taken) == (
        "- For 1,000 records our SQL takes 2.00 times as long as polars for the same three marts, and 0.50 times as"
        " long as pandas."
    )


def test_every_query_is_asked_of_the_published_copy(sample_project: Project) -> None:
    asked = ask(sample_project.published, queries())

    assert len([answer for answer in asked if answer.query.startswith("README")]) == 1
    # The sample has no such people.
    without = {"attendance__corrected", "people__guests", "people__one_person_two_ids"}
    assert {answer.query for answer in asked if not answer.rows} == without
    assert {answer.query for answer in asked} > {"attendance__breakouts", "quality__what_changed"}
    assert [answer.best for answer in asked] == sorted((answer.best for answer in asked), reverse=True)


def test_slow_queries_are_counted_and_the_slowest_shown() -> None:
    asked = [Answer(f"query {best}", best - 10, best + 150, best) for best in (300, 190, 100, 90, 80, 10)]

    assert answers_line(1000, asked) == (
        "- Of 1,000 records 1 of the 6 queries take over 200 ms, and 5 the first time; 1 find nothing."
    )
    rows = list(query_rows(1000, asked))
    assert len(rows) == 5
    assert rows[0] == "| 1,000 | query 300 | 300 | 450 |"


def test_the_shapes_hold_the_same_records(tmp_path: Path) -> None:
    header = "User ID,Date\n"
    days = [tmp_path / "daily" / f"{number:02}.csv" for number in range(2 * CUMULATIVE_DOWNLOADS)]
    days[0].parent.mkdir()
    for number, day in enumerate(days):
        day.write_text(f"{header}u{number},2026-05-12\n")
    records = [f"u{number},2026-05-12\n" for number in range(len(days))]

    shapes = dict(shapes_of(days, tmp_path))

    assert list(shapes) == ["one file", "60 daily files", "30 downloads, each with all before it"]
    single, daily, cumulative = shapes.values()
    assert (single / "all.csv").read_text() == header + "".join(records)
    assert daily == days[0].parent
    downloads = [path.read_text() for path in sorted(cumulative.glob("*.csv"))]
    assert downloads == [header + "".join(records[: 2 * number]) for number in range(1, CUMULATIVE_DOWNLOADS + 1)]


def test_files_of_other_headers_are_not_joined(tmp_path: Path) -> None:
    days = [tmp_path / f"{number}.csv" for number in range(CUMULATIVE_DOWNLOADS)]
    for number, day in enumerate(days):
        day.write_text(f"{'Date' if number else 'Day'},User ID\n2026-05-12,u\n")

    with pytest.raises(ValueError, match="has another header"):
        list(shapes_of(days, tmp_path / "shapes"))
