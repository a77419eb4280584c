"""The exporter: what an administrator would download from the platform, with its losses."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

from simulation.stage import DAY, Activity, Edition, Stay

_TITLES = "User ID,First,Last,Company,Email,Category,Action,Label,Date,Content ID,Content Name,Content Slug"
HEADER = tuple(_TITLES.split(","))

SCHEDULE_HEADER = ("site_id", "content_id", "session_type", "starts_at", "ends_at", "time_zone")
EXHIBITORS_HEADER = ("site_id", "content_id", "exhibitor_name", "company")

NO_CONTENT = ("", "", "")
NAMES_OF_CONTENT = frozenset({"Session", "View Content", "Favorite", "Track"})
CLOCK: tuple[str, ...] = tuple(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(DAY))
DATES: dict[int, str] = {}


def rate(default: float, meaning: str) -> float:
    """Declare a rate from 0 to 1; `meaning` says what it is a share of."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Losses:
    """What stands between the truth and the reports; each a rate from 0 to 1.

    The last two change what people do, so the truth too; all others only what is written.
    """

    lost_left: float = rate(0.2, "Stays whose Left is never written: the browser was closed.")
    reconnects: float = rate(0.05, "Stays within which Joined is written once more, without a Left.")
    same_second: float = rate(0.03, "Stays within which a Left and a Joined are written in the same second.")
    two_devices: float = rate(0.03, "Stays within which a second device joins and leaves.")
    left_but_watching: float = rate(0.2, "Stays of presenters who press Leave and go on watching.")
    out_of_order: float = rate(0.01, "Records that stand up to 40 places off their place in time.")
    edited_people: float = rate(0.02, "Users who change e-mail or company between two downloads.")
    renamed_sessions: float = rate(0.05, "Sessions that are renamed between two downloads.")
    moved_sessions: float = rate(0.02, "Sessions moved after the schedule was exported: it shows the old time.")
    pulled_back: float = rate(0.5, "Workshops whose moderator pulls all back from the breakouts at once.")
    staff_hops: float = rate(0.5, "Stays of staff who hop between the rooms of a slot.")

    @classmethod
    def none(cls) -> Losses:
        """Return the settings of a log without losses."""
        return cls(**{setting.name: 0.0 for setting in fields(cls)})


def log_stay(rng: Random, losses: Losses, stay: Stay) -> Iterator[Activity]:
    """Yield the Joined and Left records that the log has of one true stay."""
    person, content, name, started_at, ended_at, is_presenting = stay

    def within() -> int:
        return started_at + 1 + int(rng.random() * (ended_at - started_at - 1))

    def record(at: int, action: str) -> Activity:
        return Activity(at, person, "Session", action, name, content)

    yield record(started_at, "Joined")
    if is_presenting and rng.random() < losses.left_but_watching:
        yield record(within(), "Left")
        return
    if rng.random() < losses.reconnects:
        yield record(within(), "Joined")
    if rng.random() < losses.same_second:
        at = within()
        yield record(at, "Left")
        yield record(at, "Joined")
    if rng.random() < losses.two_devices:
        first, second = sorted((within(), within()))
        yield record(first, "Joined")
        yield record(second, "Left")
    if rng.random() >= losses.lost_left:
        yield record(ended_at, "Left")


def put_in_file_order(rng: Random, out_of_order: float, activities: list[Activity]) -> None:
    """Sort by time, then move the given share of the records up to 40 places away."""
    activities.sort(key=itemgetter(0))
    last = len(activities) - 1
    for _ in range(int(len(activities) * out_of_order / 2 + rng.random())):
        here = int(rng.random() * last)
        there = min(last, here + 1 + int(rng.random() * 40))
        activities[here], activities[there] = activities[there], activities[here]


def timestamp(at: int) -> str:
    """Write a time in seconds UTC as `yyyy-MM-dd HH:mm:ss`."""
    day, second = divmod(at, DAY)
    date = DATES.get(day)
    if date is None:
        date = datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d ")
        DATES[day] = date
    return date + CLOCK[second]


def row_of(activity: Activity, download: int) -> tuple[str, ...]:
    """Return the record's columns in the order of `HEADER`, as that download shows them."""
    at, person, category, action, label, content = activity
    who = person.columns
    if person.edited is not None and download > person.edited_after:
        who = person.edited
    where = NO_CONTENT
    if content is not None:
        where = content.columns
        if content.renamed is not None and download > content.edited_after:
            where = content.renamed.columns
            if category in NAMES_OF_CONTENT:
                label = label.replace(content.name, content.renamed.name)
    return (*who, category, action, label, timestamp(at), *where)


class Damage(NamedTuple):
    """A record that is none, to be put into a file after so many records."""

    after: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Download:
    """One file as an administrator fetches it: its number, scope and dress. Times in UTC."""

    number: int
    file_name: str
    until: int
    header: tuple[str, ...] = HEADER
    time_header: str = "Date"
    delimiter: str = ","
    line_end: str = "\n"
    has_byte_order_mark: bool = False
    content_id: int | None = None
    categories: frozenset[str] | None = None
    damages: tuple[Damage, ...] = ()

    def write(self, folder: Path, activities: Iterable[Activity]) -> Path:
        """Write what the download holds of the activities, which come in the file's order."""
        path = folder / self.file_name
        encoding = "utf-8-sig" if self.has_byte_order_mark else "utf-8"
        in_order = itemgetter(*(HEADER.index(name) for name in self.header))
        rows = [in_order(row_of(each, self.number)) for each in activities if self._holds(each)]
        for damage in self.damages:
            rows.insert(damage.after, damage.columns)
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=self.delimiter, lineterminator=self.line_end)
            writer.writerow(self.time_header if name == "Date" else name for name in self.header)
            writer.writerows(rows)
        return path

    def _holds(self, activity: Activity) -> bool:
        if activity.at >= self.until:
            return False
        if self.categories is not None:
            return activity.category.split(" - ")[0] in self.categories
        content = activity.content
        return self.content_id is None or (content is not None and content.content_id == self.content_id)


