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

# An older version wrote a reason alone, and the day that MIN_DATE or MAX_DATE would let in was a part of it.
_BEGINNINGS = {
    "it named a user who was forgotten": Kind.NAMES_FORGOTTEN,
    "the user was forgotten": Kind.FORGOTTEN,
    "it is older than the time": Kind.EXPIRED,
    "it is blank": Kind.BLANK,
    "it is the header": Kind.HEADER,
    "it has too few fields": Kind.TOO_FEW_FIELDS,
    "it has too many fields": Kind.TOO_MANY_FIELDS,
    "a double quote is not closed": Kind.OPEN_QUOTE,
    "a field goes on in double quotes": Kind.STRAY_QUOTE,
    "it is longer than 2 MB": Kind.TOO_LONG,
    "it is not in ": Kind.OTHER_ENCODING,
    "a spreadsheet could not show the id": Kind.LOST_ID,
    "a spreadsheet has shortened the id": Kind.SHORTENED_ID,
    "nothing says who it is": Kind.NO_USER,
    "it has no date": Kind.NO_DATE,
    "its date is the one": Kind.NEVER,
    "its year ": Kind.OTHER_CALENDAR,
    "nothing can have happened": Kind.EARLY_DATE,
    "it is in the future": Kind.FUTURE_DATE,
    "it lies in the future": Kind.FUTURE_DATE,
    "the date cannot be read": Kind.UNREADABLE_DATE,
}
KIND_OF_OLDER = (
    "case "
    + " ".join(f"when starts_with(reason, '{words}') then '{kind}'" for words, kind in _BEGINNINGS.items())
    + f" else '{Kind.UNREADABLE}' end"
)
DAY_OF_OLDER = "try_cast(regexp_extract(reason, 'make build M(?:IN|AX)_DATE=(.+)$', 1) as date)"
