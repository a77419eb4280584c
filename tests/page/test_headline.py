"""The first screen: its sentences on marts written by hand, and on the sample against SQL of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from conftest import ROOT, SETTINGS, Project
from figures import FIGURES, PAGE
from page.headline import Headline, HeadlineRows, change, filled, headline_of
from warehouse.settings import read_yaml

DECLARED: dict[str, list[dict[str, Any]]] = read_yaml((PAGE / "headline.yml").read_text())

MARTS = """
create schema marts;
create table marts.dim_users as from (values ('a'), ('b'), ('c')) as v(user_key);
create table marts.dim_content as from (values ('k', 'Big', null, '1'), ('l', 'Small', null, '2'))
    as v(content_key, content_name, content_slug, content_id);
create table marts.fct_activities as
    from (values ('a', date '2026-03-28', timestamp '2026-03-28 10:00')) as v(user_key, occurred_date, occurred_at);
insert into marts.fct_activities select null, occurred_date, occurred_at from marts.fct_activities, range(3);
create table marts.fct_session_attendance as
    from (values ('a', 'session', 3, 1), ('b', 'session', 1, 0), ('c', 'private_meeting', 4, 4))
    as v(user_key, session_type, stay_count, open_stay_count);
alter table marts.fct_session_attendance add column session_key varchar default 's:a';
alter table marts.fct_session_attendance add column left_count bigint default 1;
create table marts.fct_sessions (
    session_key varchar, content_key varchar, started_at timestamp,
    session_name varchar, session_type varchar, session_date date, window_source varchar, registered_count bigint,
    unique_people_count bigint, no_show_count bigint, attendee_count bigint, proven_attendee_count bigint,
    possible_attendee_count bigint, stayed_count bigint, proven_stayed_count bigint, possible_stayed_count bigint,
    left_early_count bigint, proven_left_early_count bigint, possible_left_early_count bigint,
    proven_seconds bigint, likely_seconds bigint, possible_seconds bigint
);
create table marts.fct_reviews (content_key varchar, user_key varchar, star_count bigint, is_counted boolean);
create table marts.site_checks as from (values ('s', 0, null), ('t', 0, '2026-03-02'))
    as v(site_id, same_user_pair_count, silent_dates);
create table marts.report_reconciliation as from (values (10, 3, 3))
    as v(record_count, rejected_count, forgotten_count);
"""


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(MARTS)
        yield connection


def add_session(marts: duckdb.DuckDBPyConnection, name: str, **numbers: object) -> None:
    """Add a session that 10 people attended, 7 of them proven; 2 left early, 1 proven; 4 more had planned to come."""
    usual = {
        "session_key": f"s:{name}",
        "content_key": None,
        "started_at": "2026-03-28 10:00",
        "session_name": name,
        "session_type": "session",
        "session_date": "2026-03-28",
        "window_source": "schedule",
        "registered_count": 12,
        "unique_people_count": 10,
        "no_show_count": 4,
        "attendee_count": 10,
        "proven_attendee_count": 7,
        "possible_attendee_count": 11,
        "stayed_count": 8,
        "proven_stayed_count": 5,
        "possible_stayed_count": 9,
        "left_early_count": 2,
        "proven_left_early_count": 1,
        "possible_left_early_count": 6,
        "proven_seconds": 3600,
        "likely_seconds": 7200,
        "possible_seconds": 9000,
    }
    row = usual | numbers
    marts.execute(f"insert into marts.fct_sessions values ({', '.join('?' * len(row))})", [*row.values()])


def plain(text: str) -> str:
    """A text whose lines may break anywhere."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def shown(marts: duckdb.DuckDBPyConnection, fewest: int = 0) -> Headline:
    return headline_of(HeadlineRows(marts, SETTINGS, fewest))


def findings(marts: duckdb.DuckDBPyConnection, fewest: int = 0) -> list[str]:
    return [plain(one.text) for one in shown(marts, fewest).findings]


