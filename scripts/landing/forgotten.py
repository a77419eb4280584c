"""Whom the warehouse has forgotten, and how a name or an address is taken out of a text.

A record is a person's if it has their user id, or no id and one of their e-mails. Of a forgotten person the warehouse
keeps salted hashes of these, so that a later download does not bring them back, and for each record that it was
there. Everything here is SQL over texts: the command (``forget``) runs it on what was landed, the loader
(``landing.land``) on what is about to land, so that nothing of it ever reaches the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb

from reports.ids import cleaned_field, cleaned_id, id_of, whole_id, without_fraction
from warehouse.database import path_of, text_of
from warehouse.errors import WarehouseError
from warehouse.salts import check_value, forgotten_salt, wrong_forgotten_salt

FORGOTTEN = "[forgotten]"
REASON = "the user was forgotten (make forget): of the record neither id nor text is kept."
NAMED_REASON = "it named a user who was forgotten (make forget), so that its text is not kept."

# Before the check value of the salt, which lies among the hashes that it made.
CHECK = "check:"

# Columns whose texts name no other person, or must stay what they are for the records to stay what they are.
UNSCRUBBED = ("report_id", "site_id", "user_id", "content_id", "date", "date_created", "date_last_login")

# Between two words of a name or around it: anything but letters and digits, also as a URL writes it.
GAP = r"(?:%[0-9A-Fa-f]{2}|[^\p{L}\p{N}\p{M}])"
# A sign that an address may begin with is before it only after a blank, as in a list.
BEFORE_ADDRESS = r"(^|%[0-9A-Fa-f]{2}|[^\p{L}\p{N}._%+-]|(?:^|\s)[._%+-]+)"
# A pattern that no text has.
NOTHING = r"[^\s\S]"
# The rest of an address that no record has, after the name was taken out of it.
REST_OF_ADDRESS = r"""()[^\s,;<>"'()]*\[forgotten\][^\s,;<>"'()@]*(?:@|%40)[^\s,;<>"'()/?&]+()"""
# The columns that no alias knows, in one JSON object.
JSON_COLUMN = "extra_columns"
PARTS_OF_A_NAME = ("first", "last")


@dataclass(frozen=True)
class Names:
    """What names people in a text: regular expressions, each with a group for what stands before and after.

    Attributes:
        patterns: full names and e-mails, wherever they stand.
        whole: names of one word, which are only theirs where they are the whole label.
        apart: first and last names, which are theirs where both are whole values of one JSON object.
        hint: a pattern that each text with one of the names has, and that is a hundred times as quick to prepare.
    """

    patterns: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    hint: str = NOTHING

    def of(self, column: str) -> tuple[str, ...]:
        """The patterns that are looked for in a column."""
        if column in UNSCRUBBED:
            return ()
        return self.patterns + (self.whole if column == "label" else ())

    def scrubbed(self, text: str, column: str = "") -> str:
        """SQL for a text without the names."""
        written = text
        for pattern in self.of(column):
            # Twice: what stands between two names is before the one and after the other.
            for _ in range(2):
                text = rf"regexp_replace({text}, {text_of(pattern)}, '\1{FORGOTTEN}\2', 'g')"
        for pair in self.apart if column == JSON_COLUMN else ():
            value = text_of(_value("|".join(pair)))
            # The pattern is chosen and not the text, which would be repeated for each name.
            pattern = f"case when {_holds_both(written, pair)} then {value} else {text_of(NOTHING)} end"
            text = f"regexp_replace({text}, {pattern}, ':\"{FORGOTTEN}\"', 'g')"
        return text

    def is_in(self, text: str, column: str = "") -> str:
        """SQL for whether a text holds one of the names."""
        tests = [f"coalesce(regexp_matches({text}, {text_of(pattern)}), false)" for pattern in self.of(column)]
        tests += [_holds_both(text, pair) for pair in self.apart if column == JSON_COLUMN]
        return f"({' or '.join(tests)})" if tests else "false"


def _holds_both(text: str, pair: tuple[str, str]) -> str:
    """SQL for whether both names are values of a JSON object on their own."""
    tests = (f"regexp_matches({text}, {text_of(_value(name))})" for name in pair)
    return f"coalesce({' and '.join(tests)}, false)"


def _value(name: str) -> str:
    return f'(?i):"(?:{name})"'


def names_of(people: Iterable[tuple[str | None, str | None]], emails: Iterable[str | None]) -> Names:
    """The names of people, given as first and last name, and their e-mails."""
    full, whole, apart, hints = set(), set(), set(), {r"\[forgotten\]"}
    for first, last in people:
        parts = [words for words in (_words(first or ""), _words(last or "")) if words]
        if parts:
            hints.add(_word(max((word for part in parts for word in part), key=len)))
        if sum(map(len, parts)) == 1:
            whole.add(_word(parts[0][0]))
        elif parts:
            full.add(_in_this_order(parts))
            full.add(_in_this_order([*reversed(parts)]))
            if len(parts) == len(PARTS_OF_A_NAME):
                apart.add((_in_this_order(parts[:1]), _in_this_order(parts[1:])))
    addresses = {re.escape(email.strip()).replace("@", "(?:@|%40)") for email in emails if email and email.strip()}
    patterns = []
    # Addresses first: one that holds the name would be left in part, and its host reveals a family or a company.
    if addresses:
        patterns.append(rf"(?i){BEFORE_ADDRESS}(?:{'|'.join(sorted(addresses))})($|[^\p{{L}}\p{{N}}\p{{M}}-])")
    if full:
        patterns.append(f"(?i)(^|{GAP})(?:{'|'.join(sorted(full))})($|{GAP})")
        patterns.append(REST_OF_ADDRESS)
    whole_label = tuple(rf"(?i)^(\s*){word}(\s*)$" for word in sorted(whole))
    hint = f"(?i)(?:{'|'.join(sorted(hints | addresses))})"
    return Names(tuple(patterns), whole_label, tuple(sorted(apart)), hint)


def _in_this_order(parts: list[list[str]]) -> str:
    """The words of a name, with a little between them."""
    return f"{GAP}{{0,3}}".join(_word(word) for part in parts for word in part)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name))


def _word(word: str) -> str:
    """A word of a name, with its letters in one piece or in two, and as a URL writes it."""
    forms = {word, unicodedata.normalize("NFD", word), quote(word)}
    return f"(?:{'|'.join(sorted(forms))})" if len(forms) > 1 else word


def known_id(column: str) -> str:
    """SQL for an id as the models read it; '' for none."""
    return f"coalesce({cleaned_id(column)}, '')"


def known_email(column: str) -> str:
    """SQL for an e-mail as the models read it; '' for none."""
    return f"coalesce({cleaned_field(column)}, '')"


def identities(site_id: str, user_id: str, emails: Iterable[str]) -> list[str]:
    """What is remembered of a person, before it is hashed."""
    return [f"{site_id}:id:{user_id}", *(f"{site_id}:email:{email.lower()}" for email in sorted(emails))]


def other_identity(site_id: str, user_id: str) -> str:
    """What is remembered, before it is hashed, of another person with the same e-mail."""
    return f"{site_id}:other:{user_id}"


def hashed(salt: str, identity: str) -> str:
    """The hash under which an identity is remembered."""
    return hashlib.sha256((salt + identity).encode()).hexdigest()


@dataclass(frozen=True)
class Remembered:
    """The forgotten people of a site, as the loader knows them."""

    site_id: str
    salt: str
    hashes: frozenset[str]

    def is_theirs(self, user_id: str, email: str) -> str:
        """SQL for whether a record is one of theirs; the parameters are ``salt``, ``site`` and ``hashes``."""
        # With a fraction of zeros too, whatever the other ids of the report are: a person stays forgotten.
        ids = [known_id(user_id), without_fraction(known_id(user_id))]
        by_id = " or ".join(f"list_contains($hashes, sha256($salt || $site || ':id:' || {one}))" for one in ids)
        return (
            f"({by_id} or {known_id(user_id)} = ''"
            f" and list_contains($hashes, sha256($salt || $site || ':email:' || lower({known_email(email)}))))"
        )

    def shares_email(self, user_id: str, email: str) -> str:
        """SQL for whether a record of another id has one of their e-mails, and is not declared another person's."""
        return (
            f"(list_contains($hashes, sha256($salt || $site || ':email:' || lower({known_email(email)})))"
            f" and not list_contains($hashes, sha256($salt || $site || ':other:' || {known_id(user_id)}))"
            f" and not {self.is_theirs(user_id, email)})"
        )

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of `is_theirs` and `shares_email`."""
        return {"salt": self.salt, "site": self.site_id, "hashes": sorted(self.hashes)}

    def is_one_of(self, text: str, delimiter: str) -> bool:
        """Whether a field of a record that could not be taken apart is the id or e-mail of one of them."""
        fields = {
            read(field) for read in (id_of, whole_id) for field in re.split(rf'[{re.escape(delimiter)}"\r\n]', text)
        }
        return any(
            not self.hashes.isdisjoint(hashed(self.salt, one) for one in identities(self.site_id, field, [field]))
            for field in fields
            if field
        )


def remembered(connection: duckdb.DuckDBPyConnection, site_id: str) -> Remembered | None:
    """The people of a site who were forgotten; None if there is none.

    Raises:
        WarehouseError: somebody was, and the salt is gone.
    """
    found = connection.execute("select user_hash from raw.forgotten_users where site_id = ?", [site_id]).fetchall()
    if not found:
        return None
    hashes = frozenset(hash_ for (hash_,) in found if not hash_.startswith(CHECK))
    return Remembered(site_id, salt_of(connection, is_in_use=True), hashes)


def without_names(connection: duckdb.DuckDBPyConnection, names: Names, text: str, *, is_theirs: bool = False) -> str:
    """A text without the names, or the name of a file that held no other records."""
    if is_theirs:
        return FORGOTTEN + "".join(Path(text).suffixes[-2:] if text.endswith(".gz") else Path(text).suffixes[-1:])
    row = connection.execute(f"select {names.scrubbed('$text')}", {"text": text}).fetchone()
    return str(row[0]) if row else text


@dataclass(frozen=True)
class Forgotten:
    """The forgotten people of a site, and how the records of one report call them."""

    known: Remembered | None = None
    names: Names = Names()

    def is_named_in(self, connection: duckdb.DuckDBPyConnection, text: str, delimiter: str) -> bool:
        """Whether a record that could not be taken apart is one of theirs, or names one of them."""
        return self.known is not None and (
            self.known.is_one_of(text, delimiter) or without_names(connection, self.names, text) != text
        )


def salt_of(connection: duckdb.DuckDBPyConnection, *, is_in_use: bool) -> str:
    """The salt beside the warehouse that is open.

    Raises:
        WarehouseError: it is in use and not there, or is not the one with which people were forgotten.
    """
    warehouse = path_of(connection) or Path("warehouse")
    salt = forgotten_salt(warehouse, is_in_use=is_in_use)
    checks = connection.execute(
        "select distinct user_hash from raw.forgotten_users where starts_with(user_hash, ?)", [CHECK]
    ).fetchall()
    if any(check != check_of(salt) for (check,) in checks):
        raise WarehouseError(wrong_forgotten_salt(warehouse.with_name("forgotten_salt")))
    return salt


def check_of(salt: str) -> str:
    """What is remembered beside the hashes, so that another salt is refused."""
    return CHECK + check_value(salt)
