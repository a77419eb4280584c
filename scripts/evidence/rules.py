"""The rule in words: sections of ``attendance_rules.md`` as HTML, and the settings with the values in use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from markdown_it import MarkdownIt

from warehouse.copies import SHARED, copy_kind
from warehouse.database import opened
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT
from warehouse.raw_tables import raw_to_read

RULES = PROJECT_ROOT / "models" / "marts" / "attendance" / "attendance_rules.md"
# The sections of the page, by what the evidence calls them.
COUNTED = ("What the log gives", "The three measures", "The window of a session", "Corrections")
LIMITS = ("What it cannot know",)
VERDICTS = "From stays to people and sessions"

# On paper a link leads nowhere.
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
# The settings of attendance in dbt_project.yml, and one of them with its meaning: above it, or behind it in a fork from
# before November 2026.
SETTINGS = re.compile(
    r"^  # Attendance: [^\n]*\n(.*?)(?=^  # \w[\w ]*: [\w/]+\.(?:md|yml)$|\Z)", re.MULTILINE | re.DOTALL
)
SETTING = re.compile(r"^(?:  # (.+)\n)?  (\w+):[^#\n]*(?:# (.+))?$", re.MULTILINE)
VERDICT = re.compile(r"^- \*\*Credits\*\*.*(?:\n  .*)*", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """A setting of attendance: its name, the value in use, and what it means in Markdown."""

    name: str
    value: object
    meaning: str


def section(heading: str) -> str:
    """The Markdown of a section of the rules, without its heading.

    Raises:
        WarehouseError: the page has no such section.
    """
    text = RULES.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise WarehouseError(f"{RULES} has no section {heading!r}. Fix: restore the page of your version.")
    return found[1].strip()


def verdict_rule() -> str:
    """The Markdown of the rule that holds credits against attendance.

    Raises:
        WarehouseError: the page has no such rule.
    """
    found = VERDICT.search(section(VERDICTS))
    if found is None:
        raise WarehouseError(f"{RULES} has no rule of credits. Fix: restore the page of your version.")
    return found[0]


def attended_rule(settings: Mapping[str, object]) -> str:
    """In words, how long a person has to be there to have attended."""
    reaches = "at least" if settings["attendance_bound_included"] else "more than"
    seconds, ratio = int(str(settings["attendance_minimum_seconds"])), float(str(settings["attendance_minimum_ratio"]))
    share = f", and {reaches} {ratio:.4g} times the length of the session" if ratio > 0 else ""
    return (
        f"By the log a person attended if the {settings['attendance_measure']} time is {reaches}"
        f" {seconds // 60:,} min {seconds % 60:02} s{share}. *Yes, proven* means that even the proven time is enough,"
        " and *no, but possible* that only the possible time is. A correction comes before the log."
    )


def as_html(markdown: str) -> str:
    """Markdown of this project as HTML; HTML in it stays text."""
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(LINK.sub(r"\1", markdown)))


def settings_of_attendance(settings: Mapping[str, object]) -> list[Setting]:
    """The settings of attendance, with the values in use.

    Raises:
        WarehouseError: their comments are gone, so that nothing says what they mean.
    """
    found = SETTINGS.search((PROJECT_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    if found is None:
        raise WarehouseError("dbt_project.yml has no settings below # Attendance. Fix: restore its comments.")
    return [
        Setting(name, settings.get(name, "not set"), above or behind)
        for above, name, behind in SETTING.findall(found[1])
    ]


@contextmanager
def both_opened(
    warehouse: Path, published: Path, settings: Mapping[str, object], why: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]]:
    """The warehouse and the published copy, for reading.

    Args:
        warehouse: the warehouse.
        published: the copy.
        settings: those in use.
        why: what pseudonyms can't do here.

    Raises:
        WarehouseError: one is not there, the copy is a shared one, or it was built with other settings.
    """
    for path in (warehouse, published):
        if not path.exists():
            raise WarehouseError(f"there is no {path}. Fix: make build")
    if copy_kind(published) == SHARED:
        raise WarehouseError(
            f"{published} is a shared copy, and its pseudonyms {why}. Nothing was written."
            " Fix: PUBLISHED_PATH with the published copy, or leave it out."
        )
    with raw_to_read(warehouse) as raw, opened(published) as copy:
        require_settings_of_build(copy, settings)
        yield raw, copy


def require_settings_of_build(copy: duckdb.DuckDBPyConnection, settings: Mapping[str, object]) -> None:
    """See that the copy was built with the settings that are printed: they may have been changed since.

    Raises:
        WarehouseError: it was not.
    """
    measure, reaches = settings["attendance_measure"], ">=" if settings["attendance_bound_included"] else ">"
    is_long = f"{measure}_seconds {reaches} $seconds"
    is_attended = f"{is_long} and ($ratio = 0 or coalesce({measure}_ratio {reaches} $ratio, false))"
    is_windowed = (
        "window_opened_at = started_at - to_minutes($before) and window_closed_at = ended_at + to_minutes($after)"
    )
    checks: dict[str, dict[str, object]] = {
        f"select count(*) from marts.fct_session_attendance where is_attended is distinct from ({is_attended})": {
            "seconds": settings["attendance_minimum_seconds"],
            "ratio": settings["attendance_minimum_ratio"],
        },
        f"select count(*) from marts.fct_sessions where started_at is not null and not ({is_windowed})": {
            "before": settings["session_buffer_before_minutes"],
            "after": settings["session_buffer_after_minutes"],
        },
    }
    for check, parameters in checks.items():
        [(count,)] = copy.execute(check, parameters).fetchall()
        if count:
            raise WarehouseError(
                "dbt_project.yml has other settings of attendance than those of the last build. Nothing was written."
                " Fix: make build"
            )
