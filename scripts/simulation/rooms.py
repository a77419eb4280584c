"""Rooms as they really are: how people come, go, drop out and come back, and what the log writes of it.

`simulation.platform` plays whole events. This plays single sessions, each with one behaviour that strains the rules of
attendance. Times are seconds from the true start of the first session of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from simulation.stage import DAY, HOUR, MINUTE

JOINED = "Joined"
LEFT = "Left"
PEOPLE = 40
CHATTING = 0.3
EARLY_LEAVERS = 0.22
LATECOMERS = 0.15

Span = tuple[int, int]
Record = tuple[int, str]


@dataclass(frozen=True)
class Visit:
    """One person in one session: when they truly were there, and what the log writes."""

    stays: list[Span]
    records: list[Record]
    chats: list[int] = field(default_factory=list)
    joined_elsewhere: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Room:
    """A session as it truly was, and the schedule of it, if one is given."""

    visits: list[Visit]
    starts_at: int
    ends_at: int
    schedule: Span | None = None
    is_meeting: bool = False


Play = Callable[[Random], list[Room]]


@dataclass(frozen=True)
class Behaviour:
    """A behaviour of rooms; `settings` are those that a site of this kind should set."""

    name: str
    play: Play
    pages: int = 6
    settings: Mapping[str, object] = field(default_factory=dict)


def some_length(rng: Random) -> int:
    """Draw the length of a session."""
    return rng.choice((30, 45, 60, 60, 90)) * MINUTE


def arrival(rng: Random) -> int:
    """Draw when somebody comes: mostly shortly before the start."""
    if rng.random() < LATECOMERS:
        return rng.randint(3 * MINUTE, 20 * MINUTE)
    return int(rng.triangular(-8 * MINUTE, 6 * MINUTE, -MINUTE))


def departure(rng: Random, start: int, end: int, early: float) -> int:
    """Draw when somebody goes: mostly within a minute of the end."""
    if rng.random() < early:
        return rng.randint(min(start + MINUTE, end - 1), end)
    return end - 20 + int(rng.expovariate(1 / MINUTE))


def visit(
    rng: Random, end: int, *, start: int | None = None, stop: int | None = None, early: float = EARLY_LEAVERS
) -> Visit:
    """Play one whole stay with its Joined and its Left."""
    start = arrival(rng) if start is None else start
    stop = max(start + 5, departure(rng, start, end, early) if stop is None else stop)
    chats = [rng.randrange(start, stop) for _ in range(rng.randint(1, 3))] if rng.random() < CHATTING else []
    return Visit([(start, stop)], [(start, JOINED), (stop, LEFT)], chats)


def each(change: Callable[[Random, int, Visit], Visit], share: float = 1.0, *, people: int = PEOPLE) -> Play:
    """Make a play of one room where a share of the visits is changed."""

    def play(rng: Random) -> list[Room]:
        end = some_length(rng)
        visits = [visit(rng, end) for _ in range(people)]
        return [Room([change(rng, end, one) if rng.random() < share else one for one in visits], 0, end)]

    return play


def as_it_is(_rng: Random, _end: int, one: Visit) -> Visit:
    """Leave a visit as it is."""
    return one


def half_leave_early(rng: Random) -> list[Room]:
    """Half of the people do not stay to the end."""
    end = some_length(rng)
    return [Room([visit(rng, end, early=0.5) for _ in range(PEOPLE)], 0, end)]


def late_clump(rng: Random, end: int, _one: Visit) -> Visit:
    """Come with those of another session that ended late."""
    return visit(rng, end, start=rng.randint(18 * MINUTE, 20 * MINUTE))


def waves_at_the_end(rng: Random) -> list[Room]:
    """People go before the questions, after them, or after the talk that follows."""
    end = some_length(rng)
    waves = (end - 10 * MINUTE, end, end, end + 8 * MINUTE)
    visits = [visit(rng, end, stop=rng.choice(waves) + rng.randint(0, MINUTE)) for _ in range(PEOPLE)]
    return [Room(visits, 0, end + 8 * MINUTE)]


def scheduled(shift: int) -> Play:
    """Make a play of a session that ends so much later than its schedule says."""

    def play(rng: Random) -> list[Room]:
        planned = some_length(rng) + (30 * MINUTE if shift < 0 else 0)
        end = planned + shift
        return [Room([visit(rng, end) for _ in range(PEOPLE)], 0, end, schedule=(0, planned))]

    return play


def no_clear_end(rng: Random, end: int, _one: Visit) -> Visit:
    """Go at any time of the last two thirds."""
    return visit(rng, end, stop=rng.randint(end // 3, end))


def lobby(rng: Random, end: int, _one: Visit) -> Visit:
    """Wait in the room before it begins."""
    return visit(rng, end, start=-rng.randint(5 * MINUTE, 14 * MINUTE))


def mobile_drops(rng: Random, _end: int, one: Visit) -> Visit:
    """Lose the connection some times for less than a minute; in half of the drops no Left is written."""
    [(start, stop)] = one.stays
    stays, records, since = [], [(start, JOINED)], start
    for cut in sorted(rng.sample(range(start + 1, max(start + 12, stop)), rng.randint(1, 4))):
        back = cut + rng.randint(5, 59)
        if cut <= since or back >= stop:
            break
        stays.append((since, cut))
        records += [(cut, LEFT)] * (rng.random() < 0.5) + [(back, JOINED)]
        since = back
    return Visit([*stays, (since, stop)], [*records, (stop, LEFT)], one.chats)


def first_left_late(rng: Random, _end: int, one: Visit) -> Visit:
    """Drop out, join again, and only then does the platform write the Left of the first connection."""
    [(start, stop)] = one.stays
    if stop - start < 8 * MINUTE:
        return one
    cut = rng.randint(start + MINUTE, stop - 6 * MINUTE)
    back = cut + rng.randint(10, 80)
    late = back + rng.randint(20, 200)
    return Visit([(start, cut), (back, stop)], [(start, JOINED), (back, JOINED), (late, LEFT), (stop, LEFT)], one.chats)


def two_tabs(rng: Random, _end: int, one: Visit) -> Visit:
    """Open a second tab, and close it before the first or with it."""
    [(start, stop)] = one.stays
    opened = rng.randint(start, max(start, stop - 10))
    closed = min(stop, rng.randint(opened + 5, max(stop, opened + 6)))
    return Visit(one.stays, [*one.records, (opened, JOINED), (closed, LEFT)], one.chats)


def two_devices(rng: Random, _end: int, one: Visit) -> Visit:
    """Take the phone along for some minutes, perhaps longer than the first device stays."""
    [(start, stop)] = one.stays
    opened = rng.randint(start, max(start, stop - 10))
    closed = opened + rng.randint(5, 20 * MINUTE)
    return Visit([(start, max(stop, closed))], [*one.records, (opened, JOINED), (closed, LEFT)], one.chats)


def open_overnight(rng: Random) -> list[Room]:
    """One of three to nine people leaves the browser open until the next day."""
    end = some_length(rng)
    visits = [visit(rng, end, early=0.1) for _ in range(rng.randint(2, 8))]
    start = arrival(rng)
    visits.append(Visit([(start, end)], [(start, JOINED), (end + rng.randint(6, 16) * HOUR, LEFT)]))
    return [Room(visits, 0, end)]


def minute_clock(_rng: Random, _end: int, one: Visit) -> Visit:
    """Write whole minutes."""
    records = [(at // MINUTE * MINUTE, action) for at, action in one.records]
    return Visit(one.stays, records, [at // MINUTE * MINUTE for at in one.chats])


def all_day(rng: Random) -> list[Room]:
    """A room of eight hours that half of the people leave at noon."""
    end = 8 * HOUR
    stops = [(3 * HOUR if number % 2 else end) + rng.randint(-MINUTE, 5 * MINUTE) for number in range(PEOPLE)]
    return [Room([visit(rng, end, start=rng.randint(-5 * MINUTE, 15 * MINUTE), stop=stop) for stop in stops], 0, end)]


def no_left_at_the_end(_rng: Random, end: int, one: Visit) -> Visit:
    """Who is there when the session ends has no Left."""
    [(start, stop)] = one.stays
    return one if stop < end - 30 else Visit(one.stays, [(start, JOINED)], one.chats)


def left_but_watching(rng: Random, _end: int, one: Visit) -> Visit:
    """Press Leave and go on watching, as presenters do."""
    [(start, stop)] = one.stays
    return Visit(one.stays, [(start, JOINED), (rng.randint(start + 1, stop), LEFT)], one.chats)


def hop(rng: Random, _end: int, one: Visit) -> Visit:
    """Go to another session, half of the times without a Left."""
    [(start, stop)] = one.stays
    cut = rng.randint(start + 2, max(start + 3, stop))
    records = [(start, JOINED), *[(cut, LEFT)] * (rng.random() < 0.5)]
    return Visit([(start, cut)], records, [at for at in one.chats if at < cut], [cut])


def outage(rng: Random, end: int, one: Visit) -> Visit:
    """Drop out when all do, and come back within four minutes; half of the Lefts come late, and half never."""
    [(start, stop)] = one.stays
    cut = end // 2
    if not start < cut < stop - 400:
        return one
    back = cut + rng.randint(20, 240)
    records = sorted([(start, JOINED), *[(cut + 45, LEFT)] * (rng.random() < 0.5), (back, JOINED), (stop, LEFT)])
    return Visit([(start, cut), (back, stop)], records, [at for at in one.chats if not cut <= at < back])


def early_host(rng: Random) -> list[Room]:
    """The host comes an hour early and goes after everybody."""
    end = some_length(rng)
    host = visit(rng, end, start=-HOUR, stop=end + 12 * MINUTE)
    return [Room([host, *(visit(rng, end) for _ in range(PEOPLE - 1))], 0, end)]


def again(*offsets: int) -> Play:
    """Make a play of a page on which the session is held several times, by mostly the same people."""

    def play(rng: Random) -> list[Room]:
        end = some_length(rng)
        return [
            Room([moved(visit(rng, end), offset) for _ in range(PEOPLE)], offset, offset + end)
            for offset in (0, *offsets)
        ]

    return play


def late_lefts(rng: Random, _end: int, one: Visit) -> Visit:
    """Write the Left five to fifteen minutes late."""
    [(start, stop)] = one.stays
    return Visit(one.stays, [(start, JOINED), (stop + rng.randint(5 * MINUTE, 15 * MINUTE), LEFT)], one.chats)


def moved(one: Visit, by: int) -> Visit:
    """Move a visit in time."""
    return Visit(
        [(start + by, stop + by) for start, stop in one.stays],
        [(at + by, action) for at, action in one.records],
        [at + by for at in one.chats],
    )


def private_meeting(*, left_sides: int) -> Play:
    """Make a play of a meeting of two; so many of them have a Left."""

    def play(rng: Random) -> list[Room]:
        end = rng.choice((10, 15, 20, 30)) * MINUTE
        stops = (end + rng.randint(-5, 5), end + rng.randint(-5, 5))
        visits = [visit(rng, end, start=rng.randint(0, 2 * MINUTE), stop=stop) for stop in stops]
        visits = [
            one if number < left_sides else Visit(one.stays, one.records[:1]) for number, one in enumerate(visits)
        ]
        return [Room([Visit(one.stays, one.records) for one in visits], 0, end, is_meeting=True)]

    return play


BEHAVIOURS = (
    Behaviour("ordinary", each(as_it_is)),
    Behaviour("ordinary, schedule given", scheduled(0)),
    Behaviour("half leave early", half_leave_early),
    Behaviour("two in five come late together", each(late_clump, 0.4)),
    Behaviour("waves at the end", waves_at_the_end),
    Behaviour("no clear end", each(no_clear_end)),
    Behaviour("lobby", each(lobby, 0.5)),
    Behaviour("host an hour early", early_host),
    Behaviour("mobile drops", each(mobile_drops, 0.5)),
    Behaviour("drop, rejoin, first Left late", each(first_left_late, 0.6)),
    Behaviour("two tabs", each(two_tabs, 0.5)),
    Behaviour("two devices", each(two_devices, 0.5)),
    Behaviour("outage of all", each(outage)),
    Behaviour("browser open overnight", open_overnight, pages=40),
    Behaviour("minute clock", each(minute_clock)),
    Behaviour("sessions of 3", each(as_it_is, people=3), pages=60),
    Behaviour("a session of 3,000", each(as_it_is, people=3000), pages=1),
    Behaviour("all day, half leave at noon", all_day),
    Behaviour("the end writes no Left", each(no_left_at_the_end)),
    Behaviour("one in twenty leaves but watches", each(left_but_watching, 0.05)),
    Behaviour("hops between sessions", each(hop, 0.3)),
    Behaviour("schedule given, overran by 25 minutes", scheduled(25 * MINUTE)),
    Behaviour("schedule given, ended 20 minutes early", scheduled(-20 * MINUTE)),
    Behaviour("three weeks on one page", again(7 * DAY, 14 * DAY), pages=3),
    Behaviour("a rehearsal the day before", again(DAY), pages=3),
    Behaviour("again for another time zone", again(8 * HOUR), pages=3),
    Behaviour("private meetings", private_meeting(left_sides=2), pages=60),
    Behaviour("private meetings, one side's Left", private_meeting(left_sides=1), pages=60),
    Behaviour("every Left 5 to 15 minutes late", each(late_lefts), settings={"left_delay_minutes": 15}),
)
