"""The sample's story, calculated from its CSVs in plain Python: no DuckDB, no dbt, nothing of ``scripts/``.

Each question of ``analyses/`` has its calculation here, or is listed in ELSEWHERE with the test that has it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from conftest import ROOT, Project

SAMPLE = ROOT / "sample" / "reports"
# From the oldest download to the newest: the one whose last record is later is the newer.
DOWNLOADS = ("sitewide_2026-05-12", "content_keynote_2026-05-14", "sitewide_2026-05-14", "exporter_2026-05-15")
ANALYSES = {path.stem: path.read_text() for path in (ROOT / "analyses").glob("*.sql")}
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Activity:
    """One activity of the summit, in the words of the newest download that holds it."""

    user: str
    category: str
    action: str
    label: str
    at: datetime
    content: str
    name: str
    slug: str
    company: str
    email: str
    file: str
    number: int

    @property
    def identity(self) -> Row:
        """The parts that cannot be edited later: names of sessions and contents can be, what the user wrote cannot."""
        is_said = self.category in ("Chat", "Comment", "Link", "Click Metadata", "Analytics", "Watched", "Reaction")
        is_said |= self.action in ("Question", "Review") or self.category in ("View Notifications", "Q&A", "Badge")
        said = self.label if is_said and self.action != "Internal" else ""
        breakout = re.search(r"^Breakout from .* #(\d+)$", self.label)
        kind = self.category if self.action not in ("Module", "Schedule") else "Click Content"
        return (self.user, self.at, kind, self.action, said, breakout[1] if breakout else "", self.content)


def read(download: str) -> list[Activity]:
    """The readable records of one file."""
    with (SAMPLE / f"{download}.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";" if "keynote" in download else ","))
    activities = []
    for number, row in enumerate(rows, start=1):
        when = row.get("Date") or row.get("Date/Time") or ""
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", when):
            continue
        words = (row["User ID"], row["Category"], row["Action"], row["Label"] or "")
        where = (row["Content ID"], row["Content Name"], row["Content Slug"])
        activities.append(
            Activity(
                *words, datetime.fromisoformat(when), *where, row["Company"], row["Email"], f"{download}.csv", number
            )
        )
    return activities


@cache
def activities() -> list[Activity]:
    """Every activity once: of each identity as many as the file that holds most of them, from the newest that does."""
    kept: dict[tuple[Row, int], Activity] = {}
    for download in DOWNLOADS:
        seen: Counter[Row] = Counter()
        for activity in read(download):
            seen[activity.identity] += 1
            kept[activity.identity, seen[activity.identity]] = activity
    return list(kept.values())


def of(category: str, *actions: str) -> list[Activity]:
    """The activities of a category, or of some of its actions."""
    return [
        activity
        for activity in activities()
        if activity.category == category and (not actions or activity.action in actions)
    ]


@cache
def names() -> dict[str, str]:
    """The newest name of each content page."""
    found: dict[str, str] = {}
    for download in DOWNLOADS:
        found.update({activity.content: activity.name for activity in read(download) if activity.content})
    return found


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (ROOT / "seeds" / name).open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def people() -> dict[str, str]:
    """The full name of each user, as in the unique users report."""
    with (SAMPLE / "unique_users_2026-05-15.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = {row["User ID"]: f"{row['First Name']} {row['Last Name']}" for row in rows if row["User ID"]}
    for download in DOWNLOADS:
        with (SAMPLE / f"{download}.csv").open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file, delimiter=";" if "keynote" in download else ","):
                if row["Last"]:
                    names[row["User ID"]] = f"{row['First']} {row['Last']}"
    return names


def per_page(found: Iterable[Activity]) -> dict[str, list[Activity]]:
    """Activities by the content page on which they happened."""
    pages: dict[str, list[Activity]] = defaultdict(list)
    for activity in found:
        if activity.content:
            pages[activity.content].append(activity)
    return pages


def users(found: Iterable[Activity]) -> set[str]:
    """Whose activities these are."""
    return {activity.user for activity in found}


def ranked(rows: Iterable[Row], *keys: Callable[[Row], Any], limit: int | None = None) -> list[Row]:
    """Rows in the order of some keys."""
    return sorted(rows, key=lambda row: tuple(key(row) for key in keys))[:limit]


def sessions() -> dict[str, list[Activity]]:
    """Attend, Joined and Left on each page of a public session."""
    return per_page(of("Session"))


def live(content: str) -> set[str]:
    """Who joined or left the session of a page."""
    return users(activity for activity in sessions().get(content, []) if activity.action in ("Joined", "Left"))


STORY: dict[str, Callable[[], list[Row]]] = {}


def story(function: Callable[[], list[Row]]) -> Callable[[], list[Row]]:
    """Name the analysis that a calculation belongs to by the name of its function."""
    STORY[function.__name__] = function
    return function


@story
def attendance__came_without_a_plan() -> list[Row]:
    rows = []
    for content, found in sessions().items():
        planned = users(activity for activity in found if activity.action == "Attend")
        came = live(content)
        rows.append((names()[content], len(came), len(came & planned), len(came - planned)))
    return ranked(rows, lambda row: -row[3], lambda row: row[0], limit=8)


@story
def credits__earned_and_open() -> list[Row]:
    rows = []
    for content, found in per_page(of("CE/CME")).items():
        earned = open_credits = 0.0
        for user in users(found):
            claims = [activity.at for activity in found if activity.user == user and activity.action == "Claimed"]
            for activity in found:
                if activity.user == user and activity.action == "Earned" and re.fullmatch(r"[\d.]+", activity.label):
                    earned += float(activity.label)
                    open_credits += float(activity.label) * (not any(claim >= activity.at for claim in claims))
        rows.append((names()[content], len(users(found)), earned, open_credits))
    return ranked(rows, lambda row: -row[2], lambda row: row[0])


@story
def courses__progress() -> list[Row]:
    rows = []
    for content, found in per_page(of("Track")).items():
        started = users(activity for activity in found if activity.action == "Started")
        lessons = {
            user: {activity.label for activity in found if activity.user == user and activity.action == "Next"}
            for user in started
        }
        days = []
        for user in started:
            first = min(activity.at for activity in found if activity.user == user and activity.action == "Started")
            later = [activity.at for activity in found if activity.user == user and activity.action == "Next"]
            if later:
                days.append((max(later).date() - first.date()).days)
        reached = [len(lessons[user]) for user in started]
        rows.append((names()[content], len(started), sum(map(bool, reached)), reached.count(3), round(mean(days), 1)))
    return rows


@story
def courses__lessons() -> list[Row]:
    found = of("Track")
    starters = len(users(activity for activity in found if activity.action == "Started"))
    order = ["Asking", "Listening", "Leaving Well"]
    reached = {lesson: users(activity for activity in found if activity.label == lesson) for lesson in order}
    later = [set().union(*(reached[lesson] for lesson in order[place + 1 :])) for place in range(3)]
    return [
        (place + 1, lesson, starters, len(reached[lesson]), len(reached[lesson] - later[place]))
        for place, lesson in enumerate(order)
    ]


@story
def videos__completed() -> list[Row]:
    rows = []
    for content, found in per_page(of("Watched")).items():
        viewers = users(found)
        furthest = {
            user: max(
                (
                    float(activity.label[:-1])
                    for activity in found
                    if activity.user == user and activity.label[-1] == "%"
                ),
                default=None,
            )
            for user in viewers
        }
        completed = sum(share is not None and share >= 95 for share in furthest.values())
        rows.append((names()[content], len(viewers), completed, sum(share is None for share in furthest.values())))
    return ranked(rows, lambda row: -row[1], lambda row: row[0])


def last_answers(kind: str) -> dict[str, dict[str, str]]:
    """Of each question the last answer of each user."""
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    for activity in sorted(activities(), key=lambda activity: activity.at):
        if activity.action == "Question" and activity.category.startswith(f"{kind} - "):
            answers[activity.category.removeprefix(f"{kind} - ")][activity.user] = activity.label
    return answers


@story
def feedback__poll_results() -> list[Row]:
    rows: list[Row] = []
    for question, answers in last_answers("Poll").items():
        counts = Counter(answers.values())
        rows.extend((question, option, n, round(n / len(answers), 2)) for option, n in counts.items())
    return ranked(rows, lambda row: row[0], lambda row: -row[2], lambda row: row[1])


@story
def feedback__mean_ratings() -> list[Row]:
    return ranked(
        (
            (question, len(answers), round(mean(float(answer) for answer in answers.values()), 2))
            for question, answers in last_answers("Rating").items()
        ),
        lambda row: row[0],
    )


@story
def feedback__response_rate() -> list[Row]:
    rows = []
    for category in {activity.category for activity in activities() if activity.action == "Question"}:
        found = of(category)
        (content,) = {activity.content for activity in found}
        kind, question = category.split(" - ", 1)
        answered, there = len(users(found) & live(content)), len(live(content))
        rows.append((kind, question, answered, there, round(answered / there, 2)))
    return ranked(rows, lambda row: -row[4], lambda row: row[1], limit=5)


def latest_reviews() -> dict[str, dict[str, int]]:
    """The stars of each user's latest review of each page."""
    stars: dict[str, dict[str, int]] = defaultdict(dict)
    for activity in sorted(activities(), key=lambda activity: activity.at):
        if activity.action == "Review":
            stars[activity.content][activity.user] = int(activity.category.removeprefix("Review - "))
    return stars


