"""What a file says reaches the terminal as a text that steers nothing, through each way of printing it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from rich.table import Table

from conftest import ROOT
from landing.outcome import Landing
from landing.terminal import describe
from page.summary import print_table
from warehouse.visible import SafeConsole

EVIL = "\x1b]0;x\x07[bold]\u202eevil\x9b2J\nlanded   forged.csv: 1 record"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def in_a_table(console: Console) -> None:
    with duckdb.connect() as connection:
        print_table(connection.execute("select $evil as evil, 1 as n", {"evil": EVIL}), console)


def in_a_table_of_rich(console: Console) -> None:
    table = Table("a")
    table.add_row(EVIL.replace("\n", " "))
    console.print(table)


def of_a_report(console: Console) -> None:
    console.print(describe(Landing(Path("r.csv"), EVIL, refusal=f"it holds {EVIL}")))


WAYS: list[Callable[[Console], None]] = [
    lambda console: console.print(EVIL.replace("\n", " ")),
    lambda console: console.print(EVIL.replace("\n", " "), style="red", markup=False),
    lambda console: console.log(EVIL.replace("\n", " ")),
    in_a_table,
    in_a_table_of_rich,
    of_a_report,
]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_printing_lets_a_text_steer_the_terminal_or_forge_a_line(way: Callable[[Console], None]) -> None:
    console = SafeConsole()
    console.file = written = StringIO()
    console.width = 500

    way(console)

    said = written.getvalue()
    assert "\\x1b" in said and "\\u202e" in said
    assert RAW.search(said) is None
    assert re.search(r"^\s{0,4}landed", said, flags=re.MULTILINE) is None


def test_every_command_prints_through_it() -> None:
    """Colours of rich itself pass, and nothing else makes a console."""
    console = SafeConsole()
    assert re.findall(r"(?<![\w.])Console\((?!quiet)", "Console(soft_wrap=True) SafeConsole()") == ["Console("]
    for path in (ROOT / "scripts").rglob("*.py"):
        assert re.search(r"(?<![\w.])Console\((?!quiet)", path.read_text()) is None, path
        assert "rich.markup import escape" not in path.read_text() or path.name == "command_line.py", path
    assert isinstance(console, Console)
