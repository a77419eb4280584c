"""Take the picture of the page for the README: what a browser shows of the sample first."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from warehouse import PROJECT_ROOT, published_path
from write_page import page_path


def find_chromium() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def draw(page: Path, output: Path) -> None:
    """Write the top of a page as a PNG; needs Chromium and the packages of ``requirements-dev.lock``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1200, "height": 1240})
        shown.goto(page.resolve().as_uri())
        shown.locator("div.chart svg").last.wait_for()
        shown.screenshot(path=output)
        browser.close()


def main(
    output: Annotated[Path, typer.Option("--output", help="PNG to write.")] = PROJECT_ROOT / "docs" / "page.png",
) -> None:
    """Draw the page of the published copy."""
    draw(page_path(published_path()), output)
    typer.echo(f"{output}")


if __name__ == "__main__":
    typer.run(main)
