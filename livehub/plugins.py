"""Plug-ins found by entry point: every kind of them is looked up, made and held to its Protocol here.

Whatever is wrong with one is said when the server starts, with the plug-in's name; never with its setting, which may
hold a key.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, TypeVar, cast

T = TypeVar("T")


class Method(NamedTuple):
    """What a plug-in has to have: called with as many as ``arguments``."""

    name: str
    arguments: tuple[object, ...]
    is_async: bool


@dataclass(frozen=True, slots=True)
class PluginKind:
    """``group`` of entry points · ``noun``: what messages call one of them · ``invalid``: what is raised with them."""

    group: str
    noun: str
    invalid: type[Exception]

    def declared(self, found: Iterable[EntryPoint] | None = None) -> list[EntryPoint]:
        """By all installed packages. ``found`` replaces them (for tests and embedding)."""
        return list(entry_points(group=self.group) if found is None else found)

    def pick(self, name: str, entries: Mapping[str, EntryPoint]) -> EntryPoint:
        """Raises: ``invalid``, with the names that there are."""
        if name not in entries:
            known = ", ".join(sorted(entries)) or "none at all"
            raise self.invalid(f'There is no {self.noun} called "{name}"; installed are: {known}')
        return entries[name]

    def describe(self, entry: EntryPoint, *, with_package: bool = False) -> str:
        package = f" of {entry.dist.name} {entry.dist.version}" if with_package and entry.dist is not None else ""
        return f'{self.noun} "{entry.name}"{package} ({entry.value})'

    def load(self, entry: EntryPoint, where: str) -> object:
        """What the entry point names. Raises: ``invalid``."""
        try:
            return cast("object", entry.load())
        except Exception as error:  # a plug-in's module may fail in any way while it is imported
            raise self.invalid(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error

    def require_signature(self, factory: Callable[..., Any], where: str, **named: object) -> None:
        """It is called with a setting and ``named``. Raises: ``invalid``."""
        try:
            inspect.signature(factory).bind("", **named)
        except (TypeError, ValueError) as error:
            wanted = ", ".join(named)
            raise self.invalid(f"{where} must take (setting, *, {wanted}) or end with **_: {error}") from error

    @contextmanager
    def making(self, where: str, failed: str = "could not be made") -> Iterator[None]:
        """Around a plug-in's own code: its ValueError is about its setting. Raises: ``invalid``."""
        try:
            yield
        except ValueError as error:
            raise self.invalid(f"{where} does not accept its setting: {error}") from error
        except Exception as error:  # a plug-in may fail in any way while it is imported or made
            raise self.invalid(f"{where} {failed}: {type(error).__name__}: {error}") from error

    def make_each(
        self,
        settings: Sequence[str],
        context: object,
        checked: Callable[[object, str], T],
        found: Iterable[EntryPoint] | None = None,
    ) -> list[T]:
        """Those of ``settings`` (``name`` or ``name:setting``) in that order, made of ``create(setting, context)``.

        ``checked`` holds what was made to its Protocol, given what messages call it. Raises: ``invalid``.
        """
        entries = {entry.name: entry for entry in self.declared(found)}
        plugins: list[T] = []
        for setting in settings:
            name, _, rest = setting.strip().partition(":")
            entry = self.pick(name, entries)
            where = self.describe(entry)
            with self.making(where, "cannot be made"):
                made = entry.load()(rest, context)
            plugins.append(checked(made, where))
        return plugins

    def require_methods(self, made: object, where: str, methods: Iterable[Method], *, terse: bool = False) -> None:
        """``terse``: one sentence for a method that is not there and for one of the other sort. Raises: ``invalid``."""
        kind = type(made).__name__
        for name, arguments, is_async in methods:
            function = getattr(made, name, None)
            is_right = callable(function) and inspect.iscoroutinefunction(function) is is_async
            if terse and not is_right:
                wanted = "an async method" if is_async else "a plain method"
                raise self.invalid(f"{where}: {kind}.{name} has to be {wanted}")
            if not callable(function):
                raise self.invalid(f"{where} made {kind}, which has no method {name}")
            if not is_right:
                wanted = "declared with async def" if is_async else "a plain method, not async"
                raise self.invalid(f"{where}: {kind}.{name} must be {wanted}")
            self.require_arguments(made, where, name, *arguments)

    def require_arguments(self, made: object, where: str, method: str, *arguments: object, **named: object) -> None:
        """Raises: ``invalid``."""
        try:
            inspect.signature(getattr(made, method)).bind(*arguments, **named)
        except TypeError as error:
            raise self.invalid(f"{where}: {type(made).__name__}.{method} takes other arguments: {error}") from error
