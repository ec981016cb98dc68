"""What clients may send about polls, questions and draws."""

from typing import Annotated, Literal

from msgspec import Meta

from livehub.signalling.protocol import ClientId, Payload, Reason

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[^\\x00]*$")]
#: how long a text may be is the domain's to say, with its own sentence; here only the transport's limit
Text = Annotated[str, Meta(max_length=2_000, pattern="^[^\\x00]*$")]


class OpenPoll(Payload, frozen=True, kw_only=True):
    question: Text
    options: Annotated[list[Text], Meta(max_length=64)]


class ClosePoll(Payload, frozen=True, kw_only=True):
    poll: Id


class Vote(Payload, frozen=True, kw_only=True):
    """``option`` counts from 0."""

    poll: Id
    option: int


class Ask(Payload, frozen=True, kw_only=True):
    text: Text
    client_id: ClientId


class Upvote(Payload, frozen=True, kw_only=True):
    question: Id
    up: bool = True


class Mark(Payload, frozen=True, kw_only=True):
    question: Id
    state: Literal["answered", "waiting"]


class RemoveQuestion(Payload, frozen=True, kw_only=True):
    """``reason``: for the moderators' log, where it is not one's own."""

    question: Id
    reason: Reason = ""


class OpenDraw(Payload, frozen=True, kw_only=True):
    title: Text
    places: int = 1
    keyword: Text | None = None


class OneDraw(Payload, frozen=True, kw_only=True):
    draw: Id
