"""What the YAML beside each mart says of it: its grain, its words, and the meta of its columns.

dbt's manifest says the same, but may be older than the YAML, and is not written by every build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.settings import read_yaml

DOCS_BLOCK = re.compile(r"{%-?\s*docs\s+(\w+)\s*-?%}(.*?){%-?\s*enddocs\s*-?%}", re.DOTALL)
DOC = re.compile(r"""{{\s*doc\(\s*['"](\w+)['"]\s*\)\s*}}""")

# The value of cohort_size in the YAML where no row is about people.
NO_PEOPLE = "none"


@dataclass(frozen=True)
class Model:
    """What the YAML of a model says that matters outside dbt.

    Attributes:
        cohort_size: the column that holds the number of people behind a row of an aggregate.
        is_about_nobody: whether the YAML says that no row is about people (``cohort_size: none``).
        schema: where it is published: marts, restricted or site.
        types: the type of each column by its contract.
        grain: the columns, or SQL over one of them, that identify a row.
        columns: the meta of each column.
        description: what the model is.
        descriptions: what each column holds.
    """

    cohort_size: str | None = None
    grain: tuple[str, ...] = ()
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    description: str = ""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    is_about_nobody: bool = False
    schema: str = "marts"
    types: Mapping[str, str] = field(default_factory=dict)


def read_models(root: Path = PROJECT_ROOT) -> dict[str, Model]:
    """The models of the marts, and those of the site, by name.

    Raises:
        WarehouseError: a file is no YAML of models.
    """
    blocks = {
        name: text.strip()
        for path in sorted((root / "models").rglob("*.md"))
        for name, text in DOCS_BLOCK.findall(path.read_text())
    }
    models: dict[str, Model] = {}
    for path in sorted(path for folder in ("marts", "site") for path in (root / "models" / folder).rglob("*.yml")):
        folders = path.relative_to(root / "models").parts
        schema = next((name for name in ("site", "restricted") if name in folders), "marts")
        try:
            for model in _models_in(path.read_text(encoding="utf-8")):
                models[model["name"]] = _model(model, blocks, schema)
        except (yaml.YAMLError, UnicodeError, AttributeError, KeyError, TypeError) as error:
            raise WarehouseError(
                f"{path} cannot be read as the YAML of models: {' '.join(str(error).split())}. Fix: correct it"
                " (models/site/README.md)."
            ) from error
    return models


def _model(model: Mapping[str, Any], blocks: Mapping[str, str], schema: str) -> Model:
    sound = (test["row_checks"] for test in model.get("data_tests", []) if "row_checks" in test)
    columns = model.get("columns", [])
    cohort_size = _meta(model).get("cohort_size")
    return Model(
        # A list names no column, and is said to be none.
        cohort_size=None if not cohort_size or cohort_size == NO_PEOPLE else str(cohort_size),
        grain=tuple(column for test in sound for column in test["arguments"].get("grain", [])),
        columns={column["name"]: _meta(column) for column in columns},
        description=_in_full(model, blocks),
        descriptions={column["name"]: _in_full(column, blocks) for column in columns},
        is_about_nobody=cohort_size == NO_PEOPLE,
        schema=schema,
        types={column["name"]: column["data_type"] for column in columns if "data_type" in column},
    )


@cache
def _models_in(text: str) -> Sequence[Mapping[str, Any]]:
    """What a file says of models. A build reads all of them for each copy that it writes."""
    models: Sequence[Mapping[str, Any]] = read_yaml(text).get("models", [])
    return models


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _in_full(node: Mapping[str, Any], blocks: Mapping[str, str]) -> str:
    """A description with the words of the glossary in their places."""
    return DOC.sub(lambda match: blocks.get(match[1], match[0]), node.get("description") or "").strip()
