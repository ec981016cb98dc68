"""Who is taken in: bounds of a stage, of an audience, and of how many come at once."""

from collections.abc import Collection, Iterable, Mapping

from livehub.media.errors import AudienceFull, JoiningTooFast, NobodyPublishes, StageFull
from livehub.media.limits import MediaLimits
from livehub.media.router import RoomRouter
from livehub.media.session import MediaSession
from livehub.media.stage import INTERPRETATION


class Admission:
    """Asked before anything is made for an offer; refuses, or lets it pass."""

    def __init__(self, limits: MediaLimits) -> None:
        self._limits = limits
        #: ids, not sessions: those that are over must not be kept alive by this
        self._joining: list[str] = []

    def check_stage(self, room: RoomRouter, identity: str, most: int, source: str) -> None:
        """``most``: people that may publish in this room, if not the usual number. Interpreters are as many as hosts
        have asked, which is bounded where they do.

        Raises: StageFull.
        """
        if source == INTERPRETATION:
            return
        others = {name for name, source in room.publishers if name != identity and source != INTERPRETATION}
        bound = min(most or self._limits.max_publishers_per_room, self._limits.max_publishers_large_room)
        if len(others) >= bound:
            raise StageFull("As many people publish in this room as it can take. Wait until one has left.")

    def check_audience(self, room: RoomRouter, rooms: Iterable[RoomRouter], *, wait: bool) -> None:
        """``wait``: the viewer may come before anybody publishes.

        Raises: AudienceFull, NobodyPublishes.
        """
        total = sum(len(item.subscribers) for item in rooms)
        if len(room.subscribers) >= self._limits.max_subscribers_per_room or total >= self._limits.max_subscribers:
            raise AudienceFull("No more viewers can be taken in right now.", retry_after_s=10.0)
        if not wait and not room.publishers:
            raise NobodyPublishes("Ask again later, or with ?wait=1 to be connected before somebody publishes.")

    def check_pace(self, sessions: Mapping[str, MediaSession]) -> None:
        """Answers cost most of what a session costs, so there is a bound on those that nobody has taken up yet
        (RFC 9725 section 5, flooding).

        Raises: JoiningTooFast.
        """
        if len(self._joining) >= self._limits.max_joining:
            self._joining = [key for key in self._joining if key in sessions and not sessions[key].is_connected]
        if len(self._joining) >= self._limits.max_joining:
            raise JoiningTooFast("Try again in a moment.", retry_after_s=self._limits.joining_retry_s)

    def answered(self, session: MediaSession) -> None:
        self._joining.append(session.id)


def surplus(own: Collection[MediaSession], limits: MediaLimits) -> list[MediaSession]:
    """Nobody fills the audience alone: the oldest of a member's sessions that give way to one more."""
    return list(own)[: max(0, len(own) + 1 - limits.max_subscribers_per_identity)]
