"""dbt, run in this process. It is imported only to be run, because that takes seconds."""

from __future__ import annotations

import gc
import logging
import os
import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from building.compiled_templates import compiled_templates
from building.quick_dbt import make_dbt_quick
from naming import clashes
from naming.seed_csv import SeedError
from naming.site_seeds import check_site_seeds
from warehouse.command_line import AtTheEnd
from warehouse.database import close_to_others, connect, number_of, opened
from warehouse.errors import OUT_OF_MEMORY, WarehouseError, trouble
from warehouse.files import attach_new, remove_database
from warehouse.locks import require_shared_locks
from warehouse.paths import PROJECT_ROOT, marts_path, path_for_dbt

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

# Three million records of raw, about.
LARGE_BYTES = 1 << 26
# With less of MEMORY_LIMIT models of many records are built one after the other from the beginning. With 1.7 GB two at
# once still held ten million records; with 1 GB DuckDB 2.0.0 ended in an internal error, after which nothing goes on.
BYTES_FOR_TWO_AT_ONCE = 2_000_000_000

QUIETLY = ["--quiet", "--no-use-colors"]
ONE_AT_A_TIME = ["--threads", "1"]
# How Python writes an error of a file.
FILE_OF_ERROR = re.compile(r"\[Errno \d+\] [^:]+: (['\"])(.+?)\1")
MODEL_NAME = re.compile(r"^ *- name: *(\w+)", re.MULTILINE)
RUN_RESULTS = PROJECT_ROOT / "target" / "run_results.json"

# In the table of macros/unfinished_builds.sql. Only a build of all models strikes it out. No command reads the schema
# intermediate, and without it the new tables take the place of the old ones. dbt would write each before it drops the
# old one, and what that frees in the end stays in the file. (make name and make remove read staging after a failure.)
MAKE_ROOM = """
create schema if not exists staging;
create table if not exists staging.unfinished_builds (invocation_id varchar);
insert into staging.unfinished_builds values ('the marts were removed');
drop schema if exists intermediate cascade;
"""


def run_dbt(warehouse: Path, console: Console) -> dbtRunnerResult:
    """Run ``dbt build`` in this process with a progress bar, and rebuild all marts.

    Raises:
        WarehouseError: the warehouse is in use by another process, processes can share no lock, or a file of
            seeds/site/ cannot be read.
        KeyboardInterrupt: the user stopped it.
        duckdb.Error: the file of the marts cannot be written.
    """
    require_shared_locks()
    is_large = warehouse.stat().st_size > LARGE_BYTES
    # Importing dbt makes most of the objects that stay to the end.
    AtTheEnd.frees_objects = False
    _look_for_garbage(is_large=is_large)
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.events.types import MainStackTrace
    from dbt.selected_resources import set_selected_resources
    from dbt_common.events.base_types import EventLevel, EventMsg

    try:
        check_site_seeds(PROJECT_ROOT)
    except SeedError as error:
        raise WarehouseError(
            f"the warehouse was not built, and nothing was published, because of seeds/site/:\n{error}"
        ) from error
    warehouse = Path(path_for_dbt(warehouse))
    os.chdir(PROJECT_ROOT)
    # A failure may quote a value.
    for name in ("logs", "target"):
        (PROJECT_ROOT / name).mkdir(exist_ok=True)
        close_to_others(PROJECT_ROOT / name)
    os.environ["WAREHOUSE_PATH"] = str(warehouse)
    with connect(warehouse) as connection:
        # Until all marts are there again, even if dbt stops before its first model.
        connection.execute(MAKE_ROOM)
        # In a new file, for DuckDB leaves what it frees in the old one. Created here, because dbt would leave half
        # of it, and a traceback, where the disk is full.
        marts = marts_path(warehouse)
        remove_database(marts)
        try:
            attach_new(connection, marts, "created")
        except duckdb.Error:
            remove_database(marts)
            raise
        connection.execute("detach created")
        options = options_of_build(connection, is_large=is_large)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[node]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("Building", total=None, node="")

        def show(event: EventMsg) -> None:
            if event.info.name == "ConcurrencyLine":
                progress.update(task, total=event.data.node_count)
            elif event.info.name == "NodeFinished":
                progress.update(task, advance=1, node=event.data.node_info.node_name[:40])

        # dbt takes seconds to write the manifest (target/*.json); set DBT_WRITE_JSON=true if you need it.
        os.environ.setdefault("DBT_WRITE_JSON", "false")
        # Otherwise `dbt retry` would replay an older run if dbt stops before it has results.
        RUN_RESULTS.unlink(missing_ok=True)
        # Python would print a traceback for each line that logs/dbt.log has no room for.
        logging.raiseExceptions = False
        # Where the disk fills while dbt builds, the trace is for logs/dbt.log alone; `why_not_built` says what to do.
        MainStackTrace.level_tag = lambda _: EventLevel.INFO  # type: ignore[assignment, method-assign]
        make_dbt_quick(heard=["NodeFinished"] if console.is_terminal else [])
        # Without a progress bar nothing listens, and dbt need not say each event twice.
        runner = dbtRunner(callbacks=[show] if console.is_terminal else [])
        console.file, said = sys.stdout, StringIO()
        # Where the disk is full, dbt says so of each node, and `why_not_built` once.
        with redirect_stdout(said), compiled_templates(PROJECT_ROOT / "target" / "compiled_templates.marshal"):
            result = runner.invoke([*QUIETLY, "build", *options])
            if _is_out_of_memory(result) and options != ONE_AT_A_TIME:
                # 25 million records with 2.5 GB: one model alone has all of it.
                console.print("Two models at once take too much memory: the rest is built one after the other.")
                said.seek(0)
                said.truncate()
                _write_results(result)
                # dbt retry selects by the results alone, in a process of its own (macros/unfinished_builds.sql).
                set_selected_resources(set())
                result = runner.invoke([*QUIETLY, "retry", *ONE_AT_A_TIME])
        # dbt-duckdb leaves the file open, with settings of its own, and a file has one set of settings a process.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        # To look through all of it for garbage takes half a second.
        gc.freeze()
        gc.enable()
        _write_results(result)
    end_if_interrupted(result, console)
    if _trouble(result) is None:
        console.out(said.getvalue(), end="")
    return result


