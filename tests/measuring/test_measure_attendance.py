"""The measuring of attendance: its numbers by hand, and a small grid through the loader and dbt."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from conftest import Once, copy_project
from measuring.attendance import (
    LOST_LEFTS,
    OTHER_LOSSES,
    WINDOWS,
    Cell,
    Result,
    compare_with_truth,
    grid,
    measure,
    write_accuracy_page,
)
from measuring.rooms import RoomResult, behaviour_cases, real_cases, simple_alternatives, true_seconds
from simulation.rooms import BEHAVIOURS, Room, Visit
from warm_start import run_warm

CELL = Cell(0.2, "none", "inferred", 1)
SETTINGS = {
    "attendance_minimum_seconds": 300,
    "session_buffer_before_minutes": 15,
    "session_buffer_after_minutes": 15,
}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A truth of four attendees, and an attendance that is wrong about three of them and invents a fifth.

    The session lasts from 10:00 to 11:00. Of the truth, a stays 1000 s and in a breakout 100 s of them and 100 s more,
    b 200 s, c has a meeting of 600 s, d is 30 minutes early and goes at the start, so that 15 minutes count.
    """
    connection = duckdb.connect()
    connection.execute(
        """
        create schema intermediate;
        attach ':memory:' as published;
        create schema published.marts;
        create table agenda as from (values
            ('seed1', '7', timestamp '2026-01-01 10:00', timestamp '2026-01-01 11:00')
        ) as agenda(site_id, content_id, starts_at, ends_at);
        create table truth as
        select 'seed1' as site, user_id, content_id, session_name,
            timestamp '2026-01-01 10:00' + to_seconds(start) as started_at,
            timestamp '2026-01-01 10:00' + to_seconds(stop) as ended_at
        from (values
            ('a', '7', 'Talk', 0, 1000),
            ('a', '7', 'Breakout from Talk #1', 100, 200),
            ('a', '7', 'Breakout from Talk #2', 900, 1100),
            ('b', '7', 'Talk', 0, 200),
            ('c', null, 'Meeting with Ada', 0, 600),
            ('d', '7', 'Talk', -1800, 0)
        ) as stays(user_id, content_id, session_name, start, stop);
        create table intermediate.int_session_events as from (values
            ('s:7', 'a', '7', 'Talk'),
            ('s:name:1', 'c', null, 'Meeting with Ada'),
            ('s:name:1', 'f', null, 'Meeting with C')
        ) as events(session_key, user_id, content_id, session_name);
        alter table intermediate.int_session_events add column site_id varchar default 'lost20-none-inferred-seed1';
        create table published.marts.fct_session_attendance as
        select 'lost20-none-inferred-seed1' as site_id, *
        from (values
            ('a', 's:7', '7', 1000, 1100, 1200, true),
            ('b', 's:7', '7', 0, 500, 500, true),
            ('c', 's:name:1', null, 100, 200, 300, false),
            ('e', 's:7', '7', 0, 0, 0, false)
        ) as attendance(
            user_id, session_key, content_id, proven_seconds, likely_seconds, possible_seconds, is_attended
        );
        """
    )
    return connection


def test_numbers_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """True seconds are 1100, 200, 600, 900 and 0: 2800; d has no row, and e was never there."""
    [result] = compare_with_truth(connection, [CELL], SETTINGS)

    assert (result.window_source, result.losses, result.lost_left) == ("inferred", "none", 0.2)
    assert result.attendees == 5
    assert result.true_minutes == pytest.approx(2800 / 5 / 60)
    assert result.proven_error == pytest.approx((100 + 200 + 500 + 900) / 2800)
    assert result.proven_bias == pytest.approx(-(100 + 200 + 500 + 900) / 2800)
    assert result.likely_error == pytest.approx((0 + 300 + 400 + 900) / 2800)
    assert result.likely_bias == pytest.approx((300 - 400 - 900) / 2800)
    assert result.possible_error == pytest.approx((100 + 300 + 300 + 900) / 2800)
    assert result.possible_bias == pytest.approx((100 + 300 - 300 - 900) / 2800)
    # a, b and e are inside their brackets; b is a wrong yes; c and d are wrong no.
    assert result.bracketed == pytest.approx(3 / 5)
    assert result.wrong_yes == pytest.approx(1 / 5)
    assert result.wrong_no == pytest.approx(2 / 5)


def test_the_bound_of_attended_is_included(connection: duckdb.DuckDBPyConnection) -> None:
    [result] = compare_with_truth(connection, [CELL], {**SETTINGS, "attendance_minimum_seconds": 200})

    assert result.wrong_yes == 0


def test_each_cell_is_a_site_of_its_own() -> None:
    cells = grid(LOST_LEFTS, (1, 2, 3))

    assert len({cell.site_id for cell in cells}) == len(cells)
    assert len(cells) == len(LOST_LEFTS) * len(OTHER_LOSSES) * len(WINDOWS) * 3
    assert Cell(0.05, "two devices", "schedule", 2).site_id == "lost5-two-devices-schedule-seed2"


