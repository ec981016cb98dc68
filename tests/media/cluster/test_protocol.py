"""What goes between the processes: whole, typed, and nothing of the plane forgotten."""

import contextlib
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import livehub.media
from livehub import errors
from livehub.commerce import errors as commerce_errors
from livehub.events import Event, MemberAppointed, RoomEnded, StageChanged
from livehub.media import errors as media_errors
from livehub.media.assembly import PlaneSettings
from livehub.media.cluster import carried
from livehub.media.cluster.briefing import Briefings
from livehub.media.cluster.protocol import (
    MAX_MESSAGE_BYTES,
    Answer,
    AnyMessage,
    Call,
    Occurred,
    ProtocolError,
    Pulse,
    Refusal,
    Stop,
    Unpacker,
    Welcome,
    pack,
)
from livehub.media.cluster.proxy import MediaCluster, summed_up
from livehub.media.errors import AudienceFull, CodecNotSupported, StageFull
from livehub.media.limits import ClusterLimits, MediaLimits
from livehub.media.plane import MediaPlane
from livehub.media.rtp.codecs import Codec
from livehub.media.service import MediaService
from livehub.media.stage import Pin, StageOrders

MESSAGES: list[AnyMessage] = [
    Welcome(
        "1/0", "media worker 0", 3, "/x/worker-0", carried.encode(PlaneSettings(8443)), ClusterLimits(pulse_s=0.05)
    ),
    Call(1, "find", carried.encode({"session_id": "s"})),
    Answer(1, carried.encode(None)),
    Refusal(2, "StageFull", "full", "stage_full", {"a": 1}),
    Occurred("RoomEnded", carried.encode({"room_id": "r"})),
    Pulse({"sessions": 3}, {"r": (1, 2)}),
    Stop(),
]


@given(st.lists(st.integers(1, 40)))
def test_messages_come_out_as_they_went_in_however_they_are_cut(cuts: list[int]) -> None:
    stream, found, unpacker = b"".join(map(pack, MESSAGES)), [], Unpacker()
    for size in [*cuts, len(stream)]:
        found += list(unpacker.feed(stream[:size]))
        stream = stream[size:]
    assert found == MESSAGES


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        list(Unpacker().feed(data))
    framed = len(data).to_bytes(4, "big") + data
    with contextlib.suppress(ProtocolError):
        assert list(Unpacker().feed(framed))


def test_what_is_too_long_is_not_sent_and_not_awaited() -> None:
    with pytest.raises(ProtocolError):
        pack(Answer(1, carried.encode(bytes(MAX_MESSAGE_BYTES))))
    with pytest.raises(ProtocolError):
        list(Unpacker().feed((MAX_MESSAGE_BYTES + 1).to_bytes(4, "big")))


# --- nothing forgotten


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def test_every_public_method_of_the_plane_is_carried() -> None:
    own = {"start", "close", "check", "drain"}
    for name in public(MediaPlane) - own:
        member = getattr(MediaPlane, name)
        if inspect.iscoroutinefunction(member):
            assert name in carried.METHODS, name
            assert carried.METHODS[name].subject in {"room_id", "session_id"}, f"{name}: which worker is it for?"
            assert hasattr(MediaService, name), f"{name} is not in MediaService"


def test_the_cluster_answers_whatever_the_service_promises() -> None:
    for name in public(MediaService):
        assert name in public(MediaCluster) | carried.METHODS.keys() | {"limits"}, name


def test_what_ends_something_lasting_is_a_standing_order_too() -> None:
    lasting = {name for name in carried.METHODS if name.startswith(("start_", "stop_", "direct", "package", "record"))}
    assert {name for name in lasting if not Briefings.is_standing(name)} == set()


