"""Who may do what in a room: one table, read at a glance, asked by every action on the server.

Rows are actions, columns are roles. The kind of a room may take actions away (:mod:`livehub.rooms.kinds`); the one that
it may add is to publish, for everybody who may watch, where its stage is open.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from livehub.errors import Forbidden


class Role(StrEnum):
    HOST = "host"
    COHOST = "cohost"
    MODERATOR = "moderator"
    SPEAKER = "speaker"
    VIEWER = "viewer"


class Action(StrEnum):
    ROOM_EDIT = "room.edit"  # title, times, visibility, start, end, delete
    ROOM_APPOINT = "room.appoint"  # give roles, make join tokens
    RECORD = "room.record"  # start, pause, stop
    RECORDINGS = "recordings.keep"  # see what is kept, take it away as a file, delete it
    CAPTION = "room.caption"  # have what is said written, and stop it
    WATCH = "watch"
    REHEARSE = "rehearse"  # publish and watch before the room is live
    PUBLISH = "publish"
    STAGE = "stage.manage"  # invite, send off, mute and pin those on stage
    MEDIA_SEE = "media.see"  # how everybody's media fares
    CHAT = "chat.send"
    REACT = "chat.react"
    CHAT_PIN = "chat.pin"  # one line on top for everybody
    ANNOUNCE = "chat.announce"  # a line that everybody is to notice
    CHAT_EXPORT = "chat.export"  # all lines as a file
    CHAT_DELETE = "chat.delete"  # anybody's line; one's own line needs only CHAT
    MUTE = "member.mute"
    BAN = "member.ban"
    MODERATE = "moderation"  # the queue, reports, the room's rules, the log
    INTERPRETERS = "interpreters.ask"  # give language channels to people, and take them away
    RAISE_HAND = "hand.raise"
    SEE_HANDS = "hand.see"
    OFFER_EDIT = "offer.edit"  # add, price, stock, pin
    ORDERS_SEE = "orders.see"
    BUY = "buy"
    POLL_RUN = "poll.run"  # open and close polls
    POLL_VOTE = "poll.vote"
    QUESTION_ASK = "question.ask"  # and vote up those of others
    QUESTION_MANAGE = "question.manage"  # mark as answered, take away
    DRAW_RUN = "draw.run"  # open, close, draw, call off
    DRAW_ENTER = "draw.enter"  # who helps to run the room does not
    RESTREAM_RUN = "restream.run"  # see the targets, start and stop them
    RESTREAM_EDIT = "restream.edit"  # addresses and keys


_H, _C, _M, _S, _V = Role.HOST, Role.COHOST, Role.MODERATOR, Role.SPEAKER, Role.VIEWER

PERMISSIONS: Final = MappingProxyType(
    {
        #                            host cohost mod. speaker viewer
        Action.ROOM_EDIT:   frozenset({_H}),
        Action.ROOM_APPOINT: frozenset({_H}),
        Action.RECORD:      frozenset({_H}),
        Action.RECORDINGS:  frozenset({_H}),
        Action.CAPTION:     frozenset({_H, _C}),
        Action.WATCH:       frozenset({_H, _C, _M, _S, _V}),
        Action.REHEARSE:    frozenset({_H, _C}),
        Action.PUBLISH:     frozenset({_H, _C, _S}),
        Action.STAGE:       frozenset({_H, _C}),
        Action.INTERPRETERS: frozenset({_H, _C}),
        Action.MEDIA_SEE:   frozenset({_H}),
        Action.CHAT:        frozenset({_H, _C, _M, _S, _V}),
        Action.REACT:       frozenset({_H, _C, _M, _S, _V}),
        Action.CHAT_PIN:    frozenset({_H, _C, _M}),
        Action.ANNOUNCE:    frozenset({_H, _C}),
        Action.CHAT_EXPORT: frozenset({_H}),
        Action.CHAT_DELETE: frozenset({_H, _C, _M}),
        Action.MUTE:        frozenset({_H, _C, _M}),
        Action.BAN:         frozenset({_H, _C, _M}),
        Action.MODERATE:    frozenset({_H, _C, _M}),
        Action.RAISE_HAND:  frozenset({_S, _V}),
        Action.SEE_HANDS:   frozenset({_H, _C, _M}),
        Action.OFFER_EDIT:  frozenset({_H, _C}),
        Action.ORDERS_SEE:  frozenset({_H}),
        Action.BUY:         frozenset({_H, _C, _M, _S, _V}),
        Action.POLL_RUN:    frozenset({_H, _C}),
        Action.POLL_VOTE:   frozenset({_H, _C, _M, _S, _V}),
        Action.QUESTION_ASK: frozenset({_H, _C, _M, _S, _V}),
        Action.QUESTION_MANAGE: frozenset({_H, _C, _M}),
        Action.DRAW_RUN:    frozenset({_H, _C}),
        Action.DRAW_ENTER:  frozenset({_S, _V}),
        Action.RESTREAM_RUN: frozenset({_H, _C}),
        Action.RESTREAM_EDIT: frozenset({_H}),
    }
)  # fmt: skip

#: who may sanction whom: nobody acts on an equal or a higher rank
RANK: Final = MappingProxyType({_V: 0, _S: 1, _M: 2, _C: 3, _H: 4})


def may(role: Role, action: Action) -> bool:
    return role in PERMISSIONS[action]


def require(role: Role, action: Action) -> None:
    """Raises: Forbidden, unless ``role`` may do ``action``."""
    if not may(role, action):
        raise Forbidden(f"A {role} may not do this ({action})")
