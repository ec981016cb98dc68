"""/api/v1/accounts, /sessions, /me, /guests, /api-keys: being somebody."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.authenticator import GUEST_COOKIE, SESSION_COOKIE, CookieAndTokenAuthenticator
from livehub.accounts.model import MAX_EMAIL_CHARS, MAX_PASSWORD_CHARS
from livehub.accounts.origin import DEVICE_COOKIE, DEVICE_TTL_S, DeviceSigner
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.service import SESSION_TTL_S, AccountService, SignedIn, fingerprint
from livehub.accounts.tokens import GUEST_TTL_S
from livehub.clock import iso
from livehub.errors import Unavailable
from livehub.web.auth import SECURE_COOKIES, client_address, require_account, require_principal
from livehub.web.body import LocaleTag, answer, answer_list, read_json
from livehub.web.openapi import API, Operation

log = logging.getLogger(__name__)

#: tells a page that it is worth asking who is here; it says nothing else and opens nothing
KNOWN_COOKIE = "livehub_known"

#: account id → its stores as ``{id, title, currency}``; answered by commerce
StoresOf = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]

DEVICES: web.AppKey[DeviceSigner] = web.AppKey("devices", DeviceSigner)

#: (guest's id, account's id): what the guest ordered is the account's from now on; answered by commerce
HandOver = Callable[[str, str], Awaitable[object]]

ACCOUNTS: web.AppKey[AccountService] = web.AppKey("accounts", AccountService)
SESSIONS: web.AppKey[CookieAndTokenAuthenticator] = web.AppKey("sessions", CookieAndTokenAuthenticator)
STORES_OF: web.AppKey[StoresOf] = web.AppKey("stores_of")
HAND_OVER: web.AppKey[HandOver] = web.AppKey("hand_over")

# Longer than any name may be: what is too long gets the sentence of the domain, what is far too long gets none of it.
Name = Annotated[str, Meta(min_length=1, max_length=160)]
Email = Annotated[str, Meta(min_length=3, max_length=MAX_EMAIL_CHARS)]
Password = Annotated[str, Meta(max_length=MAX_PASSWORD_CHARS)]


class SignUpBody(msgspec.Struct):
    email: Email
    password: Password
    display_name: Name
    locale: LocaleTag = "en"


class SignInBody(msgspec.Struct):
    email: Email
    password: Password


class MePatchBody(msgspec.Struct):
    display_name: Name | None = None
    locale: LocaleTag | None = None


class GuestBody(msgspec.Struct):
    display_name: Name
    locale: LocaleTag = "en"


class ApiKeyBody(msgspec.Struct):
    title: Annotated[str, Meta(min_length=1, max_length=320)]


class MyStoreView(msgspec.Struct):
    id: str
    title: str
    currency: str


class MeView(msgspec.Struct, omit_defaults=True):
    """``token`` only for a guest who changed: the new guest token."""

    id: str
    kind: PrincipalKind
    display_name: str
    locale: str
    stores: list[MyStoreView]
    email: str | None = None
    token: str | None = None


class GuestView(msgspec.Struct):
    id: str
    token: str
    display_name: str
    locale: str


class ApiKeyView(msgspec.Struct):
    id: str
    title: str
    created_at: str


class NewApiKeyView(ApiKeyView):
    """``key`` is shown here and never again."""

    key: str


def set_cookie(request: web.Request, response: web.Response, name: str, value: str, ttl_s: int) -> None:
    """HttpOnly, SameSite=Lax and, where the public address is https, Secure; beside it the cookie that scripts see."""
    secure = request.app[SECURE_COOKIES]
    response.set_cookie(name, value, max_age=ttl_s, path="/", httponly=True, samesite="Lax", secure=secure)
    # As long as any of them: asked in vain once too often is better than a guest who is not known again.
    response.set_cookie(KNOWN_COOKIE, "1", max_age=max(ttl_s, GUEST_TTL_S), path="/", samesite="Lax", secure=secure)


async def _answer_me(
    request: web.Request, principal: Principal, status: int = 200, token: str | None = None
) -> web.Response:
    stores = await request.app[STORES_OF](principal.identity) if principal.is_account else ()
    view = MeView(
        principal.identity,
        principal.kind,
        principal.display_name,
        principal.locale,
        [MyStoreView(str(store["id"]), str(store["title"]), str(store["currency"])) for store in stores],
        principal.email,
        token,
    )
    return answer(view, status, {"Cache-Control": "no-store"})


async def sign_up(request: web.Request) -> web.Response:
    body = await read_json(request, SignUpBody)
    signed_in = await request.app[ACCOUNTS].sign_up(
        body.email, body.password, body.display_name, body.locale, address=client_address(request)
    )
    return await _welcome(request, signed_in)


async def sign_in(request: web.Request) -> web.Response:
    body = await read_json(request, SignInBody)
    signed_in = await request.app[ACCOUNTS].sign_in(body.email, body.password, address=client_address(request))
    return await _welcome(request, signed_in)


async def _welcome(request: web.Request, signed_in: SignedIn) -> web.Response:
    """The session's cookie; who was a guest in this browser takes along what they ordered, and is no guest any more."""
    response = await _answer_me(request, signed_in.principal, 201)
    guest = request.app[SESSIONS].of_guest_cookie(request.cookies.get(GUEST_COOKIE, ""))
    if guest is not None:
        try:
            await request.app[HAND_OVER](guest.identity, signed_in.principal.identity)
        except Unavailable:
            # They are signed in all the same. The cookie stays, so the next time they sign in makes up for it.
            log.warning("the orders of %s could not be handed over", guest.identity)
        else:
            _delete_cookie(request, response, GUEST_COOKIE)
    set_cookie(request, response, SESSION_COOKIE, signed_in.session_token, SESSION_TTL_S)
    _mark_device(request, response)
    return response


