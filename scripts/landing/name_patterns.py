"""A name or an address in each way that people and programs write it, as regular expressions of RE2."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from urllib.parse import quote

from reports.addresses import AT, DOT, PERCENT

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


def name_pattern(parts: Sequence[Sequence[str]]) -> str:
    """The words of a name, with a little between them."""
    return f"{GAP_IN_A_NAME}{{0,3}}".join(word_pattern(word) for part in parts for word in part)


def word_pattern(word: str) -> str:
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


def address_pattern(email: str) -> str:
    """An e-mail without a tag in each way to write it, and with a tag that the mailbox ignores (ann+news@…)."""
    local, _, host = email.rpartition("@")
    hosts = "|".join(sorted({"".join(map(_sign, form)) for form in _forms_of_host(host)}))
    return rf"{''.join(map(_sign, local))}(?:(?:\+|{PERCENT}2b)[\p{{L}}\p{{N}}._-]*)*{AT}(?:{hosts})"


def mailbox_pattern(email: str) -> str:
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
