"""Make the bundle that ``superset import-dashboards`` takes, from dashboards/superset and the contracts of the marts.

The same source gives the same bytes: UUIDs are made from names, so that a bundle that is imported again takes the place
of the one before, and it holds no time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from dashboards.charts import form_data, query_context
from dashboards.source import (
    PAGE_WIDTH,
    SCHEMA,
    Chart,
    Contracts,
    Dashboard,
    Dataset,
    Filter,
    Source,
    SourceError,
    columns_of,
    is_temporal,
    problems,
    select,
)

# Never to be changed: with another one, everything that was imported before would be imported beside itself.
NAMESPACE = UUID("6f1d1f6c-3f0e-5c52-9a51-2f6a3c1f7b08")
VERSION = "1.0.0"
# The oldest time that a zip file can hold.
NO_TIME = (1980, 1, 1, 0, 0, 0)
DATABASE = "JUNO activity warehouse"
# The mark of our charts; with it, charts that we took out are found (inside_superset/superset_import.py).
OURS = "JUNO activity warehouse"
# Read-only, and no SQL of a user can read a file of the machine or fetch an extension of DuckDB.
DATABASE_SETTINGS = "access_mode=read_only&enable_external_access=false"

# The files of a bundle: their path in it, and what they hold.
Bundle = dict[str, dict[str, Any]]


def make_bundle(source: Source, contracts: Contracts, database: Path) -> Bundle:
    """The files of the bundle.

    Raises:
        SourceError: the source does not fit the contracts, or Superset cannot take the path of the database.
    """
    found = problems(source, contracts)
    if found:
        raise SourceError(
            "The dashboards do not fit the contracts of the marts. Fix: correct dashboards/superset or models/marts:\n"
            + "\n".join(f"  {it}" for it in found)
        )
    bundle: Bundle = {
        "metadata.yaml": {"version": VERSION, "type": "Dashboard", "timestamp": "1980-01-01T00:00:00+00:00"},
        "databases/juno.yaml": _database(database),
    }
    for name, dataset in source.datasets.items():
        bundle[f"datasets/juno/{name}.yaml"] = _dataset(name, dataset, contracts)
    number = 0
    for name, dashboard in source.dashboards.items():
        numbers: dict[str, int] = {}
        for chart in dashboard.charts:
            number += 1
            numbers[chart.title] = number
            path = f"charts/{name}_{slug(chart.title)}.yaml"
            bundle[path] = _chart(name, dashboard, chart, source, contracts)
        bundle[f"dashboards/{name}.yaml"] = _dashboard(name, dashboard, numbers, source, contracts)
    return bundle


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Write the files of a bundle as a zip.

    Raises:
        SourceError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ZipFile(path, "w") as zipped:
            for name, content in bundle.items():
                info = ZipInfo(f"juno/{name}", NO_TIME)
                info.compress_type = ZIP_DEFLATED
                zipped.writestr(
                    info, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=PAGE_WIDTH * 10)
                )
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror}. Fix: another --output.") from error


def uuid_of(*names: str) -> str:
    """The UUID of what is called so, the same in every bundle."""
    return str(uuid5(NAMESPACE, "/".join(names)))


def slug(title: str) -> str:
    """A title as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def filters_that_miss(chart: Chart, dashboard: Dashboard, source: Source, contracts: Contracts) -> list[str]:
    """The filters of a dashboard that cannot narrow a chart, for its dataset lacks their column."""
    dataset = source.datasets[chart.dataset]
    columns = columns_of(dataset, contracts)
    return [it.name for it in dashboard.filters if not (it.column in columns if it.column else dataset.time)]


def _database(path: Path) -> dict[str, Any]:
    if "?" in str(path.resolve()):
        raise SourceError(f"{path} holds a question mark, where Superset's address ends. Fix: another PUBLISHED_PATH.")
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": f"duckdb:///{path.resolve()}?{DATABASE_SETTINGS}",
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": uuid_of("database"),
        "version": VERSION,
    }


def _published_type(data_type: str) -> str:
    """The type as DuckDB and PostgreSQL write it: the contracts take a word that Spark knows too."""
    return "VARCHAR" if data_type == "string" else data_type.upper()


def _dataset(name: str, dataset: Dataset, contracts: Contracts) -> dict[str, Any]:
    columns = []
    for column, content in columns_of(dataset, contracts).items():
        made = dataset.calculated.get(column)
        columns.append(
            {
                "column_name": column,
                "verbose_name": dataset.labels.get(column) or column.replace("_", " ").capitalize(),
                "description": content.description,
                "type": _published_type(content.type),
                "is_dttm": is_temporal(content.type),
                "groupby": True,
                "filterable": True,
                "is_active": True,
                "expression": made.expression if made else None,
            }
        )
    return {
        # A table that is read as it is must have its own name.
        "table_name": name if dataset.joins else dataset.table,
        "schema": SCHEMA,
        "sql": select(dataset, contracts) if dataset.joins else None,
        "main_dttm_col": dataset.time,
        "description": f"{dataset.table}, one row as its contract in models/marts says.",
        "filter_select_enabled": True,
        "columns": columns,
        "metrics": [
            {"metric_name": metric, "verbose_name": it.label, "expression": it.expression, "d3format": it.format}
            for metric, it in dataset.metrics.items()
        ],
        "uuid": uuid_of("dataset", name),
        "database_uuid": uuid_of("database"),
        "version": VERSION,
    }


