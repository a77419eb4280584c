"""The page as a PDF: what a browser writes, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from loader_fixtures import write
from page import browser
from page.browser import find_chromium, print_page
from warehouse.errors import WarehouseError


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return write(tmp_path / "index.html", "<h1>Hello</h1>")


def test_without_a_browser_the_fix_is_said(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(browser, "PLACES", ())
    with pytest.raises(WarehouseError, match=r"Chromium, Chrome or Edge was not found\. Fix: install one"):
        print_page(page, page.with_suffix(".pdf"))


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 0\n", "no program at all"])
def test_a_browser_that_writes_nothing_leaves_what_was_there(
    page: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    (page.parent / "bin").mkdir()
    program = write(page.parent / "bin" / "chromium", script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    old = write(page.with_suffix(".pdf"), "old")
    with pytest.raises(WarehouseError, match=r"Fix: open the page in a browser and print it"):
        print_page(page, old)
    assert old.read_text() == "old"
    assert sorted(path.name for path in page.parent.iterdir()) == ["bin", "index.html", "index.pdf"]


@pytest.mark.slow
@pytest.mark.skipif(find_chromium() is None, reason="no Chromium here. Fix: apt-get install chromium")
def test_a_page_becomes_a_pdf(page: Path) -> None:
    print_page(page, page.with_suffix(".pdf"))
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
