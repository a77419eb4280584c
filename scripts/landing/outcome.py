"""What is declared of the reports of a load, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from reports.columns import ACTIVITY_REPORT
from reports.scan import Possible

DEFAULT_SITE = "main"
# Before it no such platform was there, and nothing of it can have happened.
FIRST_DATE = date(1990, 1, 1)


@dataclass(frozen=True)
class Given:
    """What the command line declares of the files of one load; None where it says nothing.

    Attributes:
        site_id: the site that the reports belong to.
        time_zone: IANA zone of the dates in them.
        date_format: a name in ``DATE_FORMATS``, or a strptime format.
        encoding: a codec of Python.
        is_again: whether files that were removed are landed all the same.
        allows_twins: whether a report is landed though it holds the activities of others in another form.
        declare: ``again`` where it replaces what was declared before, ``once`` where it holds for this load alone.
        min_date: the first day on which anything can have happened.
        max_date: the last such day.
        command: the command as the user can give it again.
        is_folder: whether the reports are those of a folder: then the files are not named one by one.
    """

    site_id: str | None = None
    time_zone: str | None = None
    date_format: str | None = None
    encoding: str | None = None
    is_again: bool = False
    allows_twins: bool = False
    declare: Literal["again", "once"] | None = None
    min_date: date | None = None
    max_date: date | None = None
    command: str = "make build"
    is_folder: bool = False


def day_after_today() -> date:
    """The last day on which anything can have happened, if nothing is declared: zones are ahead of UTC, and clocks."""
    return datetime.now(UTC).date() + timedelta(days=1)


@dataclass(frozen=True)
class Declaration:
    """The settings of the files of one load, because no file contains them (``landing.declarations``).

    Attributes:
        site_id: the site that the reports belong to.
        time_zone: IANA zone of the dates in it.
        date_format: a name in ``DATE_FORMATS``, a strptime format, or None to find it from the file.
        encoding: a codec of Python, or None to find it from the file.
        is_again: whether files that were removed are landed all the same.
        min_date: the first day on which anything can have happened: before the platform was there, nothing can.
        max_date: the last such day.
        allows_twins: whether a report is landed though it holds the activities of others in another form.
        remembered_date_format: what was declared for the site before, for files that can be read in two ways.
        remembered_encoding: the same, for files that are not in UTF-8.
        to_remember: what is remembered for the site once a report of it has landed: settings and values.
        own_settings: what is declared for these reports alone, and not for their site.
        reloaded: reports that are loaded again, and what holds for each.
        moves_reports: whether files that landed for another site are loaded again for this one.
        sites: the sites among which the user must name one; empty where it is clear.
        names_site: whether the command line names the site.
        names_utc: whether it was declared that the zone is UTC, which else is only supposed.
        new_beside: the sites that were there before, if it is another.
    """

    site_id: str = DEFAULT_SITE
    time_zone: str = "UTC"
    date_format: str | None = None
    encoding: str | None = None
    is_again: bool = False
    min_date: date = FIRST_DATE
    max_date: date = field(default_factory=day_after_today)
    allows_twins: bool = False
    remembered_date_format: str | None = None
    remembered_encoding: str | None = None
    to_remember: tuple[tuple[str, str], ...] = ()
    own_settings: tuple[str, ...] = ()
    reloaded: tuple[tuple[str, Declaration], ...] = ()
    moves_reports: bool = False
    sites: tuple[str, ...] = ()
    names_site: bool = False
    names_utc: bool = False
    new_beside: tuple[str, ...] = ()

    @property
    def declares_zone(self) -> bool:
        """Whether the zone of the dates was declared."""
        return self.names_utc or self.time_zone != "UTC"

    @property
    def possible(self) -> Possible:
        """When anything can have happened."""
        return Possible(self.min_date, self.max_date, self.min_date != FIRST_DATE, self.max_date != day_after_today())


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
        harmless_count: of these, the ones that need no action.
        examples: some of the rejected records.
        notes: what was found out about the report and may be wrong.
        already_landed_as: the file of the same bytes that was landed before.
        of_other_site: its site, where another was declared.
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
    of_other_site: str | None = None
    removed_on: date | None = None
    refusal: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the report was rejected or refused that anybody should look at."""
        return self.refusal is None and self.rejected_count == self.harmless_count


class SiteNeeded(Exception):
    """A report is new, and its site is not clear.

    Attributes:
        path: its file. No file before it has a new report.
    """

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path)
        self.path = path
