"""A setting with a value that it cannot have stops a build before its first model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import SETTINGS, Project
from warehouse.errors import WarehouseError
from warehouse.settings import read_settings, settings_macros

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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"session_buffer_before_minutes": "15"}, 'session_buffer_before_minutes is "15", and must be a number from 0'),
        ({"attendance_measure": ["likely"]}, 'attendance_measure is ["likely"], and must be proven or likely or'),
        ({"meeting_gap_hours": None}, "meeting_gap_hours is not set, and must be a number above 0 up to 8760"),
    ],
)
def test_a_model_that_would_fail_by_a_setting_names_it(project: Project, settings: dict[str, Any], said: str) -> None:
    for path in (project.root / "models").rglob("*.*"):
        if path.name not in ("int_sessions.sql", "int_session_event_parts.sql", "fct_session_attendance.sql"):
            path.unlink()
    result = project.dbt("parse", "--vars", json.dumps(settings))
    assert result.returncode != 0
    assert said in result.stdout, result.stdout


def said_of(settings: Mapping[str, Any]) -> list[str]:
    """The sentences about settings, without the first and the last line; none if all are in order."""
    try:
        settings_macros(settings)["require_known_settings"]()
    except WarehouseError as said:
        return str(said).splitlines()[1:-1]
    return []


KINDS: dict[str, Any] = {
    "deleted": None,
    "a text": "soon",
    "a number as a text": "0.5",
    "a number": 0.123,
    "a negative number": -1,
    "a large number": 1e11,
    "a number as YAML 1.1 reads 1e30": "1e30",
    "no number": float("nan"),
    "without end": float("inf"),
    "a switch": True,
    "a switch as a text": "true",
    "a list": [1],
    "a list of lists": [["x"]],
    "a dict": {"x": 1},
    "a blank text": "",
}
FIT = {
    "a number": {name for name, value in SETTINGS.items() if isinstance(value, float)}
    | {name for name in SETTINGS if name.endswith(("_ratio", "_score", "_minutes", "_hours", "_seconds"))},
    "a switch": {name for name, value in SETTINGS.items() if isinstance(value, bool)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_setting_takes_a_value_of_a_kind_that_it_cannot_have(kind: str) -> None:
    value, fit = KINDS[kind], FIT.get(kind, set()) - {"session_core_quantile"}
    is_said = "is not set" if value is None else f"is {json.dumps(value)}"
    wrong = {name: value for name in SETTINGS if name not in fit}
    said = said_of(SETTINGS | wrong)
    assert [one.partition(", and must be ")[0] for one in said] == [f"{name} {is_said}" for name in wrong]
    assert said_of(SETTINGS | dict.fromkeys(fit, value)) == []


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_by_another_name_is_missing_wherever_it_is_read(name: str) -> None:
    settings = {(f"{one}_x" if one == name else one): value for one, value in SETTINGS.items()}
    macros = settings_macros(settings)
    with pytest.raises(WarehouseError, match=rf"\n{name} is not set, and must be .+\nFix: "):
        macros["var"](name)
    assert [macros["var"](one) for one in SETTINGS if one != name] == [SETTINGS[one] for one in SETTINGS if one != name]
    assert macros["var"]("of_a_site") is None


@pytest.mark.parametrize(
    ("name", "value", "must_be"),
    [
        ("meeting_gap_hours", 0, "a number above 0 up to 8760"),
        ("straggler_hours", 0, "a number above 0 up to 8760"),
        ("session_window_quantile", 0.9, "a number from 0 to 0.5"),
        ("session_core_quantile", 0, "a number from 0.5 to 1"),
        ("open_stay_leavers_ratio", 0, "a number above 0 up to 1"),
        ("video_completed_ratio", 0, "a number above 0 up to 1"),
        ("session_buffer_before_minutes", 100_000_000_000, "a number from 0 to 1440"),
        ("session_buffer_after_minutes", 1441, "a number from 0 to 1440"),
        ("outlier_days", 0, "a whole number from 1 to 36500"),
        ("minimum_cohort_size", 10**30, "a whole number from 1 to 1000000"),
        ("lead_hot_score", -1, "a number from 0 to 1000000"),
    ],
)
def test_a_number_without_a_meaning_is_refused(name: str, value: float, must_be: str) -> None:
    assert said_of(SETTINGS | {name: value}) == [f"{name} is {json.dumps(value)}, and must be {must_be}"]


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        ({"lead_warm_score": 10}, {"lead_warm_score": 20}),
        ({"session_window_quantile": 0.3, "session_core_quantile": 0.7}, {"session_window_quantile": 0.4}),
        ({"session_buffer_after_minutes": 240}, {"session_buffer_after_minutes": 241}),
        (
            {"attendance_minimum_ratio": 1},
            {"attendance_minimum_ratio": 1, "attendance_bound_included": False},
        ),
    ],
)
def test_settings_fit_to_each_other(fits: dict[str, Any], does_not: dict[str, Any]) -> None:
    assert said_of(SETTINGS | fits) == []
    [sentence] = said_of(SETTINGS | does_not)
    for name, value in does_not.items():
        assert f"{name} is {json.dumps(value)}" in sentence


def test_a_command_names_a_setting_that_was_changed_after_the_build(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(json.dumps({"vars": SETTINGS}))
    assert read_settings(tmp_path) == SETTINGS
    (tmp_path / "dbt_project.yml").write_text(json.dumps({"vars": SETTINGS | {"attendance_minimum_seconds": "5 min"}}))
    with pytest.raises(WarehouseError, match='\nattendance_minimum_seconds is "5 min", and must be a number from 0'):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("attendance_minimum_second", "attendance_minimum_seconds"),
        ("reporting_timezone", "reporting_time_zone"),
        ("attendance_minimum_seconds_vip", None),
        ("sponsor_tag", None),
    ],
)
def test_a_misspelt_setting_beside_the_right_one_is_named(tmp_path: Path, name: str, near: str | None) -> None:
    (tmp_path / "dbt_project.yml").write_text(json.dumps({"vars": SETTINGS | {name: 200}}))
    if near is None:
        assert read_settings(tmp_path)[name] == 200
        return
    with pytest.raises(WarehouseError, match=f"a setting {name}, which is almost {near}. Fix: "):
        read_settings(tmp_path)


def test_every_setting_has_a_rule() -> None:
    assert [*settings_macros({})["setting_rules"]()] == [*SETTINGS]
