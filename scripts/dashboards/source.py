"""The dashboards as they are written in dashboards/superset, and whether they fit the contracts of the marts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from warehouse.mart_models import read_models
from warehouse.paths import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "dashboards" / "superset"
# The dashboards read this schema only; restricted holds names, e-mails and what people wrote.
SCHEMA = "marts"
# How wide the page of a dashboard is.
PAGE_WIDTH = 12

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# A column or metric to sort by, with a minus in front for the largest first.
Order = Annotated[str, StringConstraints(pattern=r"^-?[a-z][a-z0-9_]*$")]


class SourceError(Exception):
    """Something in dashboards/superset or in a contract that the author can put right; the message says how."""


class Strict(BaseModel):
    """A part of a source; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Join(Strict):
    """Columns of another mart, of the one row that has the same value in a column."""

    table: Name
    key: Name
    columns: list[Name]
    of: Name | None = None  # the table joined before on whose column it hangs, if not the dataset's own


class Metric(Strict):
    """A number made of many rows."""

    label: Words
    expression: Words
    format: str = ",d"


class Calculated(Strict):
    """A column that is made of others."""

    type: Name
    expression: Words


class Dataset(Strict):
    """A mart, with what is joined to it and made of it."""

    table: Name
    time: Name | None = None
    joins: list[Join] = []
    calculated: dict[Name, Calculated] = {}
    labels: dict[Name, Words] = {}  # how columns are headed whose names do not say it by themselves
    metrics: dict[Name, Metric] = {}


class Condition(Strict):
    """Which rows of the dataset a chart shows."""

    column: Name
    is_: str | bool | None = Field(default=None, alias="is")
    is_empty: bool | None = None
    at_most: int | None = None

    @model_validator(mode="after")
    def says_one_thing(self) -> Condition:
        """Refuse a condition that says nothing, or several things at once."""
        if sum(said is not None for said in (self.is_, self.is_empty, self.at_most)) != 1:
            raise ValueError("say one of is, is_empty and at_most")
        return self


class Chart(Strict):
    """One chart; ``sql`` answers the same question in another way and is what the tests hold it against."""

    title: Words
    type: Literal["number", "bar", "line", "table"]
    dataset: Name
    x: Name | None = None
    grain: Literal["PT1M", "P1D"] | None = None
    by: list[Name] = []
    metrics: list[Name] = []
    columns: list[Name] = []
    where: list[Condition] = []
    order: Order | None = None
    limit: int = 1000
    stack: bool = False
    sideways: bool = False
    width: int = Field(ge=2, le=PAGE_WIDTH)
    height: int = 50
    about: Words
    rules: str | None = None
    sql: Words


class Filter(Strict):
    """A filter of a dashboard; without a column it narrows the time."""

    name: Words
    dataset: Name | None = None
    column: Name | None = None
    default: str | None = None


class Dashboard(Strict):
    """A dashboard."""

    title: Words
    about: Words
    rules: str
    filters: list[Filter]
    charts: list[Chart]

    def rules_of(self, chart: Chart) -> str:
        """The page with the rules of a chart's numbers."""
        return chart.rules or self.rules


class Column(Strict):
    """A column of a mart as its contract says."""

    type: str
    description: str


# The columns of each mart in the schema marts.
Contracts = dict[str, dict[str, Column]]


class Source(Strict):
    """All that is written in dashboards/superset."""

    datasets: dict[str, Dataset]
    dashboards: dict[str, Dashboard]


Part = TypeVar("Part", bound=Strict)


def read_source(folder: Path = SOURCES) -> Source:
    """Read the datasets and the dashboards.

    Raises:
        SourceError: a file is missing, is no YAML, or holds something that is not known.
    """
    files = sorted(folder.glob("*.yml"))
    read = {path.stem: _yaml(path) for path in files}
    if "datasets" not in read or len(read) < 2:
        raise SourceError(f"{folder} holds no datasets.yml and dashboards. Fix: give the folder of their YAML files.")
    datasets = read.pop("datasets")
    return Source(
        datasets={name: _part(Dataset, given, f"datasets.yml, {name}") for name, given in datasets.items()},
        dashboards={name: _part(Dashboard, given, f"{name}.yml") for name, given in read.items()},
    )


