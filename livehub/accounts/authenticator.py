"""Credentials into a Principal: for every HTTP request, and for every socket as it connects."""

from collections import OrderedDict

from livehub.accounts.errors import TokenInvalid
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.service import (
    API_KEY_PREFIX,
    SESSION_RENEW_AFTER_S,
    SESSION_TTL_S,
    AccountStore,
    fingerprint,
    principal_of,
)
from livehub.accounts.tokens import MAX_TOKEN_CHARS, TokenSigner
from livehub.clock import Clock
from livehub.errors import Unauthenticated

SESSION_COOKIE = "livehub_session"
GUEST_COOKIE = "livehub_guest"
#: how long a session that another process ended, or a changed name, may still be seen here
CACHE_TTL_S = 5.0
CACHE_ENTRIES = 10_000


class CookieAndTokenAuthenticator:
    """Implements :class:`livehub.web.auth.Authenticator`, for HTTP requests and for sockets as they connect.

    What SQL said about a session or a key is remembered for :data:`CACHE_TTL_S`; tokens are checked by signature alone.
    """

    def __init__(self, store: AccountStore, signer: TokenSigner, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        """A bearer token outranks a session, a session a guest; a cookie that is no longer good is nobody.

        Raises:
            Unauthenticated: a bearer token that is wrong, revoked or expired (``token_expired``).
        """
        if bearer:
            return await self._of_bearer(bearer)
        if session and len(session) <= MAX_TOKEN_CHARS:
            found = await self._of_session(session)
            if found:
                return found
        if guest:
            return self.of_guest_cookie(guest)
        return None

    def forget(self, secret_fingerprint: str) -> None:
        """Ask SQL again about this session or key: it was ended, revoked, or its account changed."""
        self._cache.pop(secret_fingerprint, None)

    def forget_identity(self, identity: str) -> None:
        """Ask SQL again about everybody who acts for this account: its name or locale changed."""
        for key in [key for key, (_, known) in self._cache.items() if known.identity == identity]:
            del self._cache[key]

    def of_token(self, token: str) -> Principal:
        """Whom a guest or join token speaks for. Raises: Unauthenticated."""
        return self._signer.read(token)

    async def _of_bearer(self, bearer: str) -> Principal:
        if not bearer.startswith(API_KEY_PREFIX):
            return self._signer.read(bearer)
        if len(bearer) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        key_hash = fingerprint(bearer)
        cached = self._cached(key_hash)
        if cached:
            return cached
        account = await self._store.api_key_account(key_hash)
        if account is None:
            raise TokenInvalid("This API key is wrong or was revoked")
        return self._remember(key_hash, principal_of(account, PrincipalKind.API_KEY))

    async def _of_session(self, token: str) -> Principal | None:
        token_hash = fingerprint(token)
        cached = self._cached(token_hash)
        if cached:
            return cached
        found = await self._store.session(token_hash)
        now = self._clock.now_ms()
        if found is None or found[1] <= now:
            return None
        account, expires_at = found
        if expires_at - now < (SESSION_TTL_S - SESSION_RENEW_AFTER_S) * 1000:
            await self._store.prolong_session(token_hash, now + SESSION_TTL_S * 1000)
        return self._remember(token_hash, principal_of(account))

    def of_guest_cookie(self, token: str) -> Principal | None:
        """The guest whose cookie this is; None for one that is no longer good."""
        try:
            principal = self._signer.read(token)
        except Unauthenticated:
            return None
        # A join token in this cookie would be somebody playing with their own browser: it is not one of its places.
        return principal if principal.kind is PrincipalKind.GUEST else None

    def _cached(self, key: str) -> Principal | None:
        entry = self._cache.get(key)
        return entry[1] if entry and self._clock.monotonic() - entry[0] < CACHE_TTL_S else None

    def _remember(self, key: str, principal: Principal) -> Principal:
        self._cache[key] = (self._clock.monotonic(), principal)
        self._cache.move_to_end(key)
        if len(self._cache) > CACHE_ENTRIES:
            self._cache.popitem(last=False)
        return principal
