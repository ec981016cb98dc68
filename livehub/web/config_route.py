"""/api/v1/config: what this server offers, for clients to draw their choices from."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from livehub.translation.locale import LOCALES
from livehub.web.body import answer
from livehub.web.openapi import API, Operation


class LocaleView(msgspec.Struct):
    tag: str
    name: str
    dir: str


class PaymentView(msgspec.Struct):
    id: str
    title: str


class SpeechView(msgspec.Struct):
    """``remote``: texts leave the server's machine for that service."""

    locales: list[str]
    remote: str | None


class ClientConfig(msgspec.Struct):
    """``ice_servers`` as RTCPeerConnection takes them; where ``turn`` is true, GET /ice-servers has more for each.

    ``hls``: rooms can also be watched by HLS. ``quotes``: checkout hooks have a say, so POST /quotes before an order.
    ``captions``: hosts may have what is said written. ``speech``: the languages that the server speaks; null: none.
    """

    locales: list[LocaleView]
    payments: list[PaymentView]
    translators: list[str]
    ice_servers: list[dict[str, Any]]
    turn: bool
    max_message_chars: int
    hls: bool
    quotes: bool
    captions: bool = False
    speech: SpeechView | None = None


CLIENT_CONFIG: web.AppKey[ClientConfig] = web.AppKey("client_config", ClientConfig)


def client_config(
    *,
    payments: Sequence[tuple[str, str]],
    translators: Sequence[str],
    ice_servers: Sequence[Mapping[str, Any]],
    turn: bool,
    max_message_chars: int,
    hls: bool = False,
    quotes: bool = False,
    captions: bool = False,
    speech: tuple[Sequence[str], str | None] = ((), None),
) -> ClientConfig:
    """``payments`` as (id, title), in the order to offer them; ``speech`` as (languages, the service beyond)."""
    return ClientConfig(
        [LocaleView(locale.tag, locale.native_name, locale.direction) for locale in LOCALES.values()],
        [PaymentView(key, title) for key, title in payments],
        list(translators),
        [dict(server) for server in ice_servers],
        turn,
        max_message_chars,
        hls,
        quotes,
        captions,
        SpeechView(list(speech[0]), speech[1]) if speech[0] else None,
    )


async def get_config(request: web.Request) -> web.Response:
    return answer(request.app[CLIENT_CONFIG], headers={"Cache-Control": "max-age=60"})


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/config", get_config)]


OPERATIONS = [Operation("GET", f"{API}/config", "What this server offers", None, ClientConfig, (200,), "none")]