def read_contracts() -> Contracts:
    """What the YAML beside each mart says of its columns, but for the schema restricted."""
    return {
        name: {
            column: Column(type=data_type, description=" ".join(model.descriptions[column].split()))
            for column, data_type in model.types.items()
        }
        for name, model in read_models().items()
        if model.schema == SCHEMA
    }


def select(dataset: Dataset, contracts: Contracts) -> str:
    """The SQL of a dataset: the mart, and what is joined to it."""
    columns = [f"base.{name}" for name in contracts[dataset.table]]
    joins = []
    for join in dataset.joins:
        columns += [f"{join.table}.{name}" for name in join.columns]
        joins.append(f"left join {SCHEMA}.{join.table} on {join.of or 'base'}.{join.key} = {join.table}.{join.key}")
    return "\n".join([f"select {', '.join(columns)}", f"from {SCHEMA}.{dataset.table} as base", *joins])


def columns_of(dataset: Dataset, contracts: Contracts) -> dict[str, Column]:
    """The columns that charts and filters of a dataset may name."""
    columns = dict(contracts[dataset.table])
    for join in dataset.joins:
        columns |= {name: contracts[join.table][name] for name in join.columns}
    made = {name: Column(type=it.type, description=it.expression) for name, it in dataset.calculated.items()}
    return columns | made


def problems(source: Source, contracts: Contracts) -> list[str]:
    """All that does not fit: names that are not in the contracts, SQL that DuckDB does not take, charts without room.

    The SQL is given to DuckDB on empty tables that are made after the contracts, so that no other program reads SQL.
    """
    with duckdb.connect() as connection:
        _make_empty_marts(connection, contracts)
        found = []
        known = {}
        for name, dataset in source.datasets.items():
            given = _of_tables(dataset, contracts)
            if not given:
                known[name] = dataset
                given = _of_dataset(dataset, contracts, connection)
            found += [f"datasets.yml, {name}: {it}" for it in given]
        for name, dashboard in source.dashboards.items():
            found += [f"{name}.yml{it}" for it in _of_dashboard(dashboard, known, contracts, connection)]
    charts = [chart for dashboard in source.dashboards.values() for chart in dashboard.charts]
    for name, dataset in source.datasets.items():
        found += [f"datasets.yml, {name}: {it}" for it in _unused(name, dataset, charts)]
    return found


