"""DeepL, Google, Azure and Apertium: what goes to them, beyond the contract."""

from pathlib import Path

import pytest

from livehub.clock import ManualClock
from livehub.translation.errors import AccessDenied, TranslationRefused
from livehub.translation.providers import apertium, azure, deepl, google
from tests.translation.vendors.apertium import Apertium
from tests.translation.vendors.azure import Azure
from tests.translation.vendors.deepl import DeepL
from tests.translation.vendors.google import PEM, Google
from tests.translation.vendors.vendor import KEY


async def test_deepl() -> None:
    server = DeepL()
    await server.start()
    engine = deepl.create(f"{server.url}?key={KEY}&formality=prefer_more", deadline_s=5.0)
    try:
        assert await engine.translate(["{1} & dos"], "es", "zh") == ["zh({1} & dos)"]
        assert server.bodies[-1] == {
            "text": ['<x id="1"/> &amp; dos'], "source_lang": "ES", "target_lang": "ZH-HANS",
            "formality": "prefer_more", "tag_handling": "xml",
        }  # fmt: skip
        assert await engine.translate(["a & b"], "en", "es") == ["es(a & b)"]
        assert "tag_handling" not in server.bodies[-1]
        await engine.translate(["x" * 2000] * 45, "en", "es")
        assert len(server.bodies) > 3, "a request has 128 KiB at the most"
    finally:
        await engine.close()
        await server.close()


def test_deepl_finds_the_free_plans_address_by_its_key() -> None:
    free = deepl.create("?key=abc:fx", deadline_s=1.0)
    paid = deepl.create("?key=abc", deadline_s=1.0)
    assert isinstance(free, deepl.DeepLTranslator)
    assert isinstance(paid, deepl.DeepLTranslator)
    assert (free._client.url, paid._client.url) == (deepl.FREE_URL, deepl.PRO_URL)
    for setting in ("", "?key=", "?key=x&formality=more", "?token=x"):
        with pytest.raises(ValueError, match=r"\w"):
            deepl.create(setting, deadline_s=1.0)


async def test_google_signs_in_once_and_again_before_the_token_ends(tmp_path: Path) -> None:
    clock, server = ManualClock(), Google()
    await server.start()
    setting = f"{server.url}?credentials={server.credentials(tmp_path)}&location=europe-west1"
    engine = google.create(setting, clock=clock, deadline_s=5.0)
    try:
        assert await engine.translate(["{1} <3"], "es", "zh") == ["zh({1} <3)"]
        assert server.bodies[-1]["mimeType"] == "text/html"
        assert server.bodies[-1]["targetLanguageCode"] == "zh-CN"
        assert server.claims["iss"] == "livehub@shop-1.iam.example"
        assert server.claims["scope"] == google.SCOPE
        assert server.claims["exp"] == int(str(server.claims["iat"])) + 3600 == clock.now_ms() // 1000 + 3600
        await engine.translate(["hola"], "es", "en")
        assert (len(server.tokens), server.bodies[-1]["mimeType"]) == (1, "text/plain")
        clock.advance(3600 - google.TOKEN_MARGIN_S)
        await engine.translate(["hola"], "es", "en")
        assert len(server.tokens) == 2
        server.tokens.append("taken back")  # what the engine has is good for nothing any more
        assert await engine.translate(["hola"], "es", "en") == ["en(hola)"]
        assert len(server.tokens) == 4
    finally:
        await engine.close()
        await server.close()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"private_key": 1}',
        '{"project_id": "p", "client_email": "e", "private_key": "s3cr3t"}',
    ],
)
def test_google_says_what_is_wrong_with_its_file_and_nothing_of_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "google.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="credentials") as caught:
        google.create(f"?credentials={path}", clock=ManualClock(), deadline_s=1.0)
    assert "s3cr3t" not in str(caught.value)


async def test_google_shows_its_key_nowhere(tmp_path: Path) -> None:
    server = Google()
    server.url = "http://127.0.0.1:1"
    account = google.ServiceAccount.read(server.credentials(tmp_path))
    assert PEM.splitlines()[1] not in repr(account)
    with pytest.raises(ValueError, match="project and location"):
        google.create(f"?credentials={tmp_path}/google.json&location=a/b", clock=ManualClock(), deadline_s=1.0)


async def test_azure() -> None:
    server = Azure()
    await server.start()
    engine = azure.create(f"{server.url}?key={KEY}&region=westeurope", deadline_s=5.0)
    elsewhere = azure.create(f"{server.url}?key={KEY}&region=eastus", deadline_s=5.0)
    try:
        assert await engine.translate(["{1} <3"], "es", "zh") == ["zh({1} <3)"]
        assert server.queries[-1] == {"api-version": "3.0", "from": "es", "to": "zh-Hans", "textType": "html"}
        await engine.translate(["x" * 2000] * 30, "en", "es")
        assert [len(body) for body in server.bodies[1:]] == [25, 5]
        with pytest.raises(AccessDenied):
            await elsewhere.translate(["hola"], "es", "en")
    finally:
        await engine.close()
        await elsewhere.close()
        await server.close()
    for setting in ("", "?key=", "?key=x&region=West Europe", "ftp://x?key=x"):
        with pytest.raises(ValueError, match=r"\w"):
            azure.create(setting, deadline_s=1.0)


async def test_apertium_learns_its_pairs_and_leaves_unknown_lines_to_others() -> None:
    server, clock = Apertium(), ManualClock()
    await server.start()
    engine = apertium.create(server.url, clock=clock, deadline_s=5.0)
    try:
        assert engine.supports("en", "ja")
        assert await engine.translate(["hola", " "], "es", "en") == ["eng(hola)", None]
        assert server.forms == [{"langpair": "spa|eng", "q": "hola", "markUnknown": "no", "format": "txt"}]
        assert not engine.supports("en", "ja")
        assert engine.supports("fr", "es")
        with pytest.raises(TranslationRefused):
            await engine.translate(["hi"], "en", "ja")
        arrivals = server.arrivals
        clock.advance(apertium.PAIRS_TTL_S)
        await engine.translate(["hola"], "es", "en")
        assert server.arrivals == arrivals + 2
    finally:
        await engine.close()
        await server.close()
