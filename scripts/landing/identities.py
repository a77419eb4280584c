"""Who a user is: how the ids and e-mails of two records are compared, in SQL and in Python alike.

An e-mail is compared by its mailbox: in small letters, with its signs as such, without what is around it and without
the tag that is ignored (ann+news@…).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from reports.addresses import AT, DOT, PERCENT
from reports.ids import cleaned_field
from reports.invisible import FORMAT, INVISIBLE, of_python
from warehouse.database import text_of

# What stands in the place of a detail that was taken out.
FORGOTTEN = "[forgotten]"
# What stands around an address in a field: `Ann <ann@…>`, `mailto:ann@…?subject=…`, `"ann@…",`.
_BESIDE_ADDRESS = rf"{INVISIBLE}<>()\[\]\x22:;,="
_ONLY_ADDRESS = (
    rf"^(?:[^@]*?[{_BESIDE_ADDRESS}])?'*([^{_BESIDE_ADDRESS}'@][^{_BESIDE_ADDRESS}@]*)[{INVISIBLE}]*@[{INVISIBLE}]*"
    rf"([^{_BESIDE_ADDRESS}'?@]*[^{_BESIDE_ADDRESS}'?@.])(?:[{_BESIDE_ADDRESS}'?.][^@]*)?$"
)
# An address in a field of several, behind any sign between them.
_BETWEEN_ADDRESSES = rf"{_BESIDE_ADDRESS}@/|&\\"
_ONE_OF_SEVERAL = rf"[^{_BETWEEN_ADDRESSES}+][^{_BETWEEN_ADDRESSES}]*@[\p{{L}}\p{{N}}.-]+"
# Two ways to write one e-mail differ in its signs, in what is around it and in the tag (ann+news@…).
SIGNS_OF_MAILBOX = {
    f"[{FORMAT}]+": "",
    AT: "@",
    DOT: ".",
    _ONLY_ADDRESS: r"\1@\2",
    rf"^([^+%@]+)(?:\+|{PERCENT}2b)[^@]*@": r"\1@",
}


def unless_forgotten(column: str) -> str:
    """SQL for a detail of a user; null where somebody was forgotten in it, so that no two people have it in common."""
    return f"case when {column} not like {text_of(f'%{FORGOTTEN}%')} then {column} end"


def known_email(column: str) -> str:
    """SQL for an e-mail as the models read it; '' for none."""
    return f"coalesce({cleaned_field(unless_forgotten(column))}, '')"


def one_of_several(column: str, is_one: Callable[[str], str]) -> str:
    """SQL for whether a field has several e-mails, and one of them is such."""
    field = f"regexp_replace({known_email(column)}, {text_of(f'(?i){AT}')}, '@', 'g')"
    each = f"regexp_extract_all({field}, {text_of(_ONE_OF_SEVERAL)})"
    return f"(regexp_matches({field}, '@.*@') and len(list_filter({each}, lambda one: {is_one('one')})) > 0)"


def known_mailbox(column: str) -> str:
    """SQL for an e-mail as it is compared (`mailbox`), in small letters."""
    email = known_email(column)
    for pattern, sign in SIGNS_OF_MAILBOX.items():
        email = f"regexp_replace({email}, {text_of(f'(?i){pattern}')}, {text_of(sign)}, 'g')"
    return f"lower({email})"


def mailboxes(emails: Iterable[str]) -> list[str]:
    """E-mails as they are compared with `known_mailbox`."""
    return [mailbox(email).lower() for email in emails]


def mailbox(email: str) -> str:
    """An e-mail as it is compared: with its signs as such, without what is around it and the tag that is ignored."""
    for pattern, sign in SIGNS_OF_MAILBOX.items():
        email = re.sub(f"(?i){of_python(pattern)}", sign, email)
    return email
