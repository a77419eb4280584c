"""The steps of ``make name``: list, export, accept, or ask about the unknown words, and build again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from rich.console import Console

from naming.aliases import SITE_ALIASES, Alias, add_aliases, read_accepted
from naming.dialog import Dialog, Recognised
from naming.dictionary import ATTEND_CLICKED, JOINED, Dictionary
from naming.effects import SITES
from naming.seed_csv import SeedError
from naming.understood import COUNTS
from naming.unknown import (
    GUESSES,
    RECOGNISED,
    Decision,
    Pair,
    Pattern,
    caught_besides,
    decisions_of,
    read_pairs,
    read_shapes,
)
from naming.words import exported, names_of_people, titles, vocabulary, write_words
from warehouse.command_line import counted, one_line
from warehouse.database import opened
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT_ROOT

EXAMPLES = 3
ATTENDANCE = "select count(*) filter (where is_attended) from marts.fct_session_attendance"


def counts_of(published: Path) -> tuple[int, int, int]:
    """Records that are understood, records at all, and how often a session was attended."""
    with opened(published) as connection:
        [(understood, _, landed)] = connection.execute(COUNTS).fetchall()
        [(attended,)] = connection.execute(ATTENDANCE).fetchall()
    return int(understood), int(landed), int(attended)


def share_of(part: int, whole: int) -> str:
    """A part of a whole, in words; rounded down, so that only all of it is 100 %."""
    return f"{part:,} of {counted(whole, 'record')} ({100 * part // whole if whole else 0} %)"


def open_decisions(published: Path, dictionary: Dictionary) -> tuple[list[Decision], list[Decision]]:
    """The unknown words, and those that were recognised by a guess."""
    with opened(published) as connection:
        unknown = decisions_of(read_pairs(connection), dictionary)
        guesses = decisions_of(read_pairs(connection, GUESSES), dictionary, are_guesses=True)
    return unknown, guesses


def label_shapes(warehouse: Path) -> dict[tuple[str, str], dict[str, int]]:
    """What the labels of the unknown words show; nothing where the warehouse is not here."""
    if not warehouse.exists():
        return {}
    with opened(warehouse) as connection:
        return read_shapes(connection)


def recognised_words(warehouse: Path) -> Recognised:
    """The words that have a name, with their activities; none where the warehouse is not here, as with a copy alone."""
    if not warehouse.exists():
        return ()
    with opened(warehouse) as connection:
        return connection.execute(RECOGNISED).fetchall()


def list_decisions(decisions: list[Decision], console: Console) -> None:
    """Print the unknown words with what they might mean."""
    if not decisions:
        console.print("No word of the reports is unknown.")
    for decision in decisions:
        console.print(f"[bold]{one_line(decision.text)}[/bold]")
        labels = f"labels: {' | '.join(decision.labels)}" if decision.labels else "no labels"
        console.print(
            one_line(
                f"   {counted(decision.records, 'activity', 'activities')},"
                f" {counted(decision.people, 'person', 'people')}, {labels}"
            )
        )
        for candidate in decision.candidates:
            score = f" {candidate.score:.2f}" if candidate.score is not None else ""
            console.print(one_line(f"   {candidate.activity_type}{score}: {candidate.reason}"))


def export_words(
    published: Path, decisions: list[Decision], dictionary: Dictionary, target: Path, minimum_people: int
) -> str:
    """Write the unknown words without people's words; returns what was done."""
    with opened(published) as connection:
        rows = exported(
            decisions,
            dictionary,
            known=vocabulary(PROJECT_ROOT),
            names=names_of_people(connection),
            pages=titles(connection),
            minimum=minimum_people,
        )
    write_words(target, rows)
    left_out = len(decisions) - len(rows)
    also = (
        f" {counted(left_out, 'is left out, because it', 'are left out, because they')} may hold people's words."
        if left_out
        else ""
    )
    words = counted(len(rows), "unknown word is", "unknown words are")
    return f"{words} in {target}.{also} Texts of the event's own are *. Look through the file before you send it."


