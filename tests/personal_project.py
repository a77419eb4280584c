"""A project whose every text names somebody: nothing of them may be published, or be left of who was forgotten."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from conftest import ROOT, WITHOUT_TESTS, copy_project
from loader_fixtures import HEADER

IDS = range(88412071, 88412079)
NAMES = (
    ("Quillon", "Zaborowski"),
    ("Ysolde", "Brackenridge"),
    ("Thandeka", "Mokgosi"),
    ("Zoë", "Ñandú-O'Hara"),
    ("Evander", "Liszt-Marchetti"),
    ("Oyelaran", "Fashakin"),
    ("Xiomara", "Quispe"),
    ("Wolfhart", "Dünnebier"),
)
COMPANIES = ("Gannet Works",) * 5 + ("Puffin & Partners",) * 3
WRITTEN = (
    "Write to ysolde.brackenridge@post.example or call +41 44 555 01 23 or 044 555 01 23 and ask for"
    " Ysolde Brackenridge, or for Zoë Ñandú-O'Hara"
)
PROFILE = "Ysolde Brackenridge"
MEETING = "Meeting with Thandeka Mokgosi"
# It is only known from a breakout off any page.
PARENT = "Meeting with Evander Liszt-Marchetti"
# The organiser named a session after its speaker, for everybody to read.
PUBLIC_NAMES = ("An Hour with Xiomara Quispe", "an_hour_with_xiomara_quispe")

# Category, action and label of what people did off any page and on the page of the public session.
ACTIVITIES = (
    ("Create Account", "", WRITTEN),
    ("Update Details", "Update", "Quillon Zaborowski"),
    ("Chat", "Message", WRITTEN),
    ("Comment", "Comment", WRITTEN),
    ("Comment", "Added Comment", "mailto:xiomara@home.example"),
    ("Review - 5", "Review", WRITTEN),
    ("9 stars", "Review", PROFILE),
    ("Fill in the Blank - Whom did you miss?", "Question", PROFILE),
    ("Free Text - Where can we reach you?", "Question", "tel:+41445550123"),
    ("View Notifications", "", WRITTEN),
    ("View Users", "", PROFILE),
    ("View Users", "View Full Profile", "Wolfhart Dünnebier"),
    ("View Users", "", "Somebody unknown, o.fashakin@post.example"),
    ("View Leaderboard", "", "Oyelaran Fashakin"),
    ("Click Metadata", "Click", "https://www.linkedin.com/in/ysolde-brackenridge?mail=y%40post.example#Ysolde"),
    (
        "Link",
        "External",
        "https://evander:secret@host.example/people/Ysolde%20Brackenridge/?tel=%2B41445550123#Xiomara",
    ),
    ("Link", "External", "mailto:evander@home.example?subject=Ysolde"),
    ("Link", "External", "tel:+41 44 555 01 23"),
    ("Link", "External", "www.host.example/~xiomara"),
    ("Link", "Internal", "profile/ysolde_brackenridge?mail=ysolde.brackenridge@post.example"),
    ("Link", "Internal", "meeting_with_thandeka_mokgosi"),
    ("Click Content", "Schedule", "meeting_with_thandeka_mokgosi"),
    ("Favorite", "Favorite", MEETING),
    ("Hand", "Raise", PROFILE),
    ("Dialog", "Open", PROFILE),
    ("Talk Now", "Requested", PROFILE),
    ("Talk Now", "Accepted", PROFILE),
    ("Schedule", "Start", WRITTEN),
    ("CE/CME", "Earned", WRITTEN),
    ("CE/CME", "Claimed", PROFILE),
    ("Watched", "Progress", WRITTEN),
    ("Badge", "Unlocked", WRITTEN),
    ("Badge", "Unlocked", PROFILE),
    ("Raffle", "other_activity", WRITTEN),
    # The name of an emoji is no person's.
    ("Raffle", "emoji_reaction_sent", "Love"),
)
# Paths of addresses are shown to the organiser: a name in one looks like any word.
PATHS = ("host.example/people/Ysolde%20Brackenridge", "www.host.example/~xiomara")
# Which record these write is not known: here the action is the name of the type.
with (ROOT / "seeds" / "activity_types.csv").open(newline="") as types:
    TYPES = list(csv.DictReader(types))
UNKNOWN = {
    row["activity_type"]: "true" in (row["is_label_personal"], row["is_label_free_text"])
    for row in TYPES
    if row["evidence"] == "unknown"
}
UNKNOWN_ACTIVITIES = tuple(
    ("Raffle", name, WRITTEN if is_personal else "Prizes") for name, is_personal in UNKNOWN.items()
)
SITE_ALIASES = "".join(
    f"main,Raffle,{name},any,{name},50,,\n" for name in (*UNKNOWN, "other_activity", "emoji_reaction_sent")
)


def build_personal(folder: Path) -> None:
    """Write the reports, add to the seeds, build and share; test_forget.py tests the data, without one person."""
    project = copy_project(folder)
    write_reports(project.root / "reports")
    seeds = project.root / "seeds" / "site"
    with (seeds / "site_activity_aliases.csv").open("a") as file:
        file.write(SITE_ALIASES)
    with (seeds / "session_schedule.csv").open("a") as file:
        file.write("main,59,private_meeting,2026-05-04 10:00:00,2026-05-04 13:00:00,\n")
    with (seeds / "teams.csv").open("a") as file:
        file.write("main,The Auks,88412071,\nmain,The Auks,,ysolde.1@mail.example\n")
    with (seeds / "staff.csv").open("a") as file:
        file.write("main,,wolfhart.*@mail.example\n")
    for result in (project.build(**WITHOUT_TESTS), project.script("share.py")):
        assert result.returncode == 0, result.stdout + result.stderr


def write_reports(folder: Path) -> None:
    """A sitewide report, the history of one user under their name, and a unique users report."""
    people = list(zip(IDS, NAMES, COMPANIES, strict=True))
    page = ("41", *PUBLIC_NAMES)
    records: list[tuple[object, ...]] = []
    for number, (user_id, (first, last), company) in enumerate(people):
        who = (user_id, first, last, company, f"{first.lower()}.{number}@mail.example")
        activities = (
            [(*activity, *place) for activity in (*ACTIVITIES, *UNKNOWN_ACTIVITIES) for place in (page, ("", "", ""))]
            if number < 2
            else []
        )
        for event in ("Attend", "Joined", "Left"):
            activities += [
                ("Session", event, PUBLIC_NAMES[0], *page),
                ("Session", event, f"Breakout from {PUBLIC_NAMES[0]} #7", *page),
            ]
            if number < 3:
                activities.append(("Session", event, MEETING, "", "", ""))
                activities.append(("Session", event, MEETING, "59", MEETING, "meeting_with_thandeka_mokgosi"))
            if number == 1:
                activities.append(("Session", event, f"Breakout from {PARENT} #4", "", "", ""))
        activities.append(("View Content", "", PUBLIC_NAMES[0], *page))
        if number < 3:
            activities.append(("View Content", "", MEETING, "59", MEETING, "meeting_with_thandeka_mokgosi"))
        records += [
            (*who, *activity[:3], f"2026-05-04 {10 + number}:{place // 60:02}:{place % 60:02}", *activity[3:])
            for place, activity in enumerate(activities)
        ]
    records.append(("", "", "", "", "", "Chat", "Message", WRITTEN, "2026-05-05 08:00:00", "", "", ""))
    records.append(
        (88412071, "Quillon", "Zaborowski", "", "q@mail.example", "Chat", "Message", WRITTEN, "?", "", "", "")
    )
    _write(folder / "sitewide.csv", (*HEADER, "Badge Name"), [(*record, PROFILE) for record in records])
    own = [record for record in records if record[0] == 88412071 and record[8] != "?"]
    later = (*own[0][:5], "Badge", "Lost", PROFILE, "2026-05-06 08:00:00", "", "", "")
    _write(folder / "history_quillon_zaborowski.csv", HEADER, [*own, later])
    whose = ("User ID", "First Name", "Last Name", "Company", "Email")
    more = {
        "Job Title": f"Aide to {PROFILE}",
        "Job Type": "Keeper of Puffins",
        "Phone": "+41 44 555 01 23",
        "City": "Zaborowski-on-Sea",
        "State": "Upper Auk",
        "Country": "Aukland",
        "Tags": "speaker",
        "Dietary needs": WRITTEN,
    }
    users = [
        *((user_id, first, last, company, f"{first}@mail.example") for user_id, (first, last), company in people[:3]),
        ("", "Nobody", "Ñandú", "", "nobody.nandu@mail.example"),
    ]
    _write(
        folder / "unique_users_of_zaborowski_2026-05-06.csv",
        (*whose, *more),
        [(*user, *more.values()) for user in users],
    )


def _write(path: Path, header: Iterable[str], records: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(records)
