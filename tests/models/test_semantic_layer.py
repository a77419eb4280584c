"""Metrics answer on the sample what plain SQL counts, are beside their cohort, and ask nothing of the internet."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Once, Project
from declarations import by_name, declared

Row = dict[str, Any]

# Each of these is a question of its own beside the saved queries, and an answer that SQL finds in another place.
GROUPED = {
    "by_site": (["attendees", "points", "active_users", "certificates_supported", "activities"], ["site"]),
    "by_session": (["attendees", "registrations", "no_shows", "visits"], ["session"]),
    "by_date": (["active_users", "active_days"], ["metric_time__day"]),
    "by_family": (["activities"], ["activity__activity_family"]),
    "by_type": (["attendance_minutes_possible"], ["session__session_type"]),
}


VISITS = "from marts.fct_session_attendance where session_type = 'session'"
STAYS = (
    "from marts.fct_presence_intervals where session_key in"
    " (select session_key from marts.fct_sessions where session_type = 'session')"
)
HOURS, PLANNED, CAME, STAYED = (
    (ROOT / "page" / "headline" / f"{name}.sql").read_text() for name in ("hours", "planned", "came", "stayed")
)
METRICS = by_name("metrics")
SAVED_QUERIES = by_name("saved_queries")


@pytest.fixture(scope="module")
def asked(sample_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A sample of our own, for MetricFlow opens the warehouse to write."""
    return sample_project.copy(tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def answers(asked: Project, once: Once) -> dict[str, list[Row]]:
    """What MetricFlow answers: every metric at once, every saved query, and the questions above."""
    requests: dict[str, Row] = {"all": {"metric_names": sorted(METRICS)}}
    requests |= {name: {"saved_query_name": name} for name in SAVED_QUERIES}
    requests |= {name: {"metric_names": m, "group_by_names": g} for name, (m, g) in GROUPED.items()}
    helper = str(ROOT / "tests" / "metric_answers.py")

    def make(folder: Path) -> None:
        result = asked.warm(helper, json.dumps(list(requests.values())))
        assert result.returncode == 0, result.stdout + result.stderr
        (folder / "answers.json").write_text(result.stdout)

    return dict(zip(requests, json.loads((once("metrics", make) / "answers.json").read_text()), strict=True))


def test_every_metric_and_every_saved_query_has_an_answer(answers: dict[str, list[Row]]) -> None:
    (totals,) = answers["all"]
    assert set(totals) == set(METRICS)
    assert [name for name, value in totals.items() if value is None] == []
    for name, query in SAVED_QUERIES.items():
        assert answers[name], name
        assert set(query["query_params"]["metrics"]) <= set(answers[name][0]), name


@pytest.mark.parametrize(
    ("metric", "sql"),
    [
        ("attendees", f"select count(distinct user_key) from ({VISITS}) where is_attended"),
        ("live_people", f"select count(distinct user_key) from ({STAYS})"),
        # As the first screen and the summary of a build count them.
        ("sessions_held", f"select session_count from ({HOURS})"),
        ("live_rate", f"select kept_ratio from ({PLANNED})"),
        ("live_people", f"select came_count from ({CAME})"),
        ("attended_sessions", f"select attended_count from ({STAYED})"),
        ("attendance_minutes_possible", f"select possible_hours * 60 from ({HOURS})"),
        ("attendance_minutes_proven", f"select sum(proven_added_seconds) / 60.0 from ({STAYS})"),
        ("attendance_minutes_likely", f"select sum(likely_seconds) / 60.0 from ({VISITS})"),
        ("average_minutes_possible", f"select avg(possible_seconds) / 60 from ({VISITS})"),
        ("evidence_ratio", f"select sum(proven_seconds)::double / sum(likely_seconds) from ({VISITS})"),
        (
            "live_rate",
            """
            select count(*) filter (where is_live)::double / count(*) from (
                select bool_or(session_event <> 'attend') as is_live from activity.intermediate.int_session_events
                where user_id is not null and session_key in (
                    select session_key from marts.fct_sessions where session_type = 'session'
                ) group by session_key, user_id having bool_or(session_event = 'attend')
            )
            """,
        ),
        ("activities", "select count(*) from activity.staging.base_juno__activities where not is_duplicate"),
        ("active_users", "select count(*) from marts.dim_users where activity_count > 0"),
        ("activities_per_active_user", "select avg(activity_count) from marts.dim_users where activity_count > 0"),
        ("families_per_active_day", "select avg(activity_family_count) from marts.fct_user_days"),
        ("points", "select sum(rule_points * multiplier) from marts.fct_points_awarded"),
        ("point_earners", "select count(distinct (site_id, user_id)) from marts.fct_points_awarded"),
        (
            "rating",
            """
            select avg(star_count) from activity.staging.stg_juno__reviews as reviews
            where star_count <= 5 and not exists (
                select 1 from activity.staging.stg_juno__reviews as later where later.site_id = reviews.site_id
                and later.user_id = reviews.user_id and later.content_id = reviews.content_id
                and (later.occurred_at, later.activity_key) > (reviews.occurred_at, reviews.activity_key)
            )
            """,
        ),
        (
            "certificates",
            "select count(distinct (site_id, user_id, content_id)) from activity.staging.stg_juno__credits"
            " where user_id is not null and content_id is not null",
        ),
        ("credits_earned", "select sum(credit_amount) from activity.staging.stg_juno__credits"),
        (
            "certificates_supported_ratio",
            "select avg((verdict = 'supported')::int) from marts.fct_credit_evidence where verdict <> 'not_a_session'",
        ),
    ],
)
def test_a_metric_is_what_sql_counts(
    sample_project: Project, answers: dict[str, list[Row]], metric: str, sql: str
) -> None:
    ((expected,),) = sample_project.ask(sql)
    assert expected > 0
    assert answers["all"][0][metric] == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        (
            "by_site",
            """
            select site_id, (select count(distinct user_key) from marts.fct_session_attendance
                    where session_type = 'session' and is_attended),
                (select sum(points) from marts.fct_points_awarded), count(*),
                (select count(*) from marts.fct_credit_evidence where verdict = 'supported'),
                (select count(*) from marts.fct_activities)
            from marts.dim_users where activity_count > 0 group by site_id
            """,
        ),
        (
            "by_session",
            """
            select session_key, attendee_count, registered_count, no_show_count, nullif(unique_people_count, 0)
            from marts.fct_sessions where session_type = 'session'
            """,
        ),
        ("by_date", "select activity_date::timestamp, count(*), count(*) from marts.fct_user_days group by 1"),
        ("by_family", "select activity_family, count(*) from marts.fct_activities group by 1"),
        ("by_type", f"select session_type, sum(possible_seconds) / 60 from ({VISITS}) group by 1"),
    ],
)
def test_metrics_by_a_dimension_are_what_sql_counts(
    sample_project: Project, answers: dict[str, list[Row]], question: str, sql: str
) -> None:
    metrics, (group,) = GROUPED[question]
    answered = {str(row[group]): [row[metric] for metric in metrics] for row in answers[question]}
    expected = {str(key): [pytest.approx(float(value)) for value in rest] for key, *rest in sample_project.ask(sql)}
    assert answered == expected


