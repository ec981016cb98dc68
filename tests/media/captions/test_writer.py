"""Parts on disk become lines; a slow or failing transcriber loses lines, tells so, and stops nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.hearing import Ear
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.providers.pocketsphinx import create
from livehub.media.captions.transcriber import RATE, Pcm, Spoken
from livehub.media.captions.wire import Behind, Forget, FromProcess, Listen, Part, Pause, Said, pack
from livehub.media.captions.writer import Writer
from tests.media.captions.speech import PART_MS, WORDS, clip, parts, programme, write_grammar

EPOCH_MS = 1_700_000_000_000
Feed = Callable[[Writer, str, Pcm], None]


class Counting:
    """Says how long the sound is that it got."""

    name, is_remote = "counting", False

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def supports(self, locale: str) -> bool:
        return True

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if self.failure is not None and final:
            raise self.failure
        return (Spoken(f" {locale}  {len(pcm) / RATE:.0f} ", 0, 1),)

    def close(self) -> None:
        pass


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    def feed(writer: Writer, room: str, pcm: Pcm) -> None:
        init, made = parts(pcm)
        (tmp_path / f"{room}-init.mp4").write_bytes(init)
        for index, data in enumerate(made):
            path = tmp_path / f"{room}-{index}.m4s"
            path.write_bytes(data)
            at_ms = EPOCH_MS + round(index * PART_MS)
            writer.take(Part(room, "run_1", str(tmp_path / f"{room}-init.mp4"), str(path), at_ms))

    return feed


def finals(told: Sequence[FromProcess]) -> list[Said]:
    return [item for item in told if isinstance(item, Said) and item.final]


def test_an_ear_hears_what_was_said_and_survives_what_it_cannot_read() -> None:
    init, made = parts(clip("price", 48_000))
    ear = Ear()
    heard = np.concatenate([ear.hear(init, part) for part in made])
    assert len(heard) == pytest.approx(len(clip("price")), rel=0.05)
    assert float(np.sqrt(np.mean(heard**2))) == pytest.approx(float(np.sqrt(np.mean(clip("price") ** 2))), rel=0.1)
    assert len(ear.hear(init, b"\x00" * 400)) == 0
    assert len(ear.hear(b"", made[3])) == 0
    assert len(ear.hear(init, made[3])) > 0


def test_the_right_words_come_out_of_segments(feed: Feed, tmp_path: Path) -> None:
    told: list[FromProcess] = []
    writer = Writer(create(f"jsgf={write_grammar(tmp_path)}"), CaptionLimits(), told.append)
    writer.take(Listen("room", "en"))
    feed(writer, "room", programme("welcome", "price", "thanks", rate=48_000))
    while writer.work():
        pass
    assert [line.text for line in finals(told)] == [WORDS["welcome"], WORDS["price"], WORDS["thanks"]]
    starts = [(line.start_ms - EPOCH_MS) / 1000 for line in finals(told)]
    expected, at = [], 1.0
    for name in ("welcome", "price", "thanks"):
        expected.append(at)
        at += len(clip(name)) / RATE + 1.0
    assert starts == pytest.approx(expected, abs=0.45)


def test_partial_lines_are_replaced_by_the_final_one(feed: Feed) -> None:
    told: list[FromProcess] = []
    writer = Writer(Counting(), CaptionLimits(), told.append)
    writer.take(Listen("room", "en"))
    init, made = parts(programme("price", rate=48_000))
    assert init
    assert made
    feed(writer, "room", programme("price", rate=48_000)[: 48_000 * 3])
    assert writer.work()
    feed_rest = [line for line in told if isinstance(line, Said)]
    assert [line.final for line in feed_rest] == [False]
    assert feed_rest[0].text.startswith("en ")
    writer.take(Pause("room"))
    assert writer.work()
    assert [line.number for line in told if isinstance(line, Said)] == [0, 0]
    assert finals(told)[0].final


def test_a_failed_line_takes_back_what_was_shown_and_is_counted(feed: Feed) -> None:
    told: list[FromProcess] = []
    counting = Counting()
    writer = Writer(counting, CaptionLimits(), told.append)
    writer.take(Listen("room", "en"))
    feed(writer, "room", programme("price", rate=48_000)[: 48_000 * 3])
    writer.work()
    for failure in (TranscriptionFailed("no"), RuntimeError("anything")):
        counting.failure = failure
        writer.take(Pause("room"))
        writer.work()
        feed(writer, "room", programme("price", rate=48_000)[: 48_000 * 3])
    assert [line.text for line in finals(told)] == [""]
    assert next(item.reason for item in told if isinstance(item, Behind)) == "no"


def test_what_a_transcriber_says_can_be_sent_and_turns_nothing_around(feed: Feed) -> None:
    """Half a character, as JSON may have it, ended the process; a mark of direction turned prices around."""

    class Messy(Counting):
        def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
            return (Spoken("twenty \ud800 \u202e02$\x00", 0, 1), Spoken("\ud800", 1, 2))

    told: list[FromProcess] = []
    writer = Writer(Messy(), CaptionLimits(), told.append)
    writer.take(Listen("room", "en"))
    feed(writer, "room", programme("price", rate=48_000))
    writer.take(Pause("room"))
    while writer.work():
        pass
    assert {line.text for line in finals(told)} == {"twenty 02$"}
    assert all(pack(message) for message in told)


def test_who_is_too_slow_gives_up_what_is_old(feed: Feed) -> None:
    told: list[FromProcess] = []
    writer = Writer(Counting(), CaptionLimits(max_behind_s=4.0), told.append)
    writer.take(Listen("room", "en"))
    feed(writer, "room", programme("price", "welcome", "thanks", "price", rate=48_000))
    lost = sum(item.lost for item in told if isinstance(item, Behind))
    while writer.work():
        pass
    assert lost >= 1
    assert lost + len(finals(told)) + 1 >= 4


def test_rooms_take_turns_and_a_forgotten_one_is_silent(feed: Feed) -> None:
    told: list[FromProcess] = []
    writer = Writer(Counting(), CaptionLimits(), told.append)
    writer.take(Listen("one", "en"))
    writer.take(Listen("two", "th"))
    feed(writer, "one", programme("welcome", "thanks", rate=48_000))
    feed(writer, "two", programme("welcome", "thanks", rate=48_000))
    feed(writer, "three", programme("welcome", rate=48_000))
    writer.take(Forget("two"))
    while writer.work():
        pass
    assert {line.room for line in finals(told)} == {"one"}


def test_a_part_that_is_gone_is_a_hole(tmp_path: Path) -> None:
    told: list[FromProcess] = []
    writer = Writer(Counting(), CaptionLimits(), told.append)
    writer.take(Listen("room", "en"))
    writer.take(Part("room", "run_1", str(tmp_path / "no.mp4"), str(tmp_path / "no.m4s"), EPOCH_MS))
    assert not writer.work()
    assert told == []
