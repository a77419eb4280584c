"""What the tests share: the loader and dbt as a user runs them, on a warehouse of the test's own."""

from __future__ import annotations
