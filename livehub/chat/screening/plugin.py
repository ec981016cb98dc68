"""The contract of automatic moderation: what a :class:`Moderator` promises and what a plug-in's ``create`` takes."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from livehub.chat.screening.rules import Outcome
from livehub.clock import Clock


@dataclass(frozen=True, slots=True)
class Line:
    """A line before it is shown, or a question. ``locale`` is the language it seems to be written in.

    ``text`` is cleaned: one line of up to 500 characters, nothing invisible that turns text around. It is a stranger's.
    """

    room_id: str
    identity: str
    display_name: str
    role: str
    text: str
    locale: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """``reason`` is for moderators: one short sentence, cut at 200 characters. The author is told only that the line
    was held or refused."""

    outcome: Outcome
    reason: str = ""


@runtime_checkable
class Moderator(Protocol):
    """One judge of lines. Used from one event loop; :meth:`judge` may run many times at once.

    ``name`` is short and stable: it stands in the log of the room as ``auto:name``.
    """

    @property
    def name(self) -> str: ...

    async def judge(self, line: Line) -> Judgement:
        """What is to become of the line. Never blocks the loop, can be cancelled at any await, leaves deadlines to
        the caller.

        Raises: what it cannot judge, rather than to allow it: :class:`~livehub.chat.screening.errors.ModerationFailed`,
        or anything else. The line is then treated as the room's rules say for what nobody is sure of. An error's text
        goes to the log: no key is in it, and nothing of the line.
        """

    async def close(self) -> None:
        """Let go of connections; called after the last :meth:`judge` has ended. A second call does nothing."""


class ModeratorFactory(Protocol):
    """What an entry point of the group ``livehub.moderators`` names.

    ``setting`` is what the operator wrote after the name and a colon, ``deadline_s`` how long a judgement may take.
    Called without a running event loop. A factory that needs neither clock nor deadline ends its signature with ``**_:
    object``.

    Raises:
        ValueError: a setting that cannot be used; the message says what would do.
    """

    def __call__(self, setting: str, *, clock: Clock, deadline_s: float) -> Moderator: ...
