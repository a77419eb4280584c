"""Land activity reports: the command line of ``landing``.

Exit codes: 0 all landed, or left out as withdrawn; 1 something was rejected or refused, and said; 2 wrong usage.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from landing import DEFAULT_SITE, SAMPLE_SITE, Declaration, Landing, land_reports, withdraw_sample
from report_files import SUFFIXES, find_reports
from report_format import DATE_FORMATS
from warehouse import PROJECT_ROOT, WarehouseError, connect, in_words, warehouse_path

SAMPLE_REPORTS = PROJECT_ROOT / "sample" / "reports"
DEFAULT_REPORTS = PROJECT_ROOT / "reports"

# What a terminal takes for a command, or for another direction of the text.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def progress_bar(console: Console) -> Progress:
    """A progress bar in bytes, for loads that take long."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def printable(text: str) -> str:
    """A text of a file, for the terminal (rich markup): signs that would steer it are written out."""
    return escape(CONTROL.sub(lambda sign: repr(sign.group())[1:-1], text))


def describe(landing: Landing) -> str:
    """What became of a report, in words (rich markup)."""
    name = f"[bold]{printable(landing.name)}[/bold]"
    if landing.refusal is not None:
        return f"[red]refused[/red]  {name}: {printable(landing.refusal)}"
    if landing.already_landed_as is not None:
        twin = printable(landing.already_landed_as)
        return f"[dim]nothing new in {name}: the same bytes were landed as {twin}[/dim]"
    if landing.withdrawn_on is not None:
        return (
            f"[yellow]left out[/yellow] {name}: it was withdrawn on {landing.withdrawn_on}."
            " To land it again: make build AGAIN=1 (or load_reports.py --again)"
        )
    lines = [f"[green]landed[/green]   {name}: {landing.landed_count:,} {landing.unit}"]
    if landing.rejected_count > landing.harmless_count:
        lines[0] += f", [red]{landing.rejected_count - landing.harmless_count:,} rejected[/red]"
    if landing.harmless_count:
        lines[0] += f", {landing.harmless_count:,} set aside that are blank, a header or a forgotten person's"
    lines += [f"         {printable(note)}" for note in landing.notes]
    for record in landing.examples:
        where = f"record {record.record_number}"
        if record.column_name:
            where += f", column {record.column_name}"
        if record.value:
            where += f", value {record.value[:80]!r}"
        lines.append(f"         {printable(where)}: {printable(record.reason)}")
    if landing.rejected_count - landing.harmless_count > len(landing.examples):
        lines.append("         … the rest in raw.rejected_records")
    return "\n".join(lines)


def land_with_progress(
    connection: duckdb.DuckDBPyConnection,
    paths: list[Path],
    declaration: Declaration,
    console: Console,
) -> list[Landing]:
    """Land files, show a progress bar while it lasts, and print what became of each."""
    landings = []
    with progress_bar(console) as progress:
        for landing in land_reports(connection, paths, declaration, progress):
            landings.append(landing)
            console.print(describe(landing), highlight=False)
    if withdraw_sample(connection):
        console.print("The sample was taken out of the warehouse: now it holds your own reports.")
    return landings


