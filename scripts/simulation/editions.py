"""Invented editions without end: a new event every week, with people who come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from simulation.exporter import Losses
from simulation.stage import DAY, HOUR, MINUTE, Breakouts, Content, Edition, Meeting, Person, Question, Session
from simulation.words import COMPANIES, DOMAINS, FORMS, PEOPLE, QUESTIONS, TOPICS

# The first week ends with a change to daylight-saving time, so that the smallest run has a session over it.
FIRST_WEEK = int(datetime(2022, 3, 21, tzinfo=UTC).timestamp())
SMALLEST, LARGEST = 100, 2000
PEOPLE_PER_ROOM = 250
MOST_ROOMS = 6

# For each slot: the day of the week, its start in minutes of the local day, its length in minutes,
# and the most rooms. The third is the workshop's.
SLOTS: tuple[tuple[int, int, int, int], ...] = (
    (2, 9 * 60, 60, 1),
    (2, 10 * 60 + 30, 45, MOST_ROOMS),
    (2, 12 * 60 + 30, 90, 3),
    (2, 15 * 60, 60, MOST_ROOMS),
    (2, 16 * 60 + 45, 60, 2),
    (3, 9 * 60 + 30, 60, MOST_ROOMS),
    (3, 11 * 60, 45, MOST_ROOMS),
    (3, 14 * 60, 60, 1),
)
WORKSHOP_SLOT = 2
# In a week when the clocks change in Europe (at 01:00 UTC), a session from before midnight UTC to after the change.
NIGHT_BEFORE_CHANGE, NIGHT_MINUTES = 90 * MINUTE, 120
MONTHS_OF_CHANGE = (3, 10)
MOVES = tuple(minutes * MINUTE for minutes in (-60, -30, 30, 60))
OFFSETS_FROM_UTC = (-8, -5, -3, 0, 1, 2, 5.5, 9, 12)
ROLES = ("speaker",) * 6 + ("exhibitor",) * 3 + ("staff",) * 3 + ("attendee",) * 88


def clock_change(monday: int) -> int | None:
    """Return when Europe's clocks change in the week of that Monday: the last Sunday of March and October."""
    sunday = datetime.fromtimestamp(monday, UTC) + timedelta(days=6)
    is_last = (sunday + timedelta(days=7)).month != sunday.month
    return monday + 6 * DAY + HOUR if is_last and sunday.month in MONTHS_OF_CHANGE else None


