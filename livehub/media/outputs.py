"""Where a room goes besides its viewers: HLS, recordings, other services."""

from collections.abc import Mapping, Sequence
from typing import Any

from livehub.clock import Clock
from livehub.events import EventBus
from livehub.media.errors import PackagingUnavailable, PlaneClosed
from livehub.media.hls.apart import ApartPackager
from livehub.media.hls.channels import ChannelPackager
from livehub.media.hls.packager import VIEWERS, Packager
from livehub.media.limits import MediaLimits
from livehub.media.restream.outputs import Restreams
from livehub.media.restream.programme import NOTHING, Programme
from livehub.media.rooms import Rooms
from livehub.media.runtime import Runtime
from livehub.media.timers import LoopTimers


class Outputs(Rooms):
    """``packager`` makes HLS of rooms, ``apart`` of some people in them, ``channels`` of what interpreters say. Whoever
    owns this starts and closes all."""

    def __init__(
        self,
        *,
        bus: EventBus,
        clock: Clock,
        timers: LoopTimers,
        limits: MediaLimits,
        ips: tuple[str, ...],
        packager: Packager | None,
        apart: ApartPackager | None,
        allow_private_restreams: bool,
        channels: ChannelPackager | None = None,
    ) -> None:
        self._running: Runtime | None = None
        self._closed = False
        self._packager, self._apart = packager, apart
        for each in (packager, apart):
            if each is not None:
                each.attach(timers, bus, lambda room_id: self._room(room_id).on_air())
        self._channels = channels
        if channels is not None:
            channels.attach(timers, bus, lambda room_id: self._room(room_id).interpretations())
        self._restreams = Restreams(
            self._programme, ips=ips, bus=bus, clock=clock, timers=timers, allow_private=allow_private_restreams
        )
        super().__init__(bus=bus, timers=timers, limits=limits)

    async def start_restream(self, room_id: str, target_id: str, *, url: str, key: str) -> Mapping[str, Any]:
        """Send the room on to another service, until it ends or :meth:`stop_restream`; gives the first status.

        One of this id that runs is replaced. What becomes of it is told by ``RestreamChanged``.

        Raises:
            TooManyRestreams, PlaneClosed.
        """
        self._require_running()
        return await self._restreams.start(room_id, target_id, url=url, key=key)

    async def stop_restream(self, room_id: str, target_id: str) -> None:
        """Nothing happens when it does not run."""
        await self._restreams.stop(room_id, target_id)

    def _programme(self, room_id: str) -> Programme:
        room = self._rooms.get(room_id)
        return Programme(*room.programme()) if room else NOTHING

    async def package(self, room_id: str, reason: str, only: Sequence[str] | None = None) -> None:
        """Make HLS of a room while it has something on air, until :meth:`stop_packaging` with the same ``reason``, or
        its end. What becomes of it is told by the events of :mod:`livehub.media.hls.events`. Idempotent.

        ``only``: of what these identities publish, apart from what everybody watches and told as ``SetApart``. The
        last call of a reason counts, so that who is in it may change.

        Raises:
            PackagingUnavailable: switched off, or as many rooms as may be are packaged.
        """
        if self._packager is None or (only is not None and self._apart is None):
            raise PackagingUnavailable("This server makes no HLS.")
        if self._channels is not None and reason != VIEWERS:
            self._channels.hold(room_id, reason, only)
        if only is not None and self._apart is not None:
            self._packager.release(room_id, reason)
            self._apart.hold(room_id, reason, only)
            return
        if self._apart is not None:
            self._apart.release(room_id, reason)
        self._packager.hold(room_id, reason)

    async def stop_packaging(self, room_id: str, reason: str) -> None:
        for each in (self._packager, self._apart):
            if each is not None:
                each.release(room_id, reason)
        if self._channels is not None:
            self._channels.release(room_id, reason)

    @property
    def _packagers(self) -> Sequence[Packager | ApartPackager | ChannelPackager]:
        return [each for each in (self._packager, self._apart, self._channels) if each is not None]

    def _require_running(self) -> Runtime:
        if self._running is None or self._closed:
            raise PlaneClosed
        return self._running
