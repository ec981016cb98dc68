"""What happened in one process, heard in the others: the event bus beyond the process."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from livehub.events import Event, EventBus
from livehub.processes.exchange import Exchange

log = logging.getLogger(__name__)
Encode = Callable[[Event], tuple[str, msgspec.Raw]]
Decode = Callable[[str, msgspec.Raw], Event]


class Told(msgspec.Struct, frozen=True):
    kind: str
    event: msgspec.Raw


class Spread:
    """Events of ``kinds`` that are published on this process's bus are heard on every other's.

    Those of ``standing`` say how something *is*; the latest of each subject is told again to whoever is new.

    Args:
        standing: kind → (what it is about, whether there is anything to remember).
    """

    def __init__(
        self,
        bus: EventBus,
        exchange: Exchange,
        kinds: Iterable[type[Event]],
        encode: Encode,
        decode: Decode,
        standing: dict[type[Event], Callable[[Any], tuple[str, bool]]],
    ) -> None:
        self._bus: Final = bus
        self._exchange: Final = exchange
        self._encode: Final = encode
        self._decode: Final = decode
        self._standing: Final = standing
        self._latest: dict[tuple[type[Event], str], Event] = {}
        for kind in (*kinds, *standing):
            bus.subscribe(kind, self._tell, here_only=True)
        exchange.on("event", Told, self._heard)
        exchange.whenever_asked(self._tell_standing)

    def _tell(self, event: Event) -> None:
        about = self._standing.get(type(event))
        if about is not None:
            subject, remains = about(event)
            if remains:
                self._latest[type(event), subject] = event
            else:
                self._latest.pop((type(event), subject), None)
        self._exchange.tell("event", Told(*self._encode(event)))

    def _tell_standing(self) -> None:
        for event in self._latest.values():
            self._exchange.tell("event", Told(*self._encode(event)))

    def _heard(self, _process: str, told: Told) -> None:
        self._bus.hear(self._decode(told.kind, told.event))
