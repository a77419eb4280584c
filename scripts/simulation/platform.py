"""A virtual-event platform of which the truth is known: people with habits live through an edition.

An edition is one event with its agenda and its people. `Platform.live` plays one person through it
and returns what the person did and, to the second, when the person was present where. All times
are whole seconds since 1970-01-01 00:00:00 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import NamedTuple

from simulation.words import (
    ANALYTICS_REPORTS,
    CHAT,
    COMMENTS,
    CREDITS,
    NOTIFICATIONS,
    QUESTIONS_ASKED,
    RESOURCES,
    REVIEWS,
    URLS,
)

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EARLIEST_ARRIVAL = -5 * MINUTE
LATEST_DEPARTURE = 3 * MINUTE
BREAK_MARGIN = 6 * MINUTE

# Places beside those that an edition lists: pages without content columns, and the sessions in
# which the person was.
NOWHERE = "nowhere"
ATTENDED = "attended"
MODERATION_CHANCE = 0.3
LONG_CHAT_CHANCE = 0.3


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

    __slots__ = (
        "columns",
        "edited",
        "edited_after",
        "is_new",
        "name",
        "role",
        "user_id",
        "voice",
        "zeal",
    )

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
        """Derive the breaks, in which no session is live."""
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


class Scene(NamedTuple):
    """Who does something, on which page, with or about which other user."""

    rng: Random
    edition: Edition
    person: Person
    other: Person
    content: Content


def pick(rng: Random, choices: tuple[str, ...]) -> str:
    """Draw one text, faster than `Random.choice`."""
    return choices[int(rng.random() * len(choices))]


def chat_text(scene: Scene) -> str:
    """Write a chat message of one sentence or two."""
    rng = scene.rng
    text = pick(rng, CHAT)
    return f"{text}... {pick(rng, CHAT)}" if rng.random() < LONG_CHAT_CHANCE else text


# How a label is written. A key that is not listed here is the label itself.
LABELS: dict[str, Callable[[Scene], str]] = {
    "[content name]": lambda scene: scene.content.name,
    "[slug]": lambda scene: scene.content.slug,
    "[own name]": lambda scene: scene.person.name,
    "[other name]": lambda scene: scene.other.name,
    "[chat]": chat_text,
    "[comment]": lambda scene: pick(scene.rng, COMMENTS),
    "[review]": lambda scene: pick(scene.rng, REVIEWS),
    "[notification]": lambda scene: pick(scene.rng, NOTIFICATIONS),
    "[question asked]": lambda scene: pick(scene.rng, QUESTIONS_ASKED),
    "[resource]": lambda scene: pick(scene.rng, RESOURCES),
    "[url]": lambda scene: pick(scene.rng, URLS),
    "[report]": lambda scene: pick(scene.rng, ANALYTICS_REPORTS),
    "[credits]": lambda scene: pick(scene.rng, CREDITS),
    "[lesson 2]": lambda scene: scene.edition.lessons[1],
    "[lesson 3]": lambda scene: scene.edition.lessons[2],
    "[lesson 4]": lambda scene: scene.edition.lessons[3],
}


class Step(NamedTuple):
    """One activity of a habit, at most `within` seconds after the step before it."""

    category: str
    action: str
    label: str = ""
    within: int = 0
    is_on_page: bool = True
    is_by_other: bool = False


class Habit(NamedTuple):
    """Something that people do: how often against the others, when, on which pages, in steps."""

    weight: float
    phase: str
    place: str
    steps: tuple[Step, ...]


VIEW = Step("View Content", "View", "[content name]", 20)
OFF_PAGE_VIEW_USER = Step("View Users", "View", "[other name]", is_on_page=False)

HABITS: tuple[Habit, ...] = (
    Habit(9, "before", "session", (Step("Click Content", "Schedule", "[slug]", 0, False), VIEW)),
    Habit(5, "before", "any", (VIEW,)),
    Habit(2, "before", NOWHERE, (Step("Update Details", "Update", "[own name]"),)),
    Habit(1, "before", NOWHERE, (Step("View Notifications", "View", "[notification]"),)),
    Habit(0.1, "before", NOWHERE, (Step("Badge", "Unlocked", "Early Bird"),)),
    Habit(
        1.5,
        "before",
        "course",
        (
            Step("Track", "Started", "[content name]"),
            Step("Track", "Next", "[lesson 2]", 20 * MINUTE),
            Step("Track", "Next", "[lesson 3]", 20 * MINUTE),
            Step("Track", "Next", "[lesson 4]", 20 * MINUTE),
        ),
    ),
    Habit(1, "before", "course", (Step("Track", "Started", "[content name]"),)),
    Habit(6, "between", "any", (Step("Click Content", "Module", "[slug]", 0, False), VIEW)),
    Habit(3, "between", "booth", (VIEW, Step("Resource", "Download", "[resource]", 90))),
    Habit(2, "between", "booth", (VIEW, Step("Link", "External", "[url]", 60))),
    Habit(1.5, "between", "booth", (Step("Click Metadata", "Click", "[url]"),)),
    Habit(3, "between", NOWHERE, (OFF_PAGE_VIEW_USER,)),
    Habit(
        2,
        "between",
        NOWHERE,
        (
            OFF_PAGE_VIEW_USER,
            Step("View Users", "View Full Profile", "[other name]", 30, False),
        ),
    ),
    Habit(1, "between", "session", (Step("View Users", "View", "[other name]"),)),
    Habit(2, "between", NOWHERE, (Step("View Leaderboard", "View"),)),
    Habit(
        2,
        "between",
        NOWHERE,
        (
            Step("View Leaderboard", "View"),
            Step("View Leaderboard", "View User", "[other name]", 40),
        ),
    ),
    Habit(2, "between", NOWHERE, (Step("View Notifications", "View", "[notification]"),)),
    Habit(1, "between", "any", (Step("Link", "Internal", "[slug]", 0, False),)),
    Habit(
        0.7,
        "between",
        NOWHERE,
        (
            Step("Talk Now", "Requested"),
            Step("Talk Now", "Accepted", "", 45, False, True),
        ),
    ),
    Habit(
        0.4,
        "between",
        "booth",
        (
            Step("Talk Now", "Requested"),
            Step("Talk Now", "Canceled", "", 60),
        ),
    ),
    Habit(
        5,
        "after",
        "video",
        (
            VIEW,
            Step("Watched", "Progress", "10%", 4 * MINUTE),
            Step("Watched", "Progress", "45%", 9 * MINUTE),
            Step("Watched", "Progress", "90%", 12 * MINUTE),
            Step("Watched", "Progress", "100%", 3 * MINUTE),
        ),
    ),
    Habit(
        2,
        "after",
        "video",
        (
            VIEW,
            Step("Watched", "Progress", "03:10", 4 * MINUTE),
            Step("Watched", "Progress", "12:30", 12 * MINUTE),
        ),
    ),
    Habit(4, "after", "session", (Step("Click Content", "Schedule", "[slug]", 0, False), VIEW)),
    Habit(3, "after", ATTENDED, (Step("Review - 5", "Review", "[review]"),)),
    Habit(2, "after", ATTENDED, (Step("Review - 4", "Review", "[review]"),)),
    Habit(0.7, "after", ATTENDED, (Step("Review - 3", "Review", "[review]"),)),
    Habit(0.2, "after", ATTENDED, (Step("Review - 1", "Review", "[review]"),)),
    Habit(3, "after", "any", (VIEW, Step("Favorite", "Favorite", "[content name]", 90))),
    Habit(2, "after", "video", (VIEW, Step("Comment", "Comment", "[comment]", 5 * MINUTE))),
    Habit(
        3,
        "after",
        ATTENDED,
        (
            Step("CE/CME", "Earned", "[credits]"),
            Step("CE/CME", "Claimed", "", 10 * MINUTE),
        ),
    ),
    Habit(1, "after", ATTENDED, (Step("CE/CME", "Earned", "[credits]"),)),
    Habit(0.2, "after", "session", (Step("CE/CME", "Earned", "[credits]"),)),
    Habit(1.5, "after", "session", (VIEW, Step("Resource", "Download", "[resource]", 60))),
    Habit(
        1,
        "after",
        "course",
        (Step("Schedule", "Start"), Step("Schedule", "Complete", "", 40 * MINUTE)),
    ),
)

SESSION_HABITS: tuple[Habit, ...] = (
    Habit(20, "live", "session", (Step("Chat", "Message", "[chat]"),)),
    Habit(0.6, "live", "session", (Step("Hand", "Raise"), Step("Hand", "Lower", "", 120))),
    Habit(0.4, "live", "session", (Step("Hand", "Raise"),)),
    Habit(0.8, "live", "session", (Step("Reaction", "Emoji", "Love"),)),
    Habit(0.2, "live", "session", (Step("Q&A", "Ask", "[question asked]"),)),
    Habit(0.5, "live", "session", (Step("Favorite", "Favorite", "[content name]"),)),
)

MODERATING = Habit(1, "live", "session", (Step("Dialog", "Open", "Moderate"),))
STAFF_HABITS: tuple[Habit, ...] = (
    Habit(1, "after", "session", (Step("Analytics", "Download", "[report]"),)),
    Habit(1, "after", NOWHERE, (Step("Analytics", "Download", "[report]"),)),
)

IDLE_PER_PERSON = {"before": 5.0, "between": 9.0, "after": 5.0}
SAID_PER_HOUR = 4.0


class Lot:
    """A weighted draw among habits, prepared once."""

    def __init__(self, habits: Iterable[Habit]) -> None:
        """Prepare the cumulative weights."""
        self.habits = tuple(habits)
        total = 0.0
        self.cumulative: list[float] = []
        for habit in self.habits:
            total += habit.weight
            self.cumulative.append(total)

    def draw(self, rng: Random) -> Habit:
        """Draw one habit by weight."""
        return rng.choices(self.habits, cum_weights=self.cumulative)[0]


LOTS = {phase: Lot(habit for habit in HABITS if habit.phase == phase) for phase in IDLE_PER_PERSON}
SESSION_LOT = Lot(SESSION_HABITS)


class Platform:
    """Plays the people of one edition, one after the other."""

    def __init__(self, rng: Random, edition: Edition, *, staff_hops: float = 0.0, pace: float = 1.0) -> None:
        """Set the stage.

        Args:
            rng: The only source of chance.
            edition: The event to play.
            staff_hops: The share of staff who, in a slot, hop between its rooms.
            pace: How much people do beside attending, 1 being usual.
        """
        self.rng = rng
        self.edition = edition
        self.staff_hops = staff_hops
        self.pace = pace
        self.attended: dict[str, tuple[Content, ...]] = {}
        self.meetings: dict[str, list[Meeting]] = {}
        for meeting in edition.meetings:
            for person in meeting.people:
                self.meetings.setdefault(person.user_id, []).append(meeting)

    def live(self, person: Person) -> History:
        """Play one person through the edition: all activities and true stays, not in order."""
        history = History([], [])
        arrived_at = self._register(person, history.activities)
        for slot in self.edition.slots:
            self._live_slot(person, slot, arrived_at, history)
        self.attended[person.user_id] = tuple(stay.content for stay in history.stays if stay.content is not None)
        for meeting in self.meetings.get(person.user_id, ()):
            self._meet(person, meeting, arrived_at, history)
        for phase, mean in IDLE_PER_PERSON.items():
            for _ in range(self._count(mean * self.pace * (0.4 + person.zeal))):
                history.activities.extend(self.idle(person, LOTS[phase].draw(self.rng), arrived_at))
        if person.role == "staff":
            for habit in STAFF_HABITS:
                history.activities.extend(self.idle(person, habit, arrived_at))
        return history

    def browse(self, person: Person) -> list[Activity]:
        """Let a person look around once after the event; of use to fill up a count."""
        return self.idle(person, LOTS["after"].draw(self.rng), self.edition.opens_at)

    def idle(self, person: Person, habit: Habit, not_before: int) -> list[Activity]:
        """Play one habit outside sessions, somewhen in its phase."""
        return list(self._perform(person, habit, self._moment(habit.phase, not_before)))

    def speak(self, stay: Stay, habit: Habit) -> list[Activity]:
        """Play one habit within a true stay in a session."""
        at = stay.started_at + int(self.rng.random() * (stay.ended_at - stay.started_at))
        return list(self._perform(stay.person, habit, at, stay.content, stay.ended_at))

    def _count(self, mean: float) -> int:
        return int(self.rng.random() * 2 * mean + self.rng.random())

    def _moment(self, phase: str, not_before: int) -> int:
        if phase == "between":
            breaks = self.edition.breaks
            start, end = breaks[int(self.rng.random() * len(breaks))]
            return start + int(self.rng.random() * (end - start))
        if phase == "before":
            span = self.edition.first_start - BREAK_MARGIN - not_before
            return not_before + int(self.rng.random() ** 0.5 * span)
        start = self.edition.last_end + BREAK_MARGIN
        return start + int(self.rng.random() ** 2 * (self.edition.closes_at - start))

    def _perform(
        self,
        person: Person,
        habit: Habit,
        at: int,
        page: Content | None = None,
        latest: int | None = None,
    ) -> Iterator[Activity]:
        rng = self.rng
        people = self.edition.people
        content = page
        if content is None:
            choices = self._pages(person, habit.place)
            content = choices[int(rng.random() * len(choices))]
        has_page = habit.place != NOWHERE
        other = people[int(rng.random() * len(people))]
        scene = Scene(rng, self.edition, person, other, content)
        for step in habit.steps:
            if step.within:
                at += 1 + int(rng.random() * step.within)
                at = at if latest is None else min(at, latest)
            write = LABELS.get(step.label)
            yield Activity(
                at,
                other if step.is_by_other else person,
                step.category,
                step.action,
                step.label if write is None else write(scene),
                content if has_page and step.is_on_page else None,
            )

    def _pages(self, person: Person, place: str) -> tuple[Content, ...]:
        places = self.edition.places
        if place == ATTENDED:
            return self.attended.get(person.user_id) or places["session"]
        return places["any"] if place == NOWHERE else places[place]

    def _register(self, person: Person, activities: list[Activity]) -> int:
        edition = self.edition
        span = edition.first_start - HOUR - edition.opens_at
        at = edition.opens_at + int(self.rng.random() * span * 0.8)
        if person.is_new:
            person.is_new = False
            activities.append(Activity(at, person, "Create Account", "Create", "", None))
        return at + MINUTE

    def _live_slot(self, person: Person, slot: tuple[Session, ...], arrived_at: int, history: History) -> None:
        session = self._choose(person, slot)
        is_speaker = person.user_id in session.speakers
        if is_speaker or self.rng.random() < person.zeal * 0.8:
            history.activities.append(self._attend(person, session, arrived_at))
        if not is_speaker and self.rng.random() > person.zeal * session.popularity:
            return
        stays = self._stays_in(person, session)
        if person.role == "staff" and self.rng.random() < self.staff_hops:
            stays = self._hop(stays, slot, session)
        if session.breakouts:
            stays = self._break_out(stays, session, session.breakouts)
        for stay in stays:
            self._take_part(stay, history.activities)
        history.activities.extend(self._answer(stays, session))
        history.stays.extend(stays)

    def _choose(self, person: Person, slot: tuple[Session, ...]) -> Session:
        for session in slot:
            if person.user_id in session.speakers:
                return session
        if len(slot) == 1:
            return slot[0]
        weights = [session.popularity for session in slot]
        return self.rng.choices(slot, weights)[0]

    def _attend(self, person: Person, session: Session, arrived_at: int) -> Activity:
        at = self._moment("before", arrived_at)
        name = session.content.name
        return Activity(at, person, "Session", "Attend", name, session.content)

    def _stays_in(self, person: Person, session: Session) -> list[Stay]:
        rng = self.rng
        start, end = session.starts_at, session.ends_at
        is_presenting = person.user_id in session.speakers
        if is_presenting:
            arrived = start - 5 * MINUTE - int(rng.random() * 20 * MINUTE)
            left = end + int(rng.random() * LATEST_DEPARTURE)
        else:
            arrived = self._arrival(start, end)
            left = self._departure(arrived, end)
        name = session.content.name
        return [
            Stay(person, session.content, name, since, until, is_presenting)
            for since, until in self._pause(arrived, left, 0.0 if is_presenting else 0.2)
        ]

    def _arrival(self, start: int, end: int) -> int:
        if self.rng.random() < 0.8:
            offset = int(self.rng.gauss(20, 2 * MINUTE))
            return start + max(EARLIEST_ARRIVAL, min(offset, 10 * MINUTE))
        return start + int(self.rng.random() * (end - start) / 2)

    def _departure(self, arrived: int, end: int) -> int:
        if self.rng.random() < 0.8:
            offset = int(self.rng.gauss(30, MINUTE))
            return end + max(-2 * MINUTE, min(offset, LATEST_DEPARTURE))
        return arrived + MINUTE + int(self.rng.random() * (end - arrived - MINUTE))

    def _pause(self, since: int, until: int, chance: float) -> Iterator[tuple[int, int]]:
        rng = self.rng
        while rng.random() < chance:
            out = since + int((0.1 + 0.8 * rng.random()) * (until - since))
            back = out + 15 + int(rng.random() * 10 * MINUTE)
            if out <= since + 30 or back >= until - 30:
                break
            yield since, out
            since = back
        yield since, until

    def _hop(self, stays: list[Stay], slot: tuple[Session, ...], own: Session) -> list[Stay]:
        stay = stays[0]
        rooms = [room for room in slot if room is not own]
        hopped: list[Stay] = []
        at = stay.started_at
        for room in rooms:
            out = max(at, own.starts_at) + 2 * MINUTE + int(self.rng.random() * 6 * MINUTE)
            back = out + 20 + int(self.rng.random() * 3 * MINUTE)
            if back + MINUTE > stay.ended_at:
                break
            hopped.append(stay._replace(started_at=at, ended_at=out))
            hopped.append(Stay(stay.person, room.content, room.content.name, out + 1, back, False))
            at = back + 1
        return [*hopped, stay._replace(started_at=at), *stays[1:]]

    def _break_out(self, stays: list[Stay], session: Session, breakouts: Breakouts) -> list[Stay]:
        result: list[Stay] = []
        for stay in stays:
            entered = max(stay.started_at + 2, breakouts.opens_at) + int(self.rng.random() * 45)
            wander = 0 if breakouts.are_pulled_back else int(self.rng.random() * 2 * MINUTE)
            returned = min(breakouts.closes_at - wander, stay.ended_at)
            if stay.content is not session.content or returned - entered < MINUTE:
                result.append(stay)
                continue
            result += self._with_breakouts(stay, breakouts, entered, returned)
        return result

    def _with_breakouts(self, stay: Stay, breakouts: Breakouts, entered: int, returned: int) -> list[Stay]:
        rng = self.rng
        names = breakouts.names
        own = int(stay.person.user_id) % len(names)
        is_hopping = stay.person.role == "staff" and rng.random() < self.staff_hops
        rooms = names if is_hopping else names[own : own + 1]
        length = (returned - entered) // len(rooms)
        inner = [
            stay._replace(
                session_name=name,
                started_at=entered + place * length,
                ended_at=returned if place == len(rooms) - 1 else entered + (place + 1) * length - 2,
                is_presenting=False,
            )
            for place, name in enumerate(rooms)
        ]
        if rng.random() < 0.8 or returned + 2 >= stay.ended_at:
            return [stay, *inner]
        before = stay._replace(ended_at=entered - 1)
        after = stay._replace(started_at=returned + 1)
        return [before, *inner, after]

    def _take_part(self, stay: Stay, activities: list[Activity]) -> None:
        hours = (stay.ended_at - stay.started_at) / HOUR
        mean = SAID_PER_HOUR * self.pace * hours * stay.person.voice
        for _ in range(self._count(mean)):
            activities += self.speak(stay, SESSION_LOT.draw(self.rng))
        if stay.person.role == "staff" and self.rng.random() < MODERATION_CHANCE:
            activities += self.speak(stay, MODERATING)

    def _answer(self, stays: list[Stay], session: Session) -> Iterator[Activity]:
        rng = self.rng
        content = session.content
        for question in session.questions:
            at = question.asked_at + 2 + int(rng.random() * MINUTE)
            for stay in stays:
                if stay.content is content and stay.started_at <= at <= stay.ended_at:
                    if rng.random() < stay.person.voice:
                        answer = pick(rng, question.answers)
                        yield Activity(at, stay.person, question.category, "Question", answer, content)
                    break

    def _meet(self, person: Person, meeting: Meeting, arrived_at: int, history: History) -> None:
        other = next(guest for guest in meeting.people if guest is not person)
        name = f"Meeting with {other.name}"
        at = self._moment("before", arrived_at)
        history.activities.append(Activity(at, person, "Session", "Attend", name, None))
        started_at = meeting.starts_at + int(self.rng.random() * 2 * MINUTE)
        ended_at = meeting.ends_at - int(self.rng.random() * MINUTE)
        history.stays.append(Stay(person, None, name, started_at, ended_at, False))
