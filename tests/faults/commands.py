"""Kill the commands that make copies or take data out, or run two at once, and check what they leave.

Each round starts from the built sample. After a kill the copies are one of those that there may be, any command
finishes what was begun, and the same command again leaves what it leaves undisturbed.
"""

from __future__ import annotations

import itertools
import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from faults.invariants import Prints, published_prints, table_prints
from faults.kills import Tally
from faults.victims import Moment, Site
from warehouse.paths import marts_path

# A person of the sample.
USER, NAME = "5020", "%nasrani%"
COMMANDS: dict[str, tuple[str, ...]] = {
    "share": ("share.py",),
    "forget": ("forget.py", USER, "--not-same-email"),
    "remove": ("remove.py", "content_keynote_2026-05-14.csv"),
    "person": ("person.py", USER),
    # Of the sample the records before the second day; the clock of the machine decides how old they are.
    "retention": ("retention.py", "{days}"),
}
TAKES_OUT = ("forget", "remove", "retention")
# The days of the sample: everything before this one goes.
KEPT_FROM = "2026-05-13"
JOURNAL = "activity.duckdb.to_finish"


@dataclass
class Built:
    """The built and shared sample, and what each command leaves of it.

    Attributes:
        site: where the commands run.
        saved: the folder of the warehouse before them.
        before: the prints of both copies before.
        after: the prints of both copies after each command, and the seconds that it took.
    """

    site: Site
    saved: Path
    before: tuple[Prints | None, Prints | None]
    after: dict[str, tuple[Prints | None, Prints | None]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def command(self, name: str) -> list[str]:
        """The script and its arguments."""
        days = str((time.time() - time.mktime(time.strptime(KEPT_FROM, "%Y-%m-%d"))) // 86_400).split(".")[0]
        return [argument.format(days=days) for argument in COMMANDS[name]]


def copies(site: Site) -> tuple[Prints | None, Prints | None]:
    """The prints of the published and the shared copy; None for one that is not there."""
    return tuple(  # type: ignore[return-value]
        published_prints(path) if path.exists() else None for path in (site.published, site.data / "shared.duckdb")
    )


def built_and_shared(site: Site, saved: Path) -> Built:
    """Build and share the sample in a site."""
    for script in ("build_warehouse.py", "share.py"):
        result = site.run(script)
        if result.returncode:
            raise RuntimeError(f"{script} fails undisturbed: {result.stdout}{result.stderr}")
    # All salts are made, so that another round gives the same hashes.
    (site.data / "forgotten_salt").write_text("a salt of the tests, and no secret")
    site.save(saved)
    return Built(site, saved, copies(site))


def undisturbed(built: Built, name: str) -> None:
    """Run a command to its end once, and keep what it leaves."""
    built.site.restore(built.saved)
    started = time.monotonic()
    result = built.site.run(*built.command(name))
    built.seconds[name] = time.monotonic() - started
    if result.returncode:
        raise RuntimeError(f"{name} fails undisturbed: {result.stdout}{result.stderr}")
    built.after[name] = copies(built.site)


def kill_one(built: Built, name: str, kills: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Tally:
    """Kill a command so many times, each time from the same state, and finish the work by another one."""
    undisturbed(built, name)
    rng = random.Random(f"{seed} {name}")
    tally = Tally(name)
    site = built.site
    for number in range(kills):
        site.restore(built.saved)
        moment = Moment((number + rng.random()) / kills).scaled(built.seconds[name])
        lived = site.kill(moment, *built.command(name))
        if lived is None:
            continue
        tally.kills += 1
        tally.shares.append(lived / built.seconds[name])
        faults = _faults(built, name, tally)
        tally.whole += not faults
        finished = _finish(built, name, tally)
        tally.completed += not finished
        for fault in faults + finished:
            tally.note(fault)
        say(f"{name}: kill {tally.kills} {moment}: {'; '.join(faults + finished) or 'whole'}")
    return tally


def _faults(built: Built, name: str, tally: Tally) -> list[str]:
    faults = []
    try:
        with duckdb.connect(str(built.site.warehouse), read_only=False) as connection:
            table_prints(connection, "raw")
        tally.opened += 1
    except duckdb.Error as error:
        faults.append(f"the warehouse: {error}")
    try:
        for kind, there, *may_be in zip(
            ("published", "shared"), copies(built.site), built.before, built.after[name], strict=True
        ):
            if there not in may_be:
                faults.append(f"the {kind} copy is neither the old one nor the new")
    except duckdb.Error as error:
        faults.append(f"a copy: {error}")
    return faults


def _finish(built: Built, name: str, tally: Tally) -> list[str]:
    """Let a command of another kind finish what was begun, then the same one again; returns what does not hold."""
    site, faults = built.site, []
    runs = [["export_table.py"], built.command(name)] if name in TAKES_OUT else [built.command(name)]
    for command in runs:
        result = site.run(*command)
        said = result.stdout + result.stderr
        # It ends well too where the command before has finished the work.
        if "Traceback" in said or result.returncode:
            faults.append(f"{command[0]} ends with {result.returncode}: {said[-1500:]}")
    tally.rounds += 1
    if (site.data / JOURNAL).exists():
        faults.append("something is still noted as unfinished")
    if copies(site) != built.after[name]:
        faults.append("the copies are not those of an undisturbed run")
    if name == "forget":
        faults += [f"the person is in {place}" for place in holding(site, NAME)]
    return faults


def holding(site: Site, pattern: str) -> list[str]:
    """The columns of each DuckDB file of a site that hold a text like a pattern."""
    found = []
    for path in (site.warehouse, marts_path(site.warehouse), site.published, site.data / "shared.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table, column in connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() inner join duckdb_tables()"
                " using (database_name, schema_name, table_name)"
                # The texts that the user wrote into seeds/site stay, and the command names the file and the line.
                " where data_type like '%VARCHAR%' and schema_name not in ('staging')"
            ).fetchall():
                query = f'select count(*) from "{schema}"."{table}" where "{column}"::varchar ilike ?'
                [(count,)] = connection.execute(query, [pattern]).fetchall()
                if count:
                    found.append(f"{path.name} {schema}.{table}.{column}")
    return found


def two_at_once(built: Built, pairs: list[tuple[str, str]], say: Callable[[str], None] = lambda _: None) -> Tally:
    """Run two commands at the same time: each does its work or says who is in the way, and the copies are whole."""
    tally = Tally("two at once")
    for name in {name for pair in pairs for name in pair} - set(built.after):
        undisturbed(built, name)
    for pair in pairs:
        built.site.restore(built.saved)
        processes = [
            subprocess.Popen(
                built.site.command(*built.command(name)),
                cwd=built.site.root,
                env=built.site.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for name in pair
        ]
        said = [process.communicate()[0] for process in processes]
        tally.rounds += 1
        faults = [
            f"{name} ends with {process.returncode}: {text[-1500:]}"
            for name, process, text in zip(pair, processes, said, strict=True)
            if process.returncode not in (0, 1) or "Traceback" in text
        ]
        if all(process.returncode for process in processes):
            faults.append("both refuse")
        try:
            with duckdb.connect(str(built.site.warehouse)) as connection:
                table_prints(connection, "raw")
            tally.opened += 1
            copies(built.site)
        except duckdb.Error as error:
            faults.append(str(error))
        tally.whole += not faults
        tally.completed += not faults
        for fault in faults:
            tally.note(f"{' and '.join(pair)}: {fault}")
        say(f"{' and '.join(pair)}: {[process.returncode for process in processes]} {'; '.join(faults) or 'whole'}")
    return tally


PAIRS = [*itertools.combinations_with_replacement(COMMANDS, 2)]
