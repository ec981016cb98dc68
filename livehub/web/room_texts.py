"""/api/v1/rooms/{room}/texts: what a shop says on the page of a room, in the reader's language.

For those whom the room does not tell: nobody can join one that has ended, and where orders are picked up is asked for
by those who buy.
"""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from livehub.commerce.catalog.words import words_of
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState
from livehub.translation.locale import require_locale
from livehub.translation.texts import Source
from livehub.web.body import answer_list
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.recordings import RECORDINGS
from livehub.web.replay import check_may_see
from livehub.web.rooms import room_access
from livehub.web.texts import TEXTS, TextView

#: an engine's whole time for a line
WAIT_S: Final = 3.0
#: different texts, in the order in which the page shows them; what is beyond them stays as it is written
MAX_TEXTS: Final = 500


async def list_texts(request: web.Request) -> web.Response:
    """For those who are somebody they are made where they are not there yet.

    Raises: UnsupportedLocale; as :func:`check_may_see`.
    """
    access = await room_access(request)
    await check_may_see(request, access)
    own = access.principal.locale if access.principal is not None else None
    locale = require_locale(request.query.get("locale") or own or "")
    texts = request.app.get(TEXTS)
    if texts is None:
        return answer_list([])
    sources = await _sources(request, access)
    if access.principal is None:
        found = await texts.kept(sources, locale)
    else:
        found = await texts.shown(access.room.id, sources, locale, within_s=WAIT_S)
    return answer_list([text.present() for text in found])


async def _sources(request: web.Request, access: Access) -> list[Source]:
    room = access.room
    named = [Source(f"room:{room.id}", text, room.locale) for text in (room.title, room.description) if text]
    if room.store_id is not None:
        named += [Source(f"store:{room.store_id}", text, room.locale) for text in await _sold(request, access)]
    return list(dict.fromkeys(named))[:MAX_TEXTS]


async def _sold(request: web.Request, access: Access) -> list[str]:
    """On the chapters of the replay, on auctions, on what can be bought, and where it is picked up."""
    commerce, room = request.app[COMMERCE], access.room
    offers = await (commerce.replays.offers(room) if room.state is RoomState.ENDED else commerce.tray.of_room(room.id))
    auctions = await commerce.auctions.in_room(access)
    cards: Sequence[dict[str, Any]] = [
        *(auction.present(0) for auction, _ in auctions),
        *(offer.present() for offer in offers),
    ]
    places = [place for place, _ in await commerce.pickups.offered(access)]
    return [
        *await _chapters(request, access),
        *(text for card in cards for text in words_of(card)),
        *(text for place in places for text in (place.title, place.directions.strip()) if text),
    ]


async def _chapters(request: web.Request, access: Access) -> list[str]:
    if access.room.state is not RoomState.ENDED:
        return []
    replay = await request.app[RECORDINGS].library.replay(access.room.id)
    return [] if replay is None else [chapter.title for chapter in replay.chapters()]


_TEXTS = f"{API}/rooms/{{room}}/texts"


def routes() -> list[web.RouteDef]:
    return [web.get(_TEXTS, list_texts)]


OPERATIONS = [
    Operation(
        "GET", _TEXTS, "Titles on a room's page, in one language, where they are not written in it", None, TextView,
        (200, 401, 403, 404, 422), "none", True, {"locale": "One of the eleven; without it your own"},
    ),
]  # fmt: skip