class Editions:
    """An endless source of weekly editions; holds only the people of the latest one."""

    def __init__(self, rng: Random, losses: Losses) -> None:
        """Set how many people and sessions are edited, and how many workshops are pulled back."""
        self.rng = rng
        self.losses = losses
        self.week = 0
        self.last_content_id = 1000
        self.last_user_id = 10000
        self.people: list[Person] = []
        self.download = 0

    def next_edition(self, most_people: int, download: int) -> Edition:
        """Make the edition of the next week.

        Args:
            most_people: The most people wanted.
            download: The number of the download being written; later ones show edits.
        """
        rng = self.rng
        self.download = download
        self.people = self._gather(min(most_people, rng.randint(SMALLEST, LARGEST)))
        monday = FIRST_WEEK + self.week * 7 * DAY
        self.week += 1
        midnight = monday - int(rng.choice(OFFSETS_FROM_UTC) * HOUR)
        topics = self._topics()
        agenda = [(midnight + day * DAY + start * MINUTE, length, rooms) for day, start, length, rooms in SLOTS]
        if change := clock_change(monday):
            agenda.append((change - NIGHT_BEFORE_CHANGE, NIGHT_MINUTES, 1))
        slots = tuple(self._slot(place, *times, topics) for place, times in enumerate(agenda))
        places = self._places(slots, topics)
        course = places["course"][0]
        lessons = tuple(f"{course.name}, lesson {number}" for number in range(1, 5))
        edition = Edition(self._shuffled(), slots, places, lessons, monday, monday + 7 * DAY)
        edition.meetings = self._meetings(edition)
        return edition

    def _shuffled(self) -> tuple[Person, ...]:
        return tuple(self.rng.sample(self.people, len(self.people)))

    def _topics(self) -> Iterator[str]:
        while True:
            yield from self.rng.sample(TOPICS, len(TOPICS))

    def _gather(self, count: int) -> list[Person]:
        rng = self.rng
        returning = min(int(count * 0.3), len(self.people))
        people = rng.sample(self.people, returning)
        return people + [self._person() for _ in range(count - returning)]

    def _person(self) -> Person:
        rng = self.rng
        self.last_user_id += 1
        first = rng.choice(PEOPLE).split(" ")[0]
        last = rng.choice(PEOPLE).split(" ", 1)[1]
        user_id, company, domain = (str(self.last_user_id), rng.choice(COMPANIES), rng.choice(DOMAINS))
        columns = (user_id, first, last, company, f"u{user_id}@{domain}")
        edited = None
        if rng.random() < self.losses.edited_people:
            moved = rng.random() < 0.5
            edited = (
                user_id,
                first,
                last,
                rng.choice(COMPANIES) if moved else company,
                f"u{user_id}@{domain}" if moved else f"new{user_id}@{domain}",
            )
        return Person(
            columns,
            role=rng.choice(ROLES),
            zeal=0.25 + 0.7 * rng.random(),
            voice=rng.random() ** 1.5,
            edited=edited,
            edited_after=self.download,
        )

    def _content(self, name: str, renamed: str | None = None) -> Content:
        self.last_content_id += 1
        return Content(self.last_content_id, name, renamed=renamed, edited_after=self.download)

    def _slot(
        self, place: int, starts_at: int, length: int, most_rooms: int, topics: Iterator[str]
    ) -> tuple[Session, ...]:
        rooms = min(most_rooms, 1 + len(self.people) // PEOPLE_PER_ROOM)
        return tuple(
            self._session(next(topics), starts_at, starts_at + length * MINUTE, place, room == 0)
            for room in range(rooms)
        )

    def _session(self, topic: str, starts_at: int, ends_at: int, place: int, is_main: bool) -> Session:
        rng = self.rng
        name = rng.choice(FORMS).format(topic)
        is_renamed = rng.random() < self.losses.renamed_sessions
        content = self._content(name, f"{name} (new)" if is_renamed else None)
        speakers = [person.user_id for person in self.people if person.role == "speaker"]
        is_workshop = is_main and place == WORKSHOP_SLOT
        return Session(
            content,
            starts_at,
            ends_at,
            frozenset(rng.sample(speakers, min(len(speakers), 1 + rng.randrange(4)))),
            1.0 if is_main else 0.3 + 0.6 * rng.random(),
            self._questions(topic, starts_at, ends_at),
            self._breakouts(name, starts_at, ends_at) if is_workshop else None,
            rng.choice(MOVES) if rng.random() < self.losses.moved_sessions else 0,
        )

    def _questions(self, topic: str, starts_at: int, ends_at: int) -> tuple[Question, ...]:
        rng = self.rng
        chosen = rng.sample(QUESTIONS, rng.randrange(4))
        return tuple(
            Question(
                category.format(topic=topic),
                answers,
                starts_at + int((0.1 + 0.85 * rng.random()) * (ends_at - starts_at)),
            )
            for category, answers in chosen
        )

    def _breakouts(self, name: str, starts_at: int, ends_at: int) -> Breakouts:
        rng = self.rng
        first = rng.randrange(1000, 9000)
        count = 3 + min(5, len(self.people) // PEOPLE_PER_ROOM)
        names = tuple(f"Breakout from {name} #{first + number}" for number in range(count))
        opens_at = starts_at + 25 * MINUTE + rng.randrange(MINUTE)
        closes_at = ends_at - 20 * MINUTE + rng.randrange(MINUTE)
        return Breakouts(names, opens_at, closes_at, rng.random() < self.losses.pulled_back)

    def _places(self, slots: tuple[tuple[Session, ...], ...], topics: Iterator[str]) -> dict[str, tuple[Content, ...]]:
        sessions = tuple(session.content for slot in slots for session in slot)
        videos = tuple(self._content(f"Video: {next(topics)}") for _ in range(4))
        booths = tuple(self._content(company) for company in self.rng.sample(COMPANIES, len(slots[1]) + 1))
        course = (self._content(f"{next(topics)} Course"),)
        return {
            "session": sessions,
            "video": videos,
            "booth": booths,
            "course": course,
            "any": sessions + videos + booths + course,
        }

    def _meetings(self, edition: Edition) -> tuple[Meeting, ...]:
        rng = self.rng
        lunches = [(start, end) for start, end in edition.breaks if HOUR <= end - start < 5 * HOUR]
        count = len(edition.people) // 10
        guests = rng.sample(edition.people, 2 * count)
        meetings = []
        for pair in zip(guests[::2], guests[1::2], strict=True):
            start = rng.choice(lunches)[0] + rng.randrange(5 * MINUTE)
            meetings.append(Meeting(pair, start, start + rng.randint(10, 25) * MINUTE))
        return tuple(meetings)
