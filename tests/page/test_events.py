"""Events: which rows of the marts are theirs, the event before, the files of their pages, and their index."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from conftest import ROOT, Project
from loader_fixtures import rows, write
from page import certificates, summary
from page import write_page as writer
from page.events import (
    Event,
    Part,
    counts_all_days,
    counts_whole_site,
    event_before,
    events_of,
    file_names,
    marts_of,
    read_events,
)
from page.headline import PAGE, HeadlineRows, headline_of
from page.write_page import pages_at, write_page
from warehouse.errors import WarehouseError
from warehouse.settings import read_settings

MARTS = """
create schema marts;
create schema restricted;
create table marts.fct_activities as from (values
    (1, 'a:1', 'a', '1', 'u', date '2025-05-12'), (2, 'a:1', 'a', '1', 'v', date '2026-05-12'),
    (3, 'a:2', 'a', '2', 'v', date '2026-05-13'), (4, null, 'a', null, 'v', date '2026-05-14'),
    (5, 'b:1', 'b', '1', 'w', date '2026-05-12'))
    as v(activity_key, content_key, site_id, content_id, user_id, occurred_date);
create table marts.fct_sessions as from (values
    ('s1', 'a:1', 'a', '1', date '2025-05-12'), ('s2', 'a:1', 'a', '1', date '2026-05-12'),
    ('s3', 'a:2', 'a', '2', null), ('s4', 'b:1', 'b', '1', null))
    as v(session_key, content_key, site_id, content_id, session_date);
create table marts.fct_session_concurrency as from (values ('s1', 5), ('s2', 6), ('s4', 1)) as v(session_key, people);
create table marts.fct_content_engagement as from (values ('a:1', 'a', '1'), ('a:2', 'a', '2'), ('b:1', 'b', '1'))
    as v(content_key, site_id, content_id);
