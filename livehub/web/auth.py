"""The caller of a request, found once per request from cookie or bearer token."""

from typing import Protocol

from aiohttp import web

from livehub.accounts.authenticator import GUEST_COOKIE, SESSION_COOKIE
from livehub.accounts.principal import Principal
from livehub.errors import Forbidden, Unauthenticated
from livehub.ratelimit import counted_by
from livehub.web.problem import Handler

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Authenticator(Protocol):
    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        """Who this is; None without credentials. A session outranks a guest cookie; a bearer token outranks both.

        Raises:
            Unauthenticated: a bearer token that is wrong, revoked or expired (``token_expired``).
        """


AUTHENTICATOR: web.AppKey[Authenticator] = web.AppKey("authenticator", Authenticator)
#: whether cookies are Secure: the public address is https
SECURE_COOKIES: web.AppKey[bool] = web.AppKey("secure_cookies", bool)
PUBLIC_ORIGIN: web.AppKey[str] = web.AppKey("public_origin", str)
_PRINCIPAL: web.RequestKey[Principal | None] = web.RequestKey("principal")


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def find_principal(request: web.Request) -> Principal | None:
    """The caller or None; asked of the authenticator once per request."""
    if _PRINCIPAL not in request:
        bearer = _bearer(request)
        request[_PRINCIPAL] = await request.app[AUTHENTICATOR].principal(
            bearer=bearer,
            session=None if bearer else request.cookies.get(SESSION_COOKIE),
            guest=None if bearer else request.cookies.get(GUEST_COOKIE),
        )
    found: Principal | None = request[_PRINCIPAL]
    return found


async def require_principal(request: web.Request) -> Principal:
    """Raises: Unauthenticated."""
    principal = await find_principal(request)
    if principal is None:
        raise Unauthenticated
    return principal


async def require_account(request: web.Request) -> Principal:
    """Raises: Unauthenticated; Forbidden for guests and members."""
    principal = await require_principal(request)
    principal.require_account()
    return principal


@web.middleware
async def same_origin_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses cross-site requests that change something (cross-site request forgery, also of a sign-in).

    Browsers send Sec-Fetch-Site (Fetch Metadata) and Origin on their own. Programs send neither, and what carries an
    Authorization header cannot have been forged: a browser adds none by itself.
    """
    if request.method not in SAFE_METHODS and "Authorization" not in request.headers:
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        own = {request.app[PUBLIC_ORIGIN], f"{request.scheme}://{request.host}"}
        if site not in {None, "same-origin", "none"} or (origin is not None and origin not in own):
            raise Forbidden("This request came from another site", code="cross_site_request")
    return await handler(request)


def client_address(request: web.Request) -> str:
    """Whom to count requests by; see :func:`livehub.ratelimit.counted_by`."""
    return counted_by(request.remote, request.headers.getall("X-Forwarded-For", ()))
