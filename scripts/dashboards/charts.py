"""What Superset wants to know of a chart: how it is drawn (form data) and what it asks (query context)."""

from __future__ import annotations

from typing import Any

from dashboards.source import Chart, Column, Dataset

VIZ_TYPES = {
    "number": "big_number_total",
    "bar": "echarts_timeseries_bar",
    "line": "echarts_timeseries_line",
    "table": "table",
}
# Superset puts the id of the dataset here when it imports the chart.
NO_DATASOURCE: dict[str, Any] = {"id": 0, "type": "table"}


def form_data(chart: Chart, dataset: Dataset, columns: dict[str, Column]) -> dict[str, Any]:
    """How a chart is drawn, with what its editor in Superset shows."""
    shared = {
        "viz_type": VIZ_TYPES[chart.type],
        "datasource": "0__table",
        "adhoc_filters": _adhoc_filters(chart, dataset),
        "row_limit": chart.limit,
        "time_range": "No filter",
    }
    if chart.type == "number":
        metric = chart.metrics[0]
        return shared | {"metric": metric, "y_axis_format": dataset.metrics[metric].format, "header_font_size": 0.3}
    if chart.type == "table":
        return shared | _table(chart, dataset, columns)
    return shared | _axes(chart, dataset)


def query_context(chart: Chart, form: dict[str, Any]) -> dict[str, Any]:
    """What a chart asks when it is asked without a browser, which makes the same from the form data."""
    x: list[Any] = []
    if chart.x:
        axis = {"columnType": "BASE_AXIS", "sqlExpression": chart.x, "label": chart.x, "expressionType": "SQL"}
        x = [axis | ({"timeGrain": chart.grain} if chart.grain else {})]
    query: dict[str, Any] = {
        "columns": [*x, *chart.by, *chart.columns],
        "metrics": None if chart.columns else chart.metrics,
        "filters": [
            {"col": it["subject"], "op": it["operator"]} | ({"val": it["comparator"]} if "comparator" in it else {})
            for it in form["adhoc_filters"]
        ],
        "orderby": [[chart.order.lstrip("-"), not chart.order.startswith("-")]] if chart.order else [],
        "extras": {"having": "", "where": ""} | ({"time_grain_sqla": chart.grain} if chart.grain else {}),
        "row_limit": chart.limit,
        "order_desc": True,
        "is_timeseries": False,
    }
    return {
        "datasource": NO_DATASOURCE,
        "force": False,
        "queries": [query],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }


def _adhoc_filters(chart: Chart, dataset: Dataset) -> list[dict[str, Any]]:
    """The conditions of a chart, and the one in whose place the filter Date of the dashboard puts its own."""
    found: list[dict[str, Any]] = []
    if dataset.time:
        found.append({"subject": dataset.time, "operator": "TEMPORAL_RANGE", "comparator": "No filter"})
    for condition in chart.where:
        asked: dict[str, Any]
        if condition.at_most is not None:
            asked = {"operator": "<=", "comparator": condition.at_most}
        elif condition.is_empty is not None:
            asked = {"operator": "IS NULL" if condition.is_empty else "IS NOT NULL"}
        elif isinstance(condition.is_, bool):
            asked = {"operator": f"IS {str(condition.is_).upper()}"}
        else:
            asked = {"operator": "==", "comparator": condition.is_}
        found.append({"subject": condition.column} | asked)
    return [{"clause": "WHERE", "expressionType": "SIMPLE"} | it for it in found]


def _table(chart: Chart, dataset: Dataset, columns: dict[str, Column]) -> dict[str, Any]:
    formats = {
        **{name: dataset.metrics[name].format for name in chart.metrics},
        **{name: _number_format(name, columns[name]) for name in chart.columns},
    }
    drawn: dict[str, Any] = {
        "column_config": {name: {"d3NumberFormat": found} for name, found in formats.items() if found},
        "table_timestamp_format": "%Y-%m-%d" if _shows_days_only(chart, columns) else "%Y-%m-%d %H:%M",
        "show_cell_bars": False,
        "server_pagination": False,
        "page_length": 0,
        "include_search": chart.height > 30,
    }
    if chart.columns:
        order = (
            [f'["{chart.order.lstrip("-")}", {str(not chart.order.startswith("-")).lower()}]'] if chart.order else []
        )
        return drawn | {"query_mode": "raw", "all_columns": chart.columns, "order_by_cols": order}
    return (
        drawn
        | {
            "query_mode": "aggregate",
            "groupby": chart.by,
            "metrics": chart.metrics,
            "timeseries_limit_metric": chart.order.lstrip("-") if chart.order else None,
            "order_desc": not chart.order or chart.order.startswith("-"),
        }
        | ({"time_grain_sqla": chart.grain} if chart.grain else {})
    )


def _shows_days_only(chart: Chart, columns: dict[str, Column]) -> bool:
    return not any(columns[name].type.lower() == "timestamp" for name in (*chart.by, *chart.columns))


def _axes(chart: Chart, dataset: Dataset) -> dict[str, Any]:
    first = chart.metrics[0]
    drawn: dict[str, Any] = {
        "x_axis": chart.x,
        "groupby": chart.by,
        "metrics": chart.metrics,
        "order_desc": True,
        "y_axis_format": dataset.metrics[first].format,
        "rich_tooltip": True,
        "show_legend": len(chart.metrics) > 1 or bool(chart.by),
        "legendOrientation": "top",
        "legendType": "scroll",
        "truncateYAxis": False,
        "x_axis_time_format": "%H:%M %d %b" if chart.grain == "PT1M" else "%d %b %Y",
        "tooltipTimeFormat": "%Y-%m-%d %H:%M" if chart.grain == "PT1M" else "%Y-%m-%d",
        "truncate_metric": True,
        "show_empty_columns": False,
        "comparison_type": "values",
        "annotation_layers": [],
        "orientation": "horizontal" if chart.sideways else "vertical",
        # Several metrics from the smallest to the largest: proven, likely, possible.
        "sort_series_type": "sum",
        "sort_series_ascending": len(chart.metrics) > 1,
    }
    if chart.order:
        drawn |= {"timeseries_limit_metric": chart.order.lstrip("-"), "order_desc": chart.order.startswith("-")}
    if chart.stack:
        drawn |= {"stack": "Stack"}
    if chart.grain:
        return drawn | {"time_grain_sqla": chart.grain}
    # Categories: in the order that the chart names, else in their own.
    by_metric = chart.order is not None and not chart.by
    return drawn | {
        "xAxisForceCategorical": True,
        "x_axis_sort": chart.order.lstrip("-") if by_metric and chart.order else chart.x,
        # Sideways the first one is at the bottom.
        "x_axis_sort_asc": not by_metric or chart.sideways,
        "xAxisLabelRotation": 0 if chart.sideways or not chart.order else 45,
        "xAxisLabelInterval": "0" if chart.order else "auto",
    }


def _number_format(name: str, column: Column) -> str | None:
    if name.endswith("_ratio"):
        return ".1%"
    if column.type.lower() == "double":
        return ",.1f"
    # An id that is a number is no quantity.
    return ",d" if column.type.lower() in ("bigint", "integer") and not name.endswith("_id") else None