def _of_dashboard(
    dashboard: Dashboard, datasets: dict[str, Dataset], contracts: Contracts, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    """What does not fit in a dashboard, each with what it is said of."""
    found = []
    for chart in dashboard.charts:
        given = _of_chart(chart, datasets, contracts, connection)
        if not (PROJECT_ROOT / dashboard.rules_of(chart)).is_file():
            given.append(f"there is no page {dashboard.rules_of(chart)}")
        found += [f", {chart.title}: {it}" for it in given]
    for filter_ in dashboard.filters:
        found += [f", filter {filter_.name}: {it}" for it in _of_filter(filter_, datasets, contracts)]
    titles = Counter(chart.title for chart in dashboard.charts)
    return [*found, *(f": two charts are called {title}" for title, count in titles.items() if count > 1)]


def _unused(name: str, dataset: Dataset, charts: list[Chart]) -> list[str]:
    """What no chart asks or shows of a dataset."""
    asking = [chart for chart in charts if chart.dataset == name]
    shown = {metric for chart in asking for metric in chart.metrics}
    found = [] if asking else ["no chart asks it"]
    return found + [f"no chart shows {metric}" for metric in dataset.metrics if metric not in shown]


def _of_tables(dataset: Dataset, contracts: Contracts) -> list[str]:
    """Tables and joined columns that are not there, without which nothing more can be said."""
    tables = (dataset.table, *(join.table for join in dataset.joins))
    missing = [f"there is no mart {table} in the schema {SCHEMA}" for table in tables if table not in contracts]
    return missing or [
        f"{join.table} has no column {column}"
        for join in dataset.joins
        for column in (join.key, *join.columns)
        if column not in contracts[join.table]
    ]


def _of_dataset(dataset: Dataset, contracts: Contracts, connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = []
    source = _from(dataset, contracts)
    columns = columns_of(dataset, contracts)
    if dataset.time and (dataset.time not in columns or not is_temporal(columns[dataset.time].type)):
        found.append(f"its time {dataset.time} is no column with a time")
    found += [f"it has no column {name} to be labelled" for name in dataset.labels if name not in columns]
    rows = {"its joins": "*"} | {name: made.expression for name, made in dataset.calculated.items()}
    totals = {name: metric.expression for name, metric in dataset.metrics.items()}
    for asked in (rows, totals):
        # All at once, because each question takes DuckDB a millisecond; one by one to find which it does not take.
        if asked and _trouble(connection, f"select {', '.join(asked.values())} from {source}"):
            troubles = ((name, _trouble(connection, f"select {sql} from {source}")) for name, sql in asked.items())
            found += [f"{name}: {trouble}" for name, trouble in troubles if trouble]
    return found


def _of_chart(
    chart: Chart, datasets: dict[str, Dataset], contracts: Contracts, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    dataset = datasets.get(chart.dataset)
    if not dataset:
        return [f"there is no such dataset as {chart.dataset}"]
    columns = columns_of(dataset, contracts)
    named = [
        *chart.by,
        *chart.columns,
        *(condition.column for condition in chart.where),
        *([chart.x] if chart.x else []),
    ]
    found = [f"{chart.dataset} has no column {name}" for name in named if name not in columns]
    found += [f"{chart.dataset} has no metric {name}" for name in chart.metrics if name not in dataset.metrics]
    if chart.order and chart.order.lstrip("-") not in (chart.columns or chart.metrics):
        found.append(f"it shows no {chart.order.lstrip('-')} to sort by")
    if bool(chart.columns) == bool(chart.metrics):
        found.append("it has either columns (a row for each row) or metrics")
    if (chart.x is not None) != (chart.type in ("bar", "line")):
        found.append("bars and lines have an x, and nothing else has")
    trouble = _trouble(connection, chart.sql)
    return [*found, *([f"its sql: {trouble}"] if trouble else [])]


def _of_filter(filter_: Filter, datasets: dict[str, Dataset], contracts: Contracts) -> list[str]:
    if filter_.dataset is None and filter_.column is None:
        return []
    dataset = datasets.get(filter_.dataset or "")
    if not dataset:
        return [f"there is no such dataset as {filter_.dataset}"]
    known = filter_.column in columns_of(dataset, contracts)
    return [] if known else [f"{filter_.dataset} has no column {filter_.column}"]


def is_temporal(data_type: str) -> bool:
    """Whether a column of this type may be narrowed by time."""
    return data_type.lower() in ("date", "timestamp")


def _from(dataset: Dataset, contracts: Contracts) -> str:
    return f"({select(dataset, contracts)})" if dataset.joins else f"{SCHEMA}.{dataset.table}"


def _trouble(connection: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def _make_empty_marts(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    connection.execute(f"create schema {SCHEMA}")
    for table, columns in contracts.items():
        given = ", ".join(f'"{name}" {column.type}' for name, column in columns.items())
        connection.execute(f"create table {SCHEMA}.{table} ({given})")


def _yaml(path: Path) -> dict[str, Any]:
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise SourceError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(read, dict):
        raise SourceError(f"{path} holds no keys. Fix: write it like the files beside it.")
    return read


def _part(kind: type[Part], given: object, where: str) -> Part:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(step) for step in first["loc"])
        raise SourceError(f"{where}, {at}: {first['msg']}. Fix: write it like the others in that file.") from error
