"""A courier at an address of the operator's: asked for labels by a signed POST, heard by a signed webhook.

``http:https://parcels.example.org/label;secret=whsec_…;id=parcels;title=Parcels``. Both ways are signed as Standard
Webhooks say, with the same secret. Redirects are not followed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from livehub.clock import Clock
from livehub.commerce.asking import AskingFailed, SignedAsker
from livehub.commerce.courier import DEADLINE_S, Courier, CourierContext, Label, LabelRequest, TrackingUpdate
from livehub.commerce.errors import CourierFailed
from livehub.commerce.fulfilment.shipments import MAX_TRACKING_CHARS, MAX_URL_CHARS, ShipmentStatus, Tracking
from livehub.commerce.signature import SECRET_PREFIX, verify
from livehub.errors import InvalidInput, MalformedRequest

MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_UPDATES: Final = 100
_NAMES: Final = frozenset({"secret", "id", "title"})
_ID: Final = re.compile(r"[a-z0-9-]{1,40}")

_Number = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TRACKING_CHARS)]
_Url = Annotated[str, msgspec.Meta(max_length=MAX_URL_CHARS)]


class _Answer(msgspec.Struct):
    tracking_number: _Number
    tracking_url: _Url = ""
    label_url: _Url = ""


class _Update(msgspec.Struct):
    tracking_number: _Number
    status: ShipmentStatus


class _Told(msgspec.Struct):
    data: Annotated[list[_Update], msgspec.Meta(min_length=1, max_length=MAX_UPDATES)] | _Update


class HttpCourier:
    def __init__(self, courier_id: str, title: str, url: str, secret: str, clock: Clock) -> None:
        self.id, self.title = courier_id, title
        self._secret = secret
        self._clock = clock
        self._asker = SignedAsker(url, secret, timeout_s=DEADLINE_S, most_bytes=MAX_ANSWER_BYTES, clock=clock)

    async def label(self, request: LabelRequest) -> Label:
        try:
            answer = await self._asker.ask("shipment.label", request.id, request.present())
        except AskingFailed as error:
            raise CourierFailed(f"{self.title}: {error}") from error
        return self._read(answer)

    def _read(self, answer: bytes) -> Label:
        try:
            told = msgspec.json.decode(answer, type=_Answer)
            for url in (told.tracking_url, told.label_url):
                Tracking(url=url).check()
        except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput) as error:
            raise CourierFailed(f"The answer of {self.title} cannot be read: {error}") from None
        return Label(told.tracking_number, told.tracking_url, told.label_url)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackingUpdate]:
        verify(self._secret, headers, body, self._clock.now_ms())
        try:
            told = msgspec.json.decode(body, type=_Told).data
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedRequest(f"The update cannot be read: {error}") from None
        updates = told if isinstance(told, list) else [told]
        return [TrackingUpdate(one.tracking_number, one.status) for one in updates]

    async def close(self) -> None:
        await self._asker.close()


def create(setting: str, context: CourierContext) -> Courier:
    """Raises: ValueError, which never shows the secret."""
    url, *parts = setting.split(";")
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise ValueError("the setting begins with an address, https://…")
    given = {name: value for name, _, value in (part.partition("=") for part in parts)}
    if not given.keys() <= _NAMES:
        raise ValueError(f"after the address come {', '.join(sorted(_NAMES))}")
    if not given.get("secret", "").startswith(SECRET_PREFIX):
        raise ValueError(f"secret has to be a signing secret that begins with {SECRET_PREFIX}")
    courier_id = given.get("id", "http")
    if not _ID.fullmatch(courier_id):
        raise ValueError("id has up to 40 small letters, digits and hyphens")
    return HttpCourier(courier_id, given.get("title", courier_id)[:80], url, given["secret"], context.clock)
