"""What happened, told to whoever subscribed: how domains meet without importing one another.

Events are frozen dataclasses in the past tense. Publishing is synchronous and in process: a subscriber must not block
and must not raise (a failure is logged and does not reach the publisher). Facts that have to survive a crash go
through the outbox in SQL instead; this bus only carries what the truth in SQL already says.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    pass


@dataclass(frozen=True, slots=True)
class RoomChanged(Event):
    """Title, state or times changed; ``room`` is the public representation."""

    room_id: str
    room: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoomStarted(Event):
    room_id: str


@dataclass(frozen=True, slots=True)
class RoomEnded(Event):
    room_id: str


@dataclass(frozen=True, slots=True)
class RoomDeleted(Event):
    """After RoomEnded, where it had not ended before."""

    room_id: str


@dataclass(frozen=True, slots=True)
class RecordingChanged(Event):
    """Whether the room is being recorded; ``recording`` is the public representation."""

    room_id: str
    recording: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionsChanged(Event):
    """Whether what is said in the room is written; ``captions`` is the public representation."""

    room_id: str
    captions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionHeard(Event):
    """A line of captions, to be replaced by others of its id until it is ``final``; ``line`` is the public one."""

    room_id: str
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionTranslated(Event):
    """A final line in another locale."""

    room_id: str
    line_id: str
    locale: str
    text: str


@dataclass(frozen=True, slots=True)
class StageChanged(Event):
    """Who publishes. Empty when nobody does.

    ``tracks``: [{publisher, display_name, source: camera|screen, kind: audio|video, codec, muted}].
    """

    room_id: str
    tracks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SpeakersChanged(Event):
    """Who is heard and speaks, identities, the loudest first."""

    room_id: str
    speaking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotsShown(Event):
    """What viewers' slots show now, gathered: [(identity, session id, [{mid, kind, slot, publisher, source}])]."""

    room_id: str
    sessions: tuple[tuple[str, str, tuple[Mapping[str, Any], ...]], ...]


@dataclass(frozen=True, slots=True)
class RestreamChanged(Event):
    """What a target at another service is doing: ``status`` as docs/restream.md has it, without address or key.

    ``is_news``: it does something else than before; otherwise only its figures moved.
    """

    room_id: str
    target_id: str
    status: Mapping[str, Any]
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class MemberSanctioned(Event):
    """A member was muted, slowed or banned (``sanction``) or that was lifted (``lifted``). Never shown to clients.

    ``devices`` and ``networks`` were banned with them; ``identity`` is "" for a network alone. ``reach``: how far the
    ban is meant to go, where whoever made it knew of nothing to mark; ``until`` when it ends, in ms.
    """

    room_id: str
    identity: str
    sanction: str
    lifted: bool = False
    devices: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    reach: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ModerationLogged(Event):
    """Something was done by a moderator or a program in their place; ``entry`` is the public representation."""

    room_id: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineHeld(Event):
    """A line waits for a moderator; ``item`` is the public representation."""

    room_id: str
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineDecided(Event):
    """A held line was approved or rejected; told to moderators and to its author."""

    room_id: str
    held_id: str
    author: str
    client_id: str
    approved: bool


@dataclass(frozen=True, slots=True)
class MessageReported(Event):
    """``report`` is the public representation of all that is open against the message."""

    room_id: str
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportsSettled(Event):
    room_id: str
    message_id: str
    upheld: bool


@dataclass(frozen=True, slots=True)
class MessageDeleted(Event):
    """By something else than ``chat:delete``."""

    room_id: str
    message_id: str
    by: str


@dataclass(frozen=True, slots=True)
class MessageRestored(Event):
    """A deleted line is shown again; ``message`` is the public representation, in the place that it had."""

    room_id: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoomRulesChanged(Event):
    """``rules``: what members are shown of them."""

    room_id: str
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MemberAppointed(Event):
    """The host gave somebody a role; ``can`` are the actions of the permission table that it allows in this room."""

    room_id: str
    identity: str
    role: str
    can: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfferChanged(Event):
    """``offer`` is the public representation: availability, price or window changed, or it was added."""

    room_id: str
    offer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfferPinned(Event):
    """``offer``: the one pinned last, None when no pin is left; ``offers``: all that are pinned, the last one first."""

    room_id: str
    offer: Mapping[str, Any] | None
    offers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class OffersArranged(Event):
    """The tray has another order; ``offers`` are ids."""

    room_id: str
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CouponChanged(Event):
    """A coupon that is claimed in the room was made or ended; ``coupon`` is what buyers see of it."""

    room_id: str
    coupon: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimChanged(Event):
    """For its buyer and for those who run the room; ``claim`` is the representation for both."""

    room_id: str
    claim: Mapping[str, Any]
    buyer: str