def declared(site: str, time_zone: str, date_format: str | None, encoding: str | None, again: bool) -> Declaration:
    """Check what was declared on the command line.

    Raises:
        typer.BadParameter: a value cannot be what it is meant to be.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", site):
        raise typer.BadParameter("letters, digits, '.', '_' and '-' only", param_hint="--site")
    if site == SAMPLE_SITE:
        raise typer.BadParameter("that is the site of the committed sample", param_hint="--site")
    zones = duckdb.connect().execute("select 1 from pg_timezone_names() where name = ?", [time_zone])
    if not zones.fetchone():
        raise typer.BadParameter(f"{time_zone!r} is no IANA time zone such as Europe/Zurich", param_hint="--time-zone")
    if date_format is not None and not _is_date_format(date_format):
        raise typer.BadParameter(
            f"one of {', '.join(DATE_FORMATS)}, or a strptime format such as '%d %b %Y %H:%M'",
            param_hint="--date-format",
        )
    if encoding is not None and not _is_encoding(encoding):
        raise typer.BadParameter(f"{encoding!r} is no encoding such as cp1250 or utf-16", param_hint="--encoding")
    return Declaration(site, time_zone, date_format, encoding, again)


def _is_date_format(date_format: str) -> bool:
    if date_format in DATE_FORMATS:
        return True
    try:
        duckdb.connect().execute("select try_strptime('', ?)", [date_format])
    except duckdb.Error:
        return False
    return "%" in date_format


def _is_encoding(encoding: str) -> bool:
    try:
        return isinstance(b"".decode(encoding), str)
    except (LookupError, UnicodeError):
        return False


SiteOption = Annotated[str, typer.Option("--site", help="Key of the site that the reports belong to.", envvar="SITE")]
TimeZoneOption = Annotated[str, typer.Option("--time-zone", help="IANA zone of the Date column.", envvar="TIME_ZONE")]
DateFormatOption = Annotated[
    str | None,
    typer.Option(
        "--date-format",
        help=f"How dates are written: {', '.join(DATE_FORMATS)}, or a strptime format. Else found from the file.",
        envvar="DATE_FORMAT",
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of reports without a mark, e.g. cp1250. Else found.", envvar="ENCODING"),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Land also the files that were withdrawn, as declared now.", envvar="AGAIN")
]
ReportsOption = Annotated[
    Path | None,
    typer.Option("--reports", envvar="REPORTS", help="Folder or file of reports. Default: reports/ or the sample."),
]


def choose_reports(reports: Path | None, declaration: Declaration) -> tuple[list[Path], Declaration]:
    """The reports to land: those of the folder, or the sample, as a site of its own, when ``reports/`` holds none.

    Raises:
        WarehouseError: a place was named and holds no report.
    """
    place = reports or DEFAULT_REPORTS
    found = find_reports([str(place)]) if place.exists() else []
    if found:
        return found, declaration
    if reports is not None:
        raise WarehouseError(
            f"there is no report ({', '.join(SUFFIXES)}) in {reports}. Cure: REPORTS=… with the folder"
            " or the file of your reports."
        )
    return find_reports([str(SAMPLE_REPORTS)]), Declaration(site_id=SAMPLE_SITE, is_again=declaration.is_again)


PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…",
        help=f"Files, folders and globs of reports ({', '.join(SUFFIXES)}); - for standard input.",
    ),
]


def main(
    paths: PathsArgument,
    database: Annotated[
        Path | None,
        typer.Option(
            "--database",
            help="Warehouse file. Default: WAREHOUSE_PATH or warehouse/activity.duckdb.",
        ),
    ] = None,
    site: SiteOption = DEFAULT_SITE,
    time_zone: TimeZoneOption = "UTC",
    date_format: DateFormatOption = None,
    encoding: EncodingOption = None,
    again: AgainOption = False,
) -> None:
    """Land activity reports in the warehouse.

    Exit codes: 0 all landed, or left out as withdrawn; 1 something was rejected or refused, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    declaration = declared(site, time_zone, date_format, encoding, again)
    try:
        reports = find_reports(paths)
    except FileNotFoundError as error:
        raise typer.BadParameter(f"there is no file, folder or match for {str(error)!r}") from error
    if not reports:
        raise typer.BadParameter(f"no report ({', '.join(SUFFIXES)}) in {', '.join(paths)}")
    try:
        with connect(database or warehouse_path()) as connection:
            landings = land_with_progress(connection, reports, declaration, console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        console.print(f"[red]Not landed to the end: {escape(in_words(error))}[/red]")
        raise typer.Exit(1) from error
    raise typer.Exit(0 if all(landing.is_clean for landing in landings) else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
