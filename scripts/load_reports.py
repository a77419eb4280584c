"""Land activity reports in the warehouse, and lose nothing.

Every record of every file ends in ``raw.activities`` word for word, or in ``raw.rejected_records`` with the reason.
One file is one transaction, and the same bytes are never landed twice. Parsing is DuckDB's: no record passes through
Python. The loader knows how a report is written (``report_format``) and nothing of what its activities mean.
"""

from __future__ import annotations

import glob
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from report_format import (
    COLUMN_ALIASES,
    DATE_FORMATS,
    DEFAULT_DATE_FORMAT,
    ReportFormat,
    ReportRefused,
    blank_rows,
    read_format,
)
from warehouse import RAW_TABLES, WarehouseError, connect, warehouse_path

DEFAULT_SITE = "main"
REPORT_SUFFIXES = (".csv", ".csv.gz")
EXAMPLES_SHOWN = 5

# What DuckDB says of a record that it cannot read, and what that means to the owner of the file.
REASONS = {
    "MISSING COLUMNS": "it has too few fields. Cure: see whether the line is cut off or a line break lost its quotes.",
    "TOO MANY COLUMNS": "it has too many fields. Cure: put the field that holds the delimiter in double quotes.",
    "UNQUOTED VALUE": (
        "a double quote is not closed, or stands alone inside a quoted field, so that the record runs on."
        " Cure: close it, or write it twice."
    ),
    "INVALID ENCODING": "it is not in UTF-8. Cure: save the file as 'CSV UTF-8'.",
    "LINE SIZE OVER MAXIMUM": "it is longer than 2 MB. Cure: see whether a double quote is not closed.",
}

STAGE = """
create or replace temp table staged as
select * from read_csv(
    $path,
    auto_detect = false,
    header = true,
    delim = $delimiter,
    quote = '"',
    escape = '"',
    encoding = $encoding,
    columns = {columns},
    force_not_null = {names},
    store_rejects = true,
    rejects_limit = 0
)
"""

# Several faults of one record are one rejected record: the first fault names it.
STAGE_MALFORMED = """
create or replace temp table malformed as
with faults as (
    select
        line - 1 - (select count(*) from unnest($blank_rows::bigint[]) as blank(row_number)
            where blank.row_number < line) as record_number,
        min_by(error_type, coalesce(column_idx, 0)) as error_type,
        min_by(column_name, coalesce(column_idx, 0)) as column_name,
        min_by(error_message, coalesce(column_idx, 0)) as error_message,
        any_value(csv_line) as record_text
    from reject_errors
    group by line
)
select *, row_number() over (order by record_number) as fault_number from faults
"""

# A record's number is its place among the records that could be read, moved on by those before it that could not.
# The row ids of a temporary table follow the file. (row_number() would end the parallelism: 13.9 s for 8.1 s.)
NUMBERED = """
with shifts as (
    select record_number - fault_number as readable_before, max(fault_number) as shift
    from malformed group by 1
),
numbered as (
    select staged.rowid + 1 + coalesce(shifts.shift, 0) as record_number, staged.*
    from staged asof left join shifts on staged.rowid >= shifts.readable_before
)
"""
NUMBERED_WHOLE = "with numbered as (select rowid + 1 as record_number, * from staged)"


