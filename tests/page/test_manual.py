"""The site of the manual: it holds every page, fetches nothing, and its search works from a file."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from conftest import MANUAL, ROOT, Project
from page import manual
from page.browser import find_chromium
from warehouse.errors import WarehouseError
from warehouse.files import replace_folder

CHROMIUM = find_chromium()
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(sample_with_manual: Project) -> Path:
    """The site, with dbt's page."""
    return sample_with_manual.root / MANUAL


def test_the_site_has_every_page_of_the_manual_under_its_kind(site: Path) -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*_rules.md")]
    missing = [
        page.name
        for page in pages
        if page.name != "README.md" and not (site / page.relative_to(ROOT)).with_suffix(".html").exists()
    ]
    assert len(pages) > 40 and missing == []
    kinds = [next(iter(kind)) for kind in manual.navigation()]
    assert kinds == ["Home", "The manual", "Tutorial", "How-to guides", "Reference", "Explanation"]


def test_no_page_names_an_address_that_a_browser_would_fetch(site: Path) -> None:
    fetched = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["'](?:https?:)?//[^"']*|unpkg\.com""")
    found = [
        found for file in [*site.rglob("*.html"), *site.rglob("*.js")] for found in fetched.findall(file.read_text())
    ]
    assert found == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here. Fix: apt-get install chromium")
def test_the_search_works_in_a_page_that_was_opened_as_a_file(site: Path) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
        page.goto((site / "docs" / "how_to" / "load.html").as_uri())
        page.locator("input.md-search__input").first.click()
        page.keyboard.type("duplicates")
        expect(page.locator(".md-search-result__item a[href*='explanation/duplicates.html']").first).to_be_attached()
        browser.close()
    assert asked == []


def test_a_manual_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path, unfinished: Path) -> None:
        unfinished.mkdir()
        (unfinished / "half.html").touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "manual").mkdir()
    (tmp_path / "manual" / "lineage.html").touch()
    monkeypatch.setattr(shutil, "copytree", fail)
    with pytest.raises(WarehouseError, match=r"manual cannot be written: the disk is full\. Fix: free"):
        replace_folder(tmp_path / "manual", lambda unfinished: shutil.copytree(tmp_path / "site", unfinished))
    assert [path.name for path in tmp_path.rglob("*")] == ["manual", "lineage.html"]


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WarehouseError, match="is no manual"):
        manual.write_manual(tmp_path)
    assert (tmp_path / "mine.txt").exists()
