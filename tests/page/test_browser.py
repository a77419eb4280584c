"""The page in a real browser: its figures and filters, by keyboard, on a phone, in the dark, in print, offline."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from conftest import Project
from figures import FIGURES, SECTIONS
from page import write_page as writer
from page.browser import find_chromium
from page.write_page import page_path, write_page

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here. Fix: apt-get install chromium")

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "has_touch": True},
}
# Per figure: whether it is visible, the number of its rows, and the marks, the width and the height of its chart.
DRAWN = """all => Object.fromEntries(all.map((one) => {
    const [chart, place] = [one.querySelector("svg"), one.getBoundingClientRect()];
    const box = chart ? chart.getBoundingClientRect() : {width: 0, height: 0};
    return [one.id, [
        one.checkVisibility({visibilityProperty: true}) && place.width * place.height > 0,
        one.querySelectorAll("tbody tr").length,
        one.querySelectorAll("svg :is(.bar, .cell, .area, .line)").length,
        box.width,
        box.height,
    ]];
}))"""
# The filters are made again whenever the page is drawn. A hashchange is the last event of a way back.
COUNT_DRAWS = """() => {
    window.draws = 0;
    new MutationObserver(() => { window.draws += 1; }).observe(document.getElementById("filters"), {childList: true});
    window.addEventListener("hashchange", () => { window.isBack = true; });
}"""
NASTY = "<img src=x onerror=alert(1)><b>bold</b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> dict[bool, Page]:
    """A window for all tests, and one with touch: a new window takes as long as three pages."""
    return {has_touch: browser.new_page(has_touch=has_touch) for has_touch in (False, True)}


Opener = Callable[..., Page]


@pytest.fixture
def opened(windows: dict[bool, Page], sample_project: Project) -> Iterator[Opener]:
    """Opens a page, and holds against it at the end whatever it said, asked or wanted to fetch."""
    heard: list[str] = []
    listening: list[tuple[Page, str, Callable[[Any], None]]] = []

    def open_page(path: Path | None = None, **look: Any) -> Page:
        address = (path or page_path(sample_project.published)).as_uri()
        look = look or LOOKS["light"]
        page = windows[look.get("has_touch", False)]
        page.set_default_timeout(5000)
        # Away from the page of the test before.
        page.goto("about:blank")
        page.set_viewport_size(look["viewport"])
        page.emulate_media(media="null", color_scheme=look.get("color_scheme", "light"))
        hears: dict[str, Callable[[Any], None]] = {
            "console": lambda message: heard.append(f"{message.type}: {message.text}"),
            "pageerror": lambda error: heard.append(f"error: {error}"),
            "dialog": lambda dialog: heard.append(f"dialog: {dialog.message}"),
            "request": lambda request: heard.append(request.url) if request.url != address else None,
        }
        for event, hear in hears.items():
            page.on(event, hear)  # type: ignore[call-overload]
            listening.append((page, event, hear))
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        wait_for_charts(page)
        return page

    yield open_page
    for page, event, hear in listening:
        page.remove_listener(event, hear)
    assert heard == []


def wait_for_charts(page: Page) -> None:
    """Wait until each chart is drawn."""
    for host in page.locator("div.chart").all():
        expect(host.locator("svg")).to_have_count(1)


def open_all(page: Page) -> None:
    """Open whatever is folded away."""
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    empty = page.locator("details.folded:has(> summary h3):not(:has(.actions, .warning, .note))")
    with suppress(AssertionError):
        expect(empty).to_have_count(0)
    assert empty.evaluate_all("all => all.map((one) => one.id)") == []
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe finds."""
    # Without what axe finds in order: it would describe each place.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


def number(page: Page, label: str) -> str:
    """The value of one of the figures at the top."""
    row = page.locator("dl.headline > div").filter(has=page.get_by_role("link", name=label, exact=True))
    return row.locator(".figure-value").inner_text()


def filter_of(page: Page, label: str) -> Locator:
    """One of the filters at the top."""
    return page.locator("#filters").get_by_label(label, exact=True)


