"""The one rule for ids and texts: invisible characters, spellings that mean nothing, and how ids are written.

The models have the same rule in macros/engine.sql (`cleaned`, `cleaned_field`, `cleaned_id`); a test holds both
together.
Leading zeros and letter case are significant; ``same_ids`` finds other spellings that may be the same person's
(``removal.people``), and by it a forgotten person stays away. ``read_ids`` undoes what a program did to a whole column
of ids, such as `7001.0` for 7001: that is how the file is written, as its delimiter is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb

from reports.format import ReportFormat
from reports.invisible import FORMAT, INVISIBLE, of_python, without_invisible
from warehouse.command_line import counted
from warehouse.database import text_of

# In ids, e-mails and the columns of the content alone: a person may be called Null, an answer may be N/A.
NULL_SPELLINGS = (
    *("null", "(null)", "[null]", "<null>", "\\n", "nan", "nat", "none", "nil", "na", "<na>", "n/a", "#n/a", "#null!"),
    *("undefined", "(blank)", "-", "–", "—", "--", "(none)", "<none>", "<nil>", "#ref!", "#value!"),
    *("#name?", "#div/0!", "#num!", "#spill!", "#calc!"),
    # In German, French, Spanish, Italian, Portuguese, Dutch, Danish, Turkish and Russian.
    *("(empty)", "(not set)", "(leer)", "(vide)", "(vacío)", "(en blanco)", "(vuoto)", "(vazio)", "(leeg)", "n.a."),
    *("n. a.", "n/d", "n/v", "#nv", "#n/d", "#n/b", "#i/t", "#yok", "#н/д", "#wert!", "#bezug!", "#zahl!", "#valeur!"),
    *("#nom?", "#nombre!", "#¡valor!", "#¡ref!", "#¡num!", "#¡div/0!", "#¿nombre?", "#valor!", "#valore!", "#rif!"),
    "#nome?",
)
_NULL = "^(?i:" + "|".join(map(re.escape, NULL_SPELLINGS)) + ")$"
ID_COLUMNS = ("user_id", "content_id")

# Of a long number a spreadsheet keeps the first digits: several ids become one.
SHORTENED = r"^\s*-?[0-9]+(?:[.,][0-9]+)?[Ee]\+[0-9]+\s*$"
# Without its plus it may be an id like any other, as 12e4 beside a7f: it is shortened where the other ids are
# numbers, or all are powers with so many digits.
POWER = r"^\s*[0-9]+(?:[.,][0-9]+)?[Ee][0-9]+\s*$"
_LONG_POWER = r"^\s*[0-9]{10,}[Ee][0-9]+\s*$"
# It keeps the first 15 digits of a longer whole number, and writes zeros for the others.
ROUNDED = r"^\s*[1-9][0-9]{14}0+\s*$"
_LONG = r"^\s*[0-9]{16,}\s*$"
# An id of 16 digits ends in a zero by itself in one case of ten, and two of them in one of a hundred.
_FEWEST_ZEROS = 2
# R, JavaScript and pandas keep 53 bits of a whole number: up to 2^54 it is even, up to 2^55 a multiple of 4, and so on.
# An id of 18 digits lost 6 or 7 bits, and is such a number by itself in one case of 64 or 128.
_WHOLE_BITS = 53
_FEWEST_BITS = 7
# What a spreadsheet shows in place of an id, in any language: #NAME?, #¡DIV/0!, #GETTING_DATA, Loading..., Err:502, or
# ### in a narrow column; and a script, for a whole object. (#N/A means nothing.)
_LOADING = "(?:[A-Z]+_)?(?:DATA|DATEN|DONNEES|DATOS|DADOS|DATI|GEGEVENS)(?:_[A-Z_]+)?"
LOST_BEGINS = ("#", "Err:", "Loading", "[object ")
_OTHERS = r"Err:[0-9]{3}|Loading(?:\.{3}|…)|\[object [A-Z][A-Za-z]*\]"
LOST = rf"^\s*(?:#(?:#*|[^\sa-z]+[!?]|{_LOADING})|{_OTHERS})\s*$"
# An empty id of 16 bytes.
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_NUMBER = r"^\s*[0-9]+(?:[.,]0+)?\s*$"

# Where the digits of other scripts begin, each with its zero (\\p{Nd} of Unicode 15).
ZEROS = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20),
    *(0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0),
    *(0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0),
    *(0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60),
    *(0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0),
)
ANY_DIGIT = "".join(f"{chr(zero)}-{chr(zero + 9)}" for zero in ZEROS)
OTHER_DIGITS = "".join(chr(zero + digit) for zero in ZEROS for digit in range(10))
DIGITS = "0123456789" * len(ZEROS)
TEXT_OF_A_SPREADSHEET = r"""^(?:="([^"]+)"|=([0-9]+)|'([0-9]+))$"""
IN_OTHER_DIGITS = f"^[^0-9]*[{ANY_DIGIT}]+$"
# Signs in full width, and the Arabic ones of a number.
_PLAIN_SIGNS = {chr(0xFEE0 + sign): chr(sign) for sign in range(0x21, 0x7F)} | {"\u066b": ".", "\u066c": ","}
_PLAIN_SIGNS |= dict(zip(OTHER_DIGITS, DIGITS, strict=True))
_QUOTES = "'\u2018\u2019\u201a\u201b\u02bc\u00b4`\u2032\"\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u2039\u203a"
# Around an id anything but letters and digits, in it blanks and quotes.
_AROUND = rf"\x00-/:-@\[-`{{-\x7f\x{{2212}}\x{{2013}}\x{{2014}}{_QUOTES}{INVISIBLE}"
_BESIDE = f"^[{_AROUND}]+|[{_AROUND}]+$|[{_QUOTES}{INVISIBLE}]+"
_OF_TEN = "([0-9]+)(?:[.,]([0-9]*))?e[+]?([0-9]{1,2})"
_GROUPED = "[0-9]{1,3}(?:[.,_][0-9]{2,3})*[.,_][0-9]{3}"
_FRACTION = "^([0-9][0-9.,_]*)[.,]0*$"
_IN_PLAIN_SIGNS = str.maketrans(_PLAIN_SIGNS)
_BESIDE_IN_PYTHON = re.compile(of_python(_BESIDE).replace("$", r"\Z"))


