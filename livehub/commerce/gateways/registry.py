"""Payment providers found by entry point (group ``livehub.payments``), checked when loaded."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.commerce.errors import PluginInvalid
from livehub.commerce.gateway import Gateway, GatewayContext

GROUP: Final = "livehub.payments"
_METHODS: Final = (
    ("prepare", 1, False),
    ("begin", 1, True),
    ("parse_webhook", 2, False),
    ("refund", 1, True),
    ("close", 0, True),
)
#: what a provider may have besides; the first of a group calls for the others
_OPTIONAL: Final = (
    (("capture", 1, True), ("release", 1, True)),
    (("inquire", 1, True),),
    (("client_details", 1, True),),
)


def load_gateways(
    settings: Sequence[str], context: GatewayContext, found: Iterable[EntryPoint] | None = None
) -> dict[str, Gateway]:
    """The providers of ``settings`` (``name`` or ``name:setting``) by id, in that order.

    ``found`` replaces what installed packages declare (for tests and embedding).

    Raises:
        PluginInvalid: unknown, twice, or not what a :class:`~livehub.commerce.gateway.Gateway` has to be.
    """
    entries = {entry.name: entry for entry in (entry_points(group=GROUP) if found is None else found)}
    gateways: dict[str, Gateway] = {}
    for setting in settings:
        name, _, rest = setting.strip().partition(":")
        if name not in entries:
            known = ", ".join(sorted(entries)) or "none at all"
            raise PluginInvalid(f'There is no payment provider called "{name}"; installed are: {known}')
        gateway = _made(entries[name], rest, context)
        if gateway.id in gateways:
            raise PluginInvalid(f'Two payment providers are called "{gateway.id}"')
        gateways[gateway.id] = gateway
    return gateways


def _made(entry: EntryPoint, setting: str, context: GatewayContext) -> Gateway:
    """Never shows ``setting`` in an error: it may hold a key."""
    where = f'payment provider "{entry.name}" ({entry.value})'
    try:
        factory = cast("Callable[[str, GatewayContext], object]", entry.load())
        made = factory(setting, context)
    except ValueError as error:
        raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
    except Exception as error:  # a plug-in may fail in any way while it is imported or made
        raise PluginInvalid(f"{where} cannot be made: {type(error).__name__}: {error}") from error
    return _checked(made, where)


def _checked(made: object, where: str) -> Gateway:
    for name, kind in (("id", str), ("title", str), ("by_hand", bool)):
        value = getattr(made, name, None)
        if not isinstance(value, kind) or value == "":
            raise PluginInvalid(f"{where} made {type(made).__name__}, whose {name} is not a {kind.__name__}")
    wanted_methods = list(_METHODS)
    for group in _OPTIONAL:
        if any(hasattr(made, method) for method, _, _ in group):
            wanted_methods += group
    for method, arguments, is_async in wanted_methods:
        function = getattr(made, method, None)
        if not callable(function):
            raise PluginInvalid(f"{where} made {type(made).__name__}, which has no method {method}")
        if inspect.iscoroutinefunction(function) is not is_async:
            wanted = "declared with async def" if is_async else "a plain method, not async"
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} must be {wanted}")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} takes other arguments: {error}") from error
    return cast("Gateway", made)
