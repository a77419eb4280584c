"""Write the evidence of attendance: a page to print, with the record behind each end of each stay.

It is one file without scripts, fetches nothing, and holds personal data. What people typed is shown as text.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from evidence import queries
from evidence.people import find_session, find_user, forgotten_of, merged_ids
from evidence.queries import Row
from evidence.rules import (
    COUNTED,
    LIMITS,
    Setting,
    as_html,
    attended_rule,
    both_opened,
    section,
    settings_of_attendance,
    verdict_rule,
)
from page.people import make_words
from page.write_page import from_template
from warehouse.database import rows_by_column
from warehouse.errors import WarehouseError
from warehouse.files import replace_file
from warehouse.names import name_for_file
from warehouse.settings import read_settings
from warehouse.visible import visible

TEMPLATE = Path(__file__).with_name("evidence.html")
MEASURES = ("proven", "likely", "possible")
# How the rules page calls what ends a stay.
LIKELY_ENDS = {
    "left": "Left",
    "rejoined": "joined the room again",
    "joined_elsewhere": "joined another session",
    "others_left": "rule 4: others had left",
    "session_end": "rule 5: no record ends the stay",
    "cap": "rule 5: the longest that an open stay counts",
}
# Where the start and the end of a session are from.
WINDOWS = {
    "schedule": "from the schedule",
    "schedule_corrected": "the log shows that the schedule is wrong",
    "inferred": "inferred from the log",
}
VERDICTS = {
    "supported": "supported: even the proven minutes are attendance",
    "unsupported": "unsupported: not even the possible minutes are attendance",
    "undecidable": "undecidable: the possible minutes are attendance, the proven ones are not",
    "not_a_session": "the page was never a session",
}


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        path: the page.
        people: how many people it shows.
        others: ids with an e-mail of the person that are not in it.
        forgotten: people of the session who were forgotten, and are in the copy still.
    """

    path: Path
    people: int
    others: tuple[str, ...]
    forgotten: int


def write_evidence(
    warehouse: Path, published: Path, folder: Path, user_id: str | None, site_id: str | None, session: str | None
) -> Written:
    """Write the page of a user, of a user in a session, or of everybody in a session.

    Raises:
        WarehouseError: there is no such user or session, the person was forgotten, or the copy is a shared one.
    """
    settings = read_settings()
    with both_opened(warehouse, published, settings, "prove nothing") as (raw, copy):
        session_key = None if session is None else find_session(copy, session)
        merged: tuple[str, ...] = ()
        others: tuple[str, ...] = ()
        if user_id is not None:
            found = find_user(raw, copy, user_id, site_id)
            merged, others = found.merged, found.others
            user_keys, forgotten = [found.user_key], set[str]()
        else:
            user_keys = queries.people_in(copy, str(session_key))
            forgotten = forgotten_of(raw, user_keys)
            user_keys = [key for key in user_keys if key not in forgotten]
            if len(user_keys) == 1:
                merged = merged_ids(raw, user_keys[0])
        page = _page(copy, user_keys, merged, session_key, settings)
    about = [*(user_keys if user_id is not None else []), *([session_key] if session_key else [])]
    target = folder / f"{'_'.join(['evidence', *map(name_for_file, about)])}.html"

    def write(unfinished: Path) -> int:
        unfinished.touch(0o600)
        return unfinished.write_text(page, encoding="utf-8")

    replace_file(target, write)
    return Written(target, len(user_keys), others, len(forgotten))