def test_a_warehouse_of_nothing_has_no_finding_and_no_rating(marts: duckdb.DuckDBPyConnection) -> None:
    assert findings(marts) == []
    assert [figure.label for figure in shown(marts).figures] == ["people came to a session"]
    marts.execute("truncate marts.fct_session_attendance")
    assert shown(marts).figures == ()


def test_the_figures_have_their_context(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big")
    add_session(marts, "A meeting", session_type="private_meeting", registered_count=99)
    figures = {figure.label: tuple(map(plain, (figure.value, *figure.context))) for figure in shown(marts).figures}
    assert figures == {
        "people came to a session": ("2", "of 3 with an account", "1 did anything on the platform"),
        "of planned visits took place": ("67 %", "8 of 12", "planned: the session was in a person's own schedule"),
        "of attendances lasted to the end": (
            "80 %",
            "8 of 10 (5 proven, 9 possible)",
            "attendance: one person in one session",
            "to the end: until 80 % of it was over",
        ),
        "hours attended, likely": ("2", "1 proven, 3 possible", "sessions held: 1"),
    }


def test_the_findings_name_the_first(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big {x} 100%", attendee_count=20, proven_attendee_count=12, possible_attendee_count=21)
    add_session(marts, "Small", no_show_count=9, left_early_count=6)
    first, *others = findings(marts)
    assert first == (
        "Big {x} 100% drew the most people: 20 of the 2 who came to any session (12 proven, 21 possible). No other"
        " session can have had more. 8 of them stayed to the end (5 proven, 9 possible)."
    )
    assert others == [
        "9 of the 12 people who had planned Small did not come.",
        "6 of the 10 people in Small left early (1 proven, 6 possible), the largest share of a session with at"
        " least 5 attendees.",
    ]
    # Small may have had 11, and it is not sure that Big had more.
    for proven, said in ((11, "No other session can have had more."), (10, "1 other session may have had more.")):
        marts.execute(
            "update marts.fct_sessions set proven_attendee_count = ? where session_key like 's:Big%'", [proven]
        )
        assert said in findings(marts)[0]


def test_one_session_alone_drew_no_more_than_another(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Alone", no_show_count=0, left_early_count=0)
    assert findings(marts) == []


def test_two_with_the_same_number_are_both_named_and_three_are_not(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big", no_show_count=0, left_early_count=0)
    add_session(marts, "Also big", no_show_count=0, left_early_count=0)
    assert findings(marts) == [
        "Also big and Big drew the most people: 10 each, of the 2 who came to any session (at least 7"
        " proven, at most 11 possible). No other session can have had more.",
    ]
    add_session(marts, "A third", no_show_count=0, left_early_count=0)
    assert findings(marts) == []


def test_two_of_one_name_are_told_apart_by_their_start_or_else_by_their_key(marts: duckdb.DuckDBPyConnection) -> None:
    few = {"no_show_count": 0, "left_early_count": 0}
    add_session(marts, "Yoga", session_key="s:1", **few)
    add_session(marts, "Yoga", session_key="s:2", started_at="2026-03-29 08:30", **few)
    assert findings(marts) == [
        "Yoga (28 Mar 2026, 10:00) and Yoga (29 Mar 2026, 08:30) drew the most people: 10 each, of the 2 who came to"
        " any session (at least 7 proven, at most 11 possible). No other session can have had more.",
    ]
    marts.execute("update marts.fct_sessions set started_at = null where session_key = 's:2'")
    assert "Yoga (28 Mar 2026, 10:00) and Yoga (s:2) drew" in findings(marts)[0]
    marts.execute("update marts.fct_sessions set started_at = '2026-03-28 10:00'")
    assert "Yoga (28 Mar 2026, 10:00, s:1) and Yoga (28 Mar 2026, 10:00, s:2) drew" in findings(marts)[0]
    marts.execute("update marts.dim_content set content_name = 'Same'")
    marts.execute(
        "insert into marts.fct_reviews select k, 'u' || i, 4, true from range(3) as r(i), (values ('k'), ('l')) v(k)"
    )
    assert (
        findings(marts)[-1]
        == "Of the pages with at least 3 reviews, Same (k) and Same (l) were rated best: 4.0 stars each."
    )


def test_one_is_no_people(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("delete from marts.fct_session_attendance where user_key <> 'a'")
    marts.execute("update marts.fct_session_attendance set stay_count = 1")
    marts.execute("update marts.site_checks set same_user_pair_count = (site_id = 's')::int")
    marts.execute("delete from marts.fct_activities where user_key is null and rowid > 1")
    marts.execute("update marts.report_reconciliation set record_count = 1, rejected_count = 1, forgotten_count = 0")
    marts.execute("insert into marts.fct_reviews values ('k', 'a', 4, true)")
    for name in ("Big", "Small"):
        add_session(marts, name, no_show_count=1, left_early_count=0, likely_seconds=1700, window_source="inferred")
    found = shown(marts)
    assert next(figure.label for figure in found.figures) == "person came to a session"
    assert {figure.label: figure.context[0] for figure in found.figures if "star" in figure.label} == {
        "stars on average": "1 review by 1 person"
    }
    assert "For Big and Small each, 1 person had planned to come and did not." in [one.text for one in found.findings]
    assert [plain(one.text) for one in found.unknowns] == [
        "1 of 1 stay (100 %) has no record of leaving. How long these people stayed is an estimate. Therefore"
        " minutes, and numbers of people that depend on them, are ranges.",
        "The reports give no start and end for 2 of 2 sessions and meetings. The log suggests them.",
        "1 activity has no user id, and counts for no person.",
        "1 pair of accounts may be one person. Each pair counts as two people.",
        "No activity on 2026-03-02: a quiet day, or a day that no download covers.",
        "1 of 1 record could not be read and is missing here.",
    ]
    marts.execute("delete from marts.fct_sessions where session_name = 'Big'")
    marts.execute("update marts.fct_sessions set registered_count = 1")
    assert findings(marts) == [], "of one who planned to come there is no finding"


def test_a_page_is_rated_best_with_three_reviews_among_several_pages(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("insert into marts.fct_reviews select 'k', 'u' || i, 4, true from range(3) as r(i)")
    assert findings(marts) == [], "there is nothing to compare with"
    marts.execute("insert into marts.fct_reviews select 'l', 'u' || i, 5, true from range(2) as r(i)")
    assert findings(marts) == [], "two reviews are too few"
    marts.execute("insert into marts.fct_reviews values ('l', 'x', 2, true), ('k', 'x', 5, false)")
    assert findings(marts) == ["Of the pages with at least 3 reviews, Big and Small were rated best: 4.0 stars each."]
    marts.execute("insert into marts.fct_reviews values ('l', 'y', 5, true)")
    assert findings(marts) == ["Of the pages with at least 3 reviews, Small was rated best: 4.3 stars in 4 reviews."]


def test_a_shared_copy_hides_what_is_about_few(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big")
    assert next(figure.label for figure in shown(marts, 5).figures) == "of planned visits took place"
    assert findings(marts, 10) == findings(marts)
    assert findings(marts, 11) == ["4 of the 12 people who had planned Big did not come."]
    # A number that the copy leaves blank is said nowhere.
    marts.execute("update marts.fct_sessions set attendee_count = null, no_show_count = null, left_early_count = null")
    assert findings(marts, 5) == []


def test_what_is_unknown_is_said_where_there_is_some(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big", window_source="inferred")
    assert [plain(one.text) for one in shown(marts).unknowns] == [
        "5 of 8 stays (63 %) have no record of leaving. How long these people stayed is an estimate. Therefore"
        " minutes, and numbers of people that depend on them, are ranges.",
        "The reports give no start and end for 1 of 1 session or meeting. The log suggests them.",
        "3 activities have no user id, and count for no person.",
        "No activity on 2026-03-02: a quiet day, or a day that no download covers.",
    ]
    # The days and the rejected records of an event are those of its site, and its activities are its own.
    of_event = headline_of(HeadlineRows(marts, SETTINGS, is_part=True)).unknowns
    assert [plain(one.text) for one in of_event][2:] == [
        "3 activities have no user id, and count for no person.",
        "No activity on 2026-03-02: a quiet day, or a day that no download covers. This counts the whole site.",
    ]


def test_sessions_that_nobody_is_known_to_have_left_come_first(marts: duckdb.DuckDBPyConnection) -> None:
    def urgent() -> list[str]:
        return [plain(one.text) for one in shown(marts).unknowns if one.is_urgent]

    for name in ("Open", "Closed", "Planned", "Alone", "Meeting"):
        add_session(
            marts,
            name,
            session_type="private_meeting" if name == "Meeting" else "session",
            window_source="schedule" if name == "Planned" else "inferred",
        )
        marts.execute(
            "insert into marts.fct_session_attendance (user_key, stay_count, open_stay_count, session_key, left_count)"
            " select 'u' || i, 1, 1, ?, (i < ?)::int from range(?) as r(i)",
            [f"s:{name}", 2 if name == "Closed" else 1, 1 if name == "Alone" else 4],
        )
    marts.execute("update marts.fct_session_attendance set left_count = 0 where session_key = 's:Alone'")
    said = (
        "1 of 4 sessions has hardly any record of leaving (Left), and no schedule says when it ended. So the minutes in"
        " it, and who attended, are not known: proven and likely are too low, and possible may be. Fix: a row for each"
        " in seeds/site/session_schedule.csv."
    )
    assert urgent() == [said]
    assert plain(shown(marts).unknowns[0].text) == said
    marts.execute("update marts.fct_session_attendance set left_count = 1 where user_key = 'u1'")
    assert urgent() == [], "a third of the people have one"


def test_of_a_session_that_nobody_joined_nobody_is_said_to_have_missed_it(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("truncate marts.fct_session_attendance")
    nobody = {"unique_people_count": 0, "no_show_count": 12, "attendee_count": 0, "likely_seconds": 0}
    add_session(marts, "Big", **nobody)
    add_session(marts, "Small", **nobody)
    before = shown(marts)
    assert (before.figures, before.findings) == ((), ())
    assert [plain(one.text) for one in before.unknowns if one.is_urgent] == [
        "The reports hold no record of the event yet: people planned 24 visits to 2 sessions, and nobody has joined"
        " one. Fix: load a download from after the event."
    ]

    add_session(marts, "Opening")
    during = shown(marts)
    [planned] = [figure for figure in during.figures if figure.label == "of planned visits took place"]
    assert (plain(planned.value), planned.context[0]) == ("67 %", "8 of 12")
    assert [one.text for one in during.findings] == ["4 of the 12 people who had planned Opening did not come."]
    assert not [one for one in during.unknowns if one.is_urgent]
    assert plain(during.unknowns[0].text) == (
        "Nobody joined 2 sessions that people had planned. Either they were not held, or no download covers them. The"
        " 24 planned visits to them count as neither kept nor missed."
    )


@pytest.mark.parametrize(
    ("now", "then", "is_ratio", "said"),
    [
        (60, 48, False, "▲ 25 % since"),
        (48, 60, False, "▼ 20 % since"),
        (60, 60, False, "as at"),
        (0.58, 0.52, True, "▲ 6 points since"),
        (0.51, 0.52, True, "▼ 1 point since"),
        (5, 0, False, "as at"),
    ],
)
def test_a_number_is_compared_with_the_event_before(now: float, then: float, is_ratio: bool, said: str) -> None:
    assert plain(change(now, then, is_ratio=is_ratio)) == said


def test_the_figures_stand_beside_those_of_the_event_before(marts: duckdb.DuckDBPyConnection) -> None:
    add_session(marts, "Big")
    with duckdb.connect() as other:
        other.execute(MARTS)
        add_session(other, "Old", stayed_count=5, likely_seconds=3600)
        found = headline_of(HeadlineRows(marts, SETTINGS), HeadlineRows(other, SETTINGS), "Summit 2025")
    assert {figure.label: plain(figure.compared) for figure in found.figures} == {
        "people came to a session": "as at Summit 2025: 2",
        "of planned visits took place": "as at Summit 2025: 67 %",
        "of attendances lasted to the end": "▲ 30 points since Summit 2025: 50 %",
        "hours attended, likely": "▲ 100 % since Summit 2025: 1",
    }


def test_a_text_rounds_as_a_browser_does_and_needs_all_that_it_names() -> None:
    assert filled("{a:.1f} and {b:.0%}", {"a": 4.25, "b": 0.125}) == "4.3 and 13\N{NO-BREAK SPACE}%"
    assert filled("{a:,} of {b}", {"a": 1234, "b": None}) is None
    assert filled("{a}", {}) is None


def test_each_entry_has_a_query_a_figure_and_a_place() -> None:
    entries = [*DECLARED["figures"], *DECLARED["findings"], *DECLARED["unknowns"]]
    queries = {path.stem for path in (PAGE / "headline").glob("*.sql")}
    assert {entry["query"] for entry in entries} | {"period"} == queries
    assert {entry["where"] for entry in entries if "where" in entry} <= {figure["id"] for figure in FIGURES}
    assert 3 <= len(DECLARED["figures"]) <= 5


# The same numbers another way: from each person's attendance and from the activities, instead of from the sessions.
OTHER_WAY = """
with people as (
    select
        *,
        -- All but one session have at least ten people: an inferred start and end leave out a tenth of them.
        started_at + 0.8 * (ended_at - started_at) as late_at
    from marts.fct_session_attendance
    inner join (select session_key, started_at, ended_at from marts.fct_sessions) as windows using (session_key)
    where session_type = 'session'
),
stars as (
    select c.content_name, avg(r.star_count) as mean, count(*) as n
    from marts.fct_reviews as r inner join marts.dim_content as c using (content_key)
    where r.is_counted and r.star_count is not null
    group by all having count(*) >= 3 order by mean desc limit 1
)
select
    (select count(distinct user_id) from people),
    (select sum(likely_seconds) / 3600 from people),
    (select count(*) filter (where likely_until_at >= late_at) from people where is_attended),
    (select count(*) from people where is_attended),
    (select mode(session_name) from people where is_attended),
    (
        -- The shipped settings ask for 300 seconds.
        select [
            count(*) filter (where likely_seconds >= 300),
            count(*) filter (where proven_seconds >= 300),
            count(*) filter (where possible_seconds >= 300),
            count(*) filter (where is_attended and likely_until_at >= late_at),
            count(*) filter (where is_attended_proven and proven_until_at >= late_at),
            count(*) filter (where is_attended_possible and possible_until_at >= late_at)
        ]
        from people where session_name like 'Opening%'
    ),
    (select content_name from stars),
    (select mean from stars),
    (select n from stars)
"""


def test_the_sample_is_as_another_way_finds_it(sample_project: Project) -> None:
    with sample_project.open() as connection:
        [row] = connection.execute(OTHER_WAY).fetchall()
        came, hours, stayed, attended, first, of_first, best, mean, reviews = row
        found = shown(connection)
    values = {figure.label: (plain(figure.value), figure.context[0]) for figure in found.figures}
    assert values["people came to a session"] == (str(came), "of 64 with an account")
    assert values["hours attended, likely"][0] == f"{hours:.0f}"
    assert values["of attendances lasted to the end"] == (
        f"{100 * stayed / attended:.0f} %",
        f"{stayed} of {attended} (149 proven, 198 possible)",
    )
    assert [plain(one.text) for one in found.findings] == [
        f"{first} drew the most people: {of_first[0]} of the {came} who came to any session ({of_first[1]} proven,"
        f" {of_first[2]} possible). No other session can have had more. {of_first[3]} of them stayed to the end"
        f" ({of_first[4]} proven, {of_first[5]} possible).",
        # As sample/README.md and analyses/README.md say.
        "24 of the 36 people who had planned Night Ferry: The Pacific Session did not come.",
        f"Of the pages with at least 3 reviews, {best} was rated best: {mean + 1e-9:.1f} stars in {reviews} reviews.",
    ]


def test_every_query_says_what_it_finds() -> None:
    for path in (ROOT / "page").glob("*/*.sql"):
        assert path.read_text().startswith("-- ") and path.read_text().splitlines()[0].endswith("."), path.name
