"""Replies, mentions and announcements: what a line that is about to be sent refers to, checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from livehub.accounts.permissions import Action
from livehub.chat.errors import MessageNotFound
from livehub.chat.model import NOTHING, About, Mention, Message, Quote
from livehub.chat.store import ChatStore
from livehub.chat.text import MAX_CHARS
from livehub.chat.words import fold
from livehub.errors import InvalidInput
from livehub.rooms.access import Access

MAX_MENTIONS: Final = 10
#: of the line that is answered, so much is shown with the answer
QUOTE_CHARS: Final = 140

#: identity → display name of somebody who is in the room, None for nobody
NameOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """As a client sends it: the id of the line that is answered, identities, and whether it is an announcement.

    ``text`` is the line: who is mentioned is named in it.
    """

    text: str
    reply_to: str | None = None
    mentions: Sequence[str] = ()
    announcement: bool = False


async def refer(store: ChatStore, access: Access, wanted: Wanted, name_of: NameOf) -> About:
    """What the line is about. Who is mentioned and not in the room is left out: they may have gone just now. So is who
    is not named by ``@`` and their name: nobody is called by a line in which the others do not see it.

    Raises:
        Forbidden: an announcement by somebody who may not.
        MessageNotFound: there is no such line to answer, or it was taken back.
        InvalidInput: more than :data:`MAX_MENTIONS` mentions.
    """
    if wanted.announcement:
        access.require(Action.ANNOUNCE)
    if len(wanted.mentions) > MAX_MENTIONS:
        raise InvalidInput(f"Mention at most {MAX_MENTIONS} people in one message", field="mentions")
    if wanted.reply_to is None and not wanted.mentions and not wanted.announcement:
        return NOTHING
    quote = None
    if wanted.reply_to is not None:
        answered = await store.find(access.room.id, wanted.reply_to)
        if answered is None or answered.deleted:
            raise MessageNotFound("The message that you answer is not there any more")
        quote = quote_of(answered)
    named = ((identity, name_of(identity)) for identity in dict.fromkeys(wanted.mentions))
    text = fold(wanted.text[: 2 * MAX_CHARS])  # what is longer will be refused, and is not worth folding
    mentions = tuple(Mention(identity, name) for identity, name in named if name and _is_named(name, text))
    return About(quote, mentions, wanted.announcement)


def _is_named(name: str, text: str) -> bool:
    folded = fold(name)
    return bool(folded) and f"@{folded}" in text


def quote_of(message: Message) -> Quote:
    return Quote(message.id, message.seq, message.author, excerpt(message.text), message.locale)


def excerpt(text: str) -> str:
    """The beginning, with an ellipsis where it goes on. Marks stay with the letter that they belong to."""
    if len(text) <= QUOTE_CHARS:
        return text
    return text[: QUOTE_CHARS - 1].rstrip() + "…"
