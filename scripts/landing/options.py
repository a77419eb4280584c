"""The options of the commands that land reports, and what they are checked for."""

from __future__ import annotations

import codecs
import os
import re
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import typer

from landing.outcome import FIRST_DATE, Given
from reports.date_formats import DATE_FORMATS
from reports.date_shapes import UNCLEAR_ZONES
from reports.dates import zones_called
from reports.files import SUFFIXES, find_reports
from warehouse.database import time_zones
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.raw import SAMPLE_SITE

SAMPLE_REPORTS = PROJECT_ROOT / "sample" / "reports"
# Python's codecs for names of hosts and for source code, which no file is written in.
NO_ENCODINGS = ("idna", "punycode", "unicode-escape", "raw-unicode-escape")
DEFAULT_REPORTS = PROJECT_ROOT / "reports"


def checked(given: Given, reports: Path | None = None) -> Given:
    """Check what was declared on the command line, and write down the command with it.

    Raises:
        typer.BadParameter: a value cannot be what it is meant to be.
    """
    site, time_zone, date_format, encoding = given.site_id, given.time_zone, given.date_format, given.encoding
    if site is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", site):
        raise typer.BadParameter("letters, digits, '.', '_' and '-' only", param_hint="--site")
    if site == SAMPLE_SITE:
        raise typer.BadParameter("that is the site of the committed sample", param_hint="--site")
    if time_zone is not None and (trouble := _trouble_of_zone(time_zone)):
        raise typer.BadParameter(trouble, param_hint="--time-zone")
    if date_format is not None and not _is_date_format(date_format):
        known = ", ".join(DATE_FORMATS)
        trouble = f"{date_format!r} is none of {known}, and no strptime format such as '%d %b %Y %H:%M'."
        if meant := _format_meant(date_format):
            trouble = f"{date_format!r} is no format of dates. Fix: DATE_FORMAT={meant}"
        raise typer.BadParameter(trouble, param_hint="--date-format")
    if encoding is not None and not _is_encoding(encoding):
        raise typer.BadParameter(f"{encoding!r} is no encoding such as cp1250 or utf-16", param_hint="--encoding")
    first, last = given.min_date, given.max_date
    if first is not None and last is not None and first > last:
        raise typer.BadParameter(f"{first} is after MAX_DATE={last}", param_hint="--min-date")
    named = {"REPORTS": reports, "SITE": site, "TIME_ZONE": time_zone, "DATE_FORMAT": date_format, "ENCODING": encoding}
    words = [f"{name}={shlex.quote(str(value))}" for name, value in named.items() if value is not None]
    return replace(given, command=" ".join([given.command, *words]))


def _trouble_of_zone(time_zone: str) -> str | None:
    """What is wrong with the name of a zone; None if nothing is."""
    # DuckDB takes BST for Asia/Dhaka.
    several = UNCLEAR_ZONES.get(time_zone.lower())
    if several is None and time_zone in time_zones():
        return None
    same = [name for name in time_zones() if name.lower() == time_zone.lower()]
    names = several or same or zones_called(time_zone)
    ways = " or ".join(f"TIME_ZONE={name}" for name in names)
    if several:
        return f"{time_zone!r} may be several zones. Fix: {ways}"
    if ways:
        return f"{time_zone!r} is no IANA time zone. Fix: {ways}"
    return f"{time_zone!r} is no IANA time zone such as Europe/Zurich"


def _day(written: str) -> date:
    """The day that an option names (typer's parser)."""
    try:
        return date.fromisoformat(written.strip())
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is no day: write it as 2024-05-13") from error


def _is_date_format(date_format: str) -> bool:
    if date_format in DATE_FORMATS:
        return True
    try:
        duckdb.connect().execute("select try_strptime('', ?)", [date_format])
    except duckdb.Error:
        return False
    return "%" in date_format


