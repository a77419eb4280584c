"""What all commands share: how they start, how they end of an error, and how they print a text of a file."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import NoReturn, get_type_hints

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from warehouse.errors import WarehouseError, in_words
from warehouse.paths import setting_of
from warehouse.visible import SafeConsole, on_one_line, visible


def printable(text: str, indent: str = "    ") -> str:
    """A text of a file as the terminal gets it (rich markup): signs that would steer it are written out.

    Its second line is indented, so that it cannot be taken for a line of the program.
    """
    return escape(visible(text)).replace("\n", f"\n{indent}")


def one_line(text: str) -> str:
    """The same of a value of a file, such as its name, which is one line whatever it holds."""
    return escape(on_one_line(text))


def counted(count: int, one: str, more: str | None = None) -> str:
    """A number of things, such as 1 report, 2 reports or 3 people."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


@contextmanager
def errors_said(
    console: Console, unfinished: str | None = None, also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Print what the user can put right, and end with the exit code 1.

    Args:
        console: where it is printed.
        unfinished: what is said before an error of a disk or a database; None where there can be none.
        also: errors beside WarehouseError whose messages say what to do.
    """
    ours: tuple[type[Exception], ...] = (WarehouseError, *also)
    try:
        yield
    except ours as error:
        console.print(f"[red]{printable(str(error))}[/red]")
        raise typer.Exit(1) from error
    except (OSError, duckdb.Error) as error:
        if unfinished is None:
            raise
        console.print(f"[red]{unfinished}: {printable(file_in_words(error))}[/red]")
        raise typer.Exit(1) from error


def said(error: Exception) -> str:
    """What an error says to the user, with a fix where there is one."""
    if isinstance(error, WarehouseError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The memory is used up. Fix: close other programs, or set a lower MEMORY_LIMIT."
    return f"Not done: {file_in_words(error)}"


def file_in_words(error: Exception) -> str:
    """An error of a disk or a database in words, after the name of its file where the error has it."""
    name = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    return f"{name}{in_words(error)}"


class AtTheEnd:
    """How the process of a command ends."""

    # Python takes two seconds to free all that dbt made, a fifth of a build of the sample; the system does it at once.
    frees_objects = True


def run_command(
    main: Callable[..., None], target: str = "", fix: str = "", choices: Callable[[], list[str]] | None = None
) -> None:
    """Run a command, and end the process with its exit code.

    Args:
        main: the command.
        target: its name in make, if make has it; then wrong and missing settings are said as make takes them.
        fix: a command that works, and what else it takes.
        choices: what can be chosen for a missing setting, one a line.
    """
    # Commands write personal data: their files and folders are for their owner alone.
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal or a file of another encoding than UTF-8 lacks some letters.
            stream.reconfigure(errors="backslashreplace")
    try:
        _run(main, target, fix, choices)
    except SystemExit as ended:
        code = ended.code or 0
        # A debugger or a profiler has yet to see the end.
        if not AtTheEnd.frees_objects and isinstance(code, int) and not (sys.gettrace() or sys.getprofile()):
            _end_at_once(code)
        raise


def _end_at_once(code: int) -> NoReturn:
    """End the process as Python does, but without freeing its objects."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Nobody reads it any more, or it was closed (None) from the beginning.
        with suppress(OSError, AttributeError):
            stream.flush()
    os._exit(code)


def _run(main: Callable[..., None], target: str, fix: str, choices: Callable[[], list[str]] | None) -> NoReturn:
    """Run a command: what ``run_command`` does."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        for setting in _settings_of(main):
            # The command line would take a blank one for none.
            setting_of(setting)
        sys.exit(app(standalone_mode=not target))
    except (WarehouseError, OSError, MemoryError, duckdb.Error) as error:
        text = f"[red]{printable(said(error))}[/red]"
        try:
            SafeConsole().print(text)
        except OSError:
            # The full disk may be that of the output itself.
            SafeConsole(stderr=True).print(text)
            _end_at_once(1)
        sys.exit(1)
    except TyperException as error:
        lines = choices() if choices is not None and _is_missing(error) else []
        console = SafeConsole(stderr=True)
        console.print(printable(f"{_what(error, target)} Fix: {fix}"), style="red")
        for line in lines:
            console.print(f"  {one_line(line)}")
        sys.exit(2)


def _settings_of(main: Callable[..., None]) -> Iterator[str]:
    """The settings that a command takes from the environment."""
    for hint in get_type_hints(main, include_extras=True).values():
        for option in getattr(hint, "__metadata__", ()):
            if isinstance(getattr(option, "envvar", None), str):
                yield option.envvar


def _is_missing(error: TyperException) -> bool:
    return error.format_message().startswith("Missing")


def _what(error: TyperException, target: str) -> str:
    """What is wrong, with the name that the setting has in make."""
    parameter = getattr(error, "param", None)
    hint = str(getattr(error, "param_hint", None) or "").removeprefix("--").replace("-", "_").upper()
    setting = str(getattr(parameter, "envvar", None) or hint)
    if not setting:
        return f"make {target}: {error.format_message()}"
    if _is_missing(error):
        return f"make {target} needs {setting}."
    value = os.environ.get(setting)
    given = setting if value is None else f"{setting}={value}"
    return f"{given} is not possible: {error.message.rstrip('.')}."
