"""The figures and profiles of the page as page/figures.yml and page/profiles.yml declare them."""

from __future__ import annotations

from typing import Any

import yaml

from conftest import ROOT

PAGE = ROOT / "page"
SECTIONS: list[dict[str, Any]] = yaml.safe_load((PAGE / "figures.yml").read_text())["sections"]
PROFILES: dict[str, dict[str, Any]] = yaml.safe_load((PAGE / "profiles.yml").read_text())["profiles"]
FIGURES: list[dict[str, Any]] = [figure for section in SECTIONS for figure in section["figures"]]
