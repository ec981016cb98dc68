"""Silence told apart a batch at a time: what the port need not even look at one by one.

In a room of three hundred, fifteen thousand packets come in a second, and nearly all are silence of people who are not
heard. :mod:`livehub.media.quiet` says which may be passed over, and knows one when it sees it, which costs some
microseconds. What it has passed over once is remembered here: sender, source, and where the loudness stands. The next
packets that look the same are found with a dozen array operations for all that one system call has read.

Nothing is believed that was not believed before: a packet that claims to be quiet, of a track that nobody gets, changes
nothing whoever made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from livehub.media.rtp.audio_level import SILENCE
from livehub.media.speakers import SPEAKING

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]

#: system calls between two looks at what was learnt: a sender whose packets look different each time must not cost much
REST: Final = 16
#: datagrams of one system call, from which on this costs less than looking at each
LEAST: Final = 6
#: levels (-dBov) above this number are quiet: what they could do to a voice is nothing
QUIET: Final = int(SILENCE - SPEAKING)
#: odd numbers without a pattern, one for each word that is told apart: products with them are one to one
_ADDRESS_FACTORS: Final = tuple(
    np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)
_HEAD_FACTOR, _SOURCE_FACTOR = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)


class QuietTrack(Protocol):
    """Implemented by :class:`livehub.media.quiet.QuietAudio`."""

    #: where the level stands in its packets
    level_at: int

    def pass_one(self) -> bool:
        """Whether one more quiet packet needs no work; it is counted."""


class Sender(Protocol):
    """Implemented by :class:`livehub.media.peer.Peer`."""

    @property
    def quiet(self) -> Mapping[bytes, Any]:
        """By SSRC of four bytes: what may be passed over now."""


class _Nobody:
    """Whoever has gone."""

    quiet: Mapping[bytes, Any] = MappingProxyType({})
    level_at = 0

    def pass_one(self) -> bool:
        return False


_NOBODY: Final = _Nobody()


@dataclass(slots=True, eq=False)
class _Known:
    sender: Sender
    address: bytes
    #: the first sixteen bytes: version to payload type, SSRC, and the beginning of the extension block
    head: bytes
    #: the byte before the level: the element's id and length
    element: int
    quiet: QuietTrack

    def pass_one(self) -> bool:
        return self.sender.quiet.get(self.head[8:12]) is self.quiet and self.quiet.pass_one()

    def forget(self) -> None:
        """It may stand in a table for a moment more; what it knew is free."""
        self.sender = self.quiet = _NOBODY


class Sieve:
    """``datagrams``: rows of bytes, ``names``: their senders' addresses, both written anew by each system call."""

    def __init__(self, datagrams: U8, names: U8) -> None:
        self._bytes = datagrams.reshape(-1)
        self._row_bytes = datagrams.shape[1]
        self._heads = _columns(datagrams, "<u2", (0,))
        self._sources = _columns(datagrams, "<u8", (8,))
        self._address_at = tuple(range(0, names.shape[1] - 7, 8))
        self._names = _columns(names, "<u8", self._address_at)
        self._keys: U64 = np.zeros(0, np.uint64)
        self._starts = self._row_bytes * np.arange(len(datagrams))
        self._known: dict[QuietTrack, _Known] = {}
        self._is_stale = False
        self._rested = REST
        self._table: list[_Known] = []

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, sender: Sender, address: bytes, data: memoryview, quiet: QuietTrack) -> None:
        """``data`` from ``address`` was passed over by ``quiet``: what looks the same may be."""
        known = self._known.get(quiet)
        head, element = bytes(data[:16]), data[quiet.level_at - 1]
        # Others are rare, and left to those who look at each: more sources, padding, the begin of speech, long ids.
        if head[0] != 0x90 or head[1] & 0x80 or head[12:14] != b"\xbe\xde" or element & 15:
            return
        # A packet's own number and time, bytes 2 to 7, are nothing to know it by.
        if known is None or (known.address, known.head[:2] + known.head[8:]) != (address, head[:2] + head[8:]):
            self._known[quiet] = _Known(sender, address, head, element, quiet)
            self._is_stale = True

    def forget(self, sender: Sender) -> None:
        for quiet in [quiet for quiet, known in self._known.items() if known.sender is sender]:
            self._known.pop(quiet).forget()
            self._is_stale = True

    def sift(self, count: int, sizes: npt.NDArray[np.uint32]) -> Sequence[int]:
        """Which of the first ``count`` rows have to be looked at; the others were counted and are done with."""
        if count < LEAST or not (self._known or self._table):
            return range(count)
        self._rested += 1
        if self._is_stale and self._rested >= REST:
            self._build()
        if not self._table:
            return range(count)
        keys = _key([name[:count] for name in self._names], self._heads[0][:count], self._sources[0][:count])
        places = np.searchsorted(self._keys, keys)
        np.minimum(places, len(self._table) - 1, out=places)
        levels = self._starts[:count] + self._level_at[places]
        quiet = self._keys[places] == keys
        quiet &= sizes[:count] >= self._least[places]
        quiet &= self._bytes[levels - 1] == self._elements[places]
        quiet &= self._bytes[levels] & 0x7F > QUIET
        found = np.flatnonzero(quiet)
        kept = np.flatnonzero(~quiet).tolist()
        before = len(kept)
        table = self._table
        for row, place in zip(found.tolist(), places[found].tolist(), strict=True):
            if not table[place].pass_one():
                kept.append(row)
        if len(kept) > before:
            kept.sort()
        return kept

    def _build(self) -> None:
        known = list(self._known.values())
        if not known:
            self._table, self._is_stale = [], False
            return
        names = np.frombuffer(b"".join(item.address for item in known), np.uint8).reshape(len(known), -1)
        heads = np.frombuffer(b"".join(item.head for item in known), np.uint8).reshape(len(known), -1)
        keys = _key(
            _columns(names, "<u8", self._address_at), _columns(heads, "<u2", (0,))[0], _columns(heads, "<u8", (8,))[0]
        )
        order = np.argsort(keys)
        self._keys = keys[order]
        self._table = [known[index] for index in order]
        self._level_at = np.array([item.quiet.level_at for item in self._table])
        self._elements = np.array([item.element for item in self._table], np.uint8)
        #: as long as its extension block says
        self._least = np.array([16 + 4 * int.from_bytes(item.head[14:16], "big") for item in self._table], np.uint32)
        self._is_stale, self._rested = False, 0


def _columns(rows: U8, kind: str, places: Sequence[int]) -> list[npt.NDArray[Any]]:
    """Numbers that stand in each row at ``places``, as views."""
    names = [str(place) for place in places]
    fields = np.dtype(
        {"names": names, "formats": [kind] * len(names), "offsets": list(places), "itemsize": rows.shape[1]}
    )
    return [rows.view(fields)[:, 0][name] for name in names]


def _key(addresses: Sequence[U64], heads: npt.NDArray[np.uint16], sources: U64) -> U64:
    """Whoever sent it by which source, and how it begins, as one number. Two who meet in it by chance, one in 2^64,
    would only pass for one another while both are silent."""
    key: U64 = heads * _HEAD_FACTOR
    key ^= sources * _SOURCE_FACTOR
    for address, factor in zip(addresses, _ADDRESS_FACTORS, strict=False):
        key ^= address * factor
    return key
