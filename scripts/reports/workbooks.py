"""Workbooks, each read by a process of its own with limits (``reports.workbook_child``).

The reader of workbooks is native code. A crafted file of some kilobytes makes it ask for more memory than there is,
and the system ends its process: that may not be ours, because the next report has to load.
"""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from reports.columns import ACTIVITY_REPORT, REPORT_KINDS, USERS_REPORT
from reports.ids import ID_COLUMNS
from reports.text import ReportRefused
from reports.workbook_child import MOST_SHEETS, TOO_LARGE, TOO_MANY, UNREADABLE, letters
from warehouse.command_line import counted

CHILD = Path(__file__).with_name("workbook_child.py")
# A sheet of a million rows and twelve columns takes 1.3 GB and 20 s.
MEMORY_BYTES = 4 << 30
SECONDS = 120
# Where the system does not count processor time.
_PATIENCE = 10 * SECONDS
ERROR_NOTE = (
    "an error of the spreadsheet is in {count} of its column {title}, first in {first}: {shown}. Fix: load the"
    " report as it was downloaded"
)
CELL_NOTE = (
    "{what} is in {count} of its column {title}, first in {first}, and was read as {shown}. A spreadsheet makes such of"
    " texts like {text}. Fix: if it did, load the report as it was downloaded"
)
# What is said of each kind of cells, and a text of which a spreadsheet makes one.
CELLS = {
    "dates": ("a date or a time", "1/2"),
    "truths": ("TRUE or FALSE", "True"),
    "zeros": ("a number with the format of leading zeros", "0012"),
    "powers": ("a number with a power of ten", "1E5"),
    "numbers": ("a number with the format of a currency, of thousands or the like", "1,234"),
}
# From the first day of workbooks that count from 1900 to that of others, which old Excels for the Mac made.
DAYS_TO_1904 = 1462
SERIAL = re.compile(r"([0-9]{5})((?:[.,][0-9]+)?(?: .*)?)")
_OUT_OF_TIME = {-getattr(signal, name) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)}


@dataclass
class Sheet:
    """What is found in a sheet while it is written as CSV.

    Attributes:
        notes: what is to be said of its cells.
        has_dates: whether the column of the date of an activity holds cells that are dates.
    """

    notes: list[str] = field(default_factory=list)
    has_dates: bool = False


def sheets_of(path: Path) -> list[tuple[int, str]]:
    """Number and name of each sheet that holds something, or of the first if none does.

    Raises:
        ReportRefused: the workbook cannot be read within the limits.
    """
    return [(int(number), str(name)) for number, name in json.loads(_run("list", str(path)))]


def write_sheet(path: Path, number: int, most: int, sheet: Sheet, target: Path) -> None:
    """Write a sheet as CSV.

    Args:
        path: the workbook.
        number: the place of the sheet.
        most: more bytes than these no report has.
        sheet: where to put what is found in it.
        target: where to write it.

    Raises:
        ReportRefused: the workbook cannot be read within the limits, or cells of it hold less than they show.
    """
    found = json.loads(_run("write", str(path), str(number), str(target), str(most)))
    number, header = _first_row(target)
    places = {letters(place): header[place] for kind in REPORT_KINDS for place in kind.columns_of(header).values()}
    _refuse_hollow(number, places, found["merged"], found["unknown"])
    odd = found["odd"]
    dates = {letters(place) for place in _places_of_dates(header)}
    ids = {
        letters(place) for kind in REPORT_KINDS for name, place in kind.columns_of(header).items() if name in ID_COLUMNS
    }
    # A number stands for itself where a number or a day is wanted.
    usual = {"dates": dates, "powers": dates, "numbers": dates | ids}
    date = ACTIVITY_REPORT.columns_of(header).get("date")
    sheet.has_dates = date is not None and letters(date) in odd.get("dates", {})
    sheet.notes = _notes(places, odd.get("errors", {}), ERROR_NOTE.format)
    for kind, (what, text) in CELLS.items():
        cells = {cell: them for cell, them in odd.get(kind, {}).items() if cell not in usual.get(kind, ())}
        sheet.notes += _notes(places, cells, partial(CELL_NOTE.format, what=what, text=text))
    if found["year"] != 1900:
        _count_from_1900(target)


