"""PostgreSQL holds what the published copy holds, with its keys and words, and never half of it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Project
from declarations import declared
from postgres_server import Database, psycopg, start
from publishing import postgres as publisher
from publishing import postgres_tables as ddl
from publishing.postgres import ADVISORY_LOCK, publish_to_postgres
from warehouse.copies import SHARED, Mark, write_mark
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.mart_models import Model

SCHEMAS = "('marts', 'restricted')"
MODELS = {
    "dim_users": Model(grain=("user_key",)),
    "fct_activities": Model(grain=("user_key", "coalesce(place, 'none')", "occurred_at")),
    "user_details": Model(grain=("user_key",)),
}
USERS, ACTIVITIES = 500, 2000


def write_copy(path: Path, marker: int = 1, activities: int = ACTIVITIES) -> Path:
    """A published copy of three tables that all hold the marker."""
    path.unlink(missing_ok=True)
    with connect(path) as connection:
        connection.execute(
            f"""
            create schema marts;
            create schema restricted;
            create table marts.dim_users (user_key varchar not null, marker integer not null);
            insert into marts.dim_users select 'u' || i, {marker} from range({USERS}) as r(i);
            create table marts.fct_activities as
                select 'u' || i % {USERS} as user_key, case when i % 3 > 0 then 'hall ' || i % 7 end as place,
                    timestamp '2026-05-01' + to_seconds(i) as occurred_at, {marker} as marker
                from range({activities}) as r(i);
            create table restricted.user_details as
                select 'u' || i as user_key, 'Ann' as first_name, {marker} as marker from range({USERS}) as r(i);
            """
        )
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    yield from start()


@pytest.fixture
def database(server: Database) -> Iterator[Database]:
    """A new database, without the roles that others have made."""
    name = "ours"
    server.do(f"drop database if exists {name} with (force)", "drop role if exists juno_reader, other, plain")
    server.do(f"create database {name}")
    yield Database(server.folder, name)
    server.do(f"drop database {name} with (force)")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write_copy(tmp_path / "it's published.duckdb")


@pytest.fixture(scope="module")
def sample(server: Database, sample_project: Project) -> Iterator[Database]:
    """The sample, published once for the tests that only read."""
    server.do("create database sample")
    database = Database(server.folder, "sample")
    assert publish_to_postgres(sample_project.published, database.uri(), reader="sample_reader").notes == []
    yield database
    server.do("drop database sample with (force)", "drop role sample_reader")


def published_as(database: Database, copy: Path, **options: Any) -> list[str]:
    """Publish the small copy; returns what was left out."""
    return publish_to_postgres(copy, database.uri(), models=MODELS, **options).notes


@pytest.mark.slow
def test_real_data_do_not_replace_a_shared_copy(database: Database, published: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.duckdb"
    shutil.copy(published, shared)
    with connect(shared) as connection:
        write_mark(connection, Mark(SHARED, minimum_cohort_size=5))
    for _ in range(2):
        published_as(database, shared)
    with pytest.raises(WarehouseError, match=r"holds a shared copy.*Nothing was published\. Fix: another database"):
        published_as(database, published)
    database.do("drop schema marts cascade", "drop schema restricted cascade")
    published_as(database, published)


def test_a_shared_copy_whose_small_groups_are_blank_is_published(database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    with connect(copy) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.places as from (values ('a', 1), (null, 2)) as v(place, n);
            create table marts.words as from (values ('a', 1), (null, 2), (null, 3)) as v(word, n);
            create table marts.whole as from (values ('a', 1), ('b', 2)) as v(word, n)
            """
        )
        write_mark(connection, Mark(SHARED, minimum_cohort_size=5))
    models = {
        "places": Model(grain=("place",)),
        "words": Model(grain=("coalesce(word, 'none')",)),
        "whole": Model(grain=("word",)),
    }
    notes = publish_to_postgres(copy, database.uri(), models=models).notes
    assert notes == [
        "marts.places has no key: small groups are blank in it.",
        "marts.words has no key: small groups are blank in it.",
    ]
    assert database.ask("select count(*) from marts.words") == [(3,)]
    assert list(constraints(database, "p")) == ["whole"]


