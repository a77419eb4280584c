"""The one rule for ids and texts: invisible characters, spellings that mean nothing, and how ids are written.

The models have the same rule in macros/engine.sql (`cleaned`, `cleaned_field`, `cleaned_id`); a test holds both
together.
Leading zeros and letter case are significant; ``same_id`` finds other spellings that may be the same person's
(``removal.people``). ``read_ids`` undoes what a program did to a whole column of ids, such as
`7001.0` for 7001: that is how the file is written, as its delimiter is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from reports.format import ReportFormat
from reports.invisible import FORMAT, INVISIBLE, without_invisible
from warehouse.database import text_of

# In ids, e-mails and the columns of the content alone: a person may be called Null, an answer may be N/A.
NULL_SPELLINGS = (
    *("null", "(null)", "[null]", "<null>", "\\n", "nan", "nat", "none", "nil", "na", "<na>", "n/a", "#n/a", "#null!"),
    *("undefined", "(blank)", "-", "–", "—", "--", "(none)", "<none>", "<nil>", "#ref!", "#value!"),
    *("#name?", "#div/0!", "#num!", "#spill!", "#calc!"),
)
_NULL = "^(?i:" + "|".join(map(re.escape, NULL_SPELLINGS)) + ")$"
ID_COLUMNS = ("user_id", "content_id")

# Of a long number a spreadsheet keeps the first digits: several ids become one.
SHORTENED = r"^\s*-?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+\s*$"
# Without its plus it may be an id like any other: it is shortened where the other ids are numbers.
POWER = r"^\s*[0-9](?:[.,][0-9]+)?[Ee][0-9]+\s*$"
# What a spreadsheet shows in place of an id: #NAME?, #DIV/0!, or ### in a narrow column. (#N/A means nothing.)
LOST = r"^\s*#(?:#*|[A-Z0-9/_]+[!?])\s*$"
_NUMBER = r"^\s*[0-9]+(?:[.,]0+)?\s*$"

# The digits of other scripts, each from its zero on: Arabic, Persian, Devanagari, Bengali, Thai, full width.
OTHER_DIGITS = "".join(chr(zero + digit) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10) for digit in range(10))
DIGITS = "0123456789" * (len(OTHER_DIGITS) // 10)


def cleaned(column: str) -> str:
    """SQL for a text without invisible characters around it; null for none."""
    return f"nullif(regexp_replace({column}, '^[{INVISIBLE}]+|[{INVISIBLE}]+$', '', 'g'), '')"


def cleaned_id(column: str) -> str:
    """SQL for an id without invisible characters; null for none, and for a spelling of null."""
    return unless_null(f"regexp_replace({column}, '^[{INVISIBLE}]+|[{INVISIBLE}]+$|[{FORMAT}]+', '', 'g')")


def cleaned_field(column: str) -> str:
    """SQL for an e-mail or a name of content without invisible characters around it; null for null spelt out too."""
    return unless_null(cleaned(column))


def unless_null(text: str) -> str:
    """SQL for a cleaned text; null for none, and for a spelling of null."""
    # The text is named once: DuckDB would compile its pattern as often, which takes longer than to read a small report.
    return f"nullif(regexp_replace({text}, {text_of(_NULL)}, ''), '')"


def id_of(written: str) -> str:
    """An id as a person writes it, without invisible characters; '' for none."""
    text = without_invisible(written)
    return "" if text.lower() in NULL_SPELLINGS else text


def whole_id(written: str) -> str:
    """An id as a person writes it, without a fraction of zeros either."""
    return re.sub(r"\A([0-9]+)[.,]0+\Z", r"\1", id_of(written))


def without_fraction(column: str) -> str:
    """SQL for an id without a fraction of zeros, whatever the other ids of the column are."""
    return f"regexp_replace({column}, '^([0-9]+)[.,]0+$', '\\1')"


def same_id(column: str) -> str:
    """SQL for an id as the models read it, without zeros before it and without a fraction of zeros either."""
    return f"regexp_replace(coalesce({cleaned_id(column)}, ''), '^0*([0-9]+)([.,]0*)?$', '\\1')"


def plain_id(written: str) -> str:
    """The same as `same_id`, of a text."""
    text = id_of(written)
    whole, _, fraction = text.replace(",", ".").partition(".")
    if whole.isascii() and whole.isdigit() and not fraction.strip("0"):
        return whole.lstrip("0") or "0"
    return text


@dataclass(frozen=True)
class IdReading:
    """What programs do to the ids of a column.

    Attributes:
        pattern: what such an id looks like.
        reading: SQL of the id that is meant, of {id}.
        words: what is said of it.
        is_of_column: whether every id of the column must look so, or be a whole number.
        whole: the whole numbers that may stand among them.
    """

    pattern: str
    reading: str
    words: str
    is_of_column: bool = True
    whole: str = "[0-9]+"


READINGS = (
    IdReading(
        r"""^(?:="([^"]+)"|=([0-9]+)|'([0-9]+))$""",
        r"""regexp_replace({id}, '^(?:="([^"]+)"|=([0-9]+)|''([0-9]+))$', '\1\2\3')""",
        "texts of a spreadsheet",
        is_of_column=False,
    ),
    IdReading(
        f"^[^0-9]*[{OTHER_DIGITS}]+$",
        f"translate({{id}}, '{OTHER_DIGITS}', '{DIGITS}')",
        "digits of another script",
        is_of_column=False,
    ),
    IdReading(
        "^[0-9]{1,3}(?:[.,'’ \\x{a0}\\x{202f}\\x{2009}][0-9]{3})+$",
        "regexp_replace({id}, '[^0-9]', '', 'g')",
        "numbers whose thousands are set apart",
        whole="[0-9]{1,3}",
    ),
    IdReading("^[0-9]+[.,]0+$", without_fraction("{id}"), "numbers with a fraction"),
)


