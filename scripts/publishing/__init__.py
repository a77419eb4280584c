"""The copies of the marts: published, shared, in PostgreSQL, as Parquet, as CSV."""
