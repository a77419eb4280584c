"""Read one workbook, in a process of its own: the reader is native code, and a crafted workbook ends its process.

``list PATH`` prints the names of the sheets that hold something; ``write PATH NUMBER TARGET BYTES`` writes a sheet as
CSV, and prints the year that the workbook counts the days of its dates from, and which cells hold less than they show.
``reports.workbooks`` calls it, and sets how much memory and time it may take. It imports nothing of ours, because it
starts for each workbook.
"""

from __future__ import annotations

import csv
import json
import re
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
MOST_RANGES = 1000
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


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


def first_year_and_parts(parts: zipfile.ZipFile) -> tuple[int, list[str]]:
    """The year that a workbook counts days from, and the names of the parts of its sheets in their order.

    The reader knows the year of cells that are formatted as dates alone.
    """
    year, ids, targets = 1900, [], {}

    def look(name: str, attributes: dict[str, str]) -> None:
        nonlocal year
        tag = name.rpartition(":")[2]
        if tag == "workbookPr" and attributes.get("date1904", "").lower() in ("1", "true", "on"):
            year = 1904
        elif tag == "sheet":
            ids.append(next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), ""))
        elif tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "").lstrip("/").removeprefix("xl/")

    for part in parts.namelist():
        if part.lower().endswith(("workbook.xml", "workbook.xml.rels")):
            parser = expat.ParserCreate()
            parser.StartElementHandler = look
            with parts.open(part) as file:
                parser.ParseFile(file)
    return year, [f"xl/{targets.get(one, '')}" for one in ids]


def without_values(parts: zipfile.ZipFile, part: str) -> dict[str, list[str]]:
    """The cells of each column with a formula whose value no program has stored: the reader takes them for blank."""
    if part not in parts.namelist() or not _has_formulas(parts, part):
        return {}
    found: dict[str, list[str]] = {}
    cell, is_formula, value, is_in_value = "", False, "", False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, is_formula, value, is_in_value
        tag = name.rpartition(":")[2]
        if tag == "c":
            # An empty text is a value too.
            cell, is_formula, value = attributes.get("r", ""), False, attributes.get("t", "n").replace("n", "")
        is_formula = is_formula or tag == "f"
        is_in_value = tag == "v"

    def text(characters: str) -> None:
        nonlocal value
        value += characters if is_in_value else ""

    def end(name: str) -> None:
        nonlocal is_in_value
        is_in_value = False
        if name.rpartition(":")[2] == "c" and is_formula and not value:
            found.setdefault(cell.rstrip("0123456789"), []).append(cell)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    with parts.open(part) as file:
        parser.ParseFile(file)
    return found


def _has_formulas(parts: zipfile.ZipFile, part: str) -> bool:
    before = b""
    with parts.open(part) as file:
        while chunk := file.read(1 << 20):
            if FORMULA.search(before + chunk):
                return True
            before = chunk[-20:]
    return False


def read(command: str, path: str, *arguments: str) -> None:
    """One of the two commands."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

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
        hidden = [sheet.visible != SheetVisibleEnum.Visible for sheet in workbook.sheets_metadata]
        print(
            json.dumps(
                [
                    (number, names[number] + (" (hidden)" if hidden[number] else ""))
                    for number in held or range(min(1, len(names)))
                ]
            )
        )
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
    with zipfile.ZipFile(path) as parts:
        year, places = first_year_and_parts(parts)
        unknown = without_values(parts, places[int(number)]) if int(number) < len(places) else {}
    header = sheet.start[0] if sheet.start else 0
    merged = [range for range in sorted(sheet.merged_cell_ranges or []) if header < range[0][0] < range[1][0]]
    print(json.dumps({"year": year, "merged": merged[:MOST_RANGES], "unknown": unknown}))


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
