"""Wrong and missing settings, said in the form in which they are given: ``make forget USER_ID=7``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer
from rich.console import Console
from typer.exceptions import TyperException


def run_command(
    main: Callable[..., None], target: str, fix: str, choices: Callable[[], list[str]] | None = None
) -> None:
    """Run a command of make, and end the process with its exit code.

    Args:
        main: the command.
        target: its name in make.
        fix: a command that works, and what else it takes.
        choices: what can be chosen for a missing setting, one a line.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        lines = choices() if choices is not None and _is_missing(error) else []
        console = Console(soft_wrap=True, stderr=True)
        console.print(f"{_what(error, target)} Fix: {fix}", style="red", highlight=False, markup=False)
        for line in lines:
            console.print(f"  {line}", highlight=False, markup=False)
        sys.exit(2)


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
