"""The linters find what they should, and what they find does not depend on a warehouse or on the user's environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from checking import linters
from checking.linters import LINTERS, Linter, environment_of
from conftest import ROOT, Project, copy_project

pytestmark = pytest.mark.slow

# In two parts, so that the linter does not find it here.
MISSPELT = "attend" + "ence"
PASSES = Linter("passes", (sys.executable, "-IS", "-c", "print('quiet')"))
FAILS = Linter("fails", (sys.executable, "-c", "print('line 7 is wrong'); raise SystemExit(3)"), needs_dbt=True)


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The linters with a folder of their own, so that the project's stays as it is."""
    monkeypatch.setattr(linters, "LINTED", tmp_path)
    monkeypatch.setattr(linters, "EMPTY_WAREHOUSE", tmp_path / "empty.duckdb")
    return tmp_path


def test_what_a_linter_finds_is_shown_and_its_name_said(
    in_a_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(linters, "LINTERS", (FAILS, PASSES))

    assert linters.run() == 1

    said = capsys.readouterr().out
    assert "line 7 is wrong" in said
    assert "passes: ok" in said
    assert "Not clean: fails. Fix: make format" in said
    assert "quiet" not in said


def test_those_without_dbt_can_run_alone(
    in_a_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(linters, "LINTERS", (FAILS, PASSES))

    assert linters.run(needs_dbt=False) == 0
    assert linters.run(needs_dbt=True) == 1
    assert capsys.readouterr().out.count("passes: ok") == 1


def test_the_warehouse_of_the_linters_is_emptied_first(in_a_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("empty.duckdb", "empty.duckdb.marts", "empty.duckdb.wal", "partial_parse.msgpack"):
        (in_a_folder / name).touch()
    monkeypatch.setattr(linters, "LINTERS", (FAILS,))

    linters.run()

    assert {path.name for path in in_a_folder.iterdir()} == {"partial_parse.msgpack", linters.CLEAN}


def test_a_linter_is_left_out_until_what_it_reads_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = "import pathlib; found = [path.read_text() for path in pathlib.Path().rglob('*.md')]; print(found);"
    reads = Linter(
        "reads", (sys.executable, "-IS", "-c", f"{looks} raise SystemExit('wrong' in found)"), reads=(".md",)
    )
    monkeypatch.setattr(linters, "ROOT", tmp_path)
    monkeypatch.setattr(linters, "LINTED", tmp_path / "target" / "lint")
    monkeypatch.setattr(linters, "LINTERS", (reads, PASSES))

    def says(*changed: str) -> str:
        for name in changed:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("wrong" if name.startswith("wrong") else f"{path.read_text() if path.exists() else ''}.")
        code = linters.run()
        said = capsys.readouterr().out
        assert ("reads: ok" not in said) is bool(code)
        assert "passes: ok\n" in said
        return "unchanged" if "reads: ok (unchanged)" in said else "clean" if code == 0 else "not clean"

    assert says("page.md") == "clean"
    assert says() == "unchanged"
    assert says("read.py", "target/made.md", ".venv/of_another.md", ".pytest_cache/README.md") == "unchanged"
    for name in (
        "page.md",
        "docs/new.md",
        "docs/target/deep.md",
        "pyproject.toml",
        ".yamllint",
        "requirements-dev.lock",
    ):
        assert (says(name), says()) == ("clean", "unchanged"), name
    assert [says("wrong.md"), says(), says()] == ["not clean"] * 3
    (tmp_path / "wrong.md").unlink()
    assert says() == "unchanged"
    (tmp_path / "docs" / "new.md").rename(tmp_path / "docs" / "renamed.md")
    assert says() == "clean"
    (tmp_path / "target" / "lint" / linters.CLEAN).write_text("{ half a")
    assert says() == "clean"
    monkeypatch.setattr(linters, "LINTERS", (replace(reads, argv=(*reads.argv, "--strict")), PASSES))
    assert says() == "clean"


def test_nothing_of_the_users_environment_chooses_a_warehouse_or_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    [of_dbt] = [linter for linter in LINTERS if linter.needs_dbt]
    for name in ("DBT_TARGET", "DBT_ENGINE_TARGET", "DBT_TARGET_PATH", "DBT_PROFILES_DIR", "SQLFLUFF_X", "MYPYPATH"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("WAREHOUSE_PATH", "warehouse/activity.duckdb")

    environment = environment_of(of_dbt)

    assert "elsewhere" not in environment.values()
    assert environment["WAREHOUSE_PATH"] == str(ROOT / "target" / "lint" / "empty.duckdb")
    assert environment["DBT_ENGINE_TARGET_PATH"] == str(ROOT / "target" / "lint")


def test_deptry_finds_a_package_that_is_not_declared(tmp_path: Path) -> None:
    [of_scripts] = [linter for linter in LINTERS if linter.name == "deptry (scripts)"]
    for name in ("pyproject.toml", *(path.name for path in ROOT.glob("requirements*.in"))):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scripts" / "added.py").write_text("import hypothesis\nimport sqlglot\n")
    found = subprocess.run(
        of_scripts.argv,
        cwd=tmp_path,
        env=environment_of(of_scripts),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "DEP004 'hypothesis' imported but declared as a dev dependency" in found.stdout
    # In no other file it finds anything.
    assert {line.partition(":")[0] for line in found.stdout.splitlines() if " DEP" in line} == {"scripts/added.py"}
    assert "'sqlglot'" in found.stdout


def test_models_are_clean_in_the_form_that_they_have_once_they_are_built(
    sample_project: Project, tmp_path: Path
) -> None:
    project = copy_project(tmp_path)
    project.take_over(sample_project)
    shutil.copy(ROOT / ".sqlfluff", project.root)
    model = "models/staging/base/base_juno__events.sql"

    # Where sqlfluff does not see the table, it would lint the first form again.
    compiled = project.dbt("compile", "--quiet", "--select", "base_juno__events")
    assert "earlier.event_id" in compiled.stdout, compiled.stdout + compiled.stderr

    result = project.sqlfluff("lint", "--disable-progress-bar", model)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pymarkdown", "# One\n\n### Three\n", "MD001"),
        ("pymarkdown", f"# One\n\n{'long ' * 40}\n", "MD013"),
        ("pymarkdown", "# One\n\n[two](#two)\n", "MD051"),
        ("codespell", f"# One\n\nThe {MISSPELT} of a session.\n", MISSPELT),
    ],
)
def test_what_is_wrong_in_a_page_is_found(name: str, text: str, found: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "page.md").write_text(text)
    [linter] = [linter for linter in LINTERS if linter.name == name]
    argv = (*linter.argv[:4], "page.md") if name == "pymarkdown" else linter.argv
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert found in done.stdout


def test_each_rule_of_layout_looks_at_each_file(tmp_path: Path) -> None:
    """The four rules that share what sqlfluff takes apart of a file (SQLFLUFF_CODE)."""
    shutil.copy(ROOT / ".sqlfluff", tmp_path)
    name = "a" * 130
    faults = {
        "spacing.sql": ("LT01", "select 1  as one\n"),
        "indent.sql": ("LT02", "select\n  1 as one,\n    2 as two\n"),
        "length.sql": ("LT05", f"select 1 as {name}\n"),
        "keyword.sql": ("LT14", "select one from words\nwhere one = 1 group by one\n"),
    }
    for file, (_, sql) in faults.items():
        (tmp_path / file).write_text(sql)
    [linter] = [linter for linter in LINTERS if linter.name == "sqlfluff (page)"]

    argv = (*linter.argv[:-1], "--format", "json", ".")
    done = subprocess.run(argv, cwd=tmp_path, env=environment_of(linter), capture_output=True, text=True, check=False)

    found = {
        Path(result["filepath"]).name: {violation["code"] for violation in result["violations"]}
        for result in json.loads(done.stdout)
    }
    for file, (rule, _) in faults.items():
        assert found[file] & {"LT01", "LT02", "LT05", "LT14"} == {rule}, (file, found[file])
