"""Write the pages of commands, of settings and of activity types: commands.md, settings.md, activity_types.md.

The commands and what their settings mean come from start.py. The settings of the project with their explanations come
from dbt_project.yml and tests/settings.yml, which has the shipped defaults. Activity types come from the seeds.
"""

from __future__ import annotations

import importlib.util
import os.path
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import yaml

from naming.dictionary import ATTEND_CLICKED, OTHER, read_dictionary
from page.messages import PAGE as MESSAGES
from warehouse.paths import PROJECT_ROOT
from warehouse.settings import settings_macros

COMMANDS = MESSAGES.with_name("commands.md")
SETTINGS = MESSAGES.with_name("settings.md")
ACTIVITY_TYPES = MESSAGES.with_name("activity_types.md")
DEFAULTS = PROJECT_ROOT / "tests" / "settings.yml"
WRITTEN = "This page is written from the code by `.venv/bin/python scripts/write_reference.py`."
COMMANDS_HEAD = f"""# Commands

Each command runs as `make build`, or without make as `python3 start.py build` (`py start.py build` on Windows).
Settings follow it: `make build SITE=academy`. They can also be in the environment. A command refuses a setting that
it does not have.

{WRITTEN}
"""
TABLE = ("| setting | default | meaning | allowed |", "|---|---|---|---|")
SETTINGS_HEAD = f"""# Settings

There are two kinds of settings. The [settings of the project](#settings-of-the-project) are in `dbt_project.yml` and
change how numbers are counted. The [settings of commands](#settings-of-commands) say what one call does.

{WRITTEN}

## Settings of the project

Change a value in `dbt_project.yml` under `vars`, and run `make build`. A build refuses a value that is not allowed,
and settings that do not fit to each other, such as a `lead_warm_score` above `lead_hot_score`. dbt passes over a name
in `--vars` that no setting has. The defaults are those that the project ships with.

### Days
"""
COMMAND_SETTINGS_HEAD = """## Settings of commands

Write them behind the command, such as `make build SITE=academy`. A switch is written as `PDF=1`;
`true` and `yes` mean the same. Leave it out where you do not want it, or write `0`, `false` or `no`. Any other value is
refused. [The commands](commands.md) say what each command does.

| setting | meaning | commands |
|---|---|---|"""
# A setting with its value, and without the sign that ends the sentence.
SET = re.compile(r'\b[A-Z_]+=(?:"[^"]*"|[^\s;)]*[^\s;),.])')
HEADING = re.compile(r"  # (?P<words>.+)")
SETTING = re.compile(r"  (?P<name>\w+):(?P<value>.*)")


def _start() -> ModuleType:
    """start.py, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("start", PROJECT_ROOT / "start.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _codes(names: Any) -> str:
    """Names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    """A text for a cell of a table, without a sign that Markdown reads as a mark."""
    return SET.sub(lambda found: f"`{found[0]}`", text.strip()).replace("|", r"\|")


def commands_page() -> str:
    """The page of commands, in the order of `make help`."""
    start = _start()
    lines = [COMMANDS_HEAD]
    for group, heading in (("Use", "Use the warehouse"), ("Develop", "Develop the project")):
        lines += [f"## {heading}", "", "| command | what it does | its settings |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {_cell(command.help)} | {_codes(command.settings)} |"
            for name, command in start.COMMANDS.items()
            if command.group == group
        ]
        lines.append("")
    lines += [
        f"Every command also takes {_codes(start.COMMON)}.",
        "[Settings](settings.md#settings-of-commands) says what each means.",
        "",
    ]
    return "\n".join(lines)


def _linked(heading: str) -> tuple[str, str]:
    """The title of a group of settings, and the line that links the page which explains it."""
    title, _, place = heading.partition(": ")
    if not (PROJECT_ROOT / place).is_file():
        return "", ""
    path = os.path.relpath(PROJECT_ROOT / place, SETTINGS.parent).replace(os.sep, "/")
    return title, f"Explained in [{place.rsplit('/', 1)[-1]}]({path})."


def _project_settings() -> Iterator[str]:
    """A table per group of settings, from the file of the shipped defaults and its comments."""
    text = DEFAULTS.read_text(encoding="utf-8")
    defaults = yaml.safe_load(text)["vars"]
    macros = settings_macros(defaults)
    rules = macros["setting_rules"]()
    above = ""
    yield from ("", *TABLE)
    for line in text[text.index("vars:") :].splitlines()[1:]:
        if heading := HEADING.fullmatch(line):
            title, link = _linked(heading["words"])
            if link:
                yield from ("", f"### {title}", "", link, "", *TABLE)
            above = heading["words"]
        elif (setting := SETTING.fullmatch(line)) and setting["name"] in defaults:
            value = defaults[setting["name"]]
            shown = ", ".join(value) if isinstance(value, list) else setting["value"].strip()
            allowed = _cell(macros["allowed_setting"](rules[setting["name"]])).replace("https://", "`https://`")
            yield f"| `{setting['name']}` | `{shown}` | {_cell(above)} | {allowed} |"


def settings_page() -> str:
    """The page of settings: those of the project, then those of commands."""
    start = _start()
    lines = [SETTINGS_HEAD.rstrip("\n"), *_project_settings(), "", COMMAND_SETTINGS_HEAD]
    for name in sorted({*start.COMMON, *(name for command in start.COMMANDS.values() for name in command.settings)}):
        users = [one for one, command in start.COMMANDS.items() if name in command.settings]
        lines.append(f"| `{name}` | {start.SETTINGS[name]} | {_codes(users) if users else 'all'} |")
    return "\n".join([*lines, ""])


def activity_types_page() -> str:
    """The page of all activity types, from the dictionary."""
    lines = [
        "# Activity types",
        "",
        "An example: the words `Session` / `Joined` of a report mean the activity type `session_joined`.",
        "",
        "`make name` asks which activity type the unknown words of your reports mean. *Attendance* marks the types",
        "that show when a person was in a session. *Points* marks the types that earn points, unless you",
        "[set other points](../../models/marts/leaderboard/leaderboard_rules.md).",
        "",
        "This page is written from `seeds/activity_types.csv` by `.venv/bin/python scripts/write_reference.py`.",
        "",
        "| activity type | meaning | attendance | points |",
        "|---|---|---|---|",
    ]
    for found in sorted(
        read_dictionary(PROJECT_ROOT).values(), key=lambda one: (one.activity_type == OTHER, one.family)
    ):
        attendance = "yes" if found.counts_for_attendance and found.activity_type != ATTEND_CLICKED else ""
        points = "yes" if found.earns_points else ""
        meaning = found.meaning.replace("|", "\\|")
        lines.append(f"| `{found.activity_type}` | {meaning} | {attendance} | {points} |")
    return "\n".join(lines) + "\n"
