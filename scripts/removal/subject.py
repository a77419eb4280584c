"""The person who is meant by an id, and the conditions of SQL by which something is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import duckdb

from landing.forgotten import remembered
from landing.identities import known_email, known_mailbox, mailboxes, unless_forgotten
from landing.landed import LANDED_REPORTS, USERS
from landing.scrubbing import NO_NAMES, Names, names_of
from reports.ids import all_same_ids_of, id_of, known_id, same_ids, same_ids_of
from warehouse.errors import WarehouseError
from warehouse.raw_tables import prepare_raw

# Conditions of SQL, with the parameters of a person (``Person.parameters``).
OF_SITE = f"report_id in (select report_id from ({LANDED_REPORTS}) where site_id = $site)"
IS_GUEST = f"({known_id('user_id')} = '' and list_contains($emails, {known_mailbox('email')}))"
HAS_IDENTITY = f"({known_id('user_id')} = any($user) or {IS_GUEST})"
IS_THEIRS = f"({OF_SITE} and {HAS_IDENTITY})"


def has_id(column: str) -> str:
    """SQL for whether an id is one of theirs in whatever form, and no spelling of it that is somebody else's."""
    return f"(list_has_any($ids, {same_ids(column)}) and not list_contains($others, {known_id(column)}))"


def has_key(column: str) -> str:
    """The same of a key of the marts."""
    return f"(starts_with({column}, $site || ':') and {has_id(f'{column}[len($site) + 2:]')})"


class UnknownUser(WarehouseError):
    """Nobody is known by this id."""


@dataclass(frozen=True)
class Person:
    """Who is meant, and how the records call them.

    Attributes:
        site_id: the site.
        user_ids: the ids that are the person's, the one that was asked for first.
        emails: their e-mails.
        names: what names them in a text.
        spellings: other spellings of the ids, which are other people's.
        is_remembered: whether they were forgotten before.
    """

    site_id: str
    user_ids: tuple[str, ...]
    emails: tuple[str, ...] = ()
    names: Names = NO_NAMES
    spellings: tuple[str, ...] = ()
    is_remembered: bool = False

    @property
    def user_id(self) -> str:
        """The id that was asked for."""
        return self.user_ids[0]

    @cached_property
    def forms(self) -> list[str]:
        """The ids in each form."""
        return all_same_ids_of(self.user_ids)

    def is_id_of_theirs(self, user_id: str) -> bool:
        """Whether an id is one of theirs in whatever form, and no spelling of it that is somebody else's."""
        return user_id not in self.spellings and not {*self.forms}.isdisjoint(same_ids_of(user_id))

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of the conditions above."""
        return {
            "site": self.site_id,
            "user": list(self.user_ids),
            "ids": self.forms,
            "others": list(self.spellings),
            "emails": mailboxes(self.emails),
        }


def find_person(
    connection: duckdb.DuckDBPyConnection,
    user_id: str,
    site_id: str | None,
    also: Iterable[str] = (),
    other_ids: Iterable[str] = (),
    spellings: Iterable[str] = (),
) -> Person:
    """The user of an id, with all names and e-mails in their records.

    Args:
        connection: the warehouse.
        user_id: the platform's id, or the e-mail of a user who is only in a unique users report, without an id.
        site_id: the site; None if the id is of one site only.
        also: names and e-mails that others may use for the person.
        other_ids: ids that are the same person.
        spellings: ids in another form that are other people.

    Raises:
        WarehouseError: no user is known by this id, or several are.
    """
    prepare_raw(connection)
    user_id = id_of(user_id)
    if not user_id:
        raise UnknownUser("there is no user without an id. Nothing was changed. Fix: USER_ID=…")
    # An e-mail stands for a user whom no report gives an id.
    own = [user_id] if "@" in user_id else []
    has_forgotten = _sites_that_forgot(connection, user_id)
    site = _only_site(user_id, site_id, _sites_of(connection, user_id, own), has_forgotten)
    user_ids = tuple(dict.fromkeys([user_id, *other_ids]))
    details = ", ".join(map(unless_forgotten, ("first_name", "last_name", "email")))
    known = connection.execute(
        f"select distinct {details} from {USERS} where site_id = $site and {HAS_IDENTITY}",
        {"site": site, "user": list(user_ids), "emails": mailboxes(own)},
    ).fetchall()
    also = list(also)
    emails = {*own, *(email.strip() for *_, email in known if email and email.strip())}
    emails |= {name for name in also if "@" in name}
    names = names_of([*(row[:2] for row in known), *((name, None) for name in also if "@" not in name)], emails)
    return Person(site, user_ids, tuple(sorted(emails)), names, tuple(spellings), site in has_forgotten)


def _sites_of(connection: duckdb.DuckDBPyConnection, user_id: str, emails: list[str]) -> set[str]:
    """The sites with a record of the user, in whatever form it has the id."""
    found = connection.execute(
        f"select distinct site_id from {USERS} where list_has_any($ids, {same_ids('user_id')}) or {IS_GUEST}",
        {"ids": same_ids_of(user_id), "emails": mailboxes(emails)},
    )
    return {site for (site,) in found.fetchall()}


def _sites_that_forgot(connection: duckdb.DuckDBPyConnection, user_id: str) -> set[str]:
    sites = connection.execute("select distinct site_id from raw.forgotten_users").fetchall()
    people = {site: remembered(connection, site) for (site,) in sites}
    return {site for site, known in people.items() if known is not None and known.is_id_or_email(site, user_id)}


def _only_site(user_id: str, wanted: str | None, known: set[str], has_forgotten: set[str]) -> str:
    """The one site that is meant: of those that know the user, and those that have forgotten them.

    Raises:
        WarehouseError: there is none, or there are several.
    """
    candidates = {site for site in known | has_forgotten if wanted in (None, site)}
    if not candidates:
        where = "any report" if wanted is None else f"a report of the site {wanted}"
        raise UnknownUser(
            f"there is no user {user_id} in {where}. Nothing was changed."
            " Fix: look the id up in restricted.user_details."
        )
    if len(candidates) > 1:
        forgotten = f" (in {', '.join(sorted(has_forgotten))} they were forgotten)" if has_forgotten else ""
        raise WarehouseError(
            f"there is a user {user_id} in several sites{forgotten}. Nothing was changed."
            f" Fix: SITE={' or SITE='.join(sorted(candidates))}"
        )
    return candidates.pop()


def known_elsewhere(connection: duckdb.DuckDBPyConnection, person: Person) -> dict[str, list[str]]:
    """The users of other sites who have one of the e-mails, also as their id, by their site."""
    shown = f"coalesce(nullif({known_id('user_id')}, ''), lower({known_email('email')}))"
    has_email = " or ".join(f"list_contains($emails, {known_mailbox(column)})" for column in ("email", "user_id"))
    found = connection.execute(
        f"select site_id, list_sort(list(distinct {shown})) from {USERS}"
        f" where site_id <> $site and ({has_email}) group by 1 order by 1",
        {"site": person.site_id, "emails": mailboxes(person.emails)},
    )
    return dict(found.fetchall())
