"""What is declared of the reports of a load, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from reports.format import ACTIVITY_REPORT

DEFAULT_SITE = "main"
# The committed sample is landed as this site, which is nobody else's.
SAMPLE_SITE = "sample"


@dataclass(frozen=True)
class Declaration:
    """What is declared of the files of one load, because no file tells it.

    Attributes:
        site_id: the site that the reports belong to.
        time_zone: IANA zone of the dates in it.
        date_format: a name in ``DATE_FORMATS``, a strptime format, or None to find it from the file.
        encoding: a codec of Python, or None to find it from the file.
        is_again: whether files that were removed are landed all the same.
    """

    site_id: str = DEFAULT_SITE
    time_zone: str = "UTC"
    date_format: str | None = None
    encoding: str | None = None
    is_again: bool = False


@dataclass(frozen=True)
class RejectedRecord:
    """A record that could not be landed, as the user is shown it."""

    record_number: int
    column_name: str | None
    value: str | None
    reason: str


@dataclass(frozen=True)
class Landing:
    """What became of one report: landed, already landed, left out, or refused as a whole with the reason.

    Attributes:
        path: the file, as the user named it.
        name: the same, and which part of it the report is.
        landed_count: its records that landed.
        new_count: those of them that no report of the site held before, names aside; None for unique users.
        unit: what these are.
        rejected_count: its records that did not.
        harmless_count: of these, the ones about which nobody has to do anything.
        examples: some of the rejected records.
        notes: what was found out about the report and may be wrong.
        already_landed_as: the file of the same bytes that was landed before.
        removed_on: the day on which it was removed, so that it was left out.
        refusal: why nothing of it was landed.
    """

    path: Path
    name: str
    landed_count: int = 0
    new_count: int | None = None
    unit: str = ACTIVITY_REPORT.unit
    rejected_count: int = 0
    harmless_count: int = 0
    examples: list[RejectedRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    already_landed_as: str | None = None
    removed_on: date | None = None
    refusal: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the report was rejected or refused that anybody should look at."""
        return self.refusal is None and self.rejected_count == self.harmless_count
