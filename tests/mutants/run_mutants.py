"""Prove that the tests bite: put faults into copies of the project, one at a time, and see which test finds each.

The faults (mutants) and the tests that should find them are in ``mutants.toml`` beside this file. A mutant is killed
if a test fails, survives if none does, and is broken if the tests cannot be run: a model that does not compile, a
fixture that fails. First all tests are run without any mutant, and must pass.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from warehouse.paths import PROJECT_ROOT
from warehouse.project_copy import copy_to

DATA = Path(__file__).with_name("mutants.toml")
WORKERS = 2
TIMEOUT_SECONDS = 900
State = Literal["killed", "survived", "broken"]
STATES: tuple[State, ...] = ("killed", "survived", "broken")
# What the tests read beside what dbt needs.
NEEDED_BY_TESTS = (
    *("scripts", "page", "sample", "tests", "docs", "analyses", "pyproject.toml", "Makefile", "start.py"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
)
SETTINGS = (
    *("WAREHOUSE_PATH", "PUBLISHED_PATH", "SHARED_PATH", "REPORTS", "SITE", "TIME_ZONE", "DATE_FORMAT"),
    *("MEMORY_LIMIT", "PSEUDONYM_SALT", "MINIMUM_COHORT_SIZE", "USER_ID", "PYTHONPATH"),
)

PAGE = """# Proof that the tests bite

A test that cannot fail proves nothing. So `make mutants` puts faults that somebody could make into copies of the
project, one at a time. Such a fault is a flipped comparison, a dropped predicate, an inner join for a left one, or a
bound that is off by one. Others are a lost `distinct` and a wrong order. For each, the quickest tests that should find
it are run. The faults are in [tests/mutants/mutants.toml](../../tests/mutants/mutants.toml). These commands write this
page.

```sh
make mutants              # all of them, and this page
make mutants ONLY=NAME    # one of them
```

**{total} mutants: {killed} killed, {survived} survived, {broken} broken.** A mutant is killed if a test fails, and
broken if the tests could not be run. All tests named here passed without a mutant before.

| where | mutants | killed |
|---|--:|--:|
{places}