def cleaned(column: str) -> str:
    """SQL for a text without invisible characters around it; null for none."""
    return f"nullif(regexp_replace({column}, '^[{INVISIBLE}]+|[{INVISIBLE}]+$', '', 'g'), '')"


def cleaned_id(column: str) -> str:
    """SQL for an id without invisible characters; null for none, and for a spelling of null."""
    return unless_null(f"regexp_replace({column}, '^[{INVISIBLE}]+|[{INVISIBLE}]+$|[{FORMAT}]+', '', 'g')")


def known_id(column: str) -> str:
    """SQL for an id as the models read it; '' for none."""
    return f"coalesce({cleaned_id(column)}, '')"


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
    """An id as a person writes it, read as in a report where it alone shows how: 7001.0, ="7001", other digits."""
    text = id_of(written)
    if found := re.fullmatch(TEXT_OF_A_SPREADSHEET, text):
        text = found[found.lastindex or 0]
    if re.fullmatch(IN_OTHER_DIGITS, text):
        text = text.translate(_IN_PLAIN_SIGNS)
    return re.sub(r"\A([0-9]+)[.,]0+\Z", r"\1", text)


def without_fraction(column: str) -> str:
    """SQL for an id without a fraction of zeros, whatever the other ids of the column are."""
    return f"regexp_replace({column}, '^([0-9]+)[.,]0+$', '\\1')"


