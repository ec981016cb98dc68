"""A target, and what may be typed in for one. Pure."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from livehub.restream.errors import TargetKeyRefused, TargetUrlRefused

MAX_NAME_CHARS: Final = 60
MAX_URL_CHARS: Final = 500
#: YouTube's have 24 characters, Facebook's 120; bearer tokens of WHIP services are JWTs of up to a kilobyte
MAX_KEY_CHARS: Final = 2000
#: so many characters of a key are shown, where at least three times as many are not
HINT_CHARS: Final = 4

_SCHEMES: Final = ("rtmp", "rtmps", "https", "http")
_KEY: Final = re.compile(r"[\x21-\x7e]*")
_PATH: Final = re.compile(r"/[\x21-\x7e]+")


class Protocol(StrEnum):
    """How a show is sent: what the scheme of the address says."""

    RTMP = "rtmp"
    WHIP = "whip"


@dataclass(frozen=True, slots=True)
class Target:
    """A place at another service. It belongs to an account and can be used by each of its rooms, one at a time.

    ``sealed_key`` is what :class:`livehub.restream.vault.Vault` made of the key; empty without one. ``room_id``: the
    room that it carries, or shall carry as soon as there is something to send; None when it is stopped.
    """

    id: str
    owner_id: str
    name: str
    url: str
    sealed_key: str = field(repr=False)
    key_hint: str
    automatic: bool
    room_id: str | None
    created_at: int

    @property
    def protocol(self) -> Protocol:
        return Protocol.RTMP if self.url.startswith(("rtmp:", "rtmps:")) else Protocol.WHIP

    @property
    def has_key(self) -> bool:
        return bool(self.sealed_key)

    @property
    def server(self) -> str:
        """Host name alone: what may be logged, and what those see who only start and stop."""
        return urlsplit(self.url).hostname or ""


def check_url(url: str, *, plain_http: bool) -> str:
    """An address of RTMP, RTMPS or WHIP; ``plain_http`` lets WHIP go without TLS (inside one's own network).

    Raises:
        TargetUrlRefused: anything else, and one with a user name, a password or a fragment in it.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or 1 <= parts.port <= 65535
    except ValueError:
        raise TargetUrlRefused("This is no address", field="url") from None
    plain = len(url) <= MAX_URL_CHARS and url.isascii() and url.isprintable() and " " not in url
    if not plain or not port_ok or parts.scheme not in _SCHEMES or not parts.hostname:
        raise TargetUrlRefused("Give an address that begins with rtmp://, rtmps:// or, for WHIP, https://", field="url")
    if parts.scheme == "http" and not plain_http:
        raise TargetUrlRefused("WHIP needs an address that begins with https://: the key is sent there", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetUrlRefused("Leave user name, password and fragment out of the address", field="url")
    if parts.scheme.startswith("rtmp"):
        _check_rtmp(parts.path, parts.query)
    return url


def _check_rtmp(path: str, query: str) -> None:
    if not _PATH.fullmatch(path) or path.strip("/") == "":
        raise TargetUrlRefused(
            "An RTMP address names an application after the host, such as rtmp://live.example/app", field="url"
        )
    if query:
        raise TargetUrlRefused("Put what follows the ? behind the key: the key is kept secret", field="url")


def check_key(key: str, protocol: Protocol) -> str:
    """A stream key (RTMP) or bearer token (WHIP, where there may be none).

    Raises:
        TargetKeyRefused: spaces, control characters, too long, or missing for RTMP.
    """
    key = key.strip()
    if len(key) > MAX_KEY_CHARS or not _KEY.fullmatch(key):
        raise TargetKeyRefused(
            f"A key has at most {MAX_KEY_CHARS} letters, digits and signs, and no spaces", field="key"
        )
    if not key and protocol is Protocol.RTMP:
        raise TargetKeyRefused("Enter the stream key that the service shows you", field="key")
    return key


def hint_of(key: str) -> str:
    """The last characters of a key by which its owner knows it again; empty for a short one."""
    return key[-HINT_CHARS:] if len(key) >= 4 * HINT_CHARS else ""
