"""The set of mutants is whole; the runner distinguishes killed, survived and broken. `make mutants` tries them all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import run_mutants
from conftest import ROOT
from declarations import our_models
from run_mutants import Mutant, Outcome, Selection, batches, page, read_mutants, run, try_batch, try_mutant

MUTANTS = read_mutants()
NAMES = [mutant.name for mutant in MUTANTS]
FOLDERS = {path.parent.relative_to(ROOT).as_posix() for path in our_models(".sql")}


def test_there_are_enough_and_no_two_of_a_name() -> None:
    assert len(MUTANTS) >= 60
    assert [name for name, count in Counter(NAMES).items() if count > 1] == []


@pytest.mark.parametrize("folder", sorted(FOLDERS | {"scripts", "macros", "seeds", "tests/generic"}))
def test_each_part_of_the_project_has_one(folder: str) -> None:
    assert [mutant.name for mutant in MUTANTS if Path(mutant.file).parent.as_posix() == folder]


def test_what_is_replaced_stands_there_once() -> None:
    texts = {mutant.file: (ROOT / mutant.file).read_text() for mutant in MUTANTS}
    assert [mutant.name for mutant in MUTANTS if texts[mutant.file].count(mutant.old) != 1] == []
    assert [mutant.name for mutant in MUTANTS if mutant.old == mutant.new] == []


def test_the_tests_of_a_mutant_exist() -> None:
    models = {path.stem: path.read_text() for path in our_models(".yml")}
    for mutant in MUTANTS:
        assert bool(mutant.tests.unit) != bool(mutant.tests.pytest), mutant.name
        for model in mutant.tests.unit:
            assert f"    model: {model}\n" in models[model], mutant.name
        for test in mutant.tests.pytest:
            file, _, name = test.partition("[")[0].partition("::")
            assert re.search(rf"^def {name or 'test_'}", (ROOT / file).read_text(), flags=re.MULTILINE), mutant.name


def test_the_page_tells_of_each() -> None:
    shown = re.findall(
        r"^\| (\w+) \| `(.+?)` \| (.+?) \| `", (ROOT / "docs" / "reference" / "mutants.md").read_text(), re.MULTILINE
    )
    assert shown == [(mutant.name, mutant.file, mutant.kind) for mutant in MUTANTS]


CODE = "def larger(a, b):\n    return a if a > b else b\n"
TESTS = """
import pytest
from code_of_ours import larger

@pytest.fixture
def two():
    return larger(1, 2)

@pytest.mark.parametrize("a", [5], ids=["five - with a dash"])
def test_larger(a):
    assert larger(a, 4) == 5

