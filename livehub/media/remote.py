"""The media plane of another process, reached over Redis; and what lets others reach one's own.

Only what signalling asks of media goes this way (orders for the stage, choices of viewers): a few calls. Whoever
publishes, watches or fetches files is sent on to the media process by HTTP (:mod:`livehub.web.forward`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

import msgspec

from livehub.errors import Unavailable
from livehub.events import EventBus, StageChanged
from livehub.media.cluster import carried
from livehub.media.cluster.carried import METHODS, CarriedMethod
from livehub.media.events import MediaLost
from livehub.media.limits import MediaLimits
from livehub.media.service import MediaService
from livehub.processes.calls import Calls, Refused
from livehub.processes.exchange import Beat, Exchange

#: who has begun waits so long at most to hear the process that has the media; without one people can still talk and buy
_HEARD_WITHIN_S: Final = 1.0


class NoMediaProcess(Unavailable):
    code, title = "media_unavailable", "No process forwards media right now"


class RemoteMedia:
    """Implements :class:`~livehub.media.service.MediaService` by the process whose role is one of ``roles``."""

    def __init__(self, exchange: Exchange, calls: Calls, bus: EventBus, roles: Sequence[str]) -> None:
        self.limits: Final = MediaLimits()
        self._exchange: Final = exchange
        self._calls: Final = calls
        self._bus: Final = bus
        self._roles: Final = roles
        self._stages: dict[str, Sequence[Mapping[str, Any]]] = {}
        bus.subscribe(StageChanged, self._stage_changed)
        exchange.whenever_dead(self._died)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = METHODS.get(name)
        if method is None:
            raise AttributeError(name)
        return partial(self._ask, method)

    def as_service(self) -> MediaService:
        """For type checkers, who cannot see what is derived."""
        return cast(MediaService, self)

    def owner(self) -> tuple[str, Beat]:
        """The process that has the media. Raises: NoMediaProcess."""
        for role in self._roles:
            found = self._exchange.of_role(role)
            if found is not None:
                return found
        raise NoMediaProcess(retry_after_s=2)

    async def start(self) -> None:
        """It is another's to start. If that one is there, this process does not take requests before it knows."""
        await self._exchange.until_heard(self._roles, _HEARD_WITHIN_S)

    async def close(self) -> None:
        """It is another's to close."""

    async def drain(self) -> None:
        """It goes on."""

    async def check(self) -> None:
        """Raises: NoMediaProcess."""
        self.owner()

    def tracks(self, room_id: str) -> Sequence[Mapping[str, Any]]:
        return self._stages.get(room_id, ())

    def viewers(self, _room_id: str) -> int:
        """The media process counts them."""
        return 0

    def stats(self) -> Mapping[str, Any]:
        """The media process counts."""
        return {"sessions": 0, "publishers": 0, "subscribers": 0, "restreams": 0, "unanswered": 0}

    async def _ask(self, method: CarriedMethod, *args: Any, **named: Any) -> Any:
        process, _ = self.owner()
        try:
            return method.result(await self._calls.ask(process, method.name, method.pack(args, named)))
        except Refused as refused:
            given = refused.refusal
            raise carried.restore_error(given.kind, given.detail, given.code, given.extra) from None

    def _stage_changed(self, event: StageChanged) -> None:
        if event.tracks:
            self._stages[event.room_id] = event.tracks
        else:
            self._stages.pop(event.room_id, None)

    def _died(self, _process: str, beat: Beat) -> None:
        """Nobody publishes any more. One of those who are left tells the rooms."""
        if beat.role not in self._roles:
            return
        rooms, tell = list(self._stages), self._bus.publish if self._exchange.is_first else self._bus.hear
        for room_id in rooms:
            tell(StageChanged(room_id, ()))
            tell(MediaLost(room_id, ""))


def serve_media(calls: Calls, media: MediaService) -> None:
    """Let other processes ask this one's plane."""

    async def answer(name: str, body: msgspec.Raw) -> msgspec.Raw:
        method = METHODS[name]
        return carried.encode(await getattr(media, method.name)(**method.arguments(body)))

    calls.serve(answer)
