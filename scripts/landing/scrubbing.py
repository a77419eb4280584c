"""Names and addresses are taken out of texts: what names people, where it stands, and what is left.

Everything here is SQL over texts. An erasure (``removal.erase``) runs it on what was landed, the loader
(``landing.left_out``) on what is about to land, so that nothing of it ever reaches the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb

from landing.identities import FORGOTTEN, mailbox
from landing.name_patterns import CODE, GAP, address_pattern, mailbox_pattern, name_pattern, word_pattern
from reports.addresses import AT
from reports.ids import known_id
from warehouse.database import named_in, number_of, text_of

# Columns whose texts name no other person, or must stay what they are for the records to stay what they are.
UNSCRUBBED = ("report_id", "site_id", "user_id", "content_id", "date", "date_created", "date_last_login")
# A sign that an address may begin with is before it only after a blank, as in a list.
BEFORE_ADDRESS = rf"(^|{CODE}|[^\p{{L}}\p{{N}}._%+-]|(?:^|\s)[._%+-]+)"
# A slug has such a sign in place of a blank.
BEFORE_ADDRESS_IN_SLUG = r"(^|[_-])"
SLUG_COLUMN = "content_slug"
LABEL_COLUMN = "label"
# Of twice as many long ones DuckDB says "pattern too large".
NAMES_IN_A_PATTERN = 20
# A pattern that no text has.
NOTHING = r"[^\s\S]"
# The rest of an address that no record has, after the name was taken out of it.
REST_OF_ADDRESS = rf"""()[^\s,;<>"'()]*\[forgotten\][^\s,;<>"'()@]*{AT}[^\s,;<>"'()/?&]+()"""
# The columns that say who the user of a record is.
WHO = ("first_name", "last_name", "company", "email")
# The columns that no alias knows, in one JSON object.
JSON_COLUMN = "extra_columns"
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Words that a platform may hold as a part of a name, and that others leave out.
TITLES = {
    *("dr", "prof", "professor", "mr", "mrs", "ms", "mx", "miss", "sir", "herr", "frau", "mme", "ing", "dipl", "mag"),
    *("phd", "md", "msc", "bsc", "mba", "jr", "sr", "jun", "sen", "junior", "senior", "ii", "iii", "iv"),
}


@dataclass(frozen=True)
class Names:
    """What names people in a text: regular expressions, each with a group for what stands before and after.

    Attributes:
        patterns: full names and e-mails, wherever they stand.
        whole: names of one word, which are only theirs where they are the whole label.
        apart: first and last names, which are theirs where both are whole values of one JSON object.
        in_slugs: e-mails as a slug holds them.
        hint: a pattern that each text with one of the names has, and that is a hundred times as quick to prepare.
    """

    patterns: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    in_slugs: tuple[str, ...] = ()
    hint: str = NOTHING

    def of(self, column: str) -> tuple[str, ...]:
        """The patterns that are looked for in a column."""
        return self.only_in.get(column, ()) + self.patterns

    @property
    def only_in(self) -> dict[str, tuple[str, ...]]:
        """The patterns that are looked for in some columns only."""
        return {SLUG_COLUMN: self.in_slugs, LABEL_COLUMN: self.whole}

    def likely(self, text: str, column: str = "") -> str:
        """SQL for whether a text may hold one of the names. For many people no pattern takes less to ask than all."""
        if not self.hint:
            return self.is_in(text, column)
        return f"coalesce(regexp_matches({text}, {text_of(self.hint)}), false)"

    def scrubbed(self, text: str, column: str = "''") -> str:
        """SQL for a text without the names; the column is SQL as well."""
        written = text
        if column != "''":
            whens = (f" when {text_of(name)} then {_without(text, found)}" for name, found in self.only_in.items())
            text = f"case {column}{''.join(whens)} else {text} end"
        text = _without(text, self.patterns)
        for pair in self.apart if column != "''" else ():
            value = text_of(_value("|".join(pair)))
            is_there = f"{column} = {text_of(JSON_COLUMN)} and {_holds_both(written, pair)}"
            # The pattern is chosen and not the text, which would be repeated for each name.
            pattern = f"case when {is_there} then {value} else {text_of(NOTHING)} end"
            text = f"regexp_replace({text}, {pattern}, ':\"{FORGOTTEN}\"', 'g')"
        return text

    def is_in(self, text: str, column: str = "") -> str:
        """SQL for whether a text holds one of the names."""
        tests = [f"coalesce(regexp_matches({text}, {text_of(pattern)}), false)" for pattern in self.of(column)]
        tests += [_holds_both(text, pair) for pair in self.apart if column == JSON_COLUMN]
        return f"({' or '.join(tests)})" if tests else "false"


NO_NAMES = Names()


def _without(text: str, patterns: Iterable[str]) -> str:
    """SQL for a text without what some patterns find."""
    for pattern in patterns:
        # Twice: what stands between two names is before the one and after the other.
        for _ in range(2):
            text = rf"regexp_replace({text}, {text_of(pattern)}, '\1{FORGOTTEN}\2', 'g')"
    return text


def _holds_both(text: str, pair: tuple[str, str]) -> str:
    """SQL for whether both names are values of a JSON object on their own."""
    tests = (f"regexp_matches({text}, {text_of(_value(name))})" for name in pair)
    return f"coalesce({' and '.join(tests)}, false)"


def _value(name: str) -> str:
    return f'(?i):"(?:{name})"'


def names_of(people: Iterable[tuple[str | None, str | None]], emails: Iterable[str | None]) -> Names:
    """The names of people, given as first and last name, and their e-mails."""
    parts = [[words for words in map(_words, name) if words] for name in people]
    plain = [[[word for word in words if word.lower() not in TITLES] or words for words in name] for name in parts]
    names = [name for name in (*parts, *plain) if name]
    full = [name for name in names if sum(map(len, name)) > 1]
    whole = {word_pattern(name[0][0]) for name in names if sum(map(len, name)) == 1}
    apart = {(name_pattern(name[:1]), name_pattern(name[1:])) for name in full if len(name) > 1}
    # What has no @ is no address, and may be a word that stands everywhere, such as "none".
    known = {mail for mail in (mailbox(email.strip()) for email in emails if email) if "@" in mail}
    addresses = [rf"(?:{some})($|[^\p{{L}}\p{{N}}\p{{M}}-])" for some in _a_few(map(address_pattern, known))]
    longest = {word_pattern(max(chain(*name), key=len)) for name in plain if name}
    # Each text is searched for a few people at a time, because one pattern for all would be too large for DuckDB.
    hints = [*_a_few({r"\[forgotten\]", *longest, *map(mailbox_pattern, known)})]
    return Names(
        # Addresses first: one that holds the name would be left in part, and its host reveals a family or a company.
        patterns=(*(rf"(?i){BEFORE_ADDRESS}{address}" for address in addresses), *_of_full_names(full)),
        whole=tuple(rf"(?i)^(\s*)(?:{some})(\s*)$" for some in _a_few(whole)),
        apart=tuple(sorted(apart)),
        in_slugs=tuple(rf"(?i){BEFORE_ADDRESS_IN_SLUG}{address}" for address in addresses),
        hint=f"(?i)(?:{hints[0]})" if len(hints) == 1 else "",
    )


def _words(name: str | None) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name or ""))


def _of_full_names(names: Iterable[list[list[str]]]) -> Iterator[str]:
    """The patterns of names with several words, with the first or the last name first."""
    full = {name_pattern(order) for name in names for order in (name, name[::-1])}
    # A number may be behind the name, as in an address. Some scripts have no blanks between words.
    yield from (f"(?i)()(?:{some})()" for some in _a_few(name for name in full if UNSPACED.search(name)))
    yield from (rf"(?i)(^|{GAP})(?:{some})(\p{{N}}*(?:$|{GAP}))" for some in _a_few(full))
    if full:
        yield REST_OF_ADDRESS


def _a_few(patterns: Iterable[str]) -> Iterator[str]:
    """Patterns joined, as many as DuckDB can compile at once."""
    rest = sorted(patterns)
    for start in range(0, len(rest), NAMES_IN_A_PATTERN):
        yield "|".join(rest[start : start + NAMES_IN_A_PATTERN])


def without_names(connection: duckdb.DuckDBPyConnection, names: Names, text: str, *, is_theirs: bool = False) -> str:
    """A text without the names, or the name of a file that held no other records."""
    if is_theirs:
        return FORGOTTEN + "".join(Path(text).suffixes[-2:] if text.endswith(".gz") else Path(text).suffixes[-1:])
    if not names.patterns or not number_of(connection, f"select {names.likely('$text')}", {"text": text}):
        return text
    row = connection.execute(f"select {names.scrubbed('$text')}", {"text": text}).fetchone()
    return str(row[0]) if row else text


@dataclass(frozen=True)
class Place:
    """Where texts may name somebody.

    Attributes:
        table: the table.
        columns: its columns of texts, with what they are called in raw.
        condition: SQL for which rows are searched.
        row_id: SQL for what a row is found by.
        user_id: its column of the user's id, if its rows have a user.
    """

    table: str
    columns: Mapping[str, str]
    condition: str = "true"
    row_id: str = "rowid"
    user_id: str = ""


def find_names(
    connection: duckdb.DuckDBPyConnection, names: Names, places: Sequence[Place], parameters: Mapping[str, object]
) -> None:
    """Write the texts that hold one of the names to the temporary table ``named``, each with what is left of it.

    All places are searched with one query, because DuckDB takes longer to prepare the patterns than to search a small
    table. Only texts that are likely to hold a name are searched for all its forms.
    """
    found = [
        f"select {text_of(place.table)} as place, {place.row_id} as row_id,"
        f" unnest([{_fields(place)}], recursive := true)"
        f" from {place.table} where {place.condition}"
        f" and ({' or '.join(names.likely(column, kind) for column, kind in place.columns.items())})"
        for place in places
        if place.columns
    ] or ["select '' as place, 0 as row_id, '' as field, '' as kind, '' as text limit 0"]
    likely = f"create or replace temp table likely as {' union all '.join(found)}"
    count = number_of(connection, likely, named_in(likely, parameters))
    clean = names.scrubbed("text", "kind") if count else "text"
    connection.execute(f"create or replace temp table named as select *, {clean} as clean from likely")
    connection.execute("delete from named where clean is not distinct from text; drop table likely")


def _fields(place: Place) -> str:
    """SQL for the texts of a row, as the elements of a list."""
    return ", ".join(
        f"{{'field': {text_of(column)}, 'kind': {text_of(kind)}, 'text': {column}}}"
        for column, kind in place.columns.items()
    )


def replace_named(connection: duckdb.DuckDBPyConnection, places: Iterable[Place]) -> None:
    """Put a word in place of the names that ``find_names`` has found in these places.

    The rows are changed in place, so that they keep their row ids.
    """
    fields = "select place, list(distinct field order by field) from named group by 1"
    changed: dict[str, list[str]] = dict(connection.execute(fields).fetchall())
    for place in places:
        if place.table in changed:
            _replace_in(connection, place, changed[place.table])


def _replace_in(connection: duckdb.DuckDBPyConnection, place: Place, changed: list[str]) -> None:
    table, of_place = place.table, {"place": place.table}
    values = ", ".join(f"{column} = coalesce(found.{column}, {table}.{column})" for column in changed)
    columns = ", ".join(f"max(clean) filter (where field = {text_of(column)}) as {column}" for column in changed)
    connection.execute(
        f"update {table} set {values} from (select row_id, {columns} from named where place = $place group by 1)"
        f" as found where {table}.rowid = found.row_id",
        of_place,
    )
    who = {column: "null" for column, kind in place.columns.items() if kind in WHO}
    if place.user_id and not who.keys().isdisjoint(changed):
        # Without an id the e-mail is who it is, so that the rest of the name goes with it. A unique users report must
        # have one of the two.
        who |= {column: text_of(FORGOTTEN) for column in who if place.columns[column] == "email"}
        connection.execute(
            f"update {table} set {', '.join(f'{column} = {left}' for column, left in who.items())}"
            f" where {known_id(place.user_id)} = ''"
            " and rowid in (select row_id from named where place = $place and kind = 'email')",
            of_place,
        )