def accept(source: Path, published: Path, warehouse: Path, dictionary: Dictionary, console: Console) -> None:
    """Take the rows of a file, and show what each of them takes.

    Raises:
        SeedError: a row cannot be taken; then none is.
    """
    with opened(published) as connection:
        sites = [site for (site,) in connection.execute(SITES).fetchall()]
    aliases, troubles = read_accepted(source, dictionary, sites)
    if troubles:
        raise SeedError("\n".join([*troubles, "No row was taken."]))
    if not aliases:
        raise SeedError(f"{source.name}: no row has an activity type. Fix: fill in the column activity_type.")
    add_aliases(PROJECT_ROOT / SITE_ALIASES, aliases)
    with opened(published) as connection:
        unknown = read_pairs(connection)
    recognised = recognised_words(warehouse)
    for alias in aliases:
        console.print(effect_of(alias, unknown, recognised, sites))
    console.print(f"{said_of(aliases)} Next: make build")


def effect_of(alias: Alias, unknown: Sequence[Pair], recognised: Recognised, sites: Collection[str]) -> str:
    """What a row takes: unknown words, and words that mean something else today."""
    pattern = Pattern(alias.category_pattern, alias.action_pattern)
    of_sites = {alias.site_id} if alias.site_id else set(sites)
    taken = [pair for pair in unknown if pair.site_id in of_sites and pattern.takes(pair.category, pair.action)]
    others = [one for one in caught_besides(pattern, of_sites, recognised) if one[1] != alias.activity_type]
    said = f"[bold]{one_line(pattern.text)}[/bold] = {alias.activity_type}: "
    texts = counted(len(taken), "unknown text")
    said += f"{texts} ({counted(sum(pair.records for pair in taken), 'activity', 'activities')})"
    if others:
        examples = ", ".join(f"{one_line(text)} ({records:,}, {kind})" for text, kind, records in others[:EXAMPLES])
        said += f"; [yellow]and {len(others):,} that mean something else today: {examples}[/yellow]"
    if alias.activity_type in (JOINED, ATTEND_CLICKED):
        said += f". {JOINED} is for who entered the session, {ATTEND_CLICKED} for who only planned to"
    return f"{said}."


def said_of(aliases: list[Alias]) -> str:
    """What was written, and which rows decide on attendance."""
    joined = [alias for alias in aliases if alias.activity_type == JOINED]
    words = ", ".join(one_line(f"{alias.category_pattern} / {alias.action_pattern}") for alias in joined)
    warning = f" Attendance is calculated from: {words}." if joined else ""
    rows = counted(len(aliases), "row was", "rows were")
    return f"{rows} added to {SITE_ALIASES}.{warning}"


def build_again(published: Path, before: tuple[int, int, int], console: Console) -> None:
    """Build again, and say what the names changed.

    Raises:
        WarehouseError: the build failed.
    """
    done = subprocess.run([sys.executable, str(PROJECT_ROOT / "scripts" / "build_warehouse.py")], check=False)
    if done.returncode != 0:
        raise WarehouseError(
            f"the warehouse was not built: see above. The rows stay in {SITE_ALIASES}. Fix: correct what the build"
            " names, then make build"
        )
    after = counts_of(published)
    console.print(
        f"\n[bold]Understood before: {share_of(*before[:2])}. Now: {share_of(*after[:2])}.[/bold]\n"
        f"Sessions attended before: {before[2]:,} times. Now: {after[2]:,} times."
    )


def guide(published: Path, warehouse: Path, dictionary: Dictionary, console: Console) -> None:
    """Ask about all unknown words, and build again if the person wants it."""
    before = counts_of(published)
    unknown, guesses = open_decisions(published, dictionary)
    console.print(f"[bold]Understood {share_of(*before[:2])}.[/bold]")
    if not unknown and not guesses:
        console.print("Every word of the reports has a name.")
        return
    records = sum(decision.records for decision in unknown)
    console.print(
        f"{counted(len(unknown), 'question names', 'questions name')} the other words:"
        f" {counted(records, 'activity', 'activities')}. Those that decide on attendance and"
        f" points come first.\nEach answer is written to {SITE_ALIASES} at once. All activity types:"
        " docs/reference/activity_types.md"
    )
    path, shapes = PROJECT_ROOT / SITE_ALIASES, label_shapes(warehouse)
    dialog = Dialog(dictionary, recognised_words(warehouse), path, console, console.input, shapes)
    dialog.run(unknown)
    if guesses and not dialog.has_ended:
        dialog.offer_guesses(guesses)
    if not dialog.named:
        console.print("Nothing was written.")
        return
    aliases = [alias for _, rows in dialog.named for alias in rows]
    console.print(f"\n{said_of(aliases)}")
    if dialog.agrees("Build again now, so that they count? (Y/n)"):
        build_again(published, before, console)
    else:
        console.print("Next: make build")
