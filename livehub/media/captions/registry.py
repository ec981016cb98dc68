"""Transcribers found by entry point, checked when loaded, built from settings (``faster_whisper:/models/base``).

A plug-in is any installed package that declares an entry point in the group ``livehub.transcribers``; its value is a
:class:`~livehub.media.captions.transcriber.TranscriberFactory`.
"""

import inspect
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from typing import Final, cast

from livehub.media.captions.errors import PluginInvalid
from livehub.media.captions.transcriber import Transcriber
from livehub.plugins import PluginKind

GROUP: Final = "livehub.transcribers"
_KIND: Final = PluginKind(GROUP, "transcriber", PluginInvalid)


def find(setting: str, found: Iterable[EntryPoint] | None = None) -> EntryPoint:
    """The entry point of ``name`` or ``name:what it needs``; loads nothing.

    Raises:
        PluginInvalid: no package declares the name, or two do.
    """
    name = setting.strip().partition(":")[0]
    entries = _KIND.declared(found)
    _KIND.pick(name, {entry.name: entry for entry in entries})
    named = {entry.value: entry for entry in entries if entry.name == name}
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
    with _KIND.making(where):
        made = factory(setting.strip().partition(":")[2], timeout_s=timeout_s)
    return checked(made, where)


def _origin(entry: EntryPoint) -> str:
    return _KIND.describe(entry, with_package=True)


def _load(entry: EntryPoint, where: str) -> Callable[..., object]:
    factory = _KIND.load(entry, where)
    if not callable(factory) or inspect.iscoroutinefunction(factory):
        raise PluginInvalid(f"{where} must name a plain function create(setting, *, timeout_s)")
    _KIND.require_signature(factory, where, timeout_s=1.0)
    return factory


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
        _KIND.require_arguments(made, where, method, *arguments, **named)
    return cast("Transcriber", made)
