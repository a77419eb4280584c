"""How dbt is started."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from building.dbt import end_if_interrupted, left_over_models, options_of_build, why_not_built
from warehouse.database import connect
from warehouse.paths import PROJECT_ROOT
from warehouse.visible import SafeConsole


@pytest.mark.parametrize(
    ("memory_limit", "is_large", "options"),
    [
        pytest.param("", True, [], id="as usual"),
        pytest.param("2GB", True, [], id="the least for two at once"),
        pytest.param("12GB", True, [], id="more"),
        pytest.param("1900MB", True, ["--threads", "1"], id="too little for two of many records"),
        pytest.param("1GB", True, ["--threads", "1"], id="much too little for two"),
        pytest.param("1GB", False, [], id="few records need little"),
    ],
)
def test_models_are_built_one_after_the_other_where_the_memory_is_small(
    memory_limit: str, is_large: bool, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_LIMIT", memory_limit)
    with connect(tmp_path / "activity.duckdb") as connection:
        assert options_of_build(connection, is_large=is_large) == options


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("IO Error: No space left on device", "the disk is full. Fix: free some space, and give"),
        ("Out of Memory Error: could not allocate", "the memory is used up. Fix: MEMORY_LIMIT=… with more"),
        ('IO Error: Cannot open file "x": Permission denied', "your user may not do that (Permission denied). Fix: "),
        ("[Errno 13] Permission denied: '/x/logs/dbt.log'", "/x/logs/dbt.log: your user may not do that (Permission"),
        ("Got 3 results, configured to fail if != 0", "see the failures above, and logs/dbt.log for all of it."),
    ],
)
def test_why_dbt_failed_is_said_in_words(message: str, said: str, tmp_path: Path) -> None:
    node = SimpleNamespace(status="error", message=message, node=SimpleNamespace(unique_id="model.m"))
    result = SimpleNamespace(exception=None, result=SimpleNamespace(results=[node]))
    assert why_not_built(result, tmp_path).startswith(said)  # type: ignore[arg-type]


def test_a_ctrl_c_during_dbt_ends_the_command_and_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    console = SafeConsole()
    end_if_interrupted(SimpleNamespace(exception=ValueError()), console)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        end_if_interrupted(SimpleNamespace(exception=KeyboardInterrupt()), console)  # type: ignore[arg-type]
    assert capsys.readouterr().out == "Interrupted: nothing was published. Fix: make build, which builds all of it.\n"


def test_a_model_that_an_older_version_left_behind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This version was unpacked over it, and what it depends on is gone."""
    texts = {"marts/_marts.yml": "models:\n  - name: fct_new\n", "marts/fct_new.sql": "", "marts/fct_old.sql": ""}
    for name, text in texts.items() | {("site/mine.sql", "")}:
        path = tmp_path / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("building.dbt.PROJECT_ROOT", tmp_path)
    result = SimpleNamespace(exception=None, result=None)
    said = why_not_built(result, tmp_path)  # type: ignore[arg-type]
    assert "No YAML file names models/marts/fct_old.sql, most likely because" in said and "Fix: delete" in said
    (tmp_path / "models/marts/fct_old.sql").unlink()
    assert "YAML" not in why_not_built(result, tmp_path)  # type: ignore[arg-type]


def test_each_model_of_this_version_is_named_in_yaml() -> None:
    assert left_over_models(PROJECT_ROOT) == []
