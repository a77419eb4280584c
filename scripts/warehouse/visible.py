"""Texts of files as the terminal gets them: signs that would steer it are written out.

A report may hold anything. An escape sequence would colour or clear the screen, a mark of direction would turn a text
around, and a line break in the name of a file would forge a line of the program.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment

# Signs that a terminal takes for a command or for another direction of the text, and signs of no width, by
# which two names that look alike can differ. Line breaks and tabs are ours; U+200C and U+200D join letters and emojis.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
BREAKS = re.compile("[\t\n]")
# The commands that a message may name.
NAMED = re.compile(
    r"\bmake (?=(?:build|certificates|evidence|export|forget|land|leads|metrics|name|new-mart|person|publish|remove"
    r"|retention|share|show|superset)\b)"
)
# With these a spinner begins each of its pictures; a text of a file never stands at the beginning of what is written.
SPINNER = re.compile("(?:\r|\x1b\\[K|\x1b\\[[?]25[lh])*")


def visible(text: str) -> str:
    """A text of several lines with the signs written out that would steer a terminal."""
    return CONTROL.sub(_written_out, text)


def on_one_line(text: str) -> str:
    """The same of a value, such as a name, with line breaks and tabs written out too."""
    return BREAKS.sub(_written_out, visible(text))


def as_given(text: str) -> str:
    """A message with its commands as the reader gives them: start.py says so where there is no make."""
    return NAMED.sub(f"{os.environ.get('STARTED_WITH', 'make')} ", text)


def _written_out(sign: re.Match[str]) -> str:
    return repr(sign.group())[1:-1]


class VisibleStream(TextIOWrapper):
    """The standard output, or that for errors, of a program of others that prints texts of files as they are."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream, in place of it."""
        stream.flush()
        super().__init__(stream.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        # It would close the file at its end.
        self._before = stream

    def write(self, text: str) -> int:
        """Write a text with the signs written out that would steer a terminal."""
        begins = SPINNER.match(text)
        end = begins.end() if begins else 0
        return super().write(text[:end] + visible(text[end:]))

    def isatty(self) -> bool:
        """Whether colours and movements would be shown."""
        return False


class SafeConsole(Console):
    """A console through which no text steers the terminal, whoever forgot to ask."""

    def __init__(self, *, soft_wrap: bool = True, stderr: bool = False) -> None:
        """Make a console that writes to the standard output, or to that for errors."""
        # A word of a text between two colons is no picture, and a number in it has no colour.
        super().__init__(soft_wrap=soft_wrap, stderr=stderr, highlight=False, emoji=False)
        self.push_render_hook(_Visibly())

    def print(self, *objects: Any, **style: Any) -> None:
        """Print; the second line of a text without markup is indented, because values are pasted into it."""
        end = "\n    " if style.get("markup") is False else "\n"
        super().print(
            *(as_given(each).replace("\n", end) if isinstance(each, str) else each for each in objects), **style
        )


class _Visibly(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Wrap all that is about to be printed."""
        return [_Visible(renderable) for renderable in renderables]


class _Visible:
    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.renderable, options):
            # rich marks its own commands to the terminal as such.
            yield segment if segment.control else Segment(visible(segment.text), segment.style)
