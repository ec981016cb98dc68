"""What happened, told to whoever subscribed: how domains meet without importing one another.

Events are frozen dataclasses in the past tense. Publishing is synchronous and in process: a subscriber must not block
and must not raise (a failure is logged and does not reach the publisher). Facts that have to survive a crash go
through the outbox in SQL instead; this bus only carries what the truth in SQL already says.
"""

from livehub.events.bus import Event, EventBus
from livehub.events.chat import (
    LineDecided,
    LineHeld,
    LineTranslated,
    MemberSanctioned,
    MessageDeleted,
    MessagePinned,
    MessageReported,
    MessageRestored,
    ModerationLogged,
    ReportsSettled,
)
from livehub.events.commerce import (
    AuctionChanged,
    ClaimChanged,
    CouponChanged,
    OfferChanged,
    OfferPinned,
    OffersArranged,
    OrderChanged,
    OrderPaid,
    OrderPlaced,
)
from livehub.events.interaction import DrawChanged, DrawEntered, PollChanged, PollVoted, QuestionChanged, QuestionVoted
from livehub.events.rooms import (
    CaptionHeard,
    CaptionsChanged,
    CaptionTranslated,
    MemberAppointed,
    RecordingChanged,
    RestreamChanged,
    RoomChanged,
    RoomDeleted,
    RoomEnded,
    RoomRulesChanged,
    RoomStarted,
    SlotsShown,
    SpeakersChanged,
    StageChanged,
)
from livehub.events.server import OthersHeard, ServerDraining
from livehub.events.translation import GlossaryChanged, TextForgotten, TextsTranslated, TranslationSpent

__all__ = [
    "AuctionChanged",
    "CaptionHeard",
    "CaptionTranslated",
    "CaptionsChanged",
    "ClaimChanged",
    "CouponChanged",
    "DrawChanged",
    "DrawEntered",
    "Event",
    "EventBus",
    "GlossaryChanged",
    "LineDecided",
    "LineHeld",
    "LineTranslated",
    "MemberAppointed",
    "MemberSanctioned",
    "MessageDeleted",
    "MessagePinned",
    "MessageReported",
    "MessageRestored",
    "ModerationLogged",
    "OfferChanged",
    "OfferPinned",
    "OffersArranged",
    "OrderChanged",
    "OrderPaid",
    "OrderPlaced",
    "OthersHeard",
    "PollChanged",
    "PollVoted",
    "QuestionChanged",
    "QuestionVoted",
    "RecordingChanged",
    "ReportsSettled",
    "RestreamChanged",
    "RoomChanged",
    "RoomDeleted",
    "RoomEnded",
    "RoomRulesChanged",
    "RoomStarted",
    "ServerDraining",
    "SlotsShown",
    "SpeakersChanged",
    "StageChanged",
    "TextForgotten",
    "TextsTranslated",
    "TranslationSpent",
]
