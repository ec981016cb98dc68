"""Where somebody comes from: the address that limits count by, and a signed mark that their browser keeps."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

DEVICE_COOKIE: Final = "livehub_device"
DEVICE_TTL_S: Final = 365 * 24 * 3600
_ID_CHARS: Final = 22
_SIGNATURE_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class Origin:
    """``address`` as :func:`livehub.ratelimit.counted_by` says it; None for this very machine, which is never
    banned."""

    address: str | None = None
    device: str | None = None

    def is_among(self, devices: Collection[str], networks: Collection[str]) -> bool:
        """Whether it is one of ``devices``, or its address (of IPv6 the /64 that stands for one) in a network of
        these."""
        return (self.device is not None and self.device in devices) or self._is_within(networks)

    def _is_within(self, networks: Collection[str]) -> bool:
        if self.address is None or not networks:
            return False
        try:
            first = ip_address(self.address.partition("/")[0])
        except ValueError:
            return False
        return any(first in _network(network) for network in networks)


@lru_cache(maxsize=256)
def _network(text: str) -> IPv4Network | IPv6Network:
    """The few networks of one ban are asked about once for each who is there."""
    return ip_network(text)


class DeviceSigner:
    """Marks for browsers: 128 random bits and a signature, so that nobody makes up another's to have it banned."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub device marks", hashlib.sha256)

    def issue(self) -> str:
        device = secrets.token_urlsafe(16)
        return f"{device}.{self._signature(device)}"

    def read(self, text: str | None) -> str | None:
        """The id in a mark of ours; None for anything else."""
        if not text or len(text) != _ID_CHARS + 1 + _SIGNATURE_CHARS or not text.isascii():
            return None
        device, _, signature = text.partition(".")
        return device if hmac.compare_digest(signature, self._signature(device)) else None

    def _signature(self, device: str) -> str:
        return hmac.new(self._key, device.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_CHARS]