@dataclass(frozen=True, slots=True)
class AuctionChanged(Event):
    """An auction began, was bid in, ended or went on to somebody; ``auction`` is what everybody sees of it."""

    room_id: str
    auction: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """An order holds stock and waits for its payment. ``order`` is the merchant's representation."""

    room_id: str
    order: Mapping[str, Any]
    buyer: str
    store_id: str


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """Any change of an order's status."""

    room_id: str
    order: Mapping[str, Any]
    buyer: str
    store_id: str


@dataclass(frozen=True, slots=True)
class OrderPaid(Event):
    """For the room's quiet line: who bought how many, nothing private."""

    room_id: str
    order_id: str
    display_name: str
    units: int


@dataclass(frozen=True, slots=True)
class MessagePinned(Event):
    """A chat line stands on top for everybody; ``message`` is the public representation, None when it was taken off."""

    room_id: str
    message: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PollChanged(Event):
    """A poll was opened or closed; ``poll`` is the public representation."""

    room_id: str
    poll: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PollVoted(Event):
    """The sums of a poll are others than before; who tells of them reads them anew."""

    room_id: str
    poll_id: str


@dataclass(frozen=True, slots=True)
class QuestionChanged(Event):
    """A question was asked, answered, or removed; ``question`` is the public representation."""

    room_id: str
    question: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuestionVoted(Event):
    """The sum of a question's votes is another than before."""

    room_id: str
    question_id: str


@dataclass(frozen=True, slots=True)
class DrawChanged(Event):
    """A draw was opened, closed, drawn or called off; ``draw`` is the public representation."""

    room_id: str
    draw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrawEntered(Event):
    """A draw has more entries than before."""

    room_id: str
    draw_id: str


@dataclass(frozen=True, slots=True)
class GlossaryChanged(Event):
    """Terms of a shop (``store:…``) or a room (``room:…``)."""

    scope: str


@dataclass(frozen=True, slots=True)
class TextsTranslated(Event):
    """Texts other than chat lines are there in a language: [{source, text, engine, edited}].

    Those of one room, or, with ``scope``, of every room of a shop.
    """

    room_id: str
    scope: str
    locale: str
    texts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TranslationSpent(Event):
    """A room has used the characters of its day: what is written stays as it is until ``resets_at``."""

    room_id: str
    resets_at: str


@dataclass(frozen=True, slots=True)
class OthersHeard(Event):
    """Whether this process hears the others of its server. What they told while it did not is missed."""

    is_so: bool


@dataclass(frozen=True, slots=True)
class ServerDraining(Event):
    """The server takes no new media sessions and ends the present ones within so many seconds."""

    within_s: float


E = TypeVar("E", bound=Event)


class EventBus:
    """:meth:`hear` is for what was published on the bus of another process of the same server."""

    def __init__(self) -> None:
        self._subscribers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)
        self._anywhere: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, kind: type[E], callback: Callable[[E], None], *, here_only: bool = False) -> None:
        """``here_only``: not what happened in other processes, as where one telling is enough for all of them."""
        self._subscribers[kind].append(callback)
        if not here_only:
            self._anywhere[kind].append(callback)

    def publish(self, event: Event) -> None:
        _call(self._subscribers.get(type(event), ()), event)

    def hear(self, event: Event) -> None:
        """It happened in another process, which has told its own subscribers."""
        _call(self._anywhere.get(type(event), ()), event)


def _call(callbacks: Sequence[Callable[[Any], None]], event: Event) -> None:
    for callback in callbacks:
        try:
            callback(event)
        except Exception:
            log.exception("a subscriber of %s failed", type(event).__name__)
