"""The warehouse file: where it is, how it is opened, and the tables that the loader owns.

The names are fixed, for others build on them: ``WAREHOUSE_PATH``, ``PUBLISHED_PATH`` and ``SHARED_PATH`` say
where the files are, and the schema ``raw`` holds what was landed. All times are UTC.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import duckdb

# The format of the warehouse file (profiles.yml says why).
STORAGE_VERSION = "v1.3.0"

PROJECT_ROOT = Path(__file__).resolve().parent.parent

RAW_TABLES = """
create schema if not exists raw;

create table if not exists raw.reports (
    report_id varchar not null,
    file_name varchar not null,
    file_sha256 varchar not null,
    file_bytes bigint not null,
    site_id varchar not null,
    time_zone varchar not null,
    date_format varchar not null,
    delimiter varchar not null,
    encoding varchar not null,
    header varchar[] not null,
    record_count bigint not null,
    landed_count bigint not null,
    rejected_count bigint not null,
    first_occurred_at timestamp,
    last_occurred_at timestamp,
    loaded_at timestamp not null,
    file_format varchar,
    known_columns varchar[],
    missing_columns varchar[],
    renamed_columns varchar[],
    extra_columns varchar[],
    nonexistent_hour_count bigint,
    doubled_hour_count bigint
);

create table if not exists raw.activities (
    report_id varchar not null,
    record_number bigint not null,
    user_id varchar,
    first_name varchar,
    last_name varchar,
    company varchar,
    email varchar,
    category varchar not null,
    action varchar not null,
    label varchar,
    date varchar not null,
    content_id varchar,
    content_name varchar,
    content_slug varchar,
    extra_columns varchar,
    occurred_at timestamp not null,
    time_flag varchar
);

create table if not exists raw.user_reports (
    report_id varchar not null,
    file_name varchar not null,
    file_sha256 varchar not null,
    file_bytes bigint not null,
    site_id varchar not null,
    time_zone varchar not null,
    delimiter varchar not null,
    encoding varchar not null,
    header varchar[] not null,
    record_count bigint not null,
    landed_count bigint not null,
    rejected_count bigint not null,
    report_date date,
    loaded_at timestamp not null,
    file_format varchar,
    known_columns varchar[],
    missing_columns varchar[],
    renamed_columns varchar[],
    extra_columns varchar[]
);

create table if not exists raw.users (
    report_id varchar not null,
    record_number bigint not null,
    user_id varchar,
    first_name varchar,
    last_name varchar,
    company varchar,
    email varchar,
    title varchar,
    job_type varchar,
    phone varchar,
    city varchar,
    state_province varchar,
    country varchar,
    time_zone_offset_seconds varchar,
    account_level varchar,
    date_created varchar,
    date_last_login varchar,
    tags varchar,
    extra_columns varchar
);

create table if not exists raw.rejected_records (
    report_id varchar not null,
    record_number bigint not null,
    column_name varchar,
    rejected_value varchar,
    reason varchar not null,
    record_text varchar
);

create table if not exists raw.forgotten_users (
    site_id varchar not null,
    user_hash varchar not null,
    forgotten_at timestamp not null
);

create table if not exists raw.withdrawn_reports (
    report_id varchar not null,
    file_sha256 varchar not null,
    site_id varchar not null,
    withdrawn_at timestamp not null
);

