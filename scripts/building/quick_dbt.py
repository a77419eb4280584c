"""What dbt does without: a third of the processor time of a build of the sample.

It changes how dbt 1.11 works, and not what it builds. Another version stays as it is.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from importlib.metadata import version
from types import CodeType
from typing import Any

MARK = "is_quick"


def make_dbt_quick(heard: Collection[str] = ()) -> None:
    """Leave out what takes dbt long and is no part of a build. dbt must be imported.

    Args:
        heard: the names of events for debugging that the caller listens to. DBT_LOG_LEVEL_FILE=debug keeps them all.
    """
    if not version("dbt-core").startswith("1.11."):
        return
    if os.environ.get("DBT_LOG_LEVEL_FILE") != "debug":
        with suppress(AttributeError, ImportError):
            _without_debug_events(heard)
    with suppress(AttributeError, ImportError):
        _with_one_empty_table()
    with suppress(AttributeError, ImportError):
        _with_macros_listed_at_once()
    with suppress(AttributeError, ImportError):
        _with_macros_found_at_once()
    with suppress(AttributeError, ImportError):
        _with_plain_graph()


def _without_debug_events(heard: Collection[str]) -> None:
    """Leave out the events that dbt writes into logs/dbt.log alone."""
    events = importlib.import_module("dbt_common.events.base_types")
    manager = importlib.import_module("dbt_common.events.event_manager").EventManager
    event, debug = events.BaseEvent, events.EventLevel.DEBUG
    manager.heard_events = frozenset(heard)
    if getattr(manager, MARK, False):
        return
    write_message, fire = event.__init__, manager.fire_event

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_given"] = (args, kwargs)

    def get(self: Any, key: str) -> Any:
        """An event is written as a message once somebody asks for it."""
        if key == "pb_msg" and "_given" in self.__dict__:
            args, kwargs = self.__dict__.pop("_given")
            write_message(self, *args, **kwargs)
            return self.__dict__["pb_msg"]
        if key in ("pb_msg", "_given"):
            raise AttributeError(key)
        return getattr(self.pb_msg, key)

    def put(self: Any, key: str, value: Any) -> None:
        if key == "pb_msg":
            self.__dict__[key] = value
        else:
            setattr(self.pb_msg, key, value)

    def fire_unless_debug(self: Any, e: Any, level: Any = None, *more: Any, **named: Any) -> None:
        if (level or e.level_tag()) != debug or type(e).__name__ in self.heard_events:
            fire(self, e, level, *more, **named)

    event.__init__, event.__getattr__, event.__setattr__ = init, get, put
    manager.fire_event = fire_unless_debug
    setattr(manager, MARK, True)


def _with_one_empty_table() -> None:
    """Make the empty answer of a statement once: agate prepares to read dates for each, a twentieth of a build."""
    answers: Any = importlib.import_module("dbt_common.clients.agate_helper")
    if getattr(answers, MARK, False):
        return
    empty = answers.empty_table()
    answers.empty_table = lambda: empty
    setattr(answers, MARK, True)


def _with_macros_listed_at_once() -> None:
    """Put all macros into the context of a node by their dictionaries: dbt asks for one by one, 600 for each node."""
    contexts: Any = importlib.import_module("dbt.context.manifest")
    plain = importlib.import_module("dbt.context.configured").ConfiguredContext.to_dict
    manifest_context, of_a_test = contexts.ManifestContext, contexts.TestMacroNamespace
    if getattr(contexts, MARK, False):
        return
    one_by_one = manifest_context.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        if isinstance(self.namespace, of_a_test):
            listed: dict[str, Any] = one_by_one(self)
            return listed
        context: dict[str, Any] = plain(self)
        # The first in the order of the search wins, so it is put in last.
        for macros in reversed([*self.namespace._search_order()]):
            context.update(macros)
        return context

    manifest_context.to_dict = to_dict
    setattr(contexts, MARK, True)


def _with_macros_found_at_once() -> None:
    """Make the namespace of a node's macros in one go: dbt adds one by one, 680 for each node and each test."""
    macros: Any = importlib.import_module("dbt.context.macros")
    generator = importlib.import_module("dbt.clients.jinja").MacroGenerator
    bare = object.__new__

    def build_namespace(self: Any, found: dict[str, dict[str, Any]], ctx: dict[str, Any]) -> Any:
        node, stack = self.node, self.thread_ctx

        def made(macro: Any) -> Any:
            callable_macro = bare(generator)
            callable_macro.__dict__ = {"context": ctx, "macro": macro, "node": node, "stack": stack}
            return callable_macro

        by_package = {package: {name: made(macro) for name, macro in named.items()} for package, named in found.items()}
        internal: dict[str, Any] = {}
        for package in reversed(self.internal_package_names_order):
            internal.update(by_package.get(package, {}))
        own = {name: named for name, named in by_package.items() if name not in self.internal_package_names}
        is_root = self.root_package != self.search_package
        return macros.MacroNamespace(
            global_namespace=own.get(self.root_package, {}) if is_root else {},
            local_namespace=own.get(self.search_package, {}),
            global_project_namespace=internal,
            packages=own,
        )

    macros.MacroNamespaceBuilder.build_namespace = build_namespace


def _with_plain_graph() -> None:
    """Search for a cycle only where there is one, and leave target/graph_summary.json empty: a quarter of the start."""
    linker: Any = importlib.import_module("dbt.compilation").Linker
    has_no_cycle = importlib.import_module("networkx").is_directed_acyclic_graph
    if getattr(linker, MARK, False):
        return
    name_cycle = linker.find_cycles

    def find_cycles(self: Any) -> str | None:
        return None if has_no_cycle(self.graph) else name_cycle(self)

    linker.find_cycles = find_cycles
    linker.get_graph_summary = lambda _self, _manifest: {}
    setattr(linker, MARK, True)


def compile_templates_with(once: Callable[[tuple[str, str], Callable[[], CodeType]], CodeType]) -> Callable[[], None]:
    """Let Jinja ask for the code of each macro and model; returns what lets it compile by itself again.

    Args:
        once: gives the code of a template by its key, or compiles it.
    """
    environment: Any = importlib.import_module("jinja2").Environment
    plain = environment.compile

    def compiled(self: Any, source: Any, *place: Any, **options: Any) -> Any:
        # A template that is parsed, or has a file or a name, is none of dbt's.
        if not isinstance(source, str) or any(place) or any(options.values()):
            return plain(self, source, *place, **options)
        key = (f"{type(self).__name__} {','.join(self.extensions)}", source)
        return once(key, lambda: plain(self, source))

    environment.compile = compiled

    def restore() -> None:
        environment.compile = plain

    return restore
