"""What one caller is in one room: decided once per request, asked by every action."""

from dataclasses import dataclass, replace

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.errors import Forbidden, Unauthenticated
from livehub.rooms.errors import RoomNotFound
from livehub.rooms.kinds import Visibility
from livehub.rooms.model import Room, RoomRecord


@dataclass(frozen=True, slots=True)
class Access:
    """``role`` is None for callers who may see that the room exists, but are nobody in it."""

    room: Room
    role: Role | None
    principal: Principal | None = None

    def may(self, action: Action) -> bool:
        return self.role is not None and self.room.may(self.role, action)

    def require(self, action: Action) -> None:
        """Raises: Unauthenticated when nobody is signed in; Forbidden when the role may not."""
        if self.role is not None:
            self.room.require(self.role, action)
        elif self.principal is None:
            raise Unauthenticated
        else:
            raise Forbidden("This room is for people with an account; sign in or sign up", code="account_required")

    def require_principal(self) -> Principal:
        """The caller, when somebody is there. Raises: Unauthenticated."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    @property
    def is_appointed(self) -> bool:
        """Whether somebody else gave them their role, and may take it."""
        return self.role not in {None, Role.VIEWER, Role.HOST}

    def demoted(self) -> "Access":
        return replace(self, role=Role.VIEWER)

    @property
    def actions(self) -> list[Action]:
        """Everything that the caller may do here, in the order of the permission table."""
        return [] if self.role is None else self.room.actions(self.role)


def decide(record: RoomRecord, principal: Principal | None) -> Access:
    """The role of ``principal`` by ownership, then appointment, then join token, then the room's visibility.

    Raises:
        RoomNotFound: a private room, and the caller has no role in it.
    """
    room = record.room
    role = _given_role(record, principal) if principal else None
    if role is None and room.visibility is Visibility.PRIVATE:
        raise RoomNotFound
    if role is None and principal is not None and (principal.is_account or room.policy.guests):
        role = Role.VIEWER
    return Access(room, role, principal)


def _given_role(record: RoomRecord, principal: Principal) -> Role | None:
    room = record.room
    if principal.is_account and principal.identity == room.owner_id:
        return Role.HOST
    if principal.identity in record.roles:
        return record.roles[principal.identity]
    # A member's token speaks for one room alone.
    if principal.kind is PrincipalKind.MEMBER and principal.room_id == room.id:
        return principal.role
    return None
