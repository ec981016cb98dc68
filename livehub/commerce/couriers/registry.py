"""Couriers found by entry point (group ``livehub.couriers``), checked when loaded."""

import inspect
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.commerce.courier import Courier, CourierContext, CourierFactory
from livehub.commerce.errors import PluginInvalid

GROUP: Final = "livehub.couriers"
_METHODS: Final = (("label", 1, True), ("parse_webhook", 2, False), ("close", 0, True))


def load_couriers(
    settings: Sequence[str], context: CourierContext, found: Iterable[EntryPoint] | None = None
) -> dict[str, Courier]:
    """The couriers of ``settings`` (``name`` or ``name:setting``) by id. Raises: PluginInvalid."""
    entries = {entry.name: entry for entry in (entry_points(group=GROUP) if found is None else found)}
    couriers: dict[str, Courier] = {}
    for setting in settings:
        name, _, rest = setting.strip().partition(":")
        if name not in entries:
            known = ", ".join(sorted(entries)) or "none at all"
            raise PluginInvalid(f'There is no courier called "{name}"; installed are: {known}')
        made = _made(entries[name], rest, context)
        if made.id in couriers:
            raise PluginInvalid(f'Two couriers have the id "{made.id}"')
        couriers[made.id] = made
    return couriers


def _made(entry: EntryPoint, setting: str, context: CourierContext) -> Courier:
    """Never shows ``setting`` in an error: it may hold a key."""
    where = f'courier "{entry.name}" ({entry.value})'
    try:
        made: object = cast("CourierFactory", entry.load())(setting, context)
    except ValueError as error:
        raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
    except Exception as error:  # a plug-in may fail in any way while it is imported or made
        raise PluginInvalid(f"{where} cannot be made: {type(error).__name__}: {error}") from error
    for name in ("id", "title"):
        if not isinstance(getattr(made, name, None), str) or not getattr(made, name):
            raise PluginInvalid(f"{where} made {type(made).__name__}, whose {name} is not a str")
    for method, arguments, is_async in _METHODS:
        function = getattr(made, method, None)
        if not callable(function) or inspect.iscoroutinefunction(function) is not is_async:
            wanted = "an async method" if is_async else "a plain method"
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} has to be {wanted}")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} takes other arguments: {error}") from error
    return cast("Courier", made)
