"""What is read from an event log of Spark: whose each task was, and what it cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spark.events import Cost, as_markdown, read_costs
from warehouse.errors import WarehouseError

MODEL = "model.juno_activity.fct_user_days"


def job(stages: list[int], node: str | None, execution: int) -> dict[str, Any]:
    comment = f'/* {{"app": "dbt", "node_id": "{node}"}} */' if node else ""
    return {
        "Event": "SparkListenerJobStart",
        "Stage IDs": stages,
        "Properties": {
            "spark.job.description": f"{comment} create table marts.t as select 1",
            "spark.sql.execution.id": str(execution),
        },
    }


def task(
    stage: int, reason: str = "Success", milliseconds: int = 100, read: int = 0, written: int = 0
) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task End Reason": {"Reason": reason},
        "Task Metrics": {
            "Executor Run Time": milliseconds,
            "Executor CPU Time": milliseconds * 500_000,
            "Disk Bytes Spilled": 7,
            "Shuffle Read Metrics": {"Remote Bytes Read": read, "Local Bytes Read": 1},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": written},
        },
    }


def plan(execution: int, text: str) -> dict[str, Any]:
    # Longer events have the name of the class with its package.
    return {
        "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",
        "executionId": execution,
        "description": "/* cut off",
        "physicalPlanDescription": text,
    }


@pytest.fixture
def events(tmp_path: Path) -> Path:
    seen = [
        plan(5, "Arguments: hashpartitioning(site_id#12, user_id#3L, 200), ENSURE_REQUIREMENTS"),
        job([1, 2], MODEL, 5),
        task(1, milliseconds=2000, written=3_000_000),
        task(2, milliseconds=250, read=1_999_999),
        task(2, milliseconds=250, read=499_998),
        task(2, reason="ExecutorLostFailure"),
        plan(6, "Arguments: SinglePartition, ENSURE_REQUIREMENTS"),
        job([3], None, 6),
        task(3, written=4_000_000),
        plan(7, "Arguments: hashpartitioning(nobody#1, 4)"),
    ]
    folder = tmp_path / "eventlog_v2_app-1"
    folder.mkdir()
    text = "\n".join(map(json.dumps, seen)) + '\n{"Event": "SparkListenerTa'
    (folder / "events_1_app-1.inprogress").write_text(text)
    return tmp_path


def test_a_task_counts_for_the_model_whose_statement_it_ran(events: Path) -> None:
    costs = read_costs(events)

    assert costs.keys() == {MODEL, "(no node)"}
    assert costs[MODEL] == Cost(
        shuffled_bytes=3_000_000,
        spilled_bytes=28,
        cpu_seconds=1.3,
        longest_task_seconds=2.0,
        partitioned_by={"site_id, user_id"},
    )
    assert costs[MODEL].largest_task_bytes == 2_000_000
    assert costs[MODEL].largest_task_share == 0.8
    assert costs["(no node)"].partitioned_by == {"SinglePartition"}


def test_the_most_shuffled_comes_first(events: Path) -> None:
    assert as_markdown(read_costs(events)).splitlines()[2:] == [
        "| (no node) | 4.0 | 0.0 | 100% | 0.0 | 0.1 | 0.1 | SinglePartition |",
        f"| {MODEL} | 3.0 | 2.0 | 80% | 0.0 | 1.3 | 2.0 | site_id, user_id |",
    ]


def test_no_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no event log .* Fix: spark\.eventLog\.enabled=true"):
        read_costs(tmp_path)
