"""The film of the demonstration: pleasant is for people to judge; whole, seamless and playable is for tests."""

from pathlib import Path

import numpy as np
import pytest

from livehub.demo.clip import VERSION, ensure_clip
from livehub.demo.music import RATE, compose
from livehub.demo.pottery import HEIGHT, POTS, SECONDS_PER_POT, WIDTH, Workshop


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


def test_every_pot_has_its_time_on_the_wheel(workshop: Workshop) -> None:
    middles = [workshop.frame(SECONDS_PER_POT * (index + 0.5)) for index in range(len(POTS))]
    assert all(frame.shape == (HEIGHT, WIDTH, 3) and frame.dtype == np.uint8 for frame in middles)
    centre = (slice(420, 620), slice(520, 760))
    for one, other in ((0, 1), (1, 2), (2, 0)):
        difference = np.abs(middles[one][centre].astype(int) - middles[other][centre]).mean()
        assert difference > 15, "two pots look the same"


def test_the_end_meets_the_beginning(workshop: Workshop) -> None:
    step = 1 / 25
    last, first, second = workshop.frame(workshop.seconds - step), workshop.frame(0), workshop.frame(step)
    usual = np.abs(first.astype(int) - second).mean()
    assert np.abs(last.astype(int) - first).mean() < usual * 2 + 0.5


def test_a_still_shows_the_pot(workshop: Workshop) -> None:
    still = workshop.still(1)
    assert still.shape == (640, 640, 3)
    assert still.std() > 20


def test_the_tune_is_heard_and_has_no_seam() -> None:
    sound = compose(48)
    assert sound.shape == (2, 48 * RATE)
    assert 500 < np.abs(sound.astype(int)).mean() < 12_000
    jump = abs(int(sound[0, 0]) - int(sound[0, -1]))
    assert jump <= np.abs(np.diff(sound[0].astype(int))).max()


def test_a_clip_that_is_there_is_not_drawn_again(tmp_path: Path) -> None:
    present = tmp_path / f"pottery-{VERSION}.mkv"
    present.write_bytes(b"here already")
    told: list[float] = []
    assert ensure_clip(tmp_path, told.append) == present
    assert present.read_bytes() == b"here already"
    assert told == []
