"""Run a Spark cluster on this machine: the command line of ``spark.cluster``."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from spark.cluster import HOST, Size, spark_cluster
from warehouse.errors import WarehouseError


def main(
    folder: Annotated[Path, typer.Option("--folder", help="Where it keeps its tables, logs and all else.")],
    port: Annotated[int, typer.Option("--port", envvar="SPARK_PORT", help="Port of the thrift server.")] = 10000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Workers, of one core each.")] = 2,
) -> None:
    """Run a Spark cluster on loopback until Ctrl-C.

    Exit codes: 0 ended by Ctrl-C; 1 it does not get ready, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    try:
        # Whoever reads the line may press Ctrl-C at once: so the line is inside as well.
        with spark_cluster(folder, Size(workers=workers), port) as cluster, suppress(KeyboardInterrupt):
            console.print(f"The thrift server listens on {HOST}:{cluster.port}. Ctrl-C ends it.", highlight=False)
            signal.pause()
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
