"""Take the picture of the page for the README: what a browser shows of the sample first."""

from __future__ import annotations

from pathlib import Path

from page.browser import find_chromium

# How wide the screen is, and how much of the page a picture shows.
LOOKS = {"page.png": (1400, 1180), "page_phone.png": (390, 1700)}


def draw_page(page: Path, folder: Path) -> list[Path]:
    """Write the top of a page as a PNG per screen, desk and phone; needs Chromium and ``requirements-dev.lock``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for name, (width, height) in LOOKS.items():
            shown = browser.new_page(viewport={"width": width, "height": height})
            shown.goto(page.resolve().as_uri())
            shown.locator("div.chart svg").first.wait_for()
            shown.screenshot(path=folder / name)
        browser.close()
    return [folder / name for name in LOOKS]
