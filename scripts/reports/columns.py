"""The columns of the reports, and the names that each may have.

Column names are matched by a list of aliases and never by position, because the order of the columns is not documented
and the User Activity Exporter names one of them otherwise. The meaning of every name of an activity report is in the
guide; the spellings that occur are partly inferred, so case, blanks and underscores are ignored. Of the unique users
report nothing is documented but that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache

from reports.invisible import without_invisible

# DuckDB takes minutes over a statement of many thousand columns.
MAX_COLUMNS = 1000
# The text in brackets behind a name, such as the zone in `Date (UTC)`.
_IN_BRACKETS = re.compile(r"\s*(?:\(([^()]*)\)|\[([^\[\]]*)\])\Z")
# difflib's measure: `labell` and `label` have more, `contentname` and `contentid` have 0.7.
_LIKENESS = 0.8


@dataclass(frozen=True)
class ReportKind:
    """A kind of report, as its header shows it.

    Attributes:
        unit: what one record of it is called.
        aliases: the columns of its raw table, and the headers that mean each (compared by `key_of`).
        first_alias_wins: whether a column may stand under several of its names: the one that comes first among the
            aliases is taken, the others are extra columns. Else the report is refused.
        stand_ins: headers that mean a column where none of its aliases is there, the first of them.
        resembling: keys of headers that may mean a column. Nothing is read by them: messages name them.
    """

    unit: str
    aliases: dict[str, tuple[str, ...]]
    first_alias_wins: bool = False
    stand_ins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    resembling: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def columns_of(self, header: list[str]) -> dict[str, int]:
        """Position in the header of each column that an alias knows."""
        keys = [key_of(title) for title in header]
        found = {column: self._names_in(column, keys) for column in self.aliases}
        return {column: keys.index(names[0]) for column, names in found.items() if names}

    def titles_of(self, column: str, header: list[str]) -> list[str]:
        """The headers that claim to be a column."""
        keys = [key_of(title) for title in header]
        names = self._names_in(column, keys)
        return [title for title, key in zip(header, keys, strict=True) if key in names]

    def _names_in(self, column: str, keys: list[str]) -> list[str]:
        """The names of a column that count in a header of these keys."""
        found = [name for name in _keys_of(self.aliases[column]) if name in keys]
        others = [name for name in _keys_of(self.stand_ins.get(column, ())) if name in keys]
        return (found[:1] if self.first_alias_wins else found) or others[:1]

    def headline(self, column: str) -> str:
        """A column's usual header."""
        return self.aliases[column][0].title().replace("Id", "ID")


ACTIVITY_REPORT = ReportKind(
    "record",
    {
        "user_id": ("user id", "userid"),
        "first_name": ("first", "first name"),
        "last_name": ("last", "last name"),
        "company": ("company",),
        "email": ("email", "e-mail"),
        "category": ("category",),
        "action": ("action",),
        "label": ("label",),
        "date": ("date", "date/time", "datetime", "date time"),
        "content_id": ("content id", "contentid"),
        "content_name": ("content name",),
        "content_slug": ("content slug",),
    },
    # No report is known to have them: people who put a report together head their column so.
    stand_ins={
        "first_name": ("given name",),
        "last_name": ("surname", "family name"),
        "company": ("organization", "organisation", "company name", "organization name"),
        "email": ("email address", "e-mail address"),
        "date": (
            *("activity date", "event date", "activity date time", "event date time", "date and time", "timestamp"),
            *("time stamp", "occurred at", "created at", "created", "day", "datum", "fecha", "data"),
        ),
    },
    resembling={
        "user_id": (
            *("user", "id", "uid", "userno", "usernumber", "memberid", "attendeeid", "participantid", "benutzerid"),
        ),
        "first_name": ("forename", "vorname", "prénom", "nombre"),
        "last_name": ("familyname", "nachname", "nom", "apellido"),
        "company": ("employer", "firma", "société", "empresa"),
        "email": ("mail", "emailid", "courriel", "correo"),
        "category": (
            *("eventcategory", "activitycategory", "activitytype", "type", "kategorie", "catégorie", "categoría"),
        ),
        "action": ("eventaction", "activityaction", "activity", "aktion", "acción"),
        "label": (
            *("eventlabel", "activitylabel", "detail", "details", "text", "value", "answer", "message", "description"),
            *("bezeichnung", "libellé", "etiqueta"),
        ),
        "content_id": ("pageid", "page", "sessionid", "itemid", "contentno", "contentnumber", "content", "inhaltsid"),
        "content_name": (
            *("contenttitle", "pagename", "pagetitle", "sessionname", "sessiontitle", "itemname", "inhaltsname"),
        ),
        "content_slug": ("slug", "pageslug", "contenturl", "pageurl", "url", "inhaltsslug"),
    },
)
REQUIRED_COLUMNS = ("user_id", "category", "action", "date")