def _format_meant(date_format: str) -> str | None:
    """The name of a date format in other letters, such as DD/MM/YYYY, TT.MM.JJJJ or jj/mm/aaaa."""
    text = date_format.lower()
    # In French a day is a jour and a year an année, in German they are a Tag and a Jahr.
    text = text.translate(str.maketrans("ja", "dy") if "a" in text else str.maketrans("tj", "dy"))
    found = re.match(r"([dmy]+)([-/.])([dmy]+)\2([dmy]+)", text)
    if found is None:
        return None
    parts = [{"d": "dd", "m": "MM", "y": "yyyy"}[part[0]] for part in found.group(1, 3, 4)]
    if len(found[1]) == 2 and parts[0] == "yyyy":
        parts[0] = "yy"
    name = found[2].join(parts)
    return name if name in DATE_FORMATS else None


def _is_encoding(encoding: str) -> bool:
    # Of an empty text Python would not even look for the encoding.
    try:
        return codecs.lookup(encoding).name not in NO_ENCODINGS and bool("a".encode(encoding).decode(encoding))
    except (LookupError, ValueError):
        return False


SiteOption = Annotated[
    str | None,
    typer.Option(
        "--site", help="Key of the site that the reports belong to. Else the only one, or main.", envvar="SITE"
    ),
]
TimeZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone", help="IANA zone of the Date column. Else as declared before, or UTC.", envvar="TIME_ZONE"
    ),
]
DateFormatOption = Annotated[
    str | None,
    typer.Option(
        "--date-format",
        help=f"How dates are written: {', '.join(DATE_FORMATS)}, or a strptime format. Else found from the file.",
        envvar="DATE_FORMAT",
    ),
]
MinDateOption = Annotated[
    date | None,
    typer.Option(
        "--min-date",
        help=f"First day on which anything can have happened: {FIRST_DATE}.",
        envvar="MIN_DATE",
        parser=_day,
        metavar="DATE",
    ),
]
MaxDateOption = Annotated[
    date | None,
    typer.Option(
        "--max-date",
        help="Last such day. Default: the day after the load.",
        envvar="MAX_DATE",
        parser=_day,
        metavar="DATE",
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of reports without a mark, e.g. cp1250. Else found.", envvar="ENCODING"),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Land also the files that were removed, as declared now.", envvar="AGAIN")
]
TwinsOption = Annotated[
    bool,
    typer.Option(
        "--allow-twins",
        help="Load also what holds the activities of earlier reports in another form.",
        envvar="ALLOW_TWINS",
    ),
]
DeclareOption = Annotated[
    Literal["again", "once"] | None,
    typer.Option(
        "--declare",
        help="again: what is declared now replaces what was, and reports are loaded again. once: for this load alone.",
        envvar="DECLARE",
    ),
]
ReportsOption = Annotated[
    Path | None,
    typer.Option("--reports", envvar="REPORTS", help="Folder or file of reports. Default: reports/ or the sample."),
]


def choose_reports(reports: Path | None, given: Given) -> tuple[list[Path], Given]:
    """The reports to land: those of the folder, or the sample, as a site of its own, when ``reports/`` holds none.

    Raises:
        WarehouseError: a place was named and holds no report, or its folder cannot be looked into.
    """
    place = reports or DEFAULT_REPORTS
    if place.is_dir() and not os.access(place, os.R_OK | os.X_OK):
        # Else it would look as if it held no report, and the sample would take their place.
        raise WarehouseError(f"your user may not look into the folder {place}. Fix: give it the right to.")
    found = find_reports([str(place)]) if place.exists() else []
    if found:
        return found, replace(given, is_folder=place.is_dir())
    if reports is not None:
        raise WarehouseError(
            f"there is no report ({', '.join(SUFFIXES)}) in {reports}. Fix: REPORTS=… with the folder"
            " or the file of your reports."
        )
    return find_reports([str(SAMPLE_REPORTS)]), Given(SAMPLE_SITE, is_again=given.is_again, max_date=date.max)


LandingOption = Annotated[
    Path | None,
    typer.Option(
        "--landing", envvar="LANDING", help="Folder of the Parquet files. Default: SPARK_LANDING or warehouse/landing."
    ),
]
InLandingOption = Annotated[
    Path | None,
    typer.Option(
        "--landing",
        envvar="LANDING",
        exists=True,
        file_okay=False,
        help="Do it in this folder of Parquet files. Default: in the warehouse.",
    ),
]
