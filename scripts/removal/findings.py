"""What is said of a person: what holds them before an erasure, and what still does afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console

from building.rebuild import Files
from landing.landed import landed_before
from landing.options import DEFAULT_REPORTS
from page.write_page import page_path, pages_at, shared_page_path
from removal.erase import Traces
from removal.subject import Person, known_elsewhere
from removal.verify import files_beside, left_in_file, left_in_reports, left_in_texts, lines_that_name
from warehouse.command_line import counted, one_line
from warehouse.paths import PROJECT_ROOT, marts_path

SITE_SEEDS = PROJECT_ROOT / "seeds" / "site"


def say_traces(person: Person, traces: Traces, console: Console) -> None:
    """Say what holds the person, and which files of the user go on holding them."""
    total = sum(traces.records.values())
    console.print(f"User {', '.join(person.user_ids)} of the site {person.site_id}:", markup=False)
    console.print(f"  {counted(total, 'record')} in {counted(len(traces.records), 'report')}")
    for place, count in traces.named.items():
        console.print(f"  {counted(count, 'text')} of others in {place}")
    if traces.rejected:
        console.print(f"  {counted(sum(traces.rejected.values()), 'rejected record')}")
    if not total and person.is_remembered:
        console.print("They were forgotten before.")
    _list("The files of these reports are yours, and go on holding them:", [*traces.records, *traces.rejected], console)
    lines = lines_that_name(person, [SITE_SEEDS, PROJECT_ROOT / "logs"])
    _list("These lines name them; delete them, and build again:", lines, console)


def say_what_is_left(files: Files, person: Person, places: list[str], console: Console) -> None:
    """Read everything again, and name what still holds the person, and what cannot be read here."""
    with files.open_warehouse() as connection:
        sites = {sha256: before.site_id for sha256, before in landed_before(connection).items()}
        elsewhere = known_elsewhere(connection, person)
    for site, ids in elsewhere.items():
        fix = f"make forget USER_ID={shlex.quote(ids[0])} SITE={shlex.quote(site)}"
        console.print(one_line(f"{site} has this e-mail as {' and '.join(ids)}: {fix}"))
    is_left = False
    copies = [files.warehouse, marts_path(files.warehouse), files.published, files.shared]
    for path in copies:
        # In the shared copy the ids are pseudonyms, so that only names count.
        sought = replace(person, user_ids=()) if path == files.shared else person
        left = left_in_file(path, sought, tuple(elsewhere))
        is_left |= bool(left)
        _list(f"Still in {path.name}:", [f"{place}: {counted(count, 'row')}" for place, count in left.items()], console)
    # What the pages show of another site goes with the command for that site.
    if is_left or not elsewhere:
        pages = [*pages_at(page_path(files.published)), *pages_at(shared_page_path(files.shared))]
        _list("Still in a page:", left_in_texts(pages, person.names), console)
    reports = left_in_reports(DEFAULT_REPORTS, person, sites)
    _list(
        "These reports of yours go on holding the person; delete the records, or download them again:",
        [
            f"{name}: {counted(count, 'record') if count else 'its name'}"
            for name, count in reports.items()
            if count >= 0
        ],
        console,
    )
    _list(
        "These were not read, and may hold the person too; look into them:",
        [name for name, count in reports.items() if count < 0],
        console,
    )
    _list("Published there too; publish again:", places, console)
    _list("These files are beside the warehouse, and may hold the person:", map(str, files_beside(copies)), console)


def _list(headline: str, names: Iterable[str], console: Console) -> None:
    unique = sorted(set(names))
    if unique:
        console.print(headline)
    for name in unique:
        console.print(f"  {one_line(name)}")