def same_ids(column: str) -> str:
    """SQL for the forms of an id that may be one person's, as a list.

    They are the id as the models read it, and what is left of it without letter case, signs around it, blanks, quotes,
    signs between thousands, a fraction of zeros, a power of ten and zeros before it. It is wider than what the marts
    join: what 7.000 means depends on its column, and it is both 7 and 7000 here.
    """
    plain = f"translate(one, {text_of(''.join(_PLAIN_SIGNS))}, {text_of(''.join(_PLAIN_SIGNS.values()))})"
    bare = f"regexp_replace(lower({plain}), {text_of(_BESIDE)}, '', 'g')"
    of_ten = text_of(f"^{_OF_TEN}$")
    power = f"regexp_extract(bare, {of_ten}, 3)"
    number = (
        f"case when regexp_matches(bare, {of_ten}) then regexp_extract(bare, {of_ten}, 1)"
        f" || rpad(regexp_extract(bare, {of_ten}, 2), try_cast({power} as integer), '0') else bare end"
    )
    whole = f"regexp_replace(number, {text_of(_FRACTION)}, '\\1')"
    joined = (
        f"case when regexp_full_match(form, {text_of(_GROUPED)}) then regexp_replace(form, '[.,_]', '', 'g')"
        " else form end"
    )
    forms = f"list_transform([number, {whole}], lambda form: regexp_replace({joined}, '^0+([0-9]+)$', '\\1'))"
    # Each text in a list of its own, so that it is named once: DuckDB would prepare its patterns as often.
    forms = f"list_transform(list_transform([{bare}], lambda bare: {number}), lambda number: {forms})"
    return (
        f"list_transform([{known_id(column)}], lambda one: list_filter("
        f"case when {is_plain('one')} then [one] else list_distinct([one] || flatten({forms})) end,"
        " lambda form: form <> ''))[1]"
    )


def is_plain(user_id: str) -> str:
    """SQL for whether a cleaned id has a single form."""
    return f"regexp_full_match({user_id}, '[1-9][0-9]*')"


def same_ids_of(written: str) -> list[str]:
    """The same as `same_ids`, of a text; the plainest is the last."""
    one = id_of(written)
    bare = _BESIDE_IN_PYTHON.sub("", one.translate(_IN_PLAIN_SIGNS).lower())
    if found := re.fullmatch(_OF_TEN, bare):
        power = int(found[3])
        bare = found[1] + (found[2] or "").ljust(power, "0")[:power]
    forms = (bare, re.sub(_FRACTION, r"\1", bare))
    joined = (re.sub("[.,_]", "", form) if re.fullmatch(_GROUPED, form) else form for form in forms)
    return [*dict.fromkeys(filter(None, (one, *(re.sub(r"\A0+([0-9]+)\Z", r"\1", form) for form in joined))))]


def all_same_ids_of(user_ids: Iterable[str]) -> list[str]:
    """Several ids in each form."""
    return [form for user_id in user_ids for form in same_ids_of(user_id)]


def plain_id(written: str) -> str:
    """An id in its plainest form; '' for none."""
    return (same_ids_of(written) or [""])[-1]


@dataclass(frozen=True)
class IdReading:
    """What programs do to the ids of a column.

    Attributes:
        pattern: what such an id looks like.
        reading: SQL of the id that is meant, of {id}.
        words: what is said of it.
        is_of_column: whether every id of the column must be a number, written so or in another of these ways.
        is_clear: SQL over the ids of the column and whether each is such (is_such): can they mean nothing else?
        names_unclear: whether those that are not clear are named; else the next reading decides.
    """

    pattern: str
    reading: str
    words: str
    is_of_column: bool = True
    is_clear: str = "true"
    names_unclear: bool = False


def _without_zeros(user_id: str, pattern: str) -> str:
    return f"regexp_replace({user_id}, {text_of(f'^{pattern}$')}, '\\1')"


