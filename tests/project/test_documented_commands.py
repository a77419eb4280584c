"""Every command of the pages does what the page says, in the state that a reader has.

A page is read by a person with a fresh clone who ran `make build`; the README's `make build` is that of one who has the
sample in the warehouse, so that it is a second build as well. Its commands run from top to bottom: those of its shell
blocks, and those in its text that no block runs and that no page before it names.
`documented_commands.toml` lists the commands that don't run here. Scripts and dbt start warm (`warm_environment.py`);
`test_whole_way.py` starts the loader and dbt as a user does.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import start

from conftest import MANUAL, OF_ANOTHER_SALT, ROOT, WITHOUT_TESTS, Project, marts, with_shipped_settings
from documented_commands import Documented, documented_commands, fits, pages_with_commands
from removal.remove import find_report, remove
from warehouse.database import connect
from warm_environment import warm_environment

LISTED = tomllib.loads((ROOT / "tests" / "documented_commands.toml").read_text(encoding="utf-8"))
# By the page, or by none for every page.
NOT_RUN = {(entry.get("page"), command): entry for entry in LISTED["not_run"] for command in entry["commands"]}
BEFORE_THE_BUILD = Path("README.md")
EXPORTER = "exporter_2026-05-15.csv"


def commands_by_page() -> dict[Path, list[Documented]]:
    """What is run of each page: its shell blocks, and what its text names first and no block has."""
    pages = {page: commands_to_run(page) for page in pages_with_commands()}
    seen = {one.spelled for commands in pages.values() for one in commands if one.is_block}
    found: dict[Path, list[Documented]] = {}
    for page, commands in pages.items():
        for documented in commands:
            if documented.spelled in seen and not documented.is_block:
                continue
            seen.add(documented.spelled)
            found.setdefault(page, []).append(documented)
    return found


def commands_to_run(page: Path) -> list[Documented]:
    """The commands of a page that are not listed as not run."""
    commands = documented_commands((ROOT / page).read_text(encoding="utf-8"))
    return [one for one in commands if not {(None, one.spelled), (page.as_posix(), one.spelled)} & NOT_RUN.keys()]


def clone(target: Path) -> Project:
    """A copy of the project as a fresh clone is, with the shipped settings."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    with_shipped_settings(target)
    (target / "target").mkdir()
    return Project(target)


def give_what_it_leaves(documented: Documented, project: Project, page: Path, shared: Path, manual: Path) -> bool:
    """Whether another test or page runs a command, and here the page goes on with what that leaves."""
    if documented.spelled == "make share" and page != BEFORE_THE_BUILD:
        shutil.copy(shared, project.shared)
        return True
    if documented.spelled == "make docs":
        shutil.copytree(manual, project.root / MANUAL)
        return True
    if documented.spelled == f"make remove REPORT={EXPORTER}":
        # test_remove.py builds what is left. Here `make build AGAIN=1` is next.
        with connect(project.warehouse) as connection:
            remove(connection, find_report(connection, EXPORTER, project.published))
        return True
    return False


def run(documented: Documented, project: Project, page: Path) -> str:
    """Run a command as from a terminal, and not as from the make that runs this test; what it printed."""
    # Other builds of the sample test its data: as it is (sample_project), and after a removal (test_remove.py).
    unproven = WITHOUT_TESTS if documented.spelled.startswith("make ") else {}
    result = project.run("sh", "-c", documented.spelled, MAKEFLAGS="", COLUMNS="120", **unproven)
    what = f"{page}: {documented.command}\n{result.stdout}{result.stderr}"
    assert result.returncode == 0, what
    assert documented.output is None or fits(result.stdout, documented.output), what
    return result.stdout


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("sh")), reason="The pages give commands for make and sh."
)
@pytest.mark.parametrize("page", commands_by_page(), ids=str)
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, sample_project: Project, shared_sample: Path, sample_with_manual: Project, tmp_path: Path
) -> None:
    project = clone(tmp_path / "clone")
    # `make build` leaves this of dbt and no manifest; for the README it saves dbt the time to parse.
    shutil.copy(sample_project.as_built / "partial_parse.msgpack", project.root / "target")
    built, manual = sample_project.root / "warehouse", sample_with_manual.root / MANUAL
    if page == BEFORE_THE_BUILD:
        project.warehouse.parent.mkdir(exist_ok=True)
        project.take_over(sample_project)
        shutil.copy(built / "meeting_salt", project.warehouse.parent)
    else:
        shutil.copytree(built, project.root / "warehouse", dirs_exist_ok=True, ignore=OF_ANOTHER_SALT)

    printed = {}
    with warm_environment(project.root / ".venv", (ROOT / ".venv").resolve()):
        for documented in commands_by_page()[page]:
            if not give_what_it_leaves(documented, project, page, shared_sample, manual):
                printed[documented.spelled] = run(documented, project, page)
    if page == BEFORE_THE_BUILD:
        promised = set(re.findall(r"warehouse/[\w/]+\.\w+", (ROOT / page).read_text(encoding="utf-8")))
        assert {name for name in promised if not (project.root / name).exists()} == set()
        assert len(promised) >= 3
        again = printed["make build"]
        assert again.lstrip().startswith("nothing new in 5 files, such as ") and again.count("nothing new in") == 1
        assert "Nothing is new since" not in again, "the project has moved"
        assert marts(project) == marts(sample_project)


