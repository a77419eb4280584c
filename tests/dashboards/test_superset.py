"""Every chart of a real Superset shows what SQL that is written in another way finds in the published copy.

Runs where .venv-superset is there (`make superset-test` makes it), and is skipped elsewhere.
"""

from __future__ import annotations

import datetime as dt
import decimal
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import pytest

from conftest import Project
from dashboards import serve as serve_superset
from dashboards.bundle import uuid_of
from dashboards.serve import ENVIRONMENT, set_up
from dashboards.source import Chart, Dashboard, read_source
from superset_client import ADDRESS, Client, Row, serving

SOURCE = read_source()
CLOSING = "create temp view closing as from marts.fct_session_attendance where session_name = 'Closing Circle'"
CHARTS = [(name, chart) for name, dashboard in SOURCE.dashboards.items() for chart in dashboard.charts]

pytestmark = [
    pytest.mark.superset,
    pytest.mark.skipif(not ENVIRONMENT.exists(), reason="there is no Superset in .venv-superset: make superset-test"),
    pytest.mark.xdist_group("superset"),
]


@dataclass(frozen=True)
class Served:
    """A Superset, and what it reads."""

    client: Client
    folder: Path
    published: Path
    charts: dict[str, dict[str, Any]]

    def rows(
        self, name: str, title: str, chosen: dict[str, str] | None = None, time_range: str | None = None
    ) -> list[Row]:
        """What a chart of a dashboard shows."""
        return plainly(self.client.rows(self.charts[uuid_of("chart", name, title)], chosen, time_range))

    def ask(self, sql: str) -> list[Row]:
        """What SQL finds without Superset."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            connection.execute(CLOSING)
            return plainly(connection.execute(sql).fetchall())


@pytest.fixture(scope="module")
def superset(sample_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # A copy, because one test publishes again; with a name that is not easy to quote.
    published = tmp_path_factory.mktemp("it's published") / "a b.duckdb"
    shutil.copy(sample_project.published, published)
    folder = tmp_path_factory.mktemp("superset")
    with serving(folder, published) as client:
        yield Served(client, folder, published, client.charts())


def plain(value: object) -> object:
    """A value as it is in JSON: times are milliseconds since 1970, and a number is one whatever its type."""
    if isinstance(value, dt.datetime):
        return plain(value.replace(tzinfo=dt.UTC).timestamp() * 1000)
    if isinstance(value, dt.date):
        return plain(dt.datetime(value.year, value.month, value.day))
    if isinstance(value, float | int | decimal.Decimal) and not isinstance(value, bool):
        return float(f"{float(value):.10g}")
    return value


def plainly(rows: list[Row]) -> list[Row]:
    return [tuple(plain(value) for value in row) for row in rows]


@pytest.mark.parametrize(("name", "chart"), CHARTS, ids=[f"{name}: {chart.title}" for name, chart in CHARTS])
def test_a_chart_shows_what_sql_finds(name: str, chart: Chart, superset: Served) -> None:
    rows = superset.rows(name, chart.title)
    assert rows and Counter(rows) == Counter(superset.ask(chart.sql))
    if chart.order:
        # The labels of the answer: x, categories or columns, metrics.
        at = [*([chart.x] if chart.x else []), *chart.by, *chart.columns, *chart.metrics].index(chart.order.lstrip("-"))
        values = [row[at] for row in rows if row[at] is not None]
        assert values == sorted(values, reverse=chart.order.startswith("-"))


FILTERED = [
    (
        "attendance", "Registered against attended", {"content_name": "Closing Circle"}, None,
        "select session_name, registered_count, unique_people_count, attendee_count from marts.fct_sessions"
        " where session_name = 'Closing Circle'",
    ),
    (
        "attendance", "People who attended, by day", {}, "2026-05-13 : 2026-05-14",
        "select date '2026-05-13', count(distinct user_id), count(distinct user_id) filter (where is_attended)"
        " from marts.fct_session_attendance where session_date = '2026-05-13'",
    ),
    (
        "attendance", "People present, minute by minute (UTC)", {"site_id": "sample"}, "2026-05-13 : 2026-05-14",
        "select minute_at, session_name, sum(presence_seconds) / 60 from marts.fct_session_concurrency"
        " join marts.fct_sessions using (session_key) where minute_at::date = '2026-05-13' group by all",
    ),
    (
        "engagement", "Activities", {"content_name": "Lantern Captioning"}, "2026-05-12 : 2026-05-14",
        "select count(*) from marts.fct_activities where occurred_date in ('2026-05-12', '2026-05-13')"
        " and content_id in (select content_id from marts.dim_content where content_name = 'Lantern Captioning')",
    ),
    # One session, as somebody chooses it who comes from the dashboard of all sessions.
    *(
        ("session", title, {"content_name": "Closing Circle"}, None, sql)
        for title, sql in (
            ("Attended the session", "select count(*) from closing where is_attended"),
            (
                "People of the session with their ranges",
                "select session_name, user_id, first_joined_at, stay_count, proven_seconds, likely_seconds,"
                " possible_seconds, is_attended from closing",
            ),
            (
                "Presence in the session by the minute (UTC)",
                "select minute_at, sum(presence_seconds) / 60 from marts.fct_session_concurrency"
                " where session_key in (select session_key from closing) group by 1",
            ),
            (
                "Answers on the page of the session",
                "select question_name, answer_text, rating_value, counted_answer_count, answer_ratio"
                " from marts.fct_question_results where content_key in (select content_key from closing)",
            ),
        )
    ),
    (
        "leaderboard", "Standing", {"contest_name": "First-timers"}, None,
        "select contest_name, rank, user_id, points, points_to_next_place, award_count, is_tied"
        " from marts.fct_leaderboard where contest_id = 'sample_first_timers'",
    ),
    (
        "quality", "Records in the reports", {}, "2000-01-01 : 2000-01-02", "select null",
    ),
    (
        "quality", "How the meaning of the activities is known", {"site_id": "nowhere"}, None, "select 1 where false",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "title", "chosen", "time_range", "sql"), FILTERED)
def test_a_filter_narrows_a_chart(
    name: str, title: str, chosen: dict[str, str], time_range: str | None, sql: str, superset: Served
) -> None:
    rows = superset.rows(name, title, chosen, time_range)
    assert Counter(rows) == Counter(superset.ask(sql))
    assert rows != superset.rows(name, title)


def test_a_new_publication_is_seen_at_once(superset: Served) -> None:
    before = superset.rows("engagement", "Stars of the reviews")
    kept, newer = superset.published.with_suffix(".kept"), superset.published.with_suffix(".newer")
    shutil.copy(superset.published, kept)
    shutil.copy(superset.published, newer)
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update marts.fct_reviews set star_count = 2, is_counted = true")
        [(reviews,)] = connection.execute("select count(*) from marts.fct_reviews").fetchall()
    try:
        newer.replace(superset.published)
        assert superset.rows("engagement", "Stars of the reviews") == [(2.0, float(reviews))] != before
    finally:
        kept.replace(superset.published)


def test_sql_of_a_user_reads_the_marts_and_nothing_else(superset: Served) -> None:
    assert superset.client.sql("select count(*) as n from marts.fct_reviews") == [{"n": 18}]
    for sql in (
        "create table marts.mine (i integer)",
        "update marts.fct_reviews set star_count = 1",
        "select * from read_text('/etc/hostname')",
        f"copy (select 1) to '{superset.folder}/out.csv'",
        "install httpfs",
        "set enable_external_access = true",
    ):
        with pytest.raises(AssertionError, match="sqllab/execute"):
            superset.client.sql(sql)


def test_charts_and_sql_can_be_asked_at_the_same_time(superset: Served) -> None:
    # DuckDB refuses a second connection of one process to a file with other settings.
    def ask(number: int) -> object:
        if number % 2:
            return superset.client.sql("select count(*) as n from marts.fct_reviews")[0]["n"]
        return superset.rows("engagement", "Activities")[0][0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(24))) == {18, 1878.0}


def test_the_pages_may_ask_no_host_but_their_own(superset: Served) -> None:
    with urlopen(f"{ADDRESS}/login/", timeout=30) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self'" in policy and "connect-src 'self'" in policy
    assert "http" not in policy and ".sh" not in policy


def test_a_chart_that_changed_takes_the_place_of_the_old_one_and_one_taken_out_is_gone(
    superset: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(name: str, charts: list[Chart]) -> dict[str, Dashboard]:
        return {name: SOURCE.dashboards[name].model_copy(update={"charts": charts})}

    teams, taken_out = "Teams", "Width of the bracket by session"
    dashboards = (
        SOURCE.dashboards
        | changed(
            "leaderboard",
            [
                it.model_copy(update={"about": "All new."}) if it.title == teams else it
                for it in SOURCE.dashboards["leaderboard"].charts
            ],
        )
        | changed("quality", [it for it in SOURCE.dashboards["quality"].charts if it.title != taken_out])
    )
    monkeypatch.setattr(serve_superset, "read_source", lambda: SOURCE.model_copy(update={"dashboards": dashboards}))
    set_up(superset.folder, superset.published)
    now = superset.client.charts()
    assert now[uuid_of("chart", "leaderboard", teams)]["description"].startswith("All new.")
    assert set(superset.charts) - set(now) == {uuid_of("chart", "quality", taken_out)}
    assert set(now) < set(superset.charts)
    assert superset.client.get("dashboard/")["count"] == len(SOURCE.dashboards)
