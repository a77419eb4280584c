"""Forget a person: take a user out of everything from raw to the copies, and keep them out.

What follows the change of raw (a compacted file, the build, the copies) can be done again: the same command goes on
where another was interrupted.
"""

from __future__ import annotations

from contextlib import suppress

import duckdb
from rich.console import Console

from building.rebuild import Files, rebuild, require_places
from landing.declarations import half_corrected
from landing.forgotten import remember_others
from publishing.places import publish_again
from removal.erase import find_traces, forget
from removal.findings import say_traces, say_what_is_left
from removal.journal import FORGET, Task, begin, end
from removal.questions import Request, identities_or_question
from removal.subject import Person, UnknownUser, find_person
from warehouse.command_line import one_line
from warehouse.locks import only_writer
from warehouse.raw_tables import prepare_raw


def forget_from_files(files: Files, request: Request, console: Console) -> None:
    """Forget a person in the warehouse and its copies, and say what remains; a dry run only says what there is.

    Raises:
        WarehouseError: no user is known by this id, several are, somebody must say whether they are one person, or a
            step failed; the next command goes on.
    """
    with only_writer(files.warehouse, patience=0):
        with files.open_warehouse() as connection:
            if not request.is_dry_run:
                _say_half_corrected(connection, console)
            task = _plan(connection, request, console)
        if request.is_dry_run:
            console.print("Nothing was changed.")
            return
        require_places(files)
        begin(files.warehouse, task)
        carry_out(files, task, console)


def _say_half_corrected(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Say of the copies that they count what is there now: an erasure waits for no correction."""
    prepare_raw(connection)
    half = half_corrected(connection)
    if half is not None:
        console.print(
            f"[yellow]{one_line(half)} So it is in the copies that this command writes. Fix: make build loads"
            " them, with REPORTS=… if they are in another folder.[/yellow]"
        )


def _plan(connection: duckdb.DuckDBPyConnection, request: Request, console: Console) -> Task:
    """Find all ids of the person, and say what there is."""
    site = find_person(connection, request.written, request.site_id, request.also).site_id
    found, others = identities_or_question(connection, site, request, console)
    task = Task(FORGET, site, list(found.user_ids), [*request.also, *found.also], others, list(found.spellings))
    person = _person(connection, task)
    if person is not None:
        say_traces(person, find_traces(connection, person), console)
    return task


def _person(connection: duckdb.DuckDBPyConnection, task: Task) -> Person | None:
    """The person as the records call them now; None if the id is unknown by now."""
    with suppress(UnknownUser):
        return find_person(connection, task.user_ids[0], task.site_id, task.also, task.user_ids[1:], task.spellings)
    return None


def carry_out(files: Files, task: Task, console: Console) -> None:
    """Do what was written down, to the end, or to where it can be done again.

    Raises:
        WarehouseError: a step failed. What was written down stays.
    """
    with files.open_warehouse() as connection:
        prepare_raw(connection)
        person = _person(connection, task)
        if person is not None:
            forget(connection, person)
        remember_others(connection, task.site_id, task.others, task.spellings)
    done = rebuild(files, "The user is forgotten", console)
    places = publish_again(files.published, files.shared, files.warehouse)
    console.print(f"[green]Forgotten[/green] in {done}.")
    by_id = Person(task.site_id, tuple(task.user_ids), spellings=tuple(task.spellings))
    say_what_is_left(files, person or by_id, places, console)
    end(files.warehouse)
