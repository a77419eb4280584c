"""Remove a report from a landing in Parquet: what ``removal.remove`` does to a warehouse."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from landing.parquet import writing
from landing.parquet_files import MARKS, partition, place, take_out, write_parquet
from removal.remove import Report, find_report, remove
from warehouse.command_line import one_line


def remove_from_landing(root: Path, wanted: str, console: Console, *, is_dry_run: bool) -> None:
    """Take a report out of a landing, and say so; a dry run only says which one is meant.

    Raises:
        WarehouseError: none is meant, or several are.
    """
    report = remove_from(root, wanted, is_dry_run=is_dry_run)
    if is_dry_run:
        console.print(f"{one_line(str(report))}\nNothing was changed.")
        return
    console.print(f"[green]Removed[/green] from the landing: {one_line(str(report))}")
    console.print("It goes from the marts with the next dbt build --target spark.")


def remove_from(root: Path, wanted: str, *, is_dry_run: bool = False) -> Report:
    """Take a report out of a landing, and remember its bytes, so that the next landing leaves its file out.

    A dry run does neither.

    Raises:
        WarehouseError: none is meant, or several are.
    """
    with writing(root) as connection:
        report = find_report(connection, wanted, Path(f"{root}.scratch-published"))
        if report.removed_at is None and not is_dry_run:
            remove(connection, report)
            mark = Path(f"{root}.scratch-mark")
            write_parquet(connection, MARKS, "report_id", report.report_id, mark)
            # From here on the next command would do the rest.
            place(mark, partition(root, MARKS, report.site_id, report.report_id))
            take_out(root, report.site_id, report.report_id)
    return report
