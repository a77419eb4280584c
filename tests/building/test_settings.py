"""A setting with a value that it cannot have stops a build before its first model."""

from __future__ import annotations

import json
import re

import pytest

from conftest import ROOT, SETTINGS, Project

WRONG = {
    "reporting_time_zone": "Mars/Base",
    "minimum_cohort_size": 0,
    "attendance_measure": "guess",
    "attendance_minimum_seconds": -1,
    "attendance_bound_included": "false",
    "left_early_ratio": 1.5,
    "open_stay_leavers_ratio": "half",
    "outlier_days": 3.5,
    "open_stay_leavers_minimum": True,
    "personal_page_hosts": [
        "https://x.com",
        "x.com/",
        "x.com/people",
        "www.x.com",
        "@x.com",
        "*.x.com",
        "x.com:443",
        "x",
        "",
        ".x.com",
        "x..com",
        "a b.com",
        None,
    ],
    "schemes_without_host": "mailto",
    "schemes_with_host": [1, "https:", "https://"],
    "counted_answer": "newest",
}
AT_THE_BOUNDS = {
    "reporting_time_zone": "America/St_Johns",
    "minimum_cohort_size": 1,
    "attendance_minimum_seconds": 0,
    "attendance_minimum_ratio": 1,
    "left_early_ratio": 0.0,
    "meeting_gap_hours": 0.5,
    "personal_page_hosts": [],
    "schemes_without_host": [" Mailto", "git+ssh"],
}
# Those that would find nothing are named, and not the rest of the list.
HOSTS: dict[str, object] = {"personal_page_hosts": [" LinkedIn.com ", "b\u00fccher.example", "*.x.com"]}


@pytest.fixture
def small(project: Project) -> Project:
    """A project without models: with other settings dbt parses all again."""
    for path in (project.root / "models").rglob("*.*"):
        if path.name != "_groups.yml":
            path.unlink()
    return project


def ask(project: Project, settings: dict[str, object]) -> tuple[int, str]:
    result = project.dbt("run-operation", "require_known_settings", "--vars", json.dumps(settings))
    return result.returncode, result.stdout


@pytest.mark.slow
def test_each_wrong_setting_is_named_with_its_value(small: Project) -> None:
    code, said = ask(small, WRONG)
    assert code != 0
    named = re.findall(r"^ *(\w+) is (.+), and must be .+", said, flags=re.MULTILINE)
    assert {name: json.loads(value) for name, value in named} == WRONG


@pytest.mark.slow
def test_the_settings_as_shipped_and_those_at_their_bounds_are_known(small: Project) -> None:
    assert ask(small, {})[0] == 0
    assert ask(small, AT_THE_BOUNDS)[0] == 0


@pytest.mark.slow
def test_of_a_list_only_the_wrong_entries_are_named(small: Project) -> None:
    code, said = ask(small, HOSTS)
    assert code != 0
    assert 'personal_page_hosts is ["*.x.com"], and must be a list of hosts such as linkedin.com' in said


def test_every_setting_has_a_rule() -> None:
    rules = (ROOT / "macros" / "require_known_settings.sql").read_text().split("{% macro require_known_settings")[0]
    assert re.findall(r'^ {8}"(\w+)":', rules, flags=re.MULTILINE) == [*SETTINGS]
