"""A publisher and a viewer for bad networks: the one answers NACKs, the other asks for what it misses and counts.

Each packet of the stream says which it is, so what reached a viewer is counted at the end and not guessed on the way.
"""

import asyncio
import struct
from collections.abc import Coroutine
from dataclasses import dataclass, field

from livehub.bench.light import (
    AUDIO_SSRC,
    H264_PT,
    H264_RTX_PT,
    OPUS_PT,
    VIDEO_RTX_SSRC,
    VIDEO_SSRC,
    LightClient,
)
from livehub.media.rtp import rtcp
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import RtpHeader, build_header
from livehub.media.rtp.nack import NackGenerator, from_pairs, to_pairs
from livehub.media.rtp.sequence import Arrival, SequenceTracker

FRAMES_PER_S, AUDIO_PER_S = 30, 50
#: a sender that is later than this does not make up for it
MOST_BEHIND_S = 0.05
_MARK = struct.Struct("!BIII")  # NAL unit header or TOC, packet, frame, packets in the frame
_NAL_KEYFRAME, _NAL_DELTA, _TOC = 0x67, 0x61, 0x78
#: frames of a browser count as frozen when they come this much later than they should (W3C webrtc-stats, freezeCount)
FREEZE_S = 0.150


@dataclass(frozen=True, slots=True)
class StreamShape:
    """``packets_per_frame`` of ``packet_bytes`` each; a keyframe has ``keyframe_packets`` and comes when asked for."""

    packets_per_frame: int = 3
    packet_bytes: int = 900
    keyframe_packets: int = 8
    audio: bool = True


