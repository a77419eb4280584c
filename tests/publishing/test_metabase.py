"""What Metabase asks a database for while it connects, syncs and fingerprints, and what it gets from ours.

The SQL is that of its PostgreSQL driver (metabase/metabase, src/metabase/driver/postgres.clj) and of the community's
DuckDB driver (motherduckdb/metabase_duckdb_driver, src/metabase/driver/duckdb.clj), as of November 2026. The semantic
types in the YAML are read by dbt-metabase's own parser.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import pytest
from dbtmetabase.manifest import Manifest

from conftest import Project
from warehouse.mart_models import read_models

# Each table with its kind, description and estimated rows.
TABLES = """
SELECT "n"."nspname" AS "schema", "c"."relname" AS "name",
    CASE "c"."relkind" WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW'
        WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type",
    "d"."description" AS "description", "stat"."n_live_tup" AS "estimated_row_count"
FROM "pg_catalog"."pg_class" AS "c"
INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid"
LEFT JOIN "pg_catalog"."pg_description" AS "d"
    ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = 0) AND ("d"."classoid" = 'pg_class'::regclass)
LEFT JOIN "pg_stat_user_tables" AS "stat"
    ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname")
WHERE ("c"."relnamespace" = "n"."oid") AND ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema')
    AND c.relkind in ('r', 'p', 'v', 'f', 'm') AND ("n"."nspname" IN ('marts', 'restricted'))
