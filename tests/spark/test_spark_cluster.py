"""The commands that start, watch and end a Spark cluster, tried on programs that act as Spark's.

``test_spark`` runs the real ones.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from spark import cluster as module
from spark.cluster import Cluster, Size, spark_cluster
from spark_project import kill_worker
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT

JAVA = """
echo 'openjdk version "{version}" 2024-01-16' >&2
"""
# Each says that it is ready, has a child, as a worker has its executor, and ends by a signal only.
SPARK = """
: > {pids}/$$
sleep 1000 & : > {pids}/$!
case "$*" in
    *Master*) echo "I have been elected leader";;
    *Worker*) echo "Successfully registered with master $*";;
    *Thrift*) echo "HiveThriftServer2 started";;
esac
wait
"""
FAILS = """
echo INFO starting
echo 'java.lang.IllegalStateException: no room left'
echo '  at org.apache.Whatever'
exit 1
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh{text}")
    path.chmod(0o755)


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Java and a Spark; the folder where each process puts a file by the name of its id."""
    found = tmp_path / "pids"
    found.mkdir()
    program(tmp_path / "java" / "bin" / "java", JAVA.format(version="17.0.9"))
    for name in ("spark-class", "spark-submit"):
        program(tmp_path / "spark" / "bin" / name, SPARK.format(pids=found))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    return found


def alive(pids: Path) -> list[int]:
    """The processes that still run; one that has ended and was not waited for does not."""
    running = []
    for pid in sorted(int(file.name) for file in pids.iterdir()):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            continue
        if state != "Z":
            running.append(pid)
    return running


def assert_soon_alive(pids: Path, count: int) -> None:
    """A signal takes its time."""
    until = time.monotonic() + 30
    while len(alive(pids)) != count:
        assert time.monotonic() < until, f"still there: {alive(pids)}"
        time.sleep(0.05)


def test_all_is_there_inside_and_nothing_afterwards(pids: Path, tmp_path: Path) -> None:
    with spark_cluster(tmp_path / "it's a cluster", Size(workers=3)) as cluster:
        # A master, three workers and the thrift server, with a child each.
        assert len(alive(pids)) == 10
        assert cluster.warehouse.is_dir()
        assert cluster.master in (cluster.folder / "logs" / "worker-2.log").read_text()

    assert_soon_alive(pids, 0)


def test_nothing_is_left_after_an_error_inside(pids: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), spark_cluster(tmp_path / "cluster"):
        raise KeyboardInterrupt

    assert_soon_alive(pids, 0)


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_cluster_ends_with_who_started_it(pids: Path, tmp_path: Path, by: signal.Signals) -> None:
    command = [sys.executable, "scripts/spark_cluster.py", "--folder", str(tmp_path / "cluster"), "--port", "0"]
    # Whoever runs the tests in the background may have them ignore Ctrl-C, and their children inherit it.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        assert process.stdout is not None
        assert "listens on 127.0.0.1:" in process.stdout.readline()
        assert len(alive(pids)) == 8
        process.send_signal(by)
        process.wait(60)

    assert_soon_alive(pids, 0)
    if by == signal.SIGINT:
        assert process.returncode == 0


def test_a_worker_that_is_killed_takes_its_executor_along_and_is_replaced(pids: Path, tmp_path: Path) -> None:
    with spark_cluster(tmp_path / "cluster") as cluster:
        kill_worker(cluster, 0)
        assert_soon_alive(pids, 6)
        cluster.launch_worker()
        cluster.wait_for_worker(2)
        assert len(alive(pids)) == 8


def test_a_program_that_ends_is_told_with_what_it_says(pids: Path, tmp_path: Path) -> None:
    program(tmp_path / "spark" / "bin" / "spark-submit", FAILS)

    with pytest.raises(WarehouseError, match=r"thrift-server has ended, and says: .*no room left\. Fix: see "):
        start(tmp_path)
    assert_soon_alive(pids, 0)


def test_a_program_that_hangs_is_told(pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.5)
    program(tmp_path / "spark" / "bin" / "spark-submit", f"\n: > {pids}/$$\nexec sleep 1000\n")

    with pytest.raises(WarehouseError, match=r"thrift-server was not ready within 0\.5 s\. Fix: see "):
        start(tmp_path)
    assert_soon_alive(pids, 0)


def test_a_program_that_does_not_end_is_killed(pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.5)
    text = f"\ntrap '' TERM\n: > {pids}/$$\necho HiveThriftServer2 started\nwhile :; do sleep 0.1; done\n"
    program(tmp_path / "spark" / "bin" / "spark-submit", text)

    start(tmp_path)

    assert_soon_alive(pids, 0)


@pytest.mark.parametrize(
    ("version", "said"), [("11.0.2", "Java 11 is too old for it"), ("1.8.0_292", "Java 1 is too old for it")]
)
def test_an_old_java_is_told(pids: Path, tmp_path: Path, version: str, said: str) -> None:
    program(tmp_path / "java" / "bin" / "java", JAVA.format(version=version))

    with pytest.raises(WarehouseError, match=rf"{said}\. Fix: install Java 17"):
        start(tmp_path)


def test_no_java_is_told(pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(WarehouseError, match=r"there is no Java here\. Fix: install Java 17"):
        start(tmp_path)


def test_no_spark_is_told(pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", "/nowhere")

    with pytest.raises(WarehouseError, match=r"there is no Spark in SPARK_HOME=/nowhere. Fix: "):
        start(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(pids: Path, tmp_path: Path) -> None:
    (tmp_path / "cluster").write_text("")

    with pytest.raises(WarehouseError, match="cluster cannot be written"):
        start(tmp_path)


def start(tmp_path: Path) -> Cluster:
    with spark_cluster(tmp_path / "cluster") as cluster:
        return cluster
