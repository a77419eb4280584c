"""The tiers of the tests: what runs dbt is slow, and what is made once in a run is whole for all who wait."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import SETTINGS, Project, made_once, with_shipped_settings
from warm_start import run_warm


def test_a_fast_test_cannot_run_dbt(tmp_path: Path) -> None:
    for run in (Project(tmp_path).build, Project(tmp_path).dbt):
        with pytest.raises(AssertionError, match=r"this test runs dbt\. Fix: @pytest\.mark\.slow"):
            run()


@pytest.mark.slow
def test_what_others_read_is_not_built_in(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"Fix: build in sample_project\.copy\(folder\)"):
        Project(tmp_path, is_shared=True).dbt("build")


def test_a_fixture_that_builds_marks_its_test(request: pytest.FixtureRequest) -> None:
    building = [item for item in request.session.items if "once" in getattr(item, "fixturenames", ())]
    assert [item.name for item in building if item.get_closest_marker("slow") is None] == []


def make_twice(folder: Path) -> None:
    """Nobody asks for this."""
    raise AssertionError(f"{folder} is made twice")


def test_the_second_waits_until_the_first_has_made_it(tmp_path: Path) -> None:
    is_begun = threading.Event()
    made: list[str] = []

    def make(folder: Path) -> None:
        is_begun.set()
        second.start()
        assert not made
        (folder / "file").write_text("whole")

    second = threading.Thread(target=lambda: made.append((made_once(tmp_path / "it", make_twice) / "file").read_text()))
    made_once(tmp_path / "it", make)
    second.join()

    assert is_begun.is_set()
    assert made == ["whole"]


def test_what_the_first_could_not_make_fails_for_the_second_too(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise ValueError("no space left")

    with pytest.raises(ValueError, match="no space left"):
        made_once(tmp_path / "it", fail)
    with pytest.raises(AssertionError, match="no space left"):
        made_once(tmp_path / "it", fail)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('out')", (0, "out\n", "")),
        ("import os; print(os.getcwd(), os.environ['A'], 'B' in os.environ)", (0, "{folder} 1 False\n", "")),
        ("import sys; sys.exit(3)", (3, "", "")),
        ("import sys; sys.exit('wrong')", (1, "", "wrong\n")),
        ("import sys; print(sys.argv[1:], __name__, file=sys.stderr)", (0, "", "['x', 'y z'] __main__\n")),
        ("import atexit; atexit.register(print, 'last')", (0, "last\n", "")),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", (-9, "", "")),
        ("import beside; print(beside.VALUE)", (0, "7\n", "")),
    ],
)
@pytest.mark.slow
def test_a_warm_start_is_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, expected: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("B", "of the tests")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "beside.py").write_text("VALUE = 7\n")
    (tmp_path / "scripts" / "it.py").write_text(code)

    done = run_warm(["scripts/it.py", "x", "y z"], tmp_path, {"A": "1"})

    returncode, stdout, stderr = expected
    assert (done.returncode, done.stdout, done.stderr) == (returncode, stdout.format(folder=tmp_path), stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="dbt starts as a new process here.")
def test_dbt_of_a_warm_start_answers_and_writes_no_log_for_debugging(project: Project) -> None:
    listed = project.dbt("--quiet", "ls", "--select", "dim_users", "--resource-type", "model", "--output", "name")

    assert listed.stdout == "dim_users\n"
    assert "[debug]" not in (project.root / "logs" / "dbt.log").read_text()


def test_an_error_of_a_warm_start_is_told_in_full(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text("raise ValueError('what is wrong')")

    done = run_warm(["it.py"], tmp_path, {}, needs_dbt=False)

    assert done.returncode == 1
    assert "Traceback" in done.stderr and "ValueError: what is wrong" in done.stderr


def test_a_fork_keeps_what_it_adds_and_tests_have_the_shipped_settings(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text("name: x\n\nvars:\n  # Ours.\n  reporting_time_zone: Asia/Tokyo\n\n  own: [1, 2]\n\nseeds: {}\n")

    with_shipped_settings(tmp_path)

    assert yaml.safe_load(project.read_text()) == {"name": "x", "vars": {**SETTINGS, "own": [1, 2]}, "seeds": {}}
