"""The project on Spark, in a session or on a cluster: what the tests land and build."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conftest import Project
from spark.cluster import HOST, Cluster, require_java, spark_home
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT

DBT = PROJECT_ROOT / ".venv-spark" / "bin" / "dbt"
BUILD_SECONDS = 3 * 3600


def why_not_here() -> str | None:
    """Why Spark cannot run here; None if it can."""
    try:
        spark_home()
        require_java()
    except WarehouseError as error:
        return str(error)
    return None if DBT.exists() else "there is no dbt in .venv-spark. Fix: make spark-setup"


def kill_worker(cluster: Cluster, number: int) -> None:
    """Kill a worker and its executor, as when a machine fails: no process of it can say anything any more."""
    os.killpg(cluster.workers[number].pid, signal.SIGKILL)
    cluster.workers[number].wait()


@dataclass
class SparkProject:
    """A copy of the project that builds on Spark.

    Attributes:
        project: the copy.
        target: the target of its profile.
        warehouse: where Spark writes its tables.
        settings: what the target reads of the environment beside the landing.
    """

    project: Project
    target: str
    warehouse: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def in_a_session(cls, project: Project) -> SparkProject:
        """In a JVM that ends with dbt: quicker, for dbt does not ask each second whether a statement is done."""
        warehouse = project.root / "warehouse" / "spark"
        return cls(project, "spark_local", warehouse, {"SPARK_WAREHOUSE": str(warehouse)})

    @classmethod
    def on(cls, cluster: Cluster, project: Project) -> SparkProject:
        """On a cluster, by its thrift server."""
        return cls(project, "spark", cluster.warehouse, {"SPARK_HOST": HOST, "SPARK_PORT": str(cluster.port)})

    @property
    def landing(self) -> Path:
        """Where its reports are landed as Parquet."""
        return self.project.root / "warehouse" / "landing"

    def land(self, *options: str) -> None:
        """Land reports as `make land` does; what is rejected in them is no fault here."""
        result = self.project.script("land_parquet.py", *options, SPARK_LANDING=str(self.landing))
        assert "Traceback" not in result.stderr and "refused" not in result.stdout, result.stdout + result.stderr

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start dbt on Spark."""
        return subprocess.Popen(
            [str(DBT), "--no-use-colors", *arguments, "--target", self.target],
            cwd=self.project.root,
            env=os.environ | {"SPARK_LANDING": str(self.landing), **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def build(self, *arguments: str) -> float:
        """Run dbt to its end; returns the seconds that it took."""
        started = time.monotonic()
        end(self.start(*arguments))
        return time.monotonic() - started

    def tables(self, schema: str) -> set[str]:
        """The tables of a schema that Spark has finished."""
        return {path.parent.name for path in (self.warehouse / f"{schema}.db").glob("*/_SUCCESS")}


def end(process: subprocess.Popen[str]) -> None:
    """Wait for dbt, which is to succeed."""
    said, _ = process.communicate(timeout=BUILD_SECONDS)
    assert process.returncode == 0, said[-6000:]
