"""Speech that went through the packager's mixer is understood as what was said, wherever in a frame it began."""

from pathlib import Path

import av
import pytest

from livehub.media.captions.hearing import Ear
from livehub.media.captions.providers.pocketsphinx import create
from livehub.media.hls.boxes import AUDIO_TRACK, Run, Sample, fragment, init_segment
from livehub.media.hls.mixer import CONFIG, FRAME, Mixer, Sound
from tests.media.captions.speech import WORDS, film, programme, write_grammar

#: samples of an Opus packet, 20 ms at 48 kHz
PACKET = 960


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """As Opus packets of two channels that are the same, which is what a browser sends of a microphone."""
    path = film(tmp_path_factory.mktemp("speech") / "price.mkv", programme("price", pause_s=0.5, rate=48_000))
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_what_is_said_is_understood_wherever_it_begins(sentence: list[bytes], tmp_path: Path) -> None:
    recogniser = create(f"jsgf={write_grammar(tmp_path)}")
    heard = set()
    for start in range(0, FRAME, 32):
        mixer = Mixer()
        mixer.add([Sound("a", start + index * PACKET, data) for index, data in enumerate(sentence)])
        frames = mixer.drain(start + len(sentence) * PACKET)
        run = Run(AUDIO_TRACK, 0, [Sample(FRAME, True, data) for data in frames])
        pcm = Ear().hear(init_segment(None, CONFIG), fragment(1, [run]))
        heard |= {spoken.text for spoken in recogniser.transcribe(pcm, "en", final=True)}
    assert heard == {WORDS["price"]}