class GrowingFile:
    """A report that is written as the records come, and named after its last day (UTC) at the end."""

    def __init__(self, folder: Path, name: str, download: int, suffix: str = "") -> None:
        """Open the file and write the header; the download's number says which edits it shows."""
        self._name = f"{name}_{{}}{suffix}.csv"
        self._path = folder / f"{name}{suffix}.csv.part"
        self._download = download
        self._last_at = 0
        self._file: IO[str] = self._path.open("w", encoding="utf-8", newline="", buffering=1 << 20)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(HEADER)

    def write(self, activities: Sequence[Activity]) -> int:
        """Append records and return how many."""
        self._writer.writerows(row_of(activity, self._download) for activity in activities)
        if activities:
            self._last_at = max(self._last_at, activities[-1].at)
        return len(activities)

    def close(self) -> None:
        """Close the file and give it its name."""
        self._file.close()
        self._path.rename(self._path.with_name(self._name.format(timestamp(self._last_at)[:10])))


class Series:
    """Sitewide files of equal length, written as the records come; `written` counts what is in them."""

    def __init__(
        self, folder: Path, records_per_file: int, files: int, *, overlap: float = 0.0, repeats: int = 0
    ) -> None:
        """Prepare the files; the last takes whatever comes after the others are full.

        Args:
            folder: Where to write.
            records_per_file: New records in each file.
            files: How many.
            overlap: The share of these records that is in the next file again.
            repeats: How many of the files are downloaded once more in the end, with all edits.
        """
        self.folder = folder
        self.records_per_file = records_per_file
        self.files = files
        self.repeats = repeats
        self.number = -1
        self.written = 0
        self._room = 0
        self._told: deque[Activity] = deque(maxlen=int(overlap * records_per_file))
        self._open: list[GrowingFile] = []

    @property
    def download(self) -> int:
        """The number of the download that is being written."""
        return max(0, self.number)

    def write(self, activities: list[Activity]) -> None:
        """Append records, opening the next file where one is full."""
        start = 0
        while start < len(activities):
            if self._room == 0 and self.number < self.files - 1:
                self._next_file()
            is_last = self.number == self.files - 1
            end = len(activities) if is_last else min(len(activities), start + self._room)
            part = activities[start:end]
            self.written += sum(file.write(part) for file in self._open)
            self._told.extend(part)
            self._room -= len(part)
            start = end

    def close(self) -> None:
        """Close the open files."""
        for file in self._open:
            file.close()
        self._open = []

    def _next_file(self) -> None:
        self.close()
        self.number += 1
        self._room = self.records_per_file
        name = f"sitewide_{self.number + 1:04}"
        self._open = [GrowingFile(self.folder, name, self.number)]
        self.written += self._open[0].write(tuple(self._told))
        if self.number < self.repeats:
            self._open.append(GrowingFile(self.folder, name, self.files, "_again"))


class Extracts:
    """Downloads of single content pages and of single users' histories, all made after the sitewide ones."""

    def __init__(self, folder: Path, download: int, content_pages: int, user_histories: int) -> None:
        """Set how many pages and users are wanted: those that the log mentions first."""
        self.folder = folder
        self.download = download
        self.written = 0
        self._wanted = {"content": content_pages, "user": user_histories}
        self._files: dict[tuple[str, str], GrowingFile] = {}

    def write(self, activities: list[Activity]) -> None:
        """Append those of the records that the wanted pages and users have."""
        if not any(self._wanted.values()):
            return
        chosen: dict[tuple[str, str], list[Activity]] = {}
        for activity in activities:
            for scope in self._scopes(activity):
                if scope in self._files or self._open(*scope):
                    chosen.setdefault(scope, []).append(activity)
        self.written += sum(self._files[scope].write(records) for scope, records in chosen.items())

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _scopes(self, activity: Activity) -> Iterator[tuple[str, str]]:
        yield "user", activity.person.user_id
        if activity.content is not None:
            yield "content", activity.content.columns[0]

    def _open(self, kind: str, number: str) -> bool:
        if self._wanted[kind] == 0:
            return False
        self._wanted[kind] -= 1
        self._files[kind, number] = GrowingFile(self.folder, f"{kind}_{number}", self.download)
        return True


def schedule_rows(site: str, edition: Edition) -> Iterator[tuple[str, ...]]:
    """Yield the schedule of an edition's sessions in the columns of `SCHEDULE_HEADER`, as it was exported."""
    for session in chain.from_iterable(edition.slots):
        times = (timestamp(at - session.moved_by) for at in (session.starts_at, session.ends_at))
        yield (site, session.content.columns[0], "session", *times, "UTC")


def exhibitor_rows(site: str, edition: Edition) -> Iterator[tuple[str, ...]]:
    """Yield the booths of an edition in the columns of `EXHIBITORS_HEADER`; each is called as the company behind it."""
    for booth in edition.places["booth"]:
        yield (site, booth.columns[0], booth.name, booth.name)