@story
def feedback__best_reviews() -> list[Row]:
    rows = [
        (names()[content], len(stars), round(mean(stars.values()), 2)) for content, stars in latest_reviews().items()
    ]
    return ranked((row for row in rows if row[1] >= 2), lambda row: -row[2], lambda row: -row[1], lambda row: row[0])


@story
def feedback__review_texts() -> list[Row]:
    rows = [
        (names()[activity.content], int(activity.category.removeprefix("Review - ")), activity.label)
        for activity in activities()
        if activity.action == "Review" and activity.label
    ]
    return ranked(rows, lambda row: row[1], lambda row: row[0], lambda row: row[2], limit=5)


def is_question(text: str) -> bool:
    """A question mark that no letter or digit follows."""
    return bool(re.search(r"\?(?!\w)", text))


@story
def interaction__chat_by_session() -> list[Row]:
    rows = [
        (names()[content], len(found), len(users(found)), sum(is_question(activity.label) for activity in found))
        for content, found in per_page(of("Chat")).items()
    ]
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=5)


@story
def interaction__questions_asked() -> list[Row]:
    rows = [
        (activity.at, activity.label)
        for activity in of("Chat")
        if activity.content == "4101" and is_question(activity.label)
    ]
    return ranked(rows, lambda row: row[0], lambda row: row[1], limit=5)


@story
def interaction__hands() -> list[Row]:
    rows = []
    for content, found in per_page(of("Hand")).items():
        waits = []
        for raised in (activity for activity in found if activity.action == "Raise"):
            later = sorted(
                (activity.at, activity.action)
                for activity in found
                if activity.user == raised.user and activity.at > raised.at
            )
            if later and later[0][1] == "Lower":
                waits.append((later[0][0] - raised.at).total_seconds())
        raised_count = sum(activity.action == "Raise" for activity in found)
        rows.append((names()[content], raised_count, len(waits), round(mean(waits)) if waits else None))
    return ranked(rows, lambda row: -row[1], lambda row: row[0])


@story
def interaction__reactions() -> list[Row]:
    counts = Counter((names()[activity.content], activity.label) for activity in of("Reaction"))
    return ranked(((*what, n) for what, n in counts.items()), lambda row: -row[2], lambda row: row[0])


def booths() -> dict[str, str]:
    """The exhibitor of each booth's page."""
    return {row["content_id"]: row["exhibitor_name"] for row in seed("site/exhibitors.csv")}


@story
def content__day_by_day() -> list[Row]:
    pages = {*booths(), *(activity.content for activity in of("Watched"))}
    days: dict[tuple[str, Any], list[Activity]] = defaultdict(list)
    for activity in activities():
        if activity.content in pages:
            days[activity.content, activity.at.date()].append(activity)
    rows = [
        (
            names()[content],
            day,
            len(users(found)),
            sum(activity.category == "View Content" for activity in found),
            sum(activity.category == "Resource" for activity in found),
        )
        for (content, day), found in days.items()
    ]
    return ranked(rows, lambda row: -row[2], lambda row: row[0], lambda row: row[1], limit=5)


@story
def content__where_clicks_come_from() -> list[Row]:
    rows = []
    for source in ("Module", "Schedule"):
        found = of("Click Content", source)
        newest = {
            slug: content
            for download in DOWNLOADS
            for activity in read(download)
            if (content := activity.content) and (slug := activity.slug)
        }
        followed = 0
        for click in found:
            target = newest.get(click.label)
            followed += any(
                activity.user == click.user
                and activity.content == target
                and timedelta(0) <= activity.at - click.at <= timedelta(minutes=5)
                and (
                    activity.category == "View Content" or (activity.category, activity.action) == ("Session", "Joined")
                )
                for activity in activities()
            )
        rows.append((source, len(found), len(users(found)), followed))
    return ranked(rows, lambda row: -row[1])


@story
def content__downloads() -> list[Row]:
    offers: dict[tuple[str, str], list[Activity]] = defaultdict(list)
    for activity in of("Resource"):
        offers[activity.label, names()[activity.content]].append(activity)
    rows = [(*offer, len(found), len(users(found))) for offer, found in offers.items()]
    return ranked(rows, lambda row: -row[2], lambda row: row[0], lambda row: row[1], limit=5)


@story
def content__links() -> list[Row]:
    counts: Counter[tuple[str, str | None]] = Counter()
    for activity in of("Link") + of("Click Metadata"):
        kind = {"Internal": "internal", "External": "external"}.get(activity.action, "metadata")
        host = re.match(r"https?://([^/]+)", activity.label)
        counts[kind, host[1] if host else None] += 1
    rows = [(*what, n) for what, n in counts.items()]
    return ranked(rows, lambda row: -row[2], lambda row: row[0], lambda row: row[1] or "~", limit=6)


