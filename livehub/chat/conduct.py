"""What moderators decide about and what is remembered of it, without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from typing import Any, Final

from livehub.chat.model import NOTHING, About, Author, Message
from livehub.clock import iso
from livehub.errors import InvalidInput

MAX_NOTE_CHARS: Final = 300
#: narrower networks than these may be banned; wider ones would be whole providers
WIDEST_IPV4: Final = 16
WIDEST_IPV6: Final = 32


class MarkKind(StrEnum):
    DEVICE = "device"
    NETWORK = "network"


class Reach(StrEnum):
    """How far a ban goes beyond the identity. ADDRESS: one IPv4 address or IPv6 /64. RANGE: IPv4 /24, IPv6 /48."""

    IDENTITY = "identity"
    DEVICE = "device"
    ADDRESS = "address"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Mark:
    """A device or network that is banned from a room, because of ``identity`` ("" for a network that was typed in)."""

    room_id: str
    kind: MarkKind
    value: str
    identity: str
    until: int | None
    at: int

    def in_force(self, now_ms: int) -> bool:
        return self.until is None or now_ms < self.until


@dataclass(frozen=True, slots=True)
class Slowed:
    """A member who may write only every ``every_s`` seconds, until then (ms; None without end)."""

    room_id: str
    identity: str
    every_s: int
    until: int | None
    at: int

    def in_force(self, now_ms: int) -> bool:
        return self.until is None or now_ms < self.until


class Deed(StrEnum):
    """What the log names. Those of :data:`UNDOABLE` can be undone."""

    DELETE = "message.delete"
    RESTORE = "message.restore"
    PIN = "message.pin"
    UNPIN = "message.unpin"
    MUTE = "member.mute"
    UNMUTE = "member.unmute"
    SLOW = "member.slow"
    UNSLOW = "member.unslow"
    BAN = "member.ban"
    UNBAN = "member.unban"
    BAN_NETWORK = "network.ban"
    UNBAN_NETWORK = "network.unban"
    APPOINT = "member.appoint"
    RULES = "rules.change"
    HOLD = "line.hold"
    REFUSE = "line.refuse"
    APPROVE = "line.approve"
    REJECT = "line.reject"
    STAGE_MUTE = "stage.mute"
    STAGE_OFF = "stage.remove"
    STAGE_INVITE = "stage.invite"
    STAGE_WITHDRAW = "stage.withdraw"
    STAGE_PIN = "stage.pin"
    STAGE_UNPIN = "stage.unpin"
    QUESTION_REMOVE = "question.remove"
    TRANSLATE = "translation.edit"
    UPHOLD = "report.uphold"
    DISMISS = "report.dismiss"
    UNDO = "undo"


UNDOABLE: Final = frozenset(
    {Deed.DELETE, Deed.MUTE, Deed.SLOW, Deed.BAN, Deed.BAN_NETWORK, Deed.RULES, Deed.REJECT, Deed.DISMISS}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a room's log: who did what to whom, why, and when (ms). ``by`` is an identity or ``auto:…``.

    ``subject`` is the id of what it was about (a message, a held line, a network). ``details``: plain JSON values.
    """

    id: str
    room_id: str
    at: int
    deed: Deed
    by: str
    by_name: str
    identity: str = ""
    name: str = ""
    subject: str = ""
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    undone_at: int | None = None
    undone_by: str = ""

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": iso(self.at),
            "action": self.deed,
            "by": {"identity": self.by, "display_name": self.by_name},
            "member": {"identity": self.identity, "display_name": self.name} if self.identity else None,
            "subject": self.subject,
            "reason": self.reason,
            "details": dict(self.details),
            "undoable": self.deed in UNDOABLE and self.undone_at is None,
            "undone_at": None if self.undone_at is None else iso(self.undone_at),
        }


class HeldState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Held:
    """A line that waits for a moderator. ``by`` is what held it, as in
    :class:`~livehub.chat.screening.judges.Verdict`."""

    id: str
    room_id: str
    author: Author
    text: str
    locale: str
    client_id: str
    at: int
    by: str
    reason: str
    state: HeldState = HeldState.WAITING
    about: About = NOTHING

    def present(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "author": {
                "identity": self.author.identity,
                "display_name": self.author.display_name,
                "role": self.author.role,
            },
            "text": self.text,
            "locale": self.locale,
            "at": iso(self.at),
            "held_by": self.by,
            "reason": self.reason,
        }


class ReportReason(StrEnum):
    SPAM = "spam"
    ABUSE = "abuse"
    SEXUAL = "sexual"
    FRAUD = "fraud"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Report:
    """One member's report of one message. ``at`` in ms."""

    room_id: str
    message_id: str
    reporter: str
    reason: ReportReason
    note: str
    at: int


@dataclass(frozen=True, slots=True)
class OpenReports:
    """All that is open against one message; who reported stays between them and the server."""

    message_id: str
    reasons: Mapping[str, int]
    notes: Sequence[str]
    first_at: int

    def present(self, message: Message) -> dict[str, Any]:
        return {
            "message": message.present(),
            "reasons": dict(self.reasons),
            "notes": list(self.notes),
            "reports": sum(self.reasons.values()),
            "first_at": iso(self.first_at),
        }


def plain(text: str, most: int) -> str:
    """A remark as it is kept: without halves of surrogate pairs, which no database takes."""
    return text.encode("utf-8", "ignore").decode()[:most]


def network_of(address: str, reach: Reach) -> str | None:
    """The network that a ban of that reach shuts out for one address; None where there is none to name."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return None
    if reach is Reach.RANGE:
        network = network.supernet(new_prefix=min(network.prefixlen, 24 if network.version == 4 else 48))
    return str(network)


def parse_network(text: str) -> str:
    """A network as somebody types it in. Raises: InvalidInput for none, for a local one and for one that is too
    wide."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidInput("Give an address or a network such as 203.0.113.0/24", field="network") from None
    widest = WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6
    if network.prefixlen < widest or network.is_loopback or network.is_unspecified or network.is_multicast:
        raise InvalidInput(f"A network of at least /{widest} can be banned, and not this machine", field="network")
    return str(network)
