"""On Spark every mart is equal to DuckDB's, row by row, also if a worker is killed meanwhile.

Runs where there are Java and .venv-spark, and is skipped elsewhere. All marts, of the sample and of generated records,
are built on a real cluster where SPARK_RECORDS says how many (`make spark-test`); else some of the sample in a session.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from conftest import Project, copy_project
from measuring.compare_engines import Comparison, compare, shown
from spark.cluster import Cluster, spark_cluster
from spark.events import as_markdown, read_costs
from spark_project import SparkProject, end, kill_worker, why_not_here
from warehouse.paths import PROJECT_ROOT

RECORDS = int(os.environ.get("SPARK_RECORDS", "0"))
WITH_TESTS = ("build", "--exclude-resource-type", "unit_test")
# The tests of the data take as long as the models; once is enough.
MODELS = (*WITH_TESTS, "--exclude-resource-type", "test")
# On CI, with the models that they stand on: few, for dbt waits for each, and CI has 20 minutes.
A_PART = ("fct_reviews", "report_reconciliation")
SECONDS_BEFORE_REPLACED = 20
# As many as a task's part of a stage can be seen in, and as many as there are, however small.
PARTITIONS = 16
EVEN_TASKS = {
    "spark.sql.shuffle.partitions": str(PARTITIONS),
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
}
# Windows that have to see all of a session, a page or a contest in one order: the quantile of who came first, what
# was written before, the ranks (docs/explanation/scale.md). In all others no task takes twice its part of what is
# worth being spread.
IN_ONE_ORDER = {"int_session_runs", "int_inferred_windows", "fct_conversations", "fct_leaderboard"}
WORTH_SPREADING = 1_000_000
# One session to which everybody comes, in an hour: joins, writes a message, and leaves.
GIANT_SESSION = """
copy (
    select
        person as "User ID", 'P' || person as "First", 'Crowd' as "Last", null as "Company",
        'p' || person || '@example.org' as "Email", category as "Category", action as "Action", label as "Label",
        strftime(timestamp '2026-06-01 09:00:00' + to_seconds(person % 3599 + second), '%Y-%m-%d %H:%M:%S') as "Date",
        990000 as "Content ID", 'Everybody' as "Content Name", 'everybody' as "Content Slug"
    from
        range(5000000, 5000000 + {people}) as people (person),
        (values
            ('Session', 'Joined', 'Everybody', 0),
            ('Chat', 'Sent', 'Hello all', 600),
            ('Session', 'Left', 'Everybody', 1800)) as activities(category, action, label, second)
    order by "Date", person
) to '{path}' (format csv, header)
"""
MARTS = len(list((PROJECT_ROOT / "models" / "marts").rglob("*.sql")))

pytestmark = [pytest.mark.spark, pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here()))]
takes_long = pytest.mark.skipif(RECORDS == 0, reason="takes long: make spark-test")


@pytest.fixture
def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster, with the settings that a test gives beside the usual ones."""
    with spark_cluster(tmp_path / "spark", settings=getattr(request, "param", None)) as running:
        yield running


@pytest.fixture
def on_spark(cluster: Cluster, tmp_path: Path) -> SparkProject:
    folder = tmp_path / "project"
    folder.mkdir()
    return SparkProject.on(cluster, copy_project(folder))


def assert_equal(comparisons: list[Comparison], at_least: int) -> None:
    console = Console(width=200)
    with console.capture() as printed:
        console.print(shown([one for one in comparisons if not one.is_equal]))
    assert all(one.is_equal for one in comparisons), printed.get()
    assert len(comparisons) >= at_least
    assert sum(one.rows for one in comparisons) > 0


def test_a_part_of_the_marts_of_the_sample_is_equal(project: Project, sample_project: Project) -> None:
    on_spark = SparkProject.in_a_session(project)
    on_spark.land()

    on_spark.build(*MODELS, "--select", *(f"+{name}" for name in A_PART))

    made = on_spark.tables("marts") | on_spark.tables("restricted")
    assert made.issuperset(A_PART)
    comparisons = compare(sample_project.published, on_spark.warehouse)
    assert_equal([one for one in comparisons if one.table.partition(".")[2] in made], len(A_PART))


@takes_long
def test_every_mart_of_the_sample_is_equal_and_every_data_test_passes(
    on_spark: SparkProject, cluster: Cluster, sample_project: Project
) -> None:
    on_spark.land()

    seconds = on_spark.build(*WITH_TESTS)

    assert_equal(compare(sample_project.published, on_spark.warehouse), MARTS)
    report("the sample, with the tests of the data", seconds, cluster)


@takes_long
@pytest.mark.parametrize("cluster", [EVEN_TASKS], ids=["16 tasks"], indirect=True)
def test_every_mart_of_a_million_is_equal_though_a_worker_is_killed_and_a_session_is_giant(
    on_spark: SparkProject, cluster: Cluster
) -> None:
    project = on_spark.project
    generated = project.run(
        *(sys.executable, "scripts/generate_reports.py", "generate", "--records", str(RECORDS)),
        *("--output", "generated", "--files", "4", "--sites", "2", "--overlap", "0.1"),
    )
    assert generated.returncode == 0, generated.stderr
    folders = sorted((project.root / "generated").iterdir())
    duckdb.execute(GIANT_SESSION.format(people=RECORDS // 10, path=folders[0] / "giant.csv"))
    for folder in folders:
        loaded = project.script("load_reports.py", "--site", folder.name, str(folder))
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        on_spark.land("--site", folder.name, "--reports", str(folder))
    built = project.build()
    assert built.returncode == 0, built.stdout + built.stderr

    started = time.monotonic()
    build = on_spark.start(*MODELS)
    # In the middle: some marts are there, and most are not.
    while len(on_spark.tables("marts")) < 5:
        assert build.poll() is None, build.communicate()[0][-6000:]
        time.sleep(0.2)
    kill_worker(cluster, 0)
    assert len(on_spark.tables("marts")) < MARTS // 2
    # One worker goes on alone, with all that the other had shuffled lost; then there are two again.
    time.sleep(SECONDS_BEFORE_REPLACED)
    cluster.launch_worker()
    cluster.wait_for_worker(2)
    end(build)

    report(f"{RECORDS:,} records, a worker killed", time.monotonic() - started, cluster)
    assert_equal(compare(project.published, on_spark.warehouse), MARTS)
    uneven = {
        node.rpartition(".")[2]
        for node, cost in read_costs(cluster.events).items()
        if cost.largest_task_bytes > WORTH_SPREADING and cost.largest_task_share > 2 / PARTITIONS
    }
    assert uneven <= IN_ONE_ORDER


def report(what: str, seconds: float, cluster: Cluster) -> None:
    """Print what it took, for who measures (pytest -s); the figures in docs/explanation/scale.md are of such a run."""
    print(f"\n{what}: {seconds:.0f} s\n{as_markdown(read_costs(cluster.events))}")
