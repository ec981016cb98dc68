"""Automatic moderators found by entry point, checked when loaded, and built from settings such as ``name:what it
needs``.

A plug-in is any installed package that declares an entry point in the group ``livehub.moderators``; its value is a
:class:`~livehub.chat.screening.plugin.ModeratorFactory`. Whatever is wrong with it is said when the server starts.
"""

import inspect
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.chat.screening.plugin import Moderator
from livehub.clock import Clock
from livehub.errors import LivehubError
from livehub.plugins import PluginKind

GROUP: Final = "livehub.moderators"
MAX_NAME_CHARS: Final = 40
_SHAPES: Final = (("judge", (None,)), ("close", ()))


class ModeratorInvalid(LivehubError):
    """A plug-in that cannot be used; the message names it."""

    code, title = "moderator_invalid", "An automatic moderator cannot be used"


_KIND: Final = PluginKind(GROUP, "moderator", ModeratorInvalid)


def build_moderators(
    settings: Sequence[str], *, clock: Clock, deadline_s: float, found: Iterable[EntryPoint] | None = None
) -> list[Moderator]:
    """The moderators of ``settings`` in order. ``found`` replaces what the installed packages declare.

    Raises:
        ModeratorInvalid: unknown or doubled name, or a plug-in or setting that cannot be used.
    """
    entries: dict[str, EntryPoint] = {}
    for entry in _KIND.declared(found):
        if entries.setdefault(entry.name, entry).value != entry.value:
            raise ModeratorInvalid(f'Two moderators are called "{entry.name}"; uninstall one')
    made = [_build(setting, entries, clock, deadline_s) for setting in settings]
    names = [moderator.name for moderator in made]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise ModeratorInvalid(f'Two moderators are called "{doubled}"; each needs a name of its own')
    return made


def _build(setting: str, entries: dict[str, EntryPoint], clock: Clock, deadline_s: float) -> Moderator:
    name, _, rest = setting.strip().partition(":")
    entry = _KIND.pick(name, entries)
    where = _KIND.describe(entry)
    factory = _KIND.load(entry, where)
    if not callable(factory) or inspect.iscoroutinefunction(factory):
        raise ModeratorInvalid(f"{where} must name a plain function create(setting, *, clock, deadline_s)")
    _KIND.require_signature(factory, where, clock=None, deadline_s=0.0)
    with _KIND.making(where):
        made = factory(rest, clock=clock, deadline_s=deadline_s)
    return checked(made, where)


def checked(made: object, where: str) -> Moderator:
    """``made`` as what it has to be. Raises: ModeratorInvalid, which calls it ``where``."""
    kind, name = type(made).__name__, getattr(made, "name", None)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise ModeratorInvalid(f"{where} made {kind}, which has no name (a str of 1 to {MAX_NAME_CHARS} characters)")
    for method, arguments in _SHAPES:
        function = getattr(made, method, None)
        if not inspect.iscoroutinefunction(function):
            raise ModeratorInvalid(f"{where}: {kind}.{method} must be declared with async def")
        _KIND.require_arguments(made, where, method, *arguments)
    return cast("Moderator", made)
