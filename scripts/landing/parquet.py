"""Land reports as Parquet for Spark: the same landing (``landing.land``), file by file and several side by side.

Each file is landed into a small DuckDB of its own by the very code that lands into the warehouse, and what is then in
the schema raw is written as Parquet. Workers do that in any order. Only one process gives the reports their places
(``landing.parquet_files``), in the order of the files: so the same bytes land once, and under the name that the
warehouse would give them too.
"""

from __future__ import annotations

import atexit
import glob
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import Progress

from landing.declarations import not_reloaded, remember, site_needed
from landing.forgotten import remember_moved
from landing.land import bytes_of, land_reports
from landing.landed import LANDED_REPORTS, delete_reports
from landing.meetings import ALL_SITES, SALTS, ensure_meeting_salt
from landing.older_landings import name_kinds, rename_marks
from landing.outcome import Declaration, Given, Landing, SiteNeeded
from landing.parquet_files import (
    DECLARATIONS,
    FILE_NAME,
    FORGOTTEN,
    MANIFESTS,
    MARKS,
    NO_REPORT,
    OF_REPORTS,
    RECORDS,
    REJECTED,
    TABLES,
    StagedReport,
    clear_unfinished,
    drop,
    load,
    partition,
    place,
    put,
    take_out,
    write_parquet,
)
from landing.terminal import declare
from reports.date_formats import day_is_first
from reports.text import ReportRefused
from twins.check import check_twins
from twins.records import New, landed_in_parquet, parquet_sample
from warehouse.copies import refuse_inside_a_shared_copy
from warehouse.database import close_to_others, connect, number_of, text_of
from warehouse.errors import WarehouseError, disk_trouble, in_words
from warehouse.locks import require_shared_locks, try_lock
from warehouse.raw import SAMPLE_SITE
from warehouse.raw_tables import create_raw

# So many files are handed out beyond those that were given their places, for their results wait on the disk.
AHEAD = 4


@dataclass(frozen=True)
class Taken:
    """What became of the reports of a file: each with its Parquet files if it landed, and the folder of these."""

    reports: list[tuple[Landing, StagedReport | None]]
    folder: Path


@dataclass(frozen=True)
class Work:
    """What a worker must know.

    Attributes:
        seed: a DuckDB file that knows the manifest, what was removed and who was forgotten.
        declaration: what was declared of the files.
        memory_bytes: what its DuckDB may take.
        threads: the threads of its DuckDB.
    """

    seed: Path
    declaration: Declaration
    memory_bytes: int
    threads: int


