"""The rules of the files of seeds/site/, from the YAML beside them, which dbt tests by as well."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from naming.seed_csv import SeedError, read_seed_csv
from warehouse.database import time_zones
from warehouse.macros import with_macros
from warehouse.settings import read_yaml

SITE_SEEDS = Path("seeds") / "site"
GENERIC_TESTS = Path("tests") / "generic"

REFERENCE = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
# An expectation that lists the values of a column, which may be blank.
LISTED = re.compile(r"\s*(?:(\w+) is null or )?(\w+) in \(\s*('(?:[^']|'')*'(?:\s*,\s*'(?:[^']|'')*')*)\s*\)\s*")
TEXT = re.compile(r"'((?:[^']|'')*)'")


ABOUT_A_TEST = ("name", "description", "config")


class LeftToDbt(Exception):
    """A rule asks for something that only dbt has, such as a model."""


@dataclass(frozen=True)
class Column:
    """The rules of a column.

    Attributes:
        name: its name.
        type: its type in dbt, such as string or timestamp.
        accepted: the values that it may hold; none for any.
        default: what a blank field means.
        is_optional: whether the column may be missing.
        description: what the YAML says of it.
        never_in: the column of the same file that may not hold any of its values for the same site; blank for none.
        required: the values that some line must have.
    """

    name: str
    type: str
    accepted: tuple[str, ...] = ()
    default: str = ""
    is_optional: bool = False
    description: str = ""
    never_in: str = ""
    required: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """Its name without underscores."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class RowTest:
    """A test of dbt for the rows of a file: the query finds those that break it.

    Attributes:
        name: the rule, as in the YAML.
        kind: `expectation` or `test`, whose query finds lines; `unique` and `not_null`, of the columns alone.
        columns: the columns, or the expressions, that it is about.
        sql: a condition for an expectation, a query for a test.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    sql: str = ""

    @property
    def in_words(self) -> str:
        """The rule without underscores."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Rules:
    """The rules of a file; `left_to_dbt` names the tests that need more than the file."""

    columns: tuple[Column, ...]
    tests: tuple[RowTest, ...] = ()
    left_to_dbt: tuple[str, ...] = ()


def read_rules(root: Path) -> dict[str, Rules]:
    """The rules of every file of seeds/site/."""
    jinja = _Jinja(root)
    return {
        seed["name"]: _rules(seed, root, jinja)
        for path in sorted((root / SITE_SEEDS).glob("*.yml"))
        for seed in (read_yaml(path.read_bytes()) or {}).get("seeds", ())
    }


def _rules(seed: Mapping[str, Any], root: Path, jinja: _Jinja) -> Rules:
    described = {column["name"]: column for column in seed.get("columns", ())}
    types = seed.get("config", {}).get("column_types") or dict.fromkeys(described, "string")
    found = _Found(jinja)
    accepted: dict[str, tuple[str, ...]] = {}
    for name, column in described.items():
        for test in column.get("data_tests", ()):
            kind, arguments = _named(test)
            if kind == "relationships":
                accepted[name] = _values_of(root, arguments["to"], arguments["field"])
            elif kind == "accepted_values":
                accepted[name] = tuple(map(str, arguments["values"]))
            elif kind in ("unique", "not_null"):
                found.tests.append(RowTest(f"{name} is {kind.replace('_', ' ')}", kind, (name,)))
            else:
                found.add(kind, {**arguments, "column_name": name})
    for test in seed.get("data_tests", ()):
        found.add(*_named(test))
    # Such a list knows the nearest value as well.
    for test in list(found.tests):
        listed = LISTED.fullmatch(test.sql) if test.kind == "expectation" else None
        if listed and listed[1] in (None, listed[2]) and listed[2] in types:
            accepted[listed[2]] = tuple(value.replace("''", "'") for value in TEXT.findall(listed[3]))
    columns = tuple(
        _column(name, kind, described.get(name, {}), accepted.get(name, ())) for name, kind in types.items()
    )
    return Rules(columns, tuple(found.tests), tuple(found.left_to_dbt))


