"""Landing, dbt, publishing and the page, one after the other."""
