"""The way of a report into the schema raw of the warehouse, or into Parquet for Spark."""