def _first_row(sheet: Path) -> tuple[int, list[str]]:
    """The number and the cells of the first row that is not blank."""
    with sheet.open(encoding="utf-8", newline="") as file:
        return next(((number, row) for number, row in enumerate(csv.reader(file), 1) if any(row)), (0, []))


def _refuse_hollow(
    header_number: int, known: dict[str, str], merged: list[list[list[int]]], unknown: dict[str, list[str]]
) -> None:
    """Raise ReportRefused if records would land without what the sheet shows of them, such as their user.

    Args:
        header_number: the row of the header.
        known: the titles of the known columns, by their letters.
        merged: the first and the last cell of each range below the header that takes several rows.
        unknown: by the letters of a column, the cells with a formula and no value.
    """
    for (top, left), (bottom, right) in merged:
        if any(letters(place) in known for place in range(left, right + 1)):
            raise ReportRefused(
                f"its cells {letters(left)}{top + 1}:{letters(right)}{bottom + 1} are merged, so that only the first"
                " of these records has their value. Fix: load the report as it was downloaded; or unmerge its cells and"
                " fill in the blank ones."
            )
    titles = [cell for column, cells in unknown.items() for cell in cells if cell == f"{column}{header_number}"]
    for cells in (titles, *(unknown.get(column, []) for column in known)):
        if cells:
            more = f" and {len(cells) - 1:,} more" if len(cells) > 1 else ""
            raise ReportRefused(
                f"no value is stored of the formula in its cell {cells[0]}{more}: its program calculates none."
                " Fix: open it in Excel or LibreOffice and save it; or load the report as it was downloaded."
            )


def _notes(known: dict[str, str], odd: dict[str, tuple[int, str, str]], say: Callable[..., str]) -> list[str]:
    """What is said of the odd cells of each known column: their number, and the first with its text."""
    return [
        say(count=counted(count, "cell"), title=known[column], first=first, shown=repr(shown))
        for column, (count, first, shown) in odd.items()
        if column in known
    ]


def _count_from_1900(sheet: Path) -> None:
    """Let the numbers in the columns of dates count days as other workbooks do: the loader reads them so."""
    counted = sheet.with_name(f"{sheet.name}.counted")
    places: set[int] = set()
    with sheet.open(encoding="utf-8", newline="") as file, counted.open("w", encoding="utf-8", newline="") as copy:
        writer = csv.writer(copy, lineterminator="\r\n")
        for row in csv.reader(file):
            places = places or _places_of_dates(row)
            for place in places:
                if place < len(row) and (serial := SERIAL.fullmatch(row[place])):
                    row[place] = f"{int(serial[1]) + DAYS_TO_1904}{serial[2]}"
            writer.writerow(row)
    counted.replace(sheet)


def _places_of_dates(header: list[str]) -> set[int]:
    """The places of the dates of either kind of report in a header; none in another row."""
    columns = {**USERS_REPORT.columns_of(header), **ACTIVITY_REPORT.columns_of(header)}
    return {columns[name] for name in ("date", "date_created", "date_last_login") if name in columns}


def _run(*words: str) -> str:
    command = [sys.executable, "-I", str(CHILD), str(MEMORY_BYTES), str(SECONDS), *words]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ReportRefused(_too_much(f"more than {_PATIENCE} s")) from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode == UNREADABLE:
        said = (done.stderr.strip().splitlines() or ["it is damaged"])[-1]
        if " " not in said:
            # The reader gives the name of what it looked for, and no more.
            said = f"a part of it is missing or cut off ({said[:100]})"
        raise ReportRefused(
            f"it is no workbook that can be read: {said}. Fix: save it again as .xlsx or as 'CSV UTF-8'."
        )
    if done.returncode == TOO_MANY:
        raise ReportRefused(
            f"it has {done.stderr.strip()} sheets; more than {MOST_SHEETS} are not read. Fix: save those with reports"
            " as 'CSV UTF-8'."
        )
    if done.returncode == TOO_LARGE:
        raise ReportRefused(_too_much("many times more bytes than the file has"))
    if done.returncode in _OUT_OF_TIME:
        raise ReportRefused(_too_much(f"more than {SECONDS} s"))
    raise ReportRefused(_too_much(f"more than {MEMORY_BYTES >> 30} GB of memory"))


def _too_much(what: str) -> str:
    return (
        f"reading this workbook takes {what}: no report does. Fix: delete what stands far below and to the right of the"
        " report, or save it as 'CSV UTF-8'."
    )
