"""The figures of the page as page/figures.yml declares them."""

from __future__ import annotations

from typing import Any

import yaml

from conftest import ROOT

PAGE = ROOT / "page"
SECTIONS: list[dict[str, Any]] = yaml.safe_load((PAGE / "figures.yml").read_text())["sections"]
FIGURES: list[dict[str, Any]] = [figure for section in SECTIONS for figure in section["figures"]]
