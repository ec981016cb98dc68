"""A branch's side of a room that spans workers: publishers that are elsewhere, fed with the packets that they sent."""

import asyncio
import logging
from pathlib import Path
from typing import cast

from livehub.media.cluster.protocol import ProtocolError
from livehub.media.cluster.relay import Kind, Records, keyframe_record, read_opened, record
from livehub.media.errors import CodecNotSupported, MalformedSdp, OfferNotAcceptable
from livehub.media.peer import PeerHandler
from livehub.media.plane import MediaPlane
from livehub.media.rtp import rtcp
from livehub.media.rtp.errors import RtpError

log = logging.getLogger(__name__)


class RelayedEnd:
    """Stands where a publisher has its peer. Requests for keyframes go up; everything else is the owner's business."""

    def __init__(self, number: int, intake: "Intake") -> None:
        self.handler: PeerHandler | None = None
        self._number = number
        self._intake = intake
        self._closed = False

    @property
    def is_connected(self) -> bool:
        return not self._closed

    def send_rtcp(self, packet: bytes) -> None:
        try:
            packets = rtcp.parse_compound(packet)
        except RtpError:
            return  # made for a browser, in a form that we do not read ourselves
        for item in packets:
            if isinstance(item, rtcp.KeyframeRequest):
                self._intake.ask(keyframe_record(self._number, item.media_ssrc))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self.handler is not None:
                self.handler.closed()


class Intake(asyncio.Protocol):
    """One room from its owner. When the connection ends, so do its publishers."""

    def __init__(self, plane: MediaPlane, open_intakes: set["Intake"]) -> None:
        self._plane = plane
        self._open = open_intakes
        self._records = Records()
        self._room_id = ""
        self._ends: dict[int, RelayedEnd] = {}
        self._transport: asyncio.Transport | None = None

    def ask(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, number, body in self._records.feed(data):
                self._take(kind, number, body)
        except (ProtocolError, UnicodeDecodeError):
            log.exception("the owner of room %s says what it should not", self._room_id)
            self.close()
        self._plane.flush()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)
        ends, self._ends = self._ends, {}
        for end in ends.values():
            end.close()

    def _take(self, kind: Kind, number: int, body: memoryview) -> None:
        end = self._ends.get(number)
        if kind is Kind.RTP:
            if end is not None and end.handler is not None:
                end.handler.received_rtp(body)
        elif kind is Kind.RTCP:
            if end is not None and end.handler is not None:
                end.handler.received_rtcp(body)
        elif kind is Kind.OPENED and self._room_id:
            self._opened(number, body)
        elif kind is Kind.CLOSED:
            if end is not None:
                del self._ends[number]
                end.close()
        elif kind is Kind.MARK:
            self.ask(record(Kind.MARK))
        elif kind is Kind.ROOM and not self._room_id:
            self._room_id = str(body, "utf-8")
        else:
            raise ProtocolError(f"{kind.name} is nothing that an owner says now")

    def _opened(self, number: int, body: memoryview) -> None:
        opened = read_opened(body)
        end = RelayedEnd(number, self)
        try:
            self._plane.relay(
                self._room_id,
                opened.identity,
                opened.display_name,
                opened.offer_sdp,
                end,
                source=opened.source,
                is_host=opened.is_host,
            )
        except (MalformedSdp, OfferNotAcceptable, CodecNotSupported) as error:
            raise ProtocolError(f"an offer that its owner took cannot be taken: {error}") from error
        self._ends[number] = end
        if end.handler is not None:
            end.handler.connected()


class Branches:
    """Listens for the owners of rooms that this worker helps with. The socket is in a directory of the parent's."""

    def __init__(self, plane: MediaPlane, path: Path) -> None:
        self._plane = plane
        self._path = path
        self._intakes: set[Intake] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """
        Raises:
            OSError.
        """
        self._path.unlink(missing_ok=True)  # of the process that was here before
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: Intake(self._plane, self._intakes), str(self._path))

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for intake in list(self._intakes):
            intake.close()
