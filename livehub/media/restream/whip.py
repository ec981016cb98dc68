"""A room sent to another server by WHIP: this server as a client, packets untouched save their numbers (RFC 9725).

Opening: offer in exactly the formats on stage → answer → ICE by an agent of our own → DTLS → SRTP. From then on each
packet of the stage is given a header, protected and sent at once; what comes back is feedback.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from livehub.media.addresses import IpAddress
from livehub.media.restream.answer import Answer, parse_answer
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.ice import Address, Credentials, IceAgent
from livehub.media.restream.offer import USUAL_H264_PROFILE, OfferedStream, build_offer
from livehub.media.restream.outgoing import OutgoingStream
from livehub.media.restream.programme import Programme
from livehub.media.restream.udp import UdpSocket
from livehub.media.restream.whip_http import WhipResource
from livehub.media.rtp import rtcp
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import Nal, nal_units
from livehub.media.rtp.nack import from_pairs
from livehub.media.rtp.timeline import ntp_from_unix, round_trip_s
from livehub.media.timers import Timers
from livehub.media.track import Track
from livehub.media.transport import (
    Certificate,
    DtlsSession,
    DtlsState,
    Scratch,
    protect,
    protect_rtcp,
    unprotect_rtcp,
)

log = logging.getLogger(__name__)

#: from the answer until DTLS is through
CONNECT_TIMEOUT_S: Final = 10.0
REPORT_INTERVAL_S: Final = 1.0
INITIAL_ROUND_TRIP_S: Final = 0.1
#: numbers that NACKs may name in a second, also in vain
MAX_ASKED_PER_S: Final = 4_000
AUDIO_SSRC, VIDEO_SSRC, RTX_SSRC = 0x20000001, 0x10000001, 0x10000002


@dataclass(frozen=True, slots=True)
class WhipSettings:
    """``ips`` are offered as host candidates; ``may_send_to`` refuses addresses that must get nothing."""

    certificate: Certificate
    ips: tuple[str, ...]
    may_send_to: Callable[[IpAddress], bool]
    timers: Timers


class WhipSending:
    """Implements :class:`livehub.media.restream.sending.Sending`."""

    def __init__(
        self, resource: WhipResource, settings: WhipSettings, on_failed: Callable[[SendFailure], None]
    ) -> None:
        self.dropped_frames = 0
        self._resource = resource
        self._settings = settings
        self._timers = settings.timers
        self._on_failed = on_failed
        self._local = Credentials(secrets.token_hex(4), secrets.token_hex(12))
        self._cname = secrets.token_hex(8)
        self._scratch = Scratch()
        self._streams: dict[str, OutgoingStream] = {}
        self._round_trip_s = INITIAL_ROUND_TRIP_S
        self._asked, self._asked_since_s = 0, 0.0
        self._socket: UdpSocket | None = None
        self._ice: IceAgent | None = None
        self._dtls: DtlsSession | None = None
        self._connected: asyncio.Future[None] | None = None
        self._is_live = self._is_closed = False

    @property
    def octets(self) -> int:
        return sum(stream.octets for stream in self._streams.values())

    # --- opening

    async def open(self, programme: Programme) -> None:
        """Raises: SendFailure."""
        self._connected = asyncio.get_running_loop().create_future()
        self._socket = UdpSocket(self._receive)
        offered = _offered(programme)
        offer = build_offer(
            offered,
            ips=self._settings.ips,
            port=self._socket.port,
            ice=self._local,
            fingerprint=self._settings.certificate.fingerprint,
            cname=self._cname,
        )
        answer = parse_answer(await self._resource.create(offer), offered)
        self._begin(answer)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._connected
        except TimeoutError:
            raise self._unreachable() from None
        self._make_streams(offered, answer)
        self._is_live = True
        self.use(programme)
        self._report()

    def _begin(self, answer: Answer) -> None:
        ice = self._ice = IceAgent(
            self._local,
            answer.ice,
            answer.candidates,
            send=self._send,
            may_send_to=self._settings.may_send_to,
            timers=self._timers,
            on_selected=self._selected,
            on_lost=lambda: self._fail(SendFailure("connection_lost", "The server does not answer any more.")),
        )
        if answer.is_lite and not ice.has_pairs:  # a full agent finds us by its own checks
            raise SendFailure("no_media_address", "The server names no address that media could be sent to.")
        self._dtls = DtlsSession(
            self._settings.certificate,
            answer.fingerprints,
            client=answer.dtls_client,
            send=self._send_selected,
            on_state=self._on_dtls_state,
        )
        ice.start()

    def _unreachable(self) -> SendFailure:
        if self._ice is not None and self._ice.selected is not None:
            return SendFailure("media_refused", "The server did not agree on keys for the media in time.")
        return SendFailure("media_unreachable", "The server's media port cannot be reached (UDP).")

    def _make_streams(self, offered: Sequence[OfferedStream], answer: Answer) -> None:
        for stream, accepted in zip(offered, answer.streams, strict=True):
            if accepted is not None:
                self._streams[stream.codec.kind] = OutgoingStream(
                    stream, accepted, send_rtp=self._send_rtp, timers=self._timers
                )

    def use(self, programme: Programme) -> bool:
        """False when something has to be negotiated anew. What goes silent for a while stays negotiated."""
        for kind, track in (("video", programme.video), ("audio", programme.audio)):
            stream = self._streams.get(kind)
            if track is not None and (stream is None or stream.codec is not track.codec):
                if kind == "audio" and stream is None:
                    continue  # the server did not want sound
                return False
        for kind, track in (("video", programme.video), ("audio", programme.audio)):
            if kind in self._streams:
                self._streams[kind].show(track)
        return True

    # --- ends

    async def close(self) -> None:
        """Idempotent: media first, then the server is told."""
        if self._is_closed:
            return
        self._is_closed = True
        for stream in self._streams.values():
            stream.close()
        if self._streams:
            self._send_rtcp(rtcp.pack_receiver_report(0, []) + rtcp.pack_bye([s.ssrc for s in self._streams.values()]))
        if self._dtls is not None:
            self._dtls.close()
        if self._ice is not None:
            self._ice.close()
        if self._socket is not None:
            self._socket.close()
        await self._resource.delete()

    def _fail(self, failure: SendFailure) -> None:
        if self._is_closed:
            return
        if self._connected is not None and not self._connected.done():
            self._connected.set_exception(failure)
        elif self._is_live:
            self._is_live = False
            self._on_failed(failure)

    # --- transport

    def _selected(self) -> None:
        if self._dtls is not None:
            self._dtls.start()

    def _on_dtls_state(self, state: DtlsState) -> None:
        if state is DtlsState.CONNECTED:
            if self._connected is not None and not self._connected.done():
                self._connected.set_result(None)
        elif state is DtlsState.CLOSED:
            self._fail(
                SendFailure("connection_closed", "The server ended the session.")
                if self._is_live
                else SendFailure("media_refused", "The server and this one did not agree on keys for the media.")
            )

    def _receive(self, data: bytes, address: Address) -> None:
        """By first byte, RFC 7983 section 7; past STUN only from the address that ICE has chosen."""
        ice, dtls = self._ice, self._dtls
        if ice is None or dtls is None:
            return
        if data[0] < 4:
            ice.receive(data, address)
        elif address != ice.selected:
            return
        elif 19 < data[0] < 64:
            dtls.receive(data)
        elif 127 < data[0] < 192 and len(data) > 8 and 64 <= data[1] & 0x7F < 96 and dtls.rx is not None:
            plain = self._scratch.seal(unprotect_rtcp, dtls.rx, data)
            if plain is not None:
                self._feedback(plain)

    def _send(self, data: bytes, address: Address) -> None:
        if self._socket is not None:
            self._socket.send(data, address)

    def _send_selected(self, data: bytes) -> None:
        if self._ice is not None and self._ice.selected is not None:
            self._send(data, self._ice.selected)

    def _send_rtp(self, packet: bytes) -> None:
        self._send_sealed(protect, packet)

    def _send_rtcp(self, packet: bytes) -> None:
        self._send_sealed(protect_rtcp, packet)

    def _send_sealed(self, function: Callable[[Any, Any, Any], int], packet: bytes) -> None:
        session = self._dtls.tx if self._dtls is not None else None
        sealed = self._scratch.seal(function, session, packet) if session is not None else None
        if sealed is not None:
            self._send_selected(sealed)

    # --- feedback

    def _feedback(self, data: bytes) -> None:
        try:
            packets = rtcp.parse_compound(data)
        except RtpError:
            return
        for packet in packets:
            if isinstance(packet, rtcp.Nack):
                self._nack(packet)
            elif isinstance(packet, rtcp.KeyframeRequest):
                for stream in self._streams.values():
                    if stream.ssrc == packet.media_ssrc or len(self._streams) == 1:
                        stream.request_keyframe()
            elif isinstance(packet, rtcp.ReceiverReport | rtcp.SenderReport):
                self._measure(packet.reports)

    def _nack(self, packet: rtcp.Nack) -> None:
        stream = next((item for item in self._streams.values() if item.ssrc == packet.media_ssrc), None)
        if stream is None:
            return
        now_s = self._timers.monotonic()
        if now_s - self._asked_since_s > 1.0:
            self._asked, self._asked_since_s = 0, now_s
        for number in islice(from_pairs(packet.pairs), max(MAX_ASKED_PER_S - self._asked, 0)):
            self._asked += 1
            stream.resend(number, now_s, self._round_trip_s)

    def _measure(self, reports: Sequence[rtcp.ReceptionReport]) -> None:
        now_ntp = ntp_from_unix(self._timers.unix())
        for report in reports:
            measured = round_trip_s(now_ntp, report.last_sr, report.delay_since_last_sr)
            if measured is not None:
                self._round_trip_s = min(max(measured, 0.01), 1.0)

    def _report(self) -> None:
        if self._is_closed:
            return
        now_ntp = ntp_from_unix(self._timers.unix())
        for stream in self._streams.values():
            report = stream.report(now_ntp, self._cname)
            if report:
                self._send_rtcp(report)
        self._timers.call_later(REPORT_INTERVAL_S, self._report)


def _offered(programme: Programme) -> list[OfferedStream]:
    """Sound always, so that a voice that comes later needs no new session."""
    streams = [OfferedStream(Codec.OPUS, AUDIO_SSRC)]
    if programme.video is not None:
        video = programme.video
        profile = h264_profile_of(video) if video.codec is Codec.H264 else ""
        streams.append(OfferedStream(video.codec, VIDEO_SSRC, RTX_SSRC, profile or USUAL_H264_PROFILE))
    return streams


def h264_profile_of(track: Track) -> str:
    """``profile-level-id`` of what is kept since the last keyframe (RFC 6184 section 8.1); empty when there is none."""
    for packet in list(track.since_keyframe)[:4]:
        try:
            units = nal_units([packet.payload])
        except RtpError:
            continue
        for unit in units:
            if unit[0] & 31 == Nal.SPS and len(unit) > 3:
                return unit[1:4].hex()
    return ""
