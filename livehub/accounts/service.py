"""Signing up, in and out; guests; API keys."""

import hashlib
from dataclasses import dataclass, replace
from typing import Protocol

from livehub.accounts.errors import ApiKeyNotFound, TooManyApiKeys, WrongCredentials
from livehub.accounts.model import (
    MAX_TITLE_CHARS,
    Account,
    ApiKey,
    check_display_name,
    check_password,
    normalise_email,
    normalise_password,
)
from livehub.accounts.passwords import Passwords
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.tokens import IssuedToken, TokenSigner
from livehub.clock import Clock
from livehub.errors import Forbidden
from livehub.ids import new_id, new_secret
from livehub.ratelimit import Shared, TokenBuckets
from livehub.text import one_line

SESSION_TTL_S = 30 * 24 * 3600
#: a session is prolonged when this much of it is used, so that most requests write nothing
SESSION_RENEW_AFTER_S = 24 * 3600
API_KEY_PREFIX = "lhk_"
MAX_API_KEYS = 50


class AccountStore(Protocol):
    async def add(self, account: Account) -> None:
        """Raises: EmailTaken."""

    async def by_email(self, email: str) -> Account | None: ...

    async def by_id(self, account_id: str) -> Account | None: ...

    async def set_profile(self, account_id: str, display_name: str, locale: str) -> None: ...

    async def set_password_hash(self, account_id: str, password_hash: str) -> None: ...

    async def add_session(self, token_hash: str, account_id: str, created_at: int, expires_at: int) -> None:
        """Also removes sessions of anybody that expired before ``created_at``."""

    async def session(self, token_hash: str) -> tuple[Account, int] | None:
        """The account of a session, and when it expires (ms)."""

    async def prolong_session(self, token_hash: str, expires_at: int) -> None: ...

    async def delete_session(self, token_hash: str) -> None: ...

    async def add_api_key(self, key: ApiKey, limit: int) -> bool:
        """False when the account has ``limit`` keys already."""

    async def api_keys(self, account_id: str) -> list[ApiKey]: ...

    async def api_key_account(self, key_hash: str) -> Account | None: ...

    async def revoke_api_key(self, account_id: str, key_id: str, at_ms: int) -> str | None:
        """The hash of the key that was revoked; None when the account has no such key."""


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Bursts and rates of what can be tried from outside without being anybody, per client address or e-mail."""

    sign_in_burst_address: int = 40
    sign_in_per_s_address: float = 0.5
    sign_in_burst_email: int = 10
    sign_in_per_s_email: float = 1 / 30
    sign_up_burst_address: int = 30
    sign_up_per_s_address: float = 1 / 20
    guests_burst_address: int = 400
    guests_per_s_address: float = 20


@dataclass(frozen=True, slots=True)
class SignedIn:
    principal: Principal
    #: value of the session cookie
    session_token: str


def fingerprint(secret: str) -> str:
    """What is kept of a session token or API key. Both have 192 random bits, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def principal_of(account: Account, kind: PrincipalKind = PrincipalKind.ACCOUNT) -> Principal:
    return Principal(kind, account.id, account.display_name, account.locale, email=account.email)