def _chart(name: str, dashboard: Dashboard, chart: Chart, source: Source, contracts: Contracts) -> dict[str, Any]:
    dataset = source.datasets[chart.dataset]
    form = form_data(chart, dataset, columns_of(dataset, contracts))
    about = f"{chart.about} Rules and limits: {dashboard.rules_of(chart)}."
    missed = filters_that_miss(chart, dashboard, source, contracts)
    if missed:
        about += f" Not narrowed by: {', '.join(missed)}."
    return {
        "slice_name": chart.title,
        "certified_by": OURS,
        "certification_details": f"Made from dashboards/superset/{name}.yml. A change made here is lost; save a copy.",
        "description": about,
        "viz_type": form["viz_type"],
        "params": form,
        "query_context": json.dumps(query_context(chart, form)),
        "uuid": uuid_of("chart", name, chart.title),
        "dataset_uuid": uuid_of("dataset", chart.dataset),
        "version": VERSION,
    }


def _dashboard(
    name: str, dashboard: Dashboard, numbers: dict[str, int], source: Source, contracts: Contracts
) -> dict[str, Any]:
    return {
        "dashboard_title": dashboard.title,
        "description": dashboard.about,
        "slug": f"juno-{name}",
        "published": True,
        "uuid": uuid_of("dashboard", name),
        "position": _position(name, dashboard, numbers),
        "metadata": {
            "native_filter_configuration": [
                _filter(
                    name, it, dashboard, numbers, lambda chart: filters_that_miss(chart, dashboard, source, contracts)
                )
                for it in dashboard.filters
            ],
            # A click on a chart narrows nothing: what is shown follows from the filters alone.
            "cross_filters_enabled": False,
            "color_scheme": "supersetColors",
            "expanded_slices": {},
            "refresh_frequency": 0,
        },
        "version": VERSION,
    }


def _filter(
    name: str, it: Filter, dashboard: Dashboard, numbers: dict[str, int], missed: Callable[[Chart], list[str]]
) -> dict[str, Any]:
    chosen: dict[str, Any] = {"extraFormData": {}, "filterState": {}, "ownState": {}}
    if it.default:
        asked = {"col": it.column, "op": "IN", "val": [it.default]}
        chosen |= {"extraFormData": {"filters": [asked]}, "filterState": {"value": [it.default]}}
    target = {"datasetUuid": uuid_of("dataset", it.dataset), "column": {"name": it.column}} if it.dataset else {}
    return {
        "id": f"NATIVE_FILTER-{uuid_of('filter', name, it.name)}",
        "name": it.name,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select" if it.dataset else "filter_time",
        "targets": [target],
        "defaultDataMask": chosen,
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "searchAllOptions": True}
        if it.dataset
        else {},
        "cascadeParentIds": [],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [numbers[chart.title] for chart in dashboard.charts if it.name in missed(chart)],
        },
        "description": "",
    }


def _position(name: str, dashboard: Dashboard, numbers: dict[str, int]) -> dict[str, Any]:
    """Where everything is on the page: rows of charts, from left to right until a row is full."""
    root, grid = ["ROOT_ID"], ["ROOT_ID", "GRID_ID"]
    page: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": root},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
    }

    def add_row() -> dict[str, Any]:
        name = f"ROW-{len(page)}"
        row: dict[str, Any] = {"type": "ROW", "id": name, "children": [], "parents": grid}
        page[name] = row | {"meta": {"background": "BACKGROUND_TRANSPARENT"}}
        page["GRID_ID"]["children"].append(name)
        return row

    def add(row: dict[str, Any], kind: str, meta: dict[str, Any]) -> None:
        it = f"{kind}-{len(page)}"
        page[it] = {"type": kind, "id": it, "children": [], "parents": [*grid, row["id"]], "meta": meta}
        row["children"].append(it)

    text = (
        f"{dashboard.about} Each chart says in its description what its numbers mean. The rules: `{dashboard.rules}`."
    )
    add(add_row(), "MARKDOWN", {"code": text, "width": PAGE_WIDTH, "height": 12})
    room, row = 0, {}
    for chart in dashboard.charts:
        if chart.width > room:
            room, row = PAGE_WIDTH, add_row()
        room -= chart.width
        content = {
            "chartId": numbers[chart.title],
            "uuid": uuid_of("chart", name, chart.title),
            "sliceName": chart.title,
            "width": chart.width,
            "height": chart.height,
        }
        add(row, "CHART", content)
    return page