def read_ids(connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]) -> list[str]:
    """Undo in the staged records what a program did to a whole column of ids; returns what was done, in words.

    Args:
        connection: where the records are.
        report: how they are written.
        odd: the columns with an id that is no plain number (``reports.look``).
    """
    notes = []
    for column in ID_COLUMNS:
        if column in report.columns and column in odd:
            notes += _read_column(connection, f"c{report.columns[column]}", report.header_of(column))
    return notes


def holds_odd_ids(connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]) -> bool:
    """Whether an id of the staged records looks as one of the readings says, or a spreadsheet may have lost it."""
    columns = [f"c{report.columns[column]}" for column in ID_COLUMNS if column in report.columns and column in odd]
    unfit = f"{SHORTENED}|{POWER}|{LOST}"
    return any(any(_readings_in(connection, column)) or _holds(connection, column, unfit) for column in columns)


def powers_among_numbers(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]
) -> frozenset[str]:
    """The columns where an id such as 7E3 stands among numbers, and nothing but numbers."""
    return frozenset(column for column in odd if _has_power_among_numbers(connection, report, column))


def _has_power_among_numbers(connection: duckdb.DuckDBPyConnection, report: ReportFormat, column: str) -> bool:
    text = f"c{report.columns[column]}"
    if not _holds(connection, text, POWER):
        return False
    number, power = (f"regexp_matches({text}, {text_of(pattern)})" for pattern in (_NUMBER, POWER))
    no_id = " or ".join(f"regexp_matches({text}, {text_of(pattern)})" for pattern in (SHORTENED, LOST))
    row = connection.execute(
        f"select coalesce(bool_or({number}) and bool_and({number} or {power} or {no_id}), false)"
        f" from (select distinct {text} from staged)"
        f" where {cleaned_id(text)} is not null and {text} <> {text_of(report.header_of(column))}"
    ).fetchone()
    return bool(row and row[0])


def _holds(connection: duckdb.DuckDBPyConnection, column: str, pattern: str) -> bool:
    """Whether an id looks so."""
    row = connection.execute(
        f"select coalesce(bool_or(regexp_matches({column}, {text_of(pattern)})), false) from staged"
    ).fetchone()
    return bool(row and row[0])


def _readings_in(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[bool, ...]:
    """Of each reading, whether an id of a column looks so."""
    # In two steps: of both conditions at once DuckDB asks the dear one, of each record.
    ids = f"select {cleaned_id(column)} as id from (select distinct {column} from staged where {may_be_read(column)})"
    tests = ", ".join(
        f"coalesce(bool_or(regexp_matches(id, {text_of(reading.pattern)})), false)" for reading in READINGS
    )
    return connection.execute(f"select {tests} from ({ids})").fetchone() or ()


def is_odd(column: str) -> str:
    """SQL for whether an id is no plain number."""
    return f"not regexp_full_match({column}, '[0-9]*')"


def may_be_read(column: str) -> str:
    """SQL for whether a program may have changed an id: it is no plain number or word, or a power of ten."""
    power = f"substr({column}, 2, 1) in ('E', 'e') and regexp_full_match({column}, '[0-9][Ee][0-9]+')"
    return f"(not regexp_full_match({column}, '[0-9A-Za-z_@-]*') or {power})"


def _read_column(connection: duckdb.DuckDBPyConnection, column: str, title: str) -> list[str]:
    notes: list[str] = []
    odd = is_odd(column)
    found = _readings_in(connection, column)
    for number, reading in enumerate(READINGS):
        if not found[number]:
            continue
        pattern = text_of(reading.pattern)
        ids = (
            f"(select distinct {cleaned_id(column)} as id from staged"
            f" where {odd if reading.is_of_column and reading.whole == '[0-9]+' else 'true'}"
            f" and {column} <> {text_of(title)})"
        )
        row = connection.execute(
            f"select min(id) filter (where is_such), coalesce(bool_and(is_such or is_whole), true)"
            f" from (select id, regexp_matches(id, {pattern}) as is_such,"
            f" regexp_full_match(id, {text_of(reading.whole)}) as is_whole from {ids} where id is not null)"
        ).fetchone()
        example, is_all = row or (None, False)
        if example is None or (reading.is_of_column and not is_all) or _is_of_fractions(reading, connection, ids):
            continue
        meant = reading.reading.replace("{id}", cleaned_id(column))
        read = connection.execute(f"select {reading.reading.replace('{id}', '$id')}", {"id": example}).fetchone()
        connection.execute(
            f"update staged set {column} = {meant} where {odd} and regexp_matches({cleaned_id(column)}, {pattern})"
        )
        # What was read may look as another reading says.
        found = _readings_in(connection, column)
        notes.append(
            f"its column {title} holds {reading.words}, such as {example!r}, which is read as {read[0] if read else ''}"
        )
    return notes


def _is_of_fractions(reading: IdReading, connection: duckdb.DuckDBPyConnection, ids: str) -> bool:
    """Whether what could be thousands can only be a fraction of zeros: 7.000 and 8.000 are 7 and 8."""
    if "numbers whose" not in reading.words:
        return False
    row = connection.execute(
        f"select bool_and(regexp_matches(id, '^[0-9]+([.]0+)?$')) from {ids} where id is not null"
    ).fetchone()
    return bool(row and row[0])