def _column(name: str, kind: str, described: Mapping[str, Any], accepted: Sequence[str]) -> Column:
    meta = described.get("config", {}).get("meta", {})
    accepted = tuple(map(str, meta.get("accepted_values", accepted)))
    description = " ".join(str(described.get("description", "")).split())
    default, never_in = str(meta.get("default", "")), str(meta.get("never_in", ""))
    required = accepted if meta.get("required") == "all accepted values" else tuple(meta.get("required", ()))
    return Column(name, kind.lower(), accepted, default, bool(meta.get("optional")), description, never_in, required)


def _named(test: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name of a test of the YAML, and its arguments; a test that only warns has no name."""
    if isinstance(test, str):
        return test, {}
    [(name, said)] = ((key, value or {}) for key, value in test.items() if key not in ABOUT_A_TEST)
    settings = {**test.get("config", {}), **said.get("config", {})}
    # Older YAML has the arguments beside the settings.
    arguments = said.get("arguments") or {key: value for key, value in said.items() if key not in ABOUT_A_TEST}
    if "where" in settings:
        name = f"{name} where"  # Only dbt tests some of the rows.
    return ("" if settings.get("severity") == "warn" else name), arguments


def _values_of(root: Path, to: str, name: str) -> tuple[str, ...]:
    """The values of a column of another seed; none where it is not one, or cannot be read."""
    found = REFERENCE.search(to)
    path = next((root / "seeds").rglob(f"{found[1]}.csv"), None) if found else None
    if path is None:
        return ()
    try:
        seed = read_seed_csv(path)
    except SeedError:
        return ()
    values = (seed.values(line).get(name, "") for line in seed.lines)
    return tuple(value for value in values if value)


@dataclass
class _Found:
    """The tests of a file, and those that need more than the file."""

    jinja: _Jinja
    tests: list[RowTest] = field(default_factory=list)
    left_to_dbt: list[str] = field(default_factory=list)

    def add(self, kind: str, arguments: Mapping[str, Any]) -> None:
        """Add a test of the YAML."""
        if not kind:
            return
        try:
            self.tests.extend(self.of(kind, arguments))
        except (LeftToDbt, jinja2.TemplateError, TypeError):
            self.left_to_dbt.append(kind)

    def of(self, kind: str, arguments: Mapping[str, Any]) -> list[RowTest]:
        """The rules that a test holds."""
        if kind != "row_checks":
            # Its name and the columns say what it is about; its query finds the rows.
            columns = arguments.get("columns", ())
            return [RowTest(kind, "test", tuple(columns), self.jinja.test(kind, arguments))]
        grain = tuple(self.jinja.text(column) for column in arguments.get("grain", ()))
        rows = [RowTest(name, "expectation", (), self.jinja.text(sql))
                for name, sql in arguments.get("expectations", {}).items()]  # fmt: skip
        if grain:
            rows += [RowTest("grain", "unique", grain), *(RowTest("grain", "not_null", (one,)) for one in grain)]
        return rows


def _only_dbt(*_: object, **__: object) -> str:
    raise LeftToDbt


def _config(**settings: object) -> str:
    """What a generic test says of itself: one that only warns refuses nothing."""
    if settings.get("severity") == "warn":
        raise LeftToDbt
    return ""


class _Jinja:
    """What the YAML and the generic tests may call, as dbt gives it: their own macros and the names of time zones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        texts = [path.read_text(encoding="utf-8") for path in sorted((root / "macros").glob("*.sql"))]
        modules = {"pytz": {"all_timezones": time_zones()}}
        self.environment = with_macros(
            texts, config=_config, execute=False, ref=_only_dbt, source=_only_dbt, modules=modules
        )

    def text(self, text: str) -> str:
        """A text of the YAML."""
        return self.environment.from_string(text).render() if "{" in text else text

    def test(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The query of a generic test of tests/generic.

        Raises:
            LeftToDbt: it is none of ours, or reads a model.
        """
        path = self.root / GENERIC_TESTS / f"{name}.sql"
        if not path.exists():
            raise LeftToDbt
        source = path.read_text(encoding="utf-8")
        source = source.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
        return str(getattr(self.environment.from_string(source).module, name)("seed", **arguments))
