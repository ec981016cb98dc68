"""How much of their rates people have used, told between processes, so that a limit holds over all of them.

Each process decides by itself, at once, and tells the others what was taken; they take the same out of theirs, below
zero if need be. So whoever tries several processes within the few milliseconds that this takes gains nothing in the
long run: what was too much is owed.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from livehub.processes.exchange import Exchange

#: takes ``n`` of a key's tokens
Spend = Callable[[str, float], None]


class Took(msgspec.Struct, frozen=True):
    name: str
    key: str
    n: float


class Tallies:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange: Final = exchange
        self._buckets: dict[str, Spend] = {}
        exchange.on("took", Took, self._took)

    def share(self, name: str, spend: Spend) -> Callable[[str, float], None]:
        """Give buckets a name that they have in every process. Gives what is to be called with what was taken here."""
        self._buckets[name] = spend
        return lambda key, n: self._exchange.tell("took", Took(name, key, n))

    def _took(self, _process: str, took: Took) -> None:
        spend = self._buckets.get(took.name)
        if spend is not None:
            spend(took.key, took.n)
