"""Small documents that every process reads at once and none changes behind another's back.

Each has a version in Redis. Who changes one does so from the version it has seen, and does it again from the newest
when somebody else was faster. A Redis that was restarted has none; the first change brings it again.
"""

import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import msgspec

from livehub.errors import Unavailable
from livehub.processes.exchange import Exchange
from livehub.processes.limits import ProcessLimits
from livehub.processes.link import Life, Link

log = logging.getLogger(__name__)
T = TypeVar("T")
_KEY: Final = "documents"


class Holder(Protocol):
    """Keeps what the documents say, in memory."""

    def dump(self, subject: str) -> bytes:
        """Empty when there is nothing to say."""

    def restore(self, subject: str, document: bytes) -> None: ...


class Newer(msgspec.Struct, frozen=True):
    kind: str
    subject: str
    version: int
    document: bytes


class Documents:
    def __init__(self, link: Link, exchange: Exchange, limits: ProcessLimits) -> None:
        self._link: Final = link
        self._exchange: Final = exchange
        self._limits: Final = limits
        self._holders: dict[str, Holder] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._on_news: dict[str, Callable[[str], None]] = {}
        exchange.on("document", Newer, self._newer)
        exchange.whenever_asked(self._tell_all)

    def hold(self, kind: str, holder: Holder) -> None:
        self._holders[kind] = holder

    def whenever_told(self, kind: str, act: Callable[[str], None]) -> None:
        """``act`` is called with the subject of each document that another process has changed."""
        self._on_news[kind] = act

    async def change(self, kind: str, subject: str, act: Callable[[], T]) -> T:
        """``act`` changes what the holder has of ``subject``; what it raises is raised, and nothing changed.

        Raises:
            RedisAway, Unavailable: nothing changed.
        """
        holder = self._holders[kind]
        for _ in range(self._limits.max_attempts):
            self._link.check()
            version = self._versions.get((kind, subject), 0)
            before = holder.dump(subject)
            try:
                outcome = act()
                made = holder.dump(subject)
            finally:
                # Not ours yet: others read what all agree on.
                holder.restore(subject, before)
            if made == before:
                return outcome
            known = await self._link.ask(self._command(kind, subject, version, made))
            if known == 1:
                self._take(kind, subject, version + 1, made)
                return outcome
            newest, _, document = bytes(known).partition(b" ")
            self._take(kind, subject, int(newest), document)
        raise Unavailable("Too many change this at once. Try again in a moment.", retry_after_s=1, code="overloaded")

    def forget(self, kind: str, subject: str) -> None:
        """There is no more to be said about it."""
        if self._versions.pop((kind, subject), None) is not None:
            self._link.send(lambda life: ["HDEL", life.key(_KEY), f"{kind}/{subject}"])

    def _command(self, kind: str, subject: str, version: int, document: bytes) -> Callable[[Life], list[object]]:
        said = Newer(kind, subject, version + 1, document)
        message = self._exchange.packed("document", said)

        def make(life: Life) -> list[object]:
            field = f"{kind}/{subject}"
            return list(life.script("change", [_KEY], field, version, document, self._exchange.channel, message))

        return make

    def _take(self, kind: str, subject: str, version: int, document: bytes) -> None:
        if version >= self._versions.get((kind, subject), 0):
            self._versions[kind, subject] = version
            self._holders[kind].restore(subject, document)

    def _newer(self, _process: str, newer: Newer) -> None:
        if newer.kind in self._holders:
            self._take(newer.kind, newer.subject, newer.version, newer.document)
            if newer.kind in self._on_news:
                self._on_news[newer.kind](newer.subject)

    def _tell_all(self) -> None:
        for (kind, subject), version in self._versions.items():
            self._exchange.tell("document", Newer(kind, subject, version, self._holders[kind].dump(subject)))