def test_what_is_not_run_is_in_a_page_and_what_proves_it_exists() -> None:
    documented = {
        key
        for page in pages_with_commands()
        for found in documented_commands((ROOT / page).read_text(encoding="utf-8"))
        for key in ((None, found.spelled), (page.as_posix(), found.spelled))
    }
    assert set(NOT_RUN) - documented == set()
    for entry in LISTED["not_run"]:
        assert entry["reason"]
        path, _, name = entry.get("proof", "").partition("::")
        assert not path or name in (ROOT / path).read_text(encoding="utf-8"), entry["proof"]


def test_every_command_of_make_is_one_that_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in pages_with_commands():
        for found in documented_commands((ROOT / page).read_text(encoding="utf-8")):
            words = [word for word in found.spelled.split() if "=" not in word]
            if words[0] == "make" and len(words) > 1:
                is_there = re.search(rf"(^|\s){re.escape(words[1])}(:|\s)", makefile)
                assert is_there, f"{found.command} in {page}"


def test_every_setting_of_a_command_is_one_that_it_takes() -> None:
    """Of those too that do not run here."""
    for page in pages_with_commands():
        for found in documented_commands((ROOT / page).read_text(encoding="utf-8")):
            words = shlex.split(found.spelled)
            names = [word for word in words if "=" not in word]
            if names[0] == "make" and len(names) > 1 and names[1] in start.COMMANDS:
                settings = {word.partition("=")[0] for word in words if "=" in word}
                known = {*start.COMMON, *start.COMMANDS[names[1]].settings}
                assert settings - known == set(), f"{found.command} in {page}"


def test_commands_are_found_in_blocks_and_in_the_text() -> None:
    page = """
Run `make build` or
`python3 start.py build`; see `tests/test_x.py` and `make`.

```sh
make show SESSION=keynote   # one session
.venv/bin/python -c "
print(1)
"
```

```sql
select 1
```

```console
$ make export
```

```text
Written: …
```

Then `make metrics
METRICS=attendees`.
"""
    assert list(documented_commands(page)) == [
        Documented("make build"),
        Documented("python3 start.py build"),
        Documented("make show SESSION=keynote", is_block=True),
        Documented('.venv/bin/python -c "\nprint(1)\n"', is_block=True),
        Documented("make export", "Written: …\n", is_block=True),
        Documented("make metrics METRICS=attendees"),
    ]
    assert Documented("python3 start.py build").spelled == Documented("py start.py build").spelled == "make build"


@pytest.mark.parametrize(
    ("output", "promised", "it_fits"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a   \nb\n", "a\nb\n", True),
        ("a\nb\n", "a\n", False),
        ("took 12 s\n", "took … s\n", True),
        ("took 12 min\n", "took … s\n", False),
        ("a\n1\n2\nb\n", "a\n…\nb\n", True),
        ("a\nb\n", "a\n…\nb\n", True),
        ("a\n1\n2\nc\n", "a\n…\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_an_ellipsis_stands_for_what_changes(output: str, promised: str, it_fits: bool) -> None:
    assert fits(output, promised) is it_fits
