"""Why records are rejected: the words of the column ``kind`` of ``raw.rejected_records``.

The reason beside it is for people. What reads the table asks for the kind.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Why a record is in ``raw.rejected_records``."""

    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    OPEN_QUOTE = "open_quote"
    STRAY_QUOTE = "stray_quote"
    TOO_LONG = "too_long"
    OTHER_ENCODING = "other_encoding"
    UNREADABLE = "unreadable"
    BLANK = "blank"
    HEADER = "header"
    LOST_ID = "lost_id"
    SHORTENED_ID = "shortened_id"
    NO_USER = "no_user"
    NO_DATE = "no_date"
    NEVER = "never"
    OTHER_CALENDAR = "other_calendar"
    EARLY_DATE = "early_date"
    FUTURE_DATE = "future_date"
    UNREADABLE_DATE = "unreadable_date"
    FORGOTTEN = "forgotten"
    NAMES_FORGOTTEN = "names_forgotten"
    EXPIRED = "expired"


MEANINGS = {
    Kind.TOO_FEW_FIELDS: "It has fewer fields than the header.",
    Kind.TOO_MANY_FIELDS: "It has more fields than the header.",
    Kind.OPEN_QUOTE: "A double quote is not closed, or stands alone inside a quoted field.",
    Kind.STRAY_QUOTE: "A field goes on in double quotes behind its closing one.",
    Kind.TOO_LONG: "It is longer than 2 MB, or has far too many fields.",
    Kind.OTHER_ENCODING: "A byte of it has no meaning in the encoding of the report.",
    Kind.UNREADABLE: "It cannot be read for another reason, which DuckDB names.",
    Kind.BLANK: "No field of it holds anything.",
    Kind.HEADER: "It is the header once more.",
    Kind.LOST_ID: "A spreadsheet could not show an id of it.",
    Kind.SHORTENED_ID: "A spreadsheet has shortened an id of it.",
    Kind.NO_USER: "A record of a unique users report has neither a user id nor an e-mail.",
    Kind.NO_DATE: "It has no date.",
    Kind.NEVER: "Its date is the one that the platform writes for never.",
    Kind.OTHER_CALENDAR: "Its year is of the Buddhist calendar.",
    Kind.EARLY_DATE: "Its date is before `MIN_DATE`.",
    Kind.FUTURE_DATE: "Its date is after `MAX_DATE`, by default tomorrow.",
    Kind.UNREADABLE_DATE: "Its date cannot be read in the format of the report.",
    Kind.FORGOTTEN: "It was of a person who was forgotten.",
    Kind.NAMES_FORGOTTEN: "It was rejected for another reason, and named a person who was forgotten.",
    Kind.EXPIRED: "It was older than the days for which records are kept.",
}
# The user has nothing to do about these.
HARMLESS = [Kind.BLANK, Kind.HEADER, Kind.FORGOTTEN, Kind.NAMES_FORGOTTEN]
