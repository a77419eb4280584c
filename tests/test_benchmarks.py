"""The benchmark compares what the contenders make before it compares what they take."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from measure import Contender, Figures, differences, figure_rows, measured
from rules import MARTS, hash_key

NUMBERS = ", ".join(f"1 as {column}" for column in MARTS["fct_session_attendance"][2:])
ATTENDANCE = f"select unnest(['a', 'b']) as user_key, 's' as session_key, {NUMBERS}"
LEADERBOARD = "select 'all' as contest_id, unnest(['a', 'b']) as user_key, 1 as rank, 5 as points, 2 as award_count"


def engagement(score: str = "50.0") -> str:
    counts = ", ".join(f"1 as {column}" for column in MARTS["fct_user_engagement"][1:-1])
    return f"select 'a' as user_key, {counts}, {score}::double as engagement_score"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A published copy of three marts."""
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for mart, query in zip(MARTS, (ATTENDANCE, engagement(), LEADERBOARD), strict=True):
            connection.execute(f"create table marts.{mart} as {query}")
    return path


@pytest.mark.parametrize(
    ("attendance", "engaged", "leaderboard", "expected"),
    [
        (ATTENDANCE, engagement(), LEADERBOARD, (0, 0, 0)),
        (ATTENDANCE, engagement("50.0000000001"), LEADERBOARD, (0, 0, 0)),
        (ATTENDANCE, engagement("50.001"), LEADERBOARD, (0, 1, 0)),
        (ATTENDANCE, engagement("null"), LEADERBOARD, (0, 1, 0)),
        (ATTENDANCE.replace("'b'", "'c'"), engagement(), LEADERBOARD, (2, 0, 0)),
        (ATTENDANCE.replace(", 'b'", ""), engagement(), LEADERBOARD, (1, 0, 0)),
        (ATTENDANCE.replace("'b'", "'b', 'c'"), engagement(), LEADERBOARD, (1, 0, 0)),
        (ATTENDANCE, engagement(), LEADERBOARD.replace("5 as points", "null as points"), (0, 0, 2)),
    ],
)
def test_every_row_that_is_not_the_same_is_seen(
    tmp_path: Path,
    published: Path,
    attendance: str,
    engaged: str,
    leaderboard: str,
    expected: tuple[int, int, int],
) -> None:
    for mart, query in zip(MARTS, (attendance, engaged, leaderboard), strict=True):
        duckdb.execute(f"copy ({query}) to '{tmp_path}/{mart}.parquet' (format parquet)")

    assert differences(published, tmp_path) == dict(zip(MARTS, expected, strict=True))


def test_a_contender_is_measured_as_a_whole_process(tmp_path: Path) -> None:
    work = "data = b'x' * 200_000_000; sum(range(3_000_000)); open('/dev/null', 'wb').write(data)"
    contender = Contender("one", (sys.executable, "-c", work), {}, tmp_path / "one")

    figures = measured(contender)

    assert figures.cpu > 0
    assert figures.wall > 0
    assert 190 < figures.peak < 400


def test_a_contender_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    contender = Contender("one", (sys.executable, "-c", "raise SystemExit('no such file')"), {}, tmp_path / "one")

    with pytest.raises(RuntimeError, match="one ended with 1:\nno such file"):
        measured(contender)


def test_ratios_are_of_the_pairs() -> None:
    def runs(*walls: float) -> list[Figures]:
        return [Figures(wall, wall, 1, 1) for wall in walls]

    rows = list(figure_rows(1000, {"this project": runs(10, 20, 40), "pandas": runs(5, 8, 36)}))

    # 0.5, 0.4 and 0.9 of the pairs, of which 0.5 is the median; that of the medians would be 0.4.
    assert rows == [
        "| 1,000 | this project | 20.0 | 20.0 | 1 | 1 | 1.00 |",
        "| 1,000 | pandas | 8.0 | 8.0 | 1 | 1 | 0.50 |",
    ]


@pytest.mark.parametrize("values", [("Keynote",), ("a", "bc"), ("ab", "c"), ("", None), (None, ""), ("é😀",)])
def test_the_contenders_make_the_keys_of_the_project(values: tuple[str | None, ...]) -> None:
    marked = [chr(30) if value is None else value for value in values]
    row = duckdb.execute("select (md5_number_lower(?) >> 1)::bigint", [chr(31).join(marked)]).fetchone()

    assert row == (hash_key(*values),)
