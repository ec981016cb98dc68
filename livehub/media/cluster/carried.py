"""Which methods and events of the plane go between processes, derived from the plane itself.

Nothing is listed by hand: every public ``async`` method of :class:`~livehub.media.plane.MediaPlane` is carried with the
types of its annotations, and so is every event of the modules in :data:`EVENT_MODULES`. A method whose
arguments are not plain data fails when this module is imported, and so in the first test.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol, get_type_hints

import msgspec

import livehub.events
import livehub.media.events
import livehub.media.hls.events
from livehub import errors
from livehub.events import Event
from livehub.media.assembly import PlaneSettings
from livehub.media.plane import MediaPlane
from livehub.media.service import SessionState
from livehub.media.session import MediaSession

#: what the proxy and the worker do themselves
_OWN_METHODS: Final = frozenset({"start", "close", "check", "drain"})


_SESSION_FIELDS: Final = {
    name: get_type_hints(member.fget)["return"]
    for name, member in vars(SessionState).items()
    if isinstance(member, property)
}
#: a :class:`~livehub.media.session.MediaSession` as another process sees it: all of :class:`SessionState`
SessionImage: Final = msgspec.defstruct("SessionImage", list(_SESSION_FIELDS.items()), frozen=True)


def _to_plain(value: object) -> object:
    """For msgspec, which knows dataclasses, enumerations and containers by itself."""
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not plain data")


def _from_plain(wanted: type, value: Any) -> object:
    if wanted is Path:
        return Path(value)
    raise NotImplementedError(f"{wanted} is not plain data")


_encoder = msgspec.msgpack.Encoder(enc_hook=_to_plain)


def encode(value: object) -> msgspec.Raw:
    """
    Raises:
        NotImplementedError, TypeError: not plain data.
    """
    if isinstance(value, MediaSession):
        value = {name: getattr(value, name) for name in _SESSION_FIELDS}
    return msgspec.Raw(_encoder.encode(value))


# --- methods


@dataclass(frozen=True)
class CarriedMethod:
    """``subject``: name of the first parameter, which says whom the call is for: ``room_id`` or ``session_id``."""

    name: str
    subject: str
    signature: inspect.Signature
    _arguments: msgspec.msgpack.Decoder[Any]
    _result: msgspec.msgpack.Decoder[Any]

    def pack(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> msgspec.Raw:
        """
        Raises:
            TypeError: not the method's arguments.
        """
        bound = self.signature.bind(*args, **named)
        bound.apply_defaults()
        return encode(bound.arguments)

    def arguments(self, packed: msgspec.Raw) -> dict[str, Any]:
        """
        Raises:
            msgspec.ValidationError: not what the annotations say.
        """
        return msgspec.structs.asdict(self._arguments.decode(packed))

    def result(self, packed: msgspec.Raw) -> Any:
        return self._result.decode(packed)


def _carried(name: str, function: Any) -> CarriedMethod:
    signature = inspect.signature(function)
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    hints = get_type_hints(function)
    for parameter in parameters:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            raise TypeError(f"MediaPlane.{name}: other processes cannot call it with *{parameter.name}")
    fields = [(parameter.name, hints[parameter.name]) for parameter in parameters]
    arguments = msgspec.defstruct(f"{name}_arguments", fields, forbid_unknown_fields=True)
    result = SessionImage if hints["return"] is MediaSession else hints["return"]
    return CarriedMethod(
        name,
        parameters[0].name if parameters else "",
        signature.replace(parameters=parameters),
        msgspec.msgpack.Decoder(arguments, dec_hook=_from_plain),
        msgspec.msgpack.Decoder(result, dec_hook=_from_plain),
    )


def _public_methods(plane: type) -> dict[str, CarriedMethod]:
    return {
        name: _carried(name, function)
        for name, function in inspect.getmembers(plane, inspect.iscoroutinefunction)
        if not name.startswith("_") and name not in _OWN_METHODS
    }


METHODS: Final = _public_methods(MediaPlane)


class Feeding(Protocol):
    """What workers are asked beside their planes; see :class:`livehub.media.cluster.feeding.Feeder`."""

    async def feed(self, room_id: str, path: str) -> None: ...

    async def stop_feed(self, room_id: str, path: str) -> None: ...


FEEDING: Final = {name: _carried(name, getattr(Feeding, name)) for name in ("feed", "stop_feed")}


# --- events


def _events_in(*modules: ModuleType) -> dict[str, type[Event]]:
    return {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    }


EVENT_MODULES: Final = (livehub.events, livehub.media.events, livehub.media.hls.events)
EVENTS: Final[Mapping[str, type[Event]]] = _events_in(*EVENT_MODULES)
#: those that hold another event and nothing else
WRAPPERS: Final = {name for name, kind in EVENTS.items() if get_type_hints(kind) == {"event": Event}}
_event_decoders: Final = {
    name: msgspec.msgpack.Decoder(kind, dec_hook=_from_plain) for name, kind in EVENTS.items() if name not in WRAPPERS
}
_settings_decoder: Final = msgspec.msgpack.Decoder(PlaneSettings, dec_hook=_from_plain)


def decode_settings(packed: msgspec.Raw) -> PlaneSettings:
    """
    Raises:
        msgspec.ValidationError: not what the members' annotations say.
    """
    return _settings_decoder.decode(packed)


def encode_event(event: Event) -> tuple[str, msgspec.Raw]:
    """Its kind, after those of the events that it is wrapped in (``SetApart/HlsEnded``), and its members."""
    name = type(event).__name__
    if name in WRAPPERS:
        wrapper: Any = event
        kind, packed = encode_event(wrapper.event)
        return f"{name}/{kind}", packed
    return name, encode(event)


def decode_event(kind: str, packed: msgspec.Raw) -> Event:
    """
    Raises:
        KeyError, msgspec.ValidationError: no such event, or not its members.
    """
    *wrappers, kind = kind.split("/")
    event: Event = _event_decoders[kind].decode(packed)
    for name in reversed(wrappers):
        event = EVENTS[name](event=event)  # type: ignore[call-arg]
    return event


# --- errors


def name_error(kind: type[errors.LivehubError]) -> str:
    """With its module: two domains may each have an error of one name."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _error_classes(root: type[errors.LivehubError]) -> dict[str, type[errors.LivehubError]]:
    found = {name_error(root): root}
    for kind in root.__subclasses__():
        found |= _error_classes(kind)
    return found


def restore_error(kind: str, detail: str, code: str, extra: Mapping[str, Any]) -> errors.LivehubError:
    """The error that the other process raised: same class (:func:`name_error`), sentence, code and members."""
    cls = _error_classes(errors.LivehubError).get(kind, errors.Unavailable)
    error = cls(detail, code=code or None)
    error.extra = dict(extra)
    if isinstance(error, errors.RateLimited | errors.Unavailable):
        error.retry_after_s = float(extra.get("retry_after_s", error.retry_after_s))
    return error
