"""What people do beside attending: how often, when, on which pages, and how the labels of it are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from simulation.stage import MINUTE, Content, Edition, Person
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

# Places beside those that an edition lists: pages without content columns, and the sessions in
# which the person was.
NOWHERE = "nowhere"
ATTENDED = "attended"
LONG_CHAT_CHANCE = 0.3


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
        2, "between", NOWHERE, (OFF_PAGE_VIEW_USER, Step("View Users", "View Full Profile", "[other name]", 30, False))
    ),
    Habit(1, "between", "session", (Step("View Users", "View", "[other name]"),)),
    Habit(2, "between", NOWHERE, (Step("View Leaderboard", "View"),)),
    Habit(
        2,
        "between",
        NOWHERE,
        (Step("View Leaderboard", "View"), Step("View Leaderboard", "View User", "[other name]", 40)),
    ),
    Habit(2, "between", NOWHERE, (Step("View Notifications", "View", "[notification]"),)),
    Habit(1, "between", "any", (Step("Link", "Internal", "[slug]", 0, False),)),
    Habit(0.7, "between", NOWHERE, (Step("Talk Now", "Requested"), Step("Talk Now", "Accepted", "", 45, False, True))),
    Habit(0.4, "between", "booth", (Step("Talk Now", "Requested"), Step("Talk Now", "Canceled", "", 60))),
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
        (VIEW, Step("Watched", "Progress", "03:10", 4 * MINUTE), Step("Watched", "Progress", "12:30", 12 * MINUTE)),
    ),
    Habit(4, "after", "session", (Step("Click Content", "Schedule", "[slug]", 0, False), VIEW)),
    Habit(3, "after", ATTENDED, (Step("Review - 5", "Review", "[review]"),)),
    Habit(2, "after", ATTENDED, (Step("Review - 4", "Review", "[review]"),)),
    Habit(0.7, "after", ATTENDED, (Step("Review - 3", "Review", "[review]"),)),
    Habit(0.2, "after", ATTENDED, (Step("Review - 1", "Review", "[review]"),)),
    Habit(3, "after", "any", (VIEW, Step("Favorite", "Favorite", "[content name]", 90))),
    Habit(2, "after", "video", (VIEW, Step("Comment", "Comment", "[comment]", 5 * MINUTE))),
    Habit(3, "after", ATTENDED, (Step("CE/CME", "Earned", "[credits]"), Step("CE/CME", "Claimed", "", 10 * MINUTE))),
    Habit(1, "after", ATTENDED, (Step("CE/CME", "Earned", "[credits]"),)),
    Habit(0.2, "after", "session", (Step("CE/CME", "Earned", "[credits]"),)),
    Habit(1.5, "after", "session", (VIEW, Step("Resource", "Download", "[resource]", 60))),
    Habit(1, "after", "course", (Step("Schedule", "Start"), Step("Schedule", "Complete", "", 40 * MINUTE))),
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
