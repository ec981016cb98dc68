"""What moderators, and those who report to them, may send: one struct a call."""

from typing import Annotated

from msgspec import Meta

from livehub.chat.conduct import MAX_NOTE_CHARS, Reach, ReportReason
from livehub.chat.screening.rules import Rules
from livehub.signalling.protocol import Identity, MessageId, Payload, Reason

Note = Annotated[str, Meta(max_length=MAX_NOTE_CHARS, pattern="^[^\\x00]*$")]


class Delete(Payload, frozen=True, kw_only=True):
    id: MessageId
    reason: Reason = ""


class Mute(Payload, frozen=True, kw_only=True):
    identity: Identity
    seconds: int
    reason: Reason = ""


class Slow(Payload, frozen=True, kw_only=True):
    """Without ``seconds`` for good."""

    identity: Identity
    every_s: int
    seconds: int | None = None
    reason: Reason = ""


class Ban(Payload, frozen=True, kw_only=True):
    """Without ``seconds`` for good."""

    identity: Identity
    reason: Reason = ""
    seconds: int | None = None
    reach: Reach = Reach.DEVICE


class Lift(Payload, frozen=True, kw_only=True):
    identity: Identity


class Report(Payload, frozen=True, kw_only=True):
    id: MessageId
    reason: ReportReason
    note: Note = ""


class Decide(Payload, frozen=True, kw_only=True):
    id: MessageId
    approve: bool
    reason: Reason = ""


class Resolve(Payload, frozen=True, kw_only=True):
    """``id`` of the reported message."""

    id: MessageId
    uphold: bool
    reason: Reason = ""


class Undo(Payload, frozen=True, kw_only=True):
    """``id`` of an entry of the log."""

    id: MessageId


class SetRules(Payload, frozen=True, kw_only=True):
    rules: Rules
