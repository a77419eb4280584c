"""Whom the warehouse has forgotten: salted hashes, by which the loader leaves out what a later download has of them.

A record is a person's if its id is theirs or one of their e-mails, or if it has no id and one of these e-mails. Of an
id and of an e-mail a hash is kept that is made with the site. Two more kinds of hashes are of ids that are somebody
else: ``other`` of one with the same e-mail, and ``spelling`` of another form of the id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from landing.identities import known_email, known_mailbox, mailbox, mailboxes, one_of_several
from landing.landed import USERS
from reports.ids import LOST, POWER, ROUNDED, SHORTENED, id_of, is_plain, known_id, same_ids, same_ids_of
from warehouse.database import path_of, text_of
from warehouse.salts import IN_MEMORY, check_value, forgotten_salt

# Before the check value of the salt, which lies among the hashes that it made.
CHECK = "check:"
USERS_OF_SITE = f"(from {USERS} where site_id = $site)"
# The fields of a record that was rejected, or of the list of its fields: a number may have commas in it.
FIELDS = (r'[,;|\t"\r\n\[\]]+', r'[;|\t"\r\n\[\]]+')
# A spreadsheet kept the first digits of these ids, or nothing: they may be anybody's.
_UNREADABLE = re.compile(f"{SHORTENED}|{POWER}|{ROUNDED}|{LOST}")


def identities(site_id: str, user_id: str, emails: Iterable[str]) -> list[str]:
    """What is remembered of a person, before it is hashed."""
    ids = [identity_of(site_id, "id", one) for one in same_ids_of(user_id)]
    return [*ids, *(identity_of(site_id, "email", email) for email in sorted({*mailboxes(emails)}))]


def identity_of(site_id: str, kind: str, one: str) -> str:
    """An id or an e-mail as it is hashed, with its kind."""
    return f"{site_id}:{kind}:{one}"


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
            f"(({self._is_known_email(email)} or {one_of_several(email, self._is_known_email)})"
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
        return hashed(self.salt, identity_of(site, "spelling", user_id)) in self.hashes

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
    return Remembered(sites, salt_of(connection), hashes)


def remember_person(
    connection: duckdb.DuckDBPyConnection, site_id: str, user_ids: Sequence[str], emails: Iterable[str]
) -> None:
    """Remember a person, in the transaction of the caller. No id of theirs is any longer another person's."""
    salt = salt_of(connection)
    theirs = {hashed(salt, one) for user_id in user_ids for one in identities(site_id, user_id, emails)}
    for user_id in user_ids:
        _strike_out(connection, site_id, hashed(salt, identity_of(site_id, "spelling", user_id)))
    for hash_ in (*sorted(theirs), CHECK + check_value(salt)):
        _remember(connection, site_id, hash_)


def remember_others(
    connection: duckdb.DuckDBPyConnection, site_id: str, others: Iterable[str], spellings: Iterable[str]
) -> None:
    """Remember who has the same e-mail, or an id in another form, and is somebody else.

    The loader leaves the first their name, and the second their records too.
    """
    spellings = list(spellings)
    found = [identity_of(site_id, "other", user_id) for user_id in (*others, *spellings)]
    found += [identity_of(site_id, "spelling", user_id) for user_id in spellings]
    salt = salt_of(connection) if found else ""
    for identity in found:
        _remember(connection, site_id, hashed(salt, identity))


def _remember(connection: duckdb.DuckDBPyConnection, site_id: str, hash_: str) -> None:
    """Remember a hash, with the time: by the last time the incremental base knows that texts are others now."""
    _strike_out(connection, site_id, hash_)
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute("insert into raw.forgotten_users values (?, ?, ?)", [site_id, hash_, now])


def _strike_out(connection: duckdb.DuckDBPyConnection, site_id: str, hash_: str) -> None:
    connection.execute("delete from raw.forgotten_users where site_id = ? and user_hash = ?", [site_id, hash_])


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
        {"site": site_id, "hashes": list(hashes), "salt": salt_of(connection)},
    )


def _identities_of(table: str, user_id: str, email: str) -> str:
    """SQL for the ids and e-mails in a table, as they are hashed, but without the site."""
    ids = f"list_transform({same_ids(user_id)}, lambda form: 'id:' || form)"
    emails = f"['email:' || lower({known_email(email)}), 'email:' || {known_mailbox(email)}]"
    return f"select unnest({ids} || {emails}) as identity from {table}"


def _hash_of(site_id: str) -> str:
    """SQL for the hash of an identity."""
    return f"sha256($salt || {text_of(f'{site_id}:')} || identity)"


def salt_of(connection: duckdb.DuckDBPyConnection) -> str:
    """The salt beside the warehouse that is open.

    Raises:
        WarehouseError: somebody was forgotten, and it is not there, or is another.
    """
    warehouse = path_of(connection)
    if warehouse is None:
        return IN_MEMORY
    known = {row[0] for row in connection.execute("select distinct user_hash from raw.forgotten_users").fetchall()}
    checks = frozenset(one.removeprefix(CHECK) for one in known if one.startswith(CHECK))
    return forgotten_salt(warehouse, checks, is_in_use=bool(known))
