"""The Harbour Learning Summit: the one invented event that the committed sample is made of.

All clock times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from simulation.exporter import Damage, Download, timestamp
from simulation.stage import (
    DAY,
    HOUR,
    MINUTE,
    Activity,
    Breakouts,
    Content,
    Edition,
    Meeting,
    Person,
    Question,
    Session,
)
from simulation.words import DOMAINS, PEOPLE

DAY_ONE = int(datetime(2026, 5, 12, tzinfo=UTC).timestamp())
FIRST_USER_ID = 5001
KEYNOTE_ID = 4101
RENAMED_TO = "The Quiet Classroom, Online"

EMPLOYERS: tuple[str, ...] = (
    *("Quayside Academy", "Blue Heron Learning", "Northlight University", "Tern & Co", "Osprey Labs"),
    *("Kestrel Training, Inc.", "Saltmarsh College", "Old Mill Library", "Samphire Health", "Windrose Institute"),
)
STAFF = ("Wren Hollowell", "Otto Rautenbach", "Carys Penhallow")
EXHIBITORS = ("Farid Haddadin", "Zofia Wierzbowska")
MOVED_COMPANY = ("Diego Montalbán", "Marram Foundation")
MOVED_EMAIL = ("Hana Moravcová", "hana.sommerova@example.net")

# The unique users report: who registered and never did anything, and whose id it lacks.
ABSENT = ("Ilse Vanderkamp", "Marek Dubrowin", "Sunniva Torgersdal", "Leilani Kealohani")
WITHOUT_ID = ("Hana Moravcová", "Liam O'Shaughran")
USERS_HEADER = (
    *("User ID", "First Name", "Last Name", "Email Address", "Organization", "Job Title", "Account Level", "Tags"),
    *("T-Shirt Size", "Created", "Last Login"),
)
TITLES = ("Learning Designer", "Head of Training", "Lecturer", "Librarian", "Programme Manager")
ROLE_TAGS = {"speaker": "Speaker", "exhibitor": "Exhibitor", "staff": "Staff"}
SIZES = ("M", "S", "L", "XL")
ADMINISTRATOR_LEVEL = "99"
NEVER = "1900-01-01 00:00:00"

# Content id, name, start and end in hours after midnight of the first day, speakers.
PROGRAMME: tuple[tuple[tuple[int, str, float, float, tuple[str, ...]], ...], ...] = (
    ((KEYNOTE_ID, "Opening Keynote: The Tide Is In", 9, 10, ("Ada Okafor",)),),
    (
        (4102, "The Quiet Classroom", 10.75, 11.5, ("Keiko Amanuma", "Søren Kjeldahl")),
        (4103, "Lesson #1: Listen First", 10.75, 11.5, ("Nuno Carvalheira",)),
    ),
    (
        (4104, "Designing for Everyone", 13, 14.5, ("Rosa Villaverde",)),
        (4105, "Breakout from routine", 13, 14.5, ("Finn Aaltonara",)),
    ),
    (
        (4106, "Small Budgets, Big Rooms", 15.5, 16.5, ("Mariam Diallonke",)),
        (4107, "Captions, Please!", 15.5, 16.5, ("Jasper Windle", "Tove Engdahlin")),
    ),
    ((4108, "Night Ferry: The Pacific Session", 23.5, 24.75, ("Wiremu Parata-Hale",)),),
    (
        (4109, "Assessment Without Tears", 33.5, 34.5, ("Priya Ramanathi",)),
        (4110, "Fishbowl: Who Owns the Data?", 33.5, 34.5, ("Viktor Szalontai",)),
    ),
    ((4111, "Closing Circle", 38, 39, ("Ada Okafor", "Rosa Villaverde")),),
)
POPULARITY = {4101: 1.25, 4108: 0.45, 4105: 0.5, 4111: 0.9}

# For some sessions: category, answers, minutes after the start.
QUESTIONS: dict[int, tuple[tuple[str, tuple[str, ...], int], ...]] = {
    4101: (
        ("Poll - Where do you join from?", ("At home", "At the office", "On a boat"), 6),
        ("Rating - How likely are you to come again?", ("9", "10", "8", "7", "10", "4"), 55),
    ),
    4102: (
        ("Poll - Silence - friend or foe?", ("Friend", "Foe", "Both, on Mondays"), 20),
        ("Free Text - What will you try on Monday?", ("Wait ten seconds", "Fewer slides"), 40),
    ),
    4104: (
        ("Fill in the Blank - Access is ____", ("a habit", "everyone's job", "overdue"), 15),
        ("Rating - Pace - too slow (1) to too fast (5)", ("3", "3", "4", "2"), 80),
    ),
    4106: (("Sorting - Order the steps", ("Plan, Try, Ask", "Ask, Plan, Try"), 30),),
    4109: (("Poll - Do you grade on a curve?", ("Yes", "No", "Not sure, ask me later"), 12),),
    4111: (("Rating - How was the summit?", ("5", "5", "4", "3", "5"), 50),),
}

OTHER_PAGES: dict[str, tuple[tuple[int, str], ...]] = {
    "video": ((4201, "Welcome Aboard: A Tour"), (4202, "Harbour Stories 2025")),
    "booth": ((4301, "Lantern Captioning"), (4302, "Tidewater LMS")),
    "course": ((4401, "Facilitation Basics"),),
}
LESSONS = ("Arriving", "Asking", "Listening", "Leaving Well")

EXPORTED_CATEGORIES = frozenset({"Session", "Reaction", "Poll"})
EXPORTER_HEADER = (
    *("Date", "Category", "Action", "Label", "Content ID", "Content Name", "Content Slug", "User ID", "Email"),
    *("First", "Last", "Company"),
)


def _at(hours: float) -> int:
    return DAY_ONE + int(hours * HOUR)


def _ascii(text: str) -> str:
    """Write a name as the local part of an e-mail address."""
    table = str.maketrans("áäåçéëíïóöøúüćšžčěýÍ", "aaaceeiiooouucszceyi", "'-")
    return text.lower().translate(table).replace("ö", "o").replace(" ", ".")


def _people(rng: Random) -> tuple[Person, ...]:
    speakers = {name for slot in PROGRAMME for row in slot for name in row[4]}
    people = []
    for number, name in enumerate(PEOPLE):
        first, last = name.split(" ", 1)
        company, domain = rng.choice(EMPLOYERS), rng.choice(DOMAINS)
        user_id = str(FIRST_USER_ID + number)
        columns = (user_id, first, last, company, f"{_ascii(name)}@{domain}")
        edits = {
            MOVED_COMPANY[0]: (*columns[:3], MOVED_COMPANY[1], columns[4]),
            MOVED_EMAIL[0]: (*columns[:4], MOVED_EMAIL[1]),
        }
        roles = {
            **dict.fromkeys(speakers, "speaker"),
            **dict.fromkeys(STAFF, "staff"),
            **dict.fromkeys(EXHIBITORS, "exhibitor"),
        }
        people.append(
            Person(
                columns,
                role=roles.get(name, "attendee"),
                zeal=0.3 + 0.6 * rng.random(),
                voice=0.15 + 0.7 * rng.random(),
                edited=edits.get(name),
            )
        )
    return tuple(people)


def _session(row: tuple[int, str, float, float, tuple[str, ...]]) -> Session:
    content_id, name, start, end, speakers = row
    renamed = RENAMED_TO if content_id == 4102 else None
    breakouts = None
    if content_id == 4104:
        names = tuple(f"Breakout from {name} #{number}" for number in (8841, 8842, 8843))
        breakouts = Breakouts(names, _at(13.5) + 12, _at(14.1) + 7, True)
    return Session(
        Content(content_id, name, renamed=renamed),
        _at(start),
        _at(end),
        frozenset(str(FIRST_USER_ID + PEOPLE.index(speaker)) for speaker in speakers),
        POPULARITY.get(content_id, 0.85),
        tuple(
            Question(category, answers, _at(start) + minutes * MINUTE)
            for category, answers, minutes in QUESTIONS.get(content_id, ())
        ),
        breakouts,
    )


def harbour_learning_summit(rng: Random) -> Edition:
    """Return the summit: 60 people, 11 sessions in 7 slots on 12 and 13 May 2026 (UTC)."""
    people = _people(rng)
    slots = tuple(tuple(_session(row) for row in slot) for slot in PROGRAMME)
    places = {place: tuple(Content(number, name) for number, name in pages) for place, pages in OTHER_PAGES.items()}
    places["session"] = tuple(session.content for slot in slots for session in slot)
    places["any"] = tuple(page for pages in places.values() for page in pages)
    by_name = {person.name: person for person in people}
    return Edition(
        people,
        slots,
        places,
        LESSONS,
        DAY_ONE - 18 * DAY,
        _at(3 * 24 + 15),
        (
            Meeting((by_name["Ada Okafor"], by_name["Bo Lindqvist"]), _at(12), _at(12.4)),
            Meeting((by_name["Zofia Wierzbowska"], by_name["Xiu Lanfen"]), _at(82), _at(82.5)),
        ),
    )


def _damages(edition: Edition) -> tuple[Damage, ...]:
    writer = edition.people[12].columns
    video = edition.places["video"][1]
    comment = ("Comment", "Comment", "Watched it over lunch, lovely.", "13 May, after lunch")
    return (Damage(700, (*writer[:3], "Chat", "Message")), Damage(1100, (*writer, *comment, *video.columns)))


def downloads(edition: Edition) -> tuple[Download, ...]:
    """Return the four downloads of the sample, the first of them before the edits."""
    return (
        Download(0, f"sitewide_{timestamp(_at(0))[:10]}.csv", _at(24), line_end="\r\n", has_byte_order_mark=True),
        Download(1, f"sitewide_{timestamp(_at(48))[:10]}.csv", _at(66), damages=_damages(edition)),
        Download(2, f"content_keynote_{timestamp(_at(48))[:10]}.csv", _at(66.1), delimiter=";", content_id=KEYNOTE_ID),
        Download(
            3,
            f"exporter_{timestamp(_at(72))[:10]}.csv",
            _at(87),
            header=EXPORTER_HEADER,
            time_header="Date/Time",
            categories=EXPORTED_CATEGORIES,
        ),
    )


def users_report(edition: Edition, activities: list[Activity]) -> tuple[str, list[tuple[str, ...]]]:
    """Return the file name and the rows of the unique users report, which shows everybody as of the last day.

    Nothing in it is drawn by lot, so it changes no other file.
    """
    seen: dict[str, list[int]] = {}
    for activity in activities:
        seen.setdefault(activity.person.user_id, []).append(activity.at)
    absent = []
    for number, name in enumerate(ABSENT):
        first, last = name.split(" ", 1)
        user_id = str(FIRST_USER_ID + len(PEOPLE) + number)
        absent.append(Person((user_id, first, last, EMPLOYERS[number], f"{_ascii(name)}@{DOMAINS[0]}")))
    rows: list[tuple[str, ...]] = [USERS_HEADER]
    for number, person in enumerate((*edition.people, *absent)):
        user_id, first, last, company, email = person.edited or person.columns
        tags = [ROLE_TAGS[person.role]] if person.role in ROLE_TAGS else []
        tags += ["Member"] * (number % 2) + ["First-timer"] * (number % 3 == 0)
        days = seen.get(user_id)
        rows.append(
            (
                "" if person.name in WITHOUT_ID else user_id,
                first,
                last,
                email.upper() if person.name == WITHOUT_ID[1] else email,
                company,
                TITLES[number % len(TITLES)],
                ADMINISTRATOR_LEVEL if person.role == "staff" else "1",
                "; ".join(tags),
                SIZES[number % len(SIZES)],
                timestamp(min(days) if days else edition.opens_at + number * HOUR),
                timestamp(max(days)) if days else NEVER,
            )
        )
    return f"unique_users_{timestamp(_at(72))[:10]}.csv", rows
