"""All ids and e-mails of a person: a person can be more than one user.

One id is written in several ways (7001, 07001, 7001.0), one person may have two ids, and then the e-mail or the file
``seeds/site/same_user.csv`` says so. That an e-mail is in the records of two ids is no proof that they are one person,
so that somebody has to say it (``ALSO_SAME_EMAIL``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from landing.forgotten import known_email, known_id
from reports.ids import plain_id, same_id
from warehouse.database import identifier
from warehouse.paths import PROJECT_ROOT

SAME_USER = PROJECT_ROOT / "seeds" / "site" / "same_user.csv"


@dataclass(frozen=True)
class Identities:
    """The ids and e-mails of one person, as the records have them, and the names.

    Attributes:
        user_ids: the ids that are the person's, the one that was asked for first.
        emails: their e-mails, in small letters.
        names: first and last names.
        others: ids with one of the e-mails; it is not declared whether they are the same person.
    """

    user_ids: tuple[str, ...]
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def also(self) -> list[str]:
        """The names and e-mails of all the ids."""
        return [*self.names, *self.emails]


def identities_of(
    connection: duckdb.DuckDBPyConnection, site: str, user_id: str, *, is_same_email_same: bool = False
) -> Identities:
    """All ids, e-mails and names of a person in a site.

    Args:
        connection: the warehouse.
        site: the site.
        user_id: the id that was asked for, or an e-mail.
        is_same_email_same: whether ids that share an e-mail are the same person.
    """
    _collect_users(connection, site)
    known = _same_users(site, user_id)
    emails: set[str] = {user_id.lower()} if "@" in user_id else set()
    others: set[str] = set()
    while True:
        emails |= _emails_of(connection, known)
        sharing = _ids_with(connection, emails) - known
        if not is_same_email_same:
            others = sharing
            break
        grown = known.union(*(_same_users(site, one) for one in sharing)) if sharing else known
        if grown == known:
            break
        known = grown
    written = connection.execute(
        "select distinct written_id, first_name, last_name from known_users where list_contains($ids, id)"
        " or id = '' and list_contains($emails, email) order by all",
        {"ids": sorted(known), "emails": sorted(emails)},
    ).fetchall()
    ids = dict.fromkeys([user_id, *(row[0] for row in written if row[0])])
    parts = [[part.strip() for part in row[1:] if part and part.strip()] for row in written]
    # In both orders; a name of one word is many people's.
    names = {" ".join(order) for name in parts if len(name) > 1 for order in (name, name[::-1])}
    return Identities(tuple(ids), tuple(sorted(emails)), tuple(sorted(names)), tuple(sorted(others)))


def written_as(connection: duckdb.DuckDBPyConnection, user_id: str) -> str:
    """An id as the records write it: as it was given, else in another form of the same number."""
    user_id = user_id.strip()
    _collect_users(connection)
    forms = [
        row[0]
        for row in connection.execute(
            "select distinct written_id from known_users where id = $id order by 1", {"id": plain_id(user_id)}
        ).fetchall()
    ]
    return user_id if user_id in forms or not forms or not user_id else str(forms[0])


def _collect_users(connection: duckdb.DuckDBPyConnection, site: str | None = None) -> None:
    """Put what the records say of users into one temporary table, whatever tables of raw hold them."""
    tables = connection.execute(
        """
        select table_name, list(column_name) from duckdb_columns()
        where database_name = current_database() and schema_name = 'raw'
        group by 1 having list_has_all(list(column_name), ['user_id', 'email']) order by 1
        """
    ).fetchall()
    manifests = "(select report_id, site_id from raw.reports union all select report_id, site_id from raw.user_reports)"
    parts = []
    for table, columns in tables:
        names = [name if name in columns else f"null as {name}" for name in ("first_name", "last_name")]
        source = f"raw.{identifier(table)}" + (
            "" if "site_id" in columns else f" inner join {manifests} using (report_id)"
        )
        parts.append(f"select site_id, user_id, email, {', '.join(names)} from {source}")
    connection.execute(
        f"""
        create or replace temp table known_users as
        select distinct
            {same_id("user_id")} as id,
            {known_id("user_id")} as written_id,
            lower({known_email("email")}) as email,
            first_name,
            last_name
        from ({" union all ".join(parts)})
        where $site is null or site_id = $site
        """,
        {"site": site},
    )


def _emails_of(connection: duckdb.DuckDBPyConnection, ids: set[str]) -> set[str]:
    found = connection.execute(
        "select distinct email from known_users where list_contains($ids, id) and email <> ''", {"ids": sorted(ids)}
    ).fetchall()
    return {email for (email,) in found}


def _ids_with(connection: duckdb.DuckDBPyConnection, emails: set[str]) -> set[str]:
    found = connection.execute(
        "select distinct id from known_users where list_contains($emails, email) and id <> ''",
        {"emails": sorted(emails)},
    ).fetchall()
    return {id_ for (id_,) in found}


def _same_users(site: str, user_id: str) -> set[str]:
    """The id, and those that the site's own file says are the same person."""
    groups = [{plain_id(one) for one in pair} for pair in same_user_pairs(SAME_USER, site)]
    found = {plain_id(user_id)}
    while True:
        grown = found.union(*(group for group in groups if group & found))
        if grown == found:
            return found
        found = grown


def same_user_pairs(path: Path, site: str) -> Iterable[list[str]]:
    """The ids of each row of the file that says which users are the same person; none where there is no file.

    Every column whose name ends in user_id holds one.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    pairs = []
    for row in rows:
        if (row.get("site_id") or site).strip() != site:
            continue
        ids = [value.strip() for name, value in row.items() if name and name.endswith("user_id") and value]
        pairs.append([id_ for id_ in ids if id_])
    return pairs