def markers(database: Database) -> set[int]:
    """The markers in all three tables."""
    tables = ("marts.dim_users", "marts.fct_activities", "restricted.user_details")
    return {row[0] for row in database.ask(" union ".join(f"select marker from {table}" for table in tables))}


def schemas(database: Database) -> list[str]:
    found = database.ask("select nspname from pg_namespace where nspname !~ '^pg_' order by 1")
    return [name for (name,) in found if name not in ("information_schema", "public")]


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_at_work(database: Database) -> bool:
    return bool(database.ask("select 1 from pg_stat_activity where application_name = 'juno publish'"))


# The sample: what is there.


def test_every_table_is_equal_value_by_value(sample: Database, sample_project: Project) -> None:
    with sample_project.open() as copy, sample.connect() as connection:
        tables = copy.execute(
            f"select schema_name, table_name from duckdb_tables() where schema_name in {SCHEMAS}"
        ).fetchall()
        assert len(tables) == len(sample.ask(f"select 1 from pg_tables where schemaname in {SCHEMAS}")) > 40
        for schema, table in tables:
            shown = copy.execute(f'from "{schema}"."{table}"').fetchall()
            found = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
            assert Counter(found) == Counter(shown), table


def test_types_and_not_null_are_those_of_the_contracts(sample: Database) -> None:
    words = {"string": "text", "double": "double precision", "timestamp": "timestamp without time zone"}
    found = sample.ask(
        "select c.relname, attname, format_type(atttypid, atttypmod), attnotnull"
        " from pg_attribute join pg_class as c on c.oid = attrelid join pg_namespace as n on n.oid = relnamespace"
        f" where nspname in {SCHEMAS} and relkind = 'r' and attnum > 0"
    )
    keys = {(model["name"], column) for model in marts() for column in grain(model)}
    expected = []
    for model in marts():
        for column in model["columns"]:
            declared_type = column["data_type"].replace("decimal", "numeric")
            is_required = {"type": "not_null"} in column.get("constraints", [])
            is_required = is_required or (model["name"], column["name"]) in keys
            expected.append(
                (model["name"], column["name"], words.get(declared_type, declared_type).replace(" ", ""), is_required)
            )
    assert sorted((t, c, kind.replace(" ", ""), required) for t, c, kind, required in found) == sorted(
        (t, c, kind.replace(" ", ""), required) for t, c, kind, required in expected
    )


def marts() -> list[dict[str, Any]]:
    """The models that are published."""
    names = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql")}
    return [model for model in declared("models") if model["name"] in names]


def grain(model: dict[str, Any]) -> list[str]:
    """The columns or expressions that make its rows unique."""
    [test] = [test["row_checks"] for test in model["data_tests"] if "row_checks" in test]
    return list(test["arguments"]["grain"])


def constraints(database: Database, kind: str) -> dict[str, set[str]]:
    """The columns, in their order, of the constraints of a kind by table."""
    found: dict[str, set[str]] = {}
    for table, definition in database.ask(
        "select c.relname, pg_get_constraintdef(k.oid) from pg_constraint as k join pg_class as c on c.oid = conrelid"
        f" where contype = '{kind}' and connamespace in (select oid from pg_namespace where nspname in {SCHEMAS})"
    ):
        found.setdefault(table, set()).add(definition)
    return found


def test_the_grain_of_each_model_is_its_key(sample: Database) -> None:
    primary, unique = {}, {}
    for model in marts():
        names = ", ".join(re.sub(r"coalesce\((\w+),.*\)", r"\1", part) for part in grain(model))
        if "coalesce" in str(grain(model)):
            unique[model["name"]] = {f"UNIQUE NULLS NOT DISTINCT ({names})"}
        else:
            primary[model["name"]] = {f"PRIMARY KEY ({names})"}
    assert len(unique) == 6
    assert constraints(sample, "p") == primary
    assert constraints(sample, "u") == unique