# Thousands, or lakhs and crores, with a fraction of zeros behind another sign: 7,001 or 12,34,567.00 or 7.001,00.
_NO_POINT, _NO_COMMA = (rf"[{sign}'’_ \x{{a0}}\x{{202f}}\x{{2009}}\x{{66c}}]" for sign in (",", "."))
_THOUSANDS = tuple(rf"[0-9]{{1,3}}(?:{sign}[0-9]{{2,3}})*{sign}[0-9]{{3}}" for sign in (_NO_POINT, _NO_COMMA))
_IN_THOUSANDS = tuple(
    rf"({thousands})[{point}\x{{66b}}]0+" for thousands, point in zip(_THOUSANDS, (".", ","), strict=True)
)
_SET_APART = f"(?:{'|'.join((*_THOUSANDS, *_IN_THOUSANDS))})"
# A longer one may be a telephone number, and its plus a part of it.
_WITH_PLUS = "[+][0-9]{1,9}"
_WITH_BLANKS = r"[0-9]+(?:[\x{a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+[0-9]+)+"
_WITH_FRACTION = r"[0-9]+[.,\x{66b}]0+"
_ANY_NUMBER = "|".join(("[0-9]+", _WITH_PLUS, _SET_APART, _WITH_BLANKS, _WITH_FRACTION))
# 7.000 is both 7 and 7000: 7.001 beside it says thousands, and no number of four digits says a fraction.
_IS_ANOTHER = "bool_or(not regexp_full_match(id, '[0-9]{1,3}[.]000')) filter (where is_such)"

READINGS = (
    IdReading(
        TEXT_OF_A_SPREADSHEET,
        r"""regexp_replace({id}, '^(?:="([^"]+)"|=([0-9]+)|''([0-9]+))$', '\1\2\3')""",
        "texts of a spreadsheet",
        is_of_column=False,
    ),
    IdReading(
        IN_OTHER_DIGITS,
        f"translate({{id}}, {text_of(''.join(_PLAIN_SIGNS))}, {text_of(''.join(_PLAIN_SIGNS.values()))})",
        "digits of another script",
        is_of_column=False,
    ),
    IdReading(rf"^[{{(]?{ZERO_GUID}[)}}]?$", "left({id}, 0)", "GUIDs of zeros", is_of_column=False),
    IdReading(f"^{_WITH_PLUS}$", "replace({id}, '+', '')", "numbers with a plus"),
    IdReading(
        f"^{_SET_APART}$",
        "regexp_replace("
        f"{_without_zeros(_without_zeros('{id}', _IN_THOUSANDS[0]), _IN_THOUSANDS[1])}, '[^0-9]', '', 'g')",
        "numbers whose thousands are set apart",
        is_clear=_IS_ANOTHER,
    ),
    IdReading(f"^{_WITH_BLANKS}$", "regexp_replace({id}, '[^0-9]', '', 'g')", "numbers with blanks in them"),
    IdReading(
        f"^{_WITH_FRACTION}$",
        r"regexp_replace({id}, '[.,\x{66b}]0+$', '')",
        "numbers with a fraction",
        is_clear=f"{_IS_ANOTHER} or not bool_or(regexp_full_match(id, '[0-9]{{4,}}'))",
        names_unclear=True,
    ),
)


def read_ids(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str], *, shows_ids: bool = True
) -> list[str]:
    """Undo in the staged records what a program did to a whole column of ids; returns what was done, in words.

    Args:
        connection: where the records are.
        report: how they are written.
        odd: the columns with an id that is no plain number (``reports.scan``).
        shows_ids: whether the words name an id, which may be a forgotten person's.
    """
    return [
        f"its column {title} holds {what}{example if shows_ids else ''}{end}"
        for column, title in _titles(report, odd).items()
        for what, example, end in (*_read_column(connection, column, title), *_of_alike(connection, column, title))
    ]


def may_read_ids(connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]) -> bool:
    """Whether ``read_ids`` may change the ids of the staged records, or one cannot be read."""
    unfit = f"{SHORTENED}|{POWER}|{LOST}"
    return any(
        any(_readings_in(connection, column)) or _holds(connection, column, unfit) for column in _titles(report, odd)
    )


def holds_alike(connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]) -> bool:
    """Whether ids of the staged records may be one person's and stay two."""
    return any(_of_alike(connection, column, title) for column, title in _titles(report, odd).items())


