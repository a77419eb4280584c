"""Feed the loader mutated and made-up reports by the thousand, and report what broke: `make fuzz`.

Exit codes: 0 everything holds; 1 something does not, and the inputs are in the folder that is named.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Annotated

import hypothesis
import typer
from rich.console import Console
from rich.table import Table

from fuzz.folders import judge_folder, make_folder
from fuzz.inputs import ROOT, FuzzInput, make_input, structured_reports
from fuzz.oracle import Judge

BATCH = 50
# A process that judges ever more inputs takes ever more memory and time: from 30 inputs a second to 12 after 30,000.
BATCHES_OF_A_PROCESS = 40
# A batch takes about 2 s. One that has taken so long hangs: its process says where it stands, and ends.
SECONDS_OF_A_BATCH = 300
# One input in so many is put together by hypothesis, lands twice, or goes through the command line as well.
STRUCTURED_SHARE = 10
AGAIN_SHARE = 10
COMMAND_LINE_SHARE = 40
Message = tuple[int, Counter[str], dict[str, str]]


def batches(inputs: int) -> list[range]:
    """The seeds of each batch."""
    return [range(start, min(start + BATCH, inputs)) for start in range(0, inputs, BATCH)]


def by_command_line(inputs: dict[str, FuzzInput]) -> dict[str, str]:
    """Land inputs by the command line, one by one; report those whose exit code or words are not as documented."""
    broken = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, one in inputs.items():
            path = Path(folder, name + one.suffix)
            path.write_bytes(one.content)
            done = subprocess.run(
                [sys.executable, ROOT / "scripts" / "load_reports.py", "--database", f"{folder}/w.duckdb", path],
                capture_output=True,
                check=False,
            )
            said = (done.stdout + done.stderr).decode(errors="replace")
            has_fault = "refused" in done.stdout.decode(errors="replace") or " rejected" in said
            if done.returncode != int(has_fault) or "Traceback" in said or "panicked" in said:
                broken[name] = f"the command line ends with {done.returncode} and says: {said[-2000:]}"
    return broken


def work(of_process: list[range], seed: int, to_lead: Queue[Message]) -> None:
    """Judge some batches, and report each to the lead."""
    judge = Judge()
    for batch in of_process:
        to_lead.put((batch.start, Counter(begun=1), {}))
        faulthandler.dump_traceback_later(SECONDS_OF_A_BATCH, exit=True)
        judge.tally.counts.clear()
        made = {f"seed{seed + place}": make_input(seed + place) for place in batch}
        broken = judge.judge(made, again=batch.start // BATCH % AGAIN_SHARE == 0)
        if batch.start // BATCH % COMMAND_LINE_SHARE == 0:
            name = next(iter(made))
            broken |= by_command_line({name: made[name]})
            judge.tally.add(by_command_line=1)
        broken |= _structured(judge, len(batch) // STRUCTURED_SHARE, seed + batch.start)
        broken |= _folder(judge, seed + batch.start)
        faulthandler.cancel_dump_traceback_later()
        to_lead.put((batch.start, Counter(judge.tally.counts), broken))


def _folder(judge: Judge, seed: int) -> dict[str, str]:
    """Judge a folder of small reports, which land in groups."""
    folder = make_folder(seed)
    what, grouped_count = judge_folder(folder)
    judge.tally.add(folders=1, reports_in_folders=len(folder.files), reports_landed_in_groups=grouped_count)
    return {f"folder{seed}": what} if what else {}


def _structured(judge: Judge, count: int, seed: int) -> dict[str, str]:
    """Judge reports that hypothesis puts together; of one that breaks something the simplest is reported."""
    broken: dict[str, str] = {}

    @hypothesis.settings(
        max_examples=max(count, 1),
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.seed(seed)
    @hypothesis.given(structured_reports())
    def holds(one: FuzzInput) -> None:
        found = judge.judge({"structured": one})
        if found:
            broken[f"structured{seed}"] = f"{found['structured']}\n{one.content!r}"
        assert not found

    with suppress(AssertionError):
        holds()
    return broken


def run(inputs: int, seed: int, workers: int, console: Console) -> tuple[Counter[str], dict[str, str]]:
    """Judge inputs in several processes; what ends a process is reported as well."""
    to_lead: Queue[Message] = multiprocessing.Queue()
    tally: Counter[str] = Counter()
    broken: dict[str, str] = {}
    begun: set[int] = set()
    done: set[int] = set()
    waiting = batches(inputs)
    processes: dict[multiprocessing.Process, list[range]] = {}

    def go_on() -> bool:
        """Let new processes take the place of those that ended, and do what these left; whether any is at work."""
        for process in [process for process in processes if not process.is_alive()]:
            waiting.extend(batch for batch in processes.pop(process) if batch.start not in begun)
        while waiting and len(processes) < workers:
            of_process, waiting[:] = waiting[:BATCHES_OF_A_PROCESS], waiting[BATCHES_OF_A_PROCESS:]
            process = multiprocessing.Process(target=work, args=(of_process, seed, to_lead))
            process.start()
            processes[process] = of_process
        return bool(processes)

    started = shown = time.monotonic()
    for start, counts, found in _messages(to_lead, go_on):
        if counts["begun"]:
            begun.add(start)
            continue
        done.add(start)
        tally += counts
        broken |= found
        for name, what in found.items():
            console.print(f"[red]{name}[/red]", what[:1000], markup=name not in what)
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            rate = tally["inputs"] / (shown - started)
            console.print(f"{tally['inputs']:,} of {inputs:,} inputs, {rate:.0f} a second, {len(broken)} broken")
    broken |= {f"seed{seed + start}": "a process ended in the batch that begins with it" for start in begun - done}
    return tally, broken


def _messages(to_lead: Queue[Message], go_on: Callable[[], bool]) -> Iterator[Message]:
    """The messages of the processes. One that ended is checked when all of its messages were read."""
    while go_on():
        with suppress(Empty):
            while True:
                yield to_lead.get(timeout=1)


def main(
    inputs: Annotated[int, typer.Option(help="How many inputs.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the first; the same seeds are the same inputs.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    folder: Annotated[Path, typer.Option(help="Where to put the inputs that broke something.")] = Path("target/fuzz"),
) -> None:
    """Feed the loader mutated and made-up reports by the thousand, and report what broke."""
    console = Console()
    started = time.monotonic()
    tally, broken = run(inputs, seed, workers, console)
    seconds = time.monotonic() - started
    table = Table("of the inputs", "count")
    for name, count in sorted(tally.items()):
        table.add_row(name.replace("_", " "), f"{count:,}")
    table.add_row("a second", f"{tally['inputs'] / seconds:.0f}")
    console.print(table)
    for name, what in broken.items():
        folder.mkdir(parents=True, exist_ok=True)
        if name.startswith("seed"):
            one = make_input(int(name.removeprefix("seed")))
            (folder / f"{name}{one.suffix}").write_bytes(one.content)
        if name.startswith("folder"):
            (folder / name).mkdir(exist_ok=True)
            make_folder(int(name.removeprefix("folder"))).write(folder / name)
        (folder / f"{name}.txt").write_text(what, encoding="utf-8", errors="backslashreplace")
    if broken:
        console.print(f"[red]{len(broken)} inputs broke something[/red]: see {folder}")
        raise typer.Exit(1)
    console.print("[green]Everything holds.[/green]")


if __name__ == "__main__":
    typer.run(main)
