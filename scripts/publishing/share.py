"""Write the shared copy: the published tables with pseudonyms in place of people, to hand on.

It has the tables and columns of the published copy, so the same dashboard runs on both. The fate of each column is
decided by `_expression`, and its limits are in docs/how_to/personal_data.md. Each table is written in one pass.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from publishing.published_tables import PUBLISHED_SCHEMAS, published_tables, schemas_of, write_comments
from reports.addresses import AT, DOT, IS_TRANSLATED, PERCENT, TRANSLATED, TRANSLATION
from warehouse.copies import SHARED, Mark, copy_kind, mark_of, read_every_block, require_place_for, write_mark
from warehouse.database import identifier, opened, text_of
from warehouse.errors import WarehouseError
from warehouse.files import attach_new, replace_file
from warehouse.mart_models import Model, read_models
from warehouse.names import refuse_taken_name
from warehouse.paths import marts_path, warehouse_path
from warehouse.settings import read_settings

# The names of sites, pages, reports and kinds of activities do not name a user.
IMPERSONAL = ("site_id", "content_id", "report_id", "activity_type", "activity_family")
# The values of shared_as in the YAML.
SHARED_AS = ("pseudonym", "user_pseudonym", "unchanged")

# Texts that are keys of ours: they are made of ids, or salted. What is called _key besides may hold anything.
KEYS = ("content_key", "session_key", "room_key", "course_key", "point_rule_key")
# Types that hold no text. A macro has the same lists (macros/require_privacy_annotations.sql).
COUNT = re.compile("U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", re.IGNORECASE)
TEXTLESS = re.compile(
    r"BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL(\(.*\))?|DATE|TIME(STAMP)?(_.*| WITH.*)?|INTERVAL"
)

# Their values are ours: a hash of a file, a word of a seed, what the owner calls a site. No text of a report is.
OURS = ("site_id", "report_id", "activity_type", "activity_family")
# The names of a site's own numbers end in what they measure. Any other column there says what it is shared as.
MEASURE = re.compile(r".*_(count|seconds|minutes|hours|days|ratio)")
NUMBER = re.compile(rf"{COUNT.pattern}|DOUBLE|FLOAT|DECIMAL.*", re.IGNORECASE)
# A smaller number may be a place or a count that happens to be the id of its user.
LEAST_ID = 1_000

DIM_USERS = 'marts."dim_users"'

# These reach one person, in a text that the owner of the site named: an e-mail, a number with the code of a country,
# an address that calls somebody.
GAP = rf"(?:[ \x{{a0}}().+/-]|{PERCENT}20|{PERCENT}2b)*"
# With blanks around the @ the end is that of a host: a time may follow it too.
E_MAIL = rf"[\p{{L}}\p{{N}}._%+'-](?: +@ *|@ +)[\p{{L}}\p{{N}}-]+{DOT}\p{{L}}{{2}}|"
E_MAIL += rf"[\p{{L}}\p{{N}}._%+'-]{AT}[\p{{L}}\p{{N}}-]+{DOT}[\p{{L}}\p{{N}}]"
# Without the code of a country a number may be a date.
PHONE = rf"(?:(?:^|[\s(,;/=:])(?:\+|{PERCENT}2b)|(?:^|[\s(,;/=])00){GAP}\p{{Nd}}(?:{GAP}\p{{Nd}}){{6}}"

# 64 bits: among ten million values the odds that two share a pseudonym are 3 in a million, and it is checked.
MACROS = """
create temp macro pseudonym_hash(kind, value) as sha256(getvariable('salt') || kind || ':' || value)[:16];
create temp macro reaches_person(value) as
    regexp_matches(
        case when regexp_matches(value, getvariable('is_translated'))
            then translate(value, getvariable('translated'), getvariable('translation')) else value end,
        getvariable('personal_text')
    );
create temp macro user_pseudonym(site_id, user_id) as 'u_' || pseudonym_hash('user', site_id || ':' || user_id);
create temp macro user_key_pseudonym(user_key) as
    split_part(user_key, ':', 1) || ':u_' || pseudonym_hash('user', user_key);
create temp macro number_pseudonym(kind, value) as
    (('0x' || pseudonym_hash(kind, value::varchar))::ubigint >> 1)::bigint;
