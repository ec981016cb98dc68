"""Light WebRTC clients: real ICE checks, real DTLS, real SRTP, and nothing else.

For load and for tests: three hundred browsers do not fit on one machine, three hundred of these do. A client asks for
an answer by a callable, so that the same one speaks to a plane in process or to a server over HTTP.
"""

import asyncio
import re
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from livehub.media import stun
from livehub.media.rtp.audio_level import AUDIO_LEVEL_URI
from livehub.media.rtp.header import RtpHeader, build_header, parse_header
from livehub.media.sdp import MID_URI, REPAIRED_RID_URI, RID_URI
from livehub.media.transport import (
    Certificate,
    DtlsSession,
    DtlsState,
    Fingerprint,
    Scratch,
    protect,
    protect_rtcp,
    unprotect,
    unprotect_rtcp,
)

AUDIO_LEVEL_ID = 1
MID_ID, RID_ID, REPAIRED_RID_ID = 3, 4, 5
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
OPUS_PT, H264_PT, H264_RTX_PT, VP8_PT, VP8_RTX_PT = 111, 108, 109, 96, 97
AUDIO_SSRC, VIDEO_SSRC, VIDEO_RTX_SSRC = 1001, 1002, 1003
#: SSRCs of simulcast layers, in the order of their RIDs; browsers do not declare them, so neither do light clients
LAYER_SSRC, LAYER_RTX_SSRC = 2001, 3001


@dataclass(frozen=True, slots=True)
class OfferOptions:
    """What a light client offers. ``direction`` is ``sendonly`` or ``recvonly``; ``level``: it tells its loudness.

    ``rids``: layers of a camera sent as simulcast (RFC 8853).
    """

    direction: str
    audio: int = 1
    video: int = 1
    h264: bool = True
    vp8: bool = False
    rtx: bool = True
    pli: bool = True
    setup: str = "actpass"
    level: bool = False
    audio_nack: bool = False
    rids: tuple[str, ...] = ()


def build_offer(options: OfferOptions, ufrag: str, password: str, fingerprint: str) -> str:
    sections = ["audio"] * options.audio + ["video"] * options.video
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines.append("a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(sections))))
    for mid, kind in enumerate(sections):
        codecs = _audio_lines(options) if kind == "audio" else _video_lines(options)
        payload_types = " ".join(re.findall(r"a=rtpmap:(\d+)", "\n".join(codecs)))
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload_types}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{ufrag}",
            f"a=ice-pwd:{password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            f"a=setup:{options.setup}",
            f"a=mid:{mid}",
            f"a={options.direction}",
            "a=rtcp-mux",
            *codecs,
        ]
        if kind == "video" and options.rids:
            lines += [f"a=rid:{rid} send" for rid in options.rids]
            lines.append(f"a=simulcast:send {';'.join(options.rids)}")
        elif options.direction == "sendonly":
            lines += _source_lines(kind, rtx=options.rtx)
    return "\r\n".join(lines) + "\r\n"


def _source_lines(kind: str, *, rtx: bool) -> list[str]:
    if kind == "audio":
        return [f"a=ssrc:{AUDIO_SSRC} cname:light"]
    if not rtx:
        return [f"a=ssrc:{VIDEO_SSRC} cname:light"]
    group = f"a=ssrc-group:FID {VIDEO_SSRC} {VIDEO_RTX_SSRC}"
    return [group, *(f"a=ssrc:{ssrc} cname:light" for ssrc in (VIDEO_SSRC, VIDEO_RTX_SSRC))]


def _audio_lines(options: OfferOptions) -> list[str]:
    level = [f"a=extmap:{AUDIO_LEVEL_ID} {AUDIO_LEVEL_URI}"] if options.level else []
    feedback = [f"a=rtcp-fb:{OPUS_PT} nack"] if options.audio_nack else []
    return [*level, f"a=rtpmap:{OPUS_PT} opus/48000/2", *feedback]


