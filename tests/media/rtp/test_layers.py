"""Layers for slots: what fits, quickly down, slowly up, and never to and fro."""

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.media.rtp.layers import PAUSED, Demand, Layer, LayerControl, allocate, total

CAMERA = (Layer(150_000, 320), Layer(600_000, 640), Layer(2_500_000, 1280))
ANY_LAYERS = st.lists(st.integers(20_000, 3_000_000), min_size=1, max_size=3).map(
    lambda rates: tuple(Layer(rate, 320 * 2**index) for index, rate in enumerate(sorted(rates)))
)
ANY_DEMANDS = st.lists(
    st.builds(
        lambda layers, width, current: Demand(
            layers, width, None if current is None else min(current, len(layers) - 1)
        ),
        ANY_LAYERS,
        st.integers(0, 2000),
        st.none() | st.integers(PAUSED, 2),
    ),
    min_size=1,
    max_size=9,
)


@pytest.mark.parametrize(
    ("width", "wanted"), [(0, 2), (100, 0), (320, 0), (370, 0), (400, 1), (640, 1), (1000, 2), (5000, 2)]
)
def test_a_slot_wants_the_smallest_layer_that_is_large_enough(width: int, wanted: int) -> None:
    assert Demand(CAMERA, width).wanted == wanted


@given(demands=ANY_DEMANDS, budget=st.floats(0, 2e7))
def test_what_is_given_fits_and_is_never_more_than_wanted(demands: list[Demand], budget: float) -> None:
    choices = allocate(demands, budget)
    assert choices[0] != PAUSED
    assert total(demands, choices) <= max(budget, demands[0].cost(0)) + 1
    assert all(PAUSED <= choice <= demand.wanted for choice, demand in zip(choices, demands, strict=True))


def test_the_most_important_gets_the_most() -> None:
    assert allocate([Demand(CAMERA)] * 3, 3_000_000) == [2, 0, 0]
    assert allocate([Demand(CAMERA)] * 3, 1_100_000) == [1, 0, 0]
    assert allocate([Demand(CAMERA)] * 3, 310_000) == [0, 0, PAUSED]
    assert allocate([Demand(CAMERA)] * 3, 1) == [0, PAUSED, PAUSED]


@dataclass
class Viewer:
    """A viewer behind a link of ``capacity_bps``, with an estimator as in draft-ietf-rmcat-gcc section 5."""

    capacity_bps: float
    noise: float = 0.0
    demand: Demand = field(default_factory=lambda: Demand(CAMERA))
    control: LayerControl = field(default_factory=LayerControl)
    claim_bps: float = 0.0
    queue_bits: float = 0.0
    now_s: float = 1000.0
    history: list[tuple[float, int]] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(7))
    overused_s: float = float("-inf")
    claims: bool = True

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            tick = round(self.now_s * 10)
            self.move(tick)
            (choice,) = self.control.choose([self.demand], self.now_s)
            if not self.history or choice != self.history[-1][1]:
                self.history.append((self.now_s, choice))
            self.demand = Demand(self.demand.layers, self.demand.width, choice)

    def move(self, tick: int) -> None:
        """A tenth of a second: the queue of 0.5 s fills or empties, and what there is to tell is told."""
        sent = self.demand.cost(self.demand.current) if self.demand.current is not None else 0.0
        if self.control.is_narrow(self.now_s):  # a lane: no faster than the estimate, and it overflows
            paced = self.control.estimate_bps * 1.2
            if sent > paced and tick % 10 == 5:
                self.control.overflowed(self.control.estimate_bps, self.now_s)
            sent = min(sent, paced)
        self.queue_bits = max(self.queue_bits + (sent - self.capacity_bps) * 0.1, 0.0)
        limit = self.capacity_bps * 0.5
        lost = max(self.queue_bits - limit, 0.0) / (sent * 0.1) if sent else 0.0
        self.queue_bits = min(self.queue_bits, limit)
        through = min(sent, self.capacity_bps)
        if self.queue_bits > self.capacity_bps * 0.1 and self.now_s - self.overused_s > 0.3:
            self.overused_s = self.now_s
            if self.claim_bps:
                self.claim_bps = min(self.claim_bps, through * 0.85)
                if self.claims:
                    self.control.remb(self.noisy(self.claim_bps), self.now_s)
        if tick % 10 == 0 and sent:
            grown = max(self.claim_bps * 1.08, 100_000.0)
            self.claim_bps = max(min(grown, 1.5 * through + 10_000), min(self.claim_bps, self.capacity_bps))
            if self.claims:
                self.control.remb(self.noisy(self.claim_bps), self.now_s)
            delay = 0.03 + self.queue_bits / self.capacity_bps
            self.control.report(lost, delay, self.now_s)

    def noisy(self, value: float) -> float:
        return value * (1 + self.random.uniform(-self.noise, self.noise))

    @property
    def layer(self) -> int:
        return self.history[-1][1]

    def switches(self, since_s: float) -> int:
        return sum(at > since_s for at, _ in self.history)