def land_as_parquet(
    root: Path, paths: list[Path], declaration: Declaration, jobs: int, progress: Progress | None = None
) -> Iterator[Landing]:
    """Land the reports that files hold as Parquet below a folder, and yield the outcome of each, in the files' order.

    Raises:
        WarehouseError: another landing is under way, a worker was killed, or the disk is full or cannot be written.
            Reports that were landed before stay, and the same call lands the rest.
    """
    jobs = max(1, min(jobs, len(paths)))
    task = progress.add_task("Landing", total=sum(map(bytes_of, paths))) if progress else None
    with writing(root) as manifest:
        before = dict(manifest.execute(f"select file_sha256, site_id from ({LANDED_REPORTS})").fetchall())
        manifest.execute(f"create table known as select report_id, loaded_at from ({LANDED_REPORTS}); checkpoint")
        memory = number_of(manifest, "select parse_formatted_bytes(current_setting('memory_limit'))")
        seed = Path(f"{root}.scratch-seed")
        close_to_others(Path(shutil.copyfile(Path(f"{root}.scratch"), seed)))
        landed: dict[str, str] = {}
        work = Work(seed, declaration, memory // jobs, max(1, (os.cpu_count() or 1) // jobs))
        with (
            _saying_which_are_new(manifest, paths, declaration),
            closing(_taken_side_by_side(manifest, paths, work, jobs)) as files,
        ):
            for path, taken in zip(paths, files, strict=True):
                for landing, staged in taken.reports:
                    if staged is None:
                        yield landing
                    elif staged.file_sha256 in landed:
                        yield Landing(landing.path, landing.name, already_landed_as=landed[staged.file_sha256])
                    else:
                        placed = _put(manifest, root, staged, landing, declaration, before.get(staged.file_sha256))
                        if placed.refusal is None:
                            landed[staged.file_sha256] = staged.file_name
                        yield placed
                shutil.rmtree(taken.folder)
                if progress is not None and task is not None:
                    progress.advance(task, bytes_of(path))


@contextmanager
def _saying_which_are_new(
    manifest: duckdb.DuckDBPyConnection, paths: list[Path], declaration: Declaration
) -> Iterator[None]:
    try:
        yield
    except SiteNeeded as needed:
        raise site_needed(manifest, paths, declaration, needed.path) from needed


def _put(
    manifest: duckdb.DuckDBPyConnection,
    root: Path,
    staged: StagedReport,
    landing: Landing,
    declaration: Declaration,
    site_before: str | None,
) -> Landing:
    """Give a report its place, unless it holds the activities of others in another form.

    Args:
        manifest: what knows the reports that are there.
        root: the landing.
        staged: the report.
        landing: what became of it so far.
        declaration: what holds for it.
        site_before: the site for which the same bytes landed before; None if they did not.
    """
    # Reports that are loaded again with another declaration are the twins of those that were.
    left_out = {staged.report_id, *(not_reloaded(manifest) if declaration.reloaded else ())}
    own = dict(declaration.reloaded).get(staged.report_id)
    if own is not None and own.site_id == staged.site_id:
        declaration = own
    try:
        notes = _check_twins(manifest, root, staged, declaration, left_out)
    except ReportRefused as refused:
        return Landing(landing.path, landing.name, refusal=str(refused))
    if landing.landed_count:
        # Before the report: if this is killed between the two, the next load must not read others in another zone.
        _remember(manifest, root, declaration)
    if site_before is not None:
        take_out(root, site_before, staged.report_id)
        delete_reports(manifest, [staged.report_id])
    put(root, staged)
    load(manifest, root, staged.manifest, report=(staged.site_id, staged.report_id))
    if staged.moved:
        _remember_moved(manifest, root, staged)
    return replace(landing, notes=[*landing.notes, *notes])


def _remember_moved(manifest: duckdb.DuckDBPyConnection, root: Path, staged: StagedReport) -> None:
    """Remember for its site the people of a report who were forgotten in the site that it had before."""
    files = [
        f"select user_id, email from read_parquet({text_of(glob.escape(str(file)))}, hive_partitioning = false)"
        for table in ("activities", "users")
        for file in partition(root, table, staged.site_id, NO_REPORT).parent.glob(f"*/{FILE_NAME}")
    ]
    users = " union all ".join(files) or "select null as user_id, null as email limit 0"
    remember_moved(manifest, staged.site_id, staged.moved, f"({users})")
    written = Path(f"{root}.scratch-hashes")
    write_parquet(manifest, FORGOTTEN, "site_id", staged.site_id, written)
    place(written, partition(root, FORGOTTEN, staged.site_id, NO_REPORT))


def _check_twins(
    manifest: duckdb.DuckDBPyConnection, root: Path, staged: StagedReport, declaration: Declaration, left_out: set[str]
) -> list[str]:
    """What is to be said of a report that holds the activities of others in another form.

    Raises:
        ReportRefused: it would count them twice.
    """
    if "activities" not in staged.files:
        return []
    [[count, date_format, encoding, first, last]] = manifest.execute(
        "select landed_count, date_format, encoding, timezone('UTC', first_occurred_at),"
        " timezone('UTC', last_occurred_at) from read_parquet($path, hive_partitioning = false)",
        {"path": str(staged.files["reports"])},
    ).fetchall()
    near = manifest.execute(
        """
        select site_id, report_id from raw.reports
        where
            landed_count > 0
            and (
                $is_open
                or first_occurred_at <= $last + interval 3 day and last_occurred_at >= $first - interval 3 day
            )
        """,
        # Where day and month may be exchanged, a twin may be in any month.
        {"first": first, "last": last, "is_open": day_is_first(date_format) is not None},
    ).fetchall()
    files = [partition(root, "activities", *report) / FILE_NAME for report in near if report[1] not in left_out]
    if not files:
        return []
    period = f"select timestamp '{first}', timestamp '{last}'"
    sample = parquet_sample(staged.files["activities"], count)
    new = New(
        *(sample, count, declaration.site_id, declaration.time_zone, date_format, left_out),
        period=period,
        file_name=staged.file_name,
        encoding=encoding,
    )
    return check_twins(manifest, new, landed_in_parquet(files), is_allowed=declaration.allows_twins)


def declare_in(root: Path, given: Given, paths: list[Path], console: Console) -> Declaration:
    """What holds for a load of some files into a landing, and say what of it was declared before.

    Raises:
        WarehouseError: what was given contradicts what was declared before, or a file is missing; nothing was changed.
    """
    with writing(root) as connection:
        if given.date_format or given.encoding or given.min_date or given.max_date:
            _show_records(connection, root)
        declaration = declare(connection, given, paths, console)
        if given.declare == "again":
            _declare_again(connection, root, declaration)
        return declaration


def _show_records(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Show the records of a landing where a warehouse has them, to be read and not changed."""
    for table, kind in (("activities", "view"), (REJECTED, "table")):
        if any((root / table).glob(f"*/*/{FILE_NAME}")):
            files = text_of(f"{glob.escape(str(root / table))}/*/*/{FILE_NAME}")
            connection.execute(
                f"drop {kind} raw.{table}; create view raw.{table} as"
                f" from read_parquet({files}, hive_partitioning = true, hive_types_autocast = false)"
            )


def _declare_again(connection: duckdb.DuckDBPyConnection, root: Path, declaration: Declaration) -> None:
    """Write what was declared of a site again, and which of its reports are to be loaded again.

    A report that is noted before its site has another value is loaded as it was: so these are first, and what is no
    longer to be done is last.
    """
    reports = connection.execute(
        f"""
        select report_id, count(setting) > 0
        from ({LANDED_REPORTS}) left join raw.report_declarations using (report_id)
        where site_id = ? group by 1 order by 2 desc, 1
        """,
        [declaration.site_id],
    ).fetchall()
    places = {report_id: partition(root, OF_REPORTS, declaration.site_id, report_id) for report_id, _ in reports}
    for report_id in (report_id for report_id, is_declared in reports if is_declared):
        written = Path(f"{root}.scratch-declarations")
        write_parquet(connection, OF_REPORTS, "report_id", report_id, written)
        place(written, places[report_id])
    _remember(connection, root, declaration)
    for report_id in (report_id for report_id, is_declared in reports if not is_declared):
        drop(places[report_id])


def _remember(connection: duckdb.DuckDBPyConnection, root: Path, declaration: Declaration) -> None:
    """Write what was declared of a site in the place of what was declared before."""
    if declaration.to_remember:
        remember(connection, declaration)
        written = Path(f"{root}.scratch-declarations")
        write_parquet(connection, DECLARATIONS, "site_id", declaration.site_id, written)
        place(written, partition(root, DECLARATIONS, declaration.site_id, NO_REPORT))


def remove_sample_from(root: Path) -> bool:
    """Take the sample out of a landing once it holds a report of its owner; returns whether it was there."""
    with writing(root) as connection:
        sites = connection.execute(f"select report_id, site_id from ({LANDED_REPORTS}) order by all").fetchall()
        sample = [report_id for report_id, site_id in sites if site_id == SAMPLE_SITE]
        if not sample or len(sample) == len(sites):
            return False
        for report_id in sample:
            take_out(root, SAMPLE_SITE, report_id)
    return True


@contextmanager
def writing(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Be alone with a landing: what killed ones left is gone, and a DuckDB in a scratch file knows the manifest.

    Raises:
        WarehouseError: somebody else writes to it, or it cannot be written.
    """
    lock = Path(f"{root}.lock")
    # Of the files in it; it may be a shared copy itself.
    refuse_inside_a_shared_copy(root / TABLES[0])
    try:
        for table in TABLES:
            # All of them, for Spark wants the folder of a table that has no rows yet, too.
            (root / table).mkdir(parents=True, exist_ok=True)
        with lock.open("w") as held:
            if not try_lock(held.fileno()):
                raise WarehouseError(
                    f"another command is writing to {root}. Fix: wait until it has ended, and give this one again."
                )
            _remove_all(Path(f"{root}.scratch"))
            rename_marks(root)
            clear_unfinished(root)
            try:
                scratch = Path(f"{root}.scratch")
                with connect(scratch) as connection:
                    name_kinds(connection, root)
                    create_raw(connection)
                    for table in (*MANIFESTS, OF_REPORTS, MARKS, FORGOTTEN, SALTS, DECLARATIONS):
                        load(connection, root, table)
                    if ensure_meeting_salt(connection, scratch):
                        written = Path(f"{root}.scratch-salts")
                        write_parquet(connection, SALTS, "site_id", ALL_SITES, written)
                        place(written, partition(root, SALTS, ALL_SITES, NO_REPORT))
                    _load_why_rejected(connection, root)
                    yield connection
            finally:
                _remove_all(Path(f"{root}.scratch"))
    except OSError as error:
        raise WarehouseError(f"{root} cannot be written: {in_words(error)}") from error


def _load_why_rejected(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Load the rejected records of reports without a landed record: they may not count as loaded."""
    rejected = f"select report_id from ({LANDED_REPORTS}) where landed_count = 0 and rejected_count > 0"
    ids = [report_id for (report_id,) in connection.execute(rejected).fetchall()]
    if ids:
        load(connection, root, REJECTED, "list_contains($ids, report_id)", {"ids": ids})


def _remove_all(path: Path) -> None:
    """Remove what has a name that begins with this one."""
    for found in path.parent.glob(f"{glob.escape(path.name)}*"):
        if found.is_dir():
            shutil.rmtree(found, ignore_errors=True)
        else:
            found.unlink()


def _taken_side_by_side(
    manifest: duckdb.DuckDBPyConnection, paths: list[Path], work: Work, jobs: int
) -> Generator[Taken]:
    """The results of each file, in the order of the files, whichever worker ends first.

    Raises:
        WarehouseError: a worker was killed, or processes can share no lock.
    """
    if jobs == 1:
        # In the DuckDB that is open, because another takes 17 ms. By its slash the name is no other database's.
        with manifest.cursor() as connection:
            connection.execute(f"""attach {text_of(str(work.seed))} as "seed/"; use "seed/"; set TimeZone = 'UTC'""")
            yield from (take_apart(connection, path, work) for path in paths)
        return
    require_shared_locks()
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_follow_the_parent)
    waiting = iter(paths)
    running: deque[Future[Taken]] = deque()
    try:
        for path in waiting:
            running.append(executor.submit(taken_by_worker, path, work))
            if len(running) >= jobs + AHEAD:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
        executor.shutdown()
    except BrokenProcessPool as error:
        raise WarehouseError(
            "a worker was killed, most likely because the memory was used up. What was landed before is whole."
            " Fix: fewer JOBS or a lower MEMORY_LIMIT, and give the same command again."
        ) from error
    finally:
        # If it ends early, nothing waits for the work of the workers.
        for worker in set(multiprocessing.active_children()) - before:
            worker.terminate()
        executor.shutdown(cancel_futures=True)


def _follow_the_parent() -> None:
    """Let Ctrl-C be the parent's to answer, and end with it whatever it dies of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def taken_by_worker(path: Path, work: Work) -> Taken:
    """What a file holds, taken apart by a process of its own, whose scratch file lasts as long as itself."""
    return take_apart(_scratch_of_worker(work), path, work)


@cache
def _scratch_of_worker(work: Work) -> duckdb.DuckDBPyConnection:
    # A connection that is open at the end makes DuckDB 2.0 print what was not freed, ninety lines for each worker.
    atexit.register(_scratch_of_worker.cache_clear)
    return scratch_of(work)


def scratch_of(work: Work) -> duckdb.DuckDBPyConnection:
    """A copy of the seed, open for one worker: what a file held is gone from it when the next file comes."""
    # Beside the landing like the seed, because the salt of those who were forgotten is there.
    connection = connect(shutil.copyfile(work.seed, Path(f"{work.seed}-{os.getpid()}")))
    connection.execute(f"set memory_limit = '{work.memory_bytes:d}B'; set threads = {work.threads:d}")
    return connection


def take_apart(connection: duckdb.DuckDBPyConnection, path: Path, work: Work) -> Taken:
    """Land what a file holds into a scratch file, write what is in there then as Parquet, and take it out again."""
    folder = Path(tempfile.mkdtemp(prefix=f"{work.seed.name}-", dir=work.seed.parent))
    reports: list[tuple[Landing, StagedReport | None]] = []
    for landing in land_reports(connection, [path], work.declaration, checks_twins=False):
        # What is new only the whole landing knows.
        written = _write(connection, folder / str(len(reports)))
        reports.append((replace(landing, new_count=None), written))
    return Taken(reports, folder)


def _write(connection: duckdb.DuckDBPyConnection, folder: Path) -> StagedReport | None:
    """Write the report that was landed last as Parquet, and clear the tables for the next; None if none was landed."""
    row = connection.execute(
        f"select report_id, site_id, file_name, file_sha256 from ({LANDED_REPORTS})"
        " where (report_id, loaded_at) not in (select (report_id, loaded_at) from known)"
    ).fetchone()
    if row is None:
        return None
    report_id = row[0]
    # Remembered in the transaction that the report landed in.
    moved = connection.execute(
        f"select user_hash from raw.forgotten_users inner join ({LANDED_REPORTS}) as landed using (site_id)"
        " where report_id = ? and forgotten_at = loaded_at",
        [report_id],
    ).fetchall()
    files = {}
    try:
        folder.mkdir()
        for table in (*RECORDS, *MANIFESTS):
            # What has no rows has no file.
            if connection.execute(f"select 1 from raw.{table} where report_id = ? limit 1", [report_id]).fetchone():
                files[table] = folder / f"{table}.parquet"
                write_parquet(connection, table, "report_id", report_id, files[table])
    except (duckdb.Error, OSError) as error:
        trouble = disk_trouble(str(error)) or f"{in_words(error)} Fix: give the same command again"
        raise WarehouseError(f"{row[2]} was not landed: {trouble}. What was landed before it is whole.") from error
    delete_reports(connection, [report_id])
    return StagedReport(row[0], row[1], row[2], row[3], files, tuple(hash_ for (hash_,) in moved))
