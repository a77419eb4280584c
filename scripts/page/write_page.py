"""Write the page: one file to open in a browser, which shows the event and fetches nothing.

What it shows is data: ``page/figures.yml`` lists the figures, ``page/queries/`` holds a query of the marts for each set
of rows, ``page/definitions.yml`` says what the numbers mean. ``page/page.js`` draws them with Vega-Lite
(``page/vendor/``). Rows that are too many for a page are cut off, and the page says so.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from naming.understood import how_much_is_understood
from warehouse.copies import PUBLISHED, SHARED, Mark, mark_of
from warehouse.database import connect
from warehouse.errors import WarehouseError, in_words
from warehouse.files import replace_file
from warehouse.paths import PROJECT_ROOT
from warehouse.settings import read_settings

PAGE = PROJECT_ROOT / "page"
TITLE = "JUNO activity warehouse"
# With these the page of ten million records is 2.8 MB.
ROWS_AT_MOST = 1500
# Sums of days and sets of minutes, which the filters need whole.
LONG_DATASETS = ("family_days", "user_days", "hours", "concurrency", "bracket_widths", "evidence")
LONG_ROWS_AT_MOST = 40_000

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
        page = page_of(database, mark)
    except duckdb.Error as error:
        raise WarehouseError(f"{database} is no copy of these marts: {in_words(error)} Fix: make build") from error

    def write(unfinished: Path) -> int:
        if mark.kind == PUBLISHED and output.is_file() and _meta(SHARED) in _head_of(output):
            raise WarehouseError(
                f"{output} is the page of a shared copy, and a page with names does not replace it. Nothing was"
                " written. Fix: another file; or delete the page, if that is what you want."
            )
        return unfinished.write_text(page, encoding="utf-8")

    def check(unfinished: Path) -> None:
        if unfinished.read_text(encoding="utf-8") != page:
            raise WarehouseError(
                f"{output} could not be read again as it was written. Fix: see whether the disk is sound."
            )

    replace_file(output, write, check)


def _meta(kind: str) -> str:
    """The mark of a page, as it stands in its head."""
    return f'<meta name="juno-copy" content="{kind}">'


def _head_of(page: Path) -> str:
    with page.open(encoding="utf-8", errors="replace") as file:
        return file.read(4096)


def page_of(database: Path, mark: Mark | None = None) -> str:
    """The page of a copy as a text."""
    mark = mark or mark_of(database) or Mark(PUBLISHED)
    settings = read_settings()
    with connect(database, read_only=True) as connection:
        connection.execute("set variable reporting_time_zone = ?", [settings["reporting_time_zone"]])
        datasets = {path.stem: dataset_of(connection, path) for path in sorted((PAGE / "queries").glob("*.sql"))}
        understood = how_much_is_understood(connection, settings["minimum_understood_ratio"])
    data = {
        "understood": {
            "headline": understood.headline,
            "consequences": understood.consequences,
            "instead": understood.instead,
        },
        "about": _about(datasets, settings["reporting_time_zone"]),
        "notice": _notice(mark, settings["minimum_cohort_size"]),
        "datasets": datasets,
        "sections": _read("figures.yml")["sections"],
        "definitions": _definitions(settings),
    }
    vega = (PAGE / "vendor" / "vega-bundle.js").read_text(encoding="utf-8")
    script = (PAGE / "page.js").read_text(encoding="utf-8")
    parts = {
        "policy": html.escape(_policy(vega, script)),
        "mark": _meta(mark.kind),
        "title": html.escape(TITLE),
        "style": (PAGE / "page.css").read_text(encoding="utf-8"),
        # Nothing in a JSON text ends a script element, then.
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        "vega": vega,
        "script": script,
    }
    template = (PAGE / "page.html").read_text(encoding="utf-8")
    pieces = template.replace("}}", "{{").split("{{")
    return "".join(piece if place % 2 == 0 else parts[piece] for place, piece in enumerate(pieces))


def dataset_of(connection: duckdb.DuckDBPyConnection, query: Path) -> Dataset:
    """The first rows of a query by column, and how many rows there are at all.

    A column of few different texts is given as these texts and their places.
    """
    sql = query.read_text(encoding="utf-8")
    limit = LONG_ROWS_AT_MOST if query.stem in LONG_DATASETS else ROWS_AT_MOST
    result = connection.execute(sql)
    names = [column[0] for column in result.description or ()]
    rows = result.fetchmany(limit + 1)
    total = len(rows)
    if total > limit:
        total = connection.execute(f"select count(*) from ({sql})").fetchall()[0][0]
    columns = zip(*rows[:limit], strict=True) if rows else ([] for _ in names)
    return {
        "total": total,
        "columns": {name: _column(list(map(_plain, column))) for name, column in zip(names, columns, strict=True)},
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return round(value, 4) if isinstance(value, float) else value


def _column(values: Sequence[object]) -> object:
    levels = {value: None for value in values if isinstance(value, str)}
    if not levels or len(levels) * 2 > len(values):
        return list(values)
    texts: list[object] = [*levels]
    if None in values:
        texts.append(None)
    places = {text: place for place, text in enumerate(texts)}
    return {"levels": texts, "codes": [places[value] for value in values]}


def _about(datasets: Mapping[str, Dataset], time_zone: str) -> str:
    days = _values(datasets["family_days"], "occurred_date")
    reports = datasets["reports"]["total"]
    if not days:
        return "The reports tell of no activity."
    return (
        f"Activities from {min(days)} to {max(days)}, told by {reports:,} report{'s' if reports != 1 else ''}."
        f" Times are UTC; days and hours are those of {time_zone}."
    )


def _values(dataset: Dataset, name: str) -> list[Any]:
    column = dataset["columns"][name]
    return column if isinstance(column, list) else column["levels"]


def _notice(mark: Mark, minimum_cohort_size: int) -> str:
    if mark.kind == SHARED:
        fewest = mark.minimum_cohort_size or minimum_cohort_size
        return (
            "People, names and texts are pseudonyms here, and in tables that are made of groups the numbers of fewer"
            f" than {fewest} people are blank. What this does not protect from: docs/how_to/personal_data.md."
        )
    return "This page names people. To hand a page on, make one of pseudonyms: make share."


def _definitions(settings: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    definitions: dict[str, dict[str, Any]] = _read("definitions.yml")
    for definition in definitions.values():
        definition["settings"] = {name: settings[name] for name in definition.get("settings", ())}
    return definitions


def _policy(*scripts: str) -> str:
    """Of scripts only these may run, and nothing may be fetched or sent."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    nothing_else = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{nothing_else}; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"


def _read(name: str, folder: Path = PAGE) -> Any:
    return yaml.safe_load((folder / name).read_text(encoding="utf-8"))


def page_path(published: Path) -> Path:
    """Path of the page of a published copy."""
    return published.with_name("report") / "index.html"


def shared_page_path(shared: Path) -> Path:
    """Path of the page of a shared copy."""
    return shared.with_name("shared_report") / "index.html"
