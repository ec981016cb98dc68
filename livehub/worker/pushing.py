"""``push:<subscription>``: notices to browsers by their push services (RFC 8030), to public addresses alone."""

import logging
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from cryptography.hazmat.primitives.asymmetric import ec

from livehub.clock import Clock
from livehub.commerce.webhooks.ports import Parcel
from livehub.egress import AddressRefused, PublicResolver, check_literal, open_session
from livehub.followers import webpush
from livehub.followers.limits import FollowerLimits
from livehub.followers.model import PushSubscription, push_id
from livehub.followers.notices import Notices
from livehub.followers.ports import FollowerStore
from livehub.rooms.model import Room
from livehub.worker import backoff
from livehub.worker.announcing import RoomOf, live_room
from livehub.worker.carrier import Outcome

log = logging.getLogger(__name__)
TIMEOUT_S: Final = 15.0
MAX_RETRY_S: Final = 1_800.0
#: the browser has taken it back
_GONE: Final = frozenset({404, 410})


class Notice(msgspec.Struct):
    room: str


class PushCarrier:
    """``contact``: a mailto: or https: address that a push service may complain to.

    ``allow_private``: for a push service of one's own inside one's own network.
    """

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        contact: str,
        store: FollowerStore,
        notices: Notices,
        room_of: RoomOf,
        clock: Clock,
        limits: FollowerLimits,
        *,
        allow_private: bool = False,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._key = key
        self._public = webpush.encode_key(webpush.public_bytes(key))
        self._contact = contact
        self._store = store
        self._notices = notices
        self._room_of = room_of
        self._clock = clock
        self._limits = limits
        self._allow_private = allow_private
        self._resolver = resolver

    def start(self) -> None:
        """On the running event loop."""
        guard = None if self._allow_private else PublicResolver(self._resolver)
        self._session = open_session(timeout_s=TIMEOUT_S, resolver=guard)

    async def close(self) -> None:
        await self._session.close()

    async def carry(self, parcel: Parcel) -> Outcome:
        subscription = await self._store.push(parcel.target.partition(":")[2])
        room = await live_room(self._room_of, msgspec.json.decode(parcel.body, type=Notice).room)
        if subscription is None or room is None:
            return Outcome(False, "there is nobody to tell, or nothing any more")
        if subscription.id != push_id(subscription.endpoint, self._public):
            return await self._drop(subscription, "it subscribed while the server had another key")
        try:
            status, retry_after = await self._post(subscription, room)
        except AddressRefused:
            return await self._drop(subscription, "the address is not on the public internet")
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefused):
                return await self._drop(subscription, "the address is not on the public internet")
            return self._later(parcel, 0, None)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return self._later(parcel, 0, None)
        except ValueError as error:
            return await self._drop(subscription, str(error))
        if 200 <= status < 300:
            return Outcome(True, str(status))
        if status in _GONE:
            return await self._drop(subscription, str(status))
        if status == 429 or status >= 500:
            return self._later(parcel, status, retry_after)
        log.warning("notice %s: the push service answered %d", parcel.id, status)
        return Outcome(False, str(status))

    async def _post(self, subscription: PushSubscription, room: Room) -> tuple[int, str | None]:
        if not self._allow_private:
            check_literal(subscription.endpoint)
        receiver, auth = (webpush.decode_key(text) for text in (subscription.p256dh, subscription.auth))
        if receiver is None or auth is None:
            raise ValueError("the subscription's keys cannot be read")
        text = await self._notices.push(room, subscription.locale)
        parts = urlsplit(subscription.endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        headers = {
            "Authorization": webpush.authorization(self._key, audience, self._contact, self._clock.now_ms()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._limits.push_ttl_s),
            # A later notice of the same room takes the place of one that the device has not fetched.
            "Topic": room.id[:32],
            "Urgency": "normal",
        }
        body = webpush.encrypt(text, receiver, auth)
        async with self._session.post(
            subscription.endpoint, data=body, headers=headers, allow_redirects=False
        ) as response:
            return response.status, response.headers.get("Retry-After")

    async def _drop(self, subscription: PushSubscription, said: str) -> Outcome:
        await self._store.drop_push(subscription.id)
        return Outcome(False, said)

    @staticmethod
    def _later(parcel: Parcel, status: int, retry_after: str | None) -> Outcome:
        delay_s = backoff.next_delay_s(backoff.NOTICE, parcel.attempts + 1)
        if delay_s is not None and retry_after is not None and retry_after.isascii() and retry_after.isdigit():
            delay_s = min(MAX_RETRY_S, max(delay_s, float(retry_after[:9])))
        return Outcome(False, str(status), delay_s)