def end_if_interrupted(result: dbtRunnerResult, console: Console) -> None:
    """Go on with a Ctrl-C that dbt took for an error.

    Raises:
        KeyboardInterrupt: it did.
    """
    if isinstance(result.exception, KeyboardInterrupt):
        console.print("Interrupted: nothing was published. Fix: make build, which builds all of it.")
        raise KeyboardInterrupt


def options_of_build(connection: duckdb.DuckDBPyConnection, *, is_large: bool) -> list[str]:
    """How dbt builds: one model after the other where the memory is too small for two of many records."""
    memory = number_of(connection, "select parse_formatted_bytes(current_setting('memory_limit'))")
    # DuckDB rounds what it was given to a tenth of a GiB.
    return ONE_AT_A_TIME if is_large and memory < 0.96 * BYTES_FOR_TWO_AT_ONCE else []


def _write_results(result: dbtRunnerResult) -> None:
    """Write the only file that ``dbt retry`` reads. It takes the options too, and is to say what it does."""
    from dbt.artifacts.schemas.run import RunExecutionResult

    if isinstance(result.result, RunExecutionResult):
        result.result.args.update({"quiet": False, "write_json": True})
        result.result.write(str(RUN_RESULTS))


def _look_for_garbage(*, is_large: bool) -> None:
    """Let Python look for garbage while dbt builds only where the memory counts, and never among what stays.

    That takes 1.3 s of processor time and frees 180 MB, whatever the records.
    """
    if is_large:
        gc.set_threshold(300_000, 1_000, 1_000)
    else:
        gc.disable()


def why_not_built(result: dbtRunnerResult, warehouse: Path) -> str:
    """Why dbt failed, in a few sentences."""
    nodes = getattr(result.result, "results", ())
    if any(str(node.status) == "fail" and clashes.TEST in str(node.node.unique_id) for node in nodes):
        with opened(warehouse) as connection:
            said = clashes.clashing_aliases(connection, PROJECT_ROOT)
        if said:
            return "because of seeds/site/:\n" + "\n".join(said)
    met = _trouble(result)
    if met is not None:
        return f"{met}."
    why = "see the failures above, and logs/dbt.log for all of it."
    left_over = left_over_models(PROJECT_ROOT)
    if not left_over:
        return why
    return (
        f"{why} No YAML file names {' and '.join(left_over)}, most likely because this version was unpacked over an"
        " older one. Fix: delete what is not of this version (docs/how_to/add_your_data.md); name yours in YAML."
    )


def left_over_models(root: Path) -> list[str]:
    """The models of the project that no YAML file names; each of its own is named in one."""
    folder = root / "models"
    named = {name for path in folder.rglob("*.yml") for name in MODEL_NAME.findall(path.read_text(encoding="utf-8"))}
    paths = (path.relative_to(root) for path in sorted(folder.rglob("*.sql")) if path.stem not in named)
    return [path.as_posix() for path in paths if path.parts[1] != "site"]


def _messages(result: dbtRunnerResult) -> list[str]:
    """What dbt says of each node."""
    return [str(node.message) for node in getattr(result.result, "results", ())]


def _trouble(result: dbtRunnerResult) -> str | None:
    """What dbt met of a full disk, too little memory or a missing right, in words, after the file if it names one."""
    for message in (str(result.exception), *_messages(result)):
        said, named = trouble(message), FILE_OF_ERROR.search(message)
        if said is not None:
            return f"{named[2]}: {said}" if named else said
    return None


def _is_out_of_memory(result: dbtRunnerResult) -> bool:
    return any(OUT_OF_MEMORY in message for message in _messages(result))