def _delete_cookie(request: web.Request, response: web.Response, name: str) -> None:
    response.del_cookie(name, path="/", httponly=True, samesite="Lax", secure=request.app[SECURE_COOKIES])


async def sign_out(request: web.Request) -> web.Response:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        await request.app[ACCOUNTS].sign_out(token)
        request.app[SESSIONS].forget(fingerprint(token))
    response = web.Response(status=204)
    for name in (SESSION_COOKIE, GUEST_COOKIE):
        _delete_cookie(request, response, name)
    response.del_cookie(KNOWN_COOKIE, path="/", samesite="Lax", secure=request.app[SECURE_COOKIES])
    return response


async def get_me(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    response = await _answer_me(request, principal)
    token = request.cookies.get(SESSION_COOKIE)
    if token and principal.kind is PrincipalKind.ACCOUNT:
        # The session slides on the server; its cookie has to follow.
        set_cookie(request, response, SESSION_COOKIE, token, SESSION_TTL_S)
    return response


async def patch_me(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    body = await read_json(request, MePatchBody)
    if principal.is_account:
        changed = await request.app[ACCOUNTS].set_profile(principal, body.display_name, body.locale)
        request.app[SESSIONS].forget_identity(principal.identity)
        return await _answer_me(request, changed)
    issued = request.app[ACCOUNTS].renew_guest(principal, body.display_name, body.locale)
    response = await _answer_me(request, request.app[SESSIONS].of_token(issued.token), token=issued.token)
    set_cookie(request, response, GUEST_COOKIE, issued.token, GUEST_TTL_S)
    return response


async def create_guest(request: web.Request) -> web.Response:
    body = await read_json(request, GuestBody)
    issued = request.app[ACCOUNTS].new_guest(body.display_name, body.locale, address=client_address(request))
    guest = request.app[SESSIONS].of_token(issued.token)
    view = GuestView(guest.identity, issued.token, guest.display_name, guest.locale)
    response = answer(view, 201, {"Cache-Control": "no-store"})
    set_cookie(request, response, GUEST_COOKIE, issued.token, GUEST_TTL_S)
    _mark_device(request, response)
    return response


def _mark_device(request: web.Request, response: web.Response) -> None:
    """So that a ban holds for who comes back under another name in this browser; it outlives signing out."""
    signer = request.app[DEVICES]
    if signer.read(request.cookies.get(DEVICE_COOKIE)) is None:
        secure = request.app[SECURE_COOKIES]
        response.set_cookie(
            DEVICE_COOKIE, signer.issue(), max_age=DEVICE_TTL_S, path="/", httponly=True, samesite="Lax", secure=secure
        )


async def create_api_key(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, ApiKeyBody)
    key, text = await request.app[ACCOUNTS].create_api_key(principal, body.title)
    view = NewApiKeyView(key.id, key.title, iso(key.created_at), text)
    return answer(view, 201, {"Cache-Control": "no-store"})


async def list_api_keys(request: web.Request) -> web.Response:
    keys = await request.app[ACCOUNTS].api_keys(await require_account(request))
    return answer_list([ApiKeyView(key.id, key.title, iso(key.created_at)) for key in keys])


async def revoke_api_key(request: web.Request) -> web.Response:
    principal = await require_account(request)
    revoked = await request.app[ACCOUNTS].revoke_api_key(principal, request.match_info["key"])
    request.app[SESSIONS].forget(revoked)
    return web.Response(status=204)


def routes() -> list[web.RouteDef]:
    return [
        web.post(f"{API}/accounts", sign_up),
        web.post(f"{API}/sessions", sign_in),
        web.delete(f"{API}/sessions/current", sign_out),
        web.get(f"{API}/me", get_me),
        web.patch(f"{API}/me", patch_me),
        web.post(f"{API}/guests", create_guest),
        web.post(f"{API}/api-keys", create_api_key),
        web.get(f"{API}/api-keys", list_api_keys),
        web.delete(f"{API}/api-keys/{{key}}", revoke_api_key),
    ]


OPERATIONS = [
    Operation("POST", f"{API}/accounts", "Sign up", SignUpBody, MeView, (201, 400, 409, 422, 429), "none"),
    Operation("POST", f"{API}/sessions", "Sign in", SignInBody, MeView, (201, 401, 422, 429), "none"),
    Operation("DELETE", f"{API}/sessions/current", "Sign out", None, None, (204,), "none"),
    Operation("GET", f"{API}/me", "Who you are", None, MeView, (200, 401)),
    Operation("PATCH", f"{API}/me", "Change your name or language", MePatchBody, MeView, (200, 401, 403, 422)),
    Operation("POST", f"{API}/guests", "Be a guest", GuestBody, GuestView, (201, 422, 429), "none"),
    Operation(
        "POST", f"{API}/api-keys", "Make an API key", ApiKeyBody, NewApiKeyView, (201, 401, 403, 409, 422), "account"
    ),
    Operation("GET", f"{API}/api-keys", "Your API keys", None, ApiKeyView, (200, 401, 403), "account", listed=True),
    Operation("DELETE", f"{API}/api-keys/{{key}}", "Revoke an API key", None, None, (204, 401, 403, 404), "account"),
]