create table marts.dim_users as from (values ('u', 'a'), ('v', 'a'), ('w', 'b')) as v(user_id, site_id);
create table restricted.user_details as from (values ('u', 'a'), ('w', 'b')) as v(user_id, site_id);
"""
HEAD = "event_name,site_id,starts_on,ends_on,content_id\n"
Y2025 = Event("2025", (Part("a", date(2025, 1, 1), date(2025, 12, 31)),))
Y2026 = Event("2026", (Part("a", date(2026, 5, 12), date(2026, 5, 13)),))


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    path = tmp_path / "copy.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(MARTS)
    return path


@pytest.mark.parametrize(
    ("event", "activities", "sessions", "pages", "users"),
    [
        (None, [1, 2, 3, 4, 5], ["s1", "s2", "s3", "s4"], ["a:1", "a:2", "b:1"], ["u", "v", "w"]),
        (Event("a", (Part("a"),)), [1, 2, 3, 4], ["s1", "s2", "s3"], ["a:1", "a:2"], ["u", "v"]),
        (Y2025, [1], ["s1"], ["a:1"], ["u", "v"]),
        # A session without a Joined has no day: it is the event's if its page is.
        (Y2026, [2, 3], ["s2", "s3"], ["a:1", "a:2"], ["u", "v"]),
        (Event("page", (Part("a", content_id="2"),)), [3], ["s3"], ["a:2"], ["u", "v"]),
        (Event("two", (Part("a", content_id="2"), Part("b"))), [3, 5], ["s3", "s4"], ["a:2", "b:1"], ["u", "v", "w"]),
        (Event("any site", (Part(None, date(2026, 5, 14)),)), [4], [], [], ["u", "v", "w"]),
        (Event("it's", (Part("' or true --"),)), [], [], [], []),
    ],
    ids=lambda value: value.name if isinstance(value, Event) else "",
)
def test_an_event_has_its_rows_of_every_mart(
    marts: Path,
    event: Event | None,
    activities: list[int],
    sessions: list[str],
    pages: list[str],
    users: list[str],
) -> None:
    with marts_of(marts, event) as connection:
        assert rows(connection, "select activity_key from marts.fct_activities order by 1") == activities
        assert rows(connection, "select session_key from marts.fct_sessions order by 1") == sessions
        assert rows(connection, "select content_key from marts.fct_content_engagement order by 1") == pages
        assert rows(connection, "select user_id from marts.dim_users order by 1") == users
        concurrency = rows(connection, "select session_key from marts.fct_session_concurrency order by 1")
        assert concurrency == [key for key in ("s1", "s2", "s4") if key in sessions]


def test_two_events_of_one_file_are_open_at_the_same_time(marts: Path) -> None:
    query = "select count(*) from marts.fct_activities"
    with marts_of(marts, Y2026) as one, marts_of(marts, Y2025) as other:
        assert (one.execute(query).fetchall(), other.execute(query).fetchall()) == ([(2,)], [(1,)])
    with marts_of(marts, None) as connection:
        assert connection.execute(query).fetchall() == [(5,)]


def test_only_events_with_activities_are_shown_the_newest_first(marts: Path) -> None:
    nothing = Event("nothing", (Part("a", date(2030, 1, 1)),))
    with marts_of(marts, None) as connection:
        assert events_of(connection, [Y2025, nothing, Y2026, Event("other", (Part("c"),))]) == [Y2026, Y2025]


def test_the_event_before_began_earlier_at_the_same_site() -> None:
    elsewhere = Event("elsewhere", (Part("b", date(2026, 1, 1)),))
    always = Event("always", (Part("a"),))
    events = [Y2026, elsewhere, Y2025, always]
    assert event_before(Y2026, events) == Y2025
    assert [event_before(event, events) for event in (Y2025, elsewhere, always)] == [None, None, None]


def test_the_seed_is_read_in_the_forms_of_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "site").symlink_to(ROOT / "seeds" / "site")
    assert read_events(tmp_path) == [Event("Harbour Learning Summit", (Part("sample"),))]
    seeds = tmp_path / "own" / "seeds" / "site"
    seeds.mkdir(parents=True)
    write(seeds / "events.yml", (ROOT / "seeds" / "site" / "events.yml").read_text())
    assert read_events(tmp_path / "own") == []
    rows = "Summit;a;12.05.2026;13.05.2026;\nSummit;b;;;7\nOther;;;;\n"
    write(seeds / "events.csv", (HEAD.replace(",", ";") + rows))
    assert read_events(tmp_path / "own") == [
        Event("Summit", (Part("a", date(2026, 5, 12), date(2026, 5, 13)), Part("b", content_id="7"))),
        Event("Other", (Part(),)),
    ]
    write(seeds / "events.csv", HEAD + "Summit,a,2026-05-13,2026-05-12,\n,a,,,\n")
    with pytest.raises(
        WarehouseError, match=r"(?s)events\.csv, line 2: .*starts before it ends.*line 3: .*name is given"
    ):
        read_events(tmp_path / "own")


def test_each_event_has_a_file_of_its_own() -> None:
    events = [Event(name, (Part(),)) for name in ("Été 2026", "Ete: 2026", "../../x", "会议", "!")]
    assert list(file_names(events).values()) == [
        "event-ete-2026.html", "event-ete-2026-2.html", "event-x.html", "event-x-2.html", "event-x-3.html",
    ]  # fmt: skip


def test_what_counts_the_whole_site_is_known_by_its_columns() -> None:
    with duckdb.connect() as marts:
        marts.execute(
            "create schema marts; create table marts.days (site_id text, session_date date);"
            "create table marts.pages (content_key text); create table marts.users (site_id text, user_key text);"
        )
        whole = {name: counts_whole_site(marts, f"select 1 from marts.{name}") for name in ("days", "pages", "users")}
    assert whole == {"days": False, "pages": False, "users": True}


def test_a_query_of_the_page_that_counts_beyond_an_event_is_known(sample_project: Project) -> None:
    # What only adds to a table, such as the attendance of a page, stands before it in some queries.
    with sample_project.open() as marts:
        queries = {path.stem: path.read_text(encoding="utf-8") for path in (PAGE / "queries").glob("*.sql")}
        whole = {name for name, sql in queries.items() if counts_whole_site(marts, sql)}
        all_days = {name for name, sql in queries.items() if counts_all_days(marts, sql)}
    assert {"members", "engaged_users", "leaderboard", "standings", "teams", "reports"} <= whole
    assert {"booths", "leads", "content", "courses", "question_results"} <= all_days
    assert not {"sessions", "visits", "concurrency", "family_days", "ratings", "credits"} & (whole | all_days)


def test_a_page_for_each_event_and_an_index(
    sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [Event(f"<b>Day {day}</b>", (Part("sample", date(2026, 5, day), date(2026, 5, day)),)) for day in (12, 13)]
    monkeypatch.setattr(writer, "read_events", lambda: days)
    page = tmp_path / "report" / "index.html"
    collected: list[object] = []
    collect = certificates.collect_certificates

    def collect_and_count(connection: duckdb.DuckDBPyConnection, into: str) -> None:
        collected.append(connection)
        collect(connection, into)

    monkeypatch.setattr(certificates, "collect_certificates", collect_and_count)
    write_page(sample_project.published, page)
    assert len(collected) == 1, "the list of all marts is the same for each event"
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "event-b-day-12-b.html", "event-b-day-13-b.html", "everything.html", "index.html",
    ]  # fmt: skip
    with sample_project.open() as connection:
        [(before, now)] = connection.execute(
            "select count(distinct user_key) filter (where session_date = '2026-05-12'),"
            " count(distinct user_key) filter (where session_date = '2026-05-13')"
            " from marts.fct_session_attendance where session_type = 'session'"
        ).fetchall()
    index = page.read_text()
    assert "<b>" not in index and 'href="event-b-day-12-b.html"' in index
    change = f"▼ {round(100 * (before - now) / before)}\N{NO-BREAK SPACE}% since &lt;b&gt;Day 12&lt;/b&gt;: {before}"
    assert change in index
    assert "proven, " in index and " possible</dd>" in index
    assert "script-src 'none'" in index.replace("&#x27;", "'")

    # A PDF and the pages of events that are no more may name people who are gone; other files stay.
    (page.parent / "event-b-day-12-b.pdf").write_text("old")
    (page.parent / "event-mine.html").write_text("mine")
    monkeypatch.setattr(writer, "read_events", lambda: days[:1])
    write_page(sample_project.published, page)
    assert sorted(path.name for path in page.parent.iterdir()) == ["event-mine.html", "index.html"]
    assert pages_at(page) == [page]
    assert "13 May 2026" not in page.read_text()


def test_the_summary_has_the_figures_of_the_only_event(
    sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Event("Day one", (Part("sample", date(2026, 5, 12), date(2026, 5, 12)),))
    for module in (writer, summary):
        monkeypatch.setattr(module, "read_events", lambda: [day])
    page = tmp_path / "index.html"
    write_page(sample_project.published, page)
    with marts_of(sample_project.published, day) as marts:
        figures = headline_of(HeadlineRows(marts, read_settings())).figures
    on_page = [json.dumps(figure.context, ensure_ascii=False, separators=(",", ":")) for figure in figures]
    assert all(context in page.read_text() for context in on_page)
    console = Console(file=StringIO(), width=300)
    summary.print_summary(sample_project.published, Path("activity.duckdb"), console)
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    begins = lines.index("At a glance, as on the page: Day one alone") + 1
    assert lines[begins : begins + len(figures)] == [
        f"{figure.value} {figure.label}: {'; '.join(figure.context)}" for figure in figures
    ]
    assert not any(line.startswith("Closing Circle") for line in lines), "it was on the second day"
