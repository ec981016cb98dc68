"""A publisher's half of the conversation with an RTMP server (specification sections 5.2 and 7.2). Pure.

::

    client = RtmpClient("rtmp://live.example/app", "key")
    send(client.begin())
    send(client.receive(data))            # until client.is_publishing
    send(client.video(ms, body))          # and audio, data
    send(client.end())
"""

import enum
import secrets
from typing import Final
from urllib.parse import urlsplit

from livehub import __version__
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.rtmp import amf
from livehub.media.restream.rtmp.chunks import INITIAL_CHUNK_BYTES, ChunkReader, Kind, Message, write
from livehub.media.restream.rtmp.errors import RtmpError

#: a picture of 8 KB in one chunk: fewer headers, and nothing else has to get in between
CHUNK_BYTES: Final = 8192
WINDOW_BYTES: Final = 2_500_000
_HANDSHAKE: Final = 1536
_CONNECT, _CREATE_STREAM = 1.0, 4.0
#: events of user control messages (7.1.7)
_PING, _PONG = 6, 7


class _Phase(enum.Enum):
    HANDSHAKE = enum.auto()
    CONNECTING = enum.auto()
    CREATING = enum.auto()
    PUBLISHING = enum.auto()
    LIVE = enum.auto()


class RtmpClient:
    """``url`` names host and application; ``key`` is the name that is published. Neither is ever in an error."""

    def __init__(self, url: str, key: str) -> None:
        self._key = key
        self._app = urlsplit(url).path.strip("/")
        self._tc_url = url.rstrip("/")
        self._phase = _Phase.HANDSHAKE
        self._reader = ChunkReader()
        self._greeting = b""
        self._chunk_bytes = INITIAL_CHUNK_BYTES
        self._stream = 0
        self._received = self._acknowledged = 0
        self._window = 0

    @property
    def is_publishing(self) -> bool:
        return self._phase is _Phase.LIVE

    def begin(self) -> bytes:
        """C0 and C1 (5.2.2, 5.2.3): version 3, time, zeros, random bytes."""
        return b"\x03" + bytes(8) + secrets.token_bytes(_HANDSHAKE - 8)

    def receive(self, data: bytes) -> bytes:
        """What the server sent; gives what is to be sent to it.

        Raises:
            SendFailure: it refuses, ends the stream, or speaks no RTMP.
        """
        try:
            return self._shake_hands(data) if self._phase is _Phase.HANDSHAKE else self._take(data)
        except RtmpError:
            raise SendFailure("no_rtmp", "There is no RTMP server at this address.") from None

    # --- what is sent

    def video(self, timestamp_ms: int, body: bytes) -> bytes:
        return self._write(Kind.VIDEO, timestamp_ms, body, self._stream)

    def audio(self, timestamp_ms: int, body: bytes) -> bytes:
        return self._write(Kind.AUDIO, timestamp_ms, body, self._stream)

    def data(self, timestamp_ms: int, body: bytes) -> bytes:
        return self._write(Kind.DATA, timestamp_ms, body, self._stream)

    def end(self) -> bytes:
        """Before the connection is closed in order; empty when nothing was published."""
        if not self.is_publishing:
            return b""
        return self._command("FCUnpublish", 6, None, self._key) + self._command(
            "deleteStream", 7, None, float(self._stream)
        )

    def _write(self, kind: Kind, timestamp_ms: int, payload: bytes, stream: int = 0) -> bytes:
        return write(Message(kind, timestamp_ms, stream, payload), self._chunk_bytes)

    def _command(self, name: str, transaction: float, *values: amf.Value, stream: int = 0) -> bytes:
        return self._write(Kind.COMMAND, 0, amf.encode(name, transaction, *values), stream)

    # --- handshake (5.2)

    def _shake_hands(self, data: bytes) -> bytes:
        self._greeting += data
        if self._greeting[:1] not in {b"", b"\x03"}:
            raise RtmpError("another version")
        if len(self._greeting) < 1 + 2 * _HANDSHAKE:
            return b""
        server_bytes = self._greeting[1 : 1 + _HANDSHAKE]  # to be sent back as C2; S2 brings ours
        rest, self._greeting = self._greeting[1 + 2 * _HANDSHAKE :], b""
        self._phase = _Phase.CONNECTING
        answer = server_bytes + self._write(Kind.SET_CHUNK_SIZE, 0, CHUNK_BYTES.to_bytes(4, "big"))
        self._chunk_bytes = CHUNK_BYTES
        connect: dict[str, amf.Value] = {
            "app": self._app,
            "type": "nonprivate",
            "flashVer": f"FMLE/3.0 (compatible; livehub {__version__})",
            "tcUrl": self._tc_url,
        }
        answer += self._command("connect", _CONNECT, connect)
        return answer + (self._take(rest) if rest else b"")

    # --- messages

    def _take(self, data: bytes) -> bytes:
        self._received += len(data)
        answer = b"".join(self._message(message) for message in self._reader.feed(data))
        if self._window and self._received - self._acknowledged >= self._window // 2:
            self._acknowledged = self._received
            answer += self._write(Kind.ACKNOWLEDGEMENT, 0, (self._received & 0xFFFFFFFF).to_bytes(4, "big"))
        return answer

    def _message(self, message: Message) -> bytes:
        if message.kind == Kind.COMMAND:
            return self._commanded(message.payload)
        if message.kind == Kind.WINDOW_SIZE and len(message.payload) == 4:
            self._window = int.from_bytes(message.payload, "big")
        elif message.kind == Kind.PEER_BANDWIDTH:
            return self._write(Kind.WINDOW_SIZE, 0, WINDOW_BYTES.to_bytes(4, "big"))
        elif message.kind == Kind.USER_CONTROL and message.payload[:2] == _PING.to_bytes(2, "big"):
            return self._write(Kind.USER_CONTROL, 0, _PONG.to_bytes(2, "big") + message.payload[2:6])
        return b""

    def _commanded(self, payload: bytes) -> bytes:
        values = amf.decode(payload)
        name, transaction = (*values, None, None)[:2]
        if name == "_result" and transaction == _CONNECT and self._phase is _Phase.CONNECTING:
            return self._create_stream()
        if name == "_result" and transaction == _CREATE_STREAM and self._phase is _Phase.CREATING:
            return self._publish(values)
        if name == "_error" and transaction in {_CONNECT, _CREATE_STREAM}:
            raise SendFailure("refused", "The service refuses the connection; look whether the address is right.")
        if name == "onStatus":
            self._status(values)
        elif name == "close":
            raise SendFailure("connection_closed", "The service ended the connection.")
        return b""

    def _create_stream(self) -> bytes:
        """With the two commands that older servers and CDNs wait for (as FMLE sends them)."""
        self._phase = _Phase.CREATING
        return (
            self._command("releaseStream", 2, None, self._key)
            + self._command("FCPublish", 3, None, self._key)
            + self._command("createStream", _CREATE_STREAM, None)
        )

    def _publish(self, values: list[amf.Value]) -> bytes:
        stream = values[3] if len(values) > 3 else None
        if not isinstance(stream, float) or not 0 <= stream < 2**31:
            raise RtmpError("a stream without a number")
        self._stream = int(stream)
        self._phase = _Phase.PUBLISHING
        return self._command("publish", 5, None, self._key, "live", stream=self._stream)

    def _status(self, values: list[amf.Value]) -> None:
        info = values[3] if len(values) > 3 else None
        code = info.get("code") if isinstance(info, dict) else None
        level = info.get("level") if isinstance(info, dict) else None
        if code == "NetStream.Publish.Start":
            if self._phase is _Phase.PUBLISHING:
                self._phase = _Phase.LIVE
        elif code == "NetStream.Publish.BadName":
            raise SendFailure("key_in_use", "The service does not take the key: it is wrong, or another sends with it.")
        elif code in {"NetStream.Publish.Denied", "NetStream.Publish.Rejected"}:
            raise SendFailure("key_refused", "The service does not take the key.", final=True)
        elif level == "error" or code in {"NetStream.Unpublish.Success", "NetConnection.Connect.Closed"}:
            raise SendFailure("connection_closed", "The service ended the stream.")
