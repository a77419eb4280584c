"""Read one workbook, in a process of its own: the reader is native code, and a crafted workbook ends its process.

``list PATH`` prints the names of the sheets that hold something; ``write PATH NUMBER TARGET BYTES`` writes a sheet as
CSV, and prints the year that the workbook counts the days of its dates from. ``reports.workbooks`` calls it, and sets
how much memory and time it may take. It imports nothing of ours, because it starts for each workbook.
"""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.parsers import expat

UNREADABLE, TOO_LARGE, TOO_MANY = 3, 4, 5
# Each is read by a process of its own, and a list can name one part of some kilobytes many times.
MOST_SHEETS = 100
# No program for spreadsheets writes a row behind it; the reader would make empty rows up to the one that a file claims.
MOST_ROWS = 1 << 20


def limit(memory: int, seconds: int) -> None:
    """Take no more memory and processor time than that, where the system can see to it."""
    try:
        import resource
    except ImportError:  # pragma: no cover (Windows)
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        # A system may know a limit and not set it.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def cell_text(cell: object) -> str:
    """A cell as the report would have it. Excel keeps a number as a float, and a time as a fraction of a day."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        # Excel keeps 15 digits. A longer id has lost the others, and this is how the loader is to see it.
        return f"{cell:.15G}"
    if isinstance(cell, datetime):
        half_a_second = timedelta(microseconds=500_000)
        if cell < datetime.max - half_a_second:
            cell += half_a_second
        return cell.replace(microsecond=0).isoformat(" ")
    if isinstance(cell, date):
        return f"{cell.isoformat()} 00:00:00"
    return str(cell)


def refuse_broken_parts(path: str) -> None:
    """Refuse a workbook with a part that is not well-formed: the reader leaves out rows behind a wrong tag.

    Raises:
        ValueError: with the part, and where it is broken.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.endswith(".xml"):
                with parts.open(name) as part:
                    try:
                        expat.ParserCreate().ParseFile(part)
                    except expat.ExpatError as error:
                        raise ValueError(f"its part {name[:100]} is broken, {error}") from error


def first_year(path: str) -> int:
    """The year that a workbook counts days from. The reader knows it of cells that are formatted as dates alone."""
    found = 1900

    def look(name: str, attributes: dict[str, str]) -> None:
        nonlocal found
        if name.rpartition(":")[2] == "workbookPr" and attributes.get("date1904", "").lower() in ("1", "true", "on"):
            found = 1904

    with zipfile.ZipFile(path) as parts:
        for part_name in parts.namelist():
            if part_name.lower().endswith("workbook.xml"):
                parser = expat.ParserCreate()
                parser.StartElementHandler = look
                with parts.open(part_name) as part:
                    parser.ParseFile(part)
    return found


def read(command: str, path: str, *arguments: str) -> None:
    """One of the two commands."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    if command == "list":
        names = workbook.sheet_names
        if len(names) > MOST_SHEETS:
            print(f"{len(names):,}", file=sys.stderr)
            sys.exit(TOO_MANY)
        refuse_broken_parts(path)
        # Older Excels made three sheets, and two stay empty.
        held = [
            number
            for number in range(len(names))
            if len(names) == 1 or workbook.get_sheet_by_index(number).end is not None
        ]
        print(json.dumps([(number, names[number]) for number in held or range(min(1, len(names)))]))
        return
    number, target, most = arguments
    sheet = workbook.get_sheet_by_index(int(number))
    if sheet.total_height > MOST_ROWS:
        sys.exit(TOO_LARGE)
    # The rows begin at the first, and their cells where the first column with a cell is.
    before = [""] * (sheet.start[1] if sheet.start else 0)
    with Path(target).open("w", encoding="utf-8", newline="") as copy:
        # With \n alone Python 3.11 would not quote a \r in a cell.
        writer = csv.writer(copy, lineterminator="\r\n")
        for row in sheet.iter_rows():
            writer.writerow(before + [cell_text(cell) for cell in row])
            if copy.tell() > int(most):
                sys.exit(TOO_LARGE)
    print(first_year(path))


if __name__ == "__main__":
    memory, seconds, *words = sys.argv[1:]
    limit(int(memory), int(seconds))
    try:
        read(*words)
    except SystemExit:
        raise
    except BaseException as error:
        # A panic of the reader is no Exception: its class is known by its name alone.
        if isinstance(error, (MemoryError, KeyboardInterrupt)):
            raise
        said, kind = str(error), type(error).__name__
        if kind == "WorksheetNotFound":
            said = f"its list names the sheet {said[:100]}, which is not in it"
        print(said or kind, file=sys.stderr)
        sys.exit(UNREADABLE)
