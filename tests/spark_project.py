"""The project on a Spark cluster of its own, for the tests: landing, building, and killing a worker meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from conftest import Project
from spark_cluster import HOST, Cluster, require_java, spark_home
from warehouse import PROJECT_ROOT, WarehouseError

DBT = PROJECT_ROOT / ".venv-spark" / "bin" / "dbt"
BUILD_SECONDS = 3 * 3600


def why_not_here() -> str | None:
    """Why Spark cannot run here; None if it can."""
    try:
        spark_home()
        require_java()
    except WarehouseError as error:
        return str(error)
    return None if DBT.exists() else "there is no dbt in .venv-spark. Cure: make .venv-spark/.installed"


@dataclass
class SparkProject:
    """A copy of the project that builds on a cluster."""

    project: Project
    cluster: Cluster

    @property
    def landing(self) -> Path:
        """Where its reports are landed as Parquet."""
        return self.project.root / "warehouse" / "landing"

    def land(self, *options: str) -> None:
        """Land reports as `make land` does; what is rejected in them is no fault here."""
        result = self.project.run(sys.executable, "scripts/land_parquet.py", *options, SPARK_LANDING=str(self.landing))
        assert "Traceback" not in result.stderr and "refused" not in result.stdout, result.stdout + result.stderr

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start dbt on the cluster."""
        settings = {"SPARK_HOST": HOST, "SPARK_PORT": str(self.cluster.port), "SPARK_LANDING": str(self.landing)}
        return subprocess.Popen(
            [str(DBT), "--no-use-colors", *arguments, "--target", "spark"],
            cwd=self.project.root,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def build(self, *arguments: str) -> float:
        """Run dbt to a good end; returns the seconds that it took."""
        started = time.monotonic()
        end(self.start(*arguments))
        return time.monotonic() - started

    def tables(self, schema: str) -> set[str]:
        """The tables of a schema that Spark has finished."""
        return {path.parent.name for path in (self.cluster.warehouse / f"{schema}.db").glob("*/_SUCCESS")}


def end(process: subprocess.Popen[str]) -> None:
    """Wait for dbt, which is to succeed."""
    said, _ = process.communicate(timeout=BUILD_SECONDS)
    assert process.returncode == 0, said[-6000:]
