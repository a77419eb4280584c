"""The exporter: what an administrator would download from the platform, with its losses."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import IO, NamedTuple

from simulation_platform import DAY, Activity, Stay

HEADER: tuple[str, ...] = (
    "User ID",
    "First",
    "Last",
    "Company",
    "Email",
    "Category",
    "Action",
    "Label",
    "Date",
    "Content ID",
    "Content Name",
    "Content Slug",
)

NO_CONTENT = ("", "", "")
NAMES_OF_CONTENT = frozenset({"Session", "View Content", "Favorite", "Track"})
CLOCK: tuple[str, ...] = tuple(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(DAY))
DATES: dict[int, str] = {}


def rate(default: float, meaning: str) -> float:
    """Declare a rate from 0 to 1, of which `meaning` says what it is a share of."""
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
    pulled_back: float = rate(0.5, "Workshops whose moderator pulls all back from the breakouts at once.")
    staff_hops: float = rate(0.5, "Stays of staff who hop between the rooms of a slot.")

    @classmethod
    def none(cls) -> Losses:
        """Return the settings of a log that tells the whole truth."""
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


class Series:
    """Consecutive sitewide files of equal length, written as the records come."""

    def __init__(self, folder: Path, records_per_file: int, files: int) -> None:
        """Prepare the files; the last takes whatever comes after the others are full."""
        self.folder = folder
        self.records_per_file = records_per_file
        self.files = files
        self.number = 0
        self._room = 0
        self._file: IO[str] | None = None
        self._last_at = 0

    def write(self, activities: list[Activity]) -> None:
        """Append records, opening the next file where one is full."""
        start = 0
        while start < len(activities):
            is_last = self.number == self.files - 1
            if self._file is None or (self._room == 0 and not is_last):
                self._file = self._next_file()
                is_last = self.number == self.files - 1
            part = activities[start:] if is_last else activities[start : start + self._room]
            end = start + len(part)
            number = self.number
            csv.writer(self._file, lineterminator="\n").writerows(row_of(activity, number) for activity in part)
            self._room -= len(part)
            self._last_at = max(self._last_at, part[-1].at)
            start = end

    def close(self) -> None:
        """Close the open file and name it after its number and its last day (UTC)."""
        if self._file is not None:
            self._file.close()
            self._file = None
            last_day = timestamp(self._last_at)[:10]
            self._path().rename(self.folder / f"sitewide_{self.number + 1:04}_{last_day}.csv")

    def _path(self) -> Path:
        return self.folder / f"sitewide_{self.number + 1:04}.csv.part"

    def _next_file(self) -> IO[str]:
        if self._file is not None:
            self.close()
            self.number += 1
        self._room = self.records_per_file
        file = self._path().open("w", encoding="utf-8", newline="", buffering=1 << 20)
        csv.writer(file, lineterminator="\n").writerow(HEADER)
        return file
