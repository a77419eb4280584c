"""Take the picture of the page for the README: what a browser shows of the sample first."""

from __future__ import annotations

import shutil
from pathlib import Path


def find_chromium() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def draw_page(page: Path, output: Path) -> None:
    """Write the top of a page as a PNG; needs Chromium and the packages of ``requirements-dev.lock``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1200, "height": 1240})
        shown.goto(page.resolve().as_uri())
        shown.locator("div.chart svg").last.wait_for()
        shown.screenshot(path=output)
        browser.close()
