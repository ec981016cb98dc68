"""What clients may send: one struct a call, decoded from anything at all into typed values or a documented error."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from livehub.errors import InvalidInput, LivehubError

#: PostgreSQL keeps no NUL, and no id or reason has a use for one
_NO_NUL = "^[^\\x00]*$"
RoomId = Annotated[str, Meta(min_length=1, max_length=64)]
MessageId = Annotated[str, Meta(min_length=1, max_length=64, pattern=_NO_NUL)]
Identity = Annotated[str, Meta(min_length=1, max_length=160, pattern=_NO_NUL)]
ClientId = Annotated[str, Meta(min_length=1, max_length=64, pattern=_NO_NUL)]
LocaleTag = Annotated[str, Meta(min_length=2, max_length=35)]
#: a JavaScript number that counts exactly
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Reason = Annotated[str, Meta(max_length=500, pattern=_NO_NUL)]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """``room`` may be left out once one is joined. Unknown members are passed over."""

    room: RoomId | None = None


class Join(Payload, frozen=True, kw_only=True):
    locale: LocaleTag | None = None
    since: Seq | None = None


class Leave(Payload, frozen=True, kw_only=True):
    pass


class Send(Payload, frozen=True, kw_only=True):
    #: only the transport's limit here: how long a line may be is chat's to say, with chat's own error
    text: str
    client_id: ClientId
    locale: LocaleTag | None = None
    reply_to: MessageId | None = None
    mentions: Annotated[tuple[Identity, ...], Meta(max_length=64)] = ()
    announcement: bool = False


class React(Payload, frozen=True, kw_only=True):
    emoji: Annotated[str, Meta(min_length=1, max_length=16)]


class RaiseHand(Payload, frozen=True, kw_only=True):
    raised: bool


class Invite(Payload, frozen=True, kw_only=True):
    identity: Identity


class AnswerInvitation(Payload, frozen=True, kw_only=True):
    accepted: bool


class SendOff(Payload, frozen=True, kw_only=True):
    identity: Identity
    reason: Reason = ""


class MuteOnStage(Payload, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    identity: Identity
    audio: bool | None = None
    video: bool | None = None
    reason: Reason = ""


class PinOnStage(Payload, frozen=True, kw_only=True):
    identity: Identity
    pinned: bool
    source: Literal["camera", "screen"] | None = None


class SlotChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Without ``publisher`` the room's order decides. ``width``: pixels on the viewer's screen, 0 for unknown."""

    slot: Annotated[int, Meta(ge=0, le=63)]
    publisher: Identity | None = None
    source: Literal["camera", "screen"] = "camera"
    width: Annotated[int, Meta(ge=0, le=16_384)] = 0


class Choose(Payload, frozen=True, kw_only=True):
    session: Annotated[str, Meta(min_length=1, max_length=64)]
    slots: Annotated[list[SlotChoice], Meta(max_length=64)]


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with CONNECT."""

    token: Annotated[str, Meta(max_length=4096)] | None = None


P = TypeVar("P", bound=msgspec.Struct)


def decode(kind: type[P], arguments: Sequence[object]) -> P:
    """The one argument of a call as ``kind``; none at all counts as ``{}``.

    Raises:
        InvalidInput: anything that does not fit; ``detail`` says what and where, without repeating the value.
    """
    if len(arguments) > 1:
        raise InvalidInput("Send one object with the call, nothing more")
    value = arguments[0] if arguments else {}
    if not isinstance(value, dict):
        raise InvalidInput("Send an object with the call")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error).replace("`$.", "`").replace("`$`", "the object")) from None


def ack_ok(result: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"ok": True, **(result or {})}


def ack_error(error: LivehubError) -> dict[str, Any]:
    """``{ok: false, error: {code, message, …}}``; further members as in the problem document of the same error."""
    return {"ok": False, "error": {"code": error.error_code, "message": error.detail, **error.extra}}
