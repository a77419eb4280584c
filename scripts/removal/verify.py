"""What is left of a person after an erasure: every text of every table is read, and the reports of the user.

DuckDB compresses what it writes, so that a search for bytes finds nothing in a file that still holds a name.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import duckdb

from landing.landed import LANDED_REPORTS
from landing.scrubbing import JSON_COLUMN, Names, without_names
from reports.encoding import Survey, encoding_of, survey
from reports.files import find_reports, reports_in
from reports.format import DELIMITERS, ReportFormat, read_format
from reports.ids import id_of, known_id, same_ids, same_ids_of
from reports.text import ReportRefused
from warehouse.database import identifier, number_of, opened

# So many lines of a report are searched at a time.
BATCH_LINES = 20_000
# Types that hold texts.
TEXTS = ("VARCHAR", "JSON", "ENUM")
# By these columns a row is somebody's.
SITE, USER = "site_id", "user_id"


def left_in_file(
    path: Path,
    site: str,
    user_ids: Sequence[str],
    names: Names,
    others: Sequence[str] = (),
    elsewhere: Sequence[str] = (),
) -> dict[str, int]:
    """The rows of each column of a DuckDB file that still hold the person: an id of theirs, a name or an e-mail.

    The others are spellings of the ids that are other people. Rows of the sites elsewhere do not count.
    """
    if not path.exists():
        return {}
    with opened(path) as connection:
        return left_in_tables(connection, site, user_ids, names, others, elsewhere)


def left_in_tables(
    connection: duckdb.DuckDBPyConnection,
    site: str,
    user_ids: Sequence[str],
    names: Names,
    others: Sequence[str] = (),
    elsewhere: Sequence[str] = (),
) -> dict[str, int]:
    """The same, of what a connection has open."""
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        """
        select schema_name, table_name, column_name, data_type
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database()
        order by schema_name, table_name, column_index
        """
    ).fetchall():
        tables.setdefault((schema, table), {})[column] = data_type
    ids = {"ids": [form for user_id in user_ids for form in same_ids_of(user_id)], "others": list(others)}
    ids["elsewhere"] = list(elsewhere)
    left: dict[str, int] = {}
    for (schema, table), columns in tables.items():
        texts = [column for column, data_type in columns.items() if any(kind in data_type for kind in TEXTS)]
        if not texts:
            continue
        name = identifier(schema, table)
        if elsewhere and (is_elsewhere := _is_elsewhere(schema, columns)):
            name = f"(from {name} where ({is_elsewhere}) is distinct from true)"
        # All texts of a row at once: a pattern takes longer to prepare than to search a small table.
        whole_row = f"concat_ws(chr(10), {', '.join(f'{identifier(column)}::varchar' for column in texts)})"
        has_id = " or ".join(test for column in texts if (test := _is_id(column, columns))) or "false"
        if not _count(connection, name, f"{names.likely(whole_row)} or {has_id}", site, ids):
            continue
        total = _count(connection, name, f"{names.is_in(whole_row)} or {has_id}", site, ids)
        if not total:
            continue
        found = 0
        for column in texts:
            text = f"({identifier(column)}::varchar)"
            tests = [names.is_in(text, JSON_COLUMN if column == JSON_COLUMN else ""), _is_id(column, columns)]
            count = _count(connection, name, " or ".join(test for test in tests if test), site, ids)
            found += count
            if count:
                left[f"{schema}.{table}.{column}"] = count
        if not found:
            # A first and a last name side by side; it may be somebody else's of the same name.
            left[f"{schema}.{table}, in several columns"] = total
    return left


def _count(
    connection: duckdb.DuckDBPyConnection, table: str, test: str, site: str, ids: Mapping[str, list[str]]
) -> int:
    parameters: dict[str, object] = {}
    for parameter in ("ids", "others", "elsewhere"):
        if f"${parameter}" in table + test:
            parameters[parameter] = ids[parameter]
    if "$site" in test:
        parameters["site"] = site
    return number_of(connection, f"select count(*) from {table} where {test}", parameters)


def _is_elsewhere(schema: str, columns: Mapping[str, str]) -> str:
    """SQL for whether a row is of another site that has the person; nothing for a table that does not say its site."""
    keys = [column for column in columns if column.endswith(("user_key", "session_key"))]
    if SITE in columns:
        return f"list_contains($elsewhere, {SITE})"
    if keys:
        return f"list_contains($elsewhere, split_part({identifier(keys[0])}, ':', 1))"
    if schema == "raw" and "report_id" in columns:
        return f"report_id in (select report_id from ({LANDED_REPORTS}) where list_contains($elsewhere, site_id))"
    return ""


def _is_id(column: str, columns: dict[str, str]) -> str:
    """SQL for whether a column that names the user of a row holds one of the ids; nothing for another column."""
    text = f"({identifier(column)}::varchar)"
    if column == USER and SITE in columns:
        return f"({SITE} = $site and {_has_one(text)})"
    if column.endswith("user_key"):
        return f"(starts_with({text}, $site || ':') and {_has_one(f'{text}[len($site) + 2:]')})"
    return ""


def _has_one(text: str) -> str:
    return f"list_has_any($ids, {same_ids(text)}) and not list_contains($others, {known_id(text)})"


def left_in_reports(
    place: Path,
    site: str,
    user_ids: Sequence[str],
    names: Names,
    sites: Mapping[str, str],
    others: Collection[str] = (),
) -> dict[str, int]:
    """The records of each report in a folder that hold the person, by the name of the report; 0 if only this does.

    Args:
        place: the folder.
        site: the site of the person. In another site the ids are those of other people.
        user_ids: the ids of the person.
        names: their names and e-mails.
        sites: the sites of the reports that landed or were removed, by the hash of their bytes.
        others: spellings of the ids that are other people.
    """
    left = {}
    for path in find_reports([str(place)]) if place.exists() else []:
        try:
            for report in reports_in(path):
                with tempfile.TemporaryDirectory() as folder:
                    text = report.as_text(Path(folder))
                    seen = survey(text)
                    is_of_site = sites.get(seen.sha256, site) == site
                    count = _lines_with(text, seen, user_ids if is_of_site else (), names, others)
                if count or _is_named(report.shown, names):
                    left[report.shown] = count
        except (ReportRefused, OSError):
            # It cannot be read, so that its contents are not known.
            left[str(path)] = -1
    return left


def _is_named(text: str, names: Names) -> bool:
    with duckdb.connect() as connection:
        return without_names(connection, names, text) != text


def _lines_with(path: Path, seen: Survey, user_ids: Iterable[str], names: Names, others: Collection[str]) -> int:
    codec = encoding_of(path, seen)
    report = None
    # One that the loader refuses has no column that is known to hold the ids.
    with suppress(ReportRefused):
        report = read_format(path, codec)
    count = 0
    wanted = {form for user_id in user_ids for form in same_ids_of(user_id)}
    is_theirs = cache(lambda field: _is_one_of(field, wanted, others))
    with duckdb.connect() as connection:
        for lines in _batches(path, codec):
            with_id = {line for line in lines if wanted and any(map(is_theirs, _ids_in(line, report)))}
            rest = [line for line in lines if line not in with_id]
            count += len(lines) - len(rest)
            count += _count_named(connection, rest, names)
    return count


def _count_named(connection: duckdb.DuckDBPyConnection, lines: list[str], names: Names) -> int:
    """How many lines hold one of the names. All forms of them are looked for only if a line is likely to have one."""
    count = 0
    for test in (names.likely("line"), names.is_in("line")):
        query = f"select count(*) from (select unnest($lines::varchar[]) as line) where {test}"
        count = number_of(connection, query, {"lines": lines})
        if not count:
            break
    return count


def _ids_in(line: str, report: ReportFormat | None) -> Collection[str]:
    """What is in the column of user ids, or in any of an unknown report."""
    if report is None:
        return {field for delimiter in DELIMITERS for field in _fields(line, delimiter)}
    if "user_id" not in report.columns:
        return ()
    row = _fields(line, report.wrapped_by or report.delimiter)
    row = _fields(row[0], report.delimiter) if report.wrapped_by else row
    place = report.columns["user_id"]
    return row[place : place + 1]


def _is_one_of(field: str, wanted: set[str], others: Collection[str]) -> bool:
    """Whether an id is one of theirs, however it is written: as a text of a spreadsheet (="7001" or '7001), too."""
    written = id_of(field.strip("=\"'"))
    return not wanted.isdisjoint(same_ids_of(written)) and written not in others


def _fields(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.rstrip("\r\n").split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [""])


def _batches(path: Path, codec: str) -> Iterator[list[str]]:
    with path.open(encoding=codec, errors="replace", newline=None) as file:
        lines: list[str] = []
        for line in file:
            lines.append(line)
            if len(lines) == BATCH_LINES:
                yield lines
                lines = []
    if lines:
        yield lines


def left_in_texts(paths: Iterable[Path], names: Names) -> list[str]:
    """The text files, such as pages, that still hold a name or an e-mail."""
    found = []
    with duckdb.connect() as connection:
        for path in paths:
            if not path.is_file():
                continue
            # The names of two people that follow one another in a list of a page make no third person's.
            lines = path.read_text(encoding="utf-8", errors="replace").replace('","', '"\n"').splitlines()
            if _count_named(connection, lines, names):
                found.append(str(path))
    return found