# The header of the unique users report is not known, so every alias is inferred: from the two other places where the
# platform names the same things, which are documented for those places, or from how such columns are usually headed.
USERS_REPORT = ReportKind(
    "user",
    {
        "user_id": ("user id", "userid", "id"),
        "first_name": ("first name", "first", "firstname", "given name"),
        "last_name": ("last name", "last", "lastname", "surname", "family name"),
        "company": ("company", "company name", "organization", "organisation", "organization name"),
        "email": ("email", "e-mail", "email address", "e-mail address"),
        # A Title beside a Job Title is a form of address.
        "title": ("job title", "title", "position"),
        "job_type": ("job type",),
        "phone": ("phone", "phone number", "telephone", "mobile"),
        "city": ("city",),
        "state_province": ("state province", "state/province", "state", "province"),
        "country": ("country",),
        "time_zone_offset_seconds": ("timezone", "time zone", "timezone offset", "time zone offset"),
        "account_level": ("account level", "access level"),
        "date_created": (
            *("date created", "created", "created at", "created on", "created date", "registered", "registered at"),
            *("date registered", "registration date"),
        ),
        "date_last_login": ("date last login", "last login", "last login at", "last login date", "last logged in"),
        "tags": ("tags", "tag", "user tags", "tag groups", "tag group", "groups", "group"),
    },
    first_alias_wins=True,
)
REPORT_KINDS = (ACTIVITY_REPORT, USERS_REPORT)
# A report with one of these is an activity report, whatever it lacks. (A Date alone may be that of anything.)
ONLY_OF_ACTIVITIES = ("category", "action", "label", "content_id", "content_name", "content_slug")
IDENTIFYING_COLUMNS = ("user_id", "email")


def may_be_called(columns: list[str], titles: dict[str, str]) -> dict[str, str]:
    """The title that each of these columns of an activity report may have; none of the others.

    Args:
        columns: those that it lacks.
        titles: what it has and no alias knows, by the keys.
    """
    left, found = dict(titles), {}
    for column in columns:
        key = _resembling(column, left)
        if key is not None:
            found[column] = left.pop(key)
    return found


def _resembling(column: str, keys: Collection[str]) -> str | None:
    """The key that may mean a column; None for none."""
    for key in keys:
        if key in ACTIVITY_REPORT.resembling.get(column, ()):
            return key
    names = _keys_of(ACTIVITY_REPORT.aliases[column])
    likeness = {key: max(SequenceMatcher(None, key, name, autojunk=False).ratio() for name in names) for key in keys}
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= _LIKENESS else None


def normalised(title: str) -> str:
    """A title as the aliases have it."""
    return " ".join(without_invisible(title).replace("_", " ").split()).casefold()


@lru_cache(4 * MAX_COLUMNS)
def key_of(title: str) -> str:
    """What two titles of one meaning have in common: no blanks and signs, and nothing in brackets behind."""
    return re.sub(r"[\s_/.*#:&-]+", "", _IN_BRACKETS.sub("", normalised(title)))


@cache
def _keys_of(aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a column's names, which are the same for every report."""
    return tuple(map(key_of, aliases))


def in_brackets(title: str) -> str:
    """The text in brackets behind a title; '' for nothing."""
    found = _IN_BRACKETS.search(without_invisible(title))
    return (found[1] or found[2] or "").strip() if found else ""
