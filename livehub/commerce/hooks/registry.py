"""Checkout hooks found by entry point (group ``livehub.checkout_hooks``), checked when loaded."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.commerce.checkout_hook import MAX_DEADLINE_S, CheckoutHook, HookContext
from livehub.commerce.errors import PluginInvalid
from livehub.plugins import Method, PluginKind

GROUP: Final = "livehub.checkout_hooks"
_KIND: Final = PluginKind(GROUP, "checkout hook", PluginInvalid)
_METHODS: Final = (
    Method("quote", (None,), is_async=True),
    Method("default", (None,), is_async=False),
    Method("close", (), is_async=True),
)


def load_hooks(
    settings: Sequence[str], context: HookContext, found: Iterable[EntryPoint] | None = None
) -> tuple[CheckoutHook, ...]:
    """The hooks of ``settings`` (``name`` or ``name:setting``), asked together and heard in that order.

    Raises: PluginInvalid.
    """
    hooks = _KIND.make_each(settings, context, _checked, found)
    if len({hook.id for hook in hooks}) != len(hooks):
        raise PluginInvalid("Two checkout hooks have the same id")
    return tuple(hooks)


def _checked(made: object, where: str) -> CheckoutHook:
    hook_id, deadline = getattr(made, "id", None), getattr(made, "deadline_s", None)
    if not isinstance(hook_id, str) or not hook_id:
        raise PluginInvalid(f"{where} made {type(made).__name__}, whose id is not a str")
    if not isinstance(deadline, int | float) or not 0 < deadline <= MAX_DEADLINE_S:
        raise PluginInvalid(f"{where}: deadline_s has to be more than 0 and at most {MAX_DEADLINE_S:g}")
    if getattr(made, "on_failure", None) not in {"refuse", "default"}:
        raise PluginInvalid(f"{where}: on_failure has to be refuse or default")
    _KIND.require_methods(made, where, _METHODS, terse=True)
    return cast("CheckoutHook", made)