def test_two(two):
    assert two == 2
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project of one function."""
    (tmp_path / "code_of_ours.py").write_text(CODE)
    (tmp_path / "test_code.py").write_text(TESTS)
    (tmp_path / "conftest.py").touch()
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("a > b", "a < b", Outcome("killed", ("test_code.py::test_larger[five - with a dash]",))),
        ("a > b", "a >= b", Outcome("survived")),
        ("a > b", "a >", Outcome("broken")),
        ("a if a > b", "a if a > b or 1 / (a - 1)", Outcome("broken")),
        ("def larger", "def large", Outcome("broken")),
    ],
    ids=["a test fails", "no test fails", "no Python", "a fixture fails", "nothing to import"],
)
def test_the_runner_tells_killed_from_survived_and_broken(small: Path, old: str, new: str, outcome: Outcome) -> None:
    mutant = Mutant("of_ours", "code_of_ours.py", "any", old, new, Selection(pytest=("test_code.py",)))
    found = try_mutant(small, mutant)
    assert (found.state, found.killed_by) == (outcome.state, outcome.killed_by)
    assert bool(found.reason) == (outcome.state == "broken")
    assert (small / "code_of_ours.py").read_text() == CODE
    assert not list(small.rglob("__pycache__"))


@pytest.mark.parametrize(("old", "times"), [("a", 4), ("c > b", 0)])
def test_a_mutant_that_does_not_stand_there_once_is_not_tried(small: Path, old: str, times: int) -> None:
    with pytest.raises(ValueError, match=rf"`old` stands {times} times in code_of_ours\.py, not once"):
        try_mutant(small, Mutant("of_ours", "code_of_ours.py", "any", old, "x", Selection(pytest=("test_code.py",))))
    assert (small / "code_of_ours.py").read_text() == CODE


@pytest.mark.slow
def test_tests_that_are_not_there_are_broken(small: Path) -> None:
    assert run(small, Selection(pytest=("test_code.py::test_none",))).state == "broken"


def of_model(name: str, file: str, *models: str) -> Mutant:
    return Mutant(name, file, "any", "a", "b", Selection(unit=models))


def test_only_mutants_of_different_models_are_tried_together() -> None:
    first, again = of_model("m1", "models/one.sql", "one"), of_model("m2", "models/one.sql", "one")
    other, macro = of_model("m3", "models/two.sql", "two"), of_model("m4", "macros/one_or_two.sql", "one")
    both = of_model("m5", "models/one.sql", "one", "two")
    python = Mutant("m6", "scripts/one.py", "any", "a", "b", Selection(pytest=("tests/test_one.py",)))
    assert batches([first, again, other, macro, both, python]) == [[python], [first, other], [again], [macro], [both]]
    assert sorted(mutant.name for batch in batches(MUTANTS) for mutant in batch) == sorted(NAMES)


def test_each_of_a_batch_has_an_outcome_of_its_own(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "models").mkdir()
    mutants = [of_model(f"m{number}", f"models/{name}.sql", name) for number, name in enumerate(("one", "two"))]
    for name in ("one", "two"):
        (small / "models" / f"{name}.sql").write_text("a")
    seen: list[tuple[str, ...]] = []
    hidden = False

    def dbt(root: Path, models: Iterable[str]) -> dict[str, Outcome]:
        text = {name: (root / "models" / f"{name}.sql").read_text() for name in models}
        seen.append(tuple(text.values()))
        if hidden and len(text) > 1:
            return dict.fromkeys(text, Outcome("broken", reason="it does not compile"))
        return {name: Outcome("killed", (name,)) if name == "one" else Outcome("survived") for name in text}

    monkeypatch.setattr(run_mutants, "run_unit_tests", dbt)
    expected = [Outcome("killed", ("one",)), Outcome("survived")]
    assert try_batch(small, mutants) == expected
    hidden = True
    assert try_batch(small, mutants) == expected
    assert seen == [("b", "b"), ("b", "b"), ("b",), ("b",)]
    assert (small / "models" / "one.sql").read_text() == "a"


def test_the_page_counts_by_place_and_tells_what_was_not_killed() -> None:
    files = (
        "scripts/share.py",
        "models/marts/core/dim_users.sql",
        "models/marts/core/dim_dates.sql",
        "dbt_project.yml",
    )
    mutants = [Mutant(f"m{number}", file, "any", "a", "b", Selection()) for number, file in enumerate(files)]
    outcomes = [
        Outcome("killed", ("a.py::b[c|d]", "e")),
        Outcome("survived"),
        Outcome("killed", ("f",)),
        Outcome("broken"),
    ]
    text = page(dict(zip(mutants, outcomes, strict=True)))
    assert "**4 mutants: 2 killed, 1 survived, 1 broken.**" in text
    for line in (
        "| `models/marts/core` | 2 | 1 |",
        "| `scripts` | 1 | 1 |",
        "| `dbt_project.yml` | 1 | 0 |",
        "| m0 | `scripts/share.py` | any | `a.py::b[c\\|d]`, `e` |",
        "| m1 | `models/marts/core/dim_users.sql` | any | **survived** |",
        "| m3 | `dbt_project.yml` | any | **broken** |",
    ):
        assert line in text.splitlines(), line
