"""Whom the warehouse has forgotten, and how a name or an address is taken out of a text.

A record is a person's if its id is theirs or one of their e-mails, or if it has no id and one of these e-mails. Of a
forgotten person the warehouse keeps salted hashes of these, so that a later download does not bring them back, and for
each record that it was there. Everything here is SQL over texts: the command (``forget``) runs it on what was landed,
the loader (``landing.one_report``) on what is about to land, so that nothing of it ever reaches the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import duckdb

from reports.addresses import AT, DOT, PERCENT
from reports.ids import (
    LOST,
    POWER,
    ROUNDED,
    SHORTENED,
    cleaned_field,
    cleaned_id,
    id_of,
    is_plain,
    same_ids,
    same_ids_of,
)
from reports.invisible import FORMAT, INVISIBLE, of_python
from warehouse.database import number_of, path_of, text_of
from warehouse.salts import IN_MEMORY, check_value, forgotten_salt

FORGOTTEN = "[forgotten]"
REASON = "the user was forgotten (make forget): of the record neither id nor text is kept."
NAMED_REASON = "it named a user who was forgotten (make forget), so that its text is not kept."

# Before the check value of the salt, which lies among the hashes that it made.
CHECK = "check:"

# Columns whose texts name no other person, or must stay what they are for the records to stay what they are.
UNSCRUBBED = ("report_id", "site_id", "user_id", "content_id", "date", "date_created", "date_last_login")

# A sign in a code: of a URL (also of one that leads on to another), of HTML, of JSON.
CODE = rf"{PERCENT}[0-9A-Fa-f]{{2}}|&#?[0-9A-Za-z]+;|\\(?:[nrtbf]|u[0-9A-Fa-f]{{4}})"
# Between two words of a name or around it: anything but letters and digits.
GAP = rf"(?:{CODE}|[^\p{{L}}\p{{N}}\p{{M}}])"
# The same between the words of a name, from the blocks of Unicode that hold signs. Every name contains it, and
# all classes of letters would take ten times as long to prepare.
GAP_IN_A_NAME = (
    rf"(?:{CODE}|</?[a-z]+ ?/?>|\s+|"
    "[\\x00-/:-@\\[-`{-\u00bf\u00d7\u00f7\u2000-\u2bff\u3000-\u3004\u3008-\u3020\ufe00-\ufe0f\uff00-\uff0f\U0001f000-\U0001faff])"
)
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
# What stands around an address in a field: `Ann <ann@…>`, `mailto:ann@…?subject=…`, `"ann@…",`.
_BESIDE_ADDRESS = rf"{INVISIBLE}<>()\[\]\x22:;,="
_ONLY_ADDRESS = (
    rf"^(?:[^@]*?[{_BESIDE_ADDRESS}])?'*([^{_BESIDE_ADDRESS}'@][^{_BESIDE_ADDRESS}@]*)[{INVISIBLE}]*@[{INVISIBLE}]*"
    rf"([^{_BESIDE_ADDRESS}'?@]*[^{_BESIDE_ADDRESS}'?@.])(?:[{_BESIDE_ADDRESS}'?.][^@]*)?$"
)
# Two ways to write one e-mail differ in its signs, in what is around it and in the tag (ann+news@…).
SIGNS_OF_MAILBOX = {
    f"[{FORMAT}]+": "",
    AT: "@",
    DOT: ".",
    _ONLY_ADDRESS: r"\1@\2",
    rf"^([^+%@]+)(?:\+|{PERCENT}2b)[^@]*@": r"\1@",
}
# Letters that people and platforms write in other ways, with these ways.
SPELLINGS = {
    "ä": ("ae",),
    "ö": ("oe",),
    "ü": ("ue",),
    "ß": ("ss",),
    "å": ("aa",),
    "æ": ("ae",),
    "œ": ("oe",),
    "ø": ("o", "oe"),
    "ł": ("l",),
    "đ": ("d",),
    "ð": ("d", "th"),
    "þ": ("th",),
    "ı": ("i",),
}
WRITTEN_FOR = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}
SPELLED_OUT = r"(?i:ae|oe|ue|ss)|."
# Where the letters with accents are, and those in full width.
LATIN = (range(0xC0, 0x180), range(0x218, 0x21C), range(0xFF41, 0xFF5B))
# Accents of their own, and invisible signs, such as a soft hyphen. The whole classes of Unicode would make a
# pattern too large for DuckDB.
BESIDE_A_LETTER = "[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]*"
# The columns that say who the user of a record is.
WHO = ("first_name", "last_name", "company", "email")
# The columns that no alias knows, in one JSON object.
JSON_COLUMN = "extra_columns"
# The users of a site, to be selected from.
USERS_OF_SITE = """(
    select user_id, email from raw.user_names where site_id = $site
    union all
    select user_id, email from raw.users inner join raw.user_reports using (report_id) where site_id = $site
)"""
UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
PARTS_OF_A_NAME = ("first", "last")
# The fields of a record that was rejected, or of the list of its fields: a number may have commas in it.
FIELDS = (r'[,;|\t"\r\n\[\]]+', r'[;|\t"\r\n\[\]]+')
# A spreadsheet kept the first digits of these ids, or nothing: they may be anybody's.
_UNREADABLE = re.compile(f"{SHORTENED}|{POWER}|{ROUNDED}|{LOST}")
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
    full, whole, apart, hints = set(), set(), set(), {r"\[forgotten\]"}
    for first, last in people:
        parts = [words for words in (_words(first or ""), _words(last or "")) if words]
        plain = [[word for word in part if word.lower() not in TITLES] or part for part in parts]
        if parts:
            hints.add(_word(max((word for part in plain for word in part), key=len)))
        for form in (parts, plain):
            if sum(map(len, form)) == 1:
                whole.add(_word(form[0][0]))
            elif form:
                full |= {_in_this_order(form), _in_this_order([*reversed(form)])}
                if len(form) == len(PARTS_OF_A_NAME):
                    apart.add((_in_this_order(form[:1]), _in_this_order(form[1:])))
    # What has no @ is no address, and may be a word that stands everywhere, such as "none".
    known = {mail for mail in (mailbox(email.strip()) for email in emails if email) if "@" in mail}
    addresses = {_address(email) for email in known}
    patterns = []
    in_slugs = []
    # Addresses first: one that holds the name would be left in part, and its host reveals a family or a company.
    for some in _a_few(addresses):
        address = rf"(?:{some})($|[^\p{{L}}\p{{N}}\p{{M}}-])"
        patterns.append(rf"(?i){BEFORE_ADDRESS}{address}")
        in_slugs.append(rf"(?i){BEFORE_ADDRESS_IN_SLUG}{address}")
    # A number may be behind the name, as in an address. Some scripts have no blanks between words.
    patterns += [f"(?i)()(?:{some})()" for some in _a_few(name for name in full if UNSPACED.search(name))]
    patterns += [rf"(?i)(^|{GAP})(?:{some})(\p{{N}}*(?:$|{GAP}))" for some in _a_few(full)]
    if full:
        patterns.append(REST_OF_ADDRESS)
    whole_label = tuple(rf"(?i)^(\s*)(?:{some})(\s*)$" for some in _a_few(whole))
    # Each text is searched for a few people at a time, because one pattern for all would be too large for DuckDB.
    few = [*_a_few(hints | {_mailbox(email) for email in known})]
    hint = f"(?i)(?:{few[0]})" if len(few) == 1 else ""
    return Names(tuple(patterns), whole_label, tuple(sorted(apart)), tuple(in_slugs), hint)


def _a_few(patterns: Iterable[str]) -> Iterator[str]:
    """Patterns joined, as many as DuckDB can compile at once."""
    rest = sorted(patterns)
    for start in range(0, len(rest), NAMES_IN_A_PATTERN):
        yield "|".join(rest[start : start + NAMES_IN_A_PATTERN])


def _in_this_order(parts: list[list[str]]) -> str:
    """The words of a name, with a little between them."""
    return f"{GAP_IN_A_NAME}{{0,3}}".join(_word(word) for part in parts for word in part)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name))


def mailbox(email: str) -> str:
    """An e-mail as it is compared: with its signs as such, without what is around it and the tag that is ignored."""
    for pattern, sign in SIGNS_OF_MAILBOX.items():
        email = re.sub(f"(?i){of_python(pattern)}", sign, email)
    return email


def _address(email: str) -> str:
    """An e-mail without a tag in each way to write it, and with a tag that the mailbox ignores (ann+news@…)."""
    local, _, host = email.rpartition("@")
    hosts = "|".join(sorted({"".join(map(_sign, form)) for form in _forms_of_host(host)}))
    return rf"{''.join(map(_sign, local))}(?:(?:\+|{PERCENT}2b)[\p{{L}}\p{{N}}._-]*)*{AT}(?:{hosts})"


def _mailbox(email: str) -> str:
    """The beginning of an e-mail, in each way to write it: the classes of its tag take longest to prepare."""
    local, _, _ = email.rpartition("@")
    return rf"{''.join(map(_sign, local))}(?:\+|{PERCENT}2b|{AT})"


def _sign(written: str) -> str:
    """A character of an e-mail, as a URL writes it too."""
    if written.isascii() and written.isalnum():
        return written
    if written == ".":
        return DOT
    apostrophe = "['\u2019\u02bc]|" if written == "'" else ""
    return f"(?:{apostrophe}{re.escape(written)}|{quote(written, safe='').replace('%', PERCENT)})"


def _forms_of_host(host: str) -> set[str]:
    """A host in the letters of its language, and in those of the network."""
    forms = {host}
    with suppress(UnicodeError):
        forms.add(host.encode("idna").decode())
        forms.add(host.encode("ascii").decode("idna"))
    return forms


def _word(word: str) -> str:
    """A word of a name in each way to write its letters: with accents or without, spelled out, in a URL."""
    return "".join(_letters(part) for part in re.findall(SPELLED_OUT, unicodedata.normalize("NFC", word)))


@cache
def _letters(written: str) -> str:
    """One letter of a name, or two that may be one spelled out (ue for ü)."""
    if len(written) > 1:
        one = WRITTEN_FOR[written.lower()]
        return f"(?:{''.join(map(_letters, written))}|{_letters(one)})"
    base = _base(written)
    cases = {written, written.lower(), written.upper()}
    coded = {quote(form) for case in cases for form in (case, unicodedata.normalize("NFD", case))} - cases
    forms = {form.replace("%", PERCENT) for form in coded}
    if not written.isascii():
        codes = [ord(case) for case in cases if len(case) == 1]
        forms |= {form for code in codes for form in (f"&#{code};", f"&#x0*{code:x};", rf"\\u{code:04x}")}
    spelled = {"".join(map(_any_accent, form)) for form in SPELLINGS.get(written.lower(), ())}
    forms |= spelled | ({f"&{base}[a-z]+;"} if base != written and base.isascii() else set())
    letter = _any_accent(base, "" if written.isascii() else written)
    return f"(?:{'|'.join([letter, *sorted(forms)])})" if forms else letter


def _base(letter: str) -> str:
    """A letter without its accents, or as it is."""
    decomposed = unicodedata.normalize("NFKD", letter)
    return decomposed[0] if all(unicodedata.combining(mark) for mark in decomposed[1:]) else letter


@cache
def _any_accent(base: str, written: str = "") -> str:
    """A letter with any accent or none, and with invisible signs in it."""
    return f"[{base}{written}{_accented().get(base.lower(), '')}]{BESIDE_A_LETTER}"


@cache
def _accented() -> dict[str, str]:
    """The letters that are a letter with accents or in full width, by this letter; capitals are left to (?i)."""
    found: dict[str, str] = {}
    for letter in map(chr, (number for letters in LATIN for number in letters)):
        base = _base(letter)
        if letter.isalpha() and base != letter and base.isascii():
            found[base.lower()] = found.get(base.lower(), "") + letter
    for letter, forms in SPELLINGS.items():
        # Of no letter that Unicode takes apart.
        if _base(letter) == letter and len(forms[0]) == 1:
            found[forms[0]] = found.get(forms[0], "") + letter
    return found


def known_id(column: str) -> str:
    """SQL for an id as the models read it; '' for none."""
    return f"coalesce({cleaned_id(column)}, '')"


def mailboxes(emails: Iterable[str]) -> list[str]:
    """E-mails as they are compared with `known_mailbox`."""
    return [mailbox(email).lower() for email in emails]


def known_email(column: str) -> str:
    """SQL for an e-mail as the models read it; '' for none."""
    return f"coalesce({cleaned_field(unless_forgotten(column))}, '')"


def unless_forgotten(column: str) -> str:
    """SQL for a detail of a user; null where somebody was forgotten in it, so that no two people have it in common."""
    return f"case when {column} not like {text_of(f'%{FORGOTTEN}%')} then {column} end"


def known_mailbox(column: str) -> str:
    """SQL for an e-mail as it is compared (`mailbox`), in small letters."""
    email = known_email(column)
    for pattern, sign in SIGNS_OF_MAILBOX.items():
        email = f"regexp_replace({email}, {text_of(f'(?i){pattern}')}, {text_of(sign)}, 'g')"
    return f"lower({email})"


def identities(site_id: str, user_id: str, emails: Iterable[str]) -> list[str]:
    """What is remembered of a person, before it is hashed."""
    ids = [f"{site_id}:id:{one}" for one in same_ids_of(user_id)]
    return [*ids, *(f"{site_id}:email:{email}" for email in sorted({*mailboxes(emails)}))]


def other_identity(site_id: str, user_id: str) -> str:
    """What is remembered, before it is hashed, of another person with the same e-mail."""
    return f"{site_id}:other:{user_id}"


def spelling_identity(site_id: str, user_id: str) -> str:
    """What is remembered, before it is hashed, of another spelling of a forgotten id that is somebody else."""
    return f"{site_id}:spelling:{user_id}"


def hashed(salt: str, identity: str) -> str:
    """The hash under which an identity is remembered."""
    return hashlib.sha256((salt + identity).encode()).hexdigest()


@dataclass(frozen=True)
class Remembered:
    """The forgotten people of a site, as the loader knows them.

    Attributes:
        sites: the site; and the one that the report had before, where it is another.
        salt: the salt of the hashes.
        hashes: the hashes of their ids and e-mails.
    """

    sites: tuple[str, ...]
    salt: str
    hashes: frozenset[str]

    def is_theirs(self, user_id: str, email: str) -> str:
        """SQL for whether a record is one of theirs; the parameters are ``salt`` and ``hashes``."""
        # In each form of the id, whatever the other ids of the report are: a person stays forgotten.
        forms = f"len(list_filter({same_ids(user_id)}, lambda form: {self._is_known('id', 'form')})) > 0"
        # To ask one form takes a quarter of the time.
        known = known_id(user_id)
        # With a single sign-on the e-mail may be the id.
        as_email = f"{self._is_known_email(user_id)} and not {self._is_known('other', known)}"
        by_id = f"case when {is_plain(known)} then {self._is_known('id', known)} else {forms} or {as_email} end"
        by_id = f"({by_id}) and not {self._is_known('spelling', known)}"
        return f"({by_id} or {known} = '' and {self._is_known_email(email)})"

    def shares_email(self, user_id: str, email: str) -> str:
        """SQL for whether a record of another id has one of their e-mails, and is not declared another person's."""
        return (
            f"({self._is_known_email(email)}"
            f" and not {self._is_known('other', known_id(user_id))}"
            f" and not {self.is_theirs(user_id, email)})"
        )

    def is_id_of_theirs(self, site: str, user_id: str) -> bool:
        """Whether an id is one of theirs, in whatever form."""
        known = {hashed(self.salt, one) for one in identities(site, user_id, [])}
        return not self.hashes.isdisjoint(known) and not self.is_another_person(site, user_id)

    def is_id_or_email(self, site: str, written: str) -> bool:
        """Whether an id, in whatever form, or an e-mail is one of theirs."""
        emails = {written.lower(), mailbox(written).lower()}
        is_email = any(hashed(self.salt, f"{site}:email:{email}") in self.hashes for email in emails)
        return is_email or self.is_id_of_theirs(site, written)

    def is_another_person(self, site: str, user_id: str) -> bool:
        """Whether an id that is another spelling of a forgotten one was declared another person's."""
        return hashed(self.salt, spelling_identity(site, user_id)) in self.hashes

    def _is_known_email(self, column: str) -> str:
        """SQL for whether an e-mail is remembered: until 30 November 2026 it was so as it was written."""
        written = self._is_known("email", f"lower({known_email(column)})")
        return f"({written} or {self._is_known('email', known_mailbox(column))})"

    def _is_known(self, kind: str, value: str) -> str:
        """SQL for whether an identity of a kind is remembered for one of the sites."""
        tests = (
            f"list_contains($hashes, sha256($salt || {text_of(f'{site}:{kind}:')} || {value}))" for site in self.sites
        )
        return f"({' or '.join(tests)})"

    def moved(self, connection: duckdb.DuckDBPyConnection, user_id: str, email: str) -> list[str]:
        """The hashes for the site of what the staged records have of people who were forgotten in the one before."""
        if len(self.sites) == 1:
            return []
        site, before = self.sites
        found = connection.execute(
            f"select distinct {_hash_of(site)} from ({_identities_of('staged', user_id, email)})"
            f" where list_contains($hashes, {_hash_of(before)})",
            self.parameters,
        )
        return [hash_ for (hash_,) in found.fetchall()]

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of `is_theirs` and `shares_email`."""
        return {"salt": self.salt, "hashes": sorted(self.hashes)}

    def is_one_of(self, text: str) -> bool:
        """Whether a field of a record that could not be taken apart is the id or e-mail of one of them, or may be."""
        fields = {field for ends in FIELDS for field in re.split(ends, text) if field}
        return any(_UNREADABLE.match(field) for field in fields) or any(
            self.is_id_or_email(site, id_of(field)) for site in self.sites for field in fields
        )


def _identities_of(table: str, user_id: str, email: str) -> str:
    """SQL for the ids and e-mails in a table, as they are hashed, but without the site."""
    ids = f"list_transform({same_ids(user_id)}, lambda form: 'id:' || form)"
    emails = f"['email:' || lower({known_email(email)}), 'email:' || {known_mailbox(email)}]"
    return f"select unnest({ids} || {emails}) as identity from {table}"


def _hash_of(site_id: str) -> str:
    """SQL for the hash of an identity."""
    return f"sha256($salt || {text_of(f'{site_id}:')} || identity)"


def remember_moved(
    connection: duckdb.DuckDBPyConnection, site_id: str, hashes: Iterable[str], users: str = USERS_OF_SITE
) -> None:
    """Remember for a site the people of a report that moved to it, so that the next download leaves them out, too.

    Whoever has the same id in another report of the site may be somebody else, and stays.

    Args:
        connection: the warehouse.
        site_id: the site.
        hashes: their hashes for the site.
        users: SQL of a table with user_id and email of the users that the site has.
    """
    connection.execute(
        f"""
        insert into raw.forgotten_users
        select $site, hash, now()::timestamp from (select unnest($hashes::varchar[]) as hash)
        where hash not in (
            select {_hash_of(site_id)} from ({_identities_of(users, "user_id", "email")})
            union all select user_hash from raw.forgotten_users
        )
        """,
        {"site": site_id, "hashes": list(hashes), "salt": salt_of(connection, is_in_use=True)},
    )


def remembered(connection: duckdb.DuckDBPyConnection, *site_ids: str) -> Remembered | None:
    """The people of a site, or of several, who were forgotten; None if there is none.

    Raises:
        WarehouseError: somebody was, and the salt is gone.
    """
    sites = tuple(dict.fromkeys(filter(None, site_ids)))
    found = connection.execute(
        "select user_hash from raw.forgotten_users where list_contains(?, site_id)", [list(sites)]
    ).fetchall()
    if not found:
        return None
    hashes = frozenset(hash_ for (hash_,) in found if not hash_.startswith(CHECK))
    return Remembered(sites, salt_of(connection, is_in_use=True), hashes)


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
        f"select {number} as place, {place.row_id} as row_id, unnest([{_fields(place)}], recursive := true)"
        f" from {place.table} where {place.condition}"
        f" and ({' or '.join(names.likely(column, kind) for column, kind in place.columns.items())})"
        for number, place in enumerate(places)
        if place.columns
    ] or ["select 0 as place, 0 as row_id, '' as field, '' as kind, '' as text limit 0"]
    used = {name: value for name, value in parameters.items() if any(f"${name}" in query for query in found)}
    count = number_of(connection, f"create or replace temp table likely as {' union all '.join(found)}", used)
    clean = names.scrubbed("text", "kind") if count else "text"
    connection.execute(f"create or replace temp table named as select *, {clean} as clean from likely")
    connection.execute("delete from named where clean is not distinct from text; drop table likely")


def _fields(place: Place) -> str:
    """SQL for the texts of a row, as the elements of a list."""
    return ", ".join(
        f"{{'field': {text_of(column)}, 'kind': {text_of(kind)}, 'text': {column}}}"
        for column, kind in place.columns.items()
    )


def replace_named(connection: duckdb.DuckDBPyConnection, places: Sequence[Place]) -> None:
    """Put a word in place of the names that ``find_names`` has found in these places, the first of those it was given.

    The rows are changed in place, so that they keep their row ids.
    """
    for number, field_names in connection.execute(
        "select place, list(distinct field order by field) from named where place < ? group by 1 order by 1",
        [len(places)],
    ).fetchall():
        table = places[number].table
        values = ", ".join(f"{column} = coalesce(found.{column}, {table}.{column})" for column in field_names)
        columns = ", ".join(f"max(clean) filter (where field = {text_of(name)}) as {name}" for name in field_names)
        connection.execute(
            f"update {table} set {values} from (select row_id, {columns} from named where place = $place group by 1)"
            f" as found where {table}.rowid = found.row_id",
            {"place": number},
        )
        who = [column for column, kind in places[number].columns.items() if kind in WHO]
        if places[number].user_id and not {*who}.isdisjoint(field_names):
            # Without an id the e-mail is who it is, so that the rest of the name goes with it. A unique users report
            # must have one of the two.
            left = {"email": text_of(FORGOTTEN)}
            values = ", ".join(f"{column} = {left.get(places[number].columns[column], 'null')}" for column in who)
            connection.execute(
                f"update {table} set {values}"
                f" where {known_id(places[number].user_id)} = ''"
                " and rowid in (select row_id from named where place = $place and kind = 'email')",
                {"place": number},
            )


@dataclass(frozen=True)
class Forgotten:
    """The forgotten people of a site, and how the records of one report call them.

    Attributes:
        known: the people.
        names: how the records call them.
        record_count: how many records are theirs.
        shared_count: how many may be, by their e-mail.
        moved: the hashes of those who were forgotten in the site that the report had before.
    """

    known: Remembered | None = None
    names: Names = Names()
    record_count: int = 0
    shared_count: int = 0
    moved: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether the report has anything of them."""
        return self.record_count + self.shared_count > 0

    def is_named_in(self, connection: duckdb.DuckDBPyConnection, text: str) -> bool:
        """Whether a record that could not be taken apart is one of theirs, or names one of them."""
        return self.known is not None and (
            self.known.is_one_of(text) or without_names(connection, self.names, text) != text
        )


def salt_of(connection: duckdb.DuckDBPyConnection, *, is_in_use: bool) -> str:
    """The salt beside the warehouse that is open.

    Raises:
        WarehouseError: it is in use and not there, or is not the one with which people were forgotten.
    """
    warehouse = path_of(connection)
    if warehouse is None:
        return IN_MEMORY
    checks = connection.execute(
        "select distinct user_hash from raw.forgotten_users where starts_with(user_hash, ?)", [CHECK]
    ).fetchall()
    known = frozenset(check.removeprefix(CHECK) for (check,) in checks)
    return forgotten_salt(warehouse, known, is_in_use=is_in_use)


def check_of(salt: str) -> str:
    """What is remembered beside the hashes, so that another salt is refused."""
    return CHECK + check_value(salt)
