"""How events reach whoever subscribed."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    pass


E = TypeVar("E", bound=Event)


class EventBus:
    """:meth:`hear` is for what was published on the bus of another process of the same server."""

    def __init__(self) -> None:
        self._subscribers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)
        self._anywhere: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, kind: type[E], callback: Callable[[E], None], *, here_only: bool = False) -> None:
        """``here_only``: not what happened in other processes, as where one telling is enough for all of them."""
        self._subscribers[kind].append(callback)
        if not here_only:
            self._anywhere[kind].append(callback)

    def publish(self, event: Event) -> None:
        _call(self._subscribers.get(type(event), ()), event)

    def hear(self, event: Event) -> None:
        """It happened in another process, which has told its own subscribers."""
        _call(self._anywhere.get(type(event), ()), event)


def _call(callbacks: Sequence[Callable[[Any], None]], event: Event) -> None:
    for callback in callbacks:
        try:
            callback(event)
        except Exception:
            log.exception("a subscriber of %s failed", type(event).__name__)
