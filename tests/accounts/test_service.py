"""What HTTP tests cannot see: stored hashes, renewal, cleaning up, caches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from livehub.accounts.authenticator import CACHE_TTL_S, CookieAndTokenAuthenticator
from livehub.accounts.errors import EmailTaken, TokenInvalid, TooManyApiKeys
from livehub.accounts.passwords import Passwords
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.service import MAX_API_KEYS, SESSION_TTL_S, AccountLimits, AccountService, SignedIn, fingerprint
from livehub.accounts.tokens import TokenSigner
from livehub.clock import ManualClock
from livehub.errors import Forbidden, RateLimited
from livehub.storage.accounts import SqlAccounts, accounts, api_keys, sessions
from livehub.storage.database import Database
from tests.accounts.test_passwords import CHEAP

PASSWORD = "correct horse battery"


@dataclass
class Parts:
    service: AccountService
    authenticator: CookieAndTokenAuthenticator
    store: SqlAccounts
    passwords: Passwords
    signer: TokenSigner
    clock: ManualClock
    database: Database

    async def sign_up(self, name: str = "ana") -> SignedIn:
        return await self.service.sign_up(f"{name}@example.org", PASSWORD, name, "en", address="a")

    async def session(self, token: str) -> Principal | None:
        return await self.authenticator.principal(bearer=None, session=token, guest=None)


@pytest.fixture
async def parts(database: Database, clock: ManualClock) -> AsyncIterator[Parts]:
    store, passwords, signer = SqlAccounts(database), Passwords(CHEAP), TokenSigner("s" * 32, clock)
    service = AccountService(store, passwords, signer, clock)
    yield Parts(service, CookieAndTokenAuthenticator(store, signer, clock), store, passwords, signer, clock, database)
    await passwords.close()


async def test_no_secret_is_stored_as_it_is(parts: Parts) -> None:
    signed_in = await parts.sign_up()
    _key, text = await parts.service.create_api_key(signed_in.principal, "Till")
    stored = await parts.database.read(
        lambda c: str([c.execute(select(table)).all() for table in (accounts, sessions, api_keys)])
    )
    assert "ana@example.org" in stored
    for secret in (PASSWORD, signed_in.session_token, text):
        assert secret not in stored
    assert fingerprint(signed_in.session_token) in stored


async def test_two_that_sign_up_at_once_with_one_address(parts: Parts) -> None:
    await parts.sign_up()
    with pytest.raises(EmailTaken):
        await parts.sign_up()


async def test_an_old_hash_is_renewed_at_sign_in(parts: Parts) -> None:
    account_id = (await parts.sign_up()).principal.identity
    stronger = Passwords(replace(CHEAP, time_cost=2))
    service = AccountService(parts.store, stronger, parts.signer, parts.clock)
    before = await parts.store.by_id(account_id)
    await service.sign_in("ana@example.org", PASSWORD, address="a")
    after = await parts.store.by_id(account_id)
    assert before is not None
    assert after is not None
    assert "t=1" in before.password_hash
    assert "t=2" in after.password_hash
    await service.sign_in("ana@example.org", PASSWORD, address="a")
    await stronger.close()


async def test_sessions_that_are_over_are_swept_out(parts: Parts) -> None:
    await parts.sign_up()
    parts.clock.advance(SESSION_TTL_S + 1)
    await parts.service.sign_in("ana@example.org", PASSWORD, address="a")
    rows = await parts.database.read(lambda c: c.execute(select(sessions)).all())
    assert len(rows) == 1


async def test_most_requests_write_nothing_and_ask_nothing(parts: Parts) -> None:
    token = (await parts.sign_up()).session_token
    before = parts.database.writer.writes
    first = await parts.session(token)
    assert await parts.session(token) is first
    assert parts.database.writer.writes == before
    parts.clock.advance(2 * 24 * 3600)
    assert await parts.session(token) == first
    assert parts.database.writer.writes == before + 1


async def test_a_session_ended_elsewhere_is_over_within_seconds(parts: Parts) -> None:
    token = (await parts.sign_up()).session_token
    assert await parts.session(token) is not None
    await parts.service.sign_out(token)
    parts.clock.advance(CACHE_TTL_S)
    assert await parts.session(token) is None
    await parts.service.sign_out(token)
    await parts.service.sign_out("never was")


async def test_a_join_token_in_the_guest_cookie_is_nobody(parts: Parts) -> None:
    from livehub.accounts.permissions import Role

    token = parts.signer.member(
        issuer_id="acc_1", room_id="r", identity="x", display_name="X", role=Role.COHOST, locale="en", ttl_s=60
    ).token
    assert await parts.authenticator.principal(bearer=None, session=None, guest=token) is None
    member = await parts.authenticator.principal(bearer=token, session=None, guest=None)
    assert member is not None
    with pytest.raises(Forbidden):
        parts.service.renew_guest(member, "Y", None)


async def test_api_keys_have_a_limit_that_revoking_frees(parts: Parts) -> None:
    me = (await parts.sign_up()).principal
    made = [(await parts.service.create_api_key(me, f"Key {n}"))[0] for n in range(MAX_API_KEYS)]
    with pytest.raises(TooManyApiKeys):
        await parts.service.create_api_key(me, "One more")
    await parts.service.revoke_api_key(me, made[0].id)
    _key, text = await parts.service.create_api_key(me, "One more")
    found = await parts.authenticator.principal(bearer=text, session=None, guest=None)
    assert found is not None
    assert (found.kind, found.identity) == (PrincipalKind.API_KEY, me.identity)
    with pytest.raises(TokenInvalid):
        await parts.authenticator.principal(bearer=text + "x", session=None, guest=None)


async def test_limits_count_by_address_and_by_email(parts: Parts) -> None:
    limits = AccountLimits(
        sign_in_burst_address=3, sign_in_burst_email=2, sign_up_burst_address=1, guests_burst_address=1
    )
    service = AccountService(parts.store, parts.passwords, parts.signer, parts.clock, limits)
    await service.sign_up("one@example.org", PASSWORD, "One", "en", address="a")
    with pytest.raises(RateLimited):
        await service.sign_up("two@example.org", PASSWORD, "Two", "en", address="a")
    await service.sign_up("two@example.org", PASSWORD, "Two", "en", address="b")
    service.new_guest("G", "en", address="a")
    with pytest.raises(RateLimited):
        service.new_guest("G", "en", address="a")
    # Signing in rightly gives the e-mail's own tokens back, so that a person is not slowed down by others' guesses.
    for address in ("a", "b", "c", "d"):
        await service.sign_in("one@example.org", PASSWORD, address=address)
    for _ in range(2):
        await service.sign_in("one@example.org", PASSWORD, address="a")
    with pytest.raises(RateLimited):
        await service.sign_in("two@example.org", PASSWORD, address="a")
