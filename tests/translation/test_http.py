"""What is the same for all engines that are reached by HTTP, beyond the contract."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from livehub.testing.troubled_server import TroubledServer
from livehub.translation.errors import AnswerMalformed, QuotaExceeded, TranslationFailed, TranslationTimedOut
from livehub.translation.http import JsonClient, texts_of


@pytest.fixture
async def server() -> AsyncIterator[TroubledServer]:
    async def slowly(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"[")
        made.hanging.set()
        await asyncio.Event().wait()
        return answer

    async def said(request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "key s3cr3t\nis\x1b wrong" + "!" * 999}}, status=503)

    async def late(request: web.Request) -> web.Response:
        return web.json_response({}, status=429, headers={"Retry-After": request.query["after"]})

    async def packed(request: web.Request) -> web.Response:
        answer = web.json_response({"a": "b" * 1000})
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    routes = [web.get("/slowly", slowly), web.get("/said", said), web.get("/late", late), web.get("/packed", packed)]
    made = TroubledServer(routes)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def client(server: TroubledServer) -> AsyncIterator[JsonClient]:
    made = JsonClient(server.url, timeout_s=0.3, secrets=("s3cr3t",))
    yield made
    await made.close()


async def test_an_answer_that_comes_drop_by_drop_is_ended_in_time(client: JsonClient) -> None:
    with pytest.raises(TranslationTimedOut):
        await client.get("/slowly")


async def test_what_the_server_says_is_short_printable_and_without_the_key(client: JsonClient) -> None:
    with pytest.raises(TranslationFailed) as caught:
        await client.get("/said")
    assert caught.value.detail.startswith("503: key *** is  wrong!")
    assert len(caught.value.detail) < 250


@pytest.mark.parametrize(("header", "expected_s"), [("7", 7.0), ("soon", 60.0), ("-5", 60.0), ("9" * 30, 60.0)])
async def test_a_quota_says_how_long(client: JsonClient, header: str, expected_s: float) -> None:
    with pytest.raises(QuotaExceeded) as caught:
        await client.get(f"/late?after={header}")
    assert caught.value.retry_after_s == expected_s


async def test_compressed_answers_are_not_unpacked(client: JsonClient) -> None:
    with pytest.raises(AnswerMalformed):
        await client.request("GET", "/packed", headers={"Accept-Encoding": "gzip"})


async def test_nobody_there() -> None:
    client = JsonClient("http://127.0.0.1:1", timeout_s=2.0)
    with pytest.raises(TranslationFailed, match="cannot be reached"):
        await client.get("/")
    await client.close()


@pytest.mark.parametrize("found", [None, {}, "ab", ["a"], ["a", 1], ["a", None], ["a", {"t": "b"}]])
def test_what_is_no_list_of_texts(found: object) -> None:
    with pytest.raises(AnswerMalformed, match="things"):
        texts_of(found, 2, "things")


def test_texts_and_members() -> None:
    assert texts_of(["a ", " "], 2, "things") == ["a", None]
    assert texts_of([{"t": "a"}, {"t": ""}], 2, "things", "t") == ["a", None]
