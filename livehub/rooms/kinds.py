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


class RecordingMode(StrEnum):
    """``consent``: members are told before and while it happens, and who publishes is recorded once they agreed."""

    OFF = "off"
    ON = "on"
    CONSENT = "consent"


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
    #: what a room does unless its host says otherwise, and what the host may choose besides
    default_recording: RecordingMode
    recordings: frozenset[RecordingMode]
    #: may everybody who watches also speak, without having been invited?
    open_stage: bool = False
    #: people on stage at a time; each costs the server what it sends, whether it is seen and heard or not
    max_publishers: int = 32


#: where people speak of patients or are pupils, nobody is recorded without having been asked
_ASKED: Final = frozenset({RecordingMode.OFF, RecordingMode.CONSENT})
_COMMERCE: Final = frozenset({Action.OFFER_EDIT, Action.ORDERS_SEE, Action.BUY})

POLICIES: Final = MappingProxyType(
    {
        RoomKind.SHOW: KindPolicy(
            Visibility.PUBLIC, True, frozenset(), 4, True, RecordingMode.ON, frozenset(RecordingMode)
        ),
        RoomKind.EXPERT: KindPolicy(
            Visibility.UNLISTED,
            False,
            _COMMERCE,
            16,
            False,
            RecordingMode.OFF,
            _ASKED,
            open_stage=True,
            max_publishers=320,
        ),
        RoomKind.CLASS: KindPolicy(
            Visibility.UNLISTED, True, _COMMERCE, 16, False, RecordingMode.CONSENT, _ASKED, max_publishers=320
        ),
    }
)
