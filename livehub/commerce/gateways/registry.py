"""Payment providers found by entry point (group ``livehub.payments``), checked when loaded."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.commerce.errors import PluginInvalid
from livehub.commerce.gateway import Gateway, GatewayContext, PaidByHand, check_by_hand
from livehub.plugins import Method, PluginKind

GROUP: Final = "livehub.payments"
_KIND: Final = PluginKind(GROUP, "payment provider", PluginInvalid)
_METHODS: Final = (
    Method("prepare", (None,), is_async=False),
    Method("begin", (None,), is_async=True),
    Method("parse_webhook", (None, None), is_async=False),
    Method("refund", (None,), is_async=True),
    Method("close", (), is_async=True),
)
#: what a provider may have besides; the first of a group calls for the others
_OPTIONAL: Final = (
    (Method("capture", (None,), is_async=True), Method("release", (None,), is_async=True)),
    (Method("inquire", (None,), is_async=True),),
    (Method("client_details", (None,), is_async=True),),
)


def load_gateways(
    settings: Sequence[str], context: GatewayContext, found: Iterable[EntryPoint] | None = None
) -> dict[str, Gateway]:
    """The providers of ``settings`` (``name`` or ``name:setting``) by id, in that order.

    ``found`` replaces what installed packages declare (for tests and embedding).

    Raises:
        PluginInvalid: unknown, twice, or not what a :class:`~livehub.commerce.gateway.Gateway` has to be.
    """
    gateways: dict[str, Gateway] = {}
    for gateway in _KIND.make_each(settings, context, _checked, found):
        if gateway.id in gateways:
            raise PluginInvalid(f'Two payment providers are called "{gateway.id}"')
        gateways[gateway.id] = gateway
    return gateways


def _checked(made: object, where: str) -> Gateway:
    for name, kind in (("id", str), ("title", str), ("by_hand", bool)):
        value = getattr(made, name, None)
        if not isinstance(value, kind) or value == "":
            raise PluginInvalid(f"{where} made {type(made).__name__}, whose {name} is not a {kind.__name__}")
    if hasattr(made, "paid_first") or hasattr(made, "words"):
        try:
            check_by_hand(cast("PaidByHand", made))
        except (AttributeError, TypeError, ValueError) as error:
            raise PluginInvalid(f"{where} made {type(made).__name__}: {error}") from None
    wanted = list(_METHODS)
    for group in _OPTIONAL:
        if any(hasattr(made, method.name) for method in group):
            wanted += group
    _KIND.require_methods(made, where, wanted)
    return cast("Gateway", made)
