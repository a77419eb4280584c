"""Titles that may be a known column under another name. Nothing is read by them: messages name them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

# Without blanks and signs, as titles are compared.
OTHER_NAMES = {
    "user_id": ("user", "id", "uid", "userno", "usernumber", "memberid", "attendeeid", "participantid", "benutzerid"),
    "first_name": ("forename", "vorname", "prénom", "nombre"),
    "last_name": ("familyname", "nachname", "nom", "apellido"),
    "company": ("employer", "firma", "société", "empresa"),
    "email": ("mail", "emailid", "courriel", "correo"),
    "category": ("eventcategory", "activitycategory", "activitytype", "type", "kategorie", "catégorie", "categoría"),
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
}
# difflib's measure: `labell` and `label` have more, `contentname` and `contentid` have 0.7.
LIKENESS = 0.8


def resembling(column: str, names: Iterable[str], titles: dict[str, str]) -> str | None:
    """The title that may be a column; None for none.

    Args:
        column: a known column.
        names: how it may be called.
        titles: what to look in, by the keys of the titles.
    """
    for key, title in titles.items():
        if key in OTHER_NAMES.get(column, ()):
            return title
    likeness = {
        title: max(SequenceMatcher(None, key, name, autojunk=False).ratio() for name in names)
        for key, title in titles.items()
    }
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= LIKENESS else None
