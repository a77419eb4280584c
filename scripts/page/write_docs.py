"""Write the documentation of models, columns, metrics and lineage as one page that needs no network.

dbt makes the page from the built warehouse; parts that would reveal its reader or this machine are taken out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT, path_for_dbt, warehouse_path

# The page is whole: with this policy a browser fetches nothing, whatever dbt's next version would like to.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; font-src data:;'
    " style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'\"/>"
)
# The script and the collector of the usage statistics, and icons that the page does not bring along.
FETCHED = r'<link rel="(?:canonical|shortcut icon)"[^>]*>|//[\w.]+\.cloudfront\.net/[\w./]+|[\w.]+\.sinter-collect\.com'


def make_private(page: str) -> str:
    """The page without anything that it would fetch or send, and without the path of its folder."""
    page = re.sub(FETCHED, "", page)
    page = re.sub(r'"root_path": "(?:[^"\\]|\\.)*"', '"root_path": ""', page)
    page = page.replace("<title>dbt Docs</title>", "<title>JUNO activity warehouse</title>", 1)
    return page.replace("<head>", f"<head>{POLICY}", 1)


def write_lineage(output: Path) -> None:
    """Let dbt document the built warehouse, and write its page without what it would fetch.

    Raises:
        WarehouseError: there is no warehouse, or dbt failed.
    """
    if not warehouse_path().exists():
        raise WarehouseError("there is no warehouse yet. Fix: make build")
    os.environ["WAREHOUSE_PATH"] = path_for_dbt(warehouse_path())
    os.chdir(PROJECT_ROOT)
    # Here, because importing dbt takes seconds.
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(["--quiet", "--no-use-colors", "docs", "generate", "--static"])
    if not result.success:
        raise WarehouseError("dbt could not write the documentation: see logs/dbt.log.")
    page = (PROJECT_ROOT / "target" / "static_index.html").read_text(encoding="utf-8")
    output.write_text(make_private(page), encoding="utf-8")
