"""The code of templates that the last build left is used, and only where it is that of the same text."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from building import compiled_templates as kept


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that Jinja itself compiles."""
    sources: list[str] = []
    plain = Environment.compile

    def note(self: Environment, source: Any, *place: Any, **options: Any) -> Any:
        sources.append(source)
        return plain(self, source, *place, **options)

    monkeypatch.setattr(Environment, "compile", note)
    return sources


def build(path: Path, *sources: str) -> list[str]:
    """What templates say in one build."""
    with kept.compiled_templates(path):
        return [Environment().from_string(source).render(mart="fct_sessions") for source in sources]


def test_a_build_compiles_what_the_one_before_did_not_use(tmp_path: Path, compiled: list[str]) -> None:
    path = tmp_path / "templates"
    assert build(path, "a {{ mart }}", "b {{ mart }}") == ["a fct_sessions", "b fct_sessions"]
    said = build(path, "b {{ mart }}", "c {{ mart }}", "b {{ mart }}")
    assert said == ["b fct_sessions", "c fct_sessions", "b fct_sessions"]
    assert compiled == ["a {{ mart }}", "b {{ mart }}", "c {{ mart }}"]
    build(path, "a {{ mart }}")
    assert compiled[3:] == ["a {{ mart }}"]


def test_environments_with_other_signs_share_nothing(tmp_path: Path) -> None:
    class Loud(Environment):
        """A template in capitals."""

        def _generate(self, *arguments: Any, **options: Any) -> str:
            return super()._generate(*arguments, **options).replace("'loud'", "'LOUD'")

    path = tmp_path / "templates"
    for _ in range(2):
        with kept.compiled_templates(path):
            assert [kind().from_string("loud").render() for kind in (Environment, Loud)] == ["loud", "LOUD"]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other versions"])
def test_a_file_that_is_not_whole_or_of_other_versions_is_made_anew(
    damage: str, tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "templates"
    build(path, "a {{ mart }}")
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-10])
    elif damage == "changed":
        path.write_bytes(content.replace(b"a ", b"z "))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        monkeypatch.setattr(kept, "MADE_BY", "jinja2 9")
    for _ in range(2):
        assert build(path, "a {{ mart }}") == ["a fct_sessions"]
    assert compiled == ["a {{ mart }}"] * 2


def test_a_build_that_can_keep_nothing_goes_on(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        assert build(tmp_path / "file" / "templates", "a {{ mart }}") == ["a fct_sessions"]
    assert compiled == ["a {{ mart }}"] * 2
    assert Environment.compile.__name__ == "note"
