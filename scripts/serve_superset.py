"""Serve Superset with the dashboards: the command line of ``dashboards.serve``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dashboards.serve import FOLDER, HOST, SECRETS, USER, SupersetError, environment, is_free, server, set_up
from dashboards.source import SourceError
from removal.journal import refuse_unfinished
from warehouse.command_line import errors_said, one_line, run_command
from warehouse.paths import published_path
from warehouse.visible import SafeConsole


def main(
    port: Annotated[int, typer.Option(envvar="PORT", min=1024, max=65535, help="Port of 127.0.0.1.")] = 8088,
    database: Annotated[
        Path | None,
        typer.Option(
            help="DuckDB file that the dashboards read. Default: PUBLISHED_PATH or warehouse/published.duckdb."
        ),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where Superset keeps its data.")] = FOLDER,
) -> None:
    """Serve Superset with the dashboards on 127.0.0.1. Exit codes: 0 ended; 1 not possible, and said; 2 wrong usage."""
    console = SafeConsole()
    with errors_said(console, also=(SupersetError, SourceError)):
        refuse_unfinished()
        if not is_free(port):
            raise SupersetError(f"port {port} of this machine is in use. Fix: make superset PORT={port + 1}")
        console.print("Setting up (a minute at the first time, then twenty seconds) …")
        set_up(folder, database or published_path())
    console.print(f"Superset: http://{HOST}:{port}/dashboard/list/")
    console.print(f"User: {USER}. Password: in {one_line(str(folder / SECRETS))}. Ctrl-C ends it.")
    command = server(port)
    os.execve(command[0], command, environment(folder))


if __name__ == "__main__":
    run_command(main, "superset", "make superset PORT=8088")
