"""The page: what its data holds, and that figures, queries and definitions fit together. In a browser: test_browser."""

from __future__ import annotations

import base64
import csv
import gzip
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import start

from conftest import ROOT, SETTINGS, Project
from figures import FIGURES, PAGE, PROFILES, SECTIONS
from loader_fixtures import write
from page import write_page as writer
from page.certificates import collected_for_all
from page.events import Event, Part, read_events
from page.labels import make_labels, read_labels
from page.write_page import dataset_of, html_of, page_path, read_data, rows_at_most, shared_page_path, write_page
from publishing.share import share
from warehouse.copies import PUBLISHED, Mark, mark_of
from warehouse.database import opened
from warehouse.errors import WarehouseError
from warehouse.mart_models import read_models
from warehouse.settings import read_yaml

DEFINITIONS = read_yaml((PAGE / "definitions.yml").read_text())


def page_of(database: Path, mark: Mark | None = None, event: Event | None = None) -> str:
    """The page of a copy as a text, or of an event in it."""
    mark = mark or mark_of(database) or Mark(PUBLISHED)
    with opened(database) as connection, collected_for_all(connection) as certificates:
        return html_of(read_data(database, mark, certificates, event), mark)


def data_of(page: str) -> dict[str, Any]:
    """The data that a page carries."""
    [(kind, text)] = re.findall(r'<script type="application/(json|gzip)" id="data">(.*?)</script>', page, re.S)
    data: dict[str, Any] = json.loads(text if kind == "json" else gzip.decompress(base64.b64decode(text)))
    return data


