"""RTMP in pure form: chunks and values there and back, and a conversation with a server played by the test."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.restream.failure import SendFailure
from livehub.media.restream.rtmp import amf
from livehub.media.restream.rtmp.chunks import INITIAL_CHUNK_BYTES, ChunkReader, Kind, Message, write
from livehub.media.restream.rtmp.client import CHUNK_BYTES, RtmpClient
from livehub.media.restream.rtmp.errors import RtmpError

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.builds(
    Message,
    kind=st.sampled_from([Kind.AUDIO, Kind.VIDEO, Kind.DATA, Kind.COMMAND]),
    timestamp=st.integers(0, 2**32 - 1),
    stream=st.integers(0, 5),
    payload=st.binary(min_size=1, max_size=700),
)


@given(st.lists(VALUES, max_size=4))
def test_values_there_and_back(values: list[amf.Value]) -> None:
    assert amf.decode(amf.encode(*values)) == values


@given(st.lists(MESSAGES, min_size=1, max_size=6), st.integers(1, 300), st.integers(1, 400))
def test_messages_there_and_back_in_any_pieces(messages: list[Message], chunk_bytes: int, piece: int) -> None:
    reader = ChunkReader()
    wire = write(Message(Kind.SET_CHUNK_SIZE, 0, 0, chunk_bytes.to_bytes(4, "big")), INITIAL_CHUNK_BYTES)
    wire += b"".join(write(message, chunk_bytes) for message in messages)
    read = [message for at in range(0, len(wire), piece) for message in reader.feed(wire[at : at + piece])]
    assert read[1:] == messages


def test_shorter_headers_of_servers() -> None:
    """Forms 1, 2 and 3 take over what the chunk before said (5.3.1.2)."""
    full = b"\x03" + (1000).to_bytes(3, "big") + (2).to_bytes(3, "big") + b"\x14" + (1).to_bytes(4, "little") + b"ab"
    same_stream = b"\x43" + (20).to_bytes(3, "big") + (3).to_bytes(3, "big") + b"\x12" + b"cde"
    same_length = b"\x83" + (30).to_bytes(3, "big") + b"fgh"
    nothing_new = b"\xc3" + b"ijk"
    read = list(ChunkReader().feed(full + same_stream + same_length + nothing_new))
    assert [(m.kind, m.timestamp, m.stream, m.payload) for m in read] == [
        (20, 1000, 1, b"ab"), (18, 1020, 1, b"cde"), (18, 1050, 1, b"fgh"), (18, 1080, 1, b"ijk"),
    ]  # fmt: skip


def test_large_chunk_stream_numbers() -> None:
    body = (0).to_bytes(3, "big") + (1).to_bytes(3, "big") + b"\x14" + bytes(4) + b"x"
    reader = ChunkReader()
    assert [m.payload for m in reader.feed(b"\x00\x05" + body + b"\x01\x05\x06" + body)] == [b"x", b"x"]
    assert set(reader._streams) == {69, 64 + 5 + (6 << 8)}


@pytest.mark.parametrize(
    "wire",
    [
        b"\x43" + bytes(7),  # begins with a short header
        b"\x03" + bytes(3) + b"\xff\xff\xff" + b"\x14" + bytes(4),  # sixteen megabytes
        write(Message(Kind.SET_CHUNK_SIZE, 0, 0, bytes(4)), 128),
        write(Message(Kind.COMMAND, 0, 0, bytes(200)), 128)[:140] + write(Message(Kind.COMMAND, 0, 0, b"x"), 128),
    ],
)
def test_no_chunk_stream(wire: bytes) -> None:
    with pytest.raises(RtmpError):
        list(ChunkReader().feed(wire))


@pytest.mark.parametrize("data", [b"\x00", b"\x02\x00\x05ab", b"\x03\x00\x01a", b"\x0d", b"\x03\x00\x00\x03" * 20])
def test_no_values(data: bytes) -> None:
    with pytest.raises(RtmpError):
        amf.decode(data)


class Server:
    """The other half of the conversation, as far as a test takes it."""

    def __init__(self, client: RtmpClient) -> None:
        self.client = client
        self.reader = ChunkReader()
        self.heard: list[Message] = []

    def shake_hands(self) -> None:
        greeting = self.client.begin()
        assert (greeting[0], len(greeting)) == (3, 1537)
        hello = b"\x03" + bytes(4) + b"\x01\x02\x03\x04" + bytes(range(256)) * 5 + bytes(248)
        answer = self.client.receive(hello[:100]) + self.client.receive(hello[100:] + greeting[1:])
        assert answer[:1536] == hello[1:]
        self.hear(answer[1536:])

    def hear(self, data: bytes) -> list[Message]:
        new = list(self.reader.feed(data))
        self.heard += new
        return new

    def say(self, kind: Kind, payload: bytes, stream: int = 0) -> list[Message]:
        return self.hear(self.client.receive(write(Message(kind, 0, stream, payload), INITIAL_CHUNK_BYTES)))

    def command(self, *values: amf.Value) -> list[Message]:
        return self.say(Kind.COMMAND, amf.encode(*values))

    def status(self, code: str, level: str = "status") -> list[Message]:
        info: Mapping[str, amf.Value] = {"level": level, "code": code, "description": "the key is 'key'"}
        return self.say(Kind.COMMAND, amf.encode("onStatus", 0, None, info), 1)

    @property
    def commands(self) -> list[list[amf.Value]]:
        return [amf.decode(message.payload) for message in self.heard if message.kind == Kind.COMMAND]

    def until_publish(self) -> None:
        self.shake_hands()
        self.command("_result", 1, {"fmsVer": "FMS/3,0,1,123"}, {"code": "NetConnection.Connect.Success"})
        self.command("_result", 2, None)
        self.command("onFCPublish", 0, None)
        self.command("_result", 4, None, 1)


def server() -> Server:
    return Server(RtmpClient("rtmps://live.example/app/instance/", "key?extra=1"))


def test_from_greeting_to_publishing() -> None:
    there = server()
    there.until_publish()
    names = [command[0] for command in there.commands]
    assert names == ["connect", "releaseStream", "FCPublish", "createStream", "publish"]
    connect = there.commands[0][2]
    assert isinstance(connect, dict)
    assert (connect["app"], connect["tcUrl"]) == ("app/instance", "rtmps://live.example/app/instance")
    assert there.commands[-1] == ["publish", 5, None, "key?extra=1", "live"]
    assert there.heard[-1].stream == 1
    assert there.reader.chunk_bytes == CHUNK_BYTES
    before = there.client.is_publishing
    there.status("NetStream.Publish.Start")
    assert (before, there.client.is_publishing) == (False, True)
    there.hear(there.client.video(5, b"v" * 9000) + there.client.audio(0x1000000, b"a") + there.client.data(0, b"d"))
    assert [(m.kind, m.timestamp, m.stream, len(m.payload)) for m in there.heard[-3:]] == [
        (9, 5, 1, 9000), (8, 0x1000000, 1, 1), (18, 0, 1, 1),
    ]  # fmt: skip
    there.hear(there.client.end())
    assert [command[0] for command in there.commands[-2:]] == ["FCUnpublish", "deleteStream"]


def test_pings_and_windows_are_answered() -> None:
    there = server()
    there.until_publish()
    (pong,) = there.say(Kind.USER_CONTROL, b"\x00\x06" + b"time")
    assert (pong.kind, pong.payload) == (Kind.USER_CONTROL, b"\x00\x07time")
    assert there.say(Kind.USER_CONTROL, b"\x00\x00" + bytes(4)) == []
    (window,) = there.say(Kind.PEER_BANDWIDTH, (5_000_000).to_bytes(4, "big") + b"\x02")
    assert window.kind == Kind.WINDOW_SIZE
    (acknowledged,) = there.say(Kind.WINDOW_SIZE, (100).to_bytes(4, "big"))
    assert acknowledged.kind == Kind.ACKNOWLEDGEMENT
    assert int.from_bytes(acknowledged.payload, "big") > 100


@pytest.mark.parametrize(
    ("code", "level", "told", "final"),
    [
        ("NetStream.Publish.BadName", "error", "key_in_use", False),
        ("NetStream.Publish.Denied", "error", "key_refused", True),
        ("NetStream.Record.NoAccess", "error", "connection_closed", False),
        ("NetStream.Unpublish.Success", "status", "connection_closed", False),
    ],
)
def test_refusals_are_told_without_the_servers_words(code: str, level: str, told: str, final: bool) -> None:
    there = server()
    there.until_publish()
    with pytest.raises(SendFailure) as failure:
        there.status(code, level)
    assert (failure.value.error_code, failure.value.final) == (told, final)
    assert "'key'" not in failure.value.detail


def test_other_refusals() -> None:
    there = server()
    there.shake_hands()
    with pytest.raises(SendFailure) as failure:
        there.command("_error", 1, None, {"code": "NetConnection.Connect.Rejected"})
    assert failure.value.error_code == "refused"
    there = server()
    there.until_publish()
    with pytest.raises(SendFailure) as failure:
        there.command("close", 0, None)
    assert failure.value.error_code == "connection_closed"


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"\x06" + bytes(3072)])
def test_no_rtmp(data: bytes) -> None:
    client = RtmpClient("rtmp://live.example/app", "key")
    client.begin()
    with pytest.raises(SendFailure) as failure:
        client.receive(data)
    assert failure.value.error_code == "no_rtmp"


@given(st.lists(st.binary(max_size=300), max_size=5), st.booleans())
def test_hostile_servers(pieces: list[bytes], after_handshake: bool) -> None:
    client = RtmpClient("rtmp://live.example/app", "key")
    client.begin()
    if after_handshake:
        client.receive(b"\x03" + bytes(3072))
    for piece in pieces:
        try:
            assert isinstance(client.receive(piece), bytes)
        except SendFailure:
            return
    assert not client.is_publishing


@given(st.binary(max_size=200))
def test_hostile_values(data: bytes) -> None:
    try:
        amf.decode(data)
    except RtmpError:
        return
