"""The figures and profiles of the page as page/figures.yml and page/profiles.yml declare them."""

from __future__ import annotations

from typing import Any

from conftest import ROOT
from warehouse.settings import read_yaml

PAGE = ROOT / "page"
SECTIONS: list[dict[str, Any]] = read_yaml((PAGE / "figures.yml").read_text())["sections"]
PROFILES: dict[str, dict[str, Any]] = read_yaml((PAGE / "profiles.yml").read_text())["profiles"]
FIGURES: list[dict[str, Any]] = [figure for section in SECTIONS for figure in section["figures"]]
