"""Who is printed: a user by any form of the id, everybody of a session, and never a person who was forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from landing.forgotten import remembered
from page.show import BY_KEY_OR_EMAIL, sessions_query
from removal.people import Identities, identities_of
from removal.subject import UnknownUser, find_person
from reports.ids import id_of, same_ids_of, whole_id
from warehouse.errors import WarehouseError
from warehouse.raw_tables import raw_to_read

# A message names at most so many.
NAMED = 10


@dataclass(frozen=True)
class Found:
    """A user of the published copy.

    Attributes:
        user_key: the key in the marts.
        merged: the other ids that the reports have for the same person.
        others: the ids that are not in the page although they have the same e-mail.
    """

    user_key: str
    merged: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def find_user(
    warehouse: duckdb.DuckDBPyConnection, copy: duckdb.DuckDBPyConnection, user_id: str, site_id: str | None
) -> Found:
    """The user of an id in any of its forms, of a key of the marts or of an e-mail.

    An id that ``same_user.csv`` merges leads to the one that the marts show.

    Raises:
        WarehouseError: no user has the id, several have it, or the person was forgotten.
    """
    user_id, site_id = _id_and_site(copy, user_id, site_id)
    person = find_person(warehouse, user_id, site_id)
    if person.is_remembered:
        raise WarehouseError(
            f"user {person.user_id} of the site {person.site_id} was forgotten, so there is nothing to print."
        )
    known = identities_of(warehouse, person.site_id, person.user_id)
    exact = [id_of(user_id), whole_id(user_id)]
    forms = known.user_ids if known.is_written else (*known.user_ids, *known.unsure)
    users = _in_copy(copy, person.site_id, _merged(warehouse, person.site_id, exact)) or _in_copy(
        copy, person.site_id, _merged(warehouse, person.site_id, forms)
    )
    if not users and "@" in person.user_id:
        raise WarehouseError(
            f"{person.user_id} is a guest: records name this e-mail and no user id, so no attendance counts for it."
            " Nothing was written. Fix: make export TABLE=restricted.guests lists the guests, and the user that each"
            " may be"
        )
    if not users:
        raise WarehouseError(
            f"user {person.user_id} of the site {person.site_id} is in the reports, but not in the published copy."
            " Fix: make build"
        )
    if len(users) > 1:
        ids = " or USER_ID=".join(key.partition(":")[2] for key in users)
        raise WarehouseError(f"several users have a form of the id {user_id}. Fix: USER_ID={ids}")
    refuse_forgotten(warehouse, users)
    return Found(users[0], _other_forms(known, users[0]), known.others)


def _id_and_site(copy: duckdb.DuckDBPyConnection, wanted: str, site_id: str | None) -> tuple[str, str | None]:
    """The id and the site of a key or an e-mail that the copy has once; anything else is an id as it is."""
    found = copy.execute(
        "select user_id, site_id from restricted.user_details"
        f" where {BY_KEY_OR_EMAIL} and ($site is null or site_id = $site)",
        {"wanted": id_of(wanted), "site": site_id},
    ).fetchall()
    return found[0] if len(found) == 1 else (wanted, site_id)


def resolve_user(warehouse: Path, copy: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The key of the user that ``find_user`` finds; what is wanted itself if the reports have no such id.

    Raises:
        WarehouseError: several have it, or the person was forgotten or is a guest.
    """
    with raw_to_read(warehouse) as raw:
        try:
            return find_user(raw, copy, wanted, None).user_key
        except UnknownUser:
            return wanted


def _merged(warehouse: duckdb.DuckDBPyConnection, site_id: str, ids: list[str] | tuple[str, ...]) -> list[str]:
    """The ids as the marts have them: dbt merged those of the file same_user.csv as it was then."""
    merges = dict(
        warehouse.execute(
            "select user_id, same_as_user_id from staging.same_user where site_id = ?", [site_id]
        ).fetchall()
        if warehouse.execute(
            "select 1 from duckdb_tables() where schema_name = 'staging' and table_name = 'same_user'"
        ).fetchone()
        else ()
    )
    return list(dict.fromkeys(merges.get(one, one) for written in ids for one in (id_of(written), whole_id(written))))


def _in_copy(copy: duckdb.DuckDBPyConnection, site_id: str, ids: list[str]) -> list[str]:
    rows = copy.execute(
        "select user_key from marts.dim_users where site_id = ? and list_contains(?, user_id) order by user_key",
        [site_id, ids],
    ).fetchall()
    return [key for (key,) in rows]


def merged_ids(warehouse: duckdb.DuckDBPyConnection, user_key: str) -> tuple[str, ...]:
    """The other ids of a user that the reports have for the same person."""
    site, _, user_id = user_key.partition(":")
    return _other_forms(identities_of(warehouse, site, user_id), user_key)


def _other_forms(known: Identities, user_key: str) -> tuple[str, ...]:
    own = set(same_ids_of(user_key.partition(":")[2]))
    return tuple(one for one in known.user_ids if own.isdisjoint(same_ids_of(one)))


def find_session(copy: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """The key of a session, by the key or by a part of its name.

    Raises:
        WarehouseError: there is none, or several.
    """
    words = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in wanted)
    found = copy.execute(sessions_query(), {"wanted": wanted, "words": words}).fetchall()
    if not found:
        raise WarehouseError(f"no session is called {wanted!r}. Fix: SESSION= with a part of its name, or with its key")
    if len(found) > 1 and found[0][0] != wanted:
        named = "; ".join(f"SESSION={key} ({name}, {day}{at})" for key, name, day, _, at in found[:NAMED])
        more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        raise WarehouseError(f"{len(found):,} sessions fit. Fix: {named}{more}")
    return str(found[0][0])


def forgotten_of(warehouse: duckdb.DuckDBPyConnection, user_keys: list[str]) -> set[str]:
    """Those of these users who were forgotten: a copy that was published before may still hold them."""
    found = set()
    for site in sorted({key.partition(":")[0] for key in user_keys}):
        known = remembered(warehouse, site)
        if known is None:
            continue
        found |= {
            key
            for key in user_keys
            if key.startswith(f"{site}:") and known.is_id_of_theirs(site, whole_id(key.partition(":")[2]))
        }
    return found


def refuse_forgotten(warehouse: duckdb.DuckDBPyConnection, user_keys: list[str]) -> None:
    """Refuse users who were forgotten.

    Raises:
        WarehouseError: one of them was.
    """
    forgotten = forgotten_of(warehouse, user_keys)
    if forgotten:
        raise WarehouseError(f"user {min(forgotten)} was forgotten, so there is nothing to print. Fix: make build")
