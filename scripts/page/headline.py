"""The first screen: the figures, the findings and what is unknown, as sentences made of queries.

``page/headline.yml`` has the texts, ``page/headline/`` the query of each. The page and ``make show`` show the same.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb

from page.events import counts_whole_site
from page.labels import make_labels
from warehouse.database import rows_by_column
from warehouse.paths import PROJECT_ROOT
from warehouse.settings import read_yaml

PAGE = PROJECT_ROOT / "page"
FINDINGS_AT_MOST = 3
NO_BREAK = "\N{NO-BREAK SPACE}"

Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A figure of the first screen.

    Attributes:
        label: what it counts.
        value: the value in words.
        context: what puts it into proportion.
        compared: how it stands to the event before; blank if there is none.
        where: the figure of the page with its parts.
        definition: how it is counted.
    """

    label: str
    value: str
    context: tuple[str, ...]
    compared: str
    where: str
    definition: str


@dataclass(frozen=True)
class Sentence:
    """A sentence, and the figure of the page that shows it; blank if none does.

    An urgent one is in the first lines of the summary, too.
    """

    text: str
    where: str = ""
    is_urgent: bool = False


@dataclass(frozen=True)
class Headline:
    """The first screen."""

    figures: tuple[Figure, ...]
    findings: tuple[Sentence, ...]
    unknowns: tuple[Sentence, ...]


@dataclass
class HeadlineRows:
    """The row that each query of ``page/headline/`` finds in a copy, or in an event of it; each is asked once.

    Attributes:
        connection: where the marts are.
        settings: values that texts may name beside the columns.
        fewest: a figure about fewer people is left out, as a shared copy asks.
        is_part: whether these are the marts of an event of some days or pages.
    """

    connection: duckdb.DuckDBPyConnection
    settings: Mapping[str, object]
    fewest: int = 0
    is_part: bool = False

    def __post_init__(self) -> None:
        """Begin with no row, and with names that distinguish."""
        self._rows: dict[str, Row] = {}
        make_labels(self.connection, str(self.settings["reporting_time_zone"]))

    def of(self, query: str) -> Row:
        """The row of a query with the settings; without a row only those."""
        if query not in self._rows:
            self._rows[query] = next(iter(rows_by_column(self.connection, _sql_of(query))), {})
        return {**self.settings, **self._rows[query]}

    def hides(self, entry: Mapping[str, Any], row: Row) -> bool:
        """Whether an entry is about too few people to be shared."""
        return "people" in entry and (row.get(entry["people"]) or 0) < self.fewest


def headline_of(rows: HeadlineRows, before: HeadlineRows | None = None, name_before: str = "") -> Headline:
    """The first screen of a copy.

    Args:
        rows: what the queries find.
        before: the same of the event before, if there is one.
        name_before: its name.
    """
    declared = read_yaml((PAGE / "headline.yml").read_text(encoding="utf-8"))
    findings = [sentence for sentence in map(lambda one: _finding(one, rows), declared["findings"]) if sentence]
    return Headline(
        tuple(_figures(declared["figures"], rows, before, name_before)),
        tuple(findings[:FINDINGS_AT_MOST]),
        tuple(_unknowns(declared["unknowns"], rows)),
    )


def _figures(
    declared: list[dict[str, Any]], rows: HeadlineRows, before: HeadlineRows | None, name_before: str
) -> Iterator[Figure]:
    for entry in declared:
        row = rows.of(entry["query"])
        value = filled(entry["value"], row)
        if value is None or rows.hides(entry, row):
            continue
        context = tuple(text for text in (filled(part, row) for part in entry["context"]) if text)
        compared = ""
        if before is not None:
            old = before.of(entry["query"])
            was = filled(entry["value"], old)
            if was is not None and not before.hides(entry, old):
                now, then = row[entry["compare"]], old[entry["compare"]]
                compared = f"{change(now, then, is_ratio=entry.get('is_ratio', False))} {name_before}: {was}"
        yield Figure(filled(entry["label"], row) or "", value, context, compared, entry["where"], entry["definition"])


def _finding(entry: Mapping[str, Any], rows: HeadlineRows) -> Sentence | None:
    row = rows.of(entry["query"])
    doubt = entry.get("doubt")
    if doubt:
        row["doubt"] = filled(doubt["some" if row.get(doubt["column"]) else "none"], row)
    text = filled(entry["tied" if row.get("tied_count") == 2 else "one"], row)
    return Sentence(text, entry["where"]) if text and not rows.hides(entry, row) else None


def _unknowns(declared: list[dict[str, Any]], rows: HeadlineRows) -> Iterator[Sentence]:
    for entry in declared:
        row = rows.of(entry["query"])
        text = filled(entry["text"], row)
        if text and ("only_if" not in entry or row[entry["only_if"]]):
            is_whole = rows.is_part and counts_whole_site(rows.connection, _sql_of(entry["query"]))
            yield Sentence(
                f"{text} This counts the whole site." if is_whole else text, is_urgent=entry.get("is_urgent", False)
            )


def _sql_of(query: str) -> str:
    return (PAGE / "headline" / f"{query}.sql").read_text(encoding="utf-8")


def filled(template: str, row: Mapping[str, object]) -> str | None:
    """A text with the values of a row; None where one that it names is not known."""
    named = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    if any(row.get(name) is None for name in named):
        return None
    with localcontext() as context:
        # As a browser rounds.
        context.rounding = ROUND_HALF_UP
        return _Words().format(
            template, **{name: Decimal(str(row[name])) if isinstance(row[name], float) else row[name] for name in named}
        )


class _Words(string.Formatter):
    """Formats as Python does, with a blank before the sign of percent, and {count:person|people} as a word."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value in the form that the template asks for."""
        if "|" in format_spec:
            one, more = format_spec.split("|")
            return one if value == 1 else more
        text = str(super().format_field(value, format_spec))
        return f"{text[:-1]}{NO_BREAK}%" if format_spec.endswith("%") else text


def change(now: float, then: float, *, is_ratio: bool) -> str:
    """How a number stands to one before, with an arrow for the eye."""
    difference = round(100 * (now - then)) if is_ratio else round(100 * (now - then) / then) if then else 0
    if not difference:
        return "as at"
    unit = (" point" if abs(difference) == 1 else " points") if is_ratio else f"{NO_BREAK}%"
    return f"{'▲' if difference > 0 else '▼'} {abs(difference)}{unit} since"
