"""That what the project says in several places is the same in all of them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import yaml

from conftest import ROOT, SETTINGS
from declarations import by_name
from model_steps import missing_steps


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (ROOT / "seeds" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_family_has_a_staging_model_that_reads_it() -> None:
    families = {row["activity_family"] for row in seed("activity_types.csv")}
    read = {}
    for path in (ROOT / "models" / "staging").glob("stg_juno__*.sql"):
        if path.stem == "stg_juno__users":
            continue  # the one that reads no activities
        found = re.findall(r"family_activities\('(\w+)'\)", path.read_text())
        assert len(found) == 1, path.name
        read[found[0]] = path.stem
    assert set(read) == families
    assert all(model == f"stg_juno__{family}" for family, model in read.items() if family != "unrecognised")
    assert read["unrecognised"] == "stg_juno__unrecognised_activities"


def test_a_new_type_where_the_models_follow_steps_is_refused() -> None:
    [check] = by_name("seeds")["activity_types"]["data_tests"]
    rule = check["row_checks"]["arguments"]["expectations"]["steps_have_their_rule"]
    types = [(row["activity_family"], row["activity_type"]) for row in seed("activity_types.csv")]
    added = [("hand_raises", "hand_seen"), ("schedule_events", "schedule_paused"), ("downloads", "badge_unlocked")]
    with duckdb.connect() as connection:
        connection.execute("create table types (activity_family text, activity_type text)")
        connection.executemany("insert into types values (?, ?)", types + added)
        assert connection.execute(f"from types where not ({rule}) order by all").fetchall() == added[:2]


def test_the_families_with_a_column_are_those_of_the_dictionary() -> None:
    macro = (ROOT / "macros" / "activity_families.sql").read_text()
    families = re.findall(r'^ {8}"(\w+)",$', macro, flags=re.MULTILINE)
    assert families == sorted({row["activity_family"] for row in seed("activity_types.csv")})


def test_no_type_of_the_families_that_activity_texts_leaves_out_has_a_text() -> None:
    model = (ROOT / "models" / "marts" / "restricted" / "activity_texts.sql").read_text()
    left_out = set(re.findall(r"'(\w+)'", re.findall(r"activity_family not in \((.*)\)", model)[0]))
    families = {
        row["activity_family"]
        for row in seed("activity_types.csv")
        if "true" in (row["is_label_personal"], row["is_label_free_text"])
    }
    # The names of private meetings are in a model of their own.
    assert left_out & families == {"session_events"}


def test_an_inferred_alias_is_never_called_documented() -> None:
    # The guide shows the literal text of these two only; other words are in a heading at most.
    documented = {row["category_pattern"] for row in seed("activity_aliases.csv") if row["evidence"] == "documented"}
    assert documented == {"Poll - *", "Rating - *"}


def test_no_alias_is_shipped_for_an_activity_of_which_the_record_is_unknown() -> None:
    unknown = {row["activity_type"] for row in seed("activity_types.csv") if row["evidence"] == "unknown"}
    assert unknown
    assert not unknown & {row["activity_type"] for row in seed("activity_aliases.csv")}


def test_no_step_of_a_model_is_missing() -> None:
    missing = missing_steps(ROOT)
    assert missing == [], "\n".join(missing)


def test_every_folder_that_dbt_project_names_is_there() -> None:
    """In the place of dbt's warning, which dbt_project.yml silences."""
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["models"]["juno_activity"]

    def folders(settings: dict[str, Any], root: Path) -> list[Path]:
        nested = [(root / name, value) for name, value in settings.items() if not name.startswith("+")]
        return [folder for path, value in nested for folder in (path, *folders(value, path))]

    found = folders(settings, ROOT / "models")
    assert len(found) > 4
    assert [folder for folder in found if not folder.is_dir()] == []


def test_the_comments_of_the_settings_are_those_that_the_manual_shows() -> None:
    """The reference of settings has them from the file of the shipped defaults."""
    own, shipped = (
        [line.partition("#")[2] for line in (ROOT / path).read_text().partition("vars:")[2].splitlines() if "#" in line]
        for path in ("dbt_project.yml", "tests/settings.yml")
    )
    assert own == shipped, "Fix: the same comments in dbt_project.yml and tests/settings.yml"


def test_every_setting_has_a_shipped_default() -> None:
    """The reference of settings is written from these."""
    added = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"].keys() - SETTINGS.keys()
    assert not added, f"{', '.join(sorted(added))}: new in dbt_project.yml. Fix: its default in tests/settings.yml"
