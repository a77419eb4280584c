"""The things that differ between twins, and the kinds of twins that are found."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

# The things that differ, record by record, as compare.sql names them.
IDS, SECONDS, SHIFT, SWAP, CONTENT, SITE = "ids", "seconds", "shift", "swap", "content", "site"
TEXT, LABEL, DOUBLED = "text", "label", "doubled"
# Those of whole reports: who, what, the time by a shift of any length, the day, and the time by a rounding.
USERS, CONTENTS, MOVED, DAYS, ROUNDED = "users", "contents", "moved", "days", "rounded"

HOUR, DAY = 3_600, 86_400
# Offsets of time zones are multiples of it.
QUARTER = 900

# Twins at so many different times are no accident. Where people come every day at the same time, they may be.
FEWEST, FEWEST_OF_A_DAY = 3, 50
# So many characters of an id are shown.
SHOWN_ID = 8


@dataclass(frozen=True)
class Kind:
    """A way that sampled records are twins of earlier ones.

    Attributes:
        things: the things that differ, one or two; of a mixture, all that differ in one of its records or another.
        shift: how many seconds later the new ones are, where a thing is `SHIFT` or `MOVED`.
        times: the times of these records, in order; none of a whole report that is like others.
        parts: of a mixture, the things of each kind that it holds.
    """

    things: tuple[str, ...]
    shift: int
    times: tuple[datetime, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()

    @property
    def things_of_each(self) -> list[list[str]]:
        """The things that differ in one of its records."""
        return [list(things) for things in self.parts or (self.things,)]

    @property
    def moments(self) -> int:
        """How many different times they have."""
        return len(set(self.times))

    def old_time(self, time: datetime) -> datetime | None:
        """When the earlier record of such a twin would be; None if there can be none."""
        if SWAP in self.things:
            return None if time.day > 12 else time.replace(day=time.month, month=time.day)
        return time - timedelta(seconds=self.shift)


@dataclass(frozen=True)
class Older:
    """An earlier report that holds twins, as the manifest has it.

    Attributes:
        is_namesake: whether the new report, or another earlier one, has the same name.
    """

    report_id: str
    file_name: str
    site_id: str
    time_zone: str
    date_format: str
    is_namesake: bool = False

    @property
    def shown(self) -> str:
        """How it is called in a message."""
        return f"{self.file_name} (id {self._short_id})" if self.is_namesake else self.file_name

    @property
    def removal(self) -> str:
        """The command that removes it."""
        return f"make remove REPORT={self._short_id if self.is_namesake else shlex.quote(self.file_name)}"

    @property
    def _short_id(self) -> str:
        return self.report_id[:SHOWN_ID]


@dataclass(frozen=True)
class Twins:
    """Most records of a report are twins of earlier ones.

    Attributes:
        kind: the things that differ.
        count: how many are twins, estimated from the sample.
        older: the reports that hold the earlier ones, the one with the most first.
        example: an id in the new report and the earlier one, where they differ.
        is_sure: whether the report is refused for it. Else it is said.
        has_other_ids: whether its users have other ids with the same e-mails as well.
    """

    kind: Kind
    count: int
    older: tuple[Older, ...]
    example: tuple[str, str] | None
    is_sure: bool
    has_other_ids: bool = False