ORDER BY "type" ASC, "schema" ASC, "name" ASC
"""
FIELDS = """
SELECT "c"."column_name" AS "name",
    CASE WHEN "c"."udt_schema" IN ('public', 'pg_catalog') THEN FORMAT('%s', "c"."udt_name")
        ELSE FORMAT('"%s"."%s"', "c"."udt_schema", "c"."udt_name") END AS "database-type",
    "c"."ordinal_position" - 1 AS "database-position", "c"."table_schema" AS "table-schema",
    "c"."table_name" AS "table-name", "pk"."column_name" IS NOT NULL AS "pk?",
    COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST("c"."table_schema" AS TEXT), CAST("c"."table_name" AS TEXT))
        AS REGCLASS) AS OID), "c"."ordinal_position") AS "field-comment",
    (("column_default" IS NULL) OR (LOWER("column_default") = 'null')) AND ("is_nullable" = 'NO')
        AND NOT ((("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%'))
        OR ("is_identity" <> 'NO')) AS "database-required",
    (("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO')
        AS "database-is-auto-increment"
FROM "information_schema"."columns" AS "c"
LEFT JOIN (
    SELECT "tc"."table_schema", "tc"."table_name", "kc"."column_name"
    FROM "information_schema"."table_constraints" AS "tc"
    INNER JOIN "information_schema"."key_column_usage" AS "kc"
        ON ("tc"."constraint_name" = "kc"."constraint_name") AND ("tc"."table_schema" = "kc"."table_schema")
        AND ("tc"."table_name" = "kc"."table_name")
    WHERE "tc"."constraint_type" = 'PRIMARY KEY'
) AS "pk" ON ("c"."table_schema" = "pk"."table_schema") AND ("c"."table_name" = "pk"."table_name")
    AND ("c"."column_name" = "pk"."column_name")
WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND ("c"."table_schema" IN ('marts', 'restricted'))
UNION ALL
SELECT "pa"."attname" AS "name",
    CASE WHEN "ptn"."nspname" IN ('public', 'pg_catalog') THEN FORMAT('%s', "pt"."typname")
        ELSE FORMAT('"%s"."%s"', "ptn"."nspname", "pt"."typname") END AS "database-type",
    "pa"."attnum" - 1 AS "database-position", "pn"."nspname" AS "table-schema", "pc"."relname" AS "table-name",
    FALSE AS "pk?", NULL AS "field-comment", FALSE AS "database-required", FALSE AS "database-is-auto-increment"
FROM "pg_catalog"."pg_class" AS "pc"
INNER JOIN "pg_catalog"."pg_namespace" AS "pn" ON "pn"."oid" = "pc"."relnamespace"
INNER JOIN "pg_catalog"."pg_attribute" AS "pa" ON "pa"."attrelid" = "pc"."oid"
INNER JOIN "pg_catalog"."pg_type" AS "pt" ON "pt"."oid" = "pa"."atttypid"
INNER JOIN "pg_catalog"."pg_namespace" AS "ptn" ON "ptn"."oid" = "pt"."typnamespace"
WHERE ("pc"."relkind" = 'm') AND ("pa"."attnum" >= 1) AND ("pn"."nspname" IN ('marts', 'restricted'))
ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC
"""
FOREIGN_KEYS = """
SELECT "fk_ns"."nspname" AS "fk-table-schema", "fk_table"."relname" AS "fk-table-name",
    "fk_column"."attname" AS "fk-column-name", "pk_ns"."nspname" AS "pk-table-schema",
    "pk_table"."relname" AS "pk-table-name", "pk_column"."attname" AS "pk-column-name"
FROM "pg_constraint" AS "c"
INNER JOIN "pg_class" AS "fk_table" ON "c"."conrelid" = "fk_table"."oid"
INNER JOIN "pg_namespace" AS "fk_ns" ON "c"."connamespace" = "fk_ns"."oid"
INNER JOIN "pg_attribute" AS "fk_column" ON "c"."conrelid" = "fk_column"."attrelid"
INNER JOIN "pg_class" AS "pk_table" ON "c"."confrelid" = "pk_table"."oid"
INNER JOIN "pg_namespace" AS "pk_ns" ON "pk_table"."relnamespace" = "pk_ns"."oid"
INNER JOIN "pg_attribute" AS "pk_column" ON "c"."confrelid" = "pk_column"."attrelid"
WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND ("c"."contype" = 'f'::char)
    AND ("fk_column"."attnum" = ANY(c.conkey)) AND ("pk_column"."attnum" = ANY(c.confkey))
ORDER BY "fk-table-schema" ASC, "fk-table-name" ASC
"""
INDEXES = """
SELECT "tmp"."table-schema", "tmp"."table-name",
    TRIM(BOTH '"' FROM "pg_catalog"."pg_get_indexdef"("tmp"."ci_oid", "tmp"."pos", FALSE)) AS "field-name"
FROM (
    SELECT "n"."nspname" AS "table-schema", "ct"."relname" AS "table-name", "ci"."oid" AS "ci_oid",
        (information_schema._pg_expandarray("i"."indkey")).n AS "pos"
    FROM "pg_catalog"."pg_class" AS "ct"
    INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "ct"."relnamespace" = "n"."oid"
    INNER JOIN "pg_catalog"."pg_index" AS "i" ON "ct"."oid" = "i"."indrelid"
    INNER JOIN "pg_catalog"."pg_class" AS "ci" ON "ci"."oid" = "i"."indexrelid"
    WHERE ("pg_catalog"."pg_get_expr"("i"."indpred", "i"."indrelid") IS NULL)
        AND n.nspname !~ '^information_schema|catalog_history|pg_'
) AS "tmp"
WHERE "tmp"."pos" = 1
"""
# The rights of its user in each table: one that may not be read is left out.
PRIVILEGES = """
SELECT NULL AS role, t.schemaname AS schema, t.objectname AS table,
    has_any_column_privilege(current_user, quote_ident(t.schemaname) || '.' || quote_ident(t.objectname), 'update')
        AS update,
    has_any_column_privilege(current_user, quote_ident(t.schemaname) || '.' || quote_ident(t.objectname), 'select')
        AS select,
    has_any_column_privilege(current_user, quote_ident(t.schemaname) || '.' || quote_ident(t.objectname), 'insert')
        AS insert,
    has_table_privilege(current_user, quote_ident(t.schemaname) || '.' || quote_ident(t.objectname), 'delete')
        AS delete
FROM (
    SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables
    UNION SELECT schemaname, viewname FROM pg_catalog.pg_views
    UNION SELECT schemaname, matviewname FROM pg_catalog.pg_matviews
) AS t
WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema'
    AND has_schema_privilege(current_user, t.schemaname, 'usage')
"""
ENUMS = """
SELECT nspname, typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid IN (SELECT DISTINCT enumtypid FROM pg_enum e)
"""
# The driver of DuckDB.
DUCKDB_TABLES = (
    "select table_catalog, table_schema, table_name, table_comment from information_schema.tables"
    " where table_catalog not like '__ducklake_metadata%' and table_schema not in ('information_schema', 'pg_catalog') "
)
DUCKDB_FIELDS = (
    "select * from information_schema.columns where table_name = '{table}' and table_schema = '{schema}'"
    " and table_catalog not like '__ducklake_metadata%' "
)
# A fingerprint reads so many rows, and so much of a long text.
SAMPLED_ROWS, SAMPLED_TEXT = 10_000, 1_234
# The types of both databases that Metabase knows by name, and what a text and a number are to it.
KNOWN = {
    "postgres": {"text", "int8", "int4", "bool", "date", "timestamp", "float8", "numeric"},
    "duckdb": {"VARCHAR", "BIGINT", "INTEGER", "BOOLEAN", "DATE", "TIMESTAMP", "DOUBLE", "DECIMAL"},
}


def asked(connection: Any, query: str) -> list[dict[str, Any]]:
    """The rows of a query by their columns."""
    result = connection.execute(query)
    # The driver of Java reads names in small letters.
    names = [column[0].lower() for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def plain(text: str | None) -> str:
    """A description without its line breaks."""
    return " ".join((text or "").split())


class Connections(NamedTuple):
    """How a reader, such as Metabase, and the owner of the tables see the database."""

    reader: Any
    owner: Any


@pytest.fixture(scope="module")
def postgres(sample_project: Project) -> Iterator[Connections]:
    """PostgreSQL with the sample published, restricted tables too."""
    from postgres_server import start
    from publishing.postgres import publish_to_postgres

    for server in start():
        server.do("create database metabase", "create role metabase login")
        database = type(server)(server.folder, "metabase")
        notes = publish_to_postgres(
            sample_project.published, database.uri(), reader="metabase", shows_restricted=True
        ).notes
        assert notes == []
        with database.connect("metabase") as reader, database.connect() as owner:
            yield Connections(reader, owner)


@pytest.mark.slow
@pytest.mark.postgres
def test_postgresql_gives_metabase_tables_with_words_and_row_counts(
    postgres: Connections, sample_project: Project
) -> None:
    models = read_models()
    with sample_project.open() as copy:
        counts = {
            (schema, name): copy.execute(f'select count(*) from {schema}."{name}"').fetchall()[0][0]
            for schema, name in copy.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'restricted')"
            ).fetchall()
        }
    waits_until = time.monotonic() + 30
    while True:
        tables = {(row["schema"], row["name"]): row for row in asked(postgres.reader, TABLES)}
        estimated = {name: row["estimated_row_count"] for name, row in tables.items()}
        # The server counts the rows of a transaction shortly after it.
        if estimated == counts or time.monotonic() > waits_until:
            break
        time.sleep(0.2)
    assert estimated == counts
    assert {row["type"] for row in tables.values()} == {"TABLE"}
    allowed = {(row["schema"], row["table"]): row for row in asked(postgres.reader, PRIVILEGES)}
    # Metabase lists the tables that it may read, and takes none for one that it may write.
    assert set(allowed) == set(counts)
    assert {tuple(row[what] for what in ("select", "update", "insert", "delete")) for row in allowed.values()} == {
        (True, False, False, False)
    }
    assert len(asked(postgres.reader, "show timezone;")) == 1
    assert all(plain(row["description"]) == plain(models[name].description) for (_, name), row in tables.items())


@pytest.mark.slow
@pytest.mark.postgres
def test_postgresql_gives_metabase_fields_keys_and_indexes(postgres: Connections) -> None:
    models = read_models()
    fields = asked(postgres.reader, FIELDS)
    assert {row["database-type"] for row in fields} <= KNOWN["postgres"]
    assert asked(postgres.reader, ENUMS) == []
    assert not any(row["database-is-auto-increment"] for row in fields)
    for row in fields:
        assert plain(row["field-comment"]) == plain(models[row["table-name"]].descriptions[row["name"]]) != ""
    # PostgreSQL shows the keys of a table to those alone who may do more than read it.
    assert {row["pk?"] for row in fields} == {False}
    owned = asked(postgres.owner, FIELDS)
    keys = {(row["table-name"], row["name"]) for row in owned if row["pk?"]}
    assert {("dim_users", "user_key"), ("fct_sessions", "session_key"), ("fct_activities", "activity_key")} <= keys
    # A primary key is required, and so is what the contract says.
    assert all(row["database-required"] for row in owned if row["pk?"])
    indexed = {(row["table-name"], row["field-name"]) for row in asked(postgres.reader, INDEXES)}
    assert {("fct_activities", "occurred_at"), ("fct_session_attendance", "session_key")} <= indexed


def read_by_dbt_metabase(project: Project) -> dict[str, dict[str, Any]]:
    """The columns of the marts as dbt-metabase reads them of the manifest, by table and name."""
    models = Manifest(project.as_built / "manifest.json").read_models()
    return {
        model.name: {column.name: column for column in model.columns}
        for model in models
        if model.schema in ("marts", "restricted")
    }


@pytest.mark.slow
@pytest.mark.postgres
def test_the_foreign_keys_are_the_same_in_postgresql_and_in_the_yaml(
    postgres: Connections, sample_project: Project
) -> None:
    in_database = {
        (
            row["fk-table-name"],
            row["fk-column-name"],
            f"{row['pk-table-schema']}.{row['pk-table-name']}",
            row["pk-column-name"],
        )
        for row in asked(postgres.reader, FOREIGN_KEYS)
    }
    in_yaml_of_metabase = {
        (table, name, column.fk_target_table, column.fk_target_field)
        for table, columns in read_by_dbt_metabase(sample_project).items()
        for name, column in columns.items()
        # Days lead to the calendar in dbt alone: a date is no key in PostgreSQL.
        if column.semantic_type == "type/FK" and column.fk_target_table != "marts.dim_dates"
    }
    assert len(in_database) > 80
    assert in_database == in_yaml_of_metabase
    keys = {(row["table-name"], row["name"]) for row in asked(postgres.owner, FIELDS) if row["pk?"]}
    in_yaml_as_key = {
        (table, name)
        for table, columns in read_by_dbt_metabase(sample_project).items()
        for name, column in columns.items()
        if column.semantic_type == "type/PK"
    }
    assert in_yaml_as_key <= keys
    alone = {key for key in keys if sum(other[0] == key[0] for other in keys) == 1}
    # A key that is a foreign key too leads to the other table.
    assert alone - in_yaml_as_key == {key for key in alone if key in {(row[0], row[1]) for row in in_database}}


@pytest.mark.slow
@pytest.mark.postgres
def test_a_fingerprint_reads_each_table_of_postgresql(postgres: Connections) -> None:
    for table in asked(postgres.reader, TABLES):
        columns = [row for row in asked(postgres.reader, FIELDS) if row["table-name"] == table["name"]]
        name = f'"{table["schema"]}"."{table["name"]}"'
        selected = ", ".join(
            f'SUBSTRING({name}."{row["name"]}", 1, {SAMPLED_TEXT}) AS "{row["name"]}"'
            if row["database-type"] == "text"
            else f'{name}."{row["name"]}" AS "{row["name"]}"'
            for row in columns
        )
        rows = asked(postgres.reader, f"SELECT {selected} FROM {name} LIMIT {SAMPLED_ROWS}")
        assert len(rows) == min(table["estimated_row_count"], SAMPLED_ROWS), name


@pytest.mark.slow
def test_the_published_file_gives_metabase_tables_fields_and_words(sample_project: Project) -> None:
    models = read_models()
    with duckdb.connect(str(sample_project.published), read_only=True) as connection:
        # As the driver does.
        connection.execute("SET TimeZone='UTC';")
        tables = [row for row in asked(connection, DUCKDB_TABLES) if row["table_schema"] != "main"]
        assert {(row["table_schema"], row["table_name"]) for row in tables} == {
            (table_schema, table_name)
            for table_schema, table_name in connection.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name <> 'main'"
            ).fetchall()
        }
        assert len(tables) > 50
        for row in tables:
            schema, name = row["table_schema"], row["table_name"]
            assert row["table_comment"] == plain(models[name].description) != ""
            fields = asked(connection, DUCKDB_FIELDS.format(table=name, schema=schema))
            assert {field["column_name"]: field["column_comment"] for field in fields} == {
                column: plain(text) for column, text in models[name].descriptions.items()
            }
            assert {field["data_type"].partition("(")[0] for field in fields} <= KNOWN["duckdb"]
            selected = ", ".join(f'"{schema}"."{name}"."{field["column_name"]}"' for field in fields)
            connection.execute(f'SELECT {selected} FROM "{schema}"."{name}" LIMIT {SAMPLED_ROWS}').fetchall()


# The types that Metabase has for a column (metabase/metabase, src/metabase/types/core.cljc), as far as they are used.
SEMANTIC_TYPES = {
    *("type/PK", "type/FK", "type/Name", "type/Email", "type/Company", "type/City", "type/State", "type/Country"),
    *("type/Share", "type/Score", "type/Category", "type/CreationTimestamp"),
}


@pytest.mark.slow
def test_dbt_metabase_reads_the_semantic_types(sample_project: Project) -> None:
    tables = read_by_dbt_metabase(sample_project)
    found = {column.semantic_type for columns in tables.values() for column in columns.values()}
    assert found - {None} == SEMANTIC_TYPES
    assert tables["user_details"]["email"].semantic_type == "type/Email"
    assert tables["fct_credit_evidence"]["verdict"].semantic_type == "type/Category"
    ratios = [c for columns in tables.values() for name, c in columns.items() if name.endswith("_ratio")]
    assert len(ratios) > 10 and {column.semantic_type for column in ratios} == {"type/Share"}
    assert all(column.description for columns in tables.values() for column in columns.values())