def test_what_holds_a_key_of_a_dimension_is_declared_so(sample: Database) -> None:
    dimensions = {
        "user_key": "dim_users",
        "content_key": "dim_content",
        "session_key": "fct_sessions",
        "activity_type": "dim_activity_types",
    }
    expected: dict[str, set[str]] = {}
    for model in marts():
        for column in model["columns"]:
            others = {
                (re.findall(r"'(\w+)'", test["relationships"]["arguments"]["to"])[0],
                 test["relationships"]["arguments"]["field"])
                for test in column.get("data_tests", [])
                # A calendar is not looked up by its dates.
                if "dim_dates" not in test["relationships"]["arguments"]["to"]
            }  # fmt: skip
            name = column["name"]
            if name in dimensions and model["name"] != dimensions[name]:
                others.add((dimensions[name], name))
            for other, field in others:
                expected.setdefault(model["name"], set()).add(f"FOREIGN KEY ({name}) REFERENCES marts.{other}({field})")
    found = constraints(sample, "f")
    assert len(found) > 40
    for table, keys in expected.items():
        assert keys <= found[table], table
    more = {key for table, keys in found.items() for key in keys - expected.get(table, set())}
    # A link and a profile lead to one, an activity of any kind is an activity, and a candidate is an activity type.
    assert {re.sub(r"\(\w+_activity_(key|type)\)", r"(activity_\1)", key) for key in more} == {
        "FOREIGN KEY (activity_type) REFERENCES marts.dim_activity_types(activity_type)",
        "FOREIGN KEY (activity_key) REFERENCES marts.fct_activities(activity_key)",
        "FOREIGN KEY (target_content_key) REFERENCES marts.dim_content(content_key)",
        "FOREIGN KEY (viewed_user_key) REFERENCES marts.dim_users(user_key)",
        "FOREIGN KEY (same_as_user_key) REFERENCES marts.dim_users(user_key)",
        "FOREIGN KEY (perhaps_user_key) REFERENCES marts.dim_users(user_key)",
    }


def test_tables_and_columns_are_described_in_the_words_of_dbt(sample: Database, sample_project: Project) -> None:
    manifest = json.loads((sample_project.as_built / "manifest.json").read_text())
    expected = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] in ("marts", "restricted"):
            expected[node["schema"], node["name"], None] = node["description"].strip()
            for name, column in node["columns"].items():
                expected[node["schema"], node["name"], name] = column["description"].strip()
    found = sample.ask(
        "select nspname, relname, attname, description from pg_description as d join pg_class as c on c.oid = objoid"
        " join pg_namespace as n on n.oid = relnamespace"
        " left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0"
        f" where classoid = 'pg_class'::regclass and nspname in {SCHEMAS}"
    )
    assert len(found) > 800
    assert {(schema, table, column): words for schema, table, column, words in found} == expected


def test_what_dashboards_filter_by_has_an_index(sample: Database) -> None:
    indexed = {
        (table, re.findall(r"USING btree \(\"?(\w+)", definition)[0])
        for table, definition in sample.ask(f"select tablename, indexdef from pg_indexes where schemaname in {SCHEMAS}")
    }
    for model in marts():
        for column in model["columns"]:
            if re.fullmatch(r"site_id|occurred_at|.*_key|.*_date", column["name"]):
                assert (model["name"], column["name"]) in indexed


def test_the_planner_knows_how_many_rows_there_are(sample: Database) -> None:
    unknown = "select relname from pg_class where relkind = 'r' and reltuples < 0 and relnamespace in"
    assert sample.ask(f"{unknown} (select oid from pg_namespace where nspname in {SCHEMAS})") == []


# --- The roles that may read ---


def test_the_reader_reads_the_marts_and_writes_nothing(database: Database, published: Path) -> None:
    assert published_as(database, published) == []
    database.do("create role plain login in role juno_reader")

    assert database.ask("select count(*) from marts.fct_activities", user="plain") == [(ACTIVITIES,)]
    for statement in (
        "select * from restricted.user_details",
        "delete from marts.dim_users",
        "insert into marts.dim_users values ('x', 1)",
        "drop table marts.dim_users",
        "create table marts.mine ()",
        "create table restricted.mine ()",
    ):
        with pytest.raises((psycopg.errors.InsufficientPrivilege,)):
            database.do(statement, user="plain")


