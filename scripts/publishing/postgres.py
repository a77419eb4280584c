"""Publish the marts to PostgreSQL: loaded beside the old ones, and put in their place at once.

All is done in one transaction: a publication that fails or is killed leaves nothing, and the old one as it was. To put
the new tables in place the old ones are dropped, which waits for whoever reads them. It waits in short attempts, so
that those who come meanwhile wait no longer than one, and are never the victim of a deadlock.

The driver is imported where it is needed: who does not publish to PostgreSQL has not got it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from rich.console import Console
from rich.progress import track

from publishing import postgres_tables as ddl
from publishing.published_tables import (
    PUBLISHED_SCHEMAS,
    RESTRICTED,
    PublishedTable,
    published_tables,
    reading,
    row_count_of,
    schemas_of,
)
from warehouse.copies import PUBLISHED, SHARED, copy_kind
from warehouse.database import identifier
from warehouse.errors import WarehouseError, in_words, is_damage
from warehouse.mart_models import Model, read_models

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor

SCHEME = re.compile(r"postgres(?:ql)?://")
HOST = r"(?:\[[^\]]*\]|[^:/,\[\]]*)(?::\d+)?"
PLACE = re.compile(rf"{HOST}(?:,{HOST})*(?:/[^/]*)?")
SECRET_SETTING = re.compile(r"(?:^|&)\w*password=", re.IGNORECASE)
DEFAULT_READER = "juno_reader"
OLDEST_VERSION = 15
# A schema with this comment is ours: we may replace it.
MARK = "Published by the JUNO activity warehouse. Each publication replaces all that is in here."
# The same of a shared copy, which real data do not replace.
SHARED_MARK = f"{MARK} It is a shared copy: people are pseudonyms."
MARKS = {PUBLISHED: MARK, SHARED: SHARED_MARK}
NEW, OLD = "_new", "_old"
# Of this database's advisory locks the one that a publication holds; the number means nothing else.
ADVISORY_LOCK = 5_866_012_026
# Bounds the memory: what is on its way at a time.
BATCH_ROWS = 50_000
# How long a publication waits for those who read the old tables.
PATIENCE_SECONDS = 300.0

DEPENDENT = "2BP01"
# What PostgreSQL says by its code, with what to do about it; the letters of a class stand for all its codes.
FIXES = {
    "42501": "Fix: let an administrator run: grant create on database … to …; the user must own what was published.",
    DEPENDENT: "Fix: drop what was built on the published tables, or build it in the BI tool.",
    "3D": "Fix: create the database.",
    "28": "Fix: see the user's name, and PGPASSWORD or the password file ~/.pgpass.",
    "53": "Fix: free some space, memory or connections on the server, and publish again.",
    "23": "Fix: build the warehouse again, with its tests: make build",
    "57": "Fix: publish again when the server is there.",
}
UNREACHABLE = "Fix: see that the address is right and the server runs, and PGPASSWORD or ~/.pgpass."


@dataclass
class Publication:
    """What was published, and what of it was left out, in sentences."""

    tables: int = 0
    rows: int = 0
    notes: list[str] = field(default_factory=list)


def is_postgres(target: str) -> bool:
    """Whether a target is an address of PostgreSQL."""
    return SCHEME.match(target) is not None


def publish_to_postgres(
    published: Path,
    target: str,
    *,
    reader: str = DEFAULT_READER,
    shows_restricted: bool = False,
    patience: float = PATIENCE_SECONDS,
    models: Mapping[str, Model] | None = None,
    console: Console | None = None,
) -> Publication:
    """Write all tables of the published copy to PostgreSQL, and let a role read them.

    Args:
        published: the published copy.
        target: a URI of libpq without a password.
        reader: the role that may read ``marts``; it is created if the user may.
        shows_restricted: whether it may read ``restricted`` too.
        patience: for how many seconds to wait for readers of the old tables.
        models: what the YAML says; by default that of the project.
        console: where to show how far it is.

    Raises:
        WarehouseError: it cannot be done. What was published before is as it was.
    """
    shown = _without_secrets(target)
    try:
        from adbc_driver_manager import dbapi as errors
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise WarehouseError(
            "what publishes to PostgreSQL is not installed. Fix: make publish TARGET=… installs it; by hand:"
            " .venv/bin/pip install --require-hashes -r requirements-postgres.lock"
        ) from error
    kind = copy_kind(published)
    with reading(published) as source:
        tables = published_tables(source, read_models() if models is None else models)
        try:
            with dbapi.connect(target) as connection, connection.cursor() as cursor:
                schemas = schemas_of(table.schema for table in tables)
                _begin(cursor, shown, schemas, kind)
                publication = _write(source, cursor, tables, schemas, kind, console or Console(quiet=True))
                publication.notes += _grant(
                    cursor, reader, [schema for schema in schemas if shows_restricted or schema != RESTRICTED]
                )
                _swap(cursor, schemas, patience)
                connection.commit()
                _drop_empty(cursor, OLD)
                connection.commit()
        except duckdb.Error as error:
            if is_damage(error):
                raise
            raise WarehouseError(f"{published} cannot be read: {in_words(error)}") from error
        except errors.Error as error:
            raise WarehouseError(f"nothing was published to {shown}: {_in_words(error)}") from error
    return publication


def _without_secrets(target: str) -> str:
    """The address as it may be shown: the host, and what follows up to the settings.

    Raises:
        WarehouseError: it holds a password. The message does not.
    """
    address, _, settings = SCHEME.sub("", target, count=1).partition("?")
    # A password may hold the signs that end it, and libpq would name the rest of it as the host.
    user, _, place = address.rpartition("@")
    if user.partition(":")[2] or "@" in settings or SECRET_SETTING.search(settings):
        raise WarehouseError(
            "a password does not belong in the address, where others can read it. Fix: take it out, and put it into"
            " PGPASSWORD or the password file ~/.pgpass, as for psql."
        )
    if not PLACE.fullmatch(place):
        raise WarehouseError("the address cannot be read. Fix: write it as postgresql://user@host:5432/database")
    return place or "PostgreSQL"


def _begin(cursor: Cursor, shown: str, schemas: Sequence[str], kind: str) -> None:
    """Check that no other process publishes, and that the schemas to replace are ours.

    Raises:
        WarehouseError: one of them is not so, or it is no server for this.
    """
    cursor.execute("set application_name = 'juno publish'")
    cursor.execute("set statement_timeout = 0")
    cursor.execute("set lock_timeout = 0")
    cursor.execute("set client_min_messages = warning")
    version = int(str(_value(cursor, "select current_setting('server_version_num')"))) // 10_000
    if version < OLDEST_VERSION:
        raise WarehouseError(f"{shown} is PostgreSQL {version}. Fix: PostgreSQL {OLDEST_VERSION} or newer.")
    encoding = _value(cursor, "select current_setting('server_encoding')")
    if encoding != "UTF8":
        raise WarehouseError(
            f"the database {shown} is in {encoding}, which cannot hold every text. Fix: a database in UTF8."
        )
    if not _value(cursor, f"select pg_try_advisory_lock({ADVISORY_LOCK})"):
        raise WarehouseError(f"another publication to {shown} is at work. Fix: wait until it has ended.")
    names = ", ".join(ddl.literal(schema + suffix) for schema in schemas for suffix in ("", NEW, OLD))
    foreign = _values(
        cursor,
        f"select nspname from pg_namespace where nspname in ({names})"
        f" and coalesce(obj_description(oid, 'pg_namespace'), '') not in ({_marks()}) order by 1",
    )
    if foreign:
        raise WarehouseError(
            f"the database {shown} has a schema that this project did not make: {', '.join(foreign)}. Fix: publish to"
            " a database of its own, or rename the schema."
        )
    shared = _values(
        cursor,
        f"select 1 from pg_namespace where nspname in ({names})"
        f" and obj_description(oid, 'pg_namespace') = {ddl.literal(SHARED_MARK)}",
    )
    if shared and kind == PUBLISHED:
        raise WarehouseError(
            f"the database {shown} holds a shared copy, with pseudonyms in place of people, and a published copy does"
            " not replace it. Nothing was published. Fix: another database; or drop the published schemas, if that"
            " is what you want."
        )
    guests = _values(
        cursor,
        "select pg_describe_object(classid, objid, 0) from pg_depend where refclassid = 'pg_namespace'::regclass"
        f" and refobjid in (select oid from pg_namespace where nspname in ({names}))"
        " and not (classid = 'pg_class'::regclass and objid in (select oid from pg_class where relkind in ('r', 'p')))"
        " order by 1",
    )
    if guests:
        raise WarehouseError(
            f"somebody has put more than tables into the published schemas of {shown}: {', '.join(guests)}. Fix: move"
            " it to another schema, for each publication replaces these."
        )


def _write(  # noqa: C901 (the steps of one transaction, in their order)
    source: duckdb.DuckDBPyConnection,
    cursor: Cursor,
    tables: Sequence[PublishedTable],
    schemas: Sequence[str],
    kind: str,
    console: Console,
) -> Publication:
    """Load all tables into schemas of their own, with what belongs to them."""
    for suffix in (NEW, OLD):
        _drop_empty(cursor, suffix)
    for schema in schemas:
        name = identifier(schema + NEW)
        cursor.execute(ddl.block([f"create schema {name}", f"comment on schema {name} is {ddl.literal(MARKS[kind])}"]))
    publication = Publication(tables=len(tables))
    keyed = set()
    for table in track(tables, "Publishing", console=console, transient=True, disable=not console.is_terminal):
        cursor.execute(ddl.creation(table, NEW))
        rows = source.cursor().sql(ddl.rows_of(table)).to_arrow_reader(BATCH_ROWS)
        cursor.adbc_ingest(table.name, rows, mode="append", db_schema_name=table.schema + NEW)
        publication.rows += _count_rows(source, cursor, table)
        statements = []
        if kind == SHARED and table.grain and not ddl.is_unique(source, table):
            publication.notes.append(f"{table} has no key: small groups are blank in it.")
        elif table.grain and ddl.fits_an_index(source, table, table.grain):
            statements.append(ddl.key(table, NEW))
            keyed.add(table)
        else:
            publication.notes.append(f"{table} has no key: {_why_no_key(table)}.")
        for column in ddl.filtered_columns(table):
            if ddl.fits_an_index(source, table, [column]):
                statements.append(ddl.index(table, column, NEW))
            else:
                publication.notes.append(f"{table}.{column} has no index: a value is too long for one.")
        cursor.execute(ddl.block(statements))
    for foreign in ddl.foreign_keys(tables):
        if foreign.other not in keyed:
            continue
        if missing := ddl.without_counterpart(source, foreign):
            publication.notes.append(f"{foreign} is no foreign key: {missing} rows have no counterpart.")
        else:
            cursor.execute(ddl.reference(foreign, NEW))
    for table in tables:
        cursor.execute(f"analyze {ddl.in_schema(table, NEW)}")
    return publication


def _count_rows(source: duckdb.DuckDBPyConnection, cursor: Cursor, table: PublishedTable) -> int:
    """The rows of a new table, as the server counts them.

    Raises:
        WarehouseError: they are not those of the copy.
    """
    count = int(_value(cursor, f"select count(*) from {ddl.in_schema(table, NEW)}"))
    expected = row_count_of(source, table)
    if count != expected:
        raise WarehouseError(
            f"{table} got {count:,} rows of {expected:,}, so nothing was published. Fix: publish again."
        )
    return count


def _why_no_key(table: PublishedTable) -> str:
    return "a value is too long for one" if table.grain else "no model says what makes its rows unique"


def _drop_empty(cursor: Cursor, suffix: str) -> None:
    for schema in _ours(cursor, suffix):
        cursor.execute(f"drop schema {identifier(schema)}")


def _ours(cursor: Cursor, suffix: str = "") -> list[str]:
    """The schemas there that we made, by the names of those that we publish with a suffix."""
    names = ", ".join(ddl.literal(schema + suffix) for schema in PUBLISHED_SCHEMAS)
    return _values(
        cursor,
        f"select nspname from pg_namespace where nspname in ({names})"
        f" and obj_description(oid, 'pg_namespace') in ({_marks()}) order by 1",
    )


def _marks() -> str:
    return ", ".join(map(ddl.literal, MARKS.values()))


def _grant(cursor: Cursor, reader: str, schemas: Sequence[str]) -> list[str]:
    """Let the role read some schemas, and create it if it is missing. Returns what could not be done."""
    role = identifier(reader)
    if not _values(cursor, f"select 1 from pg_roles where rolname = {ddl.literal(reader)}"):
        if not _value(cursor, "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"):
            return [
                f"only the owner can read the tables: there is no role {reader} and this user may create"
                f" none. Fix: let an administrator run: create role {role}; and publish again."
            ]
        cursor.execute(f"create role {role}")
    for schema in schemas:
        name = identifier(schema + NEW)
        cursor.execute(f"grant usage on schema {name} to {role}")
        cursor.execute(f"grant select on all tables in schema {name} to {role}")
    return []


def _swap(cursor: Cursor, schemas: Sequence[str], patience: float) -> None:
    """Put the new schemas in the place of the old ones, as soon as no process reads them.

    The old schemas stay for now, empty: who has just found one looks for a table in it, and then looks again.

    Raises:
        WarehouseError: somebody reads for too long.
    """
    there = _ours(cursor)
    in_old = f"nspname in ({', '.join(map(ddl.literal, there)) or 'null'})"
    old = _values(
        cursor,
        "select format('%I.%I', nspname, relname) from pg_class join pg_namespace as n on n.oid = relnamespace"
        f" where {in_old} and relkind in ('r', 'p') order by 1",
    )
    statements = [f"drop table {', '.join(old)}"] if old else []
    statements += [f"alter schema {identifier(name)} rename to {identifier(name + OLD)}" for name in there]
    statements += [f"alter schema {identifier(name + NEW)} rename to {identifier(name)}" for name in schemas]
    # PostgreSQL looks for deadlocks after this time, and would end a reader rather than us.
    attempt = _value(cursor, "select setting::integer / 2 from pg_settings where name = 'deadlock_timeout'")
    until = time.monotonic() + patience
    while not _tried(cursor, statements, attempt):
        if time.monotonic() > until:
            readers = _values(
                cursor,
                "select distinct format('%s (%s, %s)', a.pid, a.usename, a.application_name) from pg_locks as l"
                " join pg_stat_activity as a using (pid) join pg_class as c on c.oid = l.relation"
                f" join pg_namespace as n on n.oid = c.relnamespace where {in_old}"
                " and l.database = (select oid from pg_database where datname = current_database())"
                " and pid <> pg_backend_pid() order by 1",
            )
            raise WarehouseError(
                f"nothing was published: the old tables were read for {patience:.0f} seconds, by the processes"
                f" {', '.join(readers) or 'which have ended since'}. Fix: end what they do, and publish again."
            )
        time.sleep(0.2)


def _tried(cursor: Cursor, statements: Sequence[str], milliseconds: int) -> bool:
    """Whether the new schemas have got their names within a time; else it is as if nothing had been tried.

    The driver cannot go back to a savepoint, and a block that catches an error goes back to its own beginning.
    """
    cursor.execute(f"set local statement_timeout = {milliseconds}")
    cursor.execute(ddl.block([*statements, "exception when query_canceled then null"]))
    cursor.execute("set local statement_timeout = 0")
    new = ", ".join(ddl.literal(schema + NEW) for schema in PUBLISHED_SCHEMAS)
    return not _values(cursor, f"select 1 from pg_namespace where nspname in ({new})")


def _values(cursor: Cursor, query: str) -> list[Any]:
    cursor.execute(query)
    return [row[0] for row in cursor.fetchall()]


def _value(cursor: Cursor, query: str) -> Any:
    return _values(cursor, query)[0]


def _in_words(error: Exception) -> str:
    """What the server or the driver says, without its own tags and without a row of data, and what to do about it."""
    details = {name.decode() if isinstance(name, bytes) else name: text for name, text in getattr(error, "details", [])}
    lines = [details[name].decode() for name in ("PG_DIAG_MESSAGE_PRIMARY",) if name in details]
    code = getattr(error, "sqlstate", None) or ""
    if code == DEPENDENT and "PG_DIAG_MESSAGE_DETAIL" in details:
        lines.append(details["PG_DIAG_MESSAGE_DETAIL"].decode().replace("\n", ", "))
    if not lines:
        message = re.sub(r"^[A-Z_ ]+: (?:\[libpq\] )?", "", str(error)).splitlines()[0]
        lines = [message.rpartition("FATAL: ")[2].strip()]
    fix = FIXES.get(code) or FIXES.get(code[:2]) or ("" if code else UNREACHABLE)
    return f"{': '.join(lines).rstrip('. ')}. {fix}".rstrip()
