"""Write the manual as a site with search that needs no network: all pages that docs/README.md leads to.

The pages keep their places in the project, so their links hold in the site too. MkDocs makes the site in a folder of
its own; dbt's page of columns and lineage is put beside it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from page.write_docs import write_lineage
from warehouse.database import connect
from warehouse.errors import WarehouseError
from warehouse.files import replace_folder
from warehouse.paths import PROJECT_ROOT, warehouse_path

INDEX = Path("docs/README.md")
HOME = Path("README.md")
DECISIONS = Path("docs/decisions/README.md")
SETTINGS = Path("docs/mkdocs.yml")
SHIM = Path("docs/assets/iframe-worker.js")
LINEAGE = "lineage.html"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
# Two scripts that Material for MkDocs would fetch for diagrams and for old browsers. The manual has no diagrams.
FETCHED = re.compile(r"https://unpkg\.com/[\w./@-]+")


def linked(page: Path) -> Iterator[Path]:
    """The files of the project that a page links to, as paths from the project's folder."""
    text = re.sub(r"```.*?```|`[^`]*`", "", (PROJECT_ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        if re.match(r"\w+:", target):
            continue
        found = (PROJECT_ROOT / page.parent / target).resolve()
        if found.is_file() and found.is_relative_to(PROJECT_ROOT):
            yield found.relative_to(PROJECT_ROOT)


def all_files() -> set[Path]:
    """The pages that the index and the README lead to, and the files that these link to."""
    found: set[Path] = set()
    waiting = [HOME, INDEX, SHIM]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += linked(path) if path.suffix == ".md" else ()
    return found


def navigation() -> list[dict[str, Any]]:
    """The pages by their kind, in the order of the index; the decisions in that of their own."""
    sections = re.split(r"^## (.*)$", (PROJECT_ROOT / INDEX).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    kinds: list[dict[str, Any]] = [{"Home": HOME.as_posix()}, {"The manual": INDEX.as_posix()}]
    seen: set[Path] = set()
    for kind, text in zip(sections[::2], sections[1::2], strict=True):
        pages: list[Any] = []
        for target in LINK.findall(text):
            path = (PROJECT_ROOT / INDEX.parent / target).resolve().relative_to(PROJECT_ROOT)
            if path in seen:
                continue
            seen.add(path)
            if path == DECISIONS:
                pages.append({"Decisions": [path.as_posix(), *(one.as_posix() for one in linked(path))]})
            else:
                pages.append(path.as_posix())
        if kind == "Reference":
            pages.append({"Tables, columns and lineage": LINEAGE})
        kinds.append({kind: pages})
    return kinds


def write_manual(output: Path) -> None:
    """Write the site and dbt's page into a folder, in the place of what was there.

    Raises:
        WarehouseError: there is no warehouse, dbt or MkDocs failed, or the folder holds something else.
    """
    if output.exists() and any(output.iterdir()) and not (output / LINEAGE).exists():
        raise WarehouseError(f"{output} is no manual, and is not replaced. Fix: name another folder with --output.")
    if not warehouse_path().exists():
        raise WarehouseError("there is no warehouse yet. Fix: make build")
    # dbt would end with its own lines about a file that cannot be opened.
    connect(warehouse_path()).close()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        build_site(Path(folder))
        write_lineage(site / LINEAGE)
        replace_folder(output, lambda unfinished: shutil.copytree(site, unfinished))


def build_site(folder: Path) -> None:
    """Let MkDocs make the site of the pages in ``folder``/site."""
    for path in all_files():
        (folder / "pages" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / path, folder / "pages" / path)
    settings = yaml.safe_load((PROJECT_ROOT / SETTINGS).read_text(encoding="utf-8"))
    (folder / "mkdocs.yml").write_text(yaml.safe_dump({**settings, "nav": navigation()}), encoding="utf-8")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(folder / "mkdocs.yml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if built.returncode:
        raise WarehouseError(f"MkDocs could not make the manual. Fix what it names:\n{built.stdout.strip()}")
    for script in (folder / "site").rglob("*.js"):
        script.write_text(FETCHED.sub("", script.read_text(encoding="utf-8")), encoding="utf-8")
