"""What the terminal shows of a load: a progress bar, and the result of each report."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from landing.declarations import declaration_of, site_needed
from landing.land import land_reports
from landing.landed import remove_sample
from landing.outcome import Declaration, Given, Landing, SiteNeeded
from reports.files import passed_over
from warehouse.command_line import counted, one_line, printable
from warehouse.database import transaction
from warehouse.raw_tables import prepare_raw

# More old files of a kind are one line with their number and an example: each build reads all of a year again.
LINES_OF_A_KIND = 3


def progress_bar(console: Console) -> Progress:
    """A progress bar in bytes, for loads that take long."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def describe(landing: Landing) -> str:
    """What became of a report, in words (rich markup)."""
    name = f"[bold]{one_line(landing.name)}[/bold]"
    if landing.refusal is not None:
        return f"[red]refused[/red]  {name}: {_indented(landing.refusal)}"
    if landing.already_landed_as is not None:
        return _describe_landed(landing, name)
    if landing.removed_on is not None:
        return (
            f"[yellow]left out[/yellow] {name}: it was removed on {landing.removed_on}."
            " To land it again: make build AGAIN=1 (or load_reports.py --again)"
        )
    lines = [f"[green]landed[/green]   {name}: {counted(landing.landed_count, landing.unit)}"]
    lines[0] += _how_much_is_new(landing)
    if landing.rejected_count > landing.harmless_count:
        lines[0] += f", [red]{landing.rejected_count - landing.harmless_count:,} rejected[/red]"
    if landing.harmless_count:
        lines[0] += f", {landing.harmless_count:,} rejected that are blank, a header or a forgotten person's"
    lines += [f"         {_indented(note)}" for note in landing.notes]
    return "\n".join([*lines, *_examples(landing)])


def _indented(text: str) -> str:
    """A text of a file in a line below that of a report, which it cannot be taken for (rich markup)."""
    return printable(text, indent=" " * 9)


def _examples(landing: Landing) -> list[str]:
    """Some of the rejected records of a report, a line each (rich markup)."""
    lines = []
    for record in landing.examples:
        where = f"record {record.record_number}"
        if record.column_name:
            where += f", column {record.column_name}"
        if record.value:
            where += f", value {record.value[:80]!r}"
        lines.append(f"         {_indented(f'{where}: {record.reason}')}")
    if landing.rejected_count - landing.harmless_count > len(landing.examples):
        lines.append("         … the rest in raw.rejected_records")
    return lines


def _how_much_is_new(landing: Landing) -> str:
    if landing.new_count is None or landing.new_count == landing.landed_count:
        return ""
    return f": {landing.new_count:,} new, {landing.landed_count - landing.new_count:,} already known"


def show_passed_over(patterns: list[str], console: Console) -> None:
    """Name the files in folders that are not read, with the reason."""
    for left_out in passed_over(patterns):
        console.print(
            f"[yellow]passed over[/yellow] [bold]{one_line(left_out.shown)}[/bold]: {printable(left_out.reason)}"
        )


def _describe_landed(landing: Landing, name: str) -> str:
    """What is said of bytes that landed before (rich markup)."""
    twin = one_line(landing.already_landed_as or "")
    if landing.of_other_site is None:
        return f"[dim]nothing new in {name}: the same bytes were landed as {twin}[/dim]"
    return (
        f"[yellow]nothing new[/yellow] in {name}: the same bytes were landed as {twin}, of the site"
        f" {one_line(landing.of_other_site)}. To load it for this site instead: the same command with"
        f" REPORTS={one_line(shlex.quote(str(landing.path)))} DECLARE=again"
    )


def declare(connection: duckdb.DuckDBPyConnection, given: Given, paths: list[Path], console: Console) -> Declaration:
    """What holds for a load of some files, and say what of it was declared before.

    Raises:
        WarehouseError: what was given contradicts what was declared before, or a file is missing; nothing was changed.
    """
    prepare_raw(connection)
    with transaction(connection):
        declaration, said = declaration_of(connection, given, paths)
    for line in said:
        console.print(printable(line))
    return declaration


def each_printed(landings: Iterable[Landing], declaration: Declaration, console: Console) -> Iterator[Landing]:
    """Print what became of each report, and of the first of a new site that it is one; at the end what is not new."""
    is_new = bool(declaration.new_beside)
    old: dict[tuple[bool, str | None], list[Landing]] = {}
    for landing in landings:
        if is_new and landing.landed_count:
            is_new = False
            beside = ", ".join(declaration.new_beside)
            console.print(f"{declaration.site_id} is a new site, beside {printable(beside)}.")
        if landing.refusal is None and (landing.already_landed_as is not None or landing.removed_on is not None):
            old.setdefault((landing.already_landed_as is None, landing.of_other_site), []).append(landing)
        else:
            console.print(describe(landing))
        yield landing
    for alike in old.values():
        for line in map(describe, alike) if len(alike) <= LINES_OF_A_KIND else [_describe_many(alike)]:
            console.print(line)


def _describe_many(alike: list[Landing]) -> str:
    """What is said of many files that were not landed for one reason (rich markup)."""
    one = alike[0]
    named = f"{counted(len(alike), 'file')}, such as [bold]{one_line(one.name)}[/bold]"
    if one.already_landed_as is None:
        return (
            f"[yellow]left out[/yellow] {named}: they were removed."
            " To land them again: make build AGAIN=1 (or load_reports.py --again)"
        )
    if one.of_other_site is None:
        return f"[dim]nothing new in {named}: the same bytes were landed before[/dim]"
    return (
        f"[yellow]nothing new[/yellow] in {named}: the same bytes were landed for the site"
        f" {one_line(one.of_other_site)}. To load one for this site instead: the same command with"
        f" REPORTS={one_line(shlex.quote(str(one.path)))} DECLARE=again"
    )


def land_with_progress(
    connection: duckdb.DuckDBPyConnection, paths: list[Path], given: Given, console: Console
) -> list[Landing]:
    """Land files, show a progress bar while it lasts, and print what became of each.

    Raises:
        WarehouseError: what was given contradicts what was declared before, and nothing was loaded; or a new report may
            be of several sites.
    """
    declaration = declare(connection, given, paths, console)
    landings: list[Landing] = []
    try:
        with progress_bar(console) as progress:
            landings += each_printed(land_reports(connection, paths, declaration, progress), declaration, console)
    except SiteNeeded as needed:
        raise site_needed(connection, paths, declaration, needed.path) from needed
    if remove_sample(connection):
        console.print("The sample was taken out of the warehouse: now it holds your own reports.")
    return landings