def _page(
    copy: duckdb.DuckDBPyConnection,
    user_keys: list[str],
    merged: Sequence[str],
    session_key: str | None,
    settings: dict[str, Any],
) -> str:
    time_zone = str(settings["reporting_time_zone"])
    queries.prepare(copy, user_keys, time_zone)
    make_words(copy, settings)
    people = rows_by_column(copy, queries.PEOPLE)
    by_kind = {
        kind: queries.by_user(rows_by_column(copy, query, {"session": session_key}))
        for kind, query in (
            ("sessions", queries.SESSIONS),
            ("stays", queries.STAYS),
            ("corrections", queries.CORRECTIONS),
            ("credits", queries.CREDITS),
        )
    }
    if session_key is not None and not any(by_kind.values()):
        raise WarehouseError(
            f"the log has no Joined, no Left and no credit of {'anybody' if not user_keys else user_keys[0]} in the"
            f" session {session_key}. Nothing was written. Fix: another SESSION, or leave it out."
        )
    sites = sorted({person["site_id"] for person in people})
    sections = []
    for person in people:
        key = person["user_key"]
        own = {kind: rows.get(key, []) for kind, rows in by_kind.items()}
        sections.append(_person(person, merged, own))
    about = [people[0]["name"] if len(people) == 1 else f"{len(people):,} people"]
    if session_key is not None:
        about.append(queries.name_of_session(copy, session_key))
    parts = {
        "title": _shown(f"Evidence of attendance: {', '.join(about)}"),
        "about": _shown(
            f"Written on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Times are in {time_zone}. The number behind a time,"
            " such as +00, is its distance from UTC. The minutes are a definition of this project, and the platform"
            " publishes none."
        ),
        "attended": as_html(attended_rule(settings)),
        "contents": _contents(people, by_kind["sessions"]) if len(people) > 1 else "",
        "people": "\n".join(sections),
        "rule": "".join(f"<h3>{_shown(one)}</h3>{as_html(section(one))}" for one in COUNTED)
        + f"<h3>Credits</h3>{as_html(verdict_rule())}",
        "limits": "".join(as_html(section(one)) for one in LIMITS),
        "settings": _settings(settings_of_attendance(settings)),
        "reports": _table(
            ("File", "Id of the report", "Loaded", "Records", "All accounted for"),
            [
                (
                    row["file_name"],
                    row["report_id"],
                    row["loaded"],
                    f"{row['record_count']:,}",
                    _yes(row["is_reconciled"]),
                )
                for row in rows_by_column(copy, queries.REPORTS, {"sites": sites})
            ],
        ),
    }
    return from_template(TEMPLATE, parts)


def _contents(people: Sequence[Row], sessions: dict[str, list[Row]]) -> str:
    rows = []
    for person in people:
        [visit] = sessions.get(person["user_key"], [None])[:1]
        minutes = [_minutes(visit[f"{measure}_seconds"]) if visit else "–" for measure in MEASURES]
        attended = visit["attended"] if visit else "–"
        rows.append((person["name"], person["user_id"], *minutes, attended))
    table = _table(("Person", "User id", "Proven", "Likely", "Possible", "Attended"), rows)
    return f'<section class="contents"><h2>Everybody in this session</h2>{table}</section>'


def _person(person: Row, merged: Sequence[str], own: dict[str, list[Row]]) -> str:
    details = [
        ("User id", person["user_id"]),
        ("Also known by the ids", ", ".join(merged)),
        ("Site", person["site_id"]),
        ("Company", person["company"]),
        ("E-mail", person["email"]),
    ]
    lines = "".join(f"<dt>{_shown(name)}</dt><dd>{_shown(value)}</dd>" for name, value in details if value)
    parts = [f'<section class="person"><h2>{_shown(person["name"])}</h2><dl>{lines}</dl>', "<h3>Sessions</h3>"]
    parts.append(_sessions(own["sessions"]))
    stays: dict[str, list[Row]] = {}
    for stay in own["stays"]:
        stays.setdefault(stay["session_key"], []).append(stay)
    parts += [_stays(visit, stays[visit["session_key"]]) for visit in own["sessions"] if visit["session_key"] in stays]
    parts.append("<h3>Corrections</h3>" + _corrections(own["corrections"]))
    parts.append("<h3>Credits</h3>" + _credits(own["credits"]))
    return "".join([*parts, "</section>"])


def _sessions(visits: Sequence[Row]) -> str:
    if not visits:
        return "<p>The log has no Joined and no Left of this person.</p>"
    rows = [
        (
            visit["session_name"] or visit["session_key"],
            _window(visit),
            *(_minutes(visit[f"{measure}_seconds"]) for measure in MEASURES),
            visit["attended_by_log"],
            _correction_of(visit),
        )
        for visit in visits
    ]
    header = ("Session", "Start and end", "Proven", "Likely", "Possible", "Attended by the log", "Corrected")
    return f'<div class="sessions">{_table(header, rows)}</div>'


def _window(visit: Row) -> str:
    if visit["started"] is None:
        return "–"
    return f"{visit['started']} to {_time(visit['ended'], visit['started'])} ({WINDOWS[visit['window_source']]})"


def _correction_of(visit: Row) -> str:
    if not visit["is_corrected"]:
        return "–"
    seconds = visit["corrected_seconds"]
    return f"{_yes(visit['is_attended_corrected'])}{'' if seconds is None else f', {_minutes(seconds)}'}"


