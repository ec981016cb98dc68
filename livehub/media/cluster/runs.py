"""What a dead worker cannot tell of its HLS runs any more: that they are over, then that their files are gone. Pure."""

from collections import defaultdict

from livehub.events import Event
from livehub.media.hls.events import HlsEnded, HlsRemoved, HlsStarted, SetApart


class Runs:
    """Fed with the events of all workers; speaks for those that died. A run is known by room, name and being apart."""

    def __init__(self) -> None:
        self._running: dict[int, dict[tuple[str, str, bool], None]] = defaultdict(dict)
        self._lost: dict[str, list[tuple[str, bool]]] = defaultdict(list)

    def told(self, worker: int, event: Event) -> list[Event]:
        """Events that have to come before this one: a new run takes the place of lost ones, whose files it removes."""
        apart = isinstance(event, SetApart)
        inner = event.event if isinstance(event, SetApart) else event
        if isinstance(inner, HlsEnded):
            self._running[worker].pop((inner.room_id, inner.run, apart), None)
        if not isinstance(inner, HlsStarted):
            return []
        self._running[worker][inner.room_id, inner.run, apart] = None
        return self._removed(inner.room_id, apart=apart)

    def lost(self, worker: int) -> list[Event]:
        """That the runs of a dead worker ended."""
        gone = self._running.pop(worker, {})
        for room_id, run, apart in gone:
            self._lost[room_id].append((run, apart))
        return [_wrapped(HlsEnded(room_id, run, "lost"), apart=apart) for room_id, run, apart in gone]

    def room_ended(self, room_id: str) -> list[Event]:
        return self._removed(room_id, apart=True) + self._removed(room_id, apart=False)

    def _removed(self, room_id: str, *, apart: bool) -> list[Event]:
        lost = self._lost.pop(room_id, [])
        kept = [item for item in lost if item[1] is not apart]
        if kept:
            self._lost[room_id] = kept
        return [_wrapped(HlsRemoved(room_id, run), apart=apart) for run, is_apart in lost if is_apart is apart]


def _wrapped(event: Event, *, apart: bool) -> Event:
    return SetApart(event) if apart else event