def test_a_good_link_gets_the_largest_within_seconds() -> None:
    viewer = Viewer(20_000_000)
    viewer.run(6)
    assert viewer.layer == 2
    viewer.run(120)
    assert [choice for _, choice in viewer.history] == [1, 2], "the middle at once, then the rest, and that is all"


@pytest.mark.parametrize("capacity", [200_000.0, 300_000.0, 700_000.0, 1_000_000.0])
def test_congestion_brings_it_down_within_a_second(capacity: float) -> None:
    viewer = Viewer(20_000_000)
    viewer.run(60)
    assert viewer.layer == 2
    viewer.capacity_bps, narrowed_s = capacity, viewer.now_s
    viewer.run(1.0)
    down_s = next(at for at, choice in viewer.history if at > narrowed_s and choice < 2)
    assert down_s - narrowed_s <= 1.0
    viewer.run(20)
    assert viewer.layer == (0 if capacity < 600_000 else 1)


@pytest.mark.parametrize("claims", [True, False])
def test_a_camera_without_layers_is_paced_only_while_the_link_is_narrow(claims: bool) -> None:
    viewer = Viewer(20_000_000, demand=Demand((Layer(2_500_000, 1280),)), claims=claims)
    viewer.run(20)
    assert not viewer.control.is_narrow(viewer.now_s)
    viewer.capacity_bps = 700_000
    viewer.run(10)
    assert viewer.control.is_narrow(viewer.now_s)
    assert viewer.control.estimate_bps < 1_200_000
    viewer.capacity_bps = 20_000_000
    viewer.run(90)
    assert not viewer.control.is_narrow(viewer.now_s)
    assert viewer.layer == 0


def test_a_link_that_recovers_gets_its_picture_back() -> None:
    viewer = Viewer(300_000)
    viewer.run(60)
    assert viewer.layer == 0
    viewer.capacity_bps = 20_000_000
    viewer.run(70)
    assert viewer.layer == 2


@settings(max_examples=20, deadline=None)
@given(capacity=st.floats(160_000, 8_000_000), noise=st.floats(0, 0.15), seed=st.integers(0, 1000))
def test_noise_makes_no_flapping(capacity: float, noise: float, seed: int) -> None:
    viewer = Viewer(capacity, noise, random=Random(seed))
    viewer.run(40)
    since_s = viewer.now_s
    viewer.run(160)
    # A step up that fails is tried ever more seldom; each trial is a switch up and one down.
    assert viewer.switches(since_s) <= 14
    up = [at for (_, before), (at, after) in pairwise(viewer.history) if after > before and at > since_s]
    assert all(later - earlier >= 3.0 for earlier, later in pairwise(up))


def test_a_smaller_tile_gets_less_at_once_and_a_larger_one_more_soon() -> None:
    viewer = Viewer(20_000_000)
    viewer.run(20)
    viewer.demand = Demand(CAMERA, 300, viewer.layer)
    viewer.run(0.1)
    assert viewer.layer == 0
    viewer.demand = Demand(CAMERA, 1280, viewer.layer)
    viewer.run(2)
    assert viewer.layer == 2


def test_a_new_slot_begins_with_what_there_is_room_for() -> None:
    control = LayerControl()
    assert control.choose([Demand(CAMERA)], 1.0) == [1]
    assert control.choose([Demand(CAMERA, 0, 1), Demand(CAMERA)], 1.1) == [1, 1]


def test_an_overflow_of_our_own_queue_is_congestion() -> None:
    viewer = Viewer(20_000_000)
    viewer.run(10)
    viewer.control.overflowed(400_000, viewer.now_s)
    assert viewer.control.choose([viewer.demand], viewer.now_s) == [0]


def test_it_is_settled_when_everybody_has_what_they_want() -> None:
    viewer = Viewer(20_000_000)
    viewer.run(0.1)
    assert not viewer.control.is_settled
    viewer.run(10)
    assert viewer.control.is_settled
