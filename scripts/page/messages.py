"""Write the page of messages, docs/reference/messages.md, from the texts in the code that hold a fix.

A message is a text that names its fix. What it fills in when it is printed is shown as an ellipsis.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from warehouse.paths import PROJECT_ROOT
from warehouse.rejections import MEANINGS

PAGE = PROJECT_ROOT / "docs" / "reference" / "messages.md"
FILLED_IN = "…"
FIX = re.compile(r"\bFix:\s*")
# Where messages come from, by what the user was doing.
AREAS = {
    "Set up and start": ("start.py",),
    "Load reports": ("scripts/reports", "scripts/landing", "scripts/twins"),
    "Your files in seeds/site, and naming": ("scripts/naming", "scripts/name_activities.py", "macros/site_seeds.sql"),
    "Build": ("scripts/building", "macros"),
    "The warehouse and its files": ("scripts/warehouse",),
    "Show, export, and the page": (
        *("scripts/page", "scripts/evidence", "scripts/show.py", "scripts/metrics.py", "scripts/export_table.py"),
        *("scripts/evidence_pack.py", "scripts/certificates.py", "scripts/export_leads.py"),
    ),
    "Publish and share": ("scripts/publishing", "scripts/share.py", "scripts/publish.py"),
    "Remove, forget, answer a request": ("scripts/removal", "scripts/remove.py", "scripts/forget.py"),
    "Dashboards": ("scripts/dashboards", "scripts/serve_superset.py", "scripts/superset_bundle.py"),
    "Spark": ("scripts/spark", "scripts/measuring"),
}
HEAD = """# Messages

Search this page for a part of the message that you see, without its names and numbers: `…` stands for what the message
fills in. A message with a command gives it in the form that you started with: `make build` or `python3 start.py build`.

This page is written from the code by `.venv/bin/python scripts/write_reference.py`.
"""
KINDS_HEAD = """## Rejected records

Each record in `raw.rejected_records` has a `kind` beside the reason in words, to count and to filter by:

| kind | meaning |
|---|---|"""
NOTHING = f"| {FILLED_IN} | {FILLED_IN} |"
# How the terminal shows a part of a text.
STYLE = re.compile(r"\[/?[a-z ]+\]")
# A text of Jinja: quoted parts, joined with ~ to what is filled in.
JINJA = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*~\s*(?:"(?:[^"\\]|\\.)*"|[^"~]+?(?=\s*~|\s*\)|\s*-?%})))*')
# A text of SQL: what stands between two of its parts is filled in.
SQL_JOIN = re.compile(r"'\s*\|\|.*?\|\|\s*'", re.DOTALL)
SQL_TEXT = re.compile(r"'((?:[^']|'')*\bFix: (?:[^']|'')*)'")


def _literal(node: ast.AST) -> str | None:
    """The text of a literal, with ``…`` for what is filled in; None if it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or FILLED_IN for part in node.values)
    return None


def texts_of_python(node: ast.AST) -> Iterator[str]:
    """The texts with a fix in a tree, from the top: a text inside another is a part of it."""
    text = _literal(node)
    if text is not None and FIX.search(text):
        sql = SQL_TEXT.findall(SQL_JOIN.sub(FILLED_IN, text))
        yield from sql or [text]
        return
    for child in ast.iter_child_nodes(node):
        yield from texts_of_python(child)


def texts_of_jinja(source: str) -> Iterator[str]:
    """The texts with a fix in a macro."""
    for found in JINJA.findall(source):
        parts = re.split(r'("(?:[^"\\]|\\.)*")', found)
        text = "".join(part[1:-1] if part.startswith('"') else FILLED_IN for part in parts if part.strip(" ~\n"))
        if FIX.search(text):
            yield text.replace('\\"', '"').replace("\\n", " ")


def texts(path: Path) -> Iterator[str]:
    """The texts with a fix in a file of Python or SQL."""
    source = path.read_text(encoding="utf-8")
    # Most files have none, and to take one apart takes milliseconds.
    if "Fix:" in source:
        yield from texts_of_python(ast.parse(source)) if path.suffix == ".py" else texts_of_jinja(source)


def row(text: str) -> str:
    """The row of a message in its table."""
    cause, fix = FIX.split(re.sub(r"\s+", " ", text).strip(), maxsplit=1)
    cells = [STYLE.sub("", part).strip().replace("`", "'") for part in (cause, fix)]
    return "| " + " | ".join(re.sub(r"([|<>*_\[\]])", r"\\\1", cell) or FILLED_IN for cell in cells) + " |"


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    listed: set[Path] = set()
    for area, places in AREAS.items():
        rows: set[str] = set()
        for place in places:
            where = PROJECT_ROOT / place
            files = (
                [where] if where.is_file() else [file for file in where.rglob("*") if file.suffix in (".py", ".sql")]
            )
            rows.update(row(text) for file in files if file not in listed for text in texts(file))
            listed.update(files)
        rows.discard(NOTHING)
        lines += [f"## {area}", "", "| message | fix |", "|---|---|", *sorted(rows), ""]
    lines += [KINDS_HEAD, *(f"| `{kind}` | {meaning} |" for kind, meaning in MEANINGS.items()), ""]
    return "\n".join(lines)
