"""Call macros of the project without dbt, which takes seconds to start."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jinja2

MACRO = re.compile(r"{%-?\s*macro (\w+)\(.*?{%-?\s*endmacro\s*-?%}", re.DOTALL)


class _Returned(Exception):
    def __init__(self, value: object) -> None:
        self.value = value


def _return(value: object) -> None:
    raise _Returned(value)


def with_macros(texts: list[str], **given: object) -> jinja2.Environment:
    """What can render SQL with the macros of some files, as dbt would: they find each other, and return any value.

    Args:
        texts: the files.
        given: what dbt gives, by name.
    """
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    environment.globals.update({"return": _return, **given})
    for text in texts:
        for found in MACRO.finditer(text):
            environment.globals.setdefault(found[1], _called(environment, found[1], found[0]))
    return environment


def _called(environment: jinja2.Environment, name: str, text: str) -> Callable[..., object]:
    templates: list[Any] = []

    def call(*values: object, **named: object) -> object:
        if not templates:
            templates.append(environment.from_string(text).module)
        try:
            return getattr(templates[0], name)(*values, **named)
        except _Returned as returned:
            return returned.value

    return call
