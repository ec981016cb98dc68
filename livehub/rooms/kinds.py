"""The three kinds of room, as policies: defaults and permissions, never a fork of the shared core."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from livehub.accounts.permissions import Action


class RoomKind(StrEnum):
    SHOW = "show"
    EXPERT = "expert"
    CLASS = "class"


class Visibility(StrEnum):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class KindPolicy:
    default_visibility: Visibility
    #: may people without an account come in as viewers?
    guests: bool
    #: actions that do not exist in this kind, whatever the role
    withheld: frozenset[Action]
    #: how many tracks of each kind one subscriber may ask for
    max_video_slots: int
    #: a needs-a-store kind sells
    sells: bool


_COMMERCE: Final = frozenset({Action.OFFER_EDIT, Action.ORDERS_SEE, Action.BUY})

POLICIES: Final = MappingProxyType(
    {
        RoomKind.SHOW: KindPolicy(Visibility.PUBLIC, True, frozenset(), 4, True),
        RoomKind.EXPERT: KindPolicy(Visibility.UNLISTED, False, _COMMERCE, 16, False),
        RoomKind.CLASS: KindPolicy(Visibility.UNLISTED, True, _COMMERCE, 16, False),
    }
)
