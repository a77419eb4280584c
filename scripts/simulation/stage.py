"""What an edition is made of: pages, people, sessions, and what is noted of them. Times are seconds UTC since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BREAK_MARGIN = 6 * MINUTE


def slug_of(name: str) -> str:
    """Return the slug that the platform makes of a content name: lower case, underscores."""
    return name.lower().replace(" ", "_")


class Content:
    """A page of the platform, with the three columns that a record made on it carries."""

    __slots__ = ("columns", "content_id", "edited_after", "name", "renamed", "slug")

    def __init__(self, content_id: int, name: str, *, renamed: str | None = None, edited_after: int = 0) -> None:
        """Name the page; downloads numbered above `edited_after` show it as `renamed`."""
        self.content_id = content_id
        self.edited_after = edited_after
        self.name = name
        self.slug = slug_of(name)
        self.columns = (str(content_id), name, self.slug)
        self.renamed = Content(content_id, renamed) if renamed else None


class Person:
    """A user of the platform, with the five columns that every record of the user carries."""

    __slots__ = ("columns", "edited", "edited_after", "is_new", "name", "role", "user_id", "voice", "zeal")

    def __init__(
        self,
        columns: tuple[str, str, str, str, str],
        *,
        role: str = "attendee",
        zeal: float = 0.6,
        voice: float = 0.5,
        edited: tuple[str, str, str, str, str] | None = None,
        edited_after: int = 0,
    ) -> None:
        """Make a user.

        Args:
            columns: User ID, First, Last, Company, Email.
            role: attendee, speaker, exhibitor or staff.
            zeal: How likely the user is to do what the agenda offers, 0 to 1.
            voice: How likely the user is to write, answer and react, 0 to 1.
            edited: The columns as the user edits them at some time, or none.
            edited_after: The number of the last download that shows them unedited.
        """
        self.columns = columns
        self.user_id = columns[0]
        self.name = f"{columns[1]} {columns[2]}"
        self.role = role
        self.zeal = zeal
        self.voice = voice
        self.edited = edited
        self.edited_after = edited_after
        self.is_new = True


class Activity(NamedTuple):
    """One thing that one user did, as the platform logs it; `at` in seconds UTC."""

    at: int
    person: Person
    category: str
    action: str
    label: str
    content: Content | None


class Stay(NamedTuple):
    """A true presence of one user in one session: seconds UTC, the end not included."""

    person: Person
    content: Content | None
    session_name: str
    started_at: int
    ended_at: int
    is_presenting: bool


class Question(NamedTuple):
    """A question put to a session: the category it is logged under, when, and its answers."""

    category: str
    answers: tuple[str, ...]
    asked_at: int


class Breakouts(NamedTuple):
    """The sub-breakouts of a workshop; if the moderator pulls, all are out at `closes_at`."""

    names: tuple[str, ...]
    opens_at: int
    closes_at: int
    are_pulled_back: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A live session on the agenda, in seconds UTC; `moved_by` says how much later than the schedule shows it was."""

    content: Content
    starts_at: int
    ends_at: int
    speakers: frozenset[str] = frozenset()
    popularity: float = 1.0
    questions: tuple[Question, ...] = ()
    breakouts: Breakouts | None = None
    moved_by: int = 0


class Meeting(NamedTuple):
    """A private 1:1 meeting, in seconds UTC; it has no content page."""

    people: tuple[Person, Person]
    starts_at: int
    ends_at: int


@dataclass(slots=True)
class Edition:
    """One event: its people, its agenda in slots of parallel sessions, and its other pages.

    `opens_at` and `closes_at` bound everything that happens, in seconds UTC.
    """

    people: tuple[Person, ...]
    slots: tuple[tuple[Session, ...], ...]
    places: dict[str, tuple[Content, ...]]
    lessons: tuple[str, ...]
    opens_at: int
    closes_at: int
    meetings: tuple[Meeting, ...] = ()
    breaks: tuple[tuple[int, int], ...] = field(init=False)
    first_start: int = field(init=False)
    last_end: int = field(init=False)

    def __post_init__(self) -> None:
        """Derive the breaks, when no session is live."""
        ordered = sorted(self.slots, key=lambda slot: slot[0].starts_at)
        gaps = [
            (before[0].ends_at + BREAK_MARGIN, after[0].starts_at - BREAK_MARGIN) for before, after in pairwise(ordered)
        ]
        self.breaks = tuple((start, end) for start, end in gaps if end - start >= BREAK_MARGIN)
        self.first_start = ordered[0][0].starts_at
        self.last_end = ordered[-1][0].ends_at


@dataclass(frozen=True, slots=True)
class History:
    """What one user did in one edition (without joining and leaving), and where the user was."""

    activities: list[Activity]
    stays: list[Stay]
