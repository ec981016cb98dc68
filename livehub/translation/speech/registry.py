"""Speakers found by entry point, checked when loaded, and built from settings such as ``espeak_ng:?rate=160``.

A plug-in is any installed package that declares an entry point in the group ``livehub.speakers``; its value is a
:class:`~livehub.translation.speech.speaker.SpeakerFactory`.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.clock import Clock
from livehub.translation.speech.errors import PluginInvalid
from livehub.translation.speech.speaker import Speaker

GROUP: Final = "livehub.speakers"
MAX_NAME_CHARS: Final = 40


def build(setting: str, *, clock: Clock, deadline_s: float, found: Iterable[EntryPoint] | None = None) -> Speaker:
    """The speaker of ``name`` or ``name:what it needs``. Never shows the part after the name: it may hold a key.

    Raises:
        PluginInvalid: unknown name, two packages of that name, or a plug-in or setting that cannot be used.
    """
    name, _, rest = setting.strip().partition(":")
    entry = _find(name[:64], list(entry_points(group=GROUP) if found is None else found))
    where = _origin(entry)
    factory = _load(entry, where)
    try:
        made = factory(rest, clock=clock, deadline_s=deadline_s)
    except ValueError as error:
        raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
    except Exception as error:
        raise PluginInvalid(f"{where} could not be made: {type(error).__name__}: {error}") from error
    return checked(made, where)


def build_chain(settings: Sequence[str], *, clock: Clock, deadline_s: float) -> list[Speaker]:
    """In their order. Raises: PluginInvalid, also for two of one name, which would mix their statistics."""
    chain = [build(setting, clock=clock, deadline_s=deadline_s) for setting in settings]
    names = [speaker.name for speaker in chain]
    for name in names:
        if names.count(name) > 1:
            raise PluginInvalid(f'Two speakers are called "{name}"; one of them is enough')
    return chain


def _find(name: str, entries: Sequence[EntryPoint]) -> EntryPoint:
    named = {entry.value: entry for entry in entries if entry.name == name}
    if not named:
        known = ", ".join(sorted({entry.name for entry in entries})) or "none at all"
        raise PluginInvalid(f'There is no speaker called "{name}"; installed are: {known}')
    if len(named) > 1:
        raise PluginInvalid(f'Two speakers are called "{name}": {" and ".join(map(_origin, named.values()))}')
    return next(iter(named.values()))


def _origin(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
    return f'speaker "{entry.name}"{package} ({entry.value})'


def _load(entry: EntryPoint, where: str) -> Callable[..., object]:
    try:
        factory = entry.load()
    except Exception as error:  # a plug-in's module may fail in any way while it is imported
        raise PluginInvalid(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(factory) or inspect.iscoroutinefunction(factory):
        raise PluginInvalid(f"{where} must name a plain function create(setting, *, clock, deadline_s)")
    try:
        inspect.signature(factory).bind("", clock=None, deadline_s=0.0)
    except (TypeError, ValueError) as error:
        raise PluginInvalid(f"{where} must take (setting, *, clock, deadline_s) or end with **_: {error}") from error
    return cast("Callable[..., object]", factory)


def checked(made: object, where: str) -> Speaker:
    """Hold an object to the Protocol, beyond what ``isinstance`` can see.

    Raises:
        PluginInvalid.
    """
    kind, name = type(made).__name__, getattr(made, "name", None)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARS:
        raise PluginInvalid(f"{where} made {kind}, which has no name (a str of 1 to {MAX_NAME_CHARS} characters)")
    if not isinstance(getattr(made, "is_remote", None), bool):
        raise PluginInvalid(f"{where} made {kind}, which does not say whether text leaves this machine (is_remote)")
    for method, arguments, is_async in (("supports", ("en",), False), ("speak", ("", "en"), True), ("close", (), True)):
        function = getattr(made, method, None)
        if not callable(function) or inspect.iscoroutinefunction(function) is not is_async:
            wanted = "declared with async def" if is_async else "a plain method, not async"
            raise PluginInvalid(f"{where}: {kind}.{method} must be there and {wanted}")
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {kind}.{method} takes other arguments: {error}") from error
    return cast("Speaker", made)
