"""Transcribers found by entry point, checked when loaded, built from settings (``faster_whisper:/models/base``).

A plug-in is any installed package that declares an entry point in the group ``livehub.transcribers``; its value is a
:class:`~livehub.media.captions.transcriber.TranscriberFactory`.
"""

import inspect
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from livehub.media.captions.errors import PluginInvalid
from livehub.media.captions.transcriber import Transcriber

GROUP: Final = "livehub.transcribers"


def find(setting: str, found: Iterable[EntryPoint] | None = None) -> EntryPoint:
    """The entry point of ``name`` or ``name:what it needs``; loads nothing.

    Raises:
        PluginInvalid: no package declares the name, or two do.
    """
    name = setting.strip().partition(":")[0]
    entries = list(entry_points(group=GROUP) if found is None else found)
    named = {entry.value: entry for entry in entries if entry.name == name}
    if not named:
        known = ", ".join(sorted({entry.name for entry in entries})) or "none at all"
        raise PluginInvalid(f'There is no transcriber called "{name}"; installed are: {known}')
    if len(named) > 1:
        raise PluginInvalid(f'Two transcribers are called "{name}": {" and ".join(map(_origin, named.values()))}')
    return next(iter(named.values()))


def build(setting: str, *, timeout_s: float, found: Iterable[EntryPoint] | None = None) -> Transcriber:
    """The transcriber of a setting. Never shows the part after the name: it may hold a key.

    Raises:
        PluginInvalid: unknown name, or a plug-in or setting that cannot be used.
    """
    entry = find(setting, found)
    where = _origin(entry)
    factory = _load(entry, where)
    try:
        made = factory(setting.strip().partition(":")[2], timeout_s=timeout_s)
    except ValueError as error:
        raise PluginInvalid(f"{where} does not accept its setting: {error}") from error
    except Exception as error:
        raise PluginInvalid(f"{where} could not be made: {type(error).__name__}: {error}") from error
    return checked(made, where)


def _origin(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
    return f'transcriber "{entry.name}"{package} ({entry.value})'


def _load(entry: EntryPoint, where: str) -> Callable[..., object]:
    try:
        factory = entry.load()
    except Exception as error:  # a plug-in's module may fail in any way while it is imported
        raise PluginInvalid(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(factory) or inspect.iscoroutinefunction(factory):
        raise PluginInvalid(f"{where} must name a plain function create(setting, *, timeout_s)")
    try:
        inspect.signature(factory).bind("", timeout_s=1.0)
    except (TypeError, ValueError) as error:
        raise PluginInvalid(f"{where} must take (setting, *, timeout_s) or end with **_: {error}") from error
    return cast("Callable[..., object]", factory)


def checked(made: object, where: str) -> Transcriber:
    """Hold an object to the Protocol, beyond what ``isinstance`` can see.

    Raises:
        PluginInvalid.
    """
    kind = type(made).__name__
    name = getattr(made, "name", None)
    if not isinstance(name, str) or not 0 < len(name) <= 40:
        raise PluginInvalid(f"{where} made {kind}, which has no name (a str of 1 to 40 characters)")
    if not isinstance(getattr(made, "is_remote", None), bool):
        raise PluginInvalid(f"{where} made {kind}, which does not say whether sound leaves this machine (is_remote)")
    for method, arguments, named in (
        ("supports", ("en",), {}),
        ("transcribe", (None, "en"), {"final": True}),
        ("close", (), {}),
    ):
        function = getattr(made, method, None)
        if not callable(function) or inspect.iscoroutinefunction(function):
            raise PluginInvalid(f"{where} made {kind}, which has no plain method {method}")
        try:
            inspect.signature(function).bind(*arguments, **named)
        except TypeError as error:
            raise PluginInvalid(f"{where}: {kind}.{method} takes other arguments: {error}") from error
    return cast("Transcriber", made)
