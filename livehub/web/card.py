"""/api/v1/rooms/{room}/card: the picture of a link to a room, as messengers and social networks show it (Open Graph).

A JPEG of 1200 × 630, which all of them take: of what is on air, else of what will be sold, else plain.
"""

import asyncio
import io
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from livehub.clock import Clock
from livehub.errors import Unavailable
from livehub.rooms.errors import RoomNotFound
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import Room
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

WIDTH: Final = 1200
HEIGHT: Final = 630
#: crawlers come together when a link is shared: one picture for all of them
FRESH_S: Final = 60.0
MAX_ROOMS: Final = 200
#: rooms whose card is being drawn or waits for that
MAX_WAITING: Final = 20
_AT_ONCE: Final = 2
_PATH: Final = f"{API}/rooms/{{room}}/card"
#: the cover colours of static/styles/tokens.css
_COVERS: Final = ((36, 92, 78), (106, 61, 90), (45, 79, 120), (122, 74, 40), (74, 82, 48), (87, 64, 122))

#: the picture that stands for a room right now, in any format that Pillow reads, or None
PictureOf = Callable[[Room], Awaitable[bytes | None]]


class Cards:
    """Keeps the last card of at most :data:`MAX_ROOMS` rooms for :data:`FRESH_S` seconds; draws two at a time, and
    :data:`MAX_WAITING` rooms wait for that."""

    def __init__(self, picture_of: PictureOf, clock: Clock) -> None:
        self._picture_of = picture_of
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting: Counter[str] = Counter()

    async def of(self, room: Room) -> bytes:
        """JPEG. Raises: Unavailable (``overloaded``) when the cards of too many other rooms are asked for at once."""
        if (fresh := self._fresh(room.id)) is not None:
            return fresh
        if room.id not in self._waiting and len(self._waiting) >= MAX_WAITING:
            raise Unavailable("The cards of many rooms are being drawn; try again", retry_after_s=2, code="overloaded")
        self._waiting[room.id] += 1
        try:
            async with self._turn:
                return self._fresh(room.id) or await self._draw(room)  # it may have come meanwhile
        finally:
            self._waiting[room.id] -= 1
            if not self._waiting[room.id]:
                del self._waiting[room.id]

    def _fresh(self, room_id: str) -> bytes | None:
        kept = self._kept.get(room_id)
        return kept[1] if kept is not None and self._clock.monotonic() - kept[0] < FRESH_S else None

    async def _draw(self, room: Room) -> bytes:
        jpeg = await asyncio.to_thread(draw, await self._picture_of(room), room.id)
        self._kept[room.id] = self._clock.monotonic(), jpeg
        self._kept.move_to_end(room.id)
        if len(self._kept) > MAX_ROOMS:
            self._kept.popitem(last=False)
        return jpeg


CARDS: web.AppKey[Cards] = web.AppKey("cards", Cards)


def draw(picture: bytes | None, room_id: str) -> bytes:
    """A card of ``picture``, whole and on a blurred ground of itself where it is of another shape."""
    card = _plain(room_id) if picture is None else _framed(picture)
    out = io.BytesIO()
    card.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _framed(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    ground = ImageOps.fit(image, (WIDTH // 8, HEIGHT // 8)).filter(ImageFilter.GaussianBlur(6)).resize((WIDTH, HEIGHT))
    front = ImageOps.contain(image, (WIDTH, HEIGHT))
    ground.paste(front, ((WIDTH - front.width) // 2, (HEIGHT - front.height) // 2))
    return ground


def _plain(room_id: str) -> Image.Image:
    """The colour of the room's cover, and the mark of something that is sent: rings around a point."""
    colour = _COVERS[sum(room_id.encode()) % len(_COVERS)]
    card = Image.new("RGB", (WIDTH, HEIGHT), colour)
    pen = ImageDraw.Draw(card)
    middle = WIDTH // 2, HEIGHT // 2
    for ring, radius in enumerate((250, 180, 110)):
        shade = tuple(min(255, part + 14 * (ring + 1)) for part in colour)
        pen.circle(middle, radius, outline=shade, width=18)
    pen.circle(middle, 44, fill=(255, 255, 255))
    return card


async def get_card(request: web.Request) -> web.Response:
    """For crawlers, which have no cookies: a private room has no card for anybody."""
    access = await room_access(request)
    if access.room.visibility is Visibility.PRIVATE:
        raise RoomNotFound
    jpeg = await request.app[CARDS].of(access.room)
    return web.Response(
        body=jpeg, content_type="image/jpeg", headers={"Cache-Control": f"public, max-age={FRESH_S:.0f}"}
    )


def routes() -> list[web.RouteDef]:
    return [web.get(_PATH, get_card)]


OPERATIONS = [
    Operation(
        "GET",
        _PATH,
        "The picture of a link to the room",
        statuses=(200, 404, 503),
        auth="none",
        answer_type="image/jpeg",
    )
]