def _titles(report: ReportFormat, odd: Collection[str]) -> dict[str, str]:
    """The columns of odd ids, and their titles."""
    return {
        f"c{report.columns[column]}": report.header_of(column)
        for column in ID_COLUMNS
        if column in report.columns and column in odd
    }


def powers_among_numbers(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, odd: Collection[str]
) -> frozenset[str]:
    """The columns where an id such as 7E3 stands among numbers, and nothing but numbers."""
    return frozenset(column for column in odd if _has_power_among_numbers(connection, report, column))


def _has_power_among_numbers(connection: duckdb.DuckDBPyConnection, report: ReportFormat, column: str) -> bool:
    text = f"c{report.columns[column]}"
    if not _holds(connection, text, POWER):
        return False
    number, power, long = (f"regexp_matches({text}, {text_of(one)})" for one in (_NUMBER, POWER, _LONG_POWER))
    no_id = " or ".join(f"regexp_matches({text}, {text_of(pattern)})" for pattern in (SHORTENED, LOST))
    row = connection.execute(
        f"select coalesce(bool_or({number} or {long}) and bool_and({number} or {power} or {no_id}), false)"
        f" from (select distinct {text} from staged)"
        f" where {cleaned_id(text)} is not null and {text} <> {text_of(report.header_of(column))}"
    ).fetchone()
    return bool(row and row[0])


def may_be_rounded(column: str) -> str:
    """SQL for whether an id is a number of over 15 digits of which a program may have kept the first digits or bits."""
    is_rounded = f"regexp_matches({column}, {text_of(ROUNDED)}) or {_is_double(column)} or {_is_shown_double(column)}"
    return f"case when {_is_long(column)} then coalesce({is_rounded}, false) else false end"


def are_all_rounded(columns: Iterable[str]) -> str:
    """SQL over some records: whether all long ids of a column may be rounded."""
    tests = (f"bool_and({may_be_rounded(column)}) filter (where {_is_long(column)})" for column in columns)
    return " or ".join(f"coalesce({test}, false)" for test in tests) or "false"


def _is_long(column: str) -> str:
    return f"case when strlen({column}) > 15 then regexp_matches({column}, {text_of(_LONG)}) else false end"


def _is_double(column: str) -> str:
    """SQL for whether a long id is a number beyond 2^53 that a double holds; null if it has over 20 digits."""
    number = f"try_cast({column} as ubigint)"
    return f"({number} > {2**_WHOLE_BITS} and try_cast({number}::double as ubigint) = {number})"


def _is_shown_double(column: str) -> str:
    """SQL for whether a long id is the shortest writing of such a number: JavaScript fills it up with zeros."""
    number = f"try_cast({column} as ubigint)"
    shown = f"try_cast({number}::double::varchar as decimal(38, 0))"
    return f"({number} > {2**_WHOLE_BITS} and suffix(trim({column}), '0') and {shown} = {number})"


def rounded_columns(
    connection: duckdb.DuckDBPyConnection, report: ReportFormat, columns: Collection[str]
) -> frozenset[str]:
    """Those of the columns where all such long numbers were rounded in one way."""
    return frozenset(column for column in columns if _is_rounded(connection, f"c{report.columns[column]}"))


