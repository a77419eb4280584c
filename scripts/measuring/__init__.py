"""Measurements of the project: attendance against the truth, Spark against DuckDB."""