@story
def content__likes() -> list[Row]:
    rows = [(names()[content], len(found)) for content, found in per_page(of("Favorite")).items()]
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=5)


@story
def content__notifications() -> list[Row]:
    texts: dict[str, list[Activity]] = defaultdict(list)
    for activity in of("View Notifications"):
        texts[activity.label].append(activity)
    rows = [(text, len(found), len(users(found))) for text, found in texts.items()]
    return ranked(rows, lambda row: -row[1], lambda row: row[0])


@story
def content__renamed() -> list[Row]:
    borne = {
        (activity.content, activity.name, activity.slug)
        for download in DOWNLOADS
        for activity in read(download)
        if activity.content
    }
    return ranked(
        ((names()[content], name, slug) for content, name, slug in borne if name != names()[content]),
        lambda row: row[0],
    )


@story
def content__kinds() -> list[Row]:
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for content in names():
        if content in booths():
            kind = ("exhibitor", "exhibitors")
        elif content in sessions():
            kind = ("session", "session_events")
        elif content in per_page(of("Track")):
            kind = ("course", "track_events")
        else:
            kind = ("on_demand", "video_events")
        kinds[kind].append(content)
    rows = [
        (*kind, len(pages), sum(activity.content in pages for activity in activities()))
        for kind, pages in kinds.items()
    ]
    return ranked(rows, lambda row: -row[2], lambda row: row[0])


LEAD_TYPES = {
    ("View Content", "View"): "content_viewed",
    ("Resource", "Download"): "resource_downloaded",
    ("Link", "External"): "external_link_clicked",
    ("Link", "Internal"): "internal_link_clicked",
    ("Click Metadata", "Click"): "metadata_clicked",
    ("Talk Now", "Requested"): "call_requested",
    ("Talk Now", "Accepted"): "call_accepted",
    ("Favorite", "Favorite"): "content_liked",
    ("Comment", "Comment"): "comment_posted",
    ("Click Content", "Module"): "content_clicked",
    ("Click Content", "Schedule"): "content_clicked",
}
OWN_COMPANY = {row["content_id"]: row["company"] for row in seed("site/exhibitors.csv")}


def leads(content: str) -> dict[str, list[str]]:
    """The touches of each visitor of a booth in their order."""
    weights = {row["activity_type"]: int(row["weight"]) for row in seed("site/lead_weights.csv")}
    touches: dict[str, list[str]] = defaultdict(list)
    for activity in sorted(per_page(activities())[content], key=lambda activity: activity.at):
        kind = LEAD_TYPES.get((activity.category, activity.action))
        if kind in weights:
            touches[activity.user].append(kind)
    return touches


def lead_score(touches: list[str]) -> int:
    """The weights of the touches, three of a kind at most."""
    weights = {row["activity_type"]: int(row["weight"]) for row in seed("site/lead_weights.csv")}
    return sum(weights[kind] * min(3, n) for kind, n in Counter(touches).items())


@cache
def companies() -> dict[str, str]:
    """The newest company of each user."""
    return {
        activity.user: activity.company for download in DOWNLOADS for activity in read(download) if activity.company
    }


def is_outsider(content: str, user: str) -> bool:
    """Neither of the staff nor of the exhibitor's own company."""
    staff = {
        user for user, name in people().items() if name in ("Wren Hollowell", "Otto Rautenbach", "Carys Penhallow")
    }
    return user not in staff and companies()[user] != OWN_COMPANY[content]


@story
def exhibitors__warmth() -> list[Row]:
    rows = []
    for content, exhibitor in booths().items():
        scores = [lead_score(touches) for user, touches in leads(content).items() if is_outsider(content, user)]
        hot, warm = sum(score >= 10 for score in scores), sum(5 <= score < 10 for score in scores)
        rows.append((exhibitor, content, hot, warm, len(scores) - hot - warm))
    return ranked(rows, lambda row: row[0])


@story
def exhibitors__companies() -> list[Row]:
    visitors: dict[str, list[int]] = defaultdict(list)
    for user, touches in leads("4302").items():
        if is_outsider("4302", user):
            visitors[companies()[user]].append(len(touches))
    rows = [(company, len(counts), sum(counts)) for company, counts in visitors.items()]
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=5)


@story
def community__profiles() -> list[Row]:
    found = [
        activity for activity in activities() if activity.category == "View Users" or activity.action == "View User"
    ]
    rows = []
    for name in {activity.label for activity in found}:
        views = [activity for activity in found if activity.label == name and people()[activity.user] != name]
        full = sum(activity.action == "View Full Profile" for activity in views)
        rows.append((name, len(views) - full, len(users(views)), full))
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=5)


@story
def community__calls() -> list[Row]:
    found = of("Talk Now")
    taken_back = 0
    for activity in found:
        cancels = [other.at for other in found if other.user == activity.user and other.action == "Canceled"]
        if activity.action == "Requested":
            taken_back += any(timedelta(0) <= at - activity.at <= timedelta(minutes=5) for at in cancels)
    rows = []
    for action in ("Requested", "Accepted", "Canceled"):
        steps = [activity for activity in found if activity.action == action]
        rows.append((action.lower(), len(steps), len(users(steps)), taken_back if action == "Requested" else 0))
    return ranked(rows, lambda row: -row[1])


@story
def community__platform() -> list[Row]:
    events = {
        "account_created": of("Create Account"),
        "leaderboard_viewed": [activity for activity in of("View Leaderboard", "View") if not activity.label],
        "details_updated": of("Update Details"),
        "moderate_dialog_opened": of("Dialog"),
    }
    rows = [(event, len(found), len(users(found))) for event, found in events.items()]
    return ranked(rows, lambda row: -row[1], lambda row: row[0])


@story
def community__schedules() -> list[Row]:
    starts = of("Schedule", "Start")
    ends = of("Schedule", "Complete")
    minutes = [
        (end.at - max(start.at for start in starts if start.user == end.user and start.at <= end.at)).total_seconds()
        / 60
        for end in ends
    ]
    return [("completed", len(ends), round(mean(minutes))), ("started", len(starts), None)]


@story
def people__active_by_day() -> list[Row]:
    days: dict[Any, list[Activity]] = defaultdict(list)
    for activity in activities():
        days[activity.at.date()].append(activity)
    rows = [(day, len(users(found)), len(found)) for day, found in days.items()]
    return ranked((row for row in rows if str(row[0]) in map(str, EVENT_DAYS)), lambda row: row[0])


EVENT_DAYS = [datetime(2026, 5, day).date() for day in range(11, 16)]


@story
def people__come_back() -> list[Row]:
    weeks: dict[str, set[Any]] = defaultdict(set)
    for activity in activities():
        weeks[activity.user].add((activity.at - timedelta(days=activity.at.weekday())).date())
    newest = max(set().union(*weeks.values()))
    rows = []
    for first in sorted({min(mine) for mine in weeks.values()}):
        cohort = [mine for mine in weeks.values() if min(mine) == first]

        def share(number: int, first: Any = first, cohort: list[set[Any]] = cohort) -> float | None:
            week = first + timedelta(weeks=number)
            return round(sum(week in mine for mine in cohort) / len(cohort), 2) if week <= newest else None

        rows.append((first, len(cohort), share(1), share(2)))
    return rows


