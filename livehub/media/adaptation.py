"""One viewer's video fitted to its link: a layer for each slot, and a lane where the link is narrow."""

from collections.abc import Sequence

from livehub.media.pacing import Lane, Pacer
from livehub.media.rtp.layers import PAUSED, Demand, LayerControl
from livehub.media.slot import Slot
from livehub.media.source import Source
from livehub.media.timers import Timers

#: how much faster than the estimate a lane is emptied: it must be able to empty itself
PACE = 1.2


class Adaptation:
    """What comes back from the viewer goes in, layers for its slots come out. No timer: feedback comes every second."""

    def __init__(self, slots: Sequence[Slot], *, timers: Timers, pacer: Pacer) -> None:
        self.control = LayerControl()
        self.lane: Lane | None = None
        self._slots = slots
        self._timers = timers
        self._pacer = pacer
        self._is_choosing = False

    def remb(self, bitrate_bps: int) -> None:
        if self.control.remb(bitrate_bps, self._timers.monotonic()) or self._is_restless:
            self.adapt()

    def report(self, fraction_lost: float, round_trip_s: float | None) -> None:
        if self.control.report(fraction_lost, round_trip_s, self._timers.monotonic()) or self._is_restless:
            self.adapt()

    @property
    def _is_restless(self) -> bool:
        return not self.control.is_settled or self.lane is not None

    def adapt(self) -> None:
        """Choose anew: slots show something else or in another size, layers came or went, or the link has changed."""
        if self._is_choosing:
            return  # a slot that changes lanes may overflow one
        self._is_choosing = True
        try:
            self._adapt(self._timers.monotonic())
        finally:
            self._is_choosing = False

    def _adapt(self, now_s: float) -> None:
        shown = [(slot, slot.source) for slot in self._slots if slot.source is not None and slot.source.tracks]
        if shown:
            demands = [Demand(source.offered, slot.wished_width, current_layer(slot, source)) for slot, source in shown]
            choices = self.control.choose(demands, now_s)
            for (slot, source), choice in zip(shown, choices, strict=True):
                slot.is_held_back = choice == PAUSED
                if choice == PAUSED:
                    slot.take(None)
                else:
                    slot.take(source.tracks[choice])
                    source.wake(source.tracks[choice], now_s)
        self._change_lanes(now_s)

    def _change_lanes(self, now_s: float) -> None:
        narrow = self.control.is_narrow(now_s)
        if narrow and self.lane is None:
            self.lane = self._pacer.open(self._overflowed)
        if self.lane is not None:
            self.lane.set_rate(self.control.estimate_bps * PACE)
            if not narrow and not len(self.lane):
                self.close()
        for slot in self._slots:
            slot.use_lane(self.lane)

    def _overflowed(self, rate_bps: float) -> None:
        self.control.overflowed(rate_bps / PACE, self._timers.monotonic())
        self.adapt()

    def close(self) -> None:
        """Give the lane back; slots leave it first when the viewer goes."""
        if self.lane is not None:
            self._pacer.close(self.lane)
            self.lane = None


def current_layer(slot: Slot, source: Source) -> int | None:
    """Index among what the source offers; None when the slot has just begun with it, or its layer has stopped."""
    if slot.is_held_back:
        return PAUSED
    track = slot.next_track or slot.track
    return source.tracks.index(track) if track is not None and track in source.tracks else None
