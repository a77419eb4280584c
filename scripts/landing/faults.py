"""Why records do not land, as SQL over the columns c0, c1, … of a staged report."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.rejections import Kind


@dataclass(frozen=True)
class Fault:
    """Why a record does not land.

    Attributes:
        kind: in a word.
        test: SQL for whether it is so.
        reason: SQL of what is wrong and what to do about it.
        column: header of the column that is at fault; None if it is the whole record.
        value: SQL of the text that is at fault.
        day: SQL of the day of its date if a setting may make that possible.
    """

    kind: Kind
    test: str
    reason: str
    column: str | None = None
    value: str = "null"
    day: str = "null"
