"""What is followed, and the ways in which somebody is told. Pure."""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from livehub.errors import InvalidInput
from livehub.followers.errors import PushRefused
from livehub.followers.limits import FollowerLimits
from livehub.followers.webpush import decode_key
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import Room

_SUBJECT: Final = re.compile(r"(store|host|room):[A-Za-z0-9_-]{1,64}")
_AUTH_BYTES: Final = 16


class AddressState(StrEnum):
    #: a letter was sent that asks whether the address wants them
    PENDING = "pending"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Follow:
    """``subject``: ``store:<id>``, ``host:<account id>``, or ``room:<id>`` for a reminder of one planned room."""

    identity: str
    subject: str
    title: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Address:
    """The one e-mail address of a person. Nothing but the question is sent before it is confirmed."""

    id: str
    identity: str
    email: str = field(repr=False)
    locale: str
    state: AddressState
    created_at: int


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser: ``endpoint`` at its push service, ``p256dh`` and ``auth`` its keys (RFC 8291) in base64url."""

    id: str
    identity: str
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    locale: str
    created_at: int


def behind(room: Room) -> tuple[str, str]:
    """Subject and title of who stands behind a room: its shop, else its host."""
    if room.store_id is not None:
        return f"store:{room.store_id}", room.store_title or ""
    return f"host:{room.owner_id}", room.owner_name


def reminder(room: Room) -> str:
    return f"room:{room.id}"


def told_of(room: Room) -> list[str]:
    """The subjects whose followers are told when it starts; of a room that not all may find, its reminders only."""
    if room.visibility is Visibility.PRIVATE:
        return []
    if room.visibility is Visibility.UNLISTED:
        return [reminder(room)]
    return [behind(room)[0], reminder(room)]


def push_id(endpoint: str, push_key: str) -> str:
    """Of a browser that subscribed under the server's VAPID key ``push_key``: under another key it is another one, for
    its push service takes nothing that is signed by any other (RFC 8292, 4.2)."""
    return f"push_{hashlib.sha256(f'{push_key} {endpoint}'.encode()).hexdigest()[:40]}"


def check_subject(text: str) -> str:
    """Raises: InvalidInput."""
    if not _SUBJECT.fullmatch(text):
        raise InvalidInput("Name a subject such as store:str_1, host:acc_1 or room:room_1", field="subject")
    return text


def check_subscription(endpoint: str, p256dh: str, auth: str, limits: FollowerLimits, *, plain_http: bool) -> None:
    """A push service's address and two keys of the right size. Where the address leads is checked when it is used.

    Raises: PushRefused; ``field`` says what is wrong.
    """
    try:
        parts = urlsplit(endpoint)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        raise PushRefused("This is no address", field="endpoint") from None
    plain = endpoint.isascii() and endpoint.isprintable() and " " not in endpoint
    schemes = {"https", "http"} if plain_http else {"https"}
    if not plain or not port_ok or parts.scheme not in schemes or not parts.hostname or parts.username is not None:
        raise PushRefused("Give an address that begins with https://", field="endpoint")
    if len(endpoint) > limits.max_endpoint_chars:
        raise PushRefused(f"An address has at most {limits.max_endpoint_chars} characters", field="endpoint")
    for name, text, octets in (("p256dh", p256dh, 65), ("auth", auth, _AUTH_BYTES)):
        key = decode_key(text)
        if key is None or len(key) != octets:
            raise PushRefused(f"{name} has {octets} bytes in base64url", field=f"keys.{name}")
