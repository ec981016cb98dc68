"""/api/v1/config: what this server offers, for clients to draw their choices from."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from livehub.commerce.gateway import Gateway, hand_words, is_paid_first
from livehub.translation.locale import LOCALES
from livehub.web.body import answer
from livehub.web.openapi import API, Operation


class LocaleView(msgspec.Struct):
    tag: str
    name: str
    dir: str


class HandWordsView(msgspec.Struct):
    """To the buyer who has to pay, to the shop that gives money back, to the buyer who gets it back."""

    waits: str
    give_back: str
    comes_back: str


class PaymentView(msgspec.Struct):
    """``by_hand``: the shop says that the money is there, and gives it back itself. ``paid_first``: it has to be there
    before anything is handed over. ``words``: what people are told of it, by locale; none are the client's own."""

    id: str
    title: str
    by_hand: bool = False
    paid_first: bool = False
    words: dict[str, HandWordsView] = {}


def payment_view(gateway: Gateway) -> PaymentView:
    words = {
        locale: HandWordsView(one.waits, one.give_back, one.comes_back) for locale, one in hand_words(gateway).items()
    }
    return PaymentView(gateway.id, gateway.title, gateway.by_hand, is_paid_first(gateway), words)


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
    payments: Sequence[PaymentView],
    translators: Sequence[str],
    ice_servers: Sequence[Mapping[str, Any]],
    turn: bool,
    max_message_chars: int,
    hls: bool = False,
    quotes: bool = False,
    captions: bool = False,
    speech: tuple[Sequence[str], str | None] = ((), None),
) -> ClientConfig:
    """``payments`` in the order to offer them; ``speech`` as (languages, the service beyond)."""
    return ClientConfig(
        [LocaleView(locale.tag, locale.native_name, locale.direction) for locale in LOCALES.values()],
        list(payments),
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
