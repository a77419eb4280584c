"""What is left of a person after an erasure: every text of every table is read, and the reports of the user.

DuckDB compresses what it writes, so that a search for bytes finds nothing in a file that still holds a name.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain, islice
from pathlib import Path

import duckdb

from building.unchanged import BUILT
from landing.landed import LANDED_REPORTS
from landing.scrubbing import JSON_COLUMN, Names, without_names
from naming.seed_csv import SeedError, read_seed_csv
from publishing.places import PLACES
from removal.journal import JOURNAL
from removal.subject import Person, has_id, has_key
from reports.encoding import Survey, encoding_of, survey
from reports.files import find_reports, passed_over, reports_in
from reports.format import DELIMITERS, ReportFormat, read_format
from reports.ids import id_of
from reports.text import ReportRefused
from warehouse.database import identifier, named_in, number_of, opened
from warehouse.paths import PROJECT_ROOT

# So many lines of a report are searched at a time.
BATCH_LINES = 20_000
# Types that hold texts.
TEXTS = ("VARCHAR", "JSON", "ENUM")
# By these columns a row is somebody's.
SITE, USER = "site_id", "user_id"


def left_in_file(path: Path, person: Person, elsewhere: Sequence[str] = ()) -> dict[str, int]:
    """The rows of each column of a DuckDB file that still hold the person: an id of theirs, a name or an e-mail.

    Rows of the sites elsewhere do not count.
    """
    if not path.exists():
        return {}
    with opened(path) as connection:
        return left_in_tables(connection, person, elsewhere)


def left_in_tables(
    connection: duckdb.DuckDBPyConnection, person: Person, elsewhere: Sequence[str] = ()
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
    left: dict[str, int] = {}
    for (schema, table), columns in tables.items():
        left |= _left_in_table(connection, schema, table, columns, person, elsewhere)
    return left


def _left_in_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
    person: Person,
    elsewhere: Sequence[str],
) -> dict[str, int]:
    texts = {
        column: f"({identifier(column)}::varchar)"
        for column, data_type in columns.items()
        if any(kind in data_type for kind in TEXTS)
    }
    if not texts:
        return {}
    names, source = person.names, identifier(schema, table)
    if elsewhere and (is_elsewhere := _is_elsewhere(schema, columns)):
        source = f"(from {source} where ({is_elsewhere}) is distinct from true)"
    # All texts of a row at once: a pattern takes longer to prepare than to search a small table.
    whole_row = f"concat_ws(chr(10), {', '.join(texts.values())})"
    of_ids = {column: test for column, text in texts.items() if (test := _is_id(column, text, columns))}
    tests = {
        column: " or ".join([names.is_in(text, JSON_COLUMN if column == JSON_COLUMN else ""), *of_ids.get(column, [])])
        for column, text in texts.items()
    }

    def count(test: str) -> int:
        query = f"select count(*) from {source} where {test}"
        return number_of(connection, query, named_in(query, {**person.parameters, "elsewhere": list(elsewhere)}))

    if not count(" or ".join([names.likely(whole_row), *chain(*of_ids.values())])):
        return {}
    total = count(" or ".join([names.is_in(whole_row), *chain(*of_ids.values())]))
    found = {f"{schema}.{table}.{column}": count(test) for column, test in tests.items()} if total else {}
    left = {place: rows for place, rows in found.items() if rows}
    # A first and a last name side by side; it may be somebody else's of the same name.
    return left or ({f"{schema}.{table}, in several columns": total} if total else {})


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


def _is_id(column: str, text: str, columns: Mapping[str, str]) -> list[str]:
    """SQL for whether a column that names the user of a row holds one of the ids; nothing for another column."""
    if column == USER and SITE in columns:
        return [f"({SITE} = $site and {has_id(text)})"]
    return [has_key(text)] if column.endswith("user_key") else []


def left_in_reports(place: Path, person: Person, sites: Mapping[str, str]) -> dict[str, int]:
    """The records of each report in a folder that hold the person, by the name of the report; 0 if only this does.

    A place of which nobody knows what it holds has -1: a folder that is closed to the user, or another kind of file.

    Args:
        place: the folder.
        person: the person. In another site the ids are those of other people.
        sites: the sites of the reports that landed or were removed, by the hash of their bytes.
    """
    left = {left_out.shown: -1 for left_out in passed_over([str(place)])}
    for path in find_reports([str(place)]) if place.exists() else []:
        try:
            for report in reports_in(path):
                with tempfile.TemporaryDirectory() as folder:
                    text = report.as_text(Path(folder))
                    seen = survey(text)
                    is_of_site = sites.get(seen.sha256, person.site_id) == person.site_id
                    count = _lines_with(text, seen, person if is_of_site else replace(person, user_ids=()))
                if count or _is_named(report.shown, person.names):
                    left[report.shown] = count
        except (ReportRefused, OSError):
            # It cannot be read, so that its contents are not known.
            left[str(path)] = -1
    return left


def _is_named(text: str, names: Names) -> bool:
    with duckdb.connect() as connection:
        return without_names(connection, names, text) != text


def _lines_with(path: Path, seen: Survey, person: Person) -> int:
    codec = encoding_of(path, seen)
    report = None
    # One that the loader refuses has no column that is known to hold the ids.
    with suppress(ReportRefused):
        report = read_format(path, codec)
    count = 0
    # As a text of a spreadsheet (="7001" or '7001), too.
    is_theirs = cache(lambda field: person.is_id_of_theirs(id_of(field.strip("=\"'"))))
    with duckdb.connect() as connection:
        for lines in _batches(path, codec):
            with_id = {line for line in lines if person.user_ids and any(map(is_theirs, _ids_in(line, report)))}
            rest = [line for line in lines if line not in with_id]
            count += len(lines) - len(rest)
            count += _count_named(connection, rest, person.names)
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


def _fields(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.rstrip("\r\n").split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [""])


def _batches(path: Path, codec: str) -> Iterator[list[str]]:
    with path.open(encoding=codec, errors="replace", newline=None) as file:
        while lines := list(islice(file, BATCH_LINES)):
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


def lines_that_name(person: Person, folders: Iterable[Path]) -> list[str]:
    """File and line of each text file that holds a name or an e-mail, or the id in a column of ids of the site."""
    lines = [
        (path, number, line)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
    ]
    with duckdb.connect() as connection:
        # All files in one query, because DuckDB prepares a search for longer than it searches a file.
        found = connection.execute(
            "select place from (select unnest($lines::varchar[]) as line, unnest(range(len($lines))) as place)"
            f" where {person.names.is_in('line')}",
            {"lines": [line for _, _, line in lines]},
        ).fetchall()
    named = {lines[place][:2] for (place,) in found}
    for path in {path for path, _, _ in lines if path.suffix == ".csv"}:
        named |= {(path, number) for number in _rows_with_id(path, person)}
    return [f"{path.relative_to(PROJECT_ROOT)}:{number}" for path, number, _ in lines if (path, number) in named]


def _rows_with_id(path: Path, person: Person) -> Iterator[int]:
    """The lines of a seed with the person's id in a column of user ids (user_id, same_as_user_id), and their site."""
    # A file that is no CSV stops the next build, which says how to correct it.
    with suppress(SeedError):
        seed = read_seed_csv(path)
        for line in seed.lines:
            values = seed.values(line)
            ids = (id_of(one) for name, one in values.items() if name.endswith("user_id"))
            if values.get("site_id", "") in ("", person.site_id) and any(map(person.is_id_of_theirs, ids)):
                yield line.number


def files_beside(paths: Iterable[Path]) -> list[Path]:
    """Files in the folders of the warehouse and its copies that are none of these, and may hold records."""
    ours = {path.resolve() for path in paths}
    salts = ("pseudonym_salt", "forgotten_salt", "meeting_salt")
    names = {*salts, *(f"{salt}.check" for salt in salts), ".gitkeep", "manual", "report", "shared_report", PLACES}
    return sorted(
        path
        for folder in {path.parent for path in ours}
        if folder.is_dir()
        for path in folder.iterdir()
        if path.resolve() not in ours and path.name not in names and not path.name.endswith((".lock", JOURNAL, BUILT))
    )
