"""A connection, and what it is in the one room that it may have joined."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from livehub.accounts.origin import Origin
from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal
from livehub.signalling.links import Link

#: the actions that events are addressed by
_ADDRESSED: Final = (
    Action.MUTE,
    Action.MODERATE,
    Action.SEE_HANDS,
    Action.STAGE,
    Action.RESTREAM_RUN,
    Action.OFFER_EDIT,
)


def addressed_actions(can: list[Action]) -> frozenset[Action]:
    return _addressed(tuple(can))


@lru_cache(maxsize=256)  # asked for with every call, of a handful of roles
def _addressed(can: tuple[Action, ...]) -> frozenset[Action]:
    return frozenset(action for action in _ADDRESSED if action in can)


@dataclass(slots=True, eq=False)
class Connection:
    """One socket in the namespace. ``principal`` None: nobody, who can be told nothing but that.

    ``origin``: where it comes from, for limits and bans.
    """

    sid: str
    link: Link
    principal: Principal | None
    member: "Member | None" = None
    refused_calls: int = 0
    #: it has left the namespace; a call of it may still be at work
    gone: bool = False
    origin: Origin = field(default_factory=Origin)


@dataclass(slots=True, eq=False)
class Member:
    """A connection in a room. ``cursor`` is the number up to which it has been sent everything."""

    connection: Connection
    room_id: str
    identity: str
    display_name: str
    locale: str
    role: Role
    actions: frozenset[Action]
    cursor: int
    present: bool = field(default=False)
    #: why they go as soon as they are in: that was decided between the answer to their joining and their entering
    put_out: str = field(default="")
    #: the connection's, at hand: asked for in each round through the room
    link: Link = field(init=False)

    def __post_init__(self) -> None:
        self.link = self.connection.link
