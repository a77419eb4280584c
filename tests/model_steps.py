"""What is missing of a model, in words: each sentence names the model and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from publishing.share import missing_annotations
from warehouse.mart_models import read_models

GRAIN = "Grain: one row per"


def missing_steps(root: Path) -> list[str]:
    """What is missing of any model below ``models``, of those of the site as of ours."""
    declared = _declared(root)
    tested = set(_tested(declared))
    found: list[str] = []
    for path in sorted((root / "models").rglob("*.sql")):
        found += _of_the_sql(path)
        if path.stem in declared:
            found += _of_the_yaml(path, declared[path.stem], tested)
        else:
            found.append(f"{path.stem} has no YAML. Fix: write {path.stem}.yml beside it, with name: {path.stem}.")
    shared = read_models(root)
    for path in sorted((root / "models" / "site").rglob("*.sql")):
        if path.stem in declared:
            types = {column["name"]: _as_duckdb(column) for column in declared[path.stem].get("columns") or []}
            found += missing_annotations(f"site.{path.stem}", types, shared[path.stem])
    return found


def _as_duckdb(column: dict[str, Any]) -> str:
    return _duckdb_type(column.get("data_type", "string"))


@cache
def _duckdb_type(data_type: str) -> str:
    with duckdb.connect() as connection:
        row = connection.execute(f"select typeof(null::{data_type})").fetchone()
    return str(row[0]) if row else ""


def _declared(root: Path) -> dict[str, dict[str, Any]]:
    """The models by name, each as its YAML declares it."""
    found = {}
    for path in sorted((root / "models").rglob("*.yml")):
        for model in (yaml.load(path.read_text(), Loader=yaml.CSafeLoader) or {}).get("models") or []:
            found[model["name"]] = model
    return found


def _tested(declared: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The models whose grain a data test proves."""
    for name, model in declared.items():
        if ((model.get("config") or {}).get("meta") or {}).get("grain_is_tested_in") in declared:
            yield name
        for test in model.get("data_tests") or []:
            [(kind, settings)] = test.items() if isinstance(test, dict) else [(test, {})]
            arguments = settings.get("arguments") or {}
            if kind == "row_checks" and arguments.get("grain"):
                yield name
            yield from arguments.get("views", []) if kind == "is_in_one_family_view" else []
            yield from arguments.get("grains", {}) if kind == "have_their_grains" else []


def _of_the_sql(path: Path) -> Iterator[str]:
    sql = path.read_text()
    comment = re.match(r"(?:-- .*\n)+", sql)
    if not comment or f"-- {GRAIN} " not in comment[0]:
        yield f"{path.name} does not open with its grain. Fix: begin it with what it is and -- {GRAIN} …"
    if not sql.rstrip().endswith("select * from final"):
        yield f"{path.name} does not end with its result. Fix: end it with select * from final"


def _of_the_yaml(path: Path, model: dict[str, Any], tested: set[str]) -> Iterator[str]:
    name, file = path.stem, f"{path.stem}.yml"
    columns = model.get("columns") or []
    meta = (model.get("config") or {}).get("meta") or {}
    if GRAIN not in (model.get("description") or ""):
        yield f"{name} has no description with its grain. Fix: write in {file} description: what it is, and {GRAIN} …"
    if name not in tested:
        yield (
            f"{name} has no test of its grain. Fix: write in {file} data_tests: with row_checks: arguments: grain: and"
            " the columns that make the rows unique."
        )
    if not columns:
        yield f"{name} declares no columns. Fix: list them in {file} under columns: with name and description."
    for column in columns:
        if not (column.get("description") or "").strip():
            yield f"{name}.{column['name']} has no description. Fix: write it in {file}."
    parts = path.parts
    if "marts" not in parts and "site" not in parts:
        return
    contract = (model.get("config") or {}).get("contract") or {}
    untyped = [column["name"] for column in columns if not column.get("data_type")]
    if contract.get("enforced") is False or untyped:
        which = f" for {', '.join(untyped)}" if untyped else ""
        yield f"{name} has no contract{which}. Fix: give each column in {file} its data_type, and leave contract: out."
    if "marts" in parts:
        questions = meta.get("questions") or []
        if not questions or not all(question.endswith("?") for question in questions):
            yield f"{name} names no questions. Fix: write in {file} config: meta: questions: each ending with a ?"