def cells(page: Page, figure: str, column: int) -> list[str]:
    """A column of a figure's table, as shown."""
    page.locator(f"#figure-{figure}").evaluate("one => { one.open = true; }")
    page.locator(f"#figure-{figure} .actions").wait_for()
    return page.locator(f"#figure-{figure} tbody tr :is(td, th):nth-child({column})").all_text_contents()


@pytest.mark.parametrize("look", LOOKS)
def test_every_figure_is_drawn_nothing_is_wider_than_the_window_and_axe_finds_nothing(
    opened: Opener, look: str
) -> None:
    page = opened(**LOOKS[look])
    assert page.locator("#sections-of-figures > section").count() == len(SECTIONS)
    assert violations(page) == []
    open_all(page)
    drawn = page.locator(".figure").evaluate_all(DRAWN)
    for figure in FIGURES:
        is_visible, rows, marks, width, height = drawn[f"figure-{figure['id']}"]
        assert is_visible and rows > 0, figure["id"]
        if figure["kind"] == "chart":
            assert marks > 0 and height > 50 and width > 150, figure["id"]
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] <= widths[1]
    if look == "phone":
        wider = (
            "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.getAttribute('aria-label'))"
        )
        assert page.locator("div.scroll").evaluate_all(wider) == []
    assert violations(page) == []


def test_no_text_of_a_chart_leaves_it_or_is_cut_off(opened: Opener, sample_project: Project, tmp_path: Path) -> None:
    name = "A session with a name of many words that would not fit on one line, and Verylongwordwithoutanyblank" * 2
    path = changed_copy(
        sample_project,
        tmp_path,
        f"update marts.fct_sessions set session_name = '{name}' where session_name = 'Closing Circle'",
        f"update restricted.user_details set full_name = '{name}' where full_name = 'Jasper Windle'",
    )
    for look in LOOKS.values():
        page = opened(path, **look)
        open_all(page)
        outside = page.locator("div.chart svg").evaluate_all(
            """charts => charts.flatMap((chart) => [...chart.querySelectorAll('text')].filter((text) => {
                const [inner, outer] = [text.getBoundingClientRect(), chart.getBoundingClientRect()];
                return inner.left < outer.left - 2 || inner.right > outer.right + 2 || inner.bottom > outer.bottom + 2;
            }).map((text) => `${chart.closest('.figure').id}: ${text.textContent}`))"""
        )
        assert outside == []
        written = page.locator("#figure-sessions svg text").evaluate_all(
            "all => all.map((one) => one.textContent).join('')"
        )
        assert "Verylongwordwithoutanyblank" in written


def test_dates_reach_what_has_dates_and_the_address_keeps_them(opened: Opener, sample_project: Project) -> None:
    with sample_project.open() as connection:
        [(activities,)] = connection.execute(
            "select count(*) from marts.fct_activities where occurred_date between '2026-05-13' and '2026-05-14'"
        ).fetchall()
        sessions = connection.execute(
            "select session_name from marts.fct_sessions where session_type = 'session'"
            " and session_date between '2026-05-13' and '2026-05-14' order by attendee_count desc"
        ).fetchall()
    page = opened()
    everything = number(page, "people came to a session")
    filter_of(page, "From").fill("2026-05-13")
    filter_of(page, "To").fill("2026-05-14")
    below = "Below: from 13 May 2026, to 14 May 2026. The numbers above are of everything."
    expect(page.locator("#filtered")).to_have_text(below)
    assert number(page, "people came to a session") == everything
    assert sum(map(int, cells(page, "activities_by_day", 2))) == activities
    assert cells(page, "activities_by_day", 1) == ["13 May 2026", "14 May 2026"]
    assert cells(page, "sessions", 1)[0] == sessions[0][0]
    assert len(cells(page, "sessions", 1)) == len(sessions)
    expect(page.locator("#figure-sessions h3")).to_have_text(
        "Closing Circle drew the most people: 31 attended (27 proven, 31 possible)"
    )
    assert cells(page, "content", 1)
    expect(page.locator("#figure-content .warning")).to_have_text(
        "This section does not follow the filter of dates, because its numbers are of the whole time."
    )

    # A folded figure follows the filter, or its finding says that it does not.
    expect(page.locator("#figure-content .finding")).to_contain_text("activities by")
    expect(page.locator("#figure-videos .finding")).to_contain_text("(not filtered by dates)")
    filter_of(page, "To").fill("2026-05-12")
    expect(page.locator("#filtered")).to_contain_text("From is later than To, so no day fits.")
    filter_of(page, "To").fill("2026-05-14")

    page.get_by_role("link", name="What did they say?").click()
    assert page.evaluate("location.hash") == "#said&from=2026-05-13&to=2026-05-14"
    page.reload()
    expect(page.locator("#filtered")).to_have_text(below)
    expect(page.locator("#said")).to_be_in_viewport()
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("#filtered")).to_have_text("")
    expect(filter_of(page, "From")).to_have_value("")
    assert page.evaluate("location.hash") == "#said"


