"""Reactions: summed in memory, written to SQL now and then.

A heart is worth less than a commit: what was counted since the last :meth:`ReactionBoard.flush` is lost when the
process is killed. An orderly stop loses nothing.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Final

from livehub.chat.errors import UnknownReaction
from livehub.chat.model import REACTIONS
from livehub.chat.store import ChatStore

_ROOMS_KEPT: Final = 2_000


class ReactionBoard:
    def __init__(self, store: ChatStore) -> None:
        self._store = store
        self._totals: OrderedDict[str, Counter[str]] = OrderedDict()
        self._unsaved: Counter[tuple[str, str]] = Counter()

    async def totals(self, room_id: str) -> dict[str, int]:
        """How many of each emoji the room has had, those not yet saved included."""
        return dict(await self._of(room_id))

    async def add(self, room_id: str, emoji: str) -> None:
        """Raises: UnknownReaction."""
        if emoji not in REACTIONS:
            raise UnknownReaction(f"Choose one of {' '.join(REACTIONS)}")
        (await self._of(room_id))[emoji] += 1
        self._unsaved[room_id, emoji] += 1

    def hear(self, room_id: str, counts: Mapping[str, tuple[int, int]]) -> dict[str, int]:
        """Reactions in another process, which saves them: emoji → (how many, its total). Gives the totals.

        Two processes may not know of each other's latest; totals only grow, so the higher is nearer to the truth.
        """
        known = self._totals.get(room_id)
        if known is None:
            return {emoji: total for emoji, (_, total) in counts.items()}
        for emoji, (n, total) in counts.items():
            known[emoji] = max(known[emoji] + n, total)
        return dict(known)

    async def flush(self) -> None:
        """Add to SQL what was counted since the last time. What cannot be saved now is kept for the next time."""
        counts, self._unsaved = self._unsaved, Counter()
        if not counts:
            return
        try:
            await self._store.add_reactions(counts)
        except BaseException:
            self._unsaved.update(counts)
            raise

    async def _of(self, room_id: str) -> Counter[str]:
        known = self._totals.get(room_id)
        if known is None:
            known = self._totals.setdefault(room_id, Counter(await self._store.reactions(room_id)))
            if len(self._totals) > _ROOMS_KEPT:
                self._forget_one()
        return known

    def _forget_one(self) -> None:
        """Let go of the oldest room whose counts are all in SQL."""
        unsaved = {room_id for room_id, _ in self._unsaved}
        for room_id in self._totals:
            if room_id not in unsaved:
                del self._totals[room_id]
                return
