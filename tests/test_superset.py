"""Every chart of a real Superset shows what SQL that is written in another way finds in the published copy.

Runs where `make superset` has set up .venv-superset, or `make superset-test`.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Project
from serve_superset import ENVIRONMENT
from superset_bundle import key
from superset_client import Client, Row, serving
from superset_source import Chart, read_source

SOURCE = read_source()
CHARTS = [(name, chart) for name, dashboard in SOURCE.dashboards.items() for chart in dashboard.charts]

pytestmark = [
    pytest.mark.skipif(not ENVIRONMENT.exists(), reason="there is no Superset in .venv-superset: make superset-test"),
    pytest.mark.xdist_group("superset"),
]


@pytest.fixture(scope="module")
def superset(sample_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("superset"), sample_project.published) as client:
        yield client


@pytest.fixture(scope="module")
def shown(superset: Client) -> dict[str, dict[str, Any]]:
    return superset.charts()


def plain(value: object) -> object:
    """A value as it is in JSON: times are milliseconds since 1970, and a number is one whatever its type."""
    if isinstance(value, dt.datetime):
        return plain(value.replace(tzinfo=dt.UTC).timestamp() * 1000)
    if isinstance(value, dt.date):
        return plain(dt.datetime(value.year, value.month, value.day))
    if isinstance(value, float | int | decimal.Decimal) and not isinstance(value, bool):
        return float(f"{float(value):.10g}")
    return value


def plainly(rows: list[Row]) -> list[Row]:
    return [tuple(plain(value) for value in row) for row in rows]


@pytest.mark.parametrize(("name", "chart"), CHARTS, ids=[f"{name}: {chart.title}" for name, chart in CHARTS])
def test_a_chart_shows_what_sql_finds(
    name: str, chart: Chart, superset: Client, shown: dict[str, dict[str, Any]], sample_project: Project
) -> None:
    rows = plainly(superset.rows(shown[key("chart", name, chart.title)]))
    with sample_project.open() as connection:
        expected = plainly(connection.execute(chart.sql).fetchall())
    assert rows and Counter(rows) == Counter(expected)
    if chart.order:
        # The labels of the answer: x, categories or columns, metrics.
        at = [*([chart.x] if chart.x else []), *chart.by, *chart.columns, *chart.metrics].index(chart.order.lstrip("-"))
        values = [row[at] for row in rows if row[at] is not None]
        assert values == sorted(values, reverse=chart.order.startswith("-"))
