"""Answers of MetricFlow as JSON, many in one process, for each start takes seconds.

Run in the folder of a built project with a list of requests (the arguments of MetricFlowQueryRequest.create) as JSON.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def plain(value: object) -> float | str:
    """A value that JSON does not know: a decimal as a number, a time as text."""
    return float(value) if isinstance(value, Decimal) else str(value)


def main() -> None:
    """Print one list of rows per request."""
    configuration = CLIConfiguration()
    configuration.setup(configure_file_logging=False)
    answers = []
    for request in json.loads(sys.argv[1]):
        table = configuration.mf.query(MetricFlowQueryRequest.create(**request)).result_df
        assert table is not None
        answers.append([dict(zip(table.column_names, row, strict=True)) for row in table.rows])
    json.dump(answers, sys.stdout, default=plain)


if __name__ == "__main__":
    main()