def _is_rounded(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    row = connection.execute(
        f"""
        with long as (
            select distinct trim({text}) as id, try_cast({text} as ubigint) as number from staged where {_is_long(text)}
        ),
        doubles as (
            select
                *,
                floor(log2(number)) + 1 - {_WHOLE_BITS} as lost_bits,
                {_is_double("id")} as is_double,
                {_is_shown_double("id")} as is_shown_double
            from long
            where number > {2**_WHOLE_BITS} or number is null
        )
        select
            coalesce(bool_and(regexp_matches(id, {text_of(ROUNDED)})), false)
            and sum(strlen(id) - 15) >= {_FEWEST_ZEROS}
            or (
                select
                    sum(lost_bits) >= {_FEWEST_BITS}
                    and (
                        bool_and(coalesce(is_shown_double, false))
                        -- Ids that count in larger steps than it fills up, such as microseconds as nanoseconds, are
                        -- so by themselves.
                        and bool_or(number % (10 ** (floor(lost_bits * log10(2)) + 1))::ubigint <> 0)
                        -- Ids that count in larger steps, such as 4,096, are doubles as they are.
                        or bool_and(coalesce(is_double, false))
                        and bool_or(number % (1::ubigint << (lost_bits + 1)::ubigint) <> 0)
                    )
                from doubles
            )
        from long
        """
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
    """SQL for whether a program may have changed an id: it is no plain number or word, or a power of ten such as 7E3.

    A minus before a number is no plain one, and alone means none; of 1_000 only a program makes a number. A GUID of
    zeros looks plain.
    """
    any_sign = "[0-9A-Za-z_@-]*"
    plain = (
        f"[0-9]*(?:[A-DF-Za-df-z@]{any_sign})?|[Ee]{any_sign}|[0-9]+[Ee](?:[0-9]*[A-Za-z_@-]{any_sign})?"
        f"|[0-9]+-{any_sign}|_{any_sign}|-"
    )
    return f"(not regexp_full_match({column}, '{plain}') or {column} = '{ZERO_GUID}')"


def _read_column(connection: duckdb.DuckDBPyConnection, column: str, title: str) -> list[tuple[str, str, str]]:
    """What was done: what the column holds, an example, and how it is read."""
    notes: list[tuple[str, str, str]] = []
    ids = _ids_in(column, title)
    found = _readings_in(connection, column)
    for number, reading in enumerate(READINGS):
        if not found[number]:
            continue
        pattern = text_of(reading.pattern)
        row = connection.execute(
            f"""
            select
                min(id) filter (where is_such), bool_and(is_such or regexp_full_match(id, {text_of(_ANY_NUMBER)})),
                {reading.is_clear}
            from (select id, regexp_matches(id, {pattern}) as is_such from {ids} where id is not null)
            """
        ).fetchone()
        example, is_all, is_clear = row or (None, False, False)
        if example is None or (reading.is_of_column and not is_all) or not (is_clear or reading.names_unclear):
            continue
        if not is_clear:
            meanings = f"{example.partition('.')[0]} or {example.replace('.', '')}"
            such = f", such as {example!r}, which may be {meanings}"
            notes.append(("ids that may have a fraction or thousands", such, ". They stay as they are"))
            continue
        meant = reading.reading.replace("{id}", cleaned_id(column))
        read = connection.execute(f"select {reading.reading.replace('{id}', '$id')}", {"id": example}).fetchone()
        connection.execute(
            f"update staged set {column} = {meant}"
            f" where {is_odd(column)} and regexp_matches({cleaned_id(column)}, {pattern})"
        )
        # What was read may look as another reading says.
        found = _readings_in(connection, column)
        is_id = read is not None and read[0] != ""
        such = f": {example!r} is read as {read[0] if read and is_id else 'none'}"
        notes.append((f"{reading.words}, which are {'read as plain ids' if is_id else 'no ids'}", such, ""))
    return notes


def _ids_in(column: str, title: str) -> str:
    """SQL for the ids of a column, without its title where another report was pasted into this one."""
    return f"(select distinct {cleaned_id(column)} as id from staged where {column} <> {text_of(title)})"


def _of_alike(connection: duckdb.DuckDBPyConnection, column: str, title: str) -> list[tuple[str, str, str]]:
    """What is said of ids that may be one person's and stay two, as in ``_read_column``."""
    row = connection.execute(
        f"""
        with forms as (select id, unnest({same_ids("id")}) as form from {_ids_in(column, title)} where id is not null),
        alike as (select form, min(id) as one, max(id) as other from forms group by form having min(id) <> max(id))
        select one, other, (select count(distinct (one, other)) from alike) from alike order by all limit 1
        """
    ).fetchone()
    if row is None:
        return []
    one, other, count = row
    such = f", such as {one!r} and {other!r}"
    return [(f"{counted(count, 'pair')} of ids that may be the same", such, ". They count as two")]