"""


@dataclass(frozen=True)
class Table:
    """A published table, its columns with their types, its model, and what dim_users has of the users."""

    name: str
    columns: Mapping[str, str]
    model: Model
    user_columns: frozenset[str] = frozenset()
    # Columns that are shared as they are, and hold a text that reaches a person.
    reaching: frozenset[str] = frozenset()


def personal_text(settings: Mapping[str, Any]) -> str:
    """A pattern of texts that reach one person, with the personal pages that the settings name."""
    hosts = _any_of(settings["personal_page_hosts"])
    schemes = _any_of(settings["schemes_without_host"])
    code = f"{PERCENT}[0-9a-f]{{2}}"
    page = rf"(?:^|{code}|[^a-z0-9-])(?:{hosts})[.]?(?::[0-9]*)?(?:[/?#\\]|{code})."
    calls = rf"(?:^|{code}|[^\p{{L}}\p{{N}}])(?:{schemes})(?::|{PERCENT}3a)[^\s]"
    return f"(?is)(?:{'|'.join((E_MAIL, PHONE, page, calls))})"


def _any_of(entries: Iterable[str]) -> str:
    """A pattern of the entries of a setting; one that no text has, if there are none."""
    return "|".join(re.escape(entry.strip().lower()).replace(r"\.", DOT) for entry in entries) or r"[^\s\S]"


def minimum_for(shared: Path) -> int:
    """The minimum where none is given: never lower than that with which the copy there was made."""
    there = mark_of(shared)
    of_project: int = read_settings()["minimum_cohort_size"]
    return max(of_project, (there.minimum_cohort_size or 0) if there else 0)


def share(published: Path, shared: Path, salt: str, minimum: int, models: Mapping[str, Model] | None = None) -> int:
    """Write the published tables to a file of their own, with pseudonyms; returns how many tables.

    Raises:
        WarehouseError: there is nothing to share, a table cannot be shared safely, a file cannot be read or written, or
            something else than a shared copy is in the place. What was shared before stays.
    """
    refuse_taken_name(shared, "SHARED_PATH")
    others = (published, warehouse_path(), marts_path(warehouse_path()))
    if os.path.realpath(shared) in map(os.path.realpath, others):
        raise WarehouseError(f"the shared copy would replace {shared}. Fix: another SHARED_PATH.")
    if not published.exists():
        raise WarehouseError(f"there is no published copy at {published}. Fix: make build")
    if copy_kind(published) == SHARED:
        raise WarehouseError(
            f"{published} is a shared copy already. Nothing was written. Fix: PUBLISHED_PATH with the published copy."
        )
    require_place_for(shared, SHARED)
    known = read_models() if models is None else models

    with opened(published) as connection:

        def write(unfinished: Path) -> int:
            require_place_for(shared, SHARED)
            return _write(connection, unfinished, salt, minimum, known)

        return replace_file(shared, write, lambda unfinished: _check(connection, unfinished), kind=SHARED)


def _check(connection: duckdb.DuckDBPyConnection, unfinished: Path) -> None:
    """See that the new copy has the rows of the published one, and that each block of it can be read.

    Raises:
        WarehouseError: it has not.
    """
    for name, count in read_every_block(unfinished).items():
        schema, _, table = name.partition(".")
        if schema not in PUBLISHED_SCHEMAS:
            continue
        [(expected,)] = connection.execute(f'select count(*) from {schema}."{table}"').fetchall()
        if count != expected:
            raise WarehouseError(f"{name} got {count:,} rows of {expected:,}. Nothing was shared. Fix: make share")


def _write(
    connection: duckdb.DuckDBPyConnection, target: Path, salt: str, minimum: int, models: Mapping[str, Model]
) -> int:
    tables = _tables(connection, models)
    attach_new(connection, target, "shared")
    define_pseudonyms(connection, salt, read_settings())
    for table in tables:
        _refuse_bare_ids(connection, table)
    _refuse_foreign_names(connection, tables)
    tables = _with_reaching(connection, tables)
    for schema in schemas_of(table.name.split(".")[0] for table in tables):
        connection.execute(f"create schema shared.{schema}")
    for table in tables:
        columns = ", ".join(f'{_expression(table, name, minimum)} as "{name}"' for name in table.columns)
        # A table of users may be stored in the order of their ids, or of a hash of them.
        order = " order by user_key" if "user_key" in table.columns and "report_id" not in table.columns else ""
        connection.execute(f"create table shared.{table.name} as select {columns} from {table.name}{order}")
        _refuse_collisions(connection, table)
    write_mark(connection, Mark(SHARED, minimum_cohort_size=minimum), "shared")
    write_comments(connection, models, "shared")
    connection.execute("detach shared")
    return len(tables)


def define_pseudonyms(connection: duckdb.DuckDBPyConnection, salt: str, settings: Mapping[str, Any]) -> None:
    """Make the functions that the expressions of the columns call."""
    variables = {
        "salt": salt,
        "personal_text": personal_text(settings),
        "is_translated": IS_TRANSLATED,
        "translated": TRANSLATED,
        "translation": TRANSLATION,
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = ?", [value])
    connection.execute(MACROS)


def _with_reaching(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> list[Table]:
    """Find the columns that would be shared as they are, although one of their texts reaches a person."""
    tables = list(tables)
    texts = [
        f"select {number} as number, {text_of(name)} as name, value from"
        f" (select distinct {_within_site(name) if name.endswith('_key') else identifier(name)} as value"
        f" from {table.name})"
        for number, table in enumerate(tables)
        for name, data_type in table.columns.items()
        if data_type == "VARCHAR" and name not in OURS and _may_reach(table, name)
    ]
    if not texts:
        return tables
    # Few values are different in most columns, and only these are searched: in a table of their own, because DuckDB
    # would search each column apart, and prepares the pattern for longer than it searches a small table.
    connection.execute(f"create or replace temp table searched as {' union all '.join(texts)}")
    found = connection.execute("select distinct number, name from searched where reaches_person(value)").fetchall()
    connection.execute("drop table searched")
    return [
        replace(table, reaching=frozenset(name for place, name in found if place == number))
        for number, table in enumerate(tables)
    ]


def _may_reach(table: Table, column: str) -> bool:
    """Whether a text is shared as it is, or is a key that holds an id as the report has it."""
    is_key = column.endswith(KEYS) and table.model.columns.get(column, {}).get("shared_as") != "pseudonym"
    return is_key or _pseudonym(table, column) == f'"{column}"'


def _within_site(key: str) -> str:
    """SQL for a key without the site before it."""
    return f"{identifier(key)}[strpos({identifier(key)}, ':') + 1:]"


def _refuse_bare_ids(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """See that no column has the id of the user whose pseudonym is beside it.

    Raises:
        WarehouseError: most values of a column are it.
    """
    user = "user_id" if "user_id" in table.columns else "split_part(user_key, ':', 2)"
    is_of_users = not {"user_id", "user_key"}.isdisjoint(table.columns)
    # A text may hold it too where the owner of the site says what is shared.
    columns = [
        name
        for name, data_type in table.columns.items()
        if is_of_users
        and (NUMBER.fullmatch(data_type) or (data_type == "VARCHAR" and table.name.startswith("site.")))
        and _pseudonym(table, name) == f'"{name}"'
    ]
    if not columns:
        return
    values = ", ".join(f'try_cast("{name}" as double) as "{name}"' for name in columns)
    tests = ", ".join(f'2 * count_if("{name}" = own_id) > count("{name}")' for name in columns)
    found = connection.execute(
        f"select {tests} from (select try_cast({user} as double) as own_id, {values} from {table.name})"
        f" where own_id >= {LEAST_ID}"
    ).fetchone()
    bare = [name for name, is_id in zip(columns, found or (), strict=True) if is_id]
    if bare:
        raise WarehouseError(
            f"{table.name} has the id of the user in {', '.join(bare)}, beside the pseudonym. Nothing was shared. Fix:"
            " leave the column out, or write under it in the YAML of the mart config: meta: shared_as: pseudonym"
        )


def _refuse_foreign_names(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """See that an id or a key in a site's own mart is one that our marts have, because only then its name says enough.

    Raises:
        WarehouseError: it holds something else.
    """
    tables = list(tables)
    ours = [table for table in tables if table.name.startswith("marts.")]
    for table in (table for table in tables if table.name.startswith("site.")):
        for column in filter(_is_our_key, table.columns):
            if table.model.columns.get(column, {}).get("shared_as") in SHARED_AS:
                continue
            kind = next((key for key in KEYS if column.endswith(key)), column)
            known = [f'select "{kind}"::varchar from {other.name}' for other in ours if kind in other.columns]
            query = f'select "{column}"::varchar from {table.name} where "{column}" is not null'
            if connection.execute(" except ".join([query, *known]) + " limit 1").fetchone():
                raise WarehouseError(
                    f"{table.name} has values in {column} that no mart of ours has as {kind}. Nothing was shared. Fix:"
                    " write under the column in the YAML of the mart config: meta: with shared_as: pseudonym (or"
                    " unchanged, if it never names a person)."
                )


def _tables(connection: duckdb.DuckDBPyConnection, models: Mapping[str, Model]) -> list[Table]:
    published = published_tables(connection, models)
    unknown = [table.name for table in published if table.name not in models]
    if unknown:
        raise WarehouseError(
            f"no model says what the columns of {', '.join(sorted(unknown))} hold, so that they cannot be shared."
            " Fix: make build, which removes what no model makes. A model with an alias needs its own name instead."
        )
    types = {table: {column.name: column.data_type for column in table.columns} for table in published}
    missing = [one for table in published for one in missing_annotations(str(table), types[table], models[table.name])]
    if missing:
        raise WarehouseError(f"nothing was shared. {' '.join(missing)} The rules: models/site/README.md")
    of_users = frozenset(name for table in published if str(table) == "marts.dim_users" for name in types[table])
    return [Table(f'{table.schema}."{table.name}"', types[table], models[table.name], of_users) for table in published]


def missing_annotations(name: str, types: Mapping[str, str], model: Model) -> list[str]:
    """What the YAML of a model must say before the model is shared, in sentences; none if it says all."""
    file = f"{name.partition('.')[2]}.yml"
    found = []
    is_about_users = any(_is_user_id(column) or _is_user_key(column) for column in types)
    if model.cohort_size is None and not is_about_users and not model.is_about_nobody:
        found.append(
            f"{name} does not say how many people are behind a row. Fix: count them in a column, and name it in"
            f" {file} under config: meta: cohort_size (or write cohort_size: none, if no row is about people)."
        )
    elif model.cohort_size is not None and model.cohort_size not in types:
        found.append(
            f"{name} has no column {model.cohort_size}, which counts its people. Fix: correct cohort_size in {file}."
        )
    elif model.cohort_size is not None and COUNT.fullmatch(types[model.cohort_size]) is None:
        found.append(
            f"{name} counts its people in {model.cohort_size}, which is no whole number. Fix: correct cohort_size in"
            f" {file}."
        )
    for column, data_type in types.items():
        meta = model.columns.get(column, {})
        is_known = _is_user_id(column) or _is_user_key(column) or _is_our_key(column)
        can_name = TEXTLESS.fullmatch(data_type) is None
        if name.startswith("site.") and column != model.cohort_size:
            can_name |= MEASURE.fullmatch(column) is None and not _is_hash(column, data_type)
        is_said = meta.get("shared_as") in SHARED_AS or meta.get("blank_small_groups") is True
        if can_name and not is_known and not is_said:
            found.append(
                f"{name} does not say whether {column} can name a person. Fix: write under the column in {file}"
                " config: meta: with shared_as: pseudonym (or unchanged, if it never names one)."
            )
        if meta.get("shared_as") == "user_pseudonym" and not {"site_id", "user_id"} <= types.keys():
            found.append(
                f"{name} has no site_id and user_id, whose pseudonym {column} would become. Fix: write shared_as:"
                f" pseudonym under the column in {file}."
            )
    return found


def _is_user_id(column: str) -> bool:
    return column.endswith("user_id")


def _is_user_key(column: str) -> bool:
    return column.endswith("user_key")


def _is_our_key(column: str) -> bool:
    return column.endswith(KEYS) or column in IMPERSONAL


def _is_hash(column: str, data_type: str) -> bool:
    """Whether it is a number made from the content, which anybody can make who guesses the content."""
    return column.endswith("_key") and data_type == "BIGINT"


def _expression(table: Table, column: str, minimum: int) -> str:
    """SQL for the shared form of a column. The order of the cases is the rule."""
    cohort = table.model.cohort_size
    stays = column.endswith("_key") or column in table.model.grain or table.columns[column] == "VARCHAR"
    value = _pseudonym(table, column)
    meta = table.model.columns.get(column, {})
    if meta.get("blank_small_groups"):
        return f"case when {_in_a_group(table, column, minimum)} then {value} end"
    if cohort is None or stays or meta.get("shared_as") == "unchanged":
        return value
    return f'case when "{cohort}" >= {minimum} then {value} end'


def _pseudonym(table: Table, column: str) -> str:
    quoted, data_type = f'"{column}"', table.columns[column]
    meta = table.model.columns.get(column, {})
    shared_as = meta.get("shared_as")
    if _is_user_id(column):
        if "site_id" not in table.columns:
            raise WarehouseError(f"{table.name} has a {column} and no site_id, so that the person is not clear.")
        return f"user_pseudonym(site_id, {quoted})"
    if _is_user_key(column):
        return f"user_key_pseudonym({quoted})"
    if _is_hash(column, data_type):
        return f"number_pseudonym('{_kind(column)}', {quoted})"
    if column.endswith("_key") and data_type == "VARCHAR" and shared_as != "pseudonym":
        return _shared_key(table, column)
    if shared_as == "user_pseudonym":
        return f"case when {quoted} is not null then user_pseudonym(site_id, user_id) end"
    is_personal = table.name.startswith("restricted.") and column not in IMPERSONAL
    if column in table.reaching:
        # One kind for all columns, so that what was equal in two tables stays so.
        return f"case when reaches_person({quoted}) then 'p_' || pseudonym_hash('text', {quoted}) else {quoted} end"
    if shared_as == "unchanged" or meta.get("blank_small_groups") or not (is_personal or shared_as == "pseudonym"):
        return quoted
    return _hidden(column, data_type, is_said=shared_as == "pseudonym")


def _hidden(column: str, data_type: str, *, is_said: bool) -> str:
    """SQL for a pseudonym of a value, or nothing where the type has none."""
    if data_type == "VARCHAR":
        return f"'p_' || pseudonym_hash('{column}', \"{column}\")"
    if is_said and data_type == "BIGINT":
        return f"number_pseudonym('{column}', \"{column}\")"
    # A time, a number or a flag says nothing without the person; a list or a structure could hold anything.
    return f'"{column}"' if not is_said and "[" not in data_type and "(" not in data_type else f"null::{data_type}"


def _shared_key(table: Table, column: str) -> str:
    """SQL for the shared form of a key that is a text."""
    quoted, id_ = f'"{column}"', _within_site(column)
    # Where the log gives no page, a key holds a hash of a name: that of a session may be a person's.
    site_and_kind = f"regexp_extract({quoted}, '^[^:]*:(?:name|track):')"
    cases = f"when {site_and_kind} <> '' then {site_and_kind} || pseudonym_hash('name', {quoted})"
    if column in table.reaching:
        # As the id of the page becomes, so that what is made of it still joins.
        hashed = f"split_part({quoted}, ':', 1) || ':p_' || pseudonym_hash('text', {id_})"
        cases += f" when reaches_person({id_}) then {hashed}"
    return f"case {cases} else {quoted} end"


def _kind(column: str) -> str:
    """activity_key for opened_activity_key too, so that they still join."""
    return "_".join(column.split("_")[-2:])


def _in_a_group(table: Table, column: str, minimum: int) -> str:
    """SQL for whether enough people share the value: those behind the row, or those of the site who have it."""
    if table.model.cohort_size is not None:
        return f'"{table.model.cohort_size}" >= {minimum}'
    users = DIM_USERS if column in table.user_columns else table.name
    if users == table.name and not {"user_key", "site_id"} <= table.columns.keys():
        raise WarehouseError(f"{table.name} has neither a cohort size nor users, so that {column} cannot be blanked.")
    return (
        f'(site_id, "{column}") in (select (site_id, "{column}") from {users} group by site_id, "{column}"'
        f" having count(distinct user_key) >= {minimum})"
    )


def _refuse_collisions(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Count the different values of each column with pseudonyms before and after.

    Raises:
        WarehouseError: two have become one.
    """
    counts = []
    for column in table.columns:
        meta = table.model.columns.get(column, {})
        is_own = meta.get("shared_as") != "user_pseudonym" and not meta.get("blank_small_groups")
        if "pseudonym" in _pseudonym(table, column) and is_own:
            value = f'(site_id, "{column}")' if _is_user_id(column) else f'"{column}"'
            counts.append(f"count(distinct {value})")
    if not counts:
        return
    query = f"select {', '.join(counts)} from "
    before = connection.execute(query + table.name).fetchone()
    after = connection.execute(query + "shared." + table.name).fetchone()
    if before != after:
        raise WarehouseError(f"two values of {table.name} got one pseudonym. Fix: another PSEUDONYM_SALT.")