def test_the_command_asks_nothing_of_the_internet(asked: Project) -> None:
    # An audit hook sees every look-up and every connection, whichever library makes it.
    program = """
import runpy, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("CALLED", event, arguments, file=sys.stderr)
sys.addaudithook(hook)
sys.path.insert(0, "scripts")
sys.argv = ["scripts/metrics.py", "query", "--quiet", "--metrics", "attendees", "--group-by", "user__site"]
runpy.run_path("scripts/metrics.py", run_name="__main__")
"""
    result = asked.run(sys.executable, "-c", program)
    assert "CALLED" not in result.stderr, result.stderr
    assert "attendees" in result.stdout and "sample" in result.stdout, result.stdout + result.stderr


def test_every_ratio_stands_beside_the_people_behind_it() -> None:
    ratios = {name for name, metric in METRICS.items() if metric["type"] in ("ratio", "derived")}
    cohorts = {name: METRICS[name]["config"]["meta"]["cohort_size"] for name in ratios}
    assert all(METRICS[cohort]["type"] == "simple" for cohort in cohorts.values())
    for name, query in SAVED_QUERIES.items():
        metrics = query["query_params"]["metrics"]
        assert [metric for metric in metrics if cohorts.get(metric, metric) not in metrics] == [], name


def test_no_dimension_tells_who_a_person_is() -> None:
    personal = {"user_id", "first_name", "last_name", "full_name", "company", "email"}
    for model in declared("semantic_models"):
        for dimension in model.get("dimensions", []):
            assert not personal & {dimension["name"], dimension.get("expr")}, model["name"]
            assert dimension["name"] != "day"