class AccountService:
    def __init__(
        self,
        store: AccountStore,
        passwords: Passwords,
        signer: TokenSigner,
        clock: Clock,
        limits: AccountLimits | None = None,
        shared: Shared | None = None,
    ) -> None:
        limits = limits or AccountLimits()
        self._store = store
        self._passwords = passwords
        self._signer = signer
        self._clock = clock
        self._by_address = TokenBuckets(
            clock, limits.sign_in_per_s_address, limits.sign_in_burst_address, shared=shared, name="sign-in address"
        )
        self._by_email = TokenBuckets(
            clock, limits.sign_in_per_s_email, limits.sign_in_burst_email, shared=shared, name="sign-in email"
        )
        self._sign_ups = TokenBuckets(
            clock, limits.sign_up_per_s_address, limits.sign_up_burst_address, shared=shared, name="sign-up"
        )
        self._guests = TokenBuckets(
            clock, limits.guests_per_s_address, limits.guests_burst_address, shared=shared, name="guests"
        )

    async def sign_up(self, email: str, password: str, display_name: str, locale: str, *, address: str) -> SignedIn:
        """A new account, signed in. ``address`` is the client's, for the rate limit.

        Raises:
            InvalidInput, EmailTaken, RateLimited.
        """
        address_of_account = normalise_email(email)
        secret = check_password(password, email=address_of_account)
        name = check_display_name(display_name)
        self._sign_ups.take(address)
        account = Account(
            id=new_id("acc"),
            email=address_of_account,
            password_hash=await self._passwords.hash(secret),
            display_name=name,
            locale=locale,
            created_at=self._clock.now_ms(),
        )
        await self._store.add(account)
        return await self._begin_session(account)

    async def sign_in(self, email: str, password: str, *, address: str) -> SignedIn:
        """A new session; an unknown address and a wrong password look the same and take the same time.

        Raises:
            WrongCredentials, RateLimited, InvalidInput.
        """
        address_of_account = normalise_email(email)
        secret = normalise_password(password)
        self._by_address.take(address)
        self._by_email.take(address_of_account)
        account = await self._store.by_email(address_of_account)
        right = await self._passwords.verify(account.password_hash if account else None, secret)
        if account is None or not right:
            raise WrongCredentials
        self._by_email.forget(address_of_account)
        if self._passwords.needs_renewal(account.password_hash):
            await self._store.set_password_hash(account.id, await self._passwords.hash(secret))
        return await self._begin_session(account)

    async def sign_out(self, session_token: str) -> None:
        """Ends the session; one that is over already is fine."""
        await self._store.delete_session(fingerprint(session_token))

    async def set_profile(self, principal: Principal, display_name: str | None, locale: str | None) -> Principal:
        """A changed name or locale of an account. Raises: Forbidden, InvalidInput."""
        principal.require_account()
        changed = replace(
            principal,
            display_name=principal.display_name if display_name is None else check_display_name(display_name),
            locale=locale or principal.locale,
        )
        await self._store.set_profile(principal.identity, changed.display_name, changed.locale)
        return changed

    def new_guest(self, display_name: str, locale: str, *, address: str) -> IssuedToken:
        """Raises: InvalidInput, RateLimited."""
        self._guests.take(address)
        return self._signer.guest(display_name, locale)

    def renew_guest(self, principal: Principal, display_name: str | None, locale: str | None) -> IssuedToken:
        """A token for the same guest under another name or locale. Raises: Forbidden, InvalidInput."""
        if principal.kind is not PrincipalKind.GUEST:
            raise Forbidden("Your name and language come from the site that admitted you")
        name = principal.display_name if display_name is None else display_name
        return self._signer.guest(name, locale or principal.locale, identity=principal.identity)

    async def create_api_key(self, principal: Principal, title: str) -> tuple[ApiKey, str]:
        """A key and its text, which is never shown again. Raises: Forbidden, InvalidInput, TooManyApiKeys."""
        _require_session(principal)
        text = API_KEY_PREFIX + new_secret()
        key = ApiKey(
            id=new_id("key"),
            account_id=principal.identity,
            key_hash=fingerprint(text),
            title=one_line(title, "title", max_chars=MAX_TITLE_CHARS),
            created_at=self._clock.now_ms(),
        )
        if not await self._store.add_api_key(key, MAX_API_KEYS):
            raise TooManyApiKeys
        return key, text

    async def api_keys(self, principal: Principal) -> list[ApiKey]:
        """Raises: Forbidden."""
        _require_session(principal)
        return await self._store.api_keys(principal.identity)

    async def revoke_api_key(self, principal: Principal, key_id: str) -> str:
        """The fingerprint of the key that is void from now on. Raises: Forbidden, ApiKeyNotFound."""
        _require_session(principal)
        revoked = await self._store.revoke_api_key(principal.identity, key_id, self._clock.now_ms())
        if revoked is None:
            raise ApiKeyNotFound
        return revoked

    async def _begin_session(self, account: Account) -> SignedIn:
        token = new_secret(32)
        now = self._clock.now_ms()
        await self._store.add_session(fingerprint(token), account.id, now, now + SESSION_TTL_S * 1000)
        return SignedIn(principal_of(account), token)


def _require_session(principal: Principal) -> None:
    """A leaked API key must not be able to make others that outlive it."""
    principal.require_account()
    if principal.kind is not PrincipalKind.ACCOUNT:
        raise Forbidden("Sign in to manage API keys; a key cannot make or revoke keys", code="session_required")