@dataclass(frozen=True)
class RejectedRecord:
    """A record that could not be landed, as the user is shown it."""

    record_number: int
    column_name: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Landing:
    """What became of one file: landed, already landed, or refused as a whole with the reason."""

    path: Path
    landed_count: int = 0
    rejected_count: int = 0
    examples: list[RejectedRecord] = field(default_factory=list)
    already_landed_as: str | None = None
    refusal: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the file was rejected or refused."""
        return self.refusal is None and self.rejected_count == 0


@dataclass(frozen=True)
class Declaration:
    """What is declared of the files of one load, because no file tells it.

    Attributes:
        site_id: the site that the reports belong to.
        time_zone: IANA zone of the Date column.
        date_format: a name in ``DATE_FORMATS``, a strptime format, or None to find it from the file.
    """

    site_id: str = DEFAULT_SITE
    time_zone: str = "UTC"
    date_format: str | None = None


def find_reports(patterns: list[str]) -> list[Path]:
    """The report files that files, folders and globs name, each once, in the order of their paths.

    Raises:
        FileNotFoundError: a path names nothing.
    """
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and _is_report(file))
        elif path.is_file():
            found.add(path)
        else:
            matches = [Path(match) for match in glob.glob(pattern, recursive=True)]  # noqa: PTH207 (takes absolute patterns)
            if not matches:
                raise FileNotFoundError(pattern)
            found.update(file for file in matches if file.is_file())
    return sorted(found)


def land_reports(
    connection: duckdb.DuckDBPyConnection,
    paths: list[Path],
    declaration: Declaration,
    progress: Progress | None = None,
) -> Iterator[Landing]:
    """Land files one by one, each in a transaction of its own, and tell of each what became of it.

    A file that cannot be landed as a whole is refused and the next one follows; after a crash the warehouse holds
    the files that were finished, and the same call lands the rest.
    """
    connection.execute(RAW_TABLES)
    total = sum(path.stat().st_size for path in paths)
    task = progress.add_task("Landing", total=total) if progress else None
    done = 0
    for path in paths:
        size = path.stat().st_size

        def show(share: float, done: int = done, size: int = size) -> None:
            if progress is not None and task is not None:
                progress.update(task, completed=done + share * size)

        try:
            yield _land_report(connection, path, declaration, show)
        except ReportRefused as refused:
            yield Landing(path, refusal=str(refused))
        except duckdb.Error as error:
            yield Landing(path, refusal=_first_line(error))
        done += size
        show(0.0, done, 0)


def _land_report(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    declaration: Declaration,
    show: Callable[[float], None],
) -> Landing:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    twin = connection.execute("select file_name from raw.reports where file_sha256 = ?", [sha256]).fetchone()
    if twin:
        return Landing(path, already_landed_as=twin[0])

    report = read_format(path)
    with _progress_of(connection, lambda share: show(share * 0.4)):
        _stage(connection, path, report)
    date_format = _date_format(connection, report, declaration.date_format)
    report_id = sha256[:16]

    connection.execute("begin")
    try:
        with _progress_of(connection, lambda share: show(0.4 + share * 0.6)):
            _land_activities(connection, report_id, report, declaration.time_zone, date_format)
        _land_rejects(connection, report_id, report, date_format)
        landed, rejected = _land_manifest(connection, report_id, path, sha256, report, declaration, date_format)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    examples = connection.execute(
        """
        select record_number, column_name, rejected_value, reason
        from raw.rejected_records where report_id = ? order by record_number limit ?
        """,
        [report_id, EXAMPLES_SHOWN],
    ).fetchall()
    return Landing(path, landed, rejected, [RejectedRecord(*row) for row in examples])


def _stage(connection: duckdb.DuckDBPyConnection, path: Path, report: ReportFormat) -> None:
    """Read the file into the temporary tables ``staged`` (columns c0, c1, …) and ``malformed``."""
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    names = [f"c{index}" for index in range(len(report.header))]
    columns = "{" + ", ".join(f"'{name}': 'varchar'" for name in names) + "}"
    parameters = {
        "path": glob.escape(str(path)),
        "delimiter": report.delimiter,
        "encoding": report.encoding,
    }
    connection.execute(STAGE.format(columns=columns, names=names), parameters)
    has_malformed = connection.execute("select count(*) > 0 from reject_errors").fetchone() == (True,)
    blanks = blank_rows(path, report) if has_malformed else []
    connection.execute(STAGE_MALFORMED, {"blank_rows": blanks})


def _date_format(connection: duckdb.DuckDBPyConnection, report: ReportFormat, declared: str | None) -> str:
    """The date format of the staged file: as declared, else the one that reads the most of its dates.

    Raises:
        ReportRefused: none reads any date, or two read equally many and differently.
    """
    column = f"c{report.columns['date']}"
    if declared is not None:
        return declared
    in_default = connection.execute(
        f"""
        select coalesce(bool_and(try_strptime(trim({column}), $formats) is not null), true)
        from (select {column} from staged limit 10000)
        """,
        {"formats": list(DATE_FORMATS[DEFAULT_DATE_FORMAT])},
    ).fetchone()
    if in_default == (True,):
        return DEFAULT_DATE_FORMAT

    counts: dict[str, int] = {}
    for name, formats in DATE_FORMATS.items():
        row = connection.execute(
            f"select count(try_strptime(trim({column}), $formats)) from staged",
            {"formats": list(formats)},
        ).fetchone()
        counts[name] = row[0] if row else 0
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    example = connection.execute(f"select {column} from staged limit 1").fetchone()
    text = example[0] if example else ""
    if most == 0:
        raise ReportRefused(
            f"its column {report.header_of('date')} holds no date that is known: the first is {text!r}. Cure: say"
            " how it is written with --date-format, for example --date-format '%d %b %Y %H:%M'."
        )
    if len(best) > 1:
        choices = " or ".join(f"--date-format {name}" for name in best)
        raise ReportRefused(
            f"its column {report.header_of('date')} can be read in two ways: {text!r} may begin with the day or"
            f" the month. Cure: say which with {choices}."
        )
    return best[0]


def _strptime_formats(date_format: str) -> list[str]:
    return list(DATE_FORMATS.get(date_format, (date_format,)))


def _numbered(connection: duckdb.DuckDBPyConnection) -> str:
    whole = connection.execute("select count(*) = 0 from malformed").fetchone()
    return NUMBERED_WHOLE if whole == (True,) else NUMBERED


def _land_activities(
    connection: duckdb.DuckDBPyConnection,
    report_id: str,
    report: ReportFormat,
    time_zone: str,
    date_format: str,
) -> None:
    """Move the staged records that have a readable date to raw.activities."""
    texts = ", ".join(f"c{report.columns[column]}" if column in report.columns else "null" for column in COLUMN_ALIASES)
    parameters: dict[str, object] = {
        "report_id": report_id,
        "formats": _strptime_formats(date_format),
    }
    extra_columns = "null"
    if report.extra:
        pairs = []
        for index in report.extra:
            pairs.append(f"$title{index}, c{index}")
            parameters[f"title{index}"] = report.header[index]
        extra_columns = f"json_object({', '.join(pairs)})"
    occurred_at = "local_at"
    if time_zone != "UTC":
        occurred_at = "timezone('UTC', timezone($time_zone, local_at))"
        parameters["time_zone"] = time_zone
    date = f"c{report.columns['date']}"
    connection.execute(
        f"""
        insert into raw.activities
        {_numbered(connection)},
        dated as (
            select *, try_strptime(trim({date}), $formats) as local_at from numbered
        )
        select $report_id, record_number, {texts}, {extra_columns}, {occurred_at}
        from dated
        where local_at is not null
        """,
        parameters,
    )


def _land_rejects(
    connection: duckdb.DuckDBPyConnection, report_id: str, report: ReportFormat, date_format: str
) -> None:
    """Set aside the records that could not be read, and those without a readable date."""
    for error_type, column, message, text, number in connection.execute(
        "select error_type, column_name, error_message, record_text, record_number from malformed"
    ).fetchall():
        reason = REASONS.get(error_type, f"{message} Cure: mend the line or download the report again.")
        runs_on = text.count("\n") if error_type == "UNQUOTED VALUE" else 0
        if runs_on:
            reason += f" It swallows {runs_on} more lines, which are not landed either."
        title = report.header[int(column[1:])] if column and column[1:].isdigit() else None
        connection.execute(
            "insert into raw.rejected_records values (?, ?, ?, ?, ?, ?)",
            [report_id, number, title, None, reason, text.strip("\r\n")],
        )
    date = f"c{report.columns['date']}"
    fields = ", ".join(f"c{index}" for index in range(len(report.header)))
    connection.execute(
        f"""
        insert into raw.rejected_records
        {_numbered(connection)}
        select
            $report_id,
            record_number,
            $title,
            {date},
            case
                when trim({date}) = '' then 'it has no date. Cure: fill it in, or delete the record.'
                else 'the date cannot be read as ' || $date_format
                    || '. Cure: mend it, or say how the dates are written with --date-format.'
            end,
            to_json([{fields}])::varchar
        from numbered
        where try_strptime(trim({date}), $formats) is null
        """,
        {
            "report_id": report_id,
            "title": report.header_of("date"),
            "date_format": date_format,
            "formats": _strptime_formats(date_format),
        },
    )


def _land_manifest(
    connection: duckdb.DuckDBPyConnection,
    report_id: str,
    path: Path,
    sha256: str,
    report: ReportFormat,
    declaration: Declaration,
    date_format: str,
) -> tuple[int, int]:
    """Write the file's row in raw.reports, from what really lies in the tables; returns landed and rejected.

    Raises:
        ReportRefused: what was read and what lies in the tables differ, which would be a defect of the loader.
    """
    counts = connection.execute(
        """
        select
            (select count(*) from staged) + (select count(*) from malformed),
            (select count(*) from raw.rejected_records where report_id = $report_id),
            count(*), min(occurred_at), max(occurred_at)
        from raw.activities
        where report_id = $report_id
        """,
        {"report_id": report_id},
    ).fetchone()
    record_count, rejected, landed, first_at, last_at = counts or (0, 0, 0, None, None)
    if landed + rejected != record_count:
        raise ReportRefused(
            f"{record_count} records were read but {landed} landed and {rejected} rejected: a defect of the loader;"
            " nothing was changed. Cure: please report it with the file's header."
        )
    connection.execute(
        "insert into raw.reports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now()::timestamp)",
        [
            report_id,
            path.name,
            sha256,
            path.stat().st_size,
            declaration.site_id,
            declaration.time_zone,
            date_format,
            report.delimiter,
            report.encoding,
            list(report.header),
            record_count,
            landed,
            rejected,
            first_at,
            last_at,
        ],
    )
    return landed, rejected


@contextmanager
def _progress_of(connection: duckdb.DuckDBPyConnection, show: Callable[[float], None]) -> Iterator[None]:
    """Show how far the statement that runs inside has come, from 0 to 1, four times a second."""
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(0.25):
            show(max(0.0, connection.query_progress()) / 100)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _is_report(path: Path) -> bool:
    return path.name.lower().endswith(REPORT_SUFFIXES) and not path.name.startswith(".")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


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


def describe(landing: Landing) -> str:
    """What became of a file, in words (rich markup)."""
    name = f"[bold]{escape(str(landing.path))}[/bold]"
    if landing.refusal is not None:
        return f"[red]refused[/red]  {name}: {escape(landing.refusal)}"
    if landing.already_landed_as is not None:
        return f"[dim]nothing new in {name}: the same bytes were landed as {escape(landing.already_landed_as)}[/dim]"
    lines = [f"[green]landed[/green]   {name}: {landing.landed_count:,} records"]
    if landing.rejected_count:
        lines[0] += f", [red]{landing.rejected_count:,} rejected[/red]"
    for record in landing.examples:
        where = f"record {record.record_number}"
        if record.column_name:
            where += f", column {record.column_name}"
        if record.value:
            where += f", value {record.value[:80]!r}"
        lines.append(f"         {escape(where)}: {escape(record.reason)}")
    if landing.rejected_count > len(landing.examples):
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
    return landings


def declared(site: str, time_zone: str, date_format: str | None) -> Declaration:
    """Check what was declared on the command line.

    Raises:
        typer.BadParameter: a value cannot be what it is meant to be.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", site):
        raise typer.BadParameter("letters, digits, '.', '_' and '-' only", param_hint="--site")
    zones = duckdb.connect().execute("select 1 from pg_timezone_names() where name = ?", [time_zone])
    if not zones.fetchone():
        raise typer.BadParameter(f"{time_zone!r} is no IANA time zone such as Europe/Zurich", param_hint="--time-zone")
    if date_format is not None and date_format not in DATE_FORMATS and "%" not in date_format:
        raise typer.BadParameter(
            f"one of {', '.join(DATE_FORMATS)}, or a strptime format such as '%d %b %Y %H:%M'",
            param_hint="--date-format",
        )
    return Declaration(site, time_zone, date_format)


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
PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATH…", help="Files, folders and globs of .csv and .csv.gz reports."),
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
) -> None:
    """Land activity reports in the warehouse.

    Exit codes: 0 all landed; 1 something was rejected or refused, and said; 2 wrong usage.
    """
    console = Console(soft_wrap=True)
    declaration = declared(site, time_zone, date_format)
    try:
        reports = find_reports(paths)
    except FileNotFoundError as error:
        raise typer.BadParameter(f"there is no file, folder or match for {str(error)!r}") from error
    if not reports:
        raise typer.BadParameter(f"no report ({' or '.join(REPORT_SUFFIXES)}) in {', '.join(paths)}")
    try:
        with connect(database or warehouse_path()) as connection:
            landings = land_with_progress(connection, reports, declaration, console)
    except WarehouseError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    raise typer.Exit(0 if all(landing.is_clean for landing in landings) else 1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
