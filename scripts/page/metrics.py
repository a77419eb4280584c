"""Metrics of the built warehouse: what MetricFlow needs before it is asked, and what keeps it offline."""

from __future__ import annotations

import difflib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT, path_for_dbt, warehouse_path
from warehouse.unfinished_builds import refuse_a_mixture

MANIFEST = PROJECT_ROOT / "target" / "semantic_manifest.json"
# Whatever the manifest is made of.
SOURCES = ("dbt_project.yml", "models/**/*", "seeds/**/*", "macros/**/*")
EXAMPLE = "make metrics METRICS=attendees,live_rate BY=metric_time__week, or SAVED=site_overview"


# The grains of MetricFlow that a time can have.
GRAINS = {"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}


class NoUpdateChecker:
    """Knows of no newer version."""

    def check(self, *_: object) -> None:
        """Say that there is none."""


def stay_offline() -> None:
    """Replace the module with which ``mf`` asks the package index for a newer version each time it starts.

    No variable and no option turns that off, and the module unpickles a file of the shared temporary folder besides.
    """
    update_checker = ModuleType("update_checker")
    update_checker.UpdateChecker = NoUpdateChecker  # type: ignore[attr-defined]
    sys.modules["update_checker"] = update_checker


def is_current(manifest: Path, project: Path) -> bool:
    """Whether a manifest is there, and as new as the project's files."""
    if not manifest.exists():
        return False
    written = manifest.stat().st_mtime
    return all(file.stat().st_mtime <= written for pattern in SOURCES for file in project.glob(pattern))


def write_manifest() -> None:
    """Let dbt write the manifest that ``mf`` reads: ``make build`` writes none, because it takes some seconds.

    Raises:
        WarehouseError: dbt cannot read the project.
    """
    from dbt.cli.main import dbtRunner

    os.environ["WAREHOUSE_PATH"] = path_for_dbt(warehouse_path())
    os.environ["DBT_WRITE_JSON"] = "true"
    result = dbtRunner().invoke(["--quiet", "--no-use-colors", "parse"])
    if not result.success:
        raise WarehouseError(f"dbt cannot read the project: {result.exception}. Fix: correct what it names.")


def check_usage(arguments: list[str]) -> None:
    """See whether what was asked can be answered.

    Raises:
        WarehouseError: it cannot.
    """
    # make hands on what was set on its command line, but metrics are listed where none is named.
    if arguments[:1] == ["list"] and os.environ.get("BY"):
        raise WarehouseError(f"BY=… groups the answer, and no metric is named. Fix: {EXAMPLE}")
    if not warehouse_path().exists():
        raise WarehouseError(f"there is no warehouse at {warehouse_path()}. Fix: make build")
    if arguments[:1] != ["list"]:
        # MetricFlow would end with its own lines about a file that cannot be opened.
        with connect(warehouse_path()) as connection:
            refuse_a_mixture(connection, ", and a metric may be of both")


def check_metrics(arguments: list[str], manifest: Path) -> None:
    """See whether there is each metric and dimension that is asked for; of one that is not MetricFlow says a page.

    Raises:
        WarehouseError: there is none of that name.
    """
    said = json.loads(manifest.read_text(encoding="utf-8"))
    metrics = [metric["name"] for metric in said["metrics"]]
    for name in _names(arguments, "--metrics"):
        if name.lower() not in metrics:
            hint = _nearest(name, metrics)
            raise WarehouseError(f"there is no metric {name}.{hint} Fix: make metrics METRICS=… with one of its list.")
    # An entity, such as session, or a dimension of one: session__session_name. A time may have its grain behind it.
    models = said["semantic_models"]
    entities = {entity["name"] for model in models for entity in model["entities"]}
    # A model without a column for its rows names them all the same: certificate__verdict.
    entities |= {model["primary_entity"] for model in models if model["primary_entity"]}
    dimensions = {dimension["name"] for model in models for dimension in model["dimensions"]}
    known = entities | dimensions | {"metric_time"}
    for name in _names(arguments, "--group-by"):
        first, *parts = name.lower().split("__")
        is_time = bool(parts) and (parts[-1] in GRAINS or parts[-1].startswith("extract_"))
        if not {first, *(parts[:-1] if is_time else parts)} <= known:
            hint = _nearest(name, sorted(known.union(*map(_dimensions_of, models))))
            raise WarehouseError(f"no metric can be grouped by {name}.{hint} Fix: BY=… as make metrics lists it.")


def _dimensions_of(model: dict[str, Any]) -> set[str]:
    """The dimensions of a semantic model, as they are asked for, such as session__session_name."""
    own = [entity["name"] for entity in model["entities"] if entity["type"] == "primary"] or [model["primary_entity"]]
    return {f"{entity}__{dimension['name']}" for entity in own for dimension in model["dimensions"]}


def _names(arguments: list[str], option: str) -> list[str]:
    """The names behind an option, which are separated by commas."""
    if option not in arguments[:-1]:
        return []
    return [name.strip() for name in arguments[arguments.index(option) + 1].split(",")]


def _nearest(name: str, known: list[str]) -> str:
    """A question for what was meant."""
    nearest = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {nearest[0]}?" if nearest else ""
