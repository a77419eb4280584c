"""Withdraw a report from a landing in Parquet: what ``withdraw`` does to a warehouse.

Exit codes: 0 withdrawn; 1 not, and said; 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path

from landing.parquet import writing
from landing.parquet_files import MARKS, partition, place, take_out, write_parquet
from removal.withdraw import Report, find_report, withdraw


def withdraw_from(root: Path, wanted: str) -> Report:
    """Take a report out of a landing, and remember its bytes, so that the next landing leaves its file out.

    Raises:
        WarehouseError: none is meant, or several are.
    """
    with writing(root) as connection:
        report = find_report(connection, wanted, Path(f"{root}.scratch-published"))
        if report.withdrawn_at is None:
            withdraw(connection, report)
            mark = Path(f"{root}.scratch-mark")
            write_parquet(connection, MARKS, "report_id", report.report_id, mark)
            # From here on the next command would do the rest.
            place(mark, partition(root, MARKS, report.site_id, report.report_id))
            take_out(root, report.site_id, report.report_id)
    return report
