"""Speaking for rooms: once each, in bounded time, out of a budget, by whichever speaker works."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from livehub.clock import ManualClock
from livehub.translation.budget import Budget
from livehub.translation.speech.cache import SoundCache
from livehub.translation.speech.errors import (
    NothingToSay,
    NoVoice,
    SpeechFailed,
    SpeechMalformed,
    SpeechQuotaExceeded,
    SpeechSpent,
)
from livehub.translation.speech.service import MAX_CHARS, MAX_UNDER_WAY, SpeechBusy, SpeechService, speakable
from livehub.translation.speech.sound import MAX_SOUND_BYTES, Sound, content_type
from tests.translation.speech.conftest import tone


class Parrot:
    """A speaker that tests can stop, break, or make say nonsense."""

    def __init__(self, name: str = "parrot", locales: frozenset[str] = frozenset({"th", "en"})) -> None:
        self.name = name
        self.is_remote = False
        self.locales = locales
        self.asked: list[tuple[str, str]] = []
        self.gate: asyncio.Event | None = None
        self.arrived = asyncio.Event()
        self.error: Exception | None = None
        self.answer: object = None
        self.closed = 0

    def supports(self, locale: str) -> bool:
        return locale in self.locales

    async def speak(self, text: str, locale: str) -> bytes:
        self.asked.append((text, locale))
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.answer if self.answer is not None else tone(text)  # type: ignore[return-value]

    async def close(self) -> None:
        self.closed += 1


class Usage:
    def __init__(self) -> None:
        self.totals: dict[str, int] = {}

    async def add(self, day: str, used: dict[str, int]) -> Mapping[str, int]:
        for room, chars in used.items():
            self.totals[room] = self.totals.get(room, 0) + chars
        return {room: self.totals[room] for room in used}


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
async def service(parrot: Parrot, clock: ManualClock) -> AsyncIterator[SpeechService]:
    made = SpeechService([parrot], clock, deadline_s=60.0)
    yield made
    await made.close()


async def test_each_text_is_spoken_once_whoever_asks(service: SpeechService, parrot: Parrot) -> None:
    parrot.gate = asyncio.Event()
    both = [asyncio.ensure_future(service.speak(room, "Hello there", "en")) for room in ("room_a", "room_b")]
    await parrot.arrived.wait()
    gone = asyncio.ensure_future(service.speak("room_c", "Hello there", "en"))
    await asyncio.sleep(0)
    gone.cancel()  # who hangs up ends nobody else's
    parrot.gate.set()
    one, two = await asyncio.gather(*both)
    assert one is two
    assert (one.content_type, one.locale, one.speaker) == ("audio/wav", "en", "parrot")
    assert await service.speak("room_a", "  Hello\nthere ", "en") is one
    assert parrot.asked == [("Hello there", "en")]
    await service.speak("room_a", "Hello there", "th")
    assert len(parrot.asked) == 2
    assert (service.stats.requested, service.stats.cached, service.stats.spoken) == (5, 3, 2)


async def test_who_has_no_voice_says_so(service: SpeechService) -> None:
    assert list(service.locales) == ["en", "th"]
    assert service.remote is None
    with pytest.raises(NoVoice):
        await service.speak("room_a", "hello", "fr")
    for nothing in ("", "…", "https://example.org/x", "😀 !"):
        with pytest.raises(NothingToSay):
            await service.speak("room_a", nothing, "en")


def test_what_is_spoken_is_one_short_line_without_links() -> None:
    assert speakable("See https://example.org/a?b=c\x00 now\n") == "See … now"
    long = speakable("word " * 400)
    assert MAX_CHARS - 6 < len(long) <= MAX_CHARS
    assert long.endswith("word")
    assert len(speakable("字" * 4000)) == MAX_CHARS


async def test_a_room_has_so_much_spoken_in_a_day(parrot: Parrot, clock: ManualClock) -> None:
    usage = Usage()
    budget = Budget(usage, clock, daily_chars=10)
    service = SpeechService([parrot], clock, budget=budget)
    await service.speak("room_a", "12345", "en")
    await service.speak("room_a", "12345", "en")  # known: it costs nothing
    with pytest.raises(SpeechSpent):
        await service.speak("room_a", "123456", "en")
    await service.speak("room_b", "123456", "en")
    parrot.error = SpeechFailed()
    with pytest.raises(SpeechFailed):
        await service.speak("room_a", "abcde", "en")
    parrot.error = None
    await service.speak("room_a", "fghij", "en")  # what failed was given back
    with pytest.raises(NoVoice):
        await service.speak("room_b", "x" * 5, "fr")
    await budget.keep()
    assert usage.totals == {"speech:room_a": 10, "speech:room_b": 6}
    clock.advance(24 * 3600)
    await service.speak("room_a", "a new day", "en")
    await service.close()


async def test_the_next_speaker_is_asked_and_what_fails_rests(clock: ManualClock) -> None:
    first, second = Parrot("first"), Parrot("second")
    service = SpeechService([first, second], clock)
    first.error = SpeechFailed("away")
    for number in range(4):
        assert (await service.speak("room_a", f"text {number}", "en")).speaker == "second"
    assert len(first.asked) == 3  # the fourth did not wait for it
    first.error = None
    clock.advance(11)
    assert (await service.speak("room_a", "text 9", "en")).speaker == "first"
    first.error = SpeechQuotaExceeded(retry_after_s=100)
    assert (await service.speak("room_a", "text 10", "en")).speaker == "second"
    clock.advance(50)
    assert (await service.speak("room_a", "text 11", "en")).speaker == "second"
    assert len(first.asked) == 5
    second.error = SpeechFailed("gone too")
    with pytest.raises(SpeechFailed) as caught:
        await service.speak("room_a", "text 12", "en")
    assert caught.value.detail == SpeechFailed.title  # what speakers say is for the log
    await service.close()
    assert (first.closed, second.closed) == (1, 1)


@pytest.mark.parametrize(
    "answer", [b"", b"<!doctype html>" * 10, b"ID3" + bytes(MAX_SOUND_BYTES), "text", bytearray(b"ID3" + bytes(100))]
)
async def test_what_is_no_sound_is_not_passed_on(service: SpeechService, parrot: Parrot, answer: object) -> None:
    parrot.answer = answer
    with pytest.raises(SpeechFailed):
        await service.speak("room_a", "hello", "en")
    parrot.answer = None
    assert (await service.speak("room_a", "hello", "en")).content_type == "audio/wav"


async def test_a_speaker_that_raises_anything_and_one_that_hangs(service: SpeechService, parrot: Parrot) -> None:
    parrot.error = ZeroDivisionError()
    with pytest.raises(SpeechFailed):
        await service.speak("room_a", "hello", "en")
    parrot.error, parrot.gate = None, asyncio.Event()
    waiting = [asyncio.ensure_future(service.speak("room_a", f"text {n}", "en")) for n in range(MAX_UNDER_WAY)]
    await asyncio.sleep(0)
    with pytest.raises(SpeechBusy):
        await service.speak("room_a", "one more", "en")
    await service.close()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)
    assert service.stats.busy == 1


async def test_one_that_never_answers_is_given_up(parrot: Parrot, clock: ManualClock) -> None:
    parrot.gate = asyncio.Event()  # never set
    service = SpeechService([parrot], clock, deadline_s=0.05)
    with pytest.raises(SpeechFailed):
        await service.speak("room_a", "hello", "en")
    assert service.speakers["parrot"].failures == 1
    await service.close()


def test_what_is_kept_is_bounded() -> None:
    cache = SoundCache(max_bytes=1000, max_entries=3)
    for number in range(5):
        cache.put(f"k{number}", Sound(bytes(300), "audio/wav", "en", "p"))
    assert len(cache) == 3
    assert cache.get("k1") is None
    assert cache.get("k2") is not None  # now used last
    cache.put("k9", Sound(bytes(500), "audio/wav", "en", "p"))
    assert cache.get("k3") is None
    assert cache.get("k2") is not None
    cache.put("k9", Sound(bytes(10), "audio/wav", "en", "p"))
    assert cache.size_bytes == sum(len(sound.data) for key in ("k2", "k9", "k4") if (sound := cache.get(key)))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf3\x40\xc0", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"OggS\x00", "audio/ogg"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        (b"fLaC\x00", "audio/flac"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3", "audio/webm"),
    ],
)
def test_sound_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert content_type(head + bytes(100)) == kind


@pytest.mark.parametrize("data", [b"", bytes(200), b"<html>" + bytes(100), b'{"error"' + bytes(100), b"ID3"])
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(SpeechMalformed):
        content_type(data)
