"""What the summary of a build says of reports that have drifted."""

from __future__ import annotations

import io

import duckdb
import pytest
from rich.console import Console

import summary

Row = dict[str, object]

COLUMNS = {
    **{"file_name": "varchar", "site_id": "varchar", "report_kind": "varchar", "loaded_at": "timestamp"},
    **{"is_newest": "boolean", "has_drifted": "boolean", "drift_reasons": "varchar"},
    **{"appeared_columns": "varchar", "vanished_columns": "varchar", "format_changes": "varchar"},
    **{"new_category_actions": "varchar", "new_activity_types": "varchar", "nonexistent_hour_count": "bigint"},
    **{"rejected_ratio": "double", "unrecognised_ratio": "double"},
}
QUIET: Row = {"site_id": "s", "report_kind": "activities", "loaded_at": "2026-05-12", "is_newest": True}


def said(*reports: Row) -> list[str]:
    """The lines that are printed of some rows of report_drift."""
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
        connection.execute(f"create table marts.report_drift ({columns})")
        for report in reports:
            row = QUIET | report
            places = ", ".join("?" * len(row))
            connection.execute(
                f"insert into marts.report_drift ({', '.join(row)}) values ({places})", list(row.values())
            )
        output = io.StringIO()
        summary._print_drift(connection, Console(file=output, width=120))
    return output.getvalue().splitlines()


def test_everything_that_changed_is_said_in_a_line() -> None:
    lines = said(
        {
            "file_name": "week_2.csv",
            "has_drifted": True,
            "drift_reasons": "columns, format, rejected records, unrecognised records, skipped hours",
            "appeared_columns": "Room",
            "vanished_columns": "label",
            "format_changes": "delimiter ; instead of ,",
            "rejected_ratio": 0.125,
            "unrecognised_ratio": 0.03,
            "nonexistent_hour_count": 4,
        }
    )
    assert lines == [
        "",
        "What changed in the newest reports since the ones before them (all of it: marts.report_drift):",
        "week_2.csv: new columns: Room; columns gone: label; delimiter ; instead of ,; 12.5 % of the records are"
        " rejected; 3.0 % of the records are of a kind that no alias knows; 4 records in an hour that […]",
    ]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"new_category_actions": "Badge / Won", "new_activity_types": "content_liked"}, "Badge / Won"),
        ({"new_activity_types": "content_liked"}, "content_liked"),
    ],
    ids=["pairs", "types alone"],
)
def test_new_activities_are_said_by_their_words(found: Row, words: str) -> None:
    # What is in brackets is no markup.
    (line,) = said({"file_name": "[b]a.csv", "has_drifted": True, "drift_reasons": "activity types", **found})[-1:]
    assert line == f"[b]a.csv: new activities: {words}"


def test_nothing_is_said_of_older_reports_nor_of_those_without_drift() -> None:
    drifted: Row = {"has_drifted": True, "drift_reasons": "columns", "appeared_columns": "Room"}
    assert said({"file_name": "old.csv", "is_newest": False, **drifted}, {"file_name": "b", "has_drifted": False}) == []


def test_a_share_is_only_said_where_it_is_a_reason() -> None:
    lines = said(
        {
            **{"file_name": "a.csv", "has_drifted": True, "drift_reasons": "format", "format_changes": "encoding x"},
            **{"rejected_ratio": 0.5, "unrecognised_ratio": 0.5, "nonexistent_hour_count": 9},
        }
    )
    assert lines[-1] == "a.csv: encoding x"


def test_no_more_than_three_reports_are_said() -> None:
    drifted: Row = {"has_drifted": True, "drift_reasons": "columns", "appeared_columns": "Room"}
    lines = said(*({"file_name": f"{site}.csv", "site_id": site, **drifted} for site in "edcba"))
    assert [line.split(":")[0] for line in lines[-4:]] == ["a.csv", "b.csv", "c.csv", "and 2 more reports"]