@pytest.mark.parametrize("place", ["said", "certify", "rely"])
def test_on_a_phone_an_address_leads_to_its_place_and_again_after_a_reload(opened: Opener, place: str) -> None:
    page = opened(viewport={"width": 390, "height": 844})

    def top() -> float:
        # When every folded figure has its finding, nothing grows any more.
        expect(page.locator("#figure-activity_types .finding")).not_to_be_empty()
        return float(page.locator(f"#{place}").evaluate("one => one.getBoundingClientRect().top"))

    page.evaluate("place => { location.hash = place; }", place)
    page.reload()
    assert -20 < top() < 100
    page.evaluate("scrollTo(0, 300)")
    filter_of(page, "From").fill("2026-05-12")
    page.reload()
    assert -20 < top() < 100


def test_a_link_opens_what_is_folded_away_and_the_way_back_is_kept(opened: Opener) -> None:
    page = opened()
    page.evaluate("location.hash = '#figure-hours&page=sample:4111'")
    card = page.locator("#figure-hours")
    expect(card).to_be_in_viewport()
    assert cells(page, "hours", 1) == ["Closing Circle"]
    expect(card.locator("summary").first).to_be_focused()
    page.evaluate("location.hash = '#figure-stars'")
    expect(page.locator("#figure-stars")).to_be_in_viewport()
    page.evaluate(COUNT_DRAWS)
    page.go_back()
    expect(page.locator("#filtered")).to_contain_text("page Closing Circle")
    page.wait_for_function("window.isBack")
    assert page.evaluate("window.draws") == 1, "the way back draws the page once"


def test_a_name_leads_to_its_profile_and_from_there_to_others(opened: Opener, sample_project: Project) -> None:
    page = opened()
    page.evaluate("location.hash = '#session=sample:4101'")
    profile = page.locator("#profile")
    expect(profile.locator("h2")).to_have_text("Opening Keynote: The Tide Is In")
    expect(profile.locator("div.chart svg")).to_have_count(1)
    expect(page.locator("#figure-sessions")).to_be_hidden()
    with sample_project.open() as connection:
        [facts] = connection.execute(
            "select registered_count, unique_people_count from marts.fct_sessions where content_id = '4101'"
        ).fetchall()
    assert profile.locator("dl.facts dd").all_inner_texts()[2:8] == [
        *map(str, facts), "43 (36 to 43)", "39 (30 to 40)", "4 (3 to 12)", "40 (30 to 40)",
    ]  # fmt: skip
    # The second of two stays has no record of leaving.
    kamala = profile.locator("tr", has=page.get_by_role("link", name="Kamala Iyerson"))
    profile.get_by_role("button", name="Show all").first.click()
    expect(kamala).to_contain_text(", no Left; back at ")
    profile.get_by_role("searchbox").fill("karakose")
    expect(profile.get_by_role("link", name="Elif Karaköse")).to_be_visible()
    profile.get_by_role("searchbox").fill("")
    for name, title in (("Ada Okafor", "Ada Okafor"), ("Samphire Health", "Samphire Health")):
        profile.get_by_role("link", name=name, exact=True).first.click()
        expect(profile.locator("h2")).to_have_text(title)
        expect(profile.locator("h2")).to_be_in_viewport()
        if name == "Ada Okafor":
            expect(profile.locator("details.folded")).to_contain_text("make evidence USER_ID=5001")
            page.go_back()
    page.evaluate("location.hash = '#contest=All time'")
    expect(profile.locator("div.chart svg")).to_have_count(1)
    profile.get_by_role("link", name="Back to the whole page").click()
    expect(page.locator("#figure-sessions")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1200])
