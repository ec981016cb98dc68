"""Checkout hooks found by entry point (group ``livehub.checkout_hooks``), checked when loaded."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.commerce.checkout_hook import MAX_DEADLINE_S, CheckoutHook, HookContext
from livehub.commerce.errors import PluginInvalid

GROUP: Final = "livehub.checkout_hooks"
_METHODS: Final = (("quote", 1, True), ("default", 1, False), ("close", 0, True))


def load_hooks(
    settings: Sequence[str], context: HookContext, found: Iterable[EntryPoint] | None = None
) -> tuple[CheckoutHook, ...]:
    """The hooks of ``settings`` (``name`` or ``name:setting``), asked together and heard in that order.

    Raises: PluginInvalid.
    """
    entries = {entry.name: entry for entry in (entry_points(group=GROUP) if found is None else found)}
    hooks: list[CheckoutHook] = []
    for setting in settings:
        name, _, rest = setting.strip().partition(":")
        if name not in entries:
            known = ", ".join(sorted(entries)) or "none at all"
            raise PluginInvalid(f'There is no checkout hook called "{name}"; installed are: {known}')
        hooks.append(_made(entries[name], rest, context))
    if len({hook.id for hook in hooks}) != len(hooks):
        raise PluginInvalid("Two checkout hooks have the same id")
    return tuple(hooks)


def _made(entry: EntryPoint, setting: str, context: HookContext) -> CheckoutHook:
    """Never shows ``setting`` in an error: it may hold a key."""
    where = f'checkout hook "{entry.name}" ({entry.value})'
    try:
        factory = cast("Callable[[str, HookContext], object]", entry.load())
        made = factory(setting, context)
    except ValueError as error:
        raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
    except Exception as error:  # a plug-in may fail in any way while it is imported or made
        raise PluginInvalid(f"{where} cannot be made: {type(error).__name__}: {error}") from error
    return _checked(made, where)


def _checked(made: object, where: str) -> CheckoutHook:
    hook_id, deadline = getattr(made, "id", None), getattr(made, "deadline_s", None)
    if not isinstance(hook_id, str) or not hook_id:
        raise PluginInvalid(f"{where} made {type(made).__name__}, whose id is not a str")
    if not isinstance(deadline, int | float) or not 0 < deadline <= MAX_DEADLINE_S:
        raise PluginInvalid(f"{where}: deadline_s has to be more than 0 and at most {MAX_DEADLINE_S:g}")
    if getattr(made, "on_failure", None) not in {"refuse", "default"}:
        raise PluginInvalid(f"{where}: on_failure has to be refuse or default")
    for method, arguments, is_async in _METHODS:
        function = getattr(made, method, None)
        if not callable(function) or inspect.iscoroutinefunction(function) is not is_async:
            wanted = "an async method" if is_async else "a plain method"
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} has to be {wanted}")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {type(made).__name__}.{method} takes other arguments: {error}") from error
    return cast("CheckoutHook", made)
