"""On a real Spark cluster every mart is equal to DuckDB's, row by row, also if a worker is killed meanwhile.

Runs where there are Java and .venv-spark, and is skipped elsewhere. The sample is built on every run; a generated
million, and the kill, where SPARK_RECORDS says so (`make spark-test`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from compare_engines import compare, shown
from conftest import Project, copy_project
from spark_cluster import Cluster, spark_cluster
from spark_project import SparkProject, why_not_here

RECORDS = int(os.environ.get("SPARK_RECORDS", "0"))
# Tests on data are DuckDB's to run, on the same rows: here they would take as long as all else.
MODELS = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

pytestmark = [
    pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here())),
    pytest.mark.xdist_group("spark"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with spark_cluster(tmp_path_factory.mktemp("spark")) as running:
        yield running


def assert_equal(published: Path, cluster: Cluster) -> None:
    comparisons = compare(published, cluster.warehouse)
    console = Console(width=200)
    with console.capture() as told:
        console.print(shown([one for one in comparisons if not one.is_equal]))
    assert all(one.is_equal for one in comparisons), told.get()
    assert len(comparisons) > 50


def test_the_marts_of_the_sample_are_equal(cluster: Cluster, sample_project: Project, tmp_path: Path) -> None:
    on_spark = SparkProject(copy_project(tmp_path), cluster)
    on_spark.land()

    on_spark.build(*MODELS)

    assert_equal(sample_project.published, cluster)
