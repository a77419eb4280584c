"""Run a Spark cluster on this machine: the command line of ``spark.cluster``."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from spark.cluster import HOST, Size, spark_cluster
from warehouse.command_line import errors_said, run_command
from warehouse.visible import SafeConsole


def main(
    folder: Annotated[Path, typer.Option("--folder", help="Where it keeps its tables, logs and all else.")],
    port: Annotated[int, typer.Option("--port", envvar="SPARK_PORT", help="Port of the thrift server.")] = 10000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Workers, of one core each.")] = 2,
) -> None:
    """Run a Spark cluster on loopback until Ctrl-C.

    Exit codes: 0 ended by Ctrl-C; 1 it does not get ready, and said; 2 wrong usage.
    """
    console = SafeConsole()
    running = spark_cluster(folder, Size(workers=workers), port)
    # Whoever reads the line may press Ctrl-C at once: so the line is inside as well.
    with errors_said(console), running as cluster, suppress(KeyboardInterrupt):
        console.print(f"The thrift server listens on {HOST}:{cluster.port}. Ctrl-C ends it.")
        signal.pause()


if __name__ == "__main__":
    run_command(main)
