"""Commands that the Markdown pages give to a reader, and the output that they promise."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# These record what was true at a time: a reader types nothing of it.
RECORDS = ("CHANGELOG.md", "docs/decisions/")
# What tools and builds write.
NO_PAGES = ("logs", "target", "warehouse")
# A reader begins here; all other pages follow by name.
FIRST = ("README.md", "docs/README.md", "docs/tutorial/first_report.md", "docs/how_to/load.md")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
SHELL = ("sh", "bash", "console")
# A span may go over the end of a line.
INLINE = re.compile(r"`([^`]+)`")
# A span is a command if it has settings (or none), then a program, then something to do.
COMMAND = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:make|py|python[\d.]*|dbt|uv|superset|\.venv[\w-]*/bin/\S+|scripts/\S+\.py) \S"
)
# `python3 start.py X` and `py start.py X` are `make X`: the Makefile calls start.py.
WITHOUT_MAKE = re.compile(r"^(?:py|python[\d.]*) start\.py ")


@dataclass(frozen=True)
class Documented:
    """A command as a page gives it, the output that the page shows below it, and whether it is in a shell block."""

    command: str
    output: str | None = None
    is_block: bool = False

    @property
    def spelled(self) -> str:
        """The command with make where it has two forms, so that both compare as equal."""
        return WITHOUT_MAKE.sub("make ", self.command)


def pages() -> list[Path]:
    """All Markdown pages of the project, in the order of reading."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", *NO_PAGES))]
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    names = {path.relative_to(ROOT).as_posix() for path in found}
    return [Path(name) for name in (*FIRST, *sorted(names - set(FIRST)))]


def pages_with_commands() -> list[Path]:
    """The pages whose commands a reader may type."""
    return [page for page in pages() if not page.as_posix().startswith(RECORDS)]


def documented_commands(text: str) -> Iterator[Documented]:
    """The commands of a page from top to bottom: each of a shell block, and each in the text that looks like one."""
    position = 0
    blocks = list(FENCE.finditer(text))
    for number, block in enumerate(blocks):
        yield from _inline(text[position : block.start()])
        position = block.end()
        if block[1] not in SHELL:
            continue
        commands = list(_lines(block[2]))
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        output = None
        if following and following[1] == "text" and not text[block.end() : following.start()].strip():
            assert len(commands) == 1, f"An output is below several commands. Fix: one block each. {commands}"
            output = following[2]
        yield from (Documented(command, output, is_block=True) for command in commands)
    yield from _inline(text[position:])


def _inline(text: str) -> Iterator[Documented]:
    for span in INLINE.findall(text):
        command = " ".join(span.split())
        if COMMAND.match(command):
            yield Documented(command)


def _lines(block: str) -> Iterator[str]:
    """The commands of a shell block; one goes on while a quote is open or a backslash ends the line."""
    pending = ""
    for line in block.splitlines():
        pending = f"{pending}\n{line}" if pending else line.removeprefix("$ ")
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:
            continue
        if words:
            yield re.sub(r"\s+# .*$", "", pending)
        pending = ""
    assert not pending, f"A quote is open at the end of a block: {pending}"


def fits(output: str, promised: str) -> bool:
    """Whether an output is what a page shows; a line `…` stands for any lines, `…` in a line for any text in it."""
    parts = []
    for line in promised.strip("\n").splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append("[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + r" *\n")
    return re.fullmatch("".join(parts), output.strip("\n") + "\n") is not None
