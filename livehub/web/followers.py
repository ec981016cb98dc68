"""/api/v1/rooms/{room}/follow and /reminder, /follows, /notifications, /letters: who is told of shows, and how."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.followers.letters import MAX_CHARS
from livehub.followers.model import Address, PushSubscription
from livehub.followers.service import Followers, NewPush, Standing
from livehub.web.auth import require_principal
from livehub.web.body import LocaleTag, answer, answer_list, read_json
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

FOLLOWERS: web.AppKey[Followers] = web.AppKey("followers", Followers)

Token = Annotated[str, Meta(min_length=1, max_length=MAX_CHARS)]


class StandingView(msgspec.Struct):
    """``subject`` is who stands behind the room: its shop, else its host."""

    subject: str
    title: str
    following: bool
    reminded: bool
    followers: int


class FollowView(msgspec.Struct):
    subject: str
    title: str
    created_at: str


class EmailBody(msgspec.Struct):
    """Without ``email`` the account's own."""

    email: Annotated[str, Meta(max_length=254)] | None = None


class PushKeys(msgspec.Struct):
    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=100)]


class PushBody(msgspec.Struct):
    """``PushSubscription.toJSON()`` of the browser, and the locale of the notices, else the caller's own."""

    endpoint: Annotated[str, Meta(max_length=1_000)]
    keys: PushKeys
    locale: LocaleTag | None = None


class EmailView(msgspec.Struct):
    address: str
    state: Literal["pending", "confirmed"]


class BrowserView(msgspec.Struct):
    id: str
    created_at: str


class NotificationsView(msgspec.Struct):
    """``push_key``: the server's VAPID key. ``mail``: whether this server sends letters."""

    push_key: str
    mail: bool
    email: EmailView | None
    browsers: list[BrowserView]


class LetterBody(msgspec.Struct):
    token: Token


def _standing(standing: Standing) -> StandingView:
    return msgspec.convert(standing, StandingView, from_attributes=True)


def _email(address: Address | None) -> EmailView | None:
    return EmailView(address.email, address.state.value) if address else None


def _browser(subscription: PushSubscription) -> BrowserView:
    return BrowserView(subscription.id, iso(subscription.created_at))


async def get_follow(request: web.Request) -> web.Response:
    return answer(_standing(await request.app[FOLLOWERS].standing(await room_access(request))))


async def follow(request: web.Request) -> web.Response:
    return answer(_standing(await request.app[FOLLOWERS].follow(await room_access(request))))


async def unfollow(request: web.Request) -> web.Response:
    return answer(_standing(await request.app[FOLLOWERS].unfollow(await room_access(request))))


async def remind(request: web.Request) -> web.Response:
    return answer(_standing(await request.app[FOLLOWERS].remind(await room_access(request))))


async def forget_reminder(request: web.Request) -> web.Response:
    return answer(_standing(await request.app[FOLLOWERS].forget_reminder(await room_access(request))))


async def list_follows(request: web.Request) -> web.Response:
    found = await request.app[FOLLOWERS].of(await require_principal(request))
    return answer_list([FollowView(item.subject, item.title, iso(item.created_at)) for item in found])


async def leave(request: web.Request) -> web.Response:
    await request.app[FOLLOWERS].leave(await require_principal(request), request.match_info["subject"])
    return web.Response(status=204)


async def get_notifications(request: web.Request) -> web.Response:
    followers = request.app[FOLLOWERS]
    address, browsers = await followers.ways(await require_principal(request))
    shown = [_browser(browser) for browser in browsers]
    return answer(NotificationsView(followers.push_key, followers.sends_mail, _email(address), shown))


async def put_email(request: web.Request) -> web.Response:
    person = await require_principal(request)
    body = await read_json(request, EmailBody)
    return answer(_email(await request.app[FOLLOWERS].set_address(person, body.email)))


async def delete_email(request: web.Request) -> web.Response:
    await request.app[FOLLOWERS].drop_address(await require_principal(request))
    return web.Response(status=204)


