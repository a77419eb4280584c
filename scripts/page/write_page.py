"""Write the page: one file to open in a browser, which shows the event and fetches nothing.

Its contents are data. ``page/headline.yml`` has the first screen, ``page/figures.yml`` the figures of each section,
``page/queries/`` a query of the marts for each set of rows, and ``page/definitions.yml`` what the numbers mean. The
scripts in ``page/script/`` draw them. Rows that are too many for a page are cut off, and the page says so.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from naming.understood import Understood, how_much_is_understood
from page.certificates import collected_for_all, list_certificates_of_marts
from page.events import (
    Event,
    counts_all_days,
    counts_whole_site,
    event_before,
    events_of,
    file_names,
    marts_of,
    read_events,
)
from page.headline import NO_BREAK, HeadlineRows, filled, headline_of
from page.labels import Labels, read_labels
from page.people import make_people_at_once, make_words
from warehouse.command_line import counted
from warehouse.copies import (
    PUBLISHED,
    SHARED,
    Mark,
    head_of,
    mark_of,
    name_beside,
    page_mark,
    refuse_inside_a_shared_copy,
)
from warehouse.database import number_of, opened
from warehouse.errors import WarehouseError, in_words
from warehouse.files import replace_file
from warehouse.paths import PROJECT_ROOT
from warehouse.settings import read_settings, read_yaml

PAGE = PROJECT_ROOT / "page"
# The site of reports for which none was given: it names nothing.
DEFAULT_SITE = "main"
# The page of everything beside those of the events.
EVERYTHING = "everything.html"
# From so many characters on, the data of a page is packed. The closest packing (9) takes four times as long, for 2 %.
PACKED_FROM, PACKING = 1_500_000, 6

# A query says in this column how many rows it has, where to count them would take as long as the query.
TOTAL = "total_row_count"

Dataset = dict[str, Any]


def write_page(database: Path, output: Path) -> None:
    """Write the page of a published or a shared copy; which of them it is, the copy says.

    Args:
        database: the copy.
        output: the file to write; it takes its place once it is whole.

    Raises:
        WarehouseError: there is no such copy, the page cannot be written, or a page with names would replace one with
            pseudonyms.
    """
    mark = mark_of(database)
    if mark is None:
        raise WarehouseError(f"there is no copy at {database}. Fix: make build, or make share for a shared one")
    try:
        pages = _pages(database, mark, output)
    except duckdb.Error as error:
        raise WarehouseError(f"{database} is no copy of these marts: {in_words(error)} Fix: make build") from error
    before = pages_at(output) if output.is_file() and "juno-copy" in head_of(output) else []
    for path, page in pages.items():
        _write(path, page, mark)
    for path in before:
        # It may name people who are gone.
        path.with_suffix(".pdf").unlink(missing_ok=True)
        if path not in pages:
            path.unlink()


def require_place_for_page(output: Path, kind: str) -> None:
    """See that the page of a copy may take a place.

    Raises:
        WarehouseError: the page of a copy of another kind is there, or a file that is no page.
    """
    head = head_of(output) if output.is_file() else ""
    if output.suffix.lower() not in (".html", ".htm") or (head and "<html" not in head.lower()):
        raise WarehouseError(f"{output} is not a page. Nothing was written. Fix: a file that ends in .html")
    if kind == PUBLISHED and page_mark(SHARED) in head:
        raise WarehouseError(
            f"{output} is the page of a shared copy, and a page with names does not replace it. Nothing was"
            " written. Fix: another file; or delete the page, if that is what you want."
        )
    if kind == SHARED and page_mark(PUBLISHED) in head:
        raise WarehouseError(
            f"{output} is the page of a published copy, and a page with pseudonyms does not replace it. Nothing was"
            " written. Fix: another file; or delete the page, if that is what you want."
        )
    refuse_inside_a_shared_copy(output, kind)


def _write(output: Path, page: str, mark: Mark) -> None:
    require_place_for_page(output, mark.kind)

    def write(unfinished: Path) -> int:
        require_place_for_page(output, mark.kind)
        return unfinished.write_text(page, encoding="utf-8")

    def check(unfinished: Path) -> None:
        if unfinished.read_text(encoding="utf-8") != page:
            raise WarehouseError(
                f"{output} could not be read again as it was written. Fix: see whether the disk is sound."
            )

    replace_file(output, write, check, kind=mark.kind)


def pages_at(output: Path) -> list[Path]:
    """The page and those of its events beside it, as far as they are there."""
    beside = [path for path in output.parent.glob("event-*.html") if '<meta name="juno-copy"' in head_of(path)]
    everything = output.with_name(EVERYTHING)
    return [path for path in (output, everything, *sorted(beside)) if path.is_file()]


def _pages(database: Path, mark: Mark, output: Path) -> dict[Path, str]:
    """The pages by their files: one, or with several events one of each, one of everything, and their index."""
    declared = read_events()
    with opened(database) as connection:
        events = events_of(connection, declared)
        names = file_names(events)
        pages, entries = {}, []
        with collected_for_all(connection) as certificates:
            if len(events) < 2:
                return {output: html_of(read_data(database, mark, certificates, *events), mark)}
            for event in events:
                data = read_data(database, mark, certificates, event, event_before(event, events))
                data["home"] = output.name
                pages[output.with_name(names[event])] = html_of(data, mark)
                entries.append((names[event], data))
            everything = read_data(database, mark, certificates) | {"home": output.name}
    pages[output.with_name(EVERYTHING)] = html_of(everything, mark)
    pages[output] = index_of(entries, everything, mark)
    return pages


def read_data(
    database: Path, mark: Mark, certificates: str, event: Event | None = None, before: Event | None = None
) -> dict[str, Any]:
    """What the page of an event shows, beside the event before; ``certificates`` is the database of all of them."""
    settings = read_settings()
    with ExitStack() as stack:
        connection = stack.enter_context(marts_of(database, event))
        list_certificates_of_marts(connection, settings, certificates)
        other = stack.enter_context(marts_of(database, before)) if before else None
        return data_of(connection, mark, settings, event, (before.name, other) if before and other else None)


def data_of(
    connection: duckdb.DuckDBPyConnection,
    mark: Mark,
    settings: Mapping[str, Any],
    event: Event | None = None,
    before: tuple[str, duckdb.DuckDBPyConnection] | None = None,
) -> dict[str, Any]:
    """What the page shows, as its script reads it."""
    zone = settings["reporting_time_zone"]
    connection.execute("set variable reporting_time_zone = ?", [zone])
    fewest = (mark.minimum_cohort_size or settings["minimum_cohort_size"]) if mark.kind == SHARED else 0
    is_part = event is not None and event.is_bounded
    has_days = event is not None and event.has_days
    rows = HeadlineRows(connection, settings, fewest, is_part=is_part)
    headline = headline_of(
        rows, HeadlineRows(before[1], settings, fewest) if before else None, before[0] if before else ""
    )
    queries = sorted((PAGE / "queries").glob("*.sql"))
    labels = read_labels(connection)
    make_people_at_once(connection)
    make_words(connection, settings)
    datasets = {path.stem: dataset_of(connection, path, labels) for path in queries}
    for path in queries if is_part else ():
        sql = path.read_text(encoding="utf-8")
        datasets[path.stem]["is_whole"] = counts_whole_site(connection, sql)
        datasets[path.stem]["is_of_all_days"] = has_days and counts_all_days(connection, sql)
    understood = how_much_is_understood(connection, settings["minimum_understood_ratio"])
    return {
        "title": event.name if event else _title(datasets),
        "period": _period(rows.of("period")),
        "zone": zone,
        "trust": _trust(understood, rows, is_part=is_part),
        "understood": {"consequences": understood.consequences, "instead": understood.instead},
        "headline": asdict(headline),
        "notice": _notice(mark, settings["minimum_cohort_size"]),
        "datasets": datasets,
        "sections": _read_filled("figures.yml", settings)["sections"],
        "profiles": _read_filled("profiles.yml", settings)["profiles"],
        "keeper": _read("keeper.yml"),
        "fewest": fewest,
        "words": _read("words.yml"),
        "definitions": _definitions(settings),
    }


def html_of(data: Mapping[str, Any], mark: Mark) -> str:
    """The page that shows the data."""
    script = script_of_page()
    parts = {
        "policy": html.escape(_policy(script)),
        "mark": page_mark(mark.kind),
        "title": html.escape(data["title"]),
        "style": (PAGE / "page.css").read_text(encoding="utf-8"),
        **_embedded(json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)),
        "script": script,
    }
    return from_template(PAGE / "page.html", parts)


def _embedded(text: str) -> dict[str, str]:
    """The data as the page carries it, and its type. A large text is packed to a fifth of its size."""
    if len(text) > PACKED_FROM:
        packed = gzip.compress(text.encode(), PACKING, mtime=0)
        return {"type": "application/gzip", "data": base64.b64encode(packed).decode()}
    # Nothing in a JSON text ends a script element, then.
    return {"type": "application/json", "data": text.replace("<", "\\u003c")}


def index_of(entries: Sequence[tuple[str, Mapping[str, Any]]], everything: Mapping[str, Any], mark: Mark) -> str:
    """The page that lists the events with their figures, the newest first."""

    def card(file: str, data: Mapping[str, Any], title: str) -> str:
        figures = "".join(
            f"<div><dt>{html.escape(one['label'])}</dt>"
            f'<dd class="figure-value">{html.escape(one["value"])}</dd>'
            f"<dd>{html.escape(''.join(one['context'][:1]))}</dd>"
            f'<dd class="compared">{html.escape(one["compared"])}</dd></div>'
            for one in data["headline"]["figures"]
            if not data["understood"]["instead"]
        )
        return (
            f'<section><h2><a href="{html.escape(quote(file))}">{html.escape(title)}</a></h2>'
            f'<p class="subtitle">{html.escape(data["period"])}</p><dl class="headline">{figures}</dl></section>'
        )

    cards = [card(file, data, data["title"]) for file, data in entries]
    return from_template(
        PAGE / "index.html",
        {
            "mark": page_mark(mark.kind),
            "policy": html.escape(_policy()),
            "style": (PAGE / "page.css").read_text(encoding="utf-8"),
            "events": "\n".join([*cards, card(EVERYTHING, everything, "Everything")]),
            "notice": html.escape(everything["notice"]),
        },
    )


def from_template(template: Path, parts: Mapping[str, str]) -> str:
    """A page made of a template, with a part of HTML in the place of each name in braces."""
    pieces = template.read_text(encoding="utf-8").replace("}}", "{{").split("{{")
    return "".join(piece if place % 2 == 0 else parts[piece] for place, piece in enumerate(pieces))


def script_of_page() -> str:
    """The script of the page: the files of ``page/script/`` in the order of their names, as one."""
    files = sorted((PAGE / "script").glob("*.js"))
    return "\n".join(['"use strict";', *(file.read_text(encoding="utf-8") for file in files)])


@cache
def _row_limits() -> tuple[dict[str, int], frozenset[str]]:
    """The limits of rows in page/figures.yml, and the datasets that the script sums up."""
    declared = _read("figures.yml")
    figures = [figure for section in declared["sections"] for figure in section["figures"]]
    return declared["rows_at_most"], frozenset(figure["dataset"] for figure in figures if figure.get("by"))


def rows_at_most(dataset: str) -> int:
    """How many rows of a dataset the page has."""
    limits, summed_up = _row_limits()
    return limits.get(dataset, limits["summed_up" if dataset in summed_up else "others"])


def dataset_of(connection: duckdb.DuckDBPyConnection, query: Path, labels: Labels | None = None) -> Dataset:
    """The first rows of a query by column, and how many rows there are at all (its column of totals, if it has one).

    A column of few different texts is given as these texts and their places. A name that several sessions, pages
    or booths have is replaced by its label.
    """
    sql = query.read_text(encoding="utf-8")
    limit = rows_at_most(query.stem)
    # One more than is shown. A query with parts that take long can use it too.
    connection.execute("set variable rows_at_most = ?", [limit + 1])
    result = connection.execute(f"{sql}\nlimit {limit + 1}")
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    by_column = zip(*rows[:limit], strict=True) if rows else ([] for _ in names)
    columns = {name: _plain_column(column) for name, column in zip(names, by_column, strict=True)}
    totals = columns.pop(TOTAL, None)
    total = len(rows)
    if total > limit:
        total = totals[0] if totals else number_of(connection, f"select count(*) from ({sql})")
    for key, name, distinct in labels or ():
        if distinct and key in columns and name in columns:
            columns[name] = [distinct.get(str(one), old) for one, old in zip(columns[key], columns[name], strict=True)]
    return {"total": total, "columns": {name: _column(values) for name, values in columns.items()}}


def _plain_column(values: Sequence[Any]) -> list[Any]:
    """The values of a column as JSON has them; each different one is converted once."""
    if {datetime, date, Decimal, float}.isdisjoint(map(type, values)):
        return list(values)
    plain = {value: _plain(value) for value in set(values)}
    return [plain[value] for value in values]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return round(value, 4) if isinstance(value, float) else value


def _column(values: Sequence[object]) -> object:
    levels = dict.fromkeys(values) if str in map(type, values) else {}
    levels.pop(None, None)
    if not levels or len(levels) * 2 > len(values):
        return list(values)
    texts: list[object] = [*levels]
    if None in values:
        texts.append(None)
    places = {text: place for place, text in enumerate(texts)}
    return {"levels": texts, "codes": [places[value] for value in values]}


def _read_filled(name: str, settings: Mapping[str, Any]) -> Any:
    """A file of the page with the settings that its texts name, such as the zone in a label."""
    text = (PAGE / name).read_text(encoding="utf-8")
    values = {
        "zone": settings["reporting_time_zone"],
        "minimum": least_attendance(settings),
        "stay": filled("{left_early_ratio:.0%}", settings) or "",
    }
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return read_yaml(text)


def least_attendance(settings: Mapping[str, Any]) -> str:
    """The least attendance that counts, in words."""
    more = "" if settings["attendance_bound_included"] else "more than "
    minutes, seconds = divmod(int(settings["attendance_minimum_seconds"]), 60)
    least = f"{more}{minutes} min" + (f" {seconds} s" if seconds else "")
    share = filled("{attendance_minimum_ratio:.0%}", settings) if settings["attendance_minimum_ratio"] else None
    return f"{least} and {more}{share} of the session" if share else least


def _title(datasets: Mapping[str, Dataset]) -> str:
    """The name of the event as far as the copy knows one: its sites."""
    sites = sorted({site for site in _values(datasets["people"], "site_id") if site})
    named = ", ".join(site for site in sites if site != DEFAULT_SITE)
    return f"Activity of {named}" if named else "Activity report"


def _period(row: Mapping[str, Any]) -> str:
    """The days of the sessions in words, or of the activities where there was no session."""
    first, last = row.get("first_session_day"), row.get("last_session_day")
    if first is None:
        first, last = row.get("first_activity_day"), row.get("last_activity_day")
    return "" if first is None or last is None else days_in_words(first, last)


def days_in_words(first: date, last: date) -> str:
    """A span of days as people write it: 12 to 13 May 2026."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def _trust(understood: Understood, rows: HeadlineRows, *, is_part: bool) -> list[dict[str, str]]:
    """How far the page can be relied on, in three parts: what was understood, what is proven, how new it is."""
    parts = [
        {
            "value": f"{understood.percent}{NO_BREAK}%",
            "label": f"of {counted(understood.landed, 'record')}{' of the whole site' if is_part else ''} understood",
            "definition": "understood",
        }
    ]
    proven = filled("{proven_ratio:.0%}", rows.of("hours"))
    if proven:
        parts.append(
            {"value": proven, "label": "of the likely hours are proven by records", "definition": "attendance"}
        )
    newest = rows.of("period").get("last_activity_day")
    if newest is not None:
        written = datetime.now(tz=UTC).date()
        age = max(0, (written - newest).days)
        old = "on the day" if age == 0 else f"{counted(age, 'day')} before"
        label = f"is the day of the newest record, {old} this page was written"
        parts.append({"value": days_in_words(newest, newest), "label": label, "definition": "checks"})
    return parts


