"""What the macros of the engines promise, on DuckDB and on Spark, rendered without dbt."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest

from conftest import ROOT
from macro_cases import CASES, Case
from spark_project import DBT, why_not_here

MACROS = ROOT / "macros"
EXPRESSIONS = (
    "engine",
    "wildcard_match",
    "breakout_pattern",
    "decimal_number",
    "is_attended",
    "label_shape",
    "plain_number",
    "star_number",
    "unless_forgotten",
    "word_stems",
)
# Macros that a build runs before its first model and after its last: only a build on Spark runs these statements.
STATEMENTS = {
    "note_of_build",
    "strikes_of_build",
    "missing_reports",
    "find_landed_reports",
    "in_order_of",
    "view_or_table",
}
SPARK_PYTHON = DBT.with_name("python")

NAMES = [f"{number}-{case.macro}" for number, case in enumerate(CASES)]


JINJA = jinja2.Environment(extensions=["jinja2.ext.do"])


@cache
def compiled(engine: str) -> CodeType:
    """The macros of an engine."""
    sources = [(MACROS / f"{name}.sql").read_text() for name in EXPRESSIONS]
    if engine == "duckdb":
        sources.append(dbt_macro("duckdb", "listagg"))
    return JINJA.compile("\n".join(sources))


def rendered(engine: str, query: str, variables: Mapping[str, Any]) -> str:
    """A query with its macros as an engine has them."""

    def of_the_engine(name: str) -> Any:
        return getattr(template.module, f"{engine}__{name}")

    macros: dict[str, Any] = {
        "adapter": SimpleNamespace(dispatch=of_the_engine),
        "dbt": SimpleNamespace(
            type_string=lambda: {"duckdb": "varchar", "spark": "string"}[engine],
            date_trunc=lambda part, column: f"date_trunc('{part}', {column})",
            listagg=lambda *arguments: of_the_engine("listagg")(*arguments, None),
        ),
        "return": lambda value: value,
        "var": variables.__getitem__,
    }
    template = jinja2.Template.from_code(JINJA, compiled(engine), JINJA.make_globals(macros))
    text = JINJA.from_string(query, {**macros, **vars(template.module)}).render()
    return text if re.match(r"\s*(select|with)\b", text) else f"select {text} as answer from given order by n"


def dbt_macro(adapter: str, name: str) -> str:
    """The file of a macro of an adapter's own."""
    found = find_spec(f"dbt.include.{adapter}")
    assert found and found.submodule_search_locations
    return (Path(next(iter(found.submodule_search_locations))) / "macros" / "utils" / f"{name}.sql").read_text()


def expected(case: Case) -> list[list[Any]]:
    """The rows of the answer, each a list."""
    return [row if isinstance(row, list) else [row] for row in case.expected]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_duckdb_answers_as_written(warehouse: duckdb.DuckDBPyConnection, case: Case) -> None:
    columns = ", ".join(["n bigint", *(f"{name} {data_type}" for name, data_type in case.columns.items())])
    warehouse.execute(f"create table given ({columns})")
    for number, row in enumerate(case.rows):
        places = ", ".join("?" * (len(row) + 1))
        warehouse.execute(f"insert into given values ({places})", [number, *row])
    answer = warehouse.execute(rendered("duckdb", case.query, case.variables)).fetchall()
    assert json.loads(json.dumps(answer, default=str)) == expected(case)


def spark_answers(folder: Path) -> Sequence[Any]:
    """What Spark answers to all cases."""
    questions, answers = folder / "questions.json", folder / "answers.json"
    asked = [
        {"columns": case.columns, "rows": case.rows, "query": rendered("spark", case.query, case.variables)}
        for case in CASES
    ]
    questions.write_text(json.dumps(asked))
    command = [SPARK_PYTHON, ROOT / "tests" / "macro_answers.py", questions, answers]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stderr[-3000:]
    found: list[Any] = json.loads(answers.read_text())
    return found


@pytest.mark.spark
@pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here()))
def test_spark_answers_as_written(tmp_path: Path) -> None:
    """All cases in one test: Spark takes longer to start than to answer them, and each worker would start one."""
    answers = spark_answers(tmp_path)

    wrong = [
        (name, answer, expected(case))
        for name, case, answer in zip(NAMES, CASES, answers, strict=True)
        if answer != expected(case)
    ]
    assert wrong == []


def test_every_dispatched_macro_is_there_for_both_engines_and_has_a_case() -> None:
    text = "\n".join(path.read_text() for path in sorted(MACROS.glob("*.sql")))
    dispatched = set(re.findall(r'adapter\.dispatch\("(\w+)"\)', text))
    defined = set(re.findall(r"{% macro (\w+)\(", text))
    assert dispatched >= STATEMENTS
    assert {f"{engine}__{name}" for engine in ("duckdb", "spark") for name in dispatched} <= defined
    assert dispatched - STATEMENTS <= {case.macro for case in CASES}
    # Whatever is an engine's own goes through a dispatched macro, or takes the place of one of dbt's.
    own = {name.split("__")[1] for name in defined if name.startswith(("duckdb__", "spark__"))}
    assert own - dispatched == {"format_column", "listagg", "load_csv_rows", "safe_cast"}


def test_a_key_tells_values_apart_by_their_place_and_null_from_blank() -> None:
    lists = [["'a'", "'bc'"], ["'ab'", "'c'"], ["'a'", "null"], ["'a'", "''"], ["null", "'a'"], ["'a'"]]
    with duckdb.connect() as connection:
        keys = [
            connection.execute(rendered("duckdb", "select {{ hash_key(" + json.dumps(values) + ") }}", {})).fetchall()
            for values in lists
        ]
    [numbers] = zip(*[row for [row] in keys], strict=True)
    assert len(set(numbers)) == len(lists)
    assert all(0 <= number < 2**63 for number in numbers)
