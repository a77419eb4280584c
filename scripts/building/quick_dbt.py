"""What dbt does without: a third of the processor time of a build of the sample.

It changes how dbt 1.11 works, and not what it builds. Another version stays as it is.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from types import CodeType
from typing import Any, Self

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
    for change in (
        _with_words_of_dates_once,
        _with_macros_made_when_asked,
        _with_macros_found_once,
        _with_settings_read_once,
        _with_plain_graph,
    ):
        with suppress(AttributeError, ImportError):
            change()


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


def _with_words_of_dates_once() -> None:
    """Prepare to read dates in words once: agate prepares for each answer, for 0.4 ms."""
    dates: Any = importlib.import_module("parsedatetime")
    if not getattr(dates, MARK, False):
        dates.Constants = cache(dates.Constants)
        setattr(dates, MARK, True)


class MadeWhenAsked(dict[str, Any]):
    """A dictionary that makes a value when somebody asks for it, and all of them for whoever goes through it."""

    _names: Collection[str] = ()
    _make: Callable[[str], Any]

    def of(self, names: Collection[str], make: Callable[[str], Any]) -> Self:
        """Make the values of these names from now on."""
        self._names, self._make = names, make
        return self

    def __missing__(self, name: str) -> Any:
        """Make a value the first time."""
        if name not in self._names:
            raise KeyError(name)
        made = self[name] = self._make(name)
        return made

    def __contains__(self, name: object) -> bool:
        """Whether the value is there or can be made."""
        return super().__contains__(name) or name in self._names

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary that holds all values."""
        return self[name] if name in self else default  # noqa: SIM401 (it would call itself)

    def __iter__(self) -> Iterator[str]:
        """As of a dictionary that holds all values."""
        return iter(self.copy())

    def keys(self) -> Any:
        """As of a dictionary that holds all values."""
        return self.copy().keys()

    def items(self) -> Any:
        """As of a dictionary that holds all values."""
        return self.copy().items()

    def values(self) -> Any:
        """As of a dictionary that holds all values."""
        return self.copy().values()

    def copy(self) -> dict[str, Any]:
        """A plain dictionary with all values."""
        for name in self._names:
            self[name]
        return dict(super().items())


def _with_macros_made_when_asked() -> None:
    """Make a macro that a node asks for: dbt makes all 680 for each node, for each test and for each statement."""
    contexts: Any = importlib.import_module("dbt.context.manifest")
    macros: Any = importlib.import_module("dbt.context.macros")
    templates: Any = importlib.import_module("dbt_common.clients.jinja")
    generator = importlib.import_module("dbt.clients.jinja").MacroGenerator
    plain = importlib.import_module("dbt.context.configured").ConfiguredContext.to_dict
    manifest_context, builder = contexts.ManifestContext, macros.MacroNamespaceBuilder
    if getattr(contexts, MARK, False):
        return
    build, one_by_one = manifest_context._build_namespace, manifest_context.to_dict
    without_copy = templates.MacroFuzzTemplate.new_context

    def build_in_context(self: Any) -> Any:
        self._ctx = MadeWhenAsked()
        return build(self)

    def build_namespace(self: Any, found: dict[str, dict[str, Any]], ctx: dict[str, Any]) -> Any:
        node, stack = self.node, self.thread_ctx

        def made_of(named: dict[str, Any]) -> dict[str, Any]:
            return MadeWhenAsked().of(named, lambda name: generator(named[name], ctx, node, stack))

        internal: dict[str, Any] = {}
        for package in reversed(self.internal_package_names_order):
            internal.update(found.get(package, {}))
        own = {name: made_of(named) for name, named in found.items() if name not in self.internal_package_names}
        is_root = self.root_package != self.search_package
        return macros.MacroNamespace(
            global_namespace=own.get(self.root_package, {}) if is_root else {},
            local_namespace=own.get(self.search_package, {}),
            global_project_namespace=made_of(internal),
            packages=own,
        )

    def to_dict(self: Any) -> dict[str, Any]:
        if not isinstance(self._ctx, MadeWhenAsked):
            listed: dict[str, Any] = one_by_one(self)
            return listed
        context: dict[str, Any] = plain(self)
        # A macro takes the place of what else has its name.
        found = self.manifest.get_macros_by_package()
        taken = {*found}.union(*found.values()).intersection(context)
        context.update({name: self.namespace[name] for name in taken if name in self.namespace})
        self._ctx.of(self.namespace, self.namespace.__getitem__)
        return context

    manifest_context._build_namespace, manifest_context.to_dict = build_in_context, to_dict
    builder.build_namespace = build_namespace
    # It would copy all of them for each argument of a test.
    templates.NativeSandboxTemplate.new_context = without_copy
    setattr(contexts, MARK, True)


def _with_macros_found_once() -> None:
    """Make the code of a macro once for a node, and not for each call: a node calls 80, and a unit test 600."""
    generator: Any = importlib.import_module("dbt.clients.jinja").MacroGenerator
    templates: Any = importlib.import_module("dbt_common.clients.jinja")
    returned, failed = templates.MacroReturn, (TypeError, importlib.import_module("jinja2").TemplateRuntimeError)
    told, wrong = templates.CaughtMacroErrorWithNodeError, templates.CompilationError
    if getattr(generator, MARK, False):
        return

    def call_macro(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = self.__dict__.get("found_macro")
        if found is None:
            found = self.found_macro = self.get_macro()
        try:
            return found(*args, **kwargs)
        except returned as value:
            return value.value
        except failed as error:
            raise told(exc=error, node=self.macro) from error
        except wrong as error:
            error.stack.append(self.macro)
            raise

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        stack, name = self.stack, self.macro.unique_id
        if stack is None:
            return self.call_macro(*args, **kwargs)
        if stack.depth == 0 and self.node:
            self.node.depends_on.add_macro(name)
        stack.push(name)
        try:
            return self.call_macro(*args, **kwargs)
        finally:
            stack.pop(name)

    generator.call_macro, generator.__call__ = call_macro, call
    setattr(generator, MARK, True)


def _with_settings_read_once() -> None:
    """Leave out of each context what is the same in all, and what its text asks for seldom."""
    variable: Any = importlib.import_module("dbt.context.base").Var
    providers: Any = importlib.import_module("dbt.context.providers")
    exceptions: Any = importlib.import_module("dbt.context.exceptions_jinja")
    if getattr(variable, MARK, False):
        return
    render, all_arguments = variable.get_rendered_var, providers.args_to_dict
    known: dict[int, tuple[Any, dict[str, Any]]] = {}

    def render_if_needed(self: Any, name: str) -> Any:
        value = self._merged[name]
        # To render it, dbt makes all macros, also for a text without a sign of Jinja.
        return value if isinstance(value, str) and not {"{", "}"} & {*value} else render(self, name)

    def arguments(args: Any) -> dict[str, Any]:
        if id(args) not in known:
            known[id(args)] = args, all_arguments(args)
        return dict(known[id(args)][1])

    def wrapped_exports(model: Any) -> Any:
        functions, wrap = exceptions.CONTEXT_EXPORTS, exceptions.wrapper(model)
        return MadeWhenAsked().of(functions, lambda name: wrap(functions[name]))

    variable.get_rendered_var = render_if_needed
    providers.args_to_dict, providers.wrapped_exports = arguments, wrapped_exports
    setattr(variable, MARK, True)


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
