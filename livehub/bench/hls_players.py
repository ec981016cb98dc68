"""Light HLS players: what a player asks for, and nothing decoded. One connection each, on asyncio's protocols.

Each follows the playlist by blocking reloads with delta updates, and fetches every part when it is announced.
"""

import asyncio
import calendar
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast
from urllib.parse import urlsplit

_PART = re.compile(rb'EXT-X-PART:DURATION=([\d.]+),URI="(\d+)\.(\d+)\.m4s"')
_DATE = re.compile(rb"EXT-X-PROGRAM-DATE-TIME:(\S+)")
_HINT = re.compile(rb'PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

#: players that come at the same moment
CONNECT_TOGETHER = 50

Place = tuple[int, int]


@dataclass
class Count:
    """What all players together saw. ``ages_s``: how old a part's last picture was when it had been fetched."""

    requests: int = 0
    bytes: int = 0
    failures: int = 0
    ages_s: list[float] = field(default_factory=list)


class Player(asyncio.Protocol):
    """``playlist`` is the media playlist's path."""

    def __init__(self, host: str, playlist: str, count: Count) -> None:
        self._host = host
        self._playlist = playlist
        self._folder = playlist.rpartition("/")[0]
        self.count = count
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._asked_playlist = True
        self._last: Place | None = None
        self._hint: Place | None = None
        self._wanted: list[tuple[Place, float]] = []  # parts to fetch, and when each ends, since 1970
        self._ends_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods alone
        self._ask(self._playlist)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end])
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            del self._buffer[: end + 4 + size]
            self._answered(head, body)

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None and error is not None:
            self.count.failures += 1
        self._transport = None

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _ask(self, path: str) -> None:
        if self._transport is not None:
            self._transport.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def _answered(self, head: bytes, body: bytes) -> None:
        self.count.requests += 1
        self.count.bytes += len(body)
        if head[9:12] != b"200":
            self.count.failures += 1
            self._reload_plainly()
            return
        if self._asked_playlist:
            self._read(body)
        else:
            self.count.ages_s.append(time.time() - self._ends_s)
        self._next()

    def _reload_plainly(self) -> None:
        self._hint = None
        self._asked_playlist = True
        asyncio.get_running_loop().call_later(1.0, self._ask, self._playlist)

    def _read(self, body: bytes) -> None:
        """The parts that are new, with the moments at which they end."""
        hint = _HINT.search(body)
        self._hint = (int(hint[1]), int(hint[2])) if hint else None
        dates = list(_DATE.finditer(body))
        found: list[tuple[Place, float]] = []
        for index, date in enumerate(dates):
            end = dates[index + 1].start() if index + 1 < len(dates) else len(body)
            at_s = _seconds(date[1])
            for part in _PART.finditer(body, date.end(), end):
                at_s += float(part[1])
                found.append(((int(part[2]), int(part[3])), at_s))
        last = self._last
        self._wanted = [item for item in found if last is not None and item[0] > last]
        if last is None and found:
            self._wanted = found[-1:]
        if found:
            self._last = max(found)[0]

    def _next(self) -> None:
        if self._wanted:
            (msn, part), self._ends_s = self._wanted.pop(0)
            self._asked_playlist = False
            self._ask(f"{self._folder}/{msn}.{part}.m4s")
        elif self._hint is None:
            self._reload_plainly()
        else:
            self._asked_playlist = True
            self._ask(f"{self._playlist}?_HLS_msn={self._hint[0]}&_HLS_part={self._hint[1]}&_HLS_skip=YES")


def _seconds(text: bytes) -> float:
    """Of ``2026-11-28T10:34:35.673Z``; quicker than the library, for this is done for thousands a second."""
    day, clock = text[:10], text[11:23]
    midnight = _MIDNIGHTS.get(day)
    if midnight is None:
        midnight = _MIDNIGHTS[day] = float(calendar.timegm(time.strptime(day.decode(), "%Y-%m-%d")))
    return midnight + int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + float(clock[6:])


_MIDNIGHTS: dict[bytes, float] = {}


async def watch(url: str, players: int, *, settle_s: float, seconds: float) -> tuple[Count, Count]:
    """What ``players`` saw in ``seconds``, after ``settle_s`` that are not counted; and what they saw before."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    before, counted = Count(), Count()
    made = [Player(parts.netloc, parts.path, before) for _ in range(players)]
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    for start in range(0, players, CONNECT_TOGETHER):
        coming = made[start : start + CONNECT_TOGETHER]
        await asyncio.gather(*(loop.create_connection(partial(_itself, player), host, port) for player in coming))
        await asyncio.sleep(0.05)
    await asyncio.sleep(settle_s)
    for player in made:
        player.count = counted
    await asyncio.sleep(seconds)
    _stop(made)
    return before, counted


def _itself(player: Player) -> Player:
    return player


def _stop(players: Sequence[Player]) -> None:
    for player in players:
        player.close()