def _values(dataset: Dataset, name: str) -> list[Any]:
    column = dataset["columns"][name]
    return column if isinstance(column, list) else column["levels"]


def _notice(mark: Mark, minimum_cohort_size: int) -> str:
    if mark.kind == SHARED:
        fewest = mark.minimum_cohort_size or minimum_cohort_size
        return (
            "People, names and texts are pseudonyms here, and in tables that are made of groups the numbers of fewer"
            f" than {fewest} people are blank or left out. What this does not protect from:"
            " docs/explanation/shared_copy.md."
        )
    return "This page names people. Whoever keeps it can make one with pseudonyms to hand on."


def _definitions(settings: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    definitions: dict[str, dict[str, Any]] = _read("definitions.yml")
    for definition in definitions.values():
        definition["settings"] = {name: settings[name] for name in definition.get("settings", ())}
    return definitions


def _policy(*scripts: str) -> str:
    """Only these scripts may run, and nothing may be fetched or sent."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    nothing_else = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{nothing_else}; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"


def _read(name: str, folder: Path = PAGE) -> Any:
    return read_yaml((folder / name).read_text(encoding="utf-8"))


def page_path(published: Path) -> Path:
    """Path of the page of a published copy."""
    return published.with_name("report") / "index.html"


def page_of_copy(copy: Path) -> Path:
    """Path of the page of a copy, whichever of the two it is."""
    return name_beside(copy, "report") / "index.html"


def shared_page_path(shared: Path) -> Path:
    """Path of the page of a shared copy."""
    return shared.with_name("shared_report") / "index.html"