def test_a_profile_is_no_wider_than_the_window(opened: Opener, width: int) -> None:
    page = opened(viewport={"width": width, "height": 900})
    for address in ("#session=sample:4101", "#person=sample:5041", "#contest=All time", "#booth=sample:4302"):
        page.evaluate("address => { location.hash = address; }", address)
        expect(page.locator("#profile h2")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.locator("#profile h2").evaluate("(heading, name) => { heading.textContent = name; }", "Wolfeschlegel" * 20)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lefts = page.evaluate("['main', 'footer'].map((name) => document.querySelector(name).getBoundingClientRect().left)")
    assert lefts[0] == lefts[1]


def test_an_unknown_profile_is_said(opened: Opener) -> None:
    page = opened()
    page.evaluate("location.hash = '#session=none&from=2026-05-13'")
    profile = page.locator("#profile")
    expect(profile.locator("h2")).to_have_text("Not on this page")
    expect(profile).to_contain_text("This page has no profile of a session with the key “none”.")
    expect(page.locator("#figure-sessions")).to_be_hidden()
    assert violations(page) == []
    profile.get_by_role("link", name="Back to the whole page").click()
    expect(page.locator("#figure-sessions")).to_be_visible()


def test_a_name_in_a_chart_leads_to_its_profile(opened: Opener) -> None:
    for look in LOOKS.values():
        page = opened(**look)
        link = page.locator("#figure-sessions svg a").nth(1)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#profile h2")).to_have_text("Closing Circle")
        page.go_back()
        expect(page.locator("#profile h2")).to_have_count(0)
        page.locator("#figure-leaderboard svg a").first.click()
        expect(page.locator("#profile h2")).to_have_text("Zofia Wierzbowska")


def test_only_the_last_part_of_the_page_names_commands(opened: Opener) -> None:
    page = opened()
    page.evaluate("location.hash = '#session=sample:4101'")
    expect(page.locator("#profile h2")).to_be_visible()
    open_all(page)
    page.locator("details:has(> dl.keeper)").evaluate_all("all => all.forEach((one) => one.remove())")
    text = page.locator("body").evaluate(
        "(body) => { body.querySelectorAll('script, code').forEach((one) => one.remove()); return body.textContent; }"
    )
    assert re.findall(r"make (?:build|certificates|evidence|export|leads|name|report|share|show)\b|marts\.", text) == []


@pytest.mark.parametrize("hash", ["#nothing", "#figure-x&from=soon&to=%E0%A4%A", "#&&=&a=b"])
def test_an_address_that_leads_nowhere_shows_the_page(opened: Opener, hash: str) -> None:
    page = opened()
    page.evaluate("hash => { location.hash = hash; }", hash)
    expect(page.locator("#figure-sessions")).to_be_visible()


def test_a_page_reaches_what_has_pages(opened: Opener) -> None:
    page = opened()
    filter_of(page, "Page").select_option(label="Closing Circle")
    assert set(cells(page, "sessions", 1)) == {"Closing Circle"}
    assert cells(page, "content", 1) == ["Closing Circle"]
    assert set(cells(page, "rated_content", 1)) == {"Closing Circle"}
    assert page.locator("#figure-concurrency select").count() == 1, "only the order of the table is left to choose"
    assert cells(page, "activities_by_day", 1)
    expect(page.locator("#figure-activities_by_day")).to_contain_text(
        "This section does not follow the filter of page, "
    )
    filter_of(page, "To").fill("2026-05-01")
    expect(page.locator("#figure-sessions")).to_contain_text("Nothing, with these filters.")


def changed_copy(sample_project: Project, tmp_path: Path, *statements: str) -> Path:
    """The page of a changed copy of the published sample."""
    copy = tmp_path / "published.duckdb"
    shutil.copy(sample_project.published, copy)
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    write_page(copy, tmp_path / "index.html")
    return tmp_path / "index.html"


def test_a_site_reaches_what_has_sites(
    opened: Opener, sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "read_events", list)
    path = changed_copy(
        sample_project,
        tmp_path,
        "update marts.fct_activities set site_id = 'north' where occurred_date = '2026-05-14'",
        "update marts.dim_users set site_id = 'north' where user_id in ('5001', '5002')",
        "update marts.dim_content set site_id = 'north' where content_name = 'Closing Circle'",
    )
    page = opened(path)
    filter_of(page, "Site").select_option("north")
    assert set(cells(page, "activities_by_day", 1)) == {"14 May 2026"}
    assert filter_of(page, "Page").locator("option").all_inner_texts() == ["All pages", "Closing Circle"]
    expect(filter_of(page, "Site")).to_be_focused()
    expect(page.locator("#filtered")).to_contain_text("Below: site north.")


def test_a_table_sorts_and_searches_by_keyboard(opened: Opener) -> None:
    page = opened()
    card = page.locator("#figure-engaged_users")
    card.locator("summary").first.press("Enter")
    card.get_by_role("button", name="Name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    names = cells(page, "engaged_users", 1)
    assert names == sorted(names, key=lambda name: name.casefold().replace("í", "i").replace("é", "e"))
    page.keyboard.press("Enter")
    expect(card.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    assert cells(page, "engaged_users", 1)[0] > names[0]
    assert len(names) == 15
    card.get_by_role("button", name="Show all 60").press("Enter")
    assert len(cells(page, "engaged_users", 1)) == 60
    card.get_by_role("searchbox").fill("jasper WIND")
    assert cells(page, "engaged_users", 1) == ["Jasper Windle"]
    expect(card.locator(".tabular > .note")).to_have_text("1 of 60 rows fits")
    # The search is still there after a look at a person.
    card.get_by_role("link", name="Jasper Windle").click()
    page.get_by_role("link", name="Back to the whole page").click()
    expect(card.get_by_role("searchbox")).to_have_value("jasper WIND")
    assert cells(page, "engaged_users", 1) == ["Jasper Windle"]
    card.get_by_role("searchbox").fill("")
    card.get_by_role("button", name="Score").click()
    scores = [float(score) for score in cells(page, "engaged_users", 3)]
    assert scores == sorted(scores, reverse=True)


def test_each_question_of_a_reader_is_answered_with_one_click(opened: Opener, sample_project: Project) -> None:
    with sample_project.open() as connection:
        [(first, proven, possible)] = connection.execute(
            "select session_name, round(proven_seconds / 3600, 1), round(possible_seconds / 3600, 1)"
            " from marts.fct_sessions where session_type = 'session' order by attendee_count desc limit 1"
        ).fetchall()
        # The shipped settings ask for 300 proven seconds.
        entitled = connection.execute(
            "select users.full_name from marts.fct_session_attendance inner join restricted.user_details as users"
            " using (user_key) where session_type = 'session' and proven_seconds >= 300"
        ).fetchall()
        [(visitor,)] = connection.execute(
            "select users.full_name from marts.fct_exhibitor_leads as leads inner join restricted.user_details as users"
            " using (user_key) where not is_staff and not is_own_people order by lead_score desc limit 1"
        ).fetchall()
    page = opened()
    expect(page.locator(".findings li").first).to_contain_text(f"{first} drew the most people")
    page.get_by_role("link", name="hours attended, likely").click()
    sure = page.locator("#figure-hours svg text", has_text=f"({proven} to {possible})")
    expect(sure).to_be_in_viewport()
    page.get_by_role("link", name="Who should get a certificate?").click()
    table = page.locator("#figure-certificates")
    expect(table.locator("h3")).to_contain_text(f"{len(entitled)} entitled, ")
    table.get_by_role("button", name="Show all").click()
    proven_rows = table.locator("tbody tr", has=page.locator("td:nth-child(5)", has_text="Yes"))
    assert sorted(proven_rows.locator("th").all_inner_texts()) == sorted(name for (name,) in entitled)
    page.get_by_role("link", name="Whom should sales call?").click()
    expect(page.locator("#figure-leads h3")).to_contain_text(f"Call {visitor} first")
    page.get_by_role("link", name="Can I rely on this?").click()
    expect(page.locator("#figure-unknowns")).to_be_in_viewport()
    expect(page.locator("#figure-unknowns li").first).to_contain_text("have no record of leaving")


def test_back_takes_back_a_filter_and_does_not_leave_the_page(opened: Opener) -> None:
    page = opened()
    filter_of(page, "From").fill("2026-05-13")
    filter_of(page, "Page").select_option(label="Closing Circle")
    expect(page.locator("#filtered")).to_contain_text("page Closing Circle")
    page.go_back()
    expect(page.locator("#filtered")).to_have_text("Below: from 13 May 2026. The numbers above are of everything.")
    expect(filter_of(page, "Page")).to_have_value("")
    page.go_back()
    expect(page.locator("#filtered")).to_be_empty()
    page.go_forward()
    expect(filter_of(page, "From")).to_have_value("2026-05-13")


def test_one_of_several_can_be_chosen(opened: Opener) -> None:
    page = opened()
    card = page.locator("#figure-concurrency")
    before = cells(page, "concurrency", 2)
    choice = card.get_by_role("combobox", name="Session")
    choice.select_option(index=2)
    wait_for_charts(page)
    assert cells(page, "concurrency", 2) != before
    expect(choice).to_be_focused()
    chosen = choice.input_value()
    page.reload()
    expect(choice).to_have_value(chosen)


def test_each_figure_leads_to_its_definition(opened: Opener) -> None:
    page = opened()
    open_all(page)
    links = page.locator("main a[href^='#']")
    targets = set(links.evaluate_all("links => links.map((link) => link.getAttribute('href'))"))
    assert len(targets) > 30
    # An address with a value leads to a profile.
    places = [target for target in targets if "=" not in target]
    assert [place for place in places if page.locator(place).count() != 1] == []
    page.locator("#figure-leaderboard .actions a").last.click()
    expect(page.locator("#definition-points")).to_be_in_viewport()
    expect(page.locator("#definition-points")).to_contain_text(
        "days of the newest standings that are kept: 60 (leaderboard_history_days)"
    )


def test_the_first_stop_of_the_keyboard_skips_to_the_figures(opened: Opener) -> None:
    page = opened()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figures")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_in_print_the_figures_are_left(opened: Opener) -> None:
    page = opened(**LOOKS["dark"])
    page.emulate_media(media="print", color_scheme="light")
    for hidden in ("#filters", "nav", "#figure-sessions .actions", "#figure-hours"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("#figure-sessions svg")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert violations(page) == []


def test_a_table_and_a_chart_can_be_taken_along(opened: Opener, tmp_path: Path) -> None:
    page = opened()
    card = page.locator("#figure-sessions")
    with page.expect_download() as download:
        card.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "sessions.csv"
    download.value.save_as(tmp_path / "sessions.csv")
    lines = (tmp_path / "sessions.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith('Session,Start (UTC),Planned,Came,Attended,"Attended, proven","Attended, possible",')
    assert lines[1].startswith('Opening Keynote: The Tide Is In,"12 May 2026, 08:58",29,43,43,36,43,39,30,40,')
    assert len(lines) == 12
    with page.expect_download() as download:
        card.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "sessions.png"
    download.value.save_as(tmp_path / "sessions.png")
    picture = (tmp_path / "sessions.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and len(picture) > 20_000


def test_what_people_wrote_stays_text(opened: Opener, sample_project: Project, tmp_path: Path) -> None:
    path = changed_copy(
        sample_project,
        tmp_path,
        f"update marts.fct_sessions set session_name = '{NASTY}' where session_name = 'Closing Circle'",
        f"update restricted.user_details set full_name = '{NASTY}' where full_name = 'Jasper Windle'",
        f"update marts.dim_content set content_name = '{NASTY}' where content_name = 'Closing Circle'",
        f"update marts.fct_question_results set answer_text = '{NASTY}', question_name = '{NASTY}'",
    )
    page = opened(path)
    assert NASTY in cells(page, "sessions", 1)
    assert NASTY in cells(page, "leaderboard", 1)
    expect(page.locator("#glance")).to_contain_text("24 of the 36")
    assert page.locator("img, main b").count() == 0


def test_a_warehouse_of_nothing_is_shown_as_such(opened: Opener, sample_project: Project, tmp_path: Path) -> None:
    with sample_project.open() as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'main'"
        ).fetchall()
    page = opened(changed_copy(sample_project, tmp_path, *(f"truncate {table}" for (table,) in tables)))
    assert page.locator("#sections-of-figures > section h2").all_inner_texts() == []
    expect(page.locator("#missing")).to_contain_text("The reports contain none of these: sessions that people joined, ")
    expect(page.locator("h1")).to_have_text("Activity report")
    assert violations(page) == []


def test_a_name_is_chosen_by_keyboard_and_its_row_is_copied(opened: Opener) -> None:
    page = opened()
    expect(page.locator("#trust")).to_contain_text("of 4,246 records understood")
    page.get_by_role("link", name="See which words have no name yet.").click()
    card = page.locator("#figure-unrecognised")
    card.get_by_role("button", name="Copy the chosen rows").click()
    expect(card.get_by_role("status")).to_have_text("Choose what a row means first.")
    choice = card.get_by_role("combobox", name="What Q&A / Ask means")
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(choice).to_have_value("qa_question_asked")
    row = 'sample,"Q&A","Ask",any,qa_question_asked,50,,'
    expect(card.get_by_role("textbox", name="Chosen rows")).to_have_value(row)
    card.get_by_role("button", name="Copy the chosen rows").press("Enter")
    expect(card.get_by_role("status")).to_have_text("Copied: 1 row.")
    # The choice outlasts another order of the rows, and can be taken back.
    card.get_by_role("button", name="Action", exact=True).click()
    expect(choice).to_have_value("qa_question_asked")
    choice.select_option("")
    expect(card.get_by_role("textbox", name="Chosen rows")).to_have_value("")
    assert "other_activity" in choice.locator("option").evaluate_all("options => options.map((one) => one.value)")


def test_where_too_little_is_understood_no_total_and_no_leaderboard_is_shown(
    opened: Opener, sample_project: Project, tmp_path: Path
) -> None:
    path = changed_copy(sample_project, tmp_path, "update marts.report_reconciliation set landed_understood_count = 1")
    page = opened(path)
    open_all(page)
    for place in ("#glance", "#figure-leaderboard", "#figure-standings", "#figure-teams"):
        expect(page.locator(place)).to_contain_text("Fix: make name")
        expect(page.locator(f"{place} :is(td, dd, svg)")).to_have_count(0)
    expect(page.locator("#trust li").first).to_have_text("0\N{NO-BREAK SPACE}% of 4,246 records understood")
    expect(page.locator("#figure-sessions td").first).to_be_visible()


def test_sessions_without_a_left_are_said_on_the_first_screen(
    opened: Opener, sample_project: Project, tmp_path: Path
) -> None:
    page = opened(changed_copy(sample_project, tmp_path, "update marts.fct_session_attendance set left_count = 0"))
    said = "11 of 11 sessions have hardly any record of leaving (Left), and no schedule says when they ended."
    expect(page.locator("#trust li").last).to_contain_text(said)
    expect(page.locator("#figure-unknowns li").first).to_contain_text(said)


def test_a_large_page_unpacks_its_data(
    opened: Opener, sample_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PACKED_FROM", 1000)
    page = opened(changed_copy(sample_project, tmp_path))
    expect(page.locator("#glance")).to_contain_text("drew the most people")
    wait_for_charts(page)
    assert page.locator("#figure-sessions svg .bar").count() > 10
    page.evaluate("delete window.DecompressionStream; begin(document.getElementById('data'))")
    expect(page.locator("#period")).to_have_text(
        "This browser is too old for so large a page. Fix: open it in a newer one."
    )


def test_a_narrower_window_redraws_the_charts(opened: Opener) -> None:
    page = opened()
    wide = page.locator("#figure-sessions svg").bounding_box()
    page.set_viewport_size({"width": 500, "height": 900})
    page.wait_for_timeout(300)
    wait_for_charts(page)
    narrow = page.locator("#figure-sessions svg").bounding_box()
    assert wide is not None and narrow is not None and narrow["width"] < wide["width"] < 1280