| mutant | file | kind | killed by |
|---|---|---|---|
{rows}
"""


@dataclass(frozen=True)
class Selection:
    """What is run against a mutant.

    Attributes:
        unit: models whose dbt unit tests are run.
        pytest: files or node ids of pytest.
    """

    unit: tuple[str, ...] = ()
    pytest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mutant:
    """A fault: a text that is in the file, once, and what is put in its place."""

    name: str
    file: str
    kind: str
    old: str
    new: str
    tests: Selection

    @property
    def place(self) -> str:
        """The part of the project that it is in."""
        parts = Path(self.file).parts
        return "/".join(parts[: 3 if parts[:2] == ("models", "marts") else 2][: len(parts) - 1]) or self.file


@dataclass(frozen=True)
class Outcome:
    """The outcome of a mutant, with the tests that found it; for a broken one, why."""

    state: State
    killed_by: tuple[str, ...] = ()
    reason: str = ""


def read_mutants(path: Path = DATA) -> list[Mutant]:
    """The mutants of a file."""
    return [
        Mutant(
            **{field: row[field] for field in ("name", "file", "kind", "old", "new")},
            tests=Selection(tuple(row.get("unit", ())), tuple(row.get("pytest", ()))),
        )
        for row in tomllib.loads(path.read_text())["mutant"]
    ]


def text_to_mutate(root: Path, mutant: Mutant) -> str:
    """The text of the file that is to have the fault.

    Raises:
        ValueError: the text to replace is not there exactly once.
    """
    text = (root / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: `old` stands {text.count(mutant.old)} times in {mutant.file}, not once")
    return text


@contextmanager
def mutated(root: Path, mutant: Mutant) -> Iterator[None]:
    """The project with the fault in it, as it was again afterwards."""
    path = root / mutant.file
    text = text_to_mutate(root, mutant)
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        yield
    finally:
        path.write_text(text)


def try_mutant(root: Path, mutant: Mutant) -> Outcome:
    """Run the tests of a mutant on a copy of the project that has it."""
    with mutated(root, mutant):
        return run(root, mutant.tests)


def try_batch(root: Path, batch: Sequence[Mutant]) -> list[Outcome]:
    """Try mutants on one copy whose tests do not touch each other."""
    if len(batch) == 1:
        return [try_mutant(root, batch[0])]
    with ExitStack() as stack:
        for mutant in batch:
            stack.enter_context(mutated(root, mutant))
        of_model = run_unit_tests(root, [model for mutant in batch for model in mutant.tests.unit])
    outcomes = [of_model[model] for mutant in batch for model in mutant.tests.unit]
    # One that does not compile hides the results of the others.
    is_hidden = all(outcome.state == "broken" for outcome in outcomes)
    return [try_mutant(root, mutant) for mutant in batch] if is_hidden else outcomes


def batches(mutants: Iterable[Mutant]) -> list[list[Mutant]]:
    """Mutants in batches, those first that take longest.

    A dbt unit test runs the SQL of one model on rows that it gives, so that mutants of different models do not meet.
    """
    alone: list[list[Mutant]] = []
    together: list[list[Mutant]] = []
    of_model: Counter[str] = Counter()
    for mutant in mutants:
        [model] = mutant.tests.unit if len(mutant.tests.unit) == 1 else [""]
        if Path(mutant.file).name != f"{model}.sql":
            alone.append([mutant])
            continue
        if of_model[model] == len(together):
            together.append([mutant])
        else:
            together[of_model[model]].append(mutant)
        of_model[model] += 1
    return sorted(together + alone, key=lambda batch: not batch[0].tests.pytest)


def run(root: Path, tests: Selection) -> Outcome:
    """Run tests on a copy of the project."""
    return run_pytest(root, tests.pytest) if tests.pytest else merged(run_unit_tests(root, tests.unit).values())


def merged(outcomes: Iterable[Outcome]) -> Outcome:
    """What became of a mutant whose tests were run in several parts."""
    parts = list(outcomes)
    killed_by = tuple(test for outcome in parts for test in outcome.killed_by)
    if killed_by:
        return Outcome("killed", killed_by)
    broken = [outcome.reason for outcome in parts if outcome.state == "broken"]
    return Outcome("broken", reason="\n".join(broken)) if broken else Outcome("survived")


def run_pytest(root: Path, chosen: Iterable[str]) -> Outcome:
    """Run tests of pytest in a process of their own, up to the first that fails."""
    # If two versions of a source file have one size and second, Python would take the compiled one for that of both.
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    options = ("-v", "-x", "--tb=line", "--color=no", "-p", "no:cacheprovider", "--hypothesis-seed=0")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *chosen],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Outcome("broken", reason=f"no end after {TIMEOUT_SECONDS} seconds")
    if done.returncode == 0:
        return Outcome("survived")
    failed = re.findall(r"^(.+::.+) FAILED(?: +\[ *\d+%\])?$", done.stdout, flags=re.MULTILINE)
    if failed:
        return Outcome("killed", tuple(failed))
    return Outcome("broken", reason=(done.stdout + done.stderr).strip()[-2000:])


def run_unit_tests(root: Path, models: Iterable[str]) -> dict[str, Outcome]:
    """Run the dbt unit tests of models in this process: to start dbt for each would take longer than the tests."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.chdir(root)
    results: dict[str, list[Any]] = {model: [] for model in models}
    options = ("--log-level", "none", "--log-level-file", "none")
    done = dbtRunner().invoke([*options, "test", "--select", *(f"{model},test_type:unit" for model in results)])
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if done.exception is not None:
        return dict.fromkeys(results, Outcome("broken", reason=str(done.exception)))
    ran: Any = done.result
    for result in ran.results:
        if result.node.resource_type == "unit_test":
            results[result.node.tested_node_unique_id.rpartition(".")[2]].append(result)
    return {model: _outcome(of_model) for model, of_model in results.items()}


def _outcome(results: Iterable[Any]) -> Outcome:
    """What the results of the unit tests of a model say."""
    states = {result.node.name: (result.status, result.message) for result in results}
    failed = tuple(sorted(name for name, (status, _) in states.items() if status == "fail"))
    if failed:
        return Outcome("killed", failed)
    errors = [f"{name}: {message}" for name, (status, message) in states.items() if status != "pass"]
    if errors or not states:
        return Outcome("broken", reason="\n".join(errors) or "no unit test was run")
    return Outcome("survived")


_copy = Path()


def _start_worker(original: Path) -> None:
    """Give a worker a copy of its own, and an environment that sets nothing of ours."""
    global _copy
    _copy = Path(tempfile.mkdtemp(dir=original.parent)) / "project"
    shutil.copytree(original, _copy)
    for name in SETTINGS:
        os.environ.pop(name, None)


def _run(tests: Selection) -> Outcome:
    return run(_copy, tests)


def _try(batch: Sequence[Mutant]) -> list[Outcome]:
    return try_batch(_copy, batch)


