"""A Spark cluster on this machine: a master, workers and a thrift server, all on loopback, for tests and trials.

They are the real processes of Spark's standalone mode, started from the pyspark package (``.venv-spark``) or from the
distribution that ``SPARK_HOME`` names. All that they write is in one folder, and they end with the process that
started them, whatever it dies of.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.errors import WarehouseError, in_words
from warehouse.paths import PROJECT_ROOT

HOST = "127.0.0.1"
OLDEST_JAVA = 17
START_SECONDS = 300
STOP_SECONDS = 20
DRIVER_MEMORY = "1500m"

# Runs a program and ends all that this started in turn: with the program, by a signal, and when our end of its standard
# input closes, which it does even if we are killed.
KEEPER = """
exec 3<&0 </dev/null
{ trap "" TERM; read -r _ <&3; kill 0; sleep 20; kill -9 0; } &
trap : TERM
"$@" 3<&- &
while kill -0 $! 2>/dev/null; do wait $!; done
kill -9 0
"""

# The line of a log that says why.
FAILURE = re.compile(r"^(?:[\w.]+(?:Exception|Error): |Error: ).*", re.MULTILINE)

# For some millions of records on a few cores; a cluster of its own has its own settings (docs/explanation/scale.md).
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": HOST,
    "spark.driver.bindAddress": HOST,
    "spark.executor.cores": "1",
    # Java's regular expressions recurse: a label of some thousand signs would end a task.
    "spark.executor.extraJavaOptions": "-Xss16m",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.shuffle.partitions": "4",
    "spark.scheduler.mode": "FAIR",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
}


@dataclass(frozen=True)
class Size:
    """How large a cluster is."""

    workers: int = 2
    worker_cores: int = 1
    executor_megabytes: int = 1536


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        folder: what it writes: logs, events, the warehouse, the metastore.
        port: of the thrift server, on loopback.
        master: the address of the master.
        workers: the processes of the workers that were started, in their order.
    """

    folder: Path
    port: int
    master: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _home: Path = Path()
    _size: Size = Size()
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        """Where Spark writes its tables: ``<schema>.db/<table>/*.parquet``."""
        return self.folder / "warehouse"

    @property
    def events(self) -> Path:
        """The event logs, where ``spark_events`` reads what was shuffled."""
        return self.folder / "events"

    def launch_worker(self) -> None:
        """Start one more worker, which takes some seconds to get ready."""
        name = f"worker-{len(self.workers)}"
        command = [
            "org.apache.spark.deploy.worker.Worker",
            *("--host", HOST, "--webui-port", "0", "--work-dir", str(self.folder / "work")),
            *("--cores", str(self._size.worker_cores), "--memory", f"{self._size.executor_megabytes + 512}m"),
            self.master,
        ]
        self.workers.append(self.start(name, "spark-class", *command))

    def wait_for_worker(self, number: int) -> None:
        """Wait until the master has a worker.

        Raises:
            WarehouseError: it does not get ready.
        """
        ready = re.compile("Successfully registered with master")
        self.wait_for(f"worker-{number}", self.workers[number], ready)

    def start(self, name: str, program: str, *arguments: str, memory: str = "256m") -> subprocess.Popen[bytes]:
        """Start one of Spark's programs in the folder, with its output in ``logs``."""
        with (self.folder / "logs" / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", KEEPER, "sh", str(self._home / "bin" / program), *arguments],
                cwd=self.folder,
                env=_environment(self.folder, self._home) | {"SPARK_DAEMON_MEMORY": memory},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def wait_for(self, name: str, process: subprocess.Popen[bytes], said: re.Pattern[str]) -> None:
        """Wait until a program has said that it is ready.

        Raises:
            WarehouseError: it has ended, or does not get ready in time.
        """
        log = self.folder / "logs" / f"{name}.log"
        until = time.monotonic() + START_SECONDS
        while not said.search(log.read_text(errors="replace")):
            if process.poll() is not None or time.monotonic() > until:
                found = FAILURE.search(log.read_text(errors="replace"))
                why = "has ended" if process.poll() is not None else f"was not ready within {START_SECONDS} s"
                raise WarehouseError(
                    f"Spark's {name} {why}{f', and says: {found[0].strip()}' if found else ''}."
                    f" Fix: see {log}; it needs some 4 GB of free memory."
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """End all processes, the last that was started first."""
        for process in reversed(self._started):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for process in reversed(self._started):
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            # Also where the keeper has ended: an executor may take its time.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin:
                process.stdin.close()


@contextmanager
def spark_cluster(
    folder: Path, size: Size | None = None, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Run a cluster in a folder, with settings of Spark beside the usual ones, and end all of it afterwards.

    Raises:
        WarehouseError: there is no Java or no Spark, or some process does not get ready.
    """
    size = size or Size()
    home = spark_home()
    require_java()
    folder = folder.resolve()
    try:
        for name in ("conf", "events", "logs", "tmp", "warehouse", "work"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        _write_settings(folder, size, settings or {})
    except OSError as error:
        raise WarehouseError(f"{folder} cannot be written: {in_words(error)}") from error
    master_port = free_port()
    cluster = Cluster(folder, port or free_port(), f"spark://{HOST}:{master_port}", _home=home, _size=size)
    try:
        master = cluster.start(
            "master",
            "spark-class",
            "org.apache.spark.deploy.master.Master",
            *("--host", HOST, "--port", str(master_port), "--webui-port", "0"),
        )
        cluster.wait_for("master", master, re.compile("I have been elected leader"))
        # Each takes its time, so they start at once.
        for _ in range(size.workers):
            cluster.launch_worker()
        thrift = cluster.start(
            "thrift-server",
            "spark-submit",
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "--master", cluster.master),
            "spark-internal",
            *("--hiveconf", f"hive.server2.thrift.port={cluster.port}"),
            *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
            memory=DRIVER_MEMORY,
        )
        for number in range(size.workers):
            cluster.wait_for_worker(number)
        cluster.wait_for("thrift-server", thrift, re.compile("HiveThriftServer2 started"))
        yield cluster
    finally:
        cluster.stop()


def spark_home() -> Path:
    """Where Spark is: ``SPARK_HOME``, or the pyspark package in ``.venv-spark``.

    Raises:
        WarehouseError: it is in neither.
    """
    named = os.environ.get("SPARK_HOME")
    homes = [Path(named)] if named else sorted((PROJECT_ROOT / ".venv-spark").glob("lib/python*/site-packages/pyspark"))
    for home in homes:
        if (home / "bin" / "spark-class").exists():
            return home
    where = f"SPARK_HOME={named}" if named else ".venv-spark"
    raise WarehouseError(f"there is no Spark in {where}. Fix: make spark-setup, or SPARK_HOME=…")


def require_java() -> str:
    """The version of Java.

    Raises:
        WarehouseError: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    said = ""
    if java is not None:
        with suppress(OSError):
            said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)[^"]*"', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        what = f"Java {found[1]} is too old for it" if found else "there is no Java here"
        raise WarehouseError(f"Spark cannot run: {what}. Fix: install Java {OLDEST_JAVA} or a newer one.")
    return found[0]


def free_port() -> int:
    """A free port of loopback."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _environment(folder: Path, home: Path) -> dict[str, str]:
    """The environment of Spark's processes: nothing of Spark's or Java's that is set outside, and loopback only."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_", "JAVA_TOOL"))
    }
    return kept | {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_HOSTNAME": HOST,
        "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "SPARK_NO_DAEMONIZE": "1",
    }


def _write_settings(folder: Path, size: Size, more: Mapping[str, str]) -> None:
    settings = SETTINGS | {
        "spark.executor.memory": f"{size.executor_megabytes}m",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.driver.extraJavaOptions": f'-Dderby.system.home="{folder / "tmp"}" -Djava.io.tmpdir="{folder / "tmp"}"',
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.hadoop.hive.exec.scratchdir": str(folder / "tmp" / "hive"),
        "spark.hadoop.hive.exec.local.scratchdir": str(folder / "tmp" / "hive-local"),
        "spark.hadoop.hive.server2.logging.operation.log.location": str(folder / "tmp" / "operations"),
        **more,
    }
    text = "".join(f"{name} {value}\n" for name, value in settings.items())
    (folder / "conf" / "spark-defaults.conf").write_text(text)