def _stays(visit: Row, stays: Sequence[Row]) -> str:
    rows = []
    for number, stay in enumerate(stays, 1):
        room = "" if stay["breakout_id"] is None else f" in breakout {stay['breakout_id']}"
        began = (
            "no Joined in the log" if stay["opened_by"] == "nothing" else f"Joined{room} {_at(stay['opened_record'])}"
        )
        rows.append(
            (
                str(number),
                (_time(stay["joined"] or stay["started"], visit["started"]), began, _clipped(stay, visit)),
                (_time(stay["proven_ended"], visit["started"]), _proven_by(stay)),
                (_time(stay["likely_ended"], visit["started"]), _likely_by(stay)),
                (_time(stay["possible_ended"], visit["started"]), _possible_by(stay)),
                " / ".join(_clock(stay[f"{measure}_added_seconds"]) for measure in MEASURES),
            )
        )
    header = ("", "From", "Proven until", "Likely until", "Possible until", "Adds min:s, proven / likely / possible")
    name = _shown(visit["session_name"] or visit["session_key"])
    opened, closed = (_time(visit[end], visit["started"]) for end in ("opened", "closed"))
    window = (
        f'<p class="window">Time counts from {opened} to {closed}: the session and the buffers before and after it.</p>'
    )
    heading = f"<h4>Stays in {name}, {_shown(visit['session_date'])}</h4>"
    return heading + (window if visit["opened"] else "") + _table(header, rows)


def _clipped(stay: Row, visit: Row) -> str:
    is_clipped = stay["joined"] is not None and stay["joined"] != stay["started"]
    return f"counts from {_time(stay['started'], visit['started'])}, when the window opens" if is_clipped else ""


def _proven_by(stay: Row) -> str:
    if stay["proven_closed_by"] == "nothing":
        return "nothing proves any time"
    what = "Left" if stay["proven_activity"] == "session left" else stay["proven_activity"] or stay["proven_closed_by"]
    return f"{what} {_at(stay['proven_record'])}"


def _likely_by(stay: Row) -> str:
    return f"{LIKELY_ENDS[stay['closed_by']]} {_at(stay['closed_record'])}".rstrip()


def _possible_by(stay: Row) -> str:
    if stay["is_possible_to_the_end"]:
        return "the window of the session closes"
    return f"Left {_at(stay['closed_record'])}"


def _at(record: Row | None) -> str:
    """The place of a record."""
    return "" if not record or record["number"] is None else f"({record['file']}, record {record['number']:,})"


def _corrections(corrections: Sequence[Row]) -> str:
    if not corrections:
        return "<p>No row of attendance_corrections.csv is about this person here.</p>"
    return _table(
        ("Session", "Attended", "Minutes", "Reason", "Decided by", "Decided at", "In force"),
        [
            (
                row["session_name"],
                _yes(row["is_attended_corrected"]),
                "–" if row["corrected_seconds"] is None else _minutes(row["corrected_seconds"]),
                row["reason"],
                row["decided_by"],
                row["decided"],
                _yes(row["is_applied"]),
            )
            for row in corrections
        ],
    )


def _credits(credits: Sequence[Row]) -> str:
    if not credits:
        return "<p>The log has no credit of this person here.</p>"
    return _table(
        ("Page", "Credits", "First earned", "First claimed", "Verdict"),
        [
            (
                row["page_name"],
                "not named" if row["earned_credits"] is None else f"{row['earned_credits']:f}",
                (row["earned"], _at(row["earned_record"])),
                (row["claimed"], _at(row["claimed_record"])),
                VERDICTS[row["verdict"]] if not row["is_corrected"] else f"{row['verdict']}, by a correction",
            )
            for row in credits
        ],
    )


def _settings(settings: Iterable[Setting]) -> str:
    rows = "".join(
        f"<tr><td><code>{_shown(one.name)}</code></td><td>{_shown(one.value)}</td><td>{as_html(one.meaning)}</td></tr>"
        for one in settings
    )
    return f"<table><thead><tr><th>Setting</th><th>Value</th><th>Meaning</th></tr></thead><tbody>{rows}</tbody></table>"


Cell = object | tuple[object, ...]


def _table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table; a cell of several values has one line for each."""
    head = "".join(f"<th>{_shown(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: Cell) -> str:
    values = cell if isinstance(cell, tuple) else (cell,)
    return "<br>".join(_shown(value) for value in values if value not in (None, "")) or "–"


def _shown(value: object) -> str:
    """A value of the log as text of a page: it is no markup, and no sign in it turns the text around."""
    return html.escape(visible(str(value)))


def _minutes(seconds: int) -> str:
    # A line breaks at none of these blanks.
    return f"{seconds // 60:,}\u00a0min\u00a0{seconds % 60:02}\u00a0s"


def _clock(seconds: int) -> str:
    return f"{seconds // 60:,}:{seconds % 60:02}"


def _time(moment: str | None, reference: str | None) -> str:
    """A time; without its day and zone where they are those of the session's start."""
    if moment is None:
        return "–"
    is_same = reference is not None and moment[:10] == reference[:10] and moment[19:] == reference[19:]
    return moment[11:19] if is_same else moment


def _yes(value: bool | None) -> str:
    return "–" if value is None else "yes" if value else "no"
