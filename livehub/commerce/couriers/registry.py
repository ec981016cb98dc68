"""Couriers found by entry point (group ``livehub.couriers``), checked when loaded."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.commerce.courier import Courier, CourierContext
from livehub.commerce.errors import PluginInvalid
from livehub.plugins import Method, PluginKind

GROUP: Final = "livehub.couriers"
_KIND: Final = PluginKind(GROUP, "courier", PluginInvalid)
_METHODS: Final = (
    Method("label", (None,), is_async=True),
    Method("parse_webhook", (None, None), is_async=False),
    Method("close", (), is_async=True),
)


def load_couriers(
    settings: Sequence[str], context: CourierContext, found: Iterable[EntryPoint] | None = None
) -> dict[str, Courier]:
    """The couriers of ``settings`` (``name`` or ``name:setting``) by id. Raises: PluginInvalid."""
    couriers: dict[str, Courier] = {}
    for courier in _KIND.make_each(settings, context, _checked, found):
        if courier.id in couriers:
            raise PluginInvalid(f'Two couriers have the id "{courier.id}"')
        couriers[courier.id] = courier
    return couriers


def _checked(made: object, where: str) -> Courier:
    for name in ("id", "title"):
        if not isinstance(getattr(made, name, None), str) or not getattr(made, name):
            raise PluginInvalid(f"{where} made {type(made).__name__}, whose {name} is not a str")
    _KIND.require_methods(made, where, _METHODS, terse=True)
    return cast("Courier", made)
