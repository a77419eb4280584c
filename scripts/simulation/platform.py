"""A virtual-event platform whose truth is known: people with habits live through an edition.

An edition is one event with its agenda and its people. `Platform.live` plays one person through it
and returns what the person did and, to the second, when the person was present where. All times
are whole seconds since 1970-01-01 00:00:00 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from simulation.habits import (
    ATTENDED,
    IDLE_PER_PERSON,
    LABELS,
    LOTS,
    MODERATING,
    NOWHERE,
    SESSION_LOT,
    STAFF_HABITS,
    Habit,
    Scene,
    pick,
)
from simulation.stage import (
    BREAK_MARGIN,
    HOUR,
    MINUTE,
    Activity,
    Breakouts,
    Content,
    Edition,
    History,
    Meeting,
    Person,
    Session,
    Stay,
)

EARLIEST_ARRIVAL = -5 * MINUTE
LATEST_DEPARTURE = 3 * MINUTE
MODERATION_CHANCE = 0.3
SAID_PER_HOUR = 4.0


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
        self, person: Person, habit: Habit, at: int, page: Content | None = None, latest: int | None = None
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