async def put_push(request: web.Request) -> web.Response:
    person = await require_principal(request)
    body = await read_json(request, PushBody)
    new = NewPush(body.endpoint, body.keys.p256dh, body.keys.auth)
    return answer(_browser(await request.app[FOLLOWERS].add_push(person, new, body.locale)))


async def delete_push(request: web.Request) -> web.Response:
    person = await require_principal(request)
    await request.app[FOLLOWERS].drop_push(person, request.match_info["subscription"])
    return web.Response(status=204)


async def confirm(request: web.Request) -> web.Response:
    body = await read_json(request, LetterBody)
    await request.app[FOLLOWERS].confirm(body.token)
    return web.Response(status=204)


async def stop(request: web.Request) -> web.Response:
    """By the page, or by a mail program's own button (RFC 8058), which sends a form and the token in the address."""
    token = request.query.get("token") or (await read_json(request, LetterBody)).token
    await request.app[FOLLOWERS].stop(token)
    return web.Response(status=204)


_FOLLOW, _REMINDER = f"{API}/rooms/{{room}}/follow", f"{API}/rooms/{{room}}/reminder"
_FOLLOWS, _WAYS, _LETTERS = f"{API}/follows", f"{API}/notifications", f"{API}/letters"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_FOLLOW, get_follow),
        web.put(_FOLLOW, follow),
        web.delete(_FOLLOW, unfollow),
        web.put(_REMINDER, remind),
        web.delete(_REMINDER, forget_reminder),
        web.get(_FOLLOWS, list_follows),
        web.delete(f"{_FOLLOWS}/{{subject}}", leave),
        web.get(_WAYS, get_notifications),
        web.put(f"{_WAYS}/email", put_email),
        web.delete(f"{_WAYS}/email", delete_email),
        web.put(f"{_WAYS}/push", put_push),
        web.delete(f"{_WAYS}/push/{{subscription}}", delete_push),
        web.post(f"{_LETTERS}/confirm", confirm),
        web.post(f"{_LETTERS}/stop", stop),
    ]


_CHANGE = (200, 401, 403, 404, 409, 429)
OPERATIONS = [
    Operation("GET", _FOLLOW, "How the caller stands to who is behind it", None, StandingView, (200, 401, 403, 404)),
    Operation("PUT", _FOLLOW, "Follow the room's shop, or its host", None, StandingView, _CHANGE),
    Operation("DELETE", _FOLLOW, "Follow them no more", None, StandingView, (200, 401, 403, 404, 429)),
    Operation("PUT", _REMINDER, "Be told when this room begins", None, StandingView, _CHANGE),
    Operation("DELETE", _REMINDER, "Do not be told", None, StandingView, (200, 401, 403, 404, 429)),
    Operation("GET", _FOLLOWS, "Whom the caller follows", None, FollowView, (200, 401), "any", True),
    Operation("DELETE", f"{_FOLLOWS}/{{subject}}", "Follow no more", None, None, (204, 401, 422)),
    Operation("GET", _WAYS, "How the caller is told", None, NotificationsView, (200, 401)),
    Operation(
        "PUT", f"{_WAYS}/email", "Be told by e-mail, once the letter sent now is answered", EmailBody, EmailView,
        (200, 401, 403, 422, 429, 503),
    ),
    Operation("DELETE", f"{_WAYS}/email", "No more e-mail", None, None, (204, 401)),
    Operation(
        "PUT", f"{_WAYS}/push", "Be told in this browser (Web Push)", PushBody, BrowserView, (200, 401, 403, 422, 429)
    ),
    Operation("DELETE", f"{_WAYS}/push/{{subscription}}", "No more notices in that browser", None, None, (204, 401)),
    Operation("POST", f"{_LETTERS}/confirm", "Confirm an address", LetterBody, None, (204, 404, 422), "none"),
    Operation(
        "POST", f"{_LETTERS}/stop", "No more letters (RFC 8058)", LetterBody, None, (204, 404, 422), "none",
        query={"token": "instead of the body, for mail programs"},
    ),
]  # fmt: skip
