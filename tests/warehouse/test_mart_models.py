"""What is read of the YAML beside the marts, and of the glossary."""

from __future__ import annotations

from pathlib import Path

import pytest

from publishing.published_tables import published_tables
from publishing.share import missing_annotations
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.mart_models import Model, read_models

YAML = """
models:
  - name: fct_activities
    description: >
      Activities. Grain: one row per
      activity.
    config: {meta: {cohort_size: people}}
    columns:
      - name: user_key
        description: "{{ doc('user_key') }} Told twice."
        config: {meta: {shared_as: pseudonym}}
      - name: place
        description: "{{ doc('unknown') }}"
      - name: silent
    data_tests:
      - other: {arguments: {grain: [wrong]}}
      - row_checks: {arguments: {grain: [user_key, "coalesce(place, 'none')"]}}
"""
GLOSSARY = "{% docs user_key %}\nSite and user.\n{% enddocs %}\n{%- docs other -%} Else {%- enddocs -%}"


@pytest.mark.parametrize(
    "text", ["models: [", "- a", "models: 5", "models:\n  - name: x\n    columns:\n", "models:\n  - {}", "\x00"]
)
def test_what_is_no_yaml_of_models_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "models" / "site").mkdir(parents=True)
    (tmp_path / "models" / "site" / "fct_x.yml").write_text(text)
    with pytest.raises(WarehouseError, match=r"fct_x.yml cannot be read as the YAML of models: .* Fix: correct it"):
        read_models(tmp_path)


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ("cohort_size: [people]", "has no column ['people'], which counts its people"),
        ("cohort_size: false", "does not say how many people are behind a row"),
        ("cohort_size: none", "has no site_id and user_id, whose pseudonym place would become"),
    ],
)
def test_an_annotation_that_means_nothing_is_said(tmp_path: Path, meta: str, said: str) -> None:
    (tmp_path / "models" / "site").mkdir(parents=True)
    (tmp_path / "models" / "site" / "fct_x.yml").write_text(
        f"models: [{{name: fct_x, config: {{meta: {{{meta}}}}}, columns: [{{name: place, config: {{meta: {{shared_as:"
        " user_pseudonym}}}]}]"
    )
    missing = missing_annotations("site.fct_x", {"place": "VARCHAR"}, read_models(tmp_path)["fct_x"])
    assert said in " ".join(missing)


def test_the_words_of_the_glossary_stand_where_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "models" / "marts" / "core").mkdir(parents=True)
    (tmp_path / "models" / "marts" / "core" / "fct_activities.yml").write_text(YAML)
    (tmp_path / "models" / "glossary.md").write_text(GLOSSARY)
    assert read_models(tmp_path) == {
        "fct_activities": Model(
            cohort_size="people",
            grain=("user_key", "coalesce(place, 'none')"),
            columns={"user_key": {"shared_as": "pseudonym"}, "place": {}, "silent": {}},
            description="Activities. Grain: one row per activity.",
            descriptions={"user_key": "Site and user. Told twice.", "place": "{{ doc('unknown') }}", "silent": ""},
        )
    }


def test_a_grain_of_which_the_copy_lacks_a_column_is_no_key(tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    with connect(copy) as connection:
        connection.execute("create schema marts; create table marts.t (a int not null, b int)")
        connection.execute("create schema staging; create table staging.t (a int)")
        found = {}
        for grain in (("a",), ("a", "coalesce(b, 0)"), ("a", "c")):
            [table] = published_tables(connection, {"t": Model(grain=grain)})
            found[grain] = table.grain, table.has_null_in_grain
            assert [(c.name, c.data_type, c.is_required) for c in table.columns] == [
                ("a", "INTEGER", True),
                ("b", "INTEGER", False),
            ]
    assert found[("a",)] == (("a",), False)
    assert found[("a", "coalesce(b, 0)")] == (("a", "b"), True)
    assert found[("a", "c")][0] == ()