def test_the_reader_reads_personal_data_only_while_it_is_said(database: Database, published: Path) -> None:
    published_as(database, published, reader="other", shows_restricted=True)
    database.do("create role plain login in role other")
    assert database.ask("select distinct first_name from restricted.user_details", user="plain") == [("Ann",)]

    published_as(database, published, reader="other")
    assert database.ask("select count(*) from marts.dim_users", user="plain") == [(USERS,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.ask("select * from restricted.user_details", user="plain")


def test_a_role_that_cannot_be_made_is_said_and_the_rest_is_done(database: Database, published: Path) -> None:
    database.do("create role plain login", "grant create on database ours to plain")
    result = publish_to_postgres(published, database.uri("plain"), models=MODELS, reader='odd "role')

    assert len(result.notes) == 1
    assert 'there is no role odd "role' in result.notes[0]
    assert 'create role "odd ""role"' in result.notes[0]
    assert markers(database) == {1}
    assert database.ask("select 1 from pg_roles where rolname = 'odd \"role'") == []


# Swapped in at once.


@pytest.mark.slow
def test_a_reader_never_meets_an_error_nothing_or_a_mixture(database: Database, published: Path) -> None:
    published_as(database, published)
    stop, seen, troubles = threading.Event(), set[int](), list[object]()

    def read_on(pause: float) -> None:
        try:
            while not stop.is_set():
                with database.connect() as connection:
                    for _ in range(20):
                        joined = connection.execute(
                            "select count(*), min(a.marker), max(a.marker), min(u.marker), max(u.marker)"
                            " from marts.fct_activities as a join marts.dim_users as u using (user_key)"
                        ).fetchone()
                        with connection.transaction():
                            [first] = connection.execute("select max(marker) from marts.dim_users").fetchone()
                            time.sleep(pause)
                            second = connection.execute(
                                "select min(marker), count(*) from restricted.user_details"
                            ).fetchone()
                        if joined != (ACTIVITIES, *[joined[1]] * 4) or second != (first, USERS):
                            troubles.append((joined, first, second))
                        seen.update((joined[1], first))
                        time.sleep(0.05)
        except Exception as error:  # noqa: BLE001 (the test shows what a thread met)
            troubles.append(error)

    readers = [threading.Thread(target=read_on, args=[pause]) for pause in (0, 0.02, 0.15)]
    for reader in readers:
        reader.start()
    for marker in (2, 3, 4):
        published_as(database, write_copy(published, marker))
    time.sleep(0.3)
    stop.set()
    for reader in readers:
        reader.join()

    assert troubles == []
    assert seen == {1, 2, 3, 4}
    assert schemas(database) == ["marts", "restricted"]


def test_who_reads_for_long_is_waited_for_and_then_named(database: Database, published: Path) -> None:
    published_as(database, published)
    with database.connect() as reader, reader.transaction():
        reader.execute("select 1 from marts.dim_users")
        process = reader.info.backend_pid
        with pytest.raises(WarehouseError, match=rf"were read for 1 seconds, by the processes {process} \(postgres"):
            published_as(database, write_copy(published, 2), patience=1)
        # Others have gone on reading meanwhile.
        assert markers(database) == {1}
    assert schemas(database) == ["marts", "restricted"]


def run(database: Database, copy: Path, **settings: str) -> subprocess.Popen[str]:
    """The command as a user gives it."""
    environment = {"PATH": "", "PUBLISHED_PATH": str(copy), "TARGET": database.uri(), "PGCONNECT_TIMEOUT": "5"}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "publish.py")],
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill(database: Database, process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    eventually(lambda: not is_at_work(database))


@pytest.mark.slow
def test_a_publication_that_is_killed_while_it_loads_leaves_the_old_one(database: Database, published: Path) -> None:
    published_as(database, published)
    process = run(database, write_copy(published, 2, activities=3_000_000))
    eventually(lambda: bool(database.ask("select 1 from pg_stat_progress_copy where tuples_processed > 100000")))
    kill(database, process)

    assert markers(database) == {1}
    assert schemas(database) == ["marts", "restricted"]
    published_as(database, write_copy(published, 3))
    assert markers(database) == {3}


@pytest.mark.slow
def test_a_publication_that_is_killed_while_it_waits_leaves_the_old_one(database: Database, published: Path) -> None:
    published_as(database, published)
    with database.connect() as reader, reader.transaction():
        reader.execute("select 1 from marts.dim_users")
        process = run(database, write_copy(published, 2))
        waits = "select 1 from pg_locks where mode = 'AccessExclusiveLock' and not granted"
        eventually(lambda: bool(database.ask(waits)))
        kill(database, process)

    assert markers(database) == {1}
    published_as(database, write_copy(published, 3))
    assert markers(database) == {3}
    assert schemas(database) == ["marts", "restricted"]


def test_what_a_publication_left_that_was_killed_after_it_had_swapped_is_cleared(
    database: Database, published: Path
) -> None:
    published_as(database, published)
    for name in ("marts_old", "restricted_old", "marts_new"):
        database.do(f"create schema {name}", f"comment on schema {name} is '{publisher.MARK}'")

    published_as(database, write_copy(published, 2))
    assert markers(database) == {2}
    assert schemas(database) == ["marts", "restricted"]


def test_a_failed_publication_leaves_the_old_one(database: Database, published: Path, tmp_path: Path) -> None:
    published_as(database, published)
    with connect(write_copy(published, 2)) as connection:
        connection.execute("insert into marts.dim_users values ('u1', 2)")
    with pytest.raises(WarehouseError, match=r"duplicat|could not create unique index.*Fix: build the warehouse again"):
        published_as(database, published)

    assert markers(database) == {1}
    assert schemas(database) == ["marts", "restricted"]


def test_the_second_of_two_publications_says_that_there_is_a_first(database: Database, published: Path) -> None:
    with database.connect() as first:
        first.execute(f"select pg_advisory_lock({ADVISORY_LOCK})")
        with pytest.raises(WarehouseError, match=r"another publication to .* is at work\. Fix: wait"):
            published_as(database, published)
    assert schemas(database) == []
    published_as(database, published)
    assert not database.ask("select 1 from pg_locks where locktype = 'advisory'")


@pytest.mark.slow
def test_a_publication_keeps_others_out_while_it_lasts(database: Database, published: Path) -> None:
    published_as(database, published)
    with database.connect() as reader, reader.transaction():
        reader.execute("select 1 from marts.dim_users")
        first = run(database, write_copy(published, 2))
        eventually(lambda: is_at_work(database))
        with pytest.raises(WarehouseError, match="another publication"):
            published_as(database, published)
    assert "published to PostgreSQL" in first.communicate(timeout=60)[0]
    assert markers(database) == {2}


# --- Tables and schemas of others ---


@pytest.mark.parametrize("schema", ["marts", "restricted", "marts_new", "restricted_old"])
def test_a_schema_of_somebody_else_is_refused_and_stays(database: Database, published: Path, schema: str) -> None:
    database.do(f"create schema {schema}", f"create table {schema}.precious as select 1 as i")
    with pytest.raises(WarehouseError, match=rf"a schema that this project did not make: {schema}\. Fix"):
        published_as(database, published)
    assert database.ask(f"select i from {schema}.precious") == [(1,)]
    assert schemas(database) == [schema]


def test_a_view_on_the_marts_is_named_and_stays(database: Database, published: Path) -> None:
    published_as(database, published)
    database.do("create view public.mine as select marker from marts.dim_users")
    with pytest.raises(WarehouseError, match=r"view mine depends on table marts\.dim_users.*Fix: drop what was"):
        published_as(database, write_copy(published, 2))
    assert set(database.ask("select * from public.mine")) == {(1,)}
    assert markers(database) == {1}


def test_what_is_no_table_in_the_schemas_is_named_and_stays(database: Database, published: Path) -> None:
    published_as(database, published)
    database.do("create function marts.mine() returns int return 1")
    with pytest.raises(WarehouseError, match=r"more than tables into .*: function marts\.mine\(\)\. Fix: move it"):
        published_as(database, write_copy(published, 2))
    assert database.ask("select marts.mine()") == [(1,)]
    assert markers(database) == {1}


# Texts and names of any kind.

NASTY = [
    "it's",
    'a "quoted" name',
    "back\\slash \\' \\",
    "'; drop schema marts cascade; --",
    "$$ $1 $tag$ {{ x }} %s %I",
    "😀 e\u0301 \u202e",
    "line\none\r\ttwo",
    "\\N",
    "",
    "\\x00",
    "end;",
]


def test_names_and_comments_and_texts_are_never_taken_for_sql(database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "odd.duckdb"
    names = [text for text in NASTY if text]
    models = {}
    with connect(copy) as connection:
        connection.execute("create schema marts; create schema restricted")
        for number, name in enumerate(names):
            quoted = name.replace('"', '""')
            connection.execute(f'create table marts."{quoted}" (site_id varchar, "{quoted}" varchar)')
            connection.executemany(f'insert into marts."{quoted}" values (?, ?)', [[t, t] for t in NASTY])
            models[name] = Model(
                grain=("site_id",), description=NASTY[number], descriptions={name: NASTY[-number], "site_id": name}
            )
    assert len(publish_to_postgres(copy, database.uri(), models=models, reader=NASTY[3]).notes) == 0

    tables = {name for (name,) in database.ask("select tablename from pg_tables where schemaname = 'marts'")}
    assert tables == set(names)
    with database.connect() as connection:
        for number, name in enumerate(names):
            table = psycopg.sql.Identifier("marts", name)
            found = connection.execute(psycopg.sql.SQL("select * from {}").format(table)).fetchall()
            assert sorted(found) == sorted((text, text) for text in NASTY)
            comments = connection.execute(
                "select objsubid, description from pg_description where objoid = %s::regclass order by 1",
                [table.as_string(connection)],
            ).fetchall()
            words = [(0, NASTY[number]), (1, name), (2, NASTY[-number])]
            assert comments == [(place, text) for place, text in words if text]
    database.do("create role plain login", f'grant "{NASTY[3]}" to plain')
    assert database.ask("""select count(*) from marts."it's" """, user="plain") == [(len(NASTY),)]
    database.do(f'drop owned by "{NASTY[3]}"', f'drop role "{NASTY[3]}"')


def test_the_one_character_that_postgresql_lacks_has_a_stand_in(database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "nul.duckdb"
    with connect(copy) as connection:
        connection.execute("create schema marts; create table marts.texts as select 'a' || chr(0) || 'b' as text")
    models = {"texts": Model(description="nul \0; select", grain=("text",))}
    publish_to_postgres(copy, database.uri(), models=models)
    assert database.ask("select text, obj_description('marts.texts'::regclass) from marts.texts") == [
        ("a\ufffdb", "nul \ufffd; select")
    ]


def test_every_type_arrives_at_its_bounds(database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "types.duckdb"
    with connect(copy) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.types as select * from (values
                (9223372036854775807, 2147483647, true, date '2026-02-28', timestamp '2026-05-12 10:00:00.123456',
                 1e308, 99999999.99::decimal(10, 2), 123456789012345678901234567890123456.78::decimal(38, 2),
                 0.000001::decimal(9, 6), 'ü', 32767::smallint, 0.5::float),
                (-9223372036854775808, -2147483648, false, date '0001-01-01', timestamp '1969-12-31 23:59:59.999999',
                 -0.1, -0.01, -1, -999.999999, '', -32768, -0.5),
                (null, null, null, null, null, null, null, null, null, null, null, null)
            ) as v(a, b, c, d, e, f, g, h, i, j, k, l)
            """
        )
        shown = connection.execute("from marts.types").fetchall()
    publish_to_postgres(copy, database.uri(), models={})
    assert Counter(database.ask("select * from marts.types")) == Counter(shown)


@pytest.mark.parametrize(
    ("column", "said"),
    [("[1] as pair", "t.pair is of the type INTEGER\\[\\].*Fix: cast it"), (f"1 as {'x' * 64}", "cuts names off")],
)
def test_what_postgresql_cannot_hold_is_said(database: Database, tmp_path: Path, column: str, said: str) -> None:
    copy = tmp_path / "odd.duckdb"
    with connect(copy) as connection:
        connection.execute(f"create schema marts; create table marts.t as select {column}")
    with pytest.raises(WarehouseError, match=said):
        publish_to_postgres(copy, database.uri(), models={})
    assert schemas(database) == []


def test_a_key_that_does_not_hold_is_not_declared_and_said(database: Database, published: Path) -> None:
    with connect(published) as connection:
        connection.execute("update marts.fct_activities set user_key = 'nobody' where user_key in ('u3', 'u4')")
    notes = published_as(database, published)
    rows = ACTIVITIES // USERS * 2
    assert notes == [
        f"marts.fct_activities.user_key to marts.dim_users.user_key is no foreign key: {rows} rows have no counterpart."
    ]
    assert list(constraints(database, "f")) == ["user_details"]


def test_a_value_that_is_too_long_for_an_index_costs_the_index_alone(database: Database, tmp_path: Path) -> None:
    copy = tmp_path / "long.duckdb"
    with connect(copy) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.texts as
                select string_agg(sha256(i::varchar), '') as user_key, 'a' as site_id, 'b' as word, 1 as marker
                from range(200) as r(i)
            """
        )
    notes = publish_to_postgres(copy, database.uri(), models={"texts": Model(grain=("word", "user_key"))}).notes
    assert notes == [
        "marts.texts has no key: a value is too long for one.",
        "marts.texts.user_key has no index: a value is too long for one.",
    ]
    assert database.ask("select length(user_key) from marts.texts") == [(12800,)]
    assert len(database.ask("select 1 from pg_indexes where schemaname = 'marts'")) == 1


# --- Errors, and what is said of them ---

SECRET = "s3cr/et"


@pytest.mark.parametrize(
    "target",
    [
        f"postgresql://ann:{SECRET}@host/db",
        "postgresql://ann:s3cr@et@host/db",
        "postgresql://ann:s3cr?et@host/db",
        "postgresql://ann:1234?et@host/db",
        f"postgresql://ann:{SECRET}",
        f"postgres://host/db?user=ann&password={SECRET}",
        f"postgres://host/db?sslpassword={SECRET}",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_shown(published: Path, target: str) -> None:
    with pytest.raises(WarehouseError, match=r"Fix: (take it out, and put it into PGPASSWORD|write it as)") as raised:
        publish_to_postgres(published, target, models=MODELS)
    assert "s3cr" not in str(raised.value) and "1234" not in str(raised.value)
    assert "et" not in str(raised.value).replace("address", "").split()


def test_the_password_is_taken_from_where_libpq_looks_and_never_shown(
    server: Database, database: Database, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.do("create role plain login password 'r1ght'", "grant create on database ours to plain")
    rules = server.folder / "pg_hba.conf"
    before = rules.read_text()
    passwords = tmp_path / "passwords"
    passwords.write_text("*:*:*:plain:r1ght\n")
    passwords.chmod(0o600)
    try:
        rules.write_text("local all plain scram-sha-256\n" + before)
        server.do("select pg_reload_conf()")
        said = []
        for name, value in (
            ("PGPASSWORD", "wr0ng"),
            ("PGPASSWORD", None),
            ("PGPASSWORD", "r1ght"),
            ("PGPASSFILE", passwords),
        ):
            with monkeypatch.context() as environment:
                environment.delenv("PGPASSWORD", raising=False)
                environment.setenv("PGPASSFILE", str(tmp_path / "none"))
                if value:
                    environment.setenv(name, str(value))
                try:
                    publish_to_postgres(published, database.uri("plain"), models=MODELS)
                    said.append("published")
                except WarehouseError as error:
                    said.append(str(error))
    finally:
        rules.write_text(before)
        server.do("select pg_reload_conf()")
    assert 'password authentication failed for user "plain". Fix: ' in said[0]
    assert "no password supplied. Fix: " in said[1]
    assert said[2:] == ["published", "published"]
    assert "wr0ng" not in str(said) and "r1ght" not in str(said)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("postgresql://127.0.0.1:1/x", r"nothing was published to 127\.0\.0\.1:1/x: .*refused.*Fix: see that the"),
        ("postgresql:///none?host={folder}&user=postgres", 'database "none" does not exist.*Fix'),
        ("postgresql:///postgres?host={folder}&user=nobody", 'role "nobody" does not exist.*Fix'),
        ("postgresql:///postgres?host={folder}&nonsense=1", "nonsense.*Fix"),
    ],
)
def test_a_server_that_cannot_be_reached_is_said(server: Database, published: Path, target: str, said: str) -> None:
    with pytest.raises(WarehouseError, match=said):
        publish_to_postgres(published, target.format(folder=server.folder), models=MODELS)


def test_a_user_who_may_not_is_told_what_to_ask_for(database: Database, published: Path) -> None:
    database.do("create role plain login")
    with pytest.raises(WarehouseError, match=r"permission denied for database ours\. Fix: .*grant create on database"):
        publish_to_postgres(published, database.uri("plain"), models=MODELS)


def test_a_database_that_cannot_hold_every_text_is_refused(server: Database, published: Path) -> None:
    server.do("create database old_words encoding 'LATIN1' locale 'C' template template0")
    try:
        with pytest.raises(WarehouseError, match=r"is in LATIN1.*Fix: a database in UTF8"):
            publish_to_postgres(published, Database(server.folder, "old_words").uri(), models=MODELS)
    finally:
        server.do("drop database old_words with (force)")


def test_an_old_server_is_refused(database: Database, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "OLDEST_VERSION", 99)
    with pytest.raises(WarehouseError, match=r"is PostgreSQL \d\d\. Fix: PostgreSQL 99 or newer"):
        published_as(database, published)


def test_without_the_driver_the_fix_is_said(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(WarehouseError, match=r"Fix: make publish TARGET=.*requirements-postgres\.lock"):
        publish_to_postgres(published, "postgresql://host/db")


def test_a_broken_copy_is_said(database: Database, tmp_path: Path) -> None:
    empty = tmp_path / "empty.duckdb"
    connect(empty).close()
    for path, said in ((tmp_path / "none.duckdb", "no published copy at"), (empty, "holds no marts")):
        with pytest.raises(WarehouseError, match=said):
            published_as(database, path)


def test_the_command_says_what_it_did_and_what_it_left_out(database: Database, published: Path) -> None:
    process = run(database, published, READER="other", RESTRICTED="1")
    said = process.communicate()[0]
    assert process.returncode == 0
    assert "3 tables with 3,000 rows published to PostgreSQL" in said
    assert "marts.fct_activities has no key: no model says what makes its rows unique." in said
    database.do("create role plain login in role other")
    assert len(database.ask("select * from restricted.user_details", user="plain")) == USERS


# The page about connecting.


def test_the_questions_of_the_page_have_one_answer_in_both_engines(sample: Database, sample_project: Project) -> None:
    page = (ROOT / "docs" / "how_to" / "connect.md").read_text()
    analyses = [path.read_text() for path in (ROOT / "analyses").glob("*.sql")]
    asked = re.findall(r"^\*([^*]*\?)\*\n\n```sql\n(.*?)```", page, flags=re.MULTILINE | re.DOTALL)
    assert len(asked) == 3
    for question, sql in asked:
        [analysis] = [text for text in analyses if text.startswith(f"-- {question}\n")]
        assert sql.strip() == re.sub(r"^--.*\n", "", analysis, flags=re.MULTILINE).strip()
        with sample_project.open() as copy:
            shown = copy.execute(sql).fetchall()
        assert sample.ask(sql) == shown != []


def test_what_the_page_says_is_so() -> None:
    page = (ROOT / "docs" / "how_to" / "connect.md").read_text()
    assert f"PostgreSQL {publisher.OLDEST_VERSION} or newer" in page
    assert f"more than {ddl.LARGEST_KEY:,} bytes" in page
    assert f"`{publisher.DEFAULT_READER}` may read" in page
    assert publisher.PATIENCE_SECONDS == 5 * 60 and "up to five minutes" in page
    for target in re.findall(r"\]\(([^)#]+)", page):
        assert target.startswith("https://") or (ROOT / "docs" / "how_to" / target).exists(), target
