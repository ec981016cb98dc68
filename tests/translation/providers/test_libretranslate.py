import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from livehub.clock import ManualClock
from livehub.setting import Address
from livehub.testing.troubled_server import Trouble
from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
    QuotaExceeded,
    TranslationFailed,
    TranslationRefused,
    TranslationTimedOut,
)
from livehub.translation.http import MAX_RESPONSE_BYTES
from livehub.translation.known import RETRY_S
from livehub.translation.providers.libretranslate import LANGUAGES_TTL_S, LibreTranslateTranslator, create
from tests.translation.libretranslate_server import LibreTranslateServer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def translator(
    libretranslate: LibreTranslateServer, clock: ManualClock
) -> AsyncIterator[LibreTranslateTranslator]:
    made = LibreTranslateTranslator(libretranslate.url, clock=clock, timeout_s=2.0)
    yield made
    await made.close()


async def test_sends_what_the_interface_asks_for(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer
) -> None:
    assert await translator.translate(["hola", "adiós"], "es", "en") == ["en(hola)", "en(adiós)"]
    assert libretranslate.requests == [{"q": ["hola", "adiós"], "source": "es", "target": "en", "format": "text"}]


async def test_uses_the_servers_code_of_chinese(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer
) -> None:
    assert await translator.translate(["hi"], "en", "zh") == ["zh-Hans(hi)"]
    assert libretranslate.requests[0]["target"] == "zh-Hans"


async def test_learns_the_pairs_once_and_again_after_a_while(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer, clock: ManualClock
) -> None:
    assert translator.supports("en", "vi")
    with pytest.raises(TranslationRefused):
        await translator.translate(["hi"], "en", "vi")
    assert not translator.supports("en", "vi")
    assert translator.supports("en", "es")
    await translator.translate(["hi"], "en", "es")
    assert libretranslate.language_requests == 1
    clock.advance(LANGUAGES_TTL_S)
    assert translator.supports("en", "vi")
    await translator.translate(["hi"], "en", "es")
    assert libretranslate.language_requests == 2


async def test_nobody_queues_behind_a_question_for_the_pairs_that_hangs(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer
) -> None:
    libretranslate.trouble = Trouble.HANGS
    first = asyncio.ensure_future(translator.translate(["hola"], "es", "en"))
    await libretranslate.hanging.wait()
    libretranslate.trouble = None
    others = (translator.translate([text], "es", "en") for text in ("uno", "dos", "tres", "cuatro"))
    assert await asyncio.gather(*others) == [["en(uno)"], ["en(dos)"], ["en(tres)"], ["en(cuatro)"]]
    assert not first.done(), "they came by it"
    assert libretranslate.language_requests == 0
    with pytest.raises(TranslationTimedOut):
        await first
    assert await translator.translate(["hi"], "en", "zh") == ["zh-Hans(hi)"]
    assert libretranslate.language_requests == 1


async def test_pairs_that_were_said_hold_while_the_server_says_nothing_of_them(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer, clock: ManualClock
) -> None:
    await translator.translate(["hi"], "en", "zh")
    clock.advance(LANGUAGES_TTL_S)
    libretranslate.trouble = Trouble.HANGS
    asking = asyncio.ensure_future(translator.translate(["hi"], "en", "zh"))
    await libretranslate.hanging.wait()
    libretranslate.trouble = None
    assert await translator.translate(["ho"], "en", "zh") == ["zh-Hans(ho)"]
    assert not asking.done()
    assert await asking == ["zh-Hans(hi)"], "it goes on with what it knew"
    await translator.translate(["hi"], "en", "zh")
    assert libretranslate.language_requests == 1, "and asks again a while later"
    clock.advance(RETRY_S)
    await translator.translate(["hi"], "en", "zh")
    assert libretranslate.language_requests == 2


