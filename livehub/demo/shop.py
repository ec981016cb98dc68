"""What the demonstration sells, put in through the public API as any merchant's program would."""

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession
from PIL import Image

from livehub.demo.pottery import POTS, Workshop

CURRENCY = "EUR"
STOCK = 200
UNITS_IN_SHOW = 40


@dataclass(frozen=True, slots=True)
class Ware:
    sku: str
    title: str
    description: str
    price_minor: int
    show_price_minor: int


WARES = (
    Ware("VASE-CELADON", "Celadon vase", "Thrown stoneware, wood-ash celadon, 28 cm. Holds water.", 6800, 5400),
    Ware("BOWL-PETAL", "Petal bowl", "Red clay with white slip petals, 24 cm. Dishwasher safe.", 4200, 3500),
    Ware("CUP-INDIGO", "Indigo wave cup", "Porcelain, painted by hand in cobalt, 280 ml.", 2400, 1900),
)


class Credentials(msgspec.Struct):
    """The demonstration's merchant, remembered between runs in its data directory."""

    email: str
    password: str


class DemoFailed(RuntimeError):
    """The server refused something that the demonstration needs; the message has its answer."""


def credentials(data_dir: Path) -> Credentials:
    path = data_dir / "merchant.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    made = Credentials("potter@example.org", secrets.token_urlsafe(12))
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(made))
    return made


class Api:
    """The public API as the merchant: session cookie, problem documents as exceptions."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def call(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None) -> dict[str, Any]:
        """Raises: DemoFailed."""
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self._session.request(method, f"/api/v1{path}", **content) as response:
            if response.status >= 400:
                raise DemoFailed(f"{method} {path}: {await response.text()}")
            return dict(await response.json()) if response.status != 204 else {}

    async def sign_in(self, known: Credentials) -> None:
        """Signs up the first time."""
        body = {"email": known.email, "password": known.password}
        try:
            await self.call("POST", "/sessions", body)
        except DemoFailed:
            await self.call("POST", "/accounts", {**body, "display_name": "The pottery", "locale": "en"})

    async def ensure_store(self) -> str:
        """The store's id, with its products in it and their stock full again."""
        stores = (await self.call("GET", "/stores"))["items"]
        store = (
            stores[0]
            if stores
            else await self.call("POST", "/stores", {"title": "Riverbank Pottery", "currency": CURRENCY})
        )
        store_id = str(store["id"])
        present = (await self.call("GET", f"/stores/{store_id}/products"))["items"]
        titles = {product["title"] for product in present}
        workshop = None
        for ware in WARES:
            if ware.title in titles:
                continue
            workshop = workshop or Workshop()
            await self._add(store_id, ware, workshop)
        for product in present:
            refill = [{"sku": v["sku"], "stock": max(v["stock"], STOCK)} for v in product["variants"]]
            await self.call("PATCH", f"/products/{product['id']}", {"variants": refill})
        return store_id

    async def _add(self, store_id: str, ware: Ware, workshop: Workshop) -> None:
        price = {"amount_minor": ware.price_minor, "currency": CURRENCY}
        body = {
            "title": ware.title,
            "description": ware.description,
            "variants": [{"sku": ware.sku, "price": price, "stock": STOCK}],
        }
        product = await self.call("POST", f"/stores/{store_id}/products", body)
        index = next(i for i, pot in enumerate(POTS) if pot.sku == ware.sku)
        await self.call("PUT", f"/products/{product['id']}/picture", _jpeg(workshop, index))

    async def open_show(self, store_id: str) -> tuple[str, list[str]]:
        """A live room with every ware on offer: its id, the offers' ids. Earlier ones are ended."""
        for room in (await self.call("GET", "/rooms?state=live&mine=1"))["items"]:
            await self.call("POST", f"/rooms/{room['id']}/end")
        room = await self.call(
            "POST",
            "/rooms",
            {
                "kind": "show",
                "title": "An evening at the wheel",
                "description": "Three pieces fresh from the kiln, turned and shown from every side.",
                "locale": "en",
                "visibility": "public",
                "recording": "off",  # a film that goes round and round would only fill the disk
                "store_id": store_id,
            },
        )
        room_id = str(room["id"])
        offers = []
        for ware in WARES:
            price = {"amount_minor": ware.show_price_minor, "currency": CURRENCY}
            body = {"sku": ware.sku, "quantity": UNITS_IN_SHOW, "price": price, "per_buyer_limit": 5}
            offers.append(str((await self.call("POST", f"/rooms/{room_id}/offers", body))["id"]))
        await self.call("POST", f"/rooms/{room_id}/start")
        return room_id, offers

    async def publisher_token(self, room_id: str) -> str:
        """For ffmpeg: may publish in this room, and nothing else."""
        body = {
            "identity": "camera",
            "display_name": "The pottery",
            "role": "speaker",
            "locale": "en",
            "expires_in_s": 24 * 3600,
        }
        return str((await self.call("POST", f"/rooms/{room_id}/tokens", body))["token"])


def _jpeg(workshop: Workshop, index: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(workshop.still(index)).save(out, "JPEG", quality=90)
    return out.getvalue()
