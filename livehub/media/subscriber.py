"""Whoever watches: slots, and what the viewer's browser tells back (RFC 4585 feedback)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from livehub.media.adaptation import Adaptation
from livehub.media.counters import MediaCounters
from livehub.media.heard import Heard
from livehub.media.pacing import Pacer
from livehub.media.peer import Peer
from livehub.media.rtp import rtcp
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.nack import from_pairs
from livehub.media.rtp.timeline import ntp_from_unix, round_trip_s
from livehub.media.slot import Slot
from livehub.media.stage import SlotWish
from livehub.media.timers import Timers

#: until the first report with a round trip in it
INITIAL_ROUND_TRIP_S = 0.1
MIN_ROUND_TRIP_S, MAX_ROUND_TRIP_S = 0.01, 1.0
#: numbers that one viewer's NACKs may ask for in a second, also in vain: one datagram can name six thousand
MAX_ASKED_PER_S = 2_000


def _nothing() -> None:
    """What a closed viewer calls back."""


class Subscriber:
    """One viewing session. Its costs are bounded by the slots and the resend budget of each.

    ``excluded``: the identity whose media it never gets, its own. ``on_shown``: a slot shows another track.
    """

    def __init__(
        self,
        session_id: str,
        identity: str,
        slots: Sequence[Slot],
        *,
        excluded: str | None,
        peer: Peer,
        timers: Timers,
        on_connected: Callable[[], None],
        on_shown: Callable[[], None],
        on_closed: Callable[[], None],
        pacer: Pacer,
        counters: MediaCounters | None = None,
    ) -> None:
        self.session_id = session_id
        self.identity = identity
        self.excluded = excluded
        self.peer = peer
        self.slots = tuple(slots)
        self.video_slots = tuple(slot for slot in slots if slot.kind == "video")
        self.audio_slots = tuple(slot for slot in slots if slot.kind == "audio")
        #: kind → the codecs that the viewer decodes
        self.formats = {slot.kind: frozenset(slot.formats) for slot in slots}
        #: codecs on air that this viewer cannot decode; empty while there is something to see
        self.undecodable: frozenset[Codec] = frozenset()
        #: the language channel that is heard besides the floor
        self.channel: str | None = None
        #: by index of the video slot
        self.wishes: dict[int, SlotWish] = {}
        #: what the client was last told of its slots
        self.told: tuple[Mapping[str, Any], ...] = ()
        self.round_trip_s = INITIAL_ROUND_TRIP_S
        self.is_measured = False
        self.nacks = 0
        self._counters = counters or MediaCounters()
        self.fraction_lost = 0.0
        self.estimate_bps = 0
        self.malformed = 0
        self._may_ask, self._counted_s = float(MAX_ASKED_PER_S), timers.monotonic()
        self._by_ssrc = {slot.ssrc: slot for slot in slots}
        self._timers = timers
        self.adaptation = Adaptation(self.video_slots, timers=timers, pacer=pacer)
        self._on_connected = on_connected
        self._on_closed = on_closed
        self._closed = False
        for slot in slots:
            slot.on_shown = on_shown
        peer.handler = self

    def connected(self) -> None:
        self._on_connected()

    def wish(self, wish: SlotWish) -> None:
        """Remember what the viewer wants in a slot; one that it does not have is passed over."""
        for slot in self.video_slots:
            if slot.index == wish.slot:
                slot.wished_width = wish.width
                self.wishes[wish.slot] = wish

    def describe(self) -> tuple[Mapping[str, Any], ...]:
        """What the slots that show something show: [{mid, kind, slot, publisher, source}]."""
        return tuple(
            {
                "mid": slot.mid,
                "kind": slot.kind,
                "slot": slot.index,
                "publisher": shown.publisher,
                "source": shown.source,
            }
            for slot in self.slots
            if (shown := slot.track or (slot.source if slot.is_held_back else None)) is not None
        )

    def closed(self) -> None:
        if self._closed:
            return
        self._closed = True
        # What is called back knows this viewer: without the circle its memory is free at once, not at some collection.
        on_closed, self._on_closed, self._on_connected = self._on_closed, _nothing, _nothing
        for slot in self.slots:
            slot.close()
            slot.on_shown = _nothing
        self.adaptation.close()
        on_closed()

    def received_rtp(self, data: memoryview) -> None:
        """A viewer sends no media; what comes is dropped."""

    def received_rtcp(self, data: memoryview) -> None:
        try:
            packets = rtcp.parse_compound(data)
        except RtpError:
            self.malformed += 1
            return
        for packet in packets:
            if isinstance(packet, rtcp.Nack):
                self._nack(packet)
            elif isinstance(packet, rtcp.KeyframeRequest):
                self._counters.keyframe_requests_received += 1
                slot = self._by_ssrc.get(packet.media_ssrc)
                if slot is not None:
                    slot.keyframe_requested()
            elif isinstance(packet, rtcp.ReceiverReport | rtcp.SenderReport):
                self._reports(packet.reports)
            elif isinstance(packet, rtcp.Remb):
                self.estimate_bps = packet.bitrate_bps
                self.adaptation.remb(packet.bitrate_bps)
                for slot in self.slots:
                    slot.bound_resends(packet.bitrate_bps)

    def _nack(self, packet: rtcp.Nack) -> None:
        slot = self._by_ssrc.get(packet.media_ssrc)
        if slot is None:
            return
        self.nacks += 1
        self._counters.nacks_received += 1
        resent, now_s = slot.resent, self._timers.monotonic()
        grown = self._may_ask + (now_s - self._counted_s) * MAX_ASKED_PER_S
        self._may_ask, self._counted_s = min(grown, float(MAX_ASKED_PER_S)), now_s
        for sequence_number in islice(from_pairs(packet.pairs), int(self._may_ask)):
            self._may_ask -= 1
            slot.resend(sequence_number, now_s, self.round_trip_s)
        self._counters.resends += slot.resent - resent

    def _reports(self, reports: Sequence[rtcp.ReceptionReport]) -> None:
        now_ntp = ntp_from_unix(self._timers.unix())
        worst: float | None = None
        shortest: float | None = None
        for report in reports:
            slot = self._by_ssrc.get(report.ssrc)
            if slot is None:
                continue
            slot.heard = Heard.told(report, 90_000 if slot.kind == "video" else 48_000)
            self.fraction_lost = report.fraction_lost / 256
            measured = round_trip_s(now_ntp, report.last_sr, report.delay_since_last_sr)
            if measured is not None:
                self.is_measured = True
                self.round_trip_s = min(max(measured, MIN_ROUND_TRIP_S), MAX_ROUND_TRIP_S)
            if slot.kind == "video":
                worst = max(worst or 0.0, self.fraction_lost)
                shortest = measured if shortest is None or measured is None else min(shortest, measured)
        if worst is not None:
            self.adaptation.report(worst, shortest)