async def test_key_is_sent_and_a_wrong_one_never_shown(libretranslate: LibreTranslateServer) -> None:
    libretranslate.api_key = "right"
    good = create(f"{libretranslate.url}/?api_key=right", clock=ManualClock(), deadline_s=2.0)
    bad = create(f"{libretranslate.url}?api_key=s3cr3t-wrong", clock=ManualClock(), deadline_s=2.0)
    try:
        assert await good.translate(["hola"], "es", "en") == ["en(hola)"]
        with pytest.raises(AccessDenied) as caught:
            await bad.translate(["hola"], "es", "en")
        assert "Invalid API key ***" in caught.value.detail
        assert "s3cr3t" not in caught.value.detail
    finally:
        await good.close()
        await bad.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, TranslationRefused),
        (403, AccessDenied),
        (429, QuotaExceeded),
        (500, TranslationFailed),
        (502, TranslationFailed),
    ],
)
async def test_error_statuses(
    translator: LibreTranslateTranslator,
    libretranslate: LibreTranslateServer,
    status: int,
    error: type[TranslationFailed],
) -> None:
    libretranslate.answer = web.json_response({"error": "the reason\n"}, status=status)
    with pytest.raises(error) as caught:
        await translator.translate(["hola"], "es", "en")
    assert type(caught.value) is error
    assert caught.value.detail == f"{status}: the reason "
    assert await translator.translate(["hola"], "es", "en") == ["en(hola)"], "the next call is not affected"


@pytest.mark.parametrize(("header", "expected_s"), [("7", 7.0), ("soon", 60.0), ("-5", 60.0), ("9" * 30, 60.0)])
async def test_quota_says_how_long_to_wait(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer, header: str, expected_s: float
) -> None:
    libretranslate.answer = web.json_response({"error": "Slowdown"}, status=429, headers={"Retry-After": header})
    with pytest.raises(QuotaExceeded) as caught:
        await translator.translate(["hola"], "es", "en")
    assert caught.value.retry_after_s == expected_s


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        '{"translatedText": "en(hola)"}',
        '{"translatedText": []}',
        '{"translatedText": [1]}',
        '{"translatedText": ["a", "b"]}',
        "[" * 200_000,
    ],
)
async def test_malformed_answers(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer, body: str
) -> None:
    libretranslate.answer = web.Response(text=body, content_type="application/json")
    with pytest.raises(AnswerMalformed):
        await translator.translate(["hola"], "es", "en")


async def test_endless_answer_is_cut(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer
) -> None:
    libretranslate.answer = web.Response(body=b"x" * (MAX_RESPONSE_BYTES + 1))
    with pytest.raises(AnswerMalformed, match="larger"):
        await translator.translate(["hola"], "es", "en")


async def test_redirects_are_not_followed(
    translator: LibreTranslateTranslator, libretranslate: LibreTranslateServer
) -> None:
    libretranslate.answer = web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})
    with pytest.raises(TranslationFailed, match="elsewhere"):
        await translator.translate(["hola"], "es", "en")


async def test_slow_server(libretranslate: LibreTranslateServer) -> None:
    translator = LibreTranslateTranslator(libretranslate.url, clock=ManualClock(), timeout_s=0.05)
    libretranslate.open.clear()
    try:
        with pytest.raises(TranslationTimedOut):
            await translator.translate(["hola"], "es", "en")
    finally:
        await translator.close()


async def test_no_server() -> None:
    translator = LibreTranslateTranslator("http://127.0.0.1:1", clock=ManualClock(), timeout_s=2.0)
    try:
        with pytest.raises(TranslationFailed, match="cannot be reached"):
            await translator.translate(["hola"], "es", "en")
    finally:
        await translator.close()


async def test_closed_translator_fails_cleanly(translator: LibreTranslateTranslator) -> None:
    await translator.close()
    with pytest.raises(TranslationFailed, match="closed"):
        await asyncio.wait_for(translator.translate(["hola"], "es", "en"), 1)


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "127.0.0.1:5000",
        "ftp://x",
        "http://",
        "http://u:s3cr3t@x",
        "http://x?key=s3cr3t",
        "http://x#f",
        "http://[::1",
        "http://x:99999",
    ],
)
def test_bad_settings(setting: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        create(setting, clock=ManualClock(), deadline_s=1.0)
    assert "s3cr3t" not in str(caught.value)


def test_the_key_is_not_in_the_repr() -> None:
    address = Address.parse("https://t.example/api/?api_key=a%2Bb", example="", options=("api_key",))
    assert (address.url, address.key("api_key")) == ("https://t.example/api", "a+b")
    assert "a+b" not in repr(address)
