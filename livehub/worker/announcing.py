"""``announce:<room>``: a show has begun; everybody who follows gets a parcel of their own."""

from collections.abc import Awaitable, Callable

from livehub.clock import Clock
from livehub.commerce.webhooks.ports import Parcel
from livehub.errors import NotFound
from livehub.followers.limits import FollowerLimits
from livehub.followers.model import told_of
from livehub.followers.ports import FollowerStore, Start
from livehub.rooms.model import Room, RoomState
from livehub.worker.carrier import Outcome

RoomOf = Callable[[str], Awaitable[Room]]


class Announcer:
    """Safe to repeat: a parcel that was made already is not made again."""

    def __init__(self, store: FollowerStore, room_of: RoomOf, clock: Clock, limits: FollowerLimits) -> None:
        self._store = store
        self._room_of = room_of
        self._clock = clock
        self._limits = limits

    def start(self) -> None:
        """Nothing runs between parcels."""

    async def close(self) -> None:
        """Nothing runs between parcels."""

    async def carry(self, parcel: Parcel) -> Outcome:
        room = await live_room(self._room_of, parcel.target.partition(":")[2])
        if room is None:
            return Outcome(False, "the room is over")
        start = Start(room.id, told_of(room), room.owner_id, self._limits.notices_per_hour, self._limits.batch)
        after: str | None = "" if start.subjects else None
        while after is not None:
            after = await self._store.announce(start, after, self._clock.now_ms())
        return Outcome(True, "announced")


async def live_room(room_of: RoomOf, room_id: str) -> Room | None:
    """None: it is over, or was deleted."""
    try:
        room = await room_of(room_id)
    except NotFound:
        return None
    return room if room.state is RoomState.LIVE else None
