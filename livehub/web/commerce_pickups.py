"""Pick-up places and their slots: the merchant's to define, buyers' to choose from."""

from datetime import date, time
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.fulfilment.pickups import MAX_CAPACITY, MAX_DAYS, MAX_MINUTES, MIN_MINUTES, NewSlots
from livehub.text import many_lines, one_line
from livehub.web.auth import require_account, require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE, MAX_TITLE_CHARS, Title
from livehub.web.openapi import API, Operation
from livehub.web.rooms import ROOMS

MAX_PLACE_CHARS = 1000
#: hours and minutes; local times have no offset, which msgspec would want of a time
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="such as 09:30")]
Capacity = Annotated[int, Meta(ge=1, le=MAX_CAPACITY)]


class PlaceBody(msgspec.Struct):
    """``time_zone``: of IANA, such as Europe/Madrid; slots are made in its local time."""

    title: Title
    address: Annotated[str, Meta(min_length=1, max_length=4 * MAX_PLACE_CHARS)]
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    directions: Annotated[str, Meta(max_length=4 * MAX_PLACE_CHARS)] = ""


class PlaceView(msgspec.Struct):
    id: str
    title: str
    address: str
    directions: str
    time_zone: str


class SlotsBody(msgspec.Struct):
    """Slots of ``minutes`` on each of ``days``, ``opens`` to ``closes``, each with room for ``capacity`` orders."""

    days: Annotated[list[date], Meta(min_length=1, max_length=MAX_DAYS)]
    opens: Clock
    closes: Clock
    minutes: Annotated[int, Meta(ge=MIN_MINUTES, le=MAX_MINUTES)]
    capacity: Capacity


class SlotBody(msgspec.Struct):
    capacity: Capacity


class OfferedSlot(msgspec.Struct):
    id: str
    starts_at: str
    ends_at: str
    left: int


class SlotView(OfferedSlot):
    capacity: int
    taken: int


class PickupChoice(PlaceView):
    slots: list[OfferedSlot]


async def add_place(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, PlaceBody)
    place = await request.app[COMMERCE].pickups.add_place(
        principal,
        request.match_info["store"],
        title=one_line(body.title, "title", max_chars=MAX_TITLE_CHARS),
        address=many_lines(body.address, "address", max_chars=MAX_PLACE_CHARS),
        directions=many_lines(body.directions, "directions", max_chars=MAX_PLACE_CHARS),
        time_zone=body.time_zone,
    )
    return answer(place.present(), 201)


async def list_places(request: web.Request) -> web.Response:
    principal = await require_account(request)
    places = await request.app[COMMERCE].pickups.places(principal, request.match_info["store"])
    return answer_list([place.present() for place in places])


async def close_place(request: web.Request) -> web.Response:
    await request.app[COMMERCE].pickups.close_place(await require_account(request), request.match_info["place"])
    return web.Response(status=204)


async def add_slots(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, SlotsBody)
    new = NewSlots(
        body.days, time.fromisoformat(body.opens), time.fromisoformat(body.closes), body.minutes, body.capacity
    )
    slots = await request.app[COMMERCE].pickups.add_slots(principal, request.match_info["place"], new)
    return answer({"items": [slot.present() for slot in slots], "next": None}, 201)


async def list_slots(request: web.Request) -> web.Response:
    principal = await require_account(request)
    slots = await request.app[COMMERCE].pickups.slots(principal, request.match_info["place"])
    return answer_list([slot.present() for slot in slots])


async def change_slot(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, SlotBody)
    slot = await request.app[COMMERCE].pickups.change_slot(principal, request.match_info["slot"], body.capacity)
    return answer(slot.present())


async def close_slot(request: web.Request) -> web.Response:
    await request.app[COMMERCE].pickups.close_slot(await require_account(request), request.match_info["slot"])
    return web.Response(status=204)


async def list_choices(request: web.Request) -> web.Response:
    access = await request.app[ROOMS].access(request.match_info["room"], await require_principal(request))
    offered = await request.app[COMMERCE].pickups.offered(access)
    return answer_list([{**place.present(), "slots": [slot.offered() for slot in slots]} for place, slots in offered])


_PLACES, _PLACE = f"{API}/stores/{{store}}/pickup-places", f"{API}/pickup-places/{{place}}"
_SLOTS, _SLOT, _CHOICES = f"{_PLACE}/slots", f"{API}/pickup-slots/{{slot}}", f"{API}/rooms/{{room}}/pickup"


def routes() -> list[web.RouteDef]:
    return [
        web.post(_PLACES, add_place),
        web.get(_PLACES, list_places),
        web.delete(_PLACE, close_place),
        web.post(_SLOTS, add_slots),
        web.get(_SLOTS, list_slots),
        web.patch(_SLOT, change_slot),
        web.delete(_SLOT, close_slot),
        web.get(_CHOICES, list_choices),
    ]


_OWN = (401, 403, 404)
OPERATIONS = [
    Operation("POST", _PLACES, "A place to pick up at", PlaceBody, PlaceView, (201, *_OWN, 409, 422), "account"),
    Operation("GET", _PLACES, "A store's pick-up places", None, PlaceView, (200, *_OWN), "account", True),
    Operation("DELETE", _PLACE, "No more orders come to it", None, None, (204, *_OWN), "account"),
    Operation("POST", _SLOTS, "Slots on several days", SlotsBody, SlotView, (201, *_OWN, 422), "account", True),
    Operation("GET", _SLOTS, "Slots to come", None, SlotView, (200, *_OWN), "account", True),
    Operation("PATCH", _SLOT, "Another capacity", SlotBody, SlotView, (200, *_OWN, 409, 422), "account"),
    Operation("DELETE", _SLOT, "Offer it no more", None, None, (204, *_OWN), "account"),
    Operation(
        "GET", _CHOICES, "Where and when orders of the room can be picked up", None, PickupChoice,
        (200, 401, 403, 404), "any", True,
    ),
]  # fmt: skip
