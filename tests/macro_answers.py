"""Answers to the queries of the macro cases by Spark: for .venv-spark's Python, for pytest runs where no Spark is.

Reads a JSON list of tables and queries and writes one of answers: ``python macro_answers.py QUESTIONS ANSWERS``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


def main(questions: Path, answers: Path) -> None:
    """Ask all in one session, which keeps nothing."""
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "false")  # as dbt-spark does
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    found = [ask(spark, **question) for question in json.loads(questions.read_text())]
    answers.write_text(json.dumps(found, default=str))
    spark.stop()


def ask(spark: SparkSession, columns: dict[str, str], rows: list[list[Any]], query: str) -> list[list[Any]]:
    """The rows that a query over some rows answers."""
    types = {name: re.sub(r"(.*)\[\]", r"array<\1>", data_type) for name, data_type in columns.items()}
    # Times and numbers with a fraction come as texts.
    as_they_are = ("array", "boolean", "bigint")
    read = {name: type_ if type_.startswith(as_they_are) else "string" for name, type_ in types.items()}
    schema = ", ".join(["n bigint", *(f"{name} {type_}" for name, type_ in read.items())])
    given = spark.createDataFrame([[number, *row] for number, row in enumerate(rows)], schema)
    casts = [f"cast({name} as {type_}) as {name}" for name, type_ in types.items()]
    given.selectExpr("n", *casts).createOrReplaceTempView("given")
    return [list(row) for row in spark.sql(query).collect()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
