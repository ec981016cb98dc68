"""/api/v1/rooms/{room}/messages: what was said; /api/v1/phrases: what can be said in every language.

Sending, deleting and moderating go over Socket.IO (:mod:`livehub.signalling`), where the order of a room is made.
"""

import msgspec
from aiohttp import web

from livehub.accounts.permissions import Role
from livehub.chat.model import HistoryQuery
from livehub.chat.service import ChatService
from livehub.errors import InvalidInput
from livehub.translation.locale import closest, negotiate
from livehub.translation.phrasebook import Phrasebook
from livehub.web.auth import find_principal
from livehub.web.body import LocaleTag, answer, answer_list, page_limit
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part

CHAT: web.AppKey[ChatService] = web.AppKey("chat", ChatService)
PHRASEBOOK: web.AppKey[Phrasebook] = web.AppKey("phrasebook", Phrasebook)

MAX_SEQ = 2**53 - 1


class AuthorView(msgspec.Struct):
    identity: str
    display_name: str
    role: Role


class TranslationView(msgspec.Struct):
    """``edited``: a person wrote it; else the ``engine`` did."""

    locale: LocaleTag
    text: str
    engine: str
    edited: bool = False


class QuotedLineView(msgspec.Struct):
    """The line that another answers: its beginning, or that it was taken back."""

    id: str
    seq: int
    author: AuthorView | None = None
    text: str | None = None
    locale: LocaleTag | None = None
    deleted: bool = False


class MentionView(msgspec.Struct):
    identity: str
    display_name: str


class MessageView(msgspec.Struct):
    """``seq`` orders the lines of a room. A deleted line has an empty text."""

    id: str
    seq: int
    author: AuthorView
    text: str
    locale: LocaleTag
    at: str
    client_id: str
    translation: TranslationView | None = None
    deleted: bool = False
    reply_to: QuotedLineView | None = None
    mentions: list[MentionView] = []
    announcement: bool = False


class PhraseView(msgspec.Struct):
    """``slots`` are the names in braces in ``text``; ``side`` is who would say it: stage, audience or any."""

    id: str
    category: str
    side: str
    text: str
    slots: list[str]


async def list_messages(request: web.Request) -> web.Response:
    """Oldest first: with ``after`` the next lines from there, else the newest (before ``before``).

    ``next`` goes into ``?after=`` and ``previous`` into ``?before=``; null where there is nothing more.
    """
    access = await taking_part(request)
    after, before = seq_of(request, "after"), seq_of(request, "before")
    locale = locale_of(request) or (access.principal.locale if access.principal else None)
    query = HistoryQuery(access.room.id, page_limit(request), before=before, after=after, locale=locale)
    page = await request.app[CHAT].history(access, query)
    forward = after is not None
    more = page.messages[-1 if forward else 0].seq if page.more else None
    return answer(
        {
            "items": [message.present(locale) for message in page.messages],
            "next": str(more) if more is not None and forward else None,
            "previous": str(more) if more is not None and not forward else None,
        }
    )


def seq_of(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_SEQ):
        raise InvalidInput(f"{name} is the seq of a message", field=name)
    return int(text)


def locale_of(request: web.Request) -> str | None:
    tag = request.query.get("locale", "")
    if not tag:
        return None
    found = closest(tag[:35])
    if found is None:
        raise InvalidInput("This language is not one of those offered here", field="locale")
    return found


async def list_phrases(request: web.Request) -> web.Response:
    principal = await find_principal(request)
    locale = locale_of(request) or negotiate((principal.locale if principal else None,))
    return answer_list(request.app[PHRASEBOOK].phrases_for(locale))


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/rooms/{{room}}/messages", list_messages), web.get(f"{API}/phrases", list_phrases)]


OPERATIONS = [
    Operation(
        "GET",
        f"{API}/rooms/{{room}}/messages",
        "What was said in a room, oldest first",
        None,
        MessageView,
        (200, 401, 403, 404, 422),
        listed=True,
        query={
            "before": "Only lines with a lower seq: the newest of them",
            "after": "Only lines with a higher seq: the oldest of them",
            "locale": "The language to bring translations in; yours unless given",
            "limit": "1 to 200",
        },
    ),
    Operation(
        "GET",
        f"{API}/phrases",
        "Everyday phrases for quick replies, the same in every language",
        None,
        PhraseView,
        (200, 422),
        "none",
        True,
        {"locale": "The language of the texts; yours unless given"},
    ),
]