def start_warm(command: list[str], *, cwd: Path, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
    """Run dbt as ``subprocess.run`` would."""
    return run_warm(command, cwd, env)


@pytest.fixture(scope="module")
def measured(once: Once) -> tuple[list[Result], list[RoomResult]]:
    """One small event with two losses at two rates, with a schedule and without; and every behaviour and real log."""
    cells = [cell for cell in grid((0.0, 0.2), (1,)) if cell.losses in {"none", "all"}]
    behaviours = [replace(behaviour, pages=min(behaviour.pages, 6)) for behaviour in BEHAVIOURS]
    cases = [*behaviour_cases((1,), behaviours, (0.0, 0.2)), *real_cases(lost_lefts=(0.0, 0.2), seeds=2)]

    def make(folder: Path) -> None:
        copy_project(folder)
        with pytest.MonkeyPatch.context() as patched:
            # dbt as in other tests: it begins in half the time.
            patched.setattr("measuring.attendance.subprocess", SimpleNamespace(run=start_warm))
            # None of these reports is a copy of another. To look for one takes as long as to load them.
            patched.setattr("landing.one_report._check_twins", lambda *_: [])
            results, rooms = measure(cells, 60, folder, cases)
        written = {"events": [asdict(result) for result in results], "rooms": [asdict(result) for result in rooms]}
        (folder / "results.json").write_text(json.dumps(written))

    written = json.loads((once("grid", make) / "results.json").read_text())
    return [Result(**row) for row in written["events"]], [RoomResult(**row) for row in written["rooms"]]


@pytest.fixture(scope="module")
def small_grid(measured: tuple[list[Result], list[RoomResult]]) -> dict[tuple[str, str, float], Result]:
    """The cells of the event."""
    return {(result.window_source, result.losses, result.lost_left): result for result in measured[0]}


@pytest.fixture(scope="module")
def rooms(measured: tuple[list[Result], list[RoomResult]]) -> dict[tuple[str, float], RoomResult]:
    """The behaviours and real logs."""
    return {(result.name, result.lost_left): result for result in measured[1]}


EXACT = (
    *("ordinary", "half leave early", "lobby", "two tabs", "sessions of 3", "hops between sessions"),
    *("all day, half leave at noon", "teams_list_koushal", "zoom_api_school", "zoom_heroes", "bbb_events_xml"),
)


@pytest.mark.parametrize("name", EXACT)
def test_a_room_that_loses_no_left_is_counted_exactly(rooms: dict[tuple[str, float], RoomResult], name: str) -> None:
    assert rooms[name, 0.0].error < 0.0005


def test_rooms_stay_within_the_aims(rooms: dict[tuple[str, float], RoomResult]) -> None:
    """With room for the few seeds that a test can play."""
    behaviours = [result for result in rooms.values() if result.kind == "behaviour"]
    assert {result.name for result in behaviours} == {behaviour.name for behaviour in BEHAVIOURS}
    for lost_left, aim in ((0.0, 0.025), (0.2, 0.06)):
        chosen = [result for result in behaviours if result.lost_left == lost_left]
        assert sum(result.error for result in chosen) / len(chosen) < aim
        # Lefts that come ten minutes late are all that the log has.
        assert max(result.error for result in chosen if "minutes late" not in result.name) < 0.2
        assert min(result.bracketed for result in chosen) > 0.85
        for result in chosen:
            assert result.error < 0.03 + min(result.next_event, result.direct_pairs)


def test_real_logs_stay_within_the_aims(rooms: dict[tuple[str, float], RoomResult]) -> None:
    real = [result for result in rooms.values() if result.kind == "real"]
    assert len({result.name for result in real}) == 6
    for lost_left, aim in ((0.0, 0.005), (0.2, 0.06)):
        chosen = [result for result in real if result.lost_left == lost_left]
        assert sum(result.error for result in chosen) / len(chosen) < aim


def test_the_simple_alternatives_by_hand() -> None:
    """Joined at 0 and 10, Left at 30, Joined at 40; the others are there until 60."""
    records = [(0, "Joined"), (10, "Joined"), (30, "Left"), (40, "Joined")]

    assert simple_alternatives(records, 60) == (50, 60, 20)
    assert simple_alternatives([(0, "Joined"), (20, "Left")], 60) == (20, 20, 20)
    assert simple_alternatives([(30, "Left")], 60) == (0, 0, 0)


def test_the_truth_is_the_union_of_the_stays_within_the_hours() -> None:
    one = Visit([(-2000, 100), (50, 200), (4000, 9000)], [])
    room = Room([one], 0, 3600)

    assert true_seconds(room, one, is_cut=True) == 900 + 200 + 500
    assert true_seconds(room, one, is_cut=False) == 2200 + 5000


def test_a_log_that_loses_nothing_is_measured_exactly(small_grid: dict[tuple[str, str, float], Result]) -> None:
    """With the true hours of the sessions known, the three measures are the truth, to the second."""
    result = small_grid["schedule", "none", 0.0]

    assert result.attendees > 100
    assert (result.proven_error, result.likely_error, result.possible_error) == (0, 0, 0)
    assert (result.bracketed, result.wrong_yes, result.wrong_no) == (1, 0, 0)


def test_losses_open_the_bracket(small_grid: dict[tuple[str, str, float], Result]) -> None:
    """Every loss makes proven too small and possible too large, whatever the window."""
    assert len(small_grid) == 8
    for source in WINDOWS:
        whole, lossy = small_grid[source, "none", 0.0], small_grid[source, "none", 0.2]
        assert lossy.attendees == whole.attendees
        assert lossy.true_minutes == whole.true_minutes
        assert lossy.proven_bias < -0.02 < 0.02 < lossy.possible_bias
        assert lossy.likely_error < min(-lossy.proven_bias, lossy.possible_bias)


def test_page_is_the_same_for_the_same_results(
    small_grid: dict[tuple[str, str, float], Result], rooms: dict[tuple[str, float], RoomResult], tmp_path: Path
) -> None:
    """The page holds every row, and nothing that changes from run to run."""
    for name in ("one.md", "two.md"):
        write_accuracy_page(tmp_path / name, list(small_grid.values()), list(rooms.values()), 60, 1)
    page = (tmp_path / "one.md").read_text()

    assert page == (tmp_path / "two.md").read_text()
    assert sum(line.startswith(("| none |", "| all |")) for line in page.splitlines()) == 8
    assert "--people 60 --seeds 1" in page
