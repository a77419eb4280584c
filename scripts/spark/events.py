"""What a dbt build cost on Spark, model by model, from the event log: shuffled bytes, processor time, the longest task.

A job belongs to the model whose name dbt writes into the comment of its statement.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError

NODE = re.compile(r'"node_id": "((?:model|seed|test)\.[^"]+)"')
PARTITIONING = re.compile(r"(?:hash|range)partitioning\(([^\n]*?), \d+\)|(SinglePartition)")
EXPRESSION_ID = re.compile(r"#\d+L?")
NO_NODE = "(no node)"


@dataclass
class Cost:
    """What the statements of one node took.

    Attributes:
        shuffled_bytes: written by tasks for other tasks.
        spilled_bytes: written to the disk because memory was short.
        cpu_seconds: processor time of all tasks.
        longest_task_seconds: run time of the longest.
        partitioned_by: what rows were brought together by, as the plans say it.
        read_bytes: by stage, what each of its tasks read of a shuffle.
    """

    shuffled_bytes: int = 0
    spilled_bytes: int = 0
    cpu_seconds: float = 0.0
    longest_task_seconds: float = 0.0
    partitioned_by: set[str] = field(default_factory=set)
    read_bytes: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list), compare=False)

    @property
    def largest_task_bytes(self) -> int:
        """The most that one task read of a shuffle."""
        return max((max(stage) for stage in self.read_bytes.values()), default=0)

    @property
    def largest_task_share(self) -> float:
        """The part of its stage's bytes that this task read: of even tasks, one by their number."""
        stage = max(self.read_bytes.values(), key=max, default=[])
        return max(stage) / sum(stage) if sum(stage) else 0.0


def read_costs(events: Path) -> dict[str, Cost]:
    """The costs by node, of all applications that wrote into a folder of event logs.

    Raises:
        WarehouseError: there is no event log.
    """
    logs = sorted(path for path in events.rglob("events_*") if path.is_file())
    if not logs:
        raise WarehouseError(f"there is no event log in {events}. Fix: spark.eventLog.enabled=true")
    costs: dict[str, Cost] = defaultdict(Cost)
    for log in logs:
        _read(log, costs)
    return dict(costs)


@dataclass
class Log:
    """The contents of the event log of one application so far.

    Attributes:
        name: its file.
        nodes: by stage, the node that it is run for.
        executions: by execution, the node.
        partitionings: by execution, what rows were brought together by.
    """

    name: str
    nodes: dict[int, str] = field(default_factory=dict)
    executions: dict[int, str] = field(default_factory=dict)
    partitionings: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def start_job(self, event: dict[str, Any]) -> None:
        """Remember for which node a job's stages and executions are run."""
        properties = event.get("Properties") or {}
        node = _node_of(properties.get("spark.job.description") or "")
        self.nodes.update(dict.fromkeys(event["Stage IDs"], node))
        for execution in ("spark.sql.execution.id", "spark.sql.execution.root.id"):
            if execution in properties:
                self.executions[int(properties[execution])] = node

    def note_plan(self, event: dict[str, Any]) -> None:
        """Remember what an execution brings rows together by."""
        # The jobs name its owner: the event holds only the beginning of the statement.
        self.partitionings[event["executionId"]].update(
            EXPRESSION_ID.sub("", keys) or single
            for keys, single in PARTITIONING.findall(event.get("physicalPlanDescription") or "")
        )


def _read(path: Path, costs: dict[str, Cost]) -> None:
    """Add the contents of an event log to the costs."""
    log = Log(path.name)
    for event in _events(path):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerJobStart":
            log.start_job(event)
        elif kind == "SparkListenerTaskEnd":
            stage = event["Stage ID"]
            _add_task(costs[log.nodes.get(stage, NO_NODE)], (log.name, stage), event)
        elif kind in ("SparkListenerSQLExecutionStart", "SparkListenerSQLAdaptiveExecutionUpdate"):
            log.note_plan(event)
    for execution, node in log.executions.items():
        if execution in log.partitionings:
            costs[node].partitioned_by.update(log.partitionings[execution])


def _node_of(statement: str) -> str:
    found = NODE.search(statement)
    return found[1] if found else NO_NODE


def _add_task(cost: Cost, stage: tuple[str, int], event: dict[str, Any]) -> None:
    metrics = event.get("Task Metrics")
    if not metrics:
        return
    read = metrics["Shuffle Read Metrics"]
    fetched = read["Remote Bytes Read"] + read["Local Bytes Read"]
    cost.shuffled_bytes += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    cost.spilled_bytes += metrics["Disk Bytes Spilled"]
    cost.cpu_seconds += metrics["Executor CPU Time"] / 1e9
    cost.longest_task_seconds = max(cost.longest_task_seconds, metrics["Executor Run Time"] / 1000)
    cost.read_bytes[stage].append(fetched)


def _events(log: Path) -> Iterator[dict[str, Any]]:
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                # The last line of an application that was killed.
                return


def as_markdown(costs: dict[str, Cost]) -> str:
    """The costs as a table, the most shuffled first."""
    lines = [
        "| node | shuffled MB | largest task MB | of its stage | spilled MB | CPU s | longest task s | together by |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for node, cost in sorted(costs.items(), key=lambda item: -item[1].shuffled_bytes):
        numbers = [
            *(f"{number / 1e6:,.1f}" for number in (cost.shuffled_bytes, cost.largest_task_bytes)),
            f"{cost.largest_task_share:.0%}",
            f"{cost.spilled_bytes / 1e6:,.1f}",
            *(f"{seconds:.1f}" for seconds in (cost.cpu_seconds, cost.longest_task_seconds)),
        ]
        lines.append(f"| {node} | {' | '.join(numbers)} | {'; '.join(sorted(cost.partitioned_by))} |")
    return "\n".join(lines)
