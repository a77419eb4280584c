"""What the macros of the engine promise, rendered without dbt."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import jinja2

from conftest import ROOT


def hash_of(*expressions: str) -> int:
    """The key that `hash_key` makes of expressions."""
    source = (ROOT / "macros" / "engine.sql").read_text()
    dbt = SimpleNamespace(type_string=lambda: "varchar")
    query = jinja2.Environment().from_string(source, {"dbt": dbt}).make_module().hash_key(expressions)  # type: ignore[attr-defined]
    with duckdb.connect() as connection:
        row = connection.execute(f"select {query}").fetchone()
    assert row
    return int(row[0])


def test_a_key_tells_values_apart_by_their_place_and_null_from_blank() -> None:
    keys = [
        hash_of("'a'", "'bc'"),
        hash_of("'ab'", "'c'"),
        hash_of("'a'", "null"),
        hash_of("'a'", "''"),
        hash_of("null", "'a'"),
        hash_of("'a'"),
    ]
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**63 for key in keys)
    assert hash_of("'a'", "'bc'") == keys[0]