@story
def people__never_active() -> list[Row]:
    with (SAMPLE / "unique_users_2026-05-15.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    active_emails = {activity.email.lower() for activity in activities()}
    return ranked(
        (
            (f"{row['First Name']} {row['Last Name']}", datetime.fromisoformat(row["Created"]).date())
            for row in rows
            if row["User ID"]
            and row["User ID"] not in users(activities())
            and row["Email Address"].lower() not in active_emails
        ),
        lambda row: row[0],
    )


@story
def people__changed() -> list[Row]:
    emails: dict[str, set[str]] = defaultdict(set)
    for download in DOWNLOADS:
        for activity in read(download):
            emails[activity.user].add(activity.email.lower())
    return [(people()[user], 1, len(addresses)) for user, addresses in emails.items() if len(addresses) > 1]


@story
def attendance__corrected() -> list[Row]:
    # The file of corrections is shipped without a row.
    return []


@story
def people__guests() -> list[Row]:
    # The sample has none: every record has a user id, or has no user at all.
    assert not [activity for activity in activities() if activity.email and not activity.user]
    return []


@story
def people__one_person_two_ids() -> list[Row]:
    # Nobody has two ids there, by the newest e-mail; some people change theirs.
    newest = {activity.user: activity.email.lower() for download in DOWNLOADS for activity in read(download)}
    assert len(set(newest.values())) == len(newest)
    return []


@story
def people__moderators() -> list[Row]:
    counts = Counter(people()[activity.user] for activity in of("Dialog"))
    return ranked(counts.items(), lambda row: -row[1], lambda row: row[0])


RULES = {
    ("Session", "Attend"): ("Attend", 10),
    ("Session", "Joined"): ("Joined", 20),
    ("Chat", "Message"): ("Live chat", 10),
    ("Comment", "Comment"): ("Comment", 5),
    ("Create Account", "Create"): ("Created Account", 10),
    ("Update Details", "Update"): ("Updated Account", 0),
    ("Favorite", "Favorite"): ("Favorite", 2),
    ("Hand", "Raise"): ("Raise Hand", 5),
    ("Reaction", "Emoji"): ("Emoji", 10),
    ("Track", "Started"): ("Start", 2),
    ("Track", "Next"): ("Complete", 2),
}
DOUBLED = (datetime(2026, 5, 12, 23), datetime(2026, 5, 13, 1))


@cache
def awards() -> list[tuple[Activity, str, int]]:
    """What earned points: the first time of a rule on a page, and twice the points for the night session."""
    earned: set[Row] = set()
    found = []
    for activity in sorted(activities(), key=lambda activity: activity.at):
        rule = RULES.get((activity.category, activity.action))
        if activity.action == "Question":
            rule = ("Poll", 10)
        if activity.action == "Review":
            rule = ("Review", 15 if activity.at >= datetime(2026, 5, 14) else 10)
        if rule is None or (activity.user, rule[0], activity.content) in earned:
            continue
        earned.add((activity.user, rule[0], activity.content))
        factor = 2 if activity.content == "4108" and DOUBLED[0] <= activity.at < DOUBLED[1] else 1
        found.append((activity, rule[0], rule[1] * factor))
    return found


def standing(won: Iterable[tuple[Activity, str, int]]) -> list[Row]:
    """Rank, user and points, best first; who has the same points shares a rank."""
    points: Counter[str] = Counter()
    for activity, _, worth in won:
        points[activity.user] += worth
    totals = list(points.values())
    rows = [(1 + sum(other > mine for other in totals), people()[user], mine, user) for user, mine in points.items()]
    return ranked(rows, lambda row: row[0], lambda row: row[1])


@story
def leaderboard__standing() -> list[Row]:
    places = standing(awards())
    rows = []
    for rank, name, points, _ in places[:5]:
        better = [other[2] for other in places if other[2] > points]
        rows.append((rank, name, points, min(better) - points if better else None))
    return rows


@story
def leaderboard__what_earned_it() -> list[Row]:
    leader = standing(awards())[0][3]
    rules: dict[str, list[int]] = defaultdict(list)
    for activity, rule, worth in awards():
        if activity.user == leader:
            rules[rule].append(worth)
    rows = [(rule, len(worths), sum(worths)) for rule, worths in rules.items()]
    return ranked(rows, lambda row: -row[2], lambda row: row[0])


@story
def leaderboard__without_staff() -> list[Row]:
    start, end = datetime(2026, 5, 12, 8), datetime(2026, 5, 14)
    won = [award for award in awards() if start <= award[0].at < end and is_outsider("4301", award[0].user)]
    return [("The two days without staff", *row[:3]) for row in standing(won)[:3]]


@story
def leaderboard__teams() -> list[Row]:
    emails = {activity.email.lower(): activity.user for download in DOWNLOADS for activity in read(download)}
    teams: dict[str, set[str]] = defaultdict(set)
    for row in seed("site/teams.csv"):
        teams[row["team_name"]].add(row["user_id"] or emails[row["email"].lower()])
    totals = {
        team: sum(worth for activity, _, worth in awards() if activity.user in members)
        for team, members in teams.items()
    }
    rows = [
        (
            1 + sum(other > totals[team] for other in totals.values()),
            team,
            totals[team],
            len(members),
            round(totals[team] / len(members), 1),
        )
        for team, members in teams.items()
    ]
    return ranked(rows, lambda row: row[0])


@story
def leaderboard__ledger() -> list[Row]:
    rows = [
        (
            activity.at,
            rule,
            2 if activity.content == "4108" and DOUBLED[0] <= activity.at < DOUBLED[1] else 1,
            worth,
            activity.file,
            activity.number,
        )
        for activity, rule, worth in awards()
        if activity.user == "5036"
    ]
    return ranked(rows, lambda row: row[0], lambda row: row[1], limit=5)


@story
def quality__patterns_to_confirm() -> list[Row]:
    guesses = {
        ("Click Content", "Schedule"): ("content_clicked", "Click Content / *"),
        ("Click Content", "Module"): ("content_clicked", "Click Content / *"),
        ("Favorite", "Favorite"): ("content_liked", "Favorite / *"),
        ("View Leaderboard", "View User"): ("leaderboard_user_viewed", "View Leaderboard / *"),
        ("View Users", "View Full Profile"): ("full_profile_viewed", "View Users / *Full Profile*"),
        ("Sorting - Order the steps", "Question"): ("other_question_answered", "Sorting - * / Question"),
        ("CE/CME", "Claimed"): ("credits_claimed", "CE/CME* / *Claim*"),
    }
    counts = Counter((activity.category, activity.action) for activity in activities())
    rows = [(*words, *guess, counts[words]) for words, guess in guesses.items()]
    return ranked(rows, lambda row: -row[4], lambda row: row[0], lambda row: row[1], limit=5)


@story
def quality__reconciliation() -> list[Row]:
    kept = Counter(activity.file for activity in activities())
    rejected = {"sitewide_2026-05-14.csv": 2}
    rows = []
    for download in DOWNLOADS:
        name, readable = f"{download}.csv", len(read(download))
        lost = rejected.get(name, 0)
        rows.append((name, readable + lost, lost, readable - kept[name], kept[name], True))
    return ranked(rows, lambda row: row[0])


@story
def quality__unrecognised() -> list[Row]:
    # A badge is none of the activities.
    perhaps = {"Q&A": "qa_question_asked", "Badge": None}
    rows = []
    for category in ("Q&A", "Badge"):
        (action,) = {activity.action for activity in of(category)}
        rows.append(
            (category, action, len(of(category)), perhaps[category], f'sample,"{category}","{action}",any,,50,,')
        )
    return rows


@story
def quality__users_of_both_reports() -> list[Row]:
    with (SAMPLE / "unique_users_2026-05-15.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    newest = {activity.user: activity.email.lower() for download in DOWNLOADS for activity in read(download)}
    by_id = [row for row in rows if row["User ID"] in newest]
    by_email = [row for row in rows if row["User ID"] not in newest and row["Email Address"].lower() in newest.values()]
    rest = len(rows) - len(by_id) - len(by_email)
    return [("unique_users_2026-05-15.csv", len(rows), len(by_id), len(by_email), 0, rest)]


# The usual headers of both reports and the names of their columns in raw, and others that mean the same.
OF_ACTIVITIES = {
    "User ID": "user_id",
    "First": "first_name",
    "Last": "last_name",
    "Company": "company",
    "Email": "email",
    "Category": "category",
    "Action": "action",
    "Label": "label",
    "Date": "date",
    "Content ID": "content_id",
    "Content Name": "content_name",
    "Content Slug": "content_slug",
}
OF_USERS = {
    "User ID": "user_id",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Company": "company",
    "Email": "email",
    "Job Title": "title",
    "Job Type": "job_type",
    "Phone": "phone",
    "City": "city",
    "State Province": "state_province",
    "Country": "country",
    "Timezone": "time_zone_offset_seconds",
    "Account Level": "account_level",
    "Date Created": "date_created",
    "Date Last Login": "date_last_login",
    "Tags": "tags",
}
OTHERWISE = {
    "Date/Time": "date",
    "Email Address": "email",
    "Organization": "company",
    "Created": "date_created",
    "Last Login": "date_last_login",
}


def head(name: str) -> tuple[str, list[str]]:
    """The delimiter and the header of a file."""
    line = (SAMPLE / name).read_text(encoding="utf-8-sig").splitlines()[0]
    delimiter = ";" if ";" in line else ","
    return delimiter, line.split(delimiter)


@story
def quality__columns() -> list[Row]:
    rows: list[Row] = []
    for path in sorted(SAMPLE.glob("*.csv")):
        usual = OF_USERS if path.name.startswith("unique_users") else OF_ACTIVITIES
        header = head(path.name)[1]
        known = {usual.get(title) or OTHERWISE.get(title) for title in header}
        missing = sorted(set(usual.values()) - known)
        extra = sorted(title for title in header if title not in usual and title not in OTHERWISE)
        renamed = sorted(title for title in header if title not in usual and title in OTHERWISE)
        rows.append((path.name, *(", ".join(titles) or None for titles in (missing, extra, renamed))))
    return rows


@story
def quality__how_new() -> list[Row]:
    days = sorted({activity.at.date() for activity in activities()})
    assert all((later - earlier).days == 1 for earlier, later in pairwise(days))
    return [("sample", days[0], days[-1], 0, None)]


def kind_of(activity: Activity) -> str:
    """Category and action, with a star for what people say there or where it happens."""
    category = re.sub(r"^(\w+) - .*", r"\1 - *", activity.category)
    is_anything = category in ("Chat", "Comment", "Click Content", "View Notifications", "View Users")
    return f"{category} / {'*' if is_anything else activity.action}"


@story
def quality__what_changed() -> list[Row]:
    rows = []
    seen = {kind_of(activity) for activity in read(DOWNLOADS[0])}
    delimiters = {head(f"{DOWNLOADS[0]}.csv")[0]}
    for previous, download in pairwise(DOWNLOADS):
        before, after = head(f"{previous}.csv")[0], head(f"{download}.csv")[0]
        kinds = {kind_of(activity) for activity in read(download)}
        new = ", ".join(sorted(kinds - seen))
        seen |= kinds
        # A form that an earlier report of the site has is no change.
        change = f"delimiter {after} instead of {before}" if after not in delimiters else None
        delimiters.add(after)
        # In the sample what is new is never only another spelling, so its activity type is new as well.
        reasons = ["format"] * bool(change) + ["activity types", "categories and actions"] * bool(new)
        if reasons:
            rows.append((f"{download}.csv", ", ".join(reasons), change, new or None))
    return rows


# Attendance, by the rules of attendance_rules.md, one person and one room after the other.

BUFFER, CAP = timedelta(minutes=15), timedelta(hours=4)
PRESENCE = ("Chat", "Hand", "Dialog", "Reaction")


@dataclass(frozen=True)
class Stay:
    """One stay in a room: from when to when it counts by each measure."""

    user: str
    room: str
    joined: Activity
    left: Activity | None
    start: datetime
    ends: dict[str, datetime]
    closed_by: str
    last_seen: datetime
    latest: datetime
    is_open: bool


def place(activity: Activity) -> str:
    """The session of a session activity: its page, or off any page the two people of the meeting."""
    if activity.content:
        return activity.content
    others = [user for user, name in people().items() if activity.label.endswith(name)]
    return f"meeting {' '.join(sorted([activity.user, *others]))}"


def is_breakout(activity: Activity) -> bool:
    """Whether it is a sub-breakout: a number at the end, and a page that is called otherwise."""
    return bool(re.fullmatch(r"Breakout from .+ #\d+", activity.label)) and activity.label != activity.name


def evidence(user: str, session: str) -> list[datetime]:
    """When the user did something on the page that shows presence."""
    return sorted(
        {
            activity.at
            for activity in activities()
            if activity.user == user
            and activity.content == session
            and (activity.category in PRESENCE or activity.action == "Question")
        }
    )


@cache
def events() -> dict[str, list[Activity]]:
    """Joined and Left of each session in the order of time."""
    found: dict[str, list[Activity]] = defaultdict(list)
    for activity in sorted(of("Session", "Joined", "Left"), key=lambda activity: activity.at):
        found[place(activity)].append(activity)
    return found


def quantile(values: list[datetime], tenths: int) -> datetime:
    """The value that so many tenths do not exceed."""
    return sorted(values)[max(0, -(-len(values) * tenths // 10) - 1)]


@cache
def hours(session: str) -> tuple[datetime, datetime]:
    """Start and end of a session: a tenth came before the one, and a tenth is known to have stayed beyond the other."""
    first, last = [], []
    for user in users(events()[session]):
        mine = [activity for activity in events()[session] if activity.user == user]
        joined = [activity.at for activity in mine if activity.action == "Joined"]
        left = [activity.at for activity in mine if activity.action == "Left"]
        if joined:
            first.append(min(joined))
        shown = [at for at in evidence(user, session) if at > mine[-1].at]
        if left or shown:
            last.append(max(left or shown))
    started = quantile(first, 1)
    return started, max(started, quantile(last, 9))


def next_elsewhere(activity: Activity) -> datetime | None:
    """The next Joined that took the user to another session, or from a breakout to any other room."""
    joins = sorted(
        (join for join in of("Session", "Joined") if join.user == activity.user),
        key=lambda join: (join.at, place(join), join.label),
    )
    where = (lambda join: join.label) if is_breakout(activity) else place
    moves = [after.at for before, after in pairwise(joins) if where(before) != where(after) and after.at > activity.at]
    return min(moves, default=None)


def in_order(found: list[Activity]) -> list[Activity]:
    """Joined and Left of one second: who was in left first and came back, who was not came and left."""
    ordered: list[Activity] = []
    for _, moment in groupby(found, key=lambda activity: activity.at):
        was_in = bool(ordered) and ordered[-1].action == "Joined"
        ordered.extend(sorted(moment, key=lambda activity: (activity.action == "Joined") == was_in))
    return ordered


def leavers(session: str) -> list[datetime]:
    """When people left for good: no stay of theirs is open."""
    found = []
    for user in users(events()[session]) - {stay.user for stay in stays_alone(session) if stay.is_open}:
        mine = [activity for activity in events()[session] if activity.user == user]
        joined = max((activity.at for activity in mine if activity.action == "Joined"), default=datetime.min)
        left = max((activity.at for activity in mine if activity.action == "Left"), default=datetime.min)
        if left > joined:
            found.append(left)
    return sorted(found)


@cache
def stays(session: str) -> list[Stay]:
    """The stays of a session: an open one ends when two fifths of those who were still there had left for good."""
    alone = stays_alone(session)
    open_count = sum(stay.is_open for stay in alone)
    least = 1 if session.startswith("meeting") else 3
    found = []
    for stay in alone:
        later = [at for at in leavers(session) if at > stay.last_seen]
        if stay.is_open and len(later) >= least and 2 * len(later) >= open_count:
            left_at = later[-(-2 * len(later) // 5) - 1]
            ends = {**stay.ends, "likely": min(left_at, stay.latest)}
            found.append(replace(stay, ends=ends, closed_by="others_left"))
        else:
            found.append(stay)
    return found


def unexplained(mine: list[Activity], counts: list[int], clip: Callable[[datetime], datetime]) -> list[Stay]:
    """Lefts that no Joined explains: the time since the record before them is possible."""
    found = []
    for number, activity in enumerate(mine):
        if activity.action == "Left" and counts[number] == 0 and (number == 0 or counts[number - 1] == 0):
            since = clip(mine[number - 1].at if number else datetime.min)
            ends = {"proven": since, "likely": since, "possible": clip(activity.at)}
            found.append(Stay(activity.user, "", activity, activity, since, ends, "nothing", since, since, False))
    return found


def is_balance_proven(empty: Activity | None, later: list[datetime], elsewhere: datetime | None) -> bool:
    """Whether a stay is proven until all have left: if the user joined nothing before."""
    return empty is not None and not any(at < empty.at for at in [*later, *([elsewhere] if elsewhere else [])])


def stays_alone(session: str) -> list[Stay]:
    """The stays of a session, as far as each person's own log shows."""
    started, ended = hours(session)
    opened, closed = started - BUFFER, ended + BUFFER

    def clip(at: datetime) -> datetime:
        return min(max(at, opened), closed)

    found = []
    for user in users(events()[session]):
        shown = evidence(user, session)
        for room in {
            activity.label for activity in events()[session] if activity.user == user and is_breakout(activity)
        } | {""}:
            here = [
                activity
                for activity in events()[session]
                if activity.user == user and (activity.label == room if room else not is_breakout(activity))
            ]
            mine = in_order(here)
            balance, counts = 0, []
            for activity in mine:
                balance = max(0, balance + (1 if activity.action == "Joined" else -1))
                counts.append(balance)
            found += unexplained(mine, counts, clip)
            for number, activity in enumerate(mine):
                if activity.action != "Joined":
                    continue
                after = mine[number + 1] if number + 1 < len(mine) else None
                elsewhere = next_elsewhere(activity)
                left = after if after and after.action == "Left" and not (elsewhere and elsewhere < after.at) else None
                later = [other.at for other in mine[number + 1 :] if other.action == "Joined"]
                empty = next((other for other, n in zip(mine[number:], counts[number:], strict=True) if n == 0), None)
                ways = {
                    "cap": activity.at + CAP,
                    "session_end": max(ended, activity.at),
                    "joined_elsewhere": elsewhere,
                    "rejoined": after.at if after and after.action == "Joined" else None,
                }
                end, how = min((at, how) for how, at in ways.items() if at)
                closing = empty or left
                if closing:
                    end, how = closing.at, "left"
                until = clip(max(activity.at, end))
                seen = [at for at in shown if activity.at <= at <= until and not any(joined <= at for joined in later)]
                last_seen = max([clip(activity.at), *seen])
                if end > closed:
                    how = "session_end"
                is_open = closing is None and how in ("session_end", "cap")
                likely = until
                if is_open and how == "session_end":
                    rest = (until - last_seen).total_seconds()
                    likely = last_seen + timedelta(seconds=round_half_up(0.9 * rest))
                proven_left = empty if is_balance_proven(empty, later, elsewhere) else left
                ends = {
                    "proven": clip(proven_left.at) if proven_left else last_seen,
                    "likely": likely,
                    "possible": clip(max(activity.at, empty.at)) if empty else closed,
                }
                latest = min(at for at in (elsewhere, ways["rejoined"], closed) if at)
                found.append(
                    Stay(user, room, activity, closing, clip(activity.at), ends, how, last_seen, latest, is_open)
                )
    return found


@cache
def seconds(session: str, measure: str, breakouts_only: bool = False) -> dict[str, int]:
    """What the stays of each person unite to: what two rooms cover at once counts once."""
    total = dict.fromkeys(users(events()[session]), 0)
    covered: dict[str, datetime] = {}
    for stay in sorted(stays(session), key=lambda stay: stay.start):
        if breakouts_only and not stay.room:
            continue
        since = max(stay.start, covered.get(stay.user, stay.start))
        total[stay.user] += max(0, int((stay.ends[measure] - since).total_seconds()))
        covered[stay.user] = max(since, stay.ends[measure])
    return total


def public() -> list[str]:
    """The pages of public sessions."""
    return [session for session in events() if not session.startswith("meeting")]


def attendees(session: str) -> set[str]:
    """Who attended: five likely minutes and more."""
    return {user for user, likely in seconds(session, "likely").items() if likely >= 300}


def length(session: str) -> float:
    """The seconds of a session."""
    started, ended = hours(session)
    return (ended - started).total_seconds()


def round_half_up(number: float) -> int:
    """The nearest whole number; Python itself would round 0.5 to 0."""
    return int(Decimal(str(number)).quantize(Decimal(0), ROUND_HALF_UP))


def in_minutes(found: Iterable[float]) -> int:
    """The mean in whole minutes."""
    return round_half_up(mean(found) / 60)


@story
def attendance__minutes_by_session() -> list[Row]:
    rows = [
        (
            names()[session],
            len(live(session)),
            len(attendees(session)),
            *(in_minutes(seconds(session, measure).values()) for measure in ("proven", "likely", "possible")),
        )
        for session in public()
    ]
    return ranked(rows, lambda row: -row[2], lambda row: row[0])


@story
def attendance__people_of_a_session() -> list[Row]:
    by_measure = [seconds("4108", measure) for measure in ("proven", "likely", "possible")]
    order = ranked(
        ((user, people()[user], by_measure[1][user]) for user in live("4108")), lambda row: -row[2], lambda row: row[1]
    )
    return [
        (name, *(in_minutes([found[user]]) for found in by_measure), user in attendees("4108"))
        for user, name, _ in order[:8]
    ]


@story
def attendance__no_shows() -> list[Row]:
    rows = []
    for content, found in sessions().items():
        planned = users(activity for activity in found if activity.action == "Attend")
        missing = len(planned - live(content))
        ratio = round(missing / len(planned), 2)
        rows.append((names()[content], len(planned), missing, len(attendees(content)), ratio))
    return ranked(rows, lambda row: -row[2], lambda row: row[0], limit=8)


def until_likely(session: str, user: str) -> datetime:
    """Until when a person was likely there: a Left without a Joined has no minutes, but says until when."""
    return max(
        stay.ends["possible" if stay.closed_by == "nothing" else "likely"]
        for stay in stays(session)
        if stay.user == user
    )


@story
def attendance__left_early() -> list[Row]:
    rows = []
    for session in public():
        until = {user: until_likely(session, user) for user in attendees(session)}
        came = sorted(
            min(activity.at for activity in events()[session] if (activity.user, activity.action) == (user, "Joined"))
            for user in until
        )
        # One person alone is no session.
        started, ended = hours(session)
        started, ended = max(started, came[1]), min(ended, sorted(until.values())[-2])
        early = [user for user in until if until[user] < started + 0.8 * (ended - started)]
        rows.append((names()[session], len(attendees(session)), len(early), len(early) / len(attendees(session))))
    order = ranked(rows, lambda row: -round(row[3], 2), lambda row: row[0], limit=8)
    return [(*row[:3], round(row[3], 2)) for row in order]


@story
def attendance__hours_by_person() -> list[Row]:
    rows = []
    for user in users(activities()):
        mine = [session for session in public() if user in attendees(session)]
        proven, likely = (sum(seconds(session, m)[user] for session in mine) / 3600 for m in ("proven", "likely"))
        rows.append((people()[user], len(mine), round(proven, 1), round(likely, 1)))
    return ranked(rows, lambda row: -row[3], lambda row: row[0], limit=5)


@story
def attendance__hours_by_company() -> list[Row]:
    there: dict[str, set[str]] = defaultdict(set)
    likely: Counter[str] = Counter()
    for session in public():
        for user in attendees(session):
            there[companies()[user]].add(user)
            likely[companies()[user]] += seconds(session, "likely")[user]
    rows = [(company, len(found), round(likely[company] / 3600, 1)) for company, found in there.items()]
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=5)


@story
def attendance__how_sure() -> list[Row]:
    rows = []
    for session in public():
        proven = sum(seconds(session, "proven").values()) / sum(seconds(session, "likely").values())
        joined = [stay for stay in stays(session) if stay.closed_by != "nothing"]
        open_stays = sum(stay.closed_by != "left" for stay in joined)
        rows.append((names()[session], round(proven, 2), open_stays, len(joined)))
    return ranked(rows, lambda row: row[1], lambda row: row[0], limit=5)


@story
def attendance__breakouts() -> list[Row]:
    rows = []
    for session in public():
        there = [likely for likely in seconds(session, "likely", breakouts_only=True).values() if likely]
        if there:
            rows.append((names()[session], len(there), in_minutes(there)))
    return rows


@story
def attendance__private_meetings() -> list[Row]:
    meetings = [session for session in events() if session.startswith("meeting")]
    longest = [
        max(in_minutes([sum(seconds(m, measure).values())]) for m in meetings) for measure in ("likely", "possible")
    ]
    return [(len(meetings), sum(len(users(events()[meeting])) for meeting in meetings), *longest)]


@story
def attendance__proof_of_minutes() -> list[Row]:
    covered: dict[str, datetime] = {}
    rows = []
    for stay in sorted(stays("4106"), key=lambda stay: stay.start):
        if stay.user != "5020":
            continue
        added = []
        for measure in ("proven", "likely"):
            since = max(stay.start, covered.get(measure, stay.start))
            added.append(max(0, int((stay.ends[measure] - since).total_seconds())))
            covered[measure] = max(since, stay.ends[measure])
        mine = [activity for activity in events()["4106"] if activity.user == "5020" and activity.at > stay.joined.at]
        closing = mine[0].number if stay.closed_by == "rejoined" else None
        if stay.closed_by == "left" and stay.left:
            closing = stay.left.number
        rows.append(
            (stay.joined.at, stay.closed_by, stay.ends["likely"], *added, stay.joined.file, stay.joined.number, closing)
        )
    return rows


@story
def attendance__from_plan_to_credit() -> list[Row]:
    rows = []
    for session, found in sessions().items():
        planned = users(activity for activity in found if activity.action == "Attend")
        engaged = {user for user in users(activities()) if evidence(user, session)}
        credited = users(activity for activity in of("CE/CME", "Earned") if activity.content == session)
        rows.append((names()[session], len(planned), len(attendees(session)), len(engaged), len(credited)))
    return ranked(rows, lambda row: -row[2], lambda row: row[0], limit=5)


def verdicts() -> list[Row]:
    """Of each person and page with a credit: does the log bear it out?"""
    rows = []
    for content, found in per_page(of("CE/CME")).items():
        for user in users(found):
            proven, possible = (seconds(content, measure).get(user, 0) for measure in ("proven", "possible"))
            verdict = "supported" if proven >= 300 else "undecidable" if possible >= 300 else "unsupported"
            mine = [activity for activity in found if activity.user == user]
            credits = sum(float(activity.label) for activity in mine if re.fullmatch(r"[\d.]+", activity.label))
            rows.append(
                (
                    user,
                    content,
                    verdict,
                    credits,
                    proven,
                    possible,
                    sum(activity.action == "Claimed" for activity in mine),
                )
            )
    return rows


@story
def credits__evidence() -> list[Row]:
    rows = []
    for verdict in {row[2] for row in verdicts()}:
        mine = [row for row in verdicts() if row[2] == verdict]
        rows.append((verdict, len(mine), sum(row[3] for row in mine), sum(row[6] for row in mine)))
    return ranked(rows, lambda row: -row[1], lambda row: row[0])


@story
def credits__unsupported() -> list[Row]:
    rows = [
        (people()[user], names()[content], verdict, credits, in_minutes([proven]), in_minutes([possible]))
        for user, content, verdict, credits, proven, possible, _ in verdicts()
        if verdict != "supported"
    ]
    return ranked(rows, lambda row: row[2], lambda row: row[0])


def on_demand(content: str) -> set[str]:
    """Who looked at a page of a video or a course, or at a session's after its end."""
    looks = [
        activity for activity in per_page(activities())[content] if activity.category in ("View Content", "Watched")
    ]
    if content in booths():
        return set()
    return users(activity for activity in looks if content not in events() or activity.at > hours(content)[1])


@story
def content__reach() -> list[Row]:
    rows = []
    for content, found in per_page(activities()).items():
        acting = users(
            activity
            for activity in found
            if activity.category in ("Chat", "Comment", "Resource", "Favorite", "Reaction", "View Users")
            or activity.action in ("Question", "Review", "Raise", "View User", "Requested", "Accepted")
        )
        here = users(found)
        rows.append(
            (
                names()[content],
                len(here),
                len(live(content)),
                len(on_demand(content)),
                round(len(acting) / len(here), 2),
            )
        )
    return ranked(rows, lambda row: -row[1], lambda row: row[0], limit=6)


@story
def content__replay() -> list[Row]:
    rows = []
    for session in public():
        back = len(live(session) & on_demand(session))
        rows.append((names()[session], len(live(session)), back, round(back / len(live(session)), 2)))
    return ranked(rows, lambda row: -row[2], lambda row: row[0], limit=5)


@story
def content__before_and_after() -> list[Row]:
    rows = []
    for session in public():
        views = [activity.at for activity in of("View Content") if activity.content == session]
        started, ended = hours(session)
        before, after = sum(at < started for at in views), sum(at > ended for at in views)
        rows.append((names()[session], before, len(views) - before - after, after, len(views)))
    return [row[:4] for row in ranked(rows, lambda row: -row[4], lambda row: row[0], limit=5)]


def part(activity: Activity) -> str | None:
    """The part of the engagement score that an activity counts for."""
    if activity.action in ("Question", "Review"):
        return "feedback"
    if activity.category == "Talk Now":
        return "networking" if activity.action != "Canceled" else None
    if activity.category == "View Leaderboard":
        return "networking" if activity.action == "View User" else None
    if (activity.category, activity.action) in (("Hand", "Lower"), ("CE/CME", "Claimed")):
        return None
    parts = {
        "conversation": ("Chat", "Comment"),
        "reaction": ("Favorite", "Reaction", "Hand"),
        "browsing": ("View Content", "Click Content", "Resource", "Link", "Click Metadata"),
        "learning": ("Watched", "Track", "CE/CME"),
        "networking": ("View Users",),
    }
    return next((name for name, categories in parts.items() if activity.category in categories), None)


@cache
def scores() -> dict[str, dict[str, float]]:
    """What each part adds to the score of each user; together at most 100."""
    weights = {row["engagement_part"]: row for row in seed("site/engagement_weights.csv")}
    whole = sum(int(row["weight"]) for row in weights.values())
    found = {}
    for user in users(activities()):
        counts: dict[str | None, float] = {
            **Counter(part(activity) for activity in activities() if activity.user == user)
        }
        counts["attendance"] = sum(seconds(session, "likely").get(user, 0) for session in public()) / 60
        found[user] = {
            name: 100 * int(row["weight"]) / whole * min(1, counts.get(name, 0) / int(row["full_amount"]))
            for name, row in weights.items()
        }
    return found


@story
def people__most_engaged() -> list[Row]:
    order = ranked(
        ((user, sum(parts.values()), people()[user]) for user, parts in scores().items()),
        lambda row: -round(row[1], 9),
        lambda row: row[2],
    )
    return [
        (
            name,
            round_half_up(score),
            *(round_half_up(scores()[user][name]) for name in ("attendance", "conversation", "feedback")),
            len({activity.at.date() for activity in activities() if activity.user == user}),
        )
        for user, score, name in order[:5]
    ]


@story
def people__live_or_on_demand() -> list[Row]:
    live_users = set().union(*(live(session) for session in public()))
    later = set().union(*(on_demand(content) for content in names()))
    kinds = {
        "both": live_users & later,
        "live": live_users - later,
        "on_demand": later - live_users,
        "neither": users(activities()) - live_users - later,
    }
    rows = [
        (kind, len(found), round_half_up(mean(sum(scores()[user].values()) for user in found)))
        for kind, found in kinds.items()
        if found
    ]
    return ranked(rows, lambda row: -row[1])


@story
def interaction__per_attendee() -> list[Row]:
    rows = []
    for session in public():
        started, ended = hours(session)
        shown = [at for user in users(activities()) for at in evidence(user, session)]
        inside = sum(started - BUFFER <= at <= ended + BUFFER for at in shown)
        there = len(attendees(session))
        rows.append((names()[session], there, inside, round(inside / there, 1)))
    return ranked(rows, lambda row: -row[3], lambda row: row[0], limit=5)


@story
def exhibitors__leads() -> list[Row]:
    rows = []
    for user, touches in leads("4301").items():
        score = lead_score(touches)
        warmth = "hot" if score >= 10 else "warm" if score >= 5 else "cold"
        if is_outsider("4301", user):
            rows.append((warmth, people()[user], companies()[user], score, " > ".join(touches)))
    return ranked(rows, lambda row: -row[3], lambda row: row[1], limit=5)


@story
def leaderboard__day_by_day() -> list[Row]:
    start, rows = datetime(2026, 5, 12, 8), []
    before: dict[str, int] = {}
    for end in (datetime(2026, 5, 13), datetime(2026, 5, 14)):
        won = [award for award in awards() if start <= award[0].at < end and is_outsider("4301", award[0].user)]
        ranks = {user: rank for rank, _, _, user in standing(won)}
        for rank, name, points, user in standing(won):
            if rank <= 3:
                rows.append(
                    (end.date() - timedelta(days=1), rank, name, points, before[user] - rank if before else None)
                )
        before = ranks
    return rows


# The minute by minute has its oracle in test_attendance_properties.py; what an alias rests on is the dictionary itself.
ELSEWHERE = {"attendance__fullest_minute", "attendance__minute_by_minute", "quality__evidence_of_meaning"}


def test_every_question_is_reckoned_here_or_elsewhere() -> None:
    assert STORY.keys() | ELSEWHERE == ANALYSES.keys()
    assert not STORY.keys() & ELSEWHERE
    assert len(STORY) >= 60


@pytest.mark.parametrize("name", sorted(STORY))
def test_the_answer_is_the_one_that_the_story_tells(sample_project: Project, name: str) -> None:
    with sample_project.open() as connection:
        answer = connection.execute(ANALYSES[name]).fetchall()
    assert [tuple(float(cell) if hasattr(cell, "quantize") else cell for cell in row) for row in answer] == STORY[
        name
    ]()


def test_nothing_here_looks_into_the_warehouse() -> None:
    source = Path(__file__).read_text()
    assert not re.findall(r"^(?:import|from) (?:duckdb|dbt|landing|warehouse)", source, flags=re.MULTILINE)
