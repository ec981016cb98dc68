"""What one process has had translated, for the others: in Redis for some hours, read in one go."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from livehub.errors import Unavailable
from livehub.processes.link import Link

log = logging.getLogger(__name__)

TTL_S: Final = 6 * 3600
#: an answer that takes longer is not waited for: an engine is asked
WAIT_S: Final = 0.2
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[str, str])

Key = tuple[str, str, str, str]


class KeptTranslations:
    """Implements :class:`livehub.translation.service.SharedCache`. Texts themselves are no keys: their digests are."""

    def __init__(self, link: Link, *, ttl_s: int = TTL_S) -> None:
        self._link: Final = link
        self._ttl_s: Final = ttl_s

    async def get(self, keys: Sequence[Key]) -> Sequence[tuple[str, str] | None]:
        names = [_name(key) for key in keys]
        try:
            async with asyncio.timeout(WAIT_S):
                found = await self._link.ask(lambda life: ["MGET", *(life.key(name) for name in names)])
        except (Unavailable, TimeoutError):
            return [None] * len(keys)
        except Exception:
            log.exception("translations of other processes could not be read")
            return [None] * len(keys)
        return [_value(data) for data in found]

    def put(self, key: Key, text: str, provider: str) -> None:
        if self._link.is_up:
            name, data = _name(key), _encoder.encode((text, provider))
            self._link.send(lambda life: ["SET", life.key(name), data, "EX", self._ttl_s])


def _name(key: Key) -> str:
    return f"translated:{hashlib.sha256(_encoder.encode(key)).hexdigest()[:40]}"


def _value(data: bytes | None) -> tuple[str, str] | None:
    if data is None:
        return None
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:  # another version's
        return None