def _video_lines(options: OfferOptions) -> list[str]:
    lines = [f"a=extmap:2 {ABS_SEND_TIME}"]
    if options.rids:
        uris = ((MID_ID, MID_URI), (RID_ID, RID_URI), (REPAIRED_RID_ID, REPAIRED_RID_URI))
        lines += [f"a=extmap:{identifier} {uri}" for identifier, uri in uris]
    for wanted, number, rtx, name in (
        (options.h264, H264_PT, H264_RTX_PT, "H264"),
        (options.vp8, VP8_PT, VP8_RTX_PT, "VP8"),
    ):
        if not wanted:
            continue
        lines += [f"a=rtpmap:{number} {name}/90000", f"a=rtcp-fb:{number} nack"]
        if options.pli:
            lines.append(f"a=rtcp-fb:{number} nack pli")
        if name == "H264":
            lines.append(f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        if options.rtx:
            lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={number}"]
    return lines


def _named(
    ssrc: int, payload_type: int, number: int, timestamp: int, names: dict[int, bytes], *, marker: bool = False
) -> bytes:
    """An RTP header with extension elements of one-byte form (RFC 8285 section 4.2)."""
    elements = b"".join(bytes((identifier << 4 | len(name) - 1,)) + name for identifier, name in names.items())
    elements += bytes(-len(elements) % 4)
    fixed = struct.pack("!BBHII", 0x90, marker << 7 | payload_type, number, timestamp & 0xFFFFFFFF, ssrc)
    return fixed + struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements


class LightClient:
    """One peer. ``rtp`` and ``rtcp`` are called with what arrives, decrypted, once :meth:`listen` was called."""

    def __init__(self, certificate: Certificate, options: OfferOptions) -> None:
        self.options = options
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.answer = ""
        self.rtp: list[tuple[RtpHeader, bytes]] = []
        self.rtcp: list[bytes] = []
        self.closed = asyncio.Event()
        self.sequence = {AUDIO_SSRC: 5000, VIDEO_SSRC: 7000}
        for index in range(len(options.rids)):
            self.sequence |= {LAYER_SSRC + index: 9000 + 1000 * index, LAYER_RTX_SSRC + index: 100}
        self._certificate = certificate
        self._scratch = Scratch()
        self._sealed: list[bytes] | None = None
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._checked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.remote: tuple[str, int]
        self.dtls: DtlsSession

    @property
    def offer(self) -> str:
        return build_offer(self.options, self.ufrag, self.password, self._certificate.fingerprint)

    async def connect(self, exchange: Callable[[str], Awaitable[str]], *, timeout_s: float = 10.0) -> None:
        """Offer and answer, one ICE check that nominates, the DTLS handshake."""
        await self.use_answer(await exchange(self.offer), timeout_s=timeout_s)

    async def use_answer(self, answer: str, *, timeout_s: float = 10.0) -> None:
        self.answer = answer
        found = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        ufrag, password = re.search(r"a=ice-ufrag:(\S+)", answer), re.search(r"a=ice-pwd:(\S+)", answer)
        fingerprint = re.search(r"a=fingerprint:sha-256 (\S+)", answer)
        if not (found and ufrag and password and fingerprint):
            raise ValueError("the answer lacks a candidate, ICE credentials or a fingerprint")
        self.remote = (found[1], int(found[2]))
        self.remote_ufrag, self.remote_password = ufrag[1], password[1]
        if ":" in self.remote[0]:
            self._open_socket()
        self.socket.connect(self.remote)
        self.dtls = DtlsSession(
            self._certificate,
            (Fingerprint("sha-256", fingerprint[1]),),
            client="a=setup:passive" in answer,
            send=self._send,
            on_state=self._on_state,
        )
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._on_readable)
        self.check()
        async with asyncio.timeout(timeout_s):
            await self._checked
            self.dtls.start()
            await self._connected

    @property
    def is_connected(self) -> bool:
        return self._connected.done() and not self._connected.exception() and not self.closed.is_set()

    def check(self, *, nominate: bool = True) -> None:
        """Send one connectivity check; a session lives on these (RFC 7675)."""
        username, password = f"{self.remote_ufrag}:{self.ufrag}", self.remote_password.encode()
        self._send(stun.build_request(secrets.token_bytes(12), username, password, use_candidate=nominate))

    def migrate(self) -> None:
        """Go on from another local port, as a phone does that changes its network."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.socket.fileno())
        self._open_socket()
        self.socket.connect(self.remote)
        loop.add_reader(self.socket.fileno(), self._on_readable)
        self.check()

    def _open_socket(self) -> None:
        self.socket.close()
        family = socket.AF_INET6 if ":" in self.remote[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def send_rtp(
        self, ssrc: int, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False, step: int = 1
    ) -> None:
        """``step`` above 1 leaves a gap in the sequence numbers."""
        number = self.sequence[ssrc] = (self.sequence[ssrc] + step) & 0xFFFF
        self.send_raw_rtp(
            build_header(
                payload_type=payload_type, sequence_number=number, timestamp=timestamp, ssrc=ssrc, marker=marker
            )
            + payload
        )

    def send_audio(self, timestamp: int, payload: bytes, level: int) -> None:
        """A packet that says how loud it is (RFC 6464), -dBov."""
        number = self.sequence[AUDIO_SSRC] = (self.sequence[AUDIO_SSRC] + 1) & 0xFFFF
        header = struct.pack("!BBHII", 0x90, OPUS_PT, number, timestamp & 0xFFFFFFFF, AUDIO_SSRC)
        extension = struct.pack("!HHBBH", 0xBEDE, 1, AUDIO_LEVEL_ID << 4, level, 0)
        self.send_raw_rtp(header + extension + payload)

    def send_layer(
        self, layer: int, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False, step: int = 1
    ) -> int:
        """A packet of one simulcast layer, named by its MID and RID (RFC 8852). Gives its sequence number."""
        ssrc, mid = LAYER_SSRC + layer, str(self.options.audio).encode()
        number = self.sequence[ssrc] = (self.sequence[ssrc] + step) & 0xFFFF
        names = {MID_ID: mid, RID_ID: self.options.rids[layer].encode()}
        self.send_raw_rtp(_named(ssrc, payload_type, number, timestamp, names, marker=marker) + payload)
        return number

    def repair_layer(self, layer: int, payload_type: int, timestamp: int, number: int, payload: bytes) -> None:
        """Packet ``number`` of a layer by RTX (RFC 4588), named by its repaired RID."""
        ssrc = LAYER_RTX_SSRC + layer
        self.sequence[ssrc] = (self.sequence[ssrc] + 1) & 0xFFFF
        names = {MID_ID: str(self.options.audio).encode(), REPAIRED_RID_ID: self.options.rids[layer].encode()}
        header = _named(ssrc, payload_type, self.sequence[ssrc], timestamp, names)
        self.send_raw_rtp(header + struct.pack("!H", number) + payload)

    def send_raw_rtp(self, packet: bytes) -> None:
        sealed = self._scratch.seal(protect, self.dtls.tx, packet)
        if sealed is not None:
            self._send(sealed)

    @contextmanager
    def sealing(self) -> Iterator[list[bytes]]:
        """What is sent meanwhile is only sealed, into the list; :meth:`send_sealed` sends it, in this order."""
        sealed: list[bytes] = []
        self._sealed = sealed
        try:
            yield sealed
        finally:
            self._sealed = None

    def send_sealed(self, packet: bytes) -> None:
        self._send(packet)

    def send_rtcp(self, packet: bytes) -> None:
        sealed = self._scratch.seal(protect_rtcp, self.dtls.tx, packet)
        if sealed is not None:
            self._send(sealed)

    def request_keyframe(self, ssrc: int) -> None:
        self.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 1, ssrc))

    def audio(self) -> list[tuple[RtpHeader, bytes]]:
        return [item for item in self.rtp if item[0].payload_type == OPUS_PT]

    def video(self) -> list[tuple[RtpHeader, bytes]]:
        return [item for item in self.rtp if item[0].payload_type in {H264_PT, VP8_PT}]

    def stop_reading(self) -> None:
        """For load: the owner reads the socket itself."""
        asyncio.get_running_loop().remove_reader(self.socket.fileno())

    def close(self) -> None:
        if self.socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            if hasattr(self, "dtls"):
                self.dtls.close()
            self.socket.close()

    def _send(self, data: bytes) -> None:
        if self._sealed is not None:
            self._sealed.append(bytes(data))
            return
        try:
            self.socket.send(data)
        except (BlockingIOError, ConnectionRefusedError):
            return  # a datagram may be lost; the caller's checks and timers repeat

    def _on_state(self, state: DtlsState) -> None:
        if state is DtlsState.CONNECTED and not self._connected.done():
            self._connected.set_result(None)
        elif state is DtlsState.CLOSED:
            self.closed.set()
            if not self._connected.done():
                self._connected.set_exception(ConnectionError("the DTLS handshake failed"))

    def _on_readable(self) -> None:
        for _ in range(64):
            try:
                data = self.socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError, OSError):
                return
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        if data[0] < 4:
            if data[:2] == stun.REQUEST:  # from a server with a full ICE agent
                ip, port = ip_address(self.remote[0]), self.remote[1]
                self._send(stun.build_response(data[8:20], ip, port, self.password.encode()))
            elif not self._checked.done():
                self._checked.set_result(None)
        elif 19 < data[0] < 64:
            self.dtls.receive(data)
        elif self.dtls.rx is not None:
            if 64 <= data[1] & 0x7F < 96:
                plain = self._scratch.seal(unprotect_rtcp, self.dtls.rx, data)
                if plain is not None:
                    self.rtcp.append(plain)
            else:
                plain = self._scratch.seal(unprotect, self.dtls.rx, data)
                if plain is not None:
                    header = parse_header(plain)
                    self.rtp.append((header, plain[header.payload_start : header.payload_end]))
