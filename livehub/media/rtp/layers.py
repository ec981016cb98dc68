"""Which layer each slot of a viewer gets: by bandwidth, loss, round trip and the size it is shown in. Pure.

The receiver's own estimate (REMB, draft-alvestrand-rmcat-remb) says what it can take, but only near what it gets: a
browser never claims more than half as much again, and after a step up its claim stays behind for many seconds. So a
claim that *falls* is believed at once, one that rises vouches for what it says, and beyond that a step up is tried: one
layer of one slot at a time, undone at the first sign of congestion, and after that tried ever more seldom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

#: what a viewer is believed to take before anything is known of it
INITIAL_BPS = 1_200_000.0
#: a claim is a fall when it is this much below the one before
FALL = 0.97
#: and it concerns us when it is not above what is sent by this much
NEAR = 1.1
#: loss of a report that means congestion (draft-ietf-rmcat-gcc section 6)
LOSS = 0.10
#: below this much a receiver that makes no claims is believed to take so much more with each report (the same section)
CLEAN, GROWTH = 0.02, 1.08
#: a round trip this much above the shortest, and at least twice it, means a queue
QUEUE_S = 0.15
#: reports of the time before a step down are not held against what came after it
GUARD_S = 1.5
#: how long a step up is on trial
TRIAL_S = 4.0
#: least time from one step up to the next, while all went well so far, and after congestion
FIRST_STEP_S, STEP_S = 0.8, 3.0
#: how long after congestion nothing is tried; doubled each time a step up fails
MIN_HOLD_S, MAX_HOLD_S = 5.0, 60.0
#: congestion within this time after a step up is blamed on it, and the next one waits longer
BLAME_S = 20.0
#: after so long without congestion all is forgiven
FORGET_S = 120.0
#: a claim vouches for a step up when it is this much above what that needs
MARGIN = 1.15
#: encoders do not keep their rate to the bit: without congestion what is sent may be this much above the estimate
CALM = 1.25
#: a layer is large enough when it has this share of the pixels it is shown in
ENOUGH = 0.85
#: how long after congestion a link with little room counts as narrow
NARROW_S = 30.0
PAUSED = -1


@dataclass(frozen=True, slots=True)
class Layer:
    """``width`` in pixels, 0 for unknown."""

    bitrate_bps: float
    width: int = 0


@dataclass(frozen=True, slots=True)
class Demand:
    """What a slot could show: ``layers`` from the smallest on, not empty.

    ``current``: what it gets, or PAUSED; None when it has just begun. ``width``: pixels it is shown in, 0 for unknown.
    Demands stand in the order of their importance.
    """

    layers: tuple[Layer, ...]
    width: int = 0
    current: int | None = None

    @property
    def wanted(self) -> int:
        """The smallest layer that is large enough."""
        if self.width:
            for index, layer in enumerate(self.layers):
                if layer.width >= self.width * ENOUGH:
                    return index
        return len(self.layers) - 1

    def cost(self, choice: int) -> float:
        return self.layers[choice].bitrate_bps if choice != PAUSED else 0.0


def allocate(demands: Sequence[Demand], budget_bps: float, *, may_pause: bool = True) -> list[int]:
    """The best choice within the budget: something for everybody, then the most for the most important.

    The first slot always gets something: a viewer without any picture would take it for a failure. Others may be
    paused where ``may_pause``.
    """
    choices, left = [PAUSED] * len(demands), budget_bps
    for index, demand in enumerate(demands):
        if index == 0 or demand.cost(0) <= left or not may_pause:
            choices[index] = 0
            left -= demand.cost(0)
    for index, demand in enumerate(demands):
        if choices[index] == PAUSED:
            continue
        for choice in range(1, demand.wanted + 1):
            step = demand.cost(choice) - demand.cost(choices[index])
            if step <= left:
                choices[index] = choice
                left -= step
    return choices


def total(demands: Sequence[Demand], choices: Sequence[int]) -> float:
    return sum(demand.cost(choice) for demand, choice in zip(demands, choices, strict=True))


class LayerControl:
    """One viewer. Tell it what comes back (:meth:`remb`, :meth:`report`), then :meth:`choose`. Time is given."""

    def __init__(self) -> None:
        self.estimate_bps = INITIAL_BPS
        self.congestions = 0
        #: the highest claim of late
        self._peak_bps = 0.0
        self._sent_bps = 0.0
        self._shortest_s = float("inf")
        self._congested_s = self._overflowed_s = self._raised_s = self._changed_s = float("-inf")
        self._setback_s = float("-inf")
        #: when a trial was last undone, and what was sent before it
        self._undone_s, self._before_bps = float("-inf"), 0.0
        self._hold_s = MIN_HOLD_S
        self._trial_bps: float | None = None
        #: whether the last choice was all that was wanted, and nothing is on trial
        self.is_settled = False

    @property
    def _troubled_s(self) -> float:
        return max(self._congested_s, self._overflowed_s)

    def is_narrow(self, now_s: float) -> bool:
        """Whether the link was congested of late and has little room above what is sent."""
        return now_s - self._troubled_s < NARROW_S and self.estimate_bps < 2 * self._sent_bps

    # --- what comes back

    def remb(self, bitrate_bps: float, now_s: float) -> bool:
        """The receiver's claim. True: it tells of congestion."""
        peak, self._peak_bps = self._peak_bps, max(bitrate_bps, self._peak_bps * 0.995)
        if bitrate_bps < peak * FALL and bitrate_bps < self._sent_bps * NEAR:
            self._peak_bps = bitrate_bps
            if now_s - self._undone_s >= GUARD_S:
                return self._congested(bitrate_bps * 0.95, now_s)
            return False
        self.estimate_bps = max(self.estimate_bps, bitrate_bps)
        return False

    def report(self, fraction_lost: float, round_trip_s: float | None, now_s: float) -> bool:
        """A receiver report. True: it tells of congestion."""
        queued = False
        if round_trip_s is not None:
            self._shortest_s = min(self._shortest_s * 1.01, round_trip_s)
            queued = round_trip_s > max(self._shortest_s + QUEUE_S, 2 * self._shortest_s)
        if now_s - self._congested_s < GUARD_S:
            return False
        if not (fraction_lost >= LOSS or queued):
            if not self._peak_bps and fraction_lost < CLEAN and self.estimate_bps < 2 * self._sent_bps:
                self.estimate_bps *= GROWTH  # a receiver without REMB
            return False
        left = 1 - fraction_lost if fraction_lost >= LOSS else 0.9
        return self._congested(self._sent_bps * left * 0.9, now_s)

    def overflowed(self, drained_bps: float, now_s: float) -> bool:
        """Our own queue to the viewer overflowed, though it was emptied at ``drained_bps``."""
        self._overflowed_s = now_s
        self._setback(drained_bps, now_s)
        return True

    def _congested(self, to_bps: float, now_s: float) -> bool:
        if self._trial_bps is not None:  # what went well before it was tried is gone back to, and no further
            self._undone_s, to_bps = now_s, max(to_bps, self._before_bps)
        self._setback(to_bps, now_s)
        self._congested_s = now_s
        return True

    def _setback(self, to_bps: float, now_s: float) -> None:
        before_s, self._setback_s = self._setback_s, now_s
        self.congestions += 1
        if now_s - before_s > FORGET_S:
            self._hold_s = MIN_HOLD_S
        if now_s - self._raised_s < BLAME_S and now_s - before_s > GUARD_S:
            self._hold_s = min(2 * self._hold_s, MAX_HOLD_S)
        self.estimate_bps = min(self.estimate_bps, to_bps)
        self._trial_bps = None
        self.is_settled = False

    # --- what follows

    def choose(self, demands: Sequence[Demand], now_s: float) -> list[int]:
        """A layer for each slot. Steps down are immediate, steps up one at a time."""
        self._end_trial(now_s)
        budget = max(self.estimate_bps, self._trial_bps or 0.0)
        possible = allocate(demands, budget, may_pause=bool(self.congestions))
        # What has just begun starts with what there is room for, not one step after the other.
        current = [
            fitting if demand.current is None else min(demand.current, demand.wanted)
            for demand, fitting in zip(demands, possible, strict=True)
        ]
        calm = now_s - self._congested_s > GUARD_S
        if self.congestions and total(demands, current) > budget * (CALM if calm else 1.0):
            current = [min(pair) for pair in zip(current, possible, strict=True)]
        if any(demand.current is None for demand in demands):
            self._changed_s = now_s
        else:
            current = self._raise(demands, current, now_s)
        self._sent_bps = total(demands, current)
        self.is_settled = self._trial_bps is None and current == [demand.wanted for demand in demands]
        return current

    def _end_trial(self, now_s: float) -> None:
        if self._trial_bps is not None and now_s - self._raised_s >= TRIAL_S:
            self.estimate_bps = max(self.estimate_bps, self._trial_bps * MARGIN)
            self._trial_bps = None

    def _raise(self, demands: Sequence[Demand], current: list[int], now_s: float) -> list[int]:
        step_s = STEP_S if self.congestions else FIRST_STEP_S
        if now_s - self._changed_s < step_s or now_s - self._troubled_s < self._hold_s or self._trial_bps is not None:
            return current
        for index, demand in enumerate(demands):
            if current[index] >= demand.wanted:
                continue
            raised = [*current]
            raised[index] += 1
            needed = total(demands, raised)
            self._raised_s = self._changed_s = now_s
            if needed * MARGIN > self.estimate_bps:
                self._trial_bps, self._before_bps = needed, total(demands, current)
            return raised
        return current
