"""What a file says reaches the terminal as a text that steers nothing, through each way of printing it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import click
import duckdb
import pytest
import typer
from rich.console import Console
from rich.table import Table

from conftest import ROOT
from landing.outcome import Landing
from landing.terminal import describe
from page.summary import print_table
from warehouse.command_line import errors_said
from warehouse.errors import WarehouseError
from warehouse.visible import SafeConsole, VisibleStream

EVIL = "\x1b]0;x\x07[bold]:warning:\u202eevil\x9b2J\u200b\xad\ufeff\nlanded   forged.csv: 1 record"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
# A second line that the program itself makes of it, because it is too long for one.
WIDE = "漢" * 30 + " landed   forged.csv: 1 record " * 9


def in_a_table(console: Console) -> None:
    with duckdb.connect() as connection:
        print_table(connection.execute("select $evil as evil, 1 as n", {"evil": EVIL}), console)


def in_a_table_of_rich(console: Console) -> None:
    table = Table("a")
    table.add_row(EVIL.replace("\n", " "))
    console.print(table)


def in_a_narrow_table(console: Console) -> None:
    console.width = 70
    with duckdb.connect() as connection:
        rows = connection.execute("select $evil || $wide as evil, 1 as n", {"evil": EVIL, "wide": WIDE})
        print_table(rows, console)


def one_below_the_other(console: Console) -> None:
    console.width = 20
    with duckdb.connect() as connection:
        print_table(connection.execute("select $evil || $wide as evil, 1 as n", {"evil": EVIL, "wide": WIDE}), console)


def of_an_error(console: Console) -> None:
    with pytest.raises(typer.Exit), errors_said(console):
        raise WarehouseError(f"{EVIL} is not possible")


def of_a_report(console: Console) -> None:
    console.print(describe(Landing(Path("r.csv"), EVIL, refusal=f"it holds {EVIL}")))


WAYS: list[Callable[[Console], None]] = [
    lambda console: console.print(EVIL.replace("\n", " ")),
    lambda console: console.print(EVIL, style="red", markup=False),
    lambda console: console.log(EVIL.replace("\n", " ")),
    in_a_table,
    in_a_table_of_rich,
    in_a_narrow_table,
    one_below_the_other,
    of_an_error,
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
    assert "\u26a0" not in said, "a word between colons was printed as a picture"
    assert re.search(r"^landed", said, flags=re.MULTILINE) is None


def test_a_program_of_others_prints_texts_visibly(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="utf-8") as file:
        stream = VisibleStream(file)
        click.echo(EVIL, file=stream)
        print(f"café {EVIL}", file=stream)
        spinner = "\r\x1b[K\u280b Initiating query"
        stream.write(f"{spinner}\r\n")
        stream.flush()
    with path.open(encoding="utf-8", newline="") as file:
        said, spun, end = file.read().partition(spinner)
    assert said.count("\\x1b") == 2 and "café" in said
    assert RAW.search(said) is None
    assert (spun, end) == (spinner, "\\r\n")


def test_every_command_prints_through_it() -> None:
    """Colours of rich itself pass, and nothing else makes a console."""
    console = SafeConsole()
    assert re.findall(r"(?<![\w.])Console\((?!quiet)", "Console(soft_wrap=True) SafeConsole()") == ["Console("]
    for path in (ROOT / "scripts").rglob("*.py"):
        assert re.search(r"(?<![\w.])Console\((?!quiet)", path.read_text()) is None, path
        assert "rich.markup import escape" not in path.read_text() or path.name == "command_line.py", path
    assert isinstance(console, Console)
