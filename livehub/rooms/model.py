"""Room: its state machine and what can be asked of it without any I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from livehub.accounts.permissions import Action, Role, may
from livehub.errors import Forbidden, Gone, IllegalTransition
from livehub.rooms.kinds import POLICIES, KindPolicy, RecordingMode, RoomKind, Visibility


class RoomState(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"


TRANSITIONS: Final = MappingProxyType(
    {
        RoomState.SCHEDULED: frozenset({RoomState.LIVE, RoomState.ENDED}),
        RoomState.LIVE: frozenset({RoomState.ENDED}),
        RoomState.ENDED: frozenset[RoomState](),
    }
)


def check_transition(present: RoomState, wanted: RoomState) -> None:
    """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"A room that is {present} cannot become {wanted}", state=present)


def _may(policy: KindPolicy, role: Role, action: Action) -> bool:
    if action is Action.PUBLISH and policy.open_stage:
        action = Action.WATCH
    return action not in policy.withheld and may(role, action)


_ACTIONS: Final = MappingProxyType(
    {
        (kind, role): tuple(action for action in Action if _may(policy, role, action))
        for kind, policy in POLICIES.items()
        for role in Role
    }
)


@dataclass(frozen=True, slots=True)
class Room:
    """Times are milliseconds since the epoch; None where it has not happened or is not planned.

    ``has_replay`` is not the room's own: it says whether a recording of it is ready, when the room was read.
    """

    id: str
    kind: RoomKind
    title: str
    description: str
    state: RoomState
    locale: str
    visibility: Visibility
    owner_id: str
    owner_name: str
    store_id: str | None
    store_title: str | None
    created_at: int
    starts_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    recording: RecordingMode = RecordingMode.OFF
    has_replay: bool = False

    @property
    def policy(self) -> KindPolicy:
        return POLICIES[self.kind]

    def may(self, role: Role, action: Action) -> bool:
        return _may(self.policy, role, action)

    def actions(self, role: Role) -> list[Action]:
        """All that :meth:`may` allows, in the order of the permission table; asked for with every call of a member."""
        return list(_ACTIONS[self.kind, role])

    def require(self, role: Role, action: Action) -> None:
        """Raises: Forbidden, unless the role may do this in a room of this kind."""
        if not self.may(role, action):
            raise Forbidden(f"A {role} may not do this in a room of kind {self.kind} ({action})")

    def require_not_ended(self) -> None:
        """Raises: Gone once the room is over."""
        if self.state is RoomState.ENDED:
            raise Gone("This room has ended", code="room_ended")


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room with the roles its host has given: identity → role, never HOST (that is the owner)."""

    room: Room
    roles: Mapping[str, Role]
