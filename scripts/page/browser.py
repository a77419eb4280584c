"""Chromium, as far as it is on this machine: the page as a PDF."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from warehouse.copies import PUBLISHED, SHARED, head_of, page_mark
from warehouse.errors import WarehouseError
from warehouse.files import replace_file

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
# Where the installers of macOS and Windows put it.
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
PATIENCE_SECONDS = 120


def find_chromium() -> str | None:
    """Where Chromium, Chrome or Edge is on this machine."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((place for place in PLACES if Path(place).is_file()), None)


def print_page(page: Path, output: Path) -> None:
    """Write a page as a PDF.

    Raises:
        WarehouseError: there is no browser, or it wrote no PDF. A PDF that was there stays.
    """
    chromium = find_chromium()
    if chromium is None:
        raise WarehouseError(
            "no PDF was written, because Chromium, Chrome or Edge was not found. Fix: install one of them, or open"
            f" {page} in a browser and print it."
        )

    def write(unfinished: Path) -> int:
        with tempfile.TemporaryDirectory() as profile:
            command = [chromium, "--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={profile}"]
            # Chromium refuses to run as root inside its sandbox.
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                command.append("--no-sandbox")
            _run([*command, f"--print-to-pdf={unfinished.resolve()}", page.resolve().as_uri()])
        if not unfinished.is_file():
            raise WarehouseError(f"{chromium} wrote no PDF of {page}. Fix: open the page in a browser and print it.")
        return unfinished.stat().st_size

    # It shows what the page shows, so that it may be where the page is.
    replace_file(output, write, kind=SHARED if page_mark(SHARED) in head_of(page) else PUBLISHED)


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WarehouseError(
            f"{command[0]} did not run: {error}. Fix: open the page in a browser and print it."
        ) from error