def rows_of(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a dataset, as the script of the page puts them together."""
    columns = {
        name: column if isinstance(column, list) else [column["levels"][code] for code in column["codes"]]
        for name, column in dataset["columns"].items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def data(sample_project: Project) -> dict[str, Any]:
    """What the page of the sample carries."""
    return data_of(page_path(sample_project.published).read_text())


def commands_in(text: str) -> list[str]:
    """The commands that a text names."""
    return re.findall(r"make [a-z]+(?: [A-Z_]+=[^ ,]+)*", text)


def columns_of(figure: dict[str, Any]) -> Iterator[str]:
    """Every column of its dataset that a figure names, in whatever place."""
    yield from (*figure.get("by", ()), *figure.get("only", ()))
    for measure in figure.get("measures", {}).values():
        yield from (measure[place] for place in ("column", "weight") if place in measure)
        yield from measure.get("only", ())
    if "choose" in figure:
        yield figure["choose"]["column"]
        names = figure["choose"].get("name", figure["choose"]["column"])
        yield from [names] if isinstance(names, str) else names
    if "by" not in figure:
        yield from shown_columns(figure)


def shown_columns(figure: dict[str, Any]) -> Iterator[str]:
    """Every column that a figure names of the rows that it shows, which it may have summed up."""
    for place in ("ascending", "descending", "top"):
        if place in figure:
            yield figure[place]
    if "minimum" in figure:
        yield figure["minimum"]["column"]
    for column in figure["columns"]:
        yield from (column[place] for place in ("column", "low", "high") if place in column)
    chart = figure.get("chart", {})
    yield from (chart[place] for place in CHART_FIELDS if place in chart)
    yield from (part["column"] for part in chart.get("stack", ()))
    if "marker" in chart:
        yield chart["marker"]["column"]


CHART_FIELDS = ("label", "note", "value", "low", "middle", "high", "x", "y", "row", "column", "line")


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure["id"])
def test_a_figure_names_columns_that_its_query_gives(figure: dict[str, Any], data: dict[str, Any]) -> None:
    named = list(columns_of(figure))
    assert named
    assert [name for name in named if name not in data["datasets"][figure["dataset"]]["columns"]] == []
    # What a chart writes has the format of its column.
    written = {figure["chart"][place] for place in ("label", "note", "value") if place in figure.get("chart", {})}
    assert written <= {column["column"] for column in figure["columns"]}
    if "by" in figure:
        assert set(shown_columns(figure)) <= {*figure["by"], *figure["measures"]}


@pytest.mark.parametrize("figure", [one for one in FIGURES if "says" in one], ids=lambda figure: figure["id"])
def test_a_title_names_what_its_rows_have(figure: dict[str, Any], data: dict[str, Any]) -> None:
    named = {name for text in (figure["says"], figure.get("tied", "")) for name in re.findall(r"\{(\w+)[:}]", text)}
    assert ("counts" in figure) != ("top" in figure)
    values: set[str] = set()
    if "counts" in figure:
        counted = rows_of(data["datasets"][figure["counts"]["dataset"]])
        values = {row[figure["counts"]["column"]] for row in counted}
    least = {"least"} if "minimum" in figure else set()
    assert named - {"zone"} <= {*shown_columns(figure), *values, *least, "total", "share", "rows"}


def test_a_mean_says_of_how_many_and_nobody_stops_at_the_last_lesson(data: dict[str, Any]) -> None:
    videos = rows_of(data["datasets"]["videos"])
    assert [(row["watcher_count"], row["position_count"]) for row in videos] == [(12, 10), (6, 4)]
    stopped = {row["lesson_order"]: row["people_stopped_count"] for row in rows_of(data["datasets"]["lessons"])}
    assert [order for order, count in stopped.items() if count is None] == [max(stopped)]


def test_the_most_at_once_is_proven_over_all_minutes(data: dict[str, Any]) -> None:
    minutes = rows_of(data["datasets"]["concurrency"])
    sessions = {row["session_key"]: row for row in rows_of(data["datasets"]["sessions"])}
    for name in ("proven_people_count", "peak_people_count", "possible_people_count"):
        most: dict[str, int] = {}
        for row in minutes:
            most[row["session_key"]] = max(most.get(row["session_key"], 0), row[name])
        assert most
        assert all(sessions[key][name] >= count for key, count in most.items()), name


def test_what_stands_in_words_has_a_word_for_each_value(data: dict[str, Any]) -> None:
    words = data["words"]
    with (ROOT / "seeds" / "activity_types.csv").open(newline="") as file:
        assert set(words["activity_family"]) == {row["activity_family"] for row in csv.DictReader(file)}
    for figure in FIGURES:
        for column in figure["columns"]:
            if "words" in column:
                rows = rows_of(data["datasets"][figure["dataset"]])
                assert {row[column["column"]] for row in rows} - {None} <= set(words[column["words"]])


def test_the_page_lists_certificates_as_the_command_does(
    sample_project: Project, data: dict[str, Any], tmp_path: Path
) -> None:
    done = sample_project.script("certificates.py", "--target", str(tmp_path / "list.csv"))
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        listed = [
            (row["full_name"], row["session_or_course"], row["entitled"], row["reason"]) for row in csv.DictReader(file)
        ]
    names = ("full_name", "certificate_name", "entitled", "reason")
    shown = [tuple(row[name] for name in names) for row in rows_of(data["datasets"]["certificates"])]
    assert sorted(shown) == sorted(listed) and len(shown) > 150
    counts = rows_of(data["datasets"]["certificate_counts"])
    assert sum(row["person_count"] for row in counts if row["entitled"] == "yes") == sum(
        entitled == "yes" for _, _, entitled, _ in listed
    )


def test_on_the_page_of_an_event_people_who_registered_before_it_are_listed(sample_project: Project) -> None:
    on_day = Event("Second day", (Part(None, date(2026, 5, 13), date(2026, 5, 13)),))
    listed = rows_of(data_of(page_of(sample_project.published, event=on_day))["datasets"]["certificates"])
    everything = rows_of(data_of(page_of(sample_project.published))["datasets"]["certificates"])
    with sample_project.open() as connection:
        days = connection.execute(
            "select session_name from marts.fct_sessions where session_date = '2026-05-13' and session_type = 'session'"
        ).fetchall()
    of_day = [row for row in everything if (row["certificate_name"],) in days]
    assert [row for row in listed if (row["certificate_name"],) in days] == of_day
    assert {row["certificate_name"] for row in listed} < {row["certificate_name"] for row in everything}


def test_two_of_one_name_have_two_labels(sample_project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "published.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        for table, column in (("fct_sessions", "session_name"), ("fct_session_attendance", "session_name")):
            connection.execute(f"update marts.{table} set {column} = 'Twin' where content_id in ('4101', '4110')")
        connection.execute("update marts.dim_content set content_name = 'Twin' where content_id in ('4101', '4110')")
    datasets = data_of(page_of(copy))["datasets"]
    for dataset, key, name in (
        ("sessions", "session_key", "session_name"),
        ("visits", "session_key", "session_name"),
        ("concurrency", "session_key", "session_name"),
        ("content_names", "content_key", "content_name"),
        ("credits", "content_key", "content_name"),
        ("ratings", "content_key", "content_name"),
    ):
        twins = {(row[key], row[name]) for row in rows_of(datasets[dataset]) if row[name].startswith("Twin")}
        assert len({key for key, _ in twins}) == len({name for _, name in twins}) == len(twins), dataset
        assert all("May 2026, " in name for _, name in twins), dataset


def test_a_session_has_its_joins_and_leaves_and_a_person_their_answers(
    sample_project: Project, data: dict[str, Any]
) -> None:
    with sample_project.open() as connection:
        [(joined, left)] = connection.execute(
            "select count(*) filter (where activity_type = 'session_joined'), count(*) filter (where activity_type ="
            " 'session_left') from marts.fct_activities where content_id = '4101'"
        ).fetchall()
        answers = connection.execute(
            "select activity_text from restricted.activity_texts where activity_type = 'other_question_answered'"
        ).fetchall()
    of_keynote = [row for row in rows_of(data["datasets"]["arrivals"]) if row["session_key"] == "sample:4101"]
    assert (sum(row["joined_count"] for row in of_keynote), sum(row["left_count"] for row in of_keynote)) == (
        joined,
        left,
    )
    assert {text for (text,) in answers} <= {row["answer"] for row in rows_of(data["datasets"]["answers"])}


def test_the_touches_of_a_lead_stand_in_words(data: dict[str, Any]) -> None:
    touches = {touch for row in rows_of(data["datasets"]["leads"]) for touch in row["touches"].split(" > ")}
    assert {"content viewed", "resource downloaded"} <= touches
    assert not any("_" in touch for touch in touches)


def test_a_section_says_what_it_lacks_where_it_is_left_out() -> None:
    for section in SECTIONS:
        assert section["title"].endswith("?")
        assert section["contents"]


def test_the_page_says_first_how_much_was_understood(data: dict[str, Any]) -> None:
    assert {part["value"]: part["label"] for part in data["trust"]}[
        "99\N{NO-BREAK SPACE}%"
    ] == "of 4,246 records understood"
    assert data["understood"]["instead"] == ""


def test_totals_and_rankings_need_understanding(sample_project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "published.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.report_reconciliation set landed_understood_count = 1")
    data = data_of(page_of(copy))
    assert data["trust"][0]["value"] == "0\N{NO-BREAK SPACE}%"
    assert data["understood"]["instead"].endswith("Fix: make name")
    guarded = {figure["id"] for figure in FIGURES if figure.get("needs_understanding")}
    assert guarded == {"leaderboard", "standings", "teams"}


def test_figures_differ_and_lead_to_their_definitions(data: dict[str, Any]) -> None:
    assert [name for name, count in Counter(figure["id"] for figure in FIGURES).items() if count > 1] == []
    named = {figure["definition"] for figure in (*FIGURES, *data["headline"]["figures"])}
    assert named | {part["definition"] for part in data["trust"]} == set(DEFINITIONS)
    assert {figure["dataset"] for figure in FIGURES} <= set(data["datasets"])


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_has_a_rule_limits_and_a_source_that_is_there(name: str, data: dict[str, Any]) -> None:
    definition = DEFINITIONS[name]
    assert definition["text"] and definition["limits"]
    assert (ROOT / definition["source"]).is_file()
    wanted = {setting: SETTINGS[setting] for setting in definition.get("settings", ())}
    assert data["definitions"][name]["settings"] == wanted


def test_rows_that_the_page_makes_of_people_count_them(data: dict[str, Any]) -> None:
    # The others are about the whole event, or their marts leave few people blank already.
    about_all = {
        *("activities_by_family", "activities_by_day", "activities_by_hour", "links", "evidence"),
        *("stars", "bracket_widths", "question_results"),
    }
    grouped = {figure["id"]: figure for figure in FIGURES if "by" in figure}
    assert {name for name, figure in grouped.items() if "people" not in figure} == about_all
    for figure in (one for one in FIGURES if "people" in one):
        assert figure["people"] in {column["column"] for column in figure["columns"]}
    assert data["fewest"] == 0


def test_every_query_is_shown_or_a_filter_needs_it(data: dict[str, Any]) -> None:
    of_profiles = {one["dataset"] for profile in PROFILES.values() for one in (profile, *profile["parts"])}
    assert set(data["datasets"]) == {figure["dataset"] for figure in FIGURES} | of_profiles | {
        "content_names",
        "people",
    }


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_columns_that_its_queries_give(name: str, data: dict[str, Any]) -> None:
    profile = PROFILES[name]
    own = set(data["datasets"][profile["dataset"]]["columns"])
    named = {profile["key"], profile["title"], *(fact["column"] for fact in profile.get("facts", ()))}
    assert named | {part["by"] for part in profile["parts"]} <= own
    for part in profile["parts"]:
        chart = {part["chart"][place] for place in CHART_FIELDS if place in part.get("chart", {})}
        columns = part["columns"]
        linked = {column["key"] for column in columns if "profile" in column}
        assert {part["by"], *chart, *linked, *(column["column"] for column in columns)} <= set(
            data["datasets"][part["dataset"]]["columns"]
        )


def test_a_link_to_a_profile_has_a_row_there(data: dict[str, Any]) -> None:
    columns = [(figure["dataset"], column) for figure in FIGURES for column in figure["columns"]]
    columns += [
        (part["dataset"], column) for one in PROFILES.values() for part in one["parts"] for column in part["columns"]
    ]
    linked = [(dataset, column) for dataset, column in columns if "profile" in column]
    assert {column["profile"] for _, column in linked} == set(PROFILES)
    for dataset, column in linked:
        profile = PROFILES[column["profile"]]
        keys = {row[profile["key"]] for row in rows_of(data["datasets"][profile["dataset"]])}
        assert {row[column["key"]] for row in rows_of(data["datasets"][dataset])} - {None} <= keys, column


LAST_PART = [command for _, text in read_yaml((PAGE / "keeper.yml").read_text()) for command in commands_in(text)]


@pytest.mark.parametrize("place", [*PROFILES, "the last part"])
def test_the_commands_for_whoever_keeps_the_page_are_there(place: str) -> None:
    commands = PROFILES[place]["keeper"].values() if place in PROFILES else LAST_PART
    assert len(commands) > 0
    for command in commands:
        make, name, *settings = command.split()
        given = dict(setting.split("=") for setting in settings)
        assert make == "make" and set(given) <= set(start.COMMANDS[name].settings), command
        # The table of an export is one of the marts, and a list of `make show` is shown to its end.
        assert given.get("TABLE", ".fct_reviews").partition(".")[2] in read_models(), command
        assert name != "show" or given["ALL"] == "1", command


def test_the_visits_of_the_profiles_are_those_of_the_mart(data: dict[str, Any], sample_project: Project) -> None:
    rows = rows_of(data["datasets"]["visits"])
    with sample_project.open() as connection:
        counted = connection.execute(
            "select session_key, sum(proven_added_seconds), sum(likely_added_seconds), sum(possible_added_seconds)"
            " from marts.fct_presence_intervals group by 1 having sum(possible_added_seconds) > 0"
        ).fetchall()
    shown: dict[str, Counter[str]] = {}
    for row in rows:
        sums = shown.setdefault(row["session_key"], Counter())
        sums.update({name: row[f"{name}_seconds"] for name in ("proven", "likely", "possible")})
    assert {(key, *(int(sums[name]) for name in ("proven", "likely", "possible"))) for key, sums in shown.items()} == {
        (key, int(proven), int(likely), int(possible)) for key, proven, likely, possible in counted
    }


def test_the_sample_is_shown_as_its_marts_tell(data: dict[str, Any]) -> None:
    # As README.md and sample/README.md say.
    datasets = {name: rows_of(dataset) for name, dataset in data["datasets"].items()}
    assert sum(row["activity_count"] for row in datasets["family_days"]) == 1878
    assert sum(row["activity_count"] for row in datasets["hours"]) == 1878
    assert sum(row["record_count"] for row in datasets["reports"]) == 4248
    assert sum(row["rejected_count"] for row in datasets["reports"]) == 2
    assert [(row["user_count"], row["active_user_count"]) for row in datasets["people"]] == [(64, 60)]
    [keynote] = [row for row in datasets["sessions"] if row["session_name"] == "Opening Keynote: The Tide Is In"]
    assert keynote["session_date"] == "2026-05-12"
    assert keynote["proven_seconds"] <= keynote["likely_seconds"] <= keynote["possible_seconds"]
    assert {row["hour_number"] for row in datasets["hours"]} <= set(range(24))
    assert (data["title"], data["period"]) == ("Harbour Learning Summit", "12 to 13 May 2026")
    assert data["trust"][-1]["value"] == "15 May 2026"
    assert "names people" in data["notice"]


def test_a_dataset_is_cut_off_and_says_how_long_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "rows_at_most", lambda _: 3)
    query = write(tmp_path / "numbers.sql", "select i from range(10) as r(i) order by i -- the first\n")
    with duckdb.connect() as connection:
        assert dataset_of(connection, query) == {"total": 10, "columns": {"i": [0, 1, 2]}}
        query.write_text("select i from range(3) as r(i) order by i")
        assert dataset_of(connection, query) == {"total": 3, "columns": {"i": [0, 1, 2]}}
        query.write_text("select i, 'a' as text from range(0) as r(i)")
        assert dataset_of(connection, query) == {"total": 0, "columns": {"i": [], "text": []}}


def test_a_query_may_say_how_many_rows_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "rows_at_most", lambda _: 3)
    query = write(
        tmp_path / "numbers.sql",
        "with shown as (select i from range(10) as r(i) order by i limit getvariable('rows_at_most'))"
        " select i, 10 as total_row_count, (select count(*) from shown) as known from shown order by i",
    )
    with duckdb.connect() as connection:
        dataset = dataset_of(connection, query)
    assert dataset == {"total": 10, "columns": {"i": [0, 1, 2], "known": [4, 4, 4]}}


def test_of_what_the_page_sums_up_it_has_all_rows() -> None:
    most = {dataset: rows_at_most(dataset) for figure in FIGURES for dataset in [figure["dataset"]]}
    summed_up = {figure["dataset"] for figure in FIGURES if figure.get("by")}
    assert {most[dataset] for dataset in summed_up} == {40_000}
    assert {dataset for dataset in most if most[dataset] > 1500} == {*summed_up, "concurrency"}
    assert rows_at_most("members") == 4000


@pytest.mark.parametrize("limit", [2, 25])
def test_a_page_that_is_cut_off_has_the_first_rows_of_all(
    sample_project: Project, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    # Queries that look up names only for the rows that are shown must choose the same rows.
    whole = {name: rows_of(dataset) for name, dataset in data["datasets"].items()}
    monkeypatch.setattr(writer, "rows_at_most", lambda _: limit)
    cut = data_of(page_of(sample_project.published, event=read_events()[0]))["datasets"]
    assert {name: dataset["total"] for name, dataset in cut.items()} == {
        name: len(rows) for name, rows in whole.items()
    }
    for name, dataset in cut.items():
        assert rows_of(dataset) == whole[name][:limit], name
    assert len(whole["visits"]) > limit and len(whole["certificates"]) > limit and len(whole["answers"]) > limit


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        # 5:45 ahead of UTC: the hour begins at a quarter.
        ("Asia/Kathmandu", ["2026-05-12 09:14:59", "2026-05-12 09:15:00", "2026-05-12 09:15:59"]),
        # The clock changed a minute after midnight, and in summer time an hour is missing.
        ("America/St_Johns", ["2011-03-13 03:30:59", "2011-03-13 03:31:00", "2011-03-13 03:44:59"]),
        ("America/St_Johns", ["2011-11-06 02:30:30", "2011-11-06 02:31:00", "2011-11-06 03:29:59"]),
        ("Australia/Lord_Howe", ["2026-04-04 14:59:59", "2026-04-04 15:00:00", "2026-04-04 15:30:00"]),
        ("UTC", ["2026-05-12 00:00:00", "2026-05-12 23:59:59"]),
    ],
)
def test_an_activity_counts_in_its_hour_of_the_zone(zone: str, moments: list[str]) -> None:
    expected = Counter(
        datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).hour for moment in moments
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set variable reporting_time_zone = ?", [zone])
        connection.execute(
            "create schema marts; create table marts.fct_activities as"
            " select 's' as site_id, date '2026-05-12' as occurred_date, unnest(?)::timestamp as occurred_at",
            [moments],
        )
        rows = rows_of(dataset_of(connection, PAGE / "queries" / "hours.sql"))
    assert {row["hour_number"]: row["activity_count"] for row in rows} == expected


def test_two_booths_of_one_exhibitor_have_their_pages_beside_them() -> None:
    # Their visitors are counted per booth, so a chart would have two bars of one name.
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; create schema marts")
        connection.execute(
            "create table marts.fct_sessions"
            " (session_key text, session_name text, content_key text, started_at timestamp)"
        )
        connection.execute(
            "create table marts.dim_content as from (values ('a:1', 'East', null, '1'), ('a:2', 'West', null, '2'),"
            " ('a:3', 'Lumen', null, '3')) as v(content_key, content_name, content_slug, content_id)"
        )
        connection.execute(
            "create table marts.fct_exhibitor_leads as from (values ('a:1', 'Twin'), ('a:1', 'Twin'), ('a:2', 'Twin'),"
            " ('a:3', 'Lumen')) as v(content_key, exhibitor_name);"
            "alter table marts.fct_exhibitor_leads add column site_id text default 'a';"
            "alter table marts.fct_exhibitor_leads add column warmth text default 'hot';"
            "alter table marts.fct_exhibitor_leads add column is_staff boolean default false;"
            "alter table marts.fct_exhibitor_leads add column is_own_people boolean default false"
        )
        make_labels(connection, "UTC")
        booths = rows_of(dataset_of(connection, PAGE / "queries" / "booths.sql", read_labels(connection)))
    named = {row["exhibitor_name"]: row["visitor_count"] for row in booths}
    assert named == {"Twin (East)": 2, "Twin (West)": 1, "Lumen": 1}


def test_values_are_told_as_a_browser_reads_them(tmp_path: Path) -> None:
    values = {
        "moment": datetime(2026, 5, 12, 9, 0, 1),
        "day": date(2026, 5, 12),
        "exact": Decimal("1.50"),
        "ratio": 0.333333,
        "nothing": None,
    }
    query = write(tmp_path / "values.sql", f"select {', '.join(f'${name} as {name}' for name in values)}")
    query.write_text(
        "select timestamp '2026-05-12 09:00:01' as moment, date '2026-05-12' as day, 1.50::decimal(5, 2) as exact,"
        " 0.333333::double as ratio, null as nothing, unnest(['a', 'a', null, 'a', 'b']) as word"
    )
    with duckdb.connect() as connection:
        dataset = dataset_of(connection, query)
    assert rows_of(dataset)[2] == {
        "moment": "2026-05-12T09:00:01Z",
        "day": "2026-05-12",
        "exact": 1.5,
        "ratio": 0.3333,
        "nothing": None,
        "word": None,
    }
    assert [row["word"] for row in rows_of(dataset)] == ["a", "a", None, "a", "b"]


def test_no_text_ends_the_script_that_holds_it(sample_project: Project, tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script><!--"
    copy = tmp_path / "published.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.fct_sessions set session_name = ?", [nasty])
    page = page_of(copy)
    assert all(row["session_name"].startswith(nasty) for row in rows_of(data_of(page)["datasets"]["sessions"]))
    assert nasty not in page
    assert page.count("</script>") == 2


def test_a_page_takes_its_place_when_it_is_whole(
    sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "report" / "index.html"
    write_page(sample_project.published, page)
    before = page.read_bytes()

    def fail(*_: object, **__: object) -> str:
        raise duckdb.CatalogException("Table with name fct_sessions does not exist!")

    monkeypatch.setattr(writer, "data_of", fail)
    with pytest.raises(
        WarehouseError, match=r"is no copy of these marts: .*fct_sessions does not exist.* Fix: make build"
    ):
        write_page(sample_project.published, page)
    assert page.read_bytes() == before
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]


def test_what_cannot_be_shown_is_said(sample_project: Project, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no copy at .*none\.duckdb\. Fix: make build, or make share"):
        write_page(tmp_path / "none.duckdb", tmp_path / "index.html")
    blocked = write(tmp_path / "blocked", "a file")
    with pytest.raises(WarehouseError, match=r"index\.html cannot be written"):
        write_page(sample_project.published, blocked / "index.html")


def test_the_data_of_a_large_page_is_packed(
    sample_project: Project, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PACKED_FROM", 1000)
    page = page_of(sample_project.published)
    assert "application/gzip" in page
    assert data_of(page)["datasets"] == data["datasets"]
    assert len(page) < 0.6 * page_path(sample_project.published).stat().st_size


def test_a_filter_by_dates_finds_one_column_of_a_dataset(data: dict[str, Any]) -> None:
    for name, dataset in data["datasets"].items():
        assert len([column for column in dataset["columns"] if column.endswith("_date")]) <= 1, name


def test_the_shared_page_names_nobody(sample_project: Project, shared_sample: Path) -> None:
    page = shared_page_path(shared_sample).read_text()
    data = data_of(page)
    assert "pseudonyms here" in data["notice"]
    assert data["fewest"] == SETTINGS["minimum_cohort_size"]
    assert sum(row["activity_count"] for row in rows_of(data["datasets"]["family_days"])) == 1878
    with sample_project.open() as connection:
        people = connection.execute("select full_name, email, user_id from restricted.user_details").fetchall()
    # Only the rows are looked through, because the rest of the page holds no data of people.
    rows = json.dumps(data["datasets"], ensure_ascii=False)
    assert len(people) == 64
    assert [value for person in people for value in person if value and f'"{value}' in rows] == []


def test_the_shared_page_counts_sessions_without_lefts_as_the_page_does(
    sample_project: Project, tmp_path: Path
) -> None:
    copy = tmp_path / "published.duckdb"
    copy.write_bytes(sample_project.published.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.fct_session_attendance set left_count = 0 where content_id = '4101'")

    def urgent_of(name: str) -> list[str]:
        shared = tmp_path / f"{name}.duckdb"
        share(copy, shared, "a salt of the tests, and no secret", SETTINGS["minimum_cohort_size"])
        headlines = [data_of(page_of(database))["headline"] for database in (copy, shared)]
        return [one["text"].partition(" hardly")[0] for one in headlines for one in one["unknowns"] if one["is_urgent"]]

    assert urgent_of("shared") == ["1 of 11 sessions has"] * 2
    # Of a group of three the shared copy leaves the number of people blank.
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "create temp table people as select unnest(min(user_key, 3)) as user_key"
            " from marts.fct_session_attendance where content_id = '4105';"
            "delete from marts.fct_session_attendance where content_id = '4105'"
            " and user_key not in (select user_key from people);"
            "update marts.fct_session_attendance set left_count = 0 where content_id = '4105';"
            "update marts.fct_sessions set unique_people_count = 3 where content_id = '4105'"
        )
    assert urgent_of("shared_again") == ["2 of 11 sessions have", "1 of 10 sessions has"]


def test_the_policy_lets_nothing_in_but_the_script(sample_project: Project) -> None:
    [policy] = re.findall(
        r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">',
        page_path(sample_project.published).read_text(),
    )
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    assert rules["default-src"] == "'none'"
    assert len(rules["script-src"].split()) == 1
    assert all(source.startswith("'sha256-") for source in rules["script-src"].split())
    assert "connect-src" not in rules
