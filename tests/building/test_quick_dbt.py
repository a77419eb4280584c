"""What a build leaves out of dbt, asked of dbt's own events and contexts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from building.quick_dbt import MadeWhenAsked

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# In one process, because dbt takes seconds to import.
PROGRAM = """
import json, os
import dbt.cli.main, dbt.adapters.duckdb
from dbt.compilation import Linker
from dbt.events.types import NodeFinished, NodeStart, LogStartLine
from dbt_common.events.event_manager import EventManager
from building.quick_dbt import make_dbt_quick

def fired():
    make_dbt_quick(heard=["NodeFinished"])
    make_dbt_quick(heard=["NodeFinished"])
    manager, heard = EventManager(), []
    manager.callbacks.append(lambda event: heard.append(f"{event.info.name} {event.data.node_info.node_name}"))
    for event in (NodeStart, NodeFinished, LogStartLine):
        manager.fire_event(event(node_info={"node_name": "fct_sessions"}))
    return heard

os.environ["DBT_LOG_LEVEL_FILE"] = "debug"
asked_for = fired()
del os.environ["DBT_LOG_LEVEL_FILE"]
as_usual = fired()
linker = Linker()
linker.dependency("fct_sessions", "dim_users")
cycles = [linker.find_cycles()]
linker.dependency("dim_users", "fct_sessions")
cycles.append(linker.find_cycles())
print(json.dumps({"asked for": asked_for, "as usual": as_usual, "cycles": cycles}))
"""


@pytest.mark.slow
def test_only_events_that_somebody_reads_are_written_and_a_cycle_of_models_is_still_named() -> None:
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)

    said = json.loads(done.stdout or "{}")
    assert said.keys() == {"asked for", "as usual", "cycles"}, done.stderr
    assert said["asked for"] == ["NodeStart fct_sessions", "NodeFinished fct_sessions", "LogStartLine fct_sessions"]
    assert said["as usual"] == ["NodeFinished fct_sessions", "LogStartLine fct_sessions"]
    without, cycle = said["cycles"]
    assert without is None
    assert sorted(cycle.split(" --> ")) == ["dim_users", "fct_sessions"]


def test_what_is_made_when_asked_is_like_a_dictionary_of_all() -> None:
    known, made = {"a": 1, "b": 2}, []

    def make(name: str) -> int:
        made.append(name)
        return known[name]

    asked = MadeWhenAsked().of(known, make)
    asked["c"] = 3
    assert ("b" in asked, "c" in asked, "d" in asked) == (True, True, False)
    assert made == []
    assert (asked["a"], asked.get("a"), asked.get("d", 0)) == (1, 1, 0)
    assert made == ["a"]
    with pytest.raises(KeyError):
        asked["d"]


def test_whoever_goes_through_what_is_made_when_asked_gets_all_of_it() -> None:
    known = {"a": 1, "b": 2}

    def asked() -> MadeWhenAsked:
        return MadeWhenAsked().of(known, known.__getitem__)

    assert {**asked()} == dict(asked()) == asked().copy() == dict(asked().items()) == known
    assert [*asked()] == [*asked().keys()] == ["a", "b"]
    assert [*asked().values()] == [1, 2]