class LossyPublisher:
    """Sends a stream through a :class:`LightClient` and repeats what is asked for, as a browser does."""

    def __init__(self, client: LightClient, shape: StreamShape | None = None) -> None:
        self.client = client
        self.shape = shape or StreamShape()
        self.frames = self.packets = self.audio_packets = self.repeated = self.keyframes = 0
        self.limit_bps: int | None = None
        self._kept: dict[int, bytes] = {}  # what of the video was sent, by sequence number
        self._kept_audio: dict[int, tuple[int, bytes]] = {}
        self._ticks = 0
        self._credit = 0.0  # bytes that the limit leaves
        self._rtx_sequence = 100
        self._read = 0
        self._wants_keyframe = True

    async def run(self, seconds: float) -> None:
        """So many seconds of pictures and sound. On a busy machine it takes longer rather than sending in bursts."""
        loop = asyncio.get_running_loop()
        due_s, sound = loop.time(), 0
        for frame in range(round(seconds * FRAMES_PER_S)):
            self.send_frame()
            while self.shape.audio and sound * FRAMES_PER_S < (frame + 1) * AUDIO_PER_S:
                self.send_audio()
                sound += 1
            due_s = max(due_s, loop.time() - MOST_BEHIND_S) + 1 / FRAMES_PER_S
            while loop.time() < due_s:
                self.answer_feedback()
                await asyncio.sleep(1 / FRAMES_PER_S / 5)
            self.answer_feedback()

    def send_frame(self) -> None:
        shape, is_keyframe = self.shape, self._wants_keyframe
        self._ticks += 1
        count = self._packets_allowed(shape.keyframe_packets if is_keyframe else shape.packets_per_frame)
        if not count:
            return  # as an encoder leaves out pictures when it has no bits for them
        self._wants_keyframe = False
        self.keyframes += is_keyframe
        for index in range(count):
            unit = _NAL_KEYFRAME if is_keyframe and index == 0 else _NAL_DELTA
            payload = _MARK.pack(unit, self.packets, self.frames, count).ljust(shape.packet_bytes, b"\0")
            timestamp = self._ticks * 90_000 // FRAMES_PER_S
            self.client.send_rtp(VIDEO_SSRC, H264_PT, timestamp, payload, marker=index == count - 1)
            number = self.client.sequence[VIDEO_SSRC]
            self._kept[number] = struct.pack("!BI", index == count - 1, timestamp) + payload
            self.packets += 1
        while len(self._kept) > 2000:
            del self._kept[next(iter(self._kept))]
        self.frames += 1

    def _packets_allowed(self, wanted: int) -> int:
        """Of ``wanted``, what the server says gets through (REMB), repeats in it; a keyframe is sent whole."""
        if self.limit_bps is None:
            return wanted
        self._credit = min(self._credit + self.limit_bps / 8 / FRAMES_PER_S, self.limit_bps / 8)
        count = min(wanted, max(int(self._credit // self.shape.packet_bytes), 0))
        if count and self._wants_keyframe:
            count = wanted
        self._credit -= count * self.shape.packet_bytes
        return count

    def send_audio(self) -> None:
        payload = _MARK.pack(_TOC, self.audio_packets, 0, 1).ljust(80, b"\0")
        self.client.send_rtp(AUDIO_SSRC, OPUS_PT, self.audio_packets * 960, payload)
        self._kept_audio[self.client.sequence[AUDIO_SSRC]] = (self.audio_packets * 960, payload)
        self._kept_audio.pop((self.client.sequence[AUDIO_SSRC] - 100) & 0xFFFF, None)
        self.audio_packets += 1

    def answer_feedback(self) -> None:
        reports, self._read = self.client.rtcp[self._read :], len(self.client.rtcp)
        for compound in reports:
            for packet in _parse(compound):
                if isinstance(packet, rtcp.KeyframeRequest):
                    self._wants_keyframe = True
                elif isinstance(packet, rtcp.Remb):
                    self.limit_bps = packet.bitrate_bps
                elif isinstance(packet, rtcp.Nack):
                    repeat = self._repeat if packet.media_ssrc == VIDEO_SSRC else self._repeat_audio
                    for number in from_pairs(packet.pairs):
                        repeat(number)

    def _repeat(self, number: int) -> None:
        kept = self._kept.get(number)
        if kept is None or not self._may_repeat():
            return
        self.repeated += 1
        marker, timestamp = struct.unpack_from("!BI", kept)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        header = build_header(
            payload_type=H264_RTX_PT, sequence_number=self._rtx_sequence, timestamp=timestamp, ssrc=VIDEO_RTX_SSRC,
            marker=bool(marker),
        )  # fmt: skip
        self.client.send_raw_rtp(header + struct.pack("!H", number) + kept[5:])

    def _repeat_audio(self, number: int) -> None:
        """Under its own number: there is no RTX for sound."""
        kept = self._kept_audio.get(number)
        if kept is not None:
            timestamp, payload = kept
            header = build_header(payload_type=OPUS_PT, sequence_number=number, timestamp=timestamp, ssrc=AUDIO_SSRC)
            self.client.send_raw_rtp(header + payload)

    def _may_repeat(self) -> bool:
        """What is repeated counts as what is new does, as in browsers; a quarter of a second of it may be owed."""
        if self.limit_bps is not None:
            if self._credit < -self.limit_bps / 8 / 4:
                return False
            self._credit -= self.shape.packet_bytes
        return True


def _parse(compound: bytes) -> list[rtcp.RtcpPacket]:
    try:
        return rtcp.parse_compound(compound)
    except RtpError:
        return []


@dataclass(slots=True)
class Seen:
    """What reached a viewer. Times are seconds of the event loop."""

    #: packets of the source that came at all, and those that came first by RTX
    packets: set[int] = field(default_factory=set)
    repaired: set[int] = field(default_factory=set)
    audio: set[int] = field(default_factory=set)
    #: from noticing that one was missing to having it
    repair_s: list[float] = field(default_factory=list)
    #: when each whole and decodable frame was there
    frames_s: list[float] = field(default_factory=list)
    keyframe_requests: int = 0

    def recovered_share(self, sent: int) -> float:
        """Of the first ``sent`` packets, without those before this viewer began, the share that came in the end."""
        return _share(self.packets, sent)

    def audio_share(self, sent: int) -> float:
        return _share(self.audio, sent)

    def freezes(self) -> list[float]:
        """How long the picture stood still each time (seconds)."""
        gaps = [later - earlier for earlier, later in zip(self.frames_s, self.frames_s[1:], strict=False)]
        return [gap for gap in gaps if gap > FREEZE_S + 1 / FRAMES_PER_S]


def _share(came: set[int], sent: int) -> float:
    counted = [number for number in came if number < sent]
    return len(counted) / (sent - min(counted)) if counted else 0.0


class LossyViewer:
    """Watches through a :class:`LightClient`: reorders, asks by NACK, takes RTX, asks for a keyframe when lost."""

    #: a picture that lacks something for this long is given up, and a keyframe asked for
    GIVE_UP_S = 0.6

    def __init__(self, client: LightClient) -> None:
        self.client = client
        self.seen = Seen()
        self._nack = NackGenerator()
        self._ssrc = self._audio_ssrc = 0
        self._audio_nack = NackGenerator()
        self._audio_tracker: SequenceTracker
        self._tracker: SequenceTracker | None = None
        self._noticed: dict[int, float] = {}
        self._read = 0
        self._frames: dict[int, set[int]] = {}  # frame → packets that came
        self._sizes: dict[int, tuple[int, bool]] = {}  # frame → (packets it has, is a keyframe)
        self._next_frame: int | None = None
        self._stuck_s: float | None = None

    @property
    def asked(self) -> int:
        """Video packets asked for, those asked for again included."""
        return self._nack.asked

    async def follow(self, sending: Coroutine[None, None, None], tick_s: float = 0.005) -> None:
        """Watch as long as ``sending`` runs."""
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(sending)
        while not task.done():
            self.step(loop.time())
            await asyncio.sleep(tick_s)
        await task

    def step(self, now_s: float) -> None:
        arrived, self._read = self.client.rtp[self._read :], len(self.client.rtp)
        for header, payload in arrived:
            self._take(header, payload, now_s)
        for ssrc, nack in ((self._ssrc, self._nack), (self._audio_ssrc, self._audio_nack)):
            wanted = nack.due(now_s)
            if wanted:
                self.client.send_rtcp(rtcp.pack_nack(1, ssrc, to_pairs(wanted)))
        if self._ssrc:
            self._play(now_s)

    def _take(self, header: RtpHeader, payload: bytes, now_s: float) -> None:
        if header.payload_type == H264_PT:
            self._ssrc = header.ssrc
            self._video(header.sequence_number, payload, now_s, repair=False)
        elif header.payload_type == H264_RTX_PT and len(payload) > 2:
            self._video(int.from_bytes(payload[:2], "big"), payload[2:], now_s, repair=True)
        elif header.payload_type == OPUS_PT:
            self._audio(header, payload, now_s)

    def _audio(self, header: RtpHeader, payload: bytes, now_s: float) -> None:
        if not self._audio_ssrc:
            self._audio_ssrc, self._audio_tracker = header.ssrc, SequenceTracker(header.sequence_number)
        arrival, delta = self._audio_tracker.update(header.sequence_number)
        if arrival is Arrival.NEW and delta > 1:
            self._audio_nack.gap(header.sequence_number, delta, now_s)
        elif arrival is Arrival.LATE:
            self._audio_nack.received(header.sequence_number, now_s, repair=True)
        self.seen.audio.add(_MARK.unpack_from(payload)[1])

    def _video(self, number: int, payload: bytes, now_s: float, *, repair: bool) -> None:
        if self._tracker is None:
            self._tracker = SequenceTracker(number)
        arrival, delta = self._tracker.update(number)
        if arrival is Arrival.NEW and delta > 1:
            self._nack.gap(number, delta, now_s)
            for missing in range(number - delta + 1, number):
                self._noticed[missing & 0xFFFF] = now_s
        elif arrival is Arrival.LATE:
            self._nack.received(number, now_s, repair=repair)
            noticed_s = self._noticed.pop(number, None)
            if noticed_s is not None:
                self.seen.repair_s.append(now_s - noticed_s)
        unit, packet, frame, count = _MARK.unpack_from(payload)
        if repair and packet not in self.seen.packets:
            self.seen.repaired.add(packet)
        self.seen.packets.add(packet)
        self._frames.setdefault(frame, set()).add(packet)
        is_keyframe = unit == _NAL_KEYFRAME or self._sizes.get(frame, (0, False))[1]
        self._sizes[frame] = (count, is_keyframe)

    def _play(self, now_s: float) -> None:
        """Show whole frames in order; jump to the next whole keyframe when one does not become whole."""
        while True:
            keyframes = sorted(frame for frame in self._frames if self._is_whole(frame) and self._sizes[frame][1])
            following = self._next_frame
            if following is not None and self._is_whole(following):
                self._show(following, now_s)
            elif keyframes and (following is None or keyframes[-1] > following):
                self._show(keyframes[-1], now_s)
            else:
                break
        if self._frames and self._stuck_s is None:
            self._stuck_s = now_s
        if self._stuck_s is not None and now_s - self._stuck_s > self.GIVE_UP_S:
            self._stuck_s = now_s
            self.seen.keyframe_requests += 1
            self.client.request_keyframe(self._ssrc)

    def _is_whole(self, frame: int) -> bool:
        return len(self._frames.get(frame, ())) == self._sizes.get(frame, (-1, False))[0]

    def _show(self, frame: int, now_s: float) -> None:
        self.seen.frames_s.append(now_s)
        self._next_frame, self._stuck_s = frame + 1, None
        for old in [number for number in self._frames if number <= frame]:
            del self._frames[old], self._sizes[old]