def build_original(root: Path) -> None:
    """Copy the project and build it: unit tests look up the columns of what the models read.

    Raises:
        RuntimeError: it could not be built.
    """
    copy_to(root, *NEEDED_BY_TESTS)
    for name in ("reports", "warehouse"):
        (root / name).mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    command = [sys.executable, "scripts/build_warehouse.py"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the project could not be built:\n{done.stdout}{done.stderr}")


def failures_without_mutants(pool: ProcessPoolExecutor, mutants: Iterable[Mutant]) -> list[str]:
    """Run all tests of the mutants once without any mutant: what fails or cannot be run."""
    models: set[str] = set()
    nodes: dict[str, set[str]] = {}
    for mutant in mutants:
        models.update(mutant.tests.unit)
        for node in mutant.tests.pytest:
            nodes.setdefault(node.partition("::")[0], set()).add(node)
    selections = [Selection(pytest=tuple(sorted(of_file))) for of_file in nodes.values()]
    if models:
        selections.append(Selection(unit=tuple(sorted(models))))
    outcomes = [future.result() for future in [pool.submit(_run, tests) for tests in selections]]
    return [" ".join(outcome.killed_by) or outcome.reason for outcome in outcomes if outcome.state != "survived"]


def try_all(pool: ProcessPoolExecutor, mutants: Sequence[Mutant], console: Console) -> dict[Mutant, Outcome]:
    """Try mutants, and yield the outcome of each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Trying", total=len(mutants))
        futures = {pool.submit(_try, batch): batch for batch in batches(mutants)}
        found: dict[Mutant, Outcome] = {}
        for future in as_completed(futures):
            found |= zip(futures[future], future.result(), strict=True)
            progress.update(task, completed=len(found))
    return {mutant: found[mutant] for mutant in mutants}


def print_outcomes(outcomes: Mapping[Mutant, Outcome], console: Console) -> None:
    """Print a line for each mutant, and why those are broken that are."""
    colours = {"killed": "green", "survived": "red", "broken": "yellow"}
    table = Table()
    for column in ("mutant", "file", "kind", "", "killed by"):
        table.add_column(column, overflow="fold")
    for mutant, outcome in outcomes.items():
        state = f"[{colours[outcome.state]}]{outcome.state}[/]"
        table.add_row(mutant.name, mutant.file, mutant.kind, state, escape("\n".join(outcome.killed_by)))
    console.print(table)
    for mutant, outcome in outcomes.items():
        if outcome.reason:
            console.print(f"[yellow]{mutant.name}[/yellow] is broken:\n{escape(outcome.reason)}", highlight=False)


def page(outcomes: Mapping[Mutant, Outcome]) -> str:
    """The page about the mutants; the same outcomes give the same page."""
    states = Counter(outcome.state for outcome in outcomes.values())
    places = []
    for place, group in groupby(sorted(outcomes, key=lambda mutant: mutant.place), lambda m: m.place):
        of_place = list(group)
        killed = sum(outcomes[mutant].state == "killed" for mutant in of_place)
        places.append(f"| `{place}` | {len(of_place)} | {killed} |")
    rows = [
        f"| {mutant.name} | `{mutant.file}` | {mutant.kind} | {_told(outcome)} |"
        for mutant, outcome in outcomes.items()
    ]
    figures: dict[str, int] = {state: states[state] for state in STATES}
    return PAGE.format(total=len(outcomes), **figures, places="\n".join(places), rows="\n".join(rows))


def _told(outcome: Outcome) -> str:
    """The tests that killed it, safe in a cell of a table."""
    killers = ", ".join(f"`{test}`" for test in outcome.killed_by).replace("|", "\\|")
    return killers or f"**{outcome.state}**"


def main(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Try this mutant alone; may be repeated.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Page to write, such as docs/reference/mutants.md.")] = None,
) -> None:
    """Try mutants. Exit codes: 0 all killed; 1 one survived or is broken, and said; 2 wrong usage."""
    console = Console()
    mutants = read_mutants()
    if only:
        unknown = set(only) - {mutant.name for mutant in mutants}
        if unknown:
            raise typer.BadParameter(f"there is no mutant {', '.join(sorted(unknown))}")
        if output:
            raise typer.BadParameter("the page lists all mutants")
        mutants = [mutant for mutant in mutants if mutant.name in only]
    try:
        for mutant in mutants:
            text_to_mutate(PROJECT_ROOT, mutant)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        original = Path(folder).resolve() / "original"
        original.mkdir()
        with console.status("building the sample"):
            build_original(original)
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WORKERS, spawn, initializer=_start_worker, initargs=(original,)) as pool:
            with console.status("running the tests without any mutant"):
                failures = failures_without_mutants(pool, mutants)
            if failures:
                console.print("[red]Tests fail without any mutant:[/red]", *map(escape, failures), sep="\n")
                raise typer.Exit(1)
            outcomes = try_all(pool, mutants, console)
    print_outcomes(outcomes, console)
    states = Counter(outcome.state for outcome in outcomes.values())
    counts = ", ".join(f"{states[state]} {state}" for state in STATES)
    console.print(f"{len(outcomes)} mutants: {counts}, in {time.monotonic() - started:,.0f} s.", highlight=False)
    if output:
        output.write_text(page(outcomes))
    if states["killed"] < len(outcomes):
        raise typer.Exit(1)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
