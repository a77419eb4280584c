"""Read one workbook, in a process of its own: the reader is native code, and a crafted workbook ends its process.

``list PATH`` prints the names of the sheets that hold something; ``write PATH NUMBER TARGET BYTES`` writes a sheet as
CSV, and prints the year that the workbook counts the days of its dates from, which cells hold less than they show, and
which are errors, or of a kind that a spreadsheet makes of other texts.
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
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

UNREADABLE, TOO_LARGE, TOO_MANY = 3, 4, 5
# Each is read by a process of its own, and a list can name one part of some kilobytes many times.
MOST_SHEETS = 100
# No program for spreadsheets writes a row behind it; the reader would make empty rows up to the one that a file claims.
MOST_ROWS = 1 << 20
MOST_RANGES = 1000
LONGEST_ERROR = 20
# Kinds of cells that a spreadsheet makes of other texts.
KINDS = {**dict.fromkeys((date, datetime, time, timedelta), "dates"), bool: "truths"}
# The formats of numbers that are the same in all workbooks. Others are in a workbook, also those of dates.
FORMATS = {3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 48: "##0.0E+0"}
FORMATS |= dict.fromkeys((*range(5, 9), *range(37, 45)), "#,##0")
# In a format: words, colours and languages, and blanks; and what says no more than how many decimals there are.
# A sign of NOT_SHOWN or a semicolon in words takes their end with it.
NOT_SHOWN, WORDS = re.compile(r"\[(?!\$[^\]-])[^\]]*\]|[_*].|\\?\s"), re.compile(r'"[^"]*(?:"|$)|\[[^\]]*\]|\\.')
PLAIN_OR_DATE = re.compile(r"general|@|[#?]*0?(\.[0#?]+)?|.*[ymdhs].*", re.IGNORECASE | re.DOTALL)
FORMULA_OR_ERROR = rb"<(?:\w+:)?f[ />]|\st=[\"']e[\"']"


def limit(memory: int, seconds: int) -> None:
    """Take no more memory and processor time than that, where the system can see to it."""
    try:
        import resource
    except ImportError:  # pragma: no cover (Windows)
        return
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
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
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)


def formatted(number: float, code: str) -> tuple[str, str | None]:
    """The text of a number as its format shows it, and its kind if a spreadsheet may have made it of another text."""
    text = cell_text(number)
    shown = WORDS.sub("", code)
    if "%" in shown:
        # How many decimals the text had is lost.
        return f"{100 * number:.15G}%", None
    if re.fullmatch("00+", code) and text.isdecimal():
        return text.zfill(len(code)), "zeros"
    return text, "powers" if re.search("E[+-]", shown) else "numbers"


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


def codes_of_styles(parts: zipfile.ZipFile) -> dict[str, str]:
    """The formats of numbers, by the style of their cells, that say more than how many decimals there are."""
    formats, ids, is_of_cells = {str(one): code for one, code in FORMATS.items()}, [], False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_of_cells
        tag = name.rpartition(":")[2]
        is_of_cells = tag == "cellXfs" or (is_of_cells and tag != "cellStyles")
        if tag == "numFmt":
            shown = NOT_SHOWN.sub("", attributes.get("formatCode", "").split(";")[0])
            formats[attributes.get("numFmtId", "")] = shown
        elif tag == "xf" and is_of_cells:
            ids.append(attributes.get("numFmtId", ""))

    if "xl/styles.xml" in parts.namelist():
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        with parts.open("xl/styles.xml") as file:
            parser.ParseFile(file)
    codes = {str(style): formats.get(one, "") for style, one in enumerate(ids)}
    return {style: code for style, code in codes.items() if not PLAIN_OR_DATE.fullmatch(WORDS.sub("$", code))}


@dataclass
class Beside:
    """What a sheet says beside the values that the reader gives.

    Attributes:
        unknown: the cells of each column with a formula whose value no program has stored: the reader makes them blank.
        errors: by row and column from 0 on, the errors such as #REF!, which it makes blank too.
        codes: by row and column, the formats of numbers (``codes_of_styles``).
    """

    unknown: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    codes: dict[int, dict[int, str]] = field(default_factory=dict)

    def keep_code(self, row: int, column: int, code: str | None) -> None:
        """Keep the format of a cell, if it has one that says more."""
        if code is not None:
            self.codes.setdefault(row, {})[column] = code


def beside_values(parts: zipfile.ZipFile, part: str) -> Beside:
    """Look for formulas without a value, for errors, and for formats of numbers."""
    found, codes = Beside(), codes_of_styles(parts)
    styles = rb"|\ss=[\"'](?:%s)[\"']" % "|".join(codes).encode() if codes else b""
    if part not in parts.namelist() or not _holds(parts, part, re.compile(FORMULA_OR_ERROR + styles)):
        return found
    row, column, is_formula, kind, value, is_in_value = -1, -1, False, "", "", False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, is_formula, kind, value, is_in_value
        tag = name.rpartition(":")[2]
        if tag == "row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
        elif tag == "c":
            column = place_of(attributes["r"]) if "r" in attributes else column + 1
            is_formula, kind, value = False, attributes.get("t", "n"), ""
            found.keep_code(row, column, codes.get(attributes.get("s", "")))
        is_formula = is_formula or tag == "f"
        is_in_value = tag == "v"

    def text(characters: str) -> None:
        nonlocal value
        value += characters if is_in_value else ""

    def end(name: str) -> None:
        nonlocal is_in_value
        is_in_value = False
        if name.rpartition(":")[2] != "c":
            return
        # An empty text is a value too.
        if is_formula and not value and kind == "n":
            found.unknown.setdefault(letters(column), []).append(f"{letters(column)}{row + 1}")
        if kind == "e":
            found.errors.setdefault(row, {})[column] = value[:LONGEST_ERROR]

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    with parts.open(part) as file:
        parser.ParseFile(file)
    return found


def letters(place: int) -> str:
    """The name of a column."""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def place_of(cell: str) -> int:
    """The place of the column of a cell such as AB12."""
    place = 0
    for letter in cell.rstrip("0123456789"):
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _holds(parts: zipfile.ZipFile, part: str, pattern: re.Pattern[bytes]) -> bool:
    before = b""
    with parts.open(part) as file:
        while chunk := file.read(1 << 20):
            if pattern.search(before + chunk):
                return True
            before = chunk[-20:]
    return False


# How many cells of each column are odd, and the first with its text.
Odd = dict[str, tuple[int, str, str]]


def add(odd: Odd, row: int, column: int, text: str) -> None:
    """Count a cell."""
    name = letters(column)
    count, first, shown = odd.get(name, (0, f"{name}{row + 1}", text))
    odd[name] = (count + 1, first, shown)


def write_cells(sheet: Any, beside: Beside, target: Path, most: int) -> dict[str, Odd]:
    """Write a sheet as CSV, and count the cells of each kind that is to be said."""
    odd: dict[str, Odd] = {}
    # The rows begin at the first, and their cells where the first column with a cell is.
    before = [""] * (sheet.start[1] if sheet.start else 0)
    with target.open("w", encoding="utf-8", newline="") as copy:
        # With \n alone Python 3.11 would not quote a \r in a cell.
        writer = csv.writer(copy, lineterminator="\r\n")
        for place, row in enumerate(sheet.iter_rows()):
            texts = before + [cell_text(cell) for cell in row]
            for column, error in beside.errors.get(place, {}).items():
                if column < len(texts) and not texts[column]:
                    texts[column] = error
                    add(odd.setdefault("errors", {}), place, column, error)
            for column, cell in enumerate(row, len(before)):
                if type(cell) in KINDS:
                    add(odd.setdefault(KINDS[type(cell)], {}), place, column, texts[column])
            for column, code in beside.codes.get(place, {}).items():
                if len(before) <= column < len(texts) and isinstance(cell := row[column - len(before)], float):
                    texts[column], kind = formatted(cell, code)
                    if kind:
                        add(odd.setdefault(kind, {}), place, column, texts[column])
            writer.writerow(texts)
            if copy.tell() > most:
                sys.exit(TOO_LARGE)
    return odd


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
    with zipfile.ZipFile(path) as parts:
        year, places = first_year_and_parts(parts)
        beside = beside_values(parts, places[int(number)]) if int(number) < len(places) else Beside()
    odd = write_cells(sheet, beside, Path(target), int(most))
    header = sheet.start[0] if sheet.start else 0
    merged = [range for range in sorted(sheet.merged_cell_ranges or []) if header < range[0][0] < range[1][0]]
    print(json.dumps({"year": year, "merged": merged[:MOST_RANGES], "odd": odd, "unknown": beside.unknown}))


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
