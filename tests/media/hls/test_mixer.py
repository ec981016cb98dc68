"""The mixed sound, decoded again: where it is, how loud, and that nothing is missing."""

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.media.hls.boxes import AUDIO_TRACK, Run, Sample, fragment, init_segment
from livehub.media.hls.mixer import CONFIG, FRAME, Mixer, Sound

RATE = 48_000


def opus(hertz: float, count: int, *, amplitude: float = 0.3, layout: str = "stereo") -> list[bytes]:
    """Packets of 20 ms of a tone."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, layout, "flt"
    encoder.bit_rate, encoder.time_base = 64_000, Fraction(1, RATE)
    channels = 2 if layout == "stereo" else 1
    tone = (np.sin(np.arange(960 * (count + 1)) * 2 * np.pi * hertz / RATE) * amplitude).astype(np.float32)
    packets: list[bytes] = []
    for index in range(count + 1):
        pcm = np.repeat(tone[960 * index : 960 * (index + 1)], channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="flt", layout=layout)
        frame.sample_rate, frame.pts = RATE, 960 * index
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets[:count]


def decoded(frames: list[bytes]) -> npt.NDArray[np.float32]:
    """(samples, 2) of AAC frames, by way of the MP4 that players get."""
    data = init_segment(None, CONFIG) + fragment(1, [Run(AUDIO_TRACK, 0, [Sample(FRAME, True, f) for f in frames])])
    with av.open(io.BytesIO(data), "r") as container:
        return np.concatenate([frame.to_ndarray().T for frame in container.decode(audio=0)])


def power(pcm: npt.NDArray[np.float32], hertz: float) -> float:
    """Amplitude of a tone in the left channel."""
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(pcm)) / RATE)
    return float(abs(np.dot(pcm[:, 0], turns)) * 2 / len(pcm))


def test_a_tone_stands_where_it_was_said_with_silence_around() -> None:
    mixer = Mixer()
    mixer.begin(FRAME * 100)
    start = FRAME * 100 + RATE
    mixer.add([Sound("a", start + 960 * index, data) for index, data in enumerate(opus(440, 50))])
    frames = mixer.drain(FRAME * 100 + 3 * RATE)
    pcm = decoded(frames)
    assert mixer.position == FRAME * (100 + len(frames))
    assert 3 * RATE - 4 * FRAME <= len(frames) * FRAME <= 3 * RATE
    assert np.abs(pcm[: RATE - 1500]).max() < 0.01
    assert power(pcm[RATE + 2400 : 2 * RATE - 2400], 440) == pytest.approx(0.3, abs=0.03)
    assert np.abs(pcm[2 * RATE + 2400 :]).max() < 0.01
    loud = np.flatnonzero(np.abs(pcm[:, 0]) > 0.1)
    assert abs(int(loud[0]) - RATE) < 800  # sound and picture stay together to a fraction of a frame


def test_who_speaks_together_is_heard_together() -> None:
    mixer = Mixer()
    for source, hertz, layout in (("a", 440.0, "stereo"), ("b", 1000.0, "mono")):
        mixer.add([Sound(source, 960 * n, data) for n, data in enumerate(opus(hertz, 60, layout=layout))])
    pcm = decoded(mixer.drain(RATE))[4800:]
    assert power(pcm, 440) == pytest.approx(0.3, abs=0.03)
    assert power(pcm, 1000) == pytest.approx(0.3, abs=0.03)
    assert power(pcm, 3000) < 0.01


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.data())
@settings(max_examples=20, deadline=None)
def test_however_it_is_drained_the_stream_is_the_same(steps: list[int], data: st.DataObject) -> None:
    packets = [Sound("a", 960 * n, packet) for n, packet in enumerate(opus(700, 20))]
    whole = Mixer()
    whole.add(packets)
    expected = whole.drain(FRAME * 40)
    mixer = Mixer()
    mixer.add(packets)
    frames: list[bytes] = []
    until = 0
    for step in steps:
        until = min(40 * FRAME, until + step * FRAME + data.draw(st.integers(0, FRAME - 1)))
        frames += mixer.drain(until)
    frames += mixer.drain(FRAME * 40)
    assert frames == expected


def test_small_errors_of_clocks_leave_no_hole_and_lost_packets_do() -> None:
    mixer = Mixer()
    packets = opus(440, 100)
    jitter = [0, 30, -20, 45, -45]
    mixer.add([Sound("a", 960 * n + jitter[n % 5], data) for n, data in enumerate(packets) if not 50 <= n < 60])
    pcm = decoded(mixer.drain(2 * RATE))
    assert power(pcm[4800 : 960 * 50 - 960], 440) == pytest.approx(0.3, abs=0.03)
    assert np.abs(pcm[960 * 52 : 960 * 59]).max() < 0.05
    assert power(pcm[960 * 62 :], 440) == pytest.approx(0.3, abs=0.03)


def test_what_cannot_be_decoded_is_silence_and_counted() -> None:
    mixer = Mixer()
    mixer.add([Sound("a", 960 * n, b"\xff\xff\x00") for n in range(10)] + [Sound("b", 1 << 60, opus(440, 1)[0])])
    assert mixer.undecodable == 10
    assert np.abs(decoded(mixer.drain(RATE // 2))).max() < 0.01


def test_sources_beyond_the_limit_push_out_those_that_fell_silent() -> None:
    mixer = Mixer()
    packet = opus(440, 1)[0]
    for source in range(60):
        mixer.add([Sound(source, 960 * source, packet)])
        mixer.drain(960 * source)
    assert len(mixer._sources) == 16
    assert 59 in mixer._sources


def test_a_new_beginning_leaves_a_jump_and_the_old_sound_behind() -> None:
    mixer = Mixer()
    mixer.add([Sound("a", 960 * n, data) for n, data in enumerate(opus(440, 100))])
    mixer.drain(FRAME * 10)
    mixer.begin(FRAME * 1000)
    frames = mixer.drain(FRAME * 1020)
    assert mixer.position == FRAME * (1000 + len(frames))
    assert np.abs(decoded(frames)).max() < 0.01
