"""dbt's generic tests find what they are for, and nothing else: rendered as dbt does, and run on a few rows."""

from __future__ import annotations

from typing import Any

import duckdb
import jinja2
import pytest

from conftest import ROOT

# In place of the macro of this name, which reads seeds and models.
NAMED_USERS = "select * from named"


@pytest.fixture
def connection(warehouse: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return warehouse


def found(
    connection: duckdb.DuckDBPyConnection, name: str, *, engine: str = "duckdb", **arguments: object
) -> list[Any]:
    """The rows that a generic test finds in the table ``things``."""
    source = (ROOT / "tests" / "generic" / f"{name}.sql").read_text()
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        source.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}"),
        {
            "config": lambda **_: "",
            "execute": True,
            "target": {"type": engine},
            "load_relation": lambda model: None if model == "unbuilt" else model,
            "ref": lambda model: model,
            "named_users": lambda: NAMED_USERS,
        },
    )
    query = getattr(template.module, name)("things", **arguments)
    return connection.execute(f"select * from ({query}) order by all").fetchall()


def test_a_value_of_the_grain_is_there_once_and_not_null(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table things as from (values (1, 'a'), (1, 'b'), (2, 'a'), (2, 'a'), (3, null)) as v(i, t)"
    )
    assert found(connection, "row_checks", grain=["i", "t"]) == [("grain", 2, "a"), ("grain", 3, None)]
    connection.execute("delete from things where i > 1")
    assert found(connection, "row_checks", grain=["i", "t"]) == []


def test_an_expectation_is_broken_unless_it_is_true(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table things as from (values (1, 5), (2, -5), (3, null)) as v(i, amount)")
    broken = found(connection, "row_checks", grain=["i"], expectations={"is_positive": "amount > 0"})
    assert broken == [("is_positive", 2), ("is_positive", 3)]
    without_grain = found(
        connection, "row_checks", expectations={"is_small": "amount < 9", "is_positive": "amount > 0"}
    )
    assert [row[0] for row in without_grain] == ["is_positive", "is_small"]
    assert found(connection, "row_checks", grain=["i"], expectations={"is_there": "i is not null"}) == []


@pytest.mark.parametrize(
    ("spans", "number"),
    [
        ("('a', 1, 2), ('a', 2, 3), ('a', 3, null)", 0),
        ("('a', null, 2), ('a', 2, 3)", 0),
        ("('a', 1, 3), ('a', 2, 4)", 1),
        ("('a', 1, null), ('a', 2, 3)", 1),
        ("('a', null, 2), ('a', null, 3)", 1),
        ("('a', 1, 3), ('b', 2, 4)", 0),
    ],
    ids=["touching", "open before", "overlapping", "open after", "two open before", "of two things"],
)
def test_spans_of_one_thing_may_touch_and_not_overlap(
    connection: duckdb.DuckDBPyConnection, spans: str, number: int
) -> None:
    connection.execute(f"create table things as from (values {spans}) as v(name, valid_from, valid_until)")
    assert len(found(connection, "spans_do_not_overlap", columns=["name"])) == number


@pytest.mark.parametrize(("total", "number"), [(6, 0), (5, 1), (7, 1)])
def test_sums_match_or_not(connection: duckdb.DuckDBPyConnection, total: int, number: int) -> None:
    connection.execute(
        f"create table things as from (values (1), (5)) as v(n); create table whole as select {total} as n"
    )
    arguments = {"expression": "sum(n)", "to": "whole", "to_expression": "sum(n)"}
    assert len(found(connection, "sums_match", **arguments)) == number


def test_the_sum_of_nothing_is_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table things (n int); create table whole (n int)")
    assert found(connection, "sums_match", expression="sum(n)", to="whole", to_expression="sum(n)") == []


def test_a_row_that_names_nobody_of_a_landed_site_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table named as from (values ('s', 's:1'), ('s', null), ('not landed', null)) as v(site_id, user_key);"
        "create table base_juno__reports as select 's' as site_id"
    )
    assert found(connection, "names_somebody") == [("s", None)]


def test_every_unrecognised_activity_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table things as from (values (1), (2)) as v(i)")
    assert found(connection, "nothing_unrecognised") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("reviews", "is_found"),
    [("(2), (3)", False), ("(2), (3), (3)", True), ("(2), (4)", True), ("(2)", True), ("(2), (null)", True)],
    ids=["each once", "twice", "another", "lost", "without a key"],
)
def test_each_activity_is_one_row_of_one_view(
    connection: duckdb.DuckDBPyConnection, reviews: str, *, is_found: bool
) -> None:
    connection.execute(
        "create table things as from (values (1), (2), (3)) as v(activity_key);"
        "create table likes as select 1 as activity_key;"
        f"create table reviews as from (values {reviews}) as v(activity_key)"
    )
    assert bool(found(connection, "is_in_one_family_view", views=["likes", "reviews"])) == is_found
    assert found(connection, "is_in_one_family_view", views=["likes", "unbuilt"]) == []


def test_of_several_models_each_whose_grain_is_broken_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table whole as from (values (1, 'a'), (1, 'b')) as v(i, t);"
        "create table twice as from (values (1), (1)) as v(i); create table without as select null::int as i"
    )
    grains = {"whole": ["i", "t"], "twice": ["i"], "without": ["i"], "unbuilt": ["i"]}
    assert found(connection, "have_their_grains", grains=grains) == [("twice",), ("without",)]


@pytest.mark.parametrize(
    ("numbers", "is_found"),
    [
        ("from range(1, 100) as v(n)", False),
        ("select * from range(1, 100) as v(n) where n % 3 > 0", False),
        ("from range(1, 100) as v(n) union all select 64", True),
        ("from range(1, 100) as v(n) union all select null", True),
    ],
    ids=["each once", "with gaps", "one twice", "one without a number"],
)
def test_of_numbers_that_follow_one_another_one_that_is_there_twice_is_found(
    connection: duckdb.DuckDBPyConnection, numbers: str, *, is_found: bool
) -> None:
    connection.execute(f"create table things as select 'a' as t, n from ({numbers})")
    connection.execute("insert into things values ('b', 64)")
    for engine in ("duckdb", "spark"):
        grains = {"things": ["t", {"number": "n"}]}
        assert bool(found(connection, "have_their_grains", engine=engine, grains=grains)) == is_found
