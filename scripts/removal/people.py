"""All ids and e-mails of a person: a person can be more than one user.

One id is written in several ways (7001, 07001, 7001.0), one person may have two ids, and then the e-mail or the file
``seeds/site/same_user.csv`` says so. That an e-mail is in the records of two ids is no proof that they are one person,
so that somebody has to say it (``ALSO_SAME_EMAIL``). Two spellings of an id are two users in the marts. They are one
person here unless their names or e-mails contradict it; then somebody has to say it, too (``ALSO_SPELLINGS``).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import duckdb

from landing.forgotten import remembered
from landing.identities import known_email, known_mailbox, mailboxes, unless_forgotten
from landing.landed import USERS
from naming.seed_csv import SeedCsv, read_seed_csv
from reports.ids import all_same_ids_of, known_id, plain_id, same_ids_of
from warehouse.paths import PROJECT_ROOT

SAME_USER = PROJECT_ROOT / "seeds" / "site" / "same_user.csv"


@dataclass(frozen=True)
class Identities:
    """The ids and e-mails of one person, as the records have them, and the names.

    Attributes:
        user_ids: the ids that are the person's, the one that was asked for first.
        emails: their e-mails, in small letters, with the tags that the records give them.
        names: first and last names.
        others: ids with one of the e-mails; it is not declared whether they are the same person.
        spellings: other spellings of the ids that are not taken.
        unsure: spellings that may be the same person, where the user did not say.
        is_written: whether the records have the id as it was asked for.
    """

    user_ids: tuple[str, ...]
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    is_written: bool = True

    @property
    def also(self) -> list[str]:
        """The names and e-mails of all the ids."""
        return [*self.names, *self.emails]


@dataclass(frozen=True)
class Profile:
    """What the records say of the user of an id, as it is written."""

    emails: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def contradicts(self, other: Profile) -> bool:
        """Whether it is of somebody else. Of the same name another e-mail is no contradiction: people have several."""
        if self.names and other.names:
            return self.names.isdisjoint(other.names)
        return bool(self.emails and other.emails) and self.emails.isdisjoint(other.emails)

    def supports(self, other: Profile) -> bool:
        """Whether a name or an e-mail says that it is of the same person."""
        has_same = not self.names.isdisjoint(other.names) or not self.emails.isdisjoint(other.emails)
        return has_same and not self.contradicts(other)


def identities_of(
    connection: duckdb.DuckDBPyConnection,
    site: str,
    user_id: str,
    *,
    is_same_email_same: bool = False,
    is_spelling_same: bool | None = None,
) -> Identities:
    """All ids, e-mails and names of a person in a site.

    Args:
        connection: the warehouse.
        site: the site.
        user_id: the id that was asked for, or an e-mail.
        is_same_email_same: whether ids that share an e-mail are the same person.
        is_spelling_same: whether spellings of an id are the same person where something contradicts it; None if it is
            not declared.
    """
    profiles = _profiles(connection, site)
    people = remembered(connection, site)
    declared = {one for one in profiles if people is not None and people.is_another_person(site, one)}
    by_form: dict[str, dict[str, Profile]] = {}
    for one, profile in profiles.items():
        for form in same_ids_of(one):
            by_form.setdefault(form, {})[one] = profile
    grown, known = {user_id}, set[str]()
    while grown != known:
        known = grown
        taken, left = _spellings(known, by_form, declared, is_spelling_same)
        grown = known | taken
        grown = grown | _same_users(site, grown, left)
        emails = {*_as_email(user_id)}.union(*(profiles[one].emails for one in grown if one in profiles))
        sharing = {one for one, profile in profiles.items() if not emails.isdisjoint(profile.emails)} - grown - left
        if is_same_email_same:
            grown = grown | sharing
    written = _written(connection, known, emails)
    parts = [[part.strip() for part in row[1:3] if part and part.strip()] for row in written]
    return Identities(
        user_ids=tuple(dict.fromkeys([user_id, *(row[0] for row in written if row[0])])),
        emails=tuple(sorted({row[3] for row in written if row[3]} | ({user_id.lower()} if "@" in user_id else set()))),
        # In both orders; a name of one word is many people's.
        names=tuple(sorted({" ".join(order) for name in parts if len(name) > 1 for order in (name, name[::-1])})),
        others=tuple(sorted(sharing - known)),
        spellings=tuple(sorted(left)),
        unsure=tuple(sorted(left - declared)) if is_spelling_same is None else (),
        is_written=user_id in profiles,
    )


def _profiles(connection: duckdb.DuckDBPyConnection, site: str) -> dict[str, Profile]:
    """What the records say of the user of each id, as it is written. It fills the temporary table ``known_users``."""
    connection.execute(
        f"""
        create or replace temp table known_users as
        select distinct
            {known_id("user_id")} as written_id,
            lower({known_email("email")}) as email,
            {known_mailbox("email")} as mailbox,
            {unless_forgotten("first_name")} as first_name,
            {unless_forgotten("last_name")} as last_name
        from {USERS} where site_id = $site
        """,
        {"site": site},
    )
    name = "lower(trim(regexp_replace(concat_ws(' ', first_name, last_name), '\\s+', ' ', 'g')))"
    found = connection.execute(
        f"select written_id, list(distinct mailbox), list(distinct {name}) from known_users"
        " where written_id <> '' group by 1"
    ).fetchall()
    return {
        one: Profile(frozenset(filter(None, (*emails, *_as_email(one)))), frozenset(filter(None, names)))
        for one, emails, names in found
    }


def _written(connection: duckdb.DuckDBPyConnection, ids: Set[str], emails: Set[str]) -> list[tuple[str, ...]]:
    """How the records call the users of some ids, and those without an id of some e-mails."""
    return connection.execute(
        "select distinct written_id, first_name, last_name, email from known_users"
        " where list_contains($ids, written_id) or written_id = '' and list_contains($emails, mailbox) order by all",
        {"ids": list(ids), "emails": list(emails)},
    ).fetchall()


def _spellings(
    known: Set[str], by_form: dict[str, dict[str, Profile]], declared: Set[str], is_spelling_same: bool | None
) -> tuple[set[str], set[str]]:
    """The ids that are one of the known ones in another form: those of the person, and the others."""
    taken, left = set[str](), set[str]()
    for one in sorted(known):
        forms = {other: profile for form in same_ids_of(one) for other, profile in by_form.get(form, {}).items()}
        own = {*forms} if is_spelling_same else _of_one_person(forms, known, declared)
        taken |= own
        left |= forms.keys() - own - known
    return taken, left


def _as_email(user_id: str) -> list[str]:
    """An id that is an e-mail, as with a single sign-on, as e-mails are compared."""
    return mailboxes([user_id]) if "@" in user_id else []


def _of_one_person(forms: dict[str, Profile], known: Set[str], declared: Set[str]) -> set[str]:
    """The spellings of one id that are of the person: those with their name or e-mail, and all if none contradicts."""
    taken = {one for one in forms if one in known}
    while True:
        supported = {
            one
            for one, profile in forms.items()
            if one not in declared and any(forms[other].supports(profile) for other in taken)
        }
        if supported <= taken:
            break
        taken |= supported
    rest = set(forms) - taken
    # Letter case may be all that sets the ids of two people apart.
    is_contradicted = any(forms[one].contradicts(profile) for one in rest for profile in forms.values()) or any(
        not plain_id(one).isdigit() for one in rest
    )
    return taken if is_contradicted or rest & declared else taken | rest


def _same_users(site: str, known: Set[str], others: Set[str]) -> set[str]:
    """The ids that the site's own file says are one of these people; others are spellings of somebody else."""
    forms = {*all_same_ids_of(known)}
    return {
        one
        for pair in _same_user_pairs(SAME_USER, site)
        if any(not forms.isdisjoint(same_ids_of(member)) and member not in others for member in pair)
        for one in pair
    }


def _same_user_pairs(path: Path, site: str) -> list[list[str]]:
    """The ids of each row of the file that says which users are the same person; none where there is no file.

    Every column whose name ends in user_id holds one.

    Raises:
        SeedError: the file cannot be read, so that it is not known whose ids are the person's.
    """
    seed = read_seed_csv(path) if path.exists() else SeedCsv((), ())
    rows = [seed.values(line) for line in seed.lines]
    return [
        [one for name, one in row.items() if name.endswith("user_id") and one]
        for row in rows
        if row.get("site_id", "") in ("", site)
    ]
