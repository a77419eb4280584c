"""What a build leaves out of dbt, asked of dbt's own events and contexts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from building.quick_dbt import MadeWhenAsked

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
FIRED = """
import dbt.cli.main, dbt.adapters.duckdb
from dbt.events.types import NodeFinished, NodeStart, LogStartLine
from dbt_common.events.event_manager import EventManager
from building.quick_dbt import make_dbt_quick

make_dbt_quick(heard=["NodeFinished"])
make_dbt_quick(heard=["NodeFinished"])
manager, heard = EventManager(), []
manager.callbacks.append(lambda event: heard.append(f"{event.info.name} {event.data.node_info.node_name}"))
for event in (NodeStart, NodeFinished, LogStartLine):
    manager.fire_event(event(node_info={"node_name": "fct_sessions"}))
print(heard)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "heard"),
    [
        pytest.param("", "['NodeFinished fct_sessions', 'LogStartLine fct_sessions']", id="as usual"),
        pytest.param(
            "debug",
            "['NodeStart fct_sessions', 'NodeFinished fct_sessions', 'LogStartLine fct_sessions']",
            id="asked for",
        ),
    ],
)
def test_only_events_that_somebody_reads_are_written(level: str, heard: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS), "DBT_LOG_LEVEL_FILE": level}
    if not level:
        del environment["DBT_LOG_LEVEL_FILE"]
    done = subprocess.run([sys.executable, "-c", FIRED], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == heard, done.stderr


CYCLES = """
import dbt.cli.main
from dbt.compilation import Linker
from building.quick_dbt import make_dbt_quick

make_dbt_quick()
linker = Linker()
linker.dependency("fct_sessions", "dim_users")
print(linker.find_cycles())
linker.dependency("dim_users", "fct_sessions")
print(sorted(linker.find_cycles().split(" --> ")))
"""


@pytest.mark.slow
def test_a_cycle_of_models_is_still_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CYCLES],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["None", "['dim_users', 'fct_sessions']"], done.stderr


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