-- What warehouses that were made before have not got yet.
alter table raw.activities add column if not exists time_flag varchar;
alter table raw.reports add column if not exists file_format varchar;
alter table raw.reports add column if not exists known_columns varchar[];
alter table raw.reports add column if not exists missing_columns varchar[];
alter table raw.reports add column if not exists renamed_columns varchar[];
alter table raw.reports add column if not exists extra_columns varchar[];
alter table raw.user_reports add column if not exists file_format varchar;
alter table raw.user_reports add column if not exists known_columns varchar[];
alter table raw.user_reports add column if not exists missing_columns varchar[];
alter table raw.user_reports add column if not exists renamed_columns varchar[];
alter table raw.user_reports add column if not exists extra_columns varchar[];
alter table raw.reports add column if not exists nonexistent_hour_count bigint;
alter table raw.reports add column if not exists doubled_hour_count bigint;
-- What they have besides: the marts are in a file of their own now.
drop schema if exists marts cascade;
drop schema if exists restricted cascade;
"""


class WarehouseError(Exception):
    """Something about the warehouse file that the user can put right; the message says how."""


def warehouse_path() -> Path:
    """Path of the warehouse: ``WAREHOUSE_PATH``, or ``warehouse/activity.duckdb`` in the project."""
    return Path(os.environ.get("WAREHOUSE_PATH", PROJECT_ROOT / "warehouse" / "activity.duckdb"))


def marts_path(warehouse: Path) -> Path:
    """Path of the file beside the warehouse in which dbt makes the marts (profiles.yml)."""
    return Path(f"{warehouse}.marts")


def published_path() -> Path:
    """Path of the read-only copy: ``PUBLISHED_PATH``, or ``warehouse/published.duckdb`` in the project."""
    return Path(os.environ.get("PUBLISHED_PATH", PROJECT_ROOT / "warehouse" / "published.duckdb"))


def shared_path() -> Path:
    """Path of the copy with pseudonyms: ``SHARED_PATH``, or ``warehouse/shared.duckdb`` in the project."""
    return Path(os.environ.get("SHARED_PATH", PROJECT_ROOT / "warehouse" / "shared.duckdb"))


def memory_limit() -> str:
    """The memory that DuckDB may use before it spills to disk: ``MEMORY_LIMIT``, or 3 GB."""
    return os.environ.get("MEMORY_LIMIT", "3GB")


# Folders beside the warehouse that hold records while a command lasts: what DuckDB spills, what a loader unpacks.
TEMPORARY_SUFFIXES = (".tmp", ".landing")

# What the system says when a file cannot grow or be written, and what the user is told.
DISK_TROUBLES = {
    "No space left on device": "the disk is full. Cure: free some space, and give the same command again",
    "Disk quota exceeded": "the disk quota is used up. Cure: free some space, and give the same command again",
    "File too large": "a file may not grow any larger here. Cure: raise the limit (ulimit -f), or free some space",
    "Read-only file system": "the disk is read-only. Cure: say where it can be written with WAREHOUSE_PATH",
    "Input/output error": "the disk reports an error. Cure: see whether it is sound",
}


def disk_trouble(message: str) -> str | None:
    """What an error says about the disk, in words with a cure; None if it is about something else."""
    return next((words for said, words in DISK_TROUBLES.items() if said in message), None)


def in_words(error: Exception) -> str:
    """What an error says, in a sentence: about the disk in our words, else in its own."""
    message = str(error)
    own = error.strerror if isinstance(error, OSError) and error.strerror else message.splitlines()[0].rstrip(". ")
    return f"{disk_trouble(message) or own}."


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlast a power cut."""
    # Some file systems, and Windows, know no such thing for a folder.
    with suppress(OSError) if path.is_dir() else nullcontext():
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def remove_database(path: Path) -> None:
    """Remove a DuckDB file, if it is there, and the log beside it that a killed process leaves."""
    for file in (path, Path(f"{path}.wal")):
        with suppress(NotADirectoryError):
            file.unlink(missing_ok=True)


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file, and create it where it may be written.

    Raises:
        WarehouseError: the file is in use by another process, is no DuckDB file, or cannot be written.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit(),
        "temp_directory": f"{path}.tmp",
    }
    if not read_only:
        config["storage_compatibility_version"] = STORAGE_VERSION
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
        connection.execute("set TimeZone = 'UTC'")
        if not read_only:
            # Who may write is alone with the file: what lies there is of a process that was killed.
            _clear_temporary(path)
        return connection
    except OSError as error:
        raise WarehouseError(f"{path} cannot be written: {in_words(error)}") from error
    except duckdb.IOException as error:
        message = str(error)
        if "lock" in message:
            raise WarehouseError(
                f"{path} is in use by another process. Wait until it has ended, or close the program that has"
                " the warehouse open; connect BI tools to the published copy instead."
            ) from error
        raise WarehouseError(f"{path} cannot be opened: {in_words(error)}") from error
    except duckdb.Error as error:
        raise WarehouseError(f"{path} cannot be opened: {in_words(error)}") from error


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Do all that is done inside, or nothing of it."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A commit that failed has rolled back, and what it failed of is to be told.
        with suppress(duckdb.TransactionException):
            connection.execute("rollback")
        raise


def _clear_temporary(warehouse: Path) -> None:
    for suffix in TEMPORARY_SUFFIXES:
        shutil.rmtree(f"{warehouse}{suffix}", ignore_errors=True)


def identifier(*names: str) -> str:
    """A name as SQL may hold it, in DuckDB and in PostgreSQL; of several the last with the others before it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def number_of(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None) -> int:
    """The one number that a query gives; 0 if it gives none."""
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0