def test_every_event_of_the_plane_is_carried() -> None:
    for module in pkgutil.walk_packages(livehub.media.__path__, "livehub.media."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event:
                assert carried.EVENTS.get(name) is kind, f"{module.name}.{name}: add its module to EVENT_MODULES"


#: one value for each annotation that events use; a new one is added here
VALUES: dict[Any, Any] = {str: "text", int: 7, float: 0.5, bool: True, bytes: b"\x00\xff", dict: {}}


def sample(kind: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Event:
        return RoomEnded("r")
    if kind in VALUES:
        return VALUES[kind]
    if kind is Any:
        return "anything"
    if origin is tuple:
        items = inner[:1] if inner[-1] is ... else inner
        return tuple(sample(item) for item in items)
    if origin is frozenset:
        return frozenset({sample(inner[0])})
    if origin is not None and issubclass(origin, Mapping):
        return {"key": "value"}
    return sample(next(item for item in inner if item is not type(None)))


@pytest.mark.parametrize("kind", carried.EVENTS.values(), ids=lambda kind: kind.__name__)
def test_events_come_out_as_they_went_in(kind: type[Event]) -> None:
    hints = get_type_hints(kind)
    event = kind(**{field.name: sample(hints[field.name]) for field in fields(kind)})
    assert carried.decode_event(*carried.encode_event(event)) == event


def test_events_with_other_members_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        carried.decode_event("RoomEnded", carried.encode({"room_id": 5}))
    with pytest.raises(KeyError):
        carried.decode_event("Nothing", carried.encode({}))
    appointed = MemberAppointed("r", "i", "host", frozenset({"publish", "watch"}))
    assert carried.decode_event("MemberAppointed", carried.encode(appointed)) == appointed
    staged = StageChanged("r", ({"publisher": "p", "muted": False},))
    assert carried.decode_event("StageChanged", carried.encode(staged)) == staged


def test_arguments_and_results_keep_their_types() -> None:
    direct = carried.METHODS["direct"]
    orders = StageOrders((Pin("a", "screen"), Pin("b")), frozenset({"x"}))
    assert direct.arguments(direct.pack(("r", orders), {})) == {"room_id": "r", "orders": orders}
    publish = carried.METHODS["publish"]
    named = publish.arguments(publish.pack(("r", "i", "I", "sdp"), {"is_host": True}))
    assert (named["display_name"], named["source"], named["is_host"], named["most"]) == ("I", "camera", True, 0)
    with pytest.raises(TypeError):
        publish.pack(("r",), {})
    keyframe = carried.METHODS["keyframe"]
    codec, payloads = keyframe.result(carried.encode((Codec.VP8, [b"\x01", b"\x02"])))
    assert (codec is Codec.VP8, payloads) == (True, [b"\x01", b"\x02"])


def test_what_is_not_plain_data_is_refused() -> None:
    with pytest.raises((NotImplementedError, TypeError)):
        carried.encode(object())


def test_settings_come_out_as_they_went_in() -> None:
    settings = PlaneSettings(8443, ("::1",), hls_dir=Path("/x/hls"), limits=MediaLimits(max_subscribers=9))
    assert carried.decode_settings(carried.encode(settings)) == settings


@pytest.mark.parametrize("name", [name for name in vars(media_errors) if isinstance(vars(media_errors)[name], type)])
def test_errors_come_out_as_they_went_in(name: str) -> None:
    kind = vars(media_errors)[name]
    error = carried.restore_error(carried.name_error(kind), "What to do next.", "", {})
    assert type(error) is kind
    assert (error.detail, error.error_code, error.status) == ("What to do next.", kind.code, kind.status)


def test_errors_of_one_name_are_told_apart() -> None:
    for kind in (media_errors.RoomNotLive, commerce_errors.RoomNotLive):
        assert type(carried.restore_error(carried.name_error(kind), "No.", "", {})) is kind


def test_members_of_errors_come_along() -> None:
    codecs = CodecNotSupported("No.", codecs=["VP8"])
    assert (
        carried.restore_error(carried.name_error(CodecNotSupported), "No.", codecs.error_code, codecs.extra).extra
        == codecs.extra
    )
    full = carried.restore_error(carried.name_error(AudienceFull), "No.", "", {"retry_after_s": 10.0})
    assert isinstance(full, AudienceFull)
    assert full.retry_after_s == 10.0
    assert carried.restore_error(carried.name_error(StageFull), "No.", "other", {}).error_code == "other"
    assert isinstance(carried.restore_error(carried.name_error(StageFull), "No.", "", {}), StageFull)
    assert isinstance(carried.restore_error("OfAnotherVersion", "No.", "", {}), errors.Unavailable)


def test_statistics_are_summed_name_by_name() -> None:
    one = {"sessions": 2, "port": {"rtp": 5, "sent": 1}, "name": "x"}
    two = {"sessions": 3, "port": {"rtp": 7}, "more": 1.5}
    assert summed_up([one, two]) == {"sessions": 5, "port": {"rtp": 12, "sent": 1}, "more": 1.5}
    assert summed_up([]) == {}
