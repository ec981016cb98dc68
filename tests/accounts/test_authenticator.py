"""Credentials of every kind end in a principal, nobody, or a documented refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.permissions import Role
from livehub.accounts.tokens import TokenSigner
from livehub.clock import ManualClock
from livehub.errors import Unauthenticated
from livehub.storage.accounts import SqlAccounts
from livehub.storage.database import Database


@pytest.fixture
def authenticator(database: Database, clock: ManualClock) -> CookieAndTokenAuthenticator:
    return CookieAndTokenAuthenticator(SqlAccounts(database), TokenSigner("s" * 32, clock), clock)


def test_only_a_guests_token_is_a_guests_cookie(authenticator: CookieAndTokenAuthenticator, clock: ManualClock) -> None:
    signer = TokenSigner("s" * 32, clock)
    guest = signer.guest("Lin", "zh")
    found = authenticator.of_guest_cookie(guest.token)
    assert found is not None
    assert found.identity == guest.identity
    member = signer.member(
        issuer_id="acc_1", room_id="room_1", identity="7", display_name="Mo", role=Role.VIEWER, locale="es", ttl_s=600
    )
    assert authenticator.of_guest_cookie(member.token) is None
    clock.advance(40 * 24 * 3600)
    assert authenticator.of_guest_cookie(guest.token) is None


@given(st.text(max_size=200))
def test_no_guess_is_a_token(guess: str) -> None:
    with pytest.raises(Unauthenticated):
        TokenSigner("s" * 32, ManualClock()).read(guess)


async def test_a_bad_session_falls_back_to_the_guest(database: Database) -> None:
    clock = ManualClock()
    signer = TokenSigner("s" * 32, clock)
    authenticator = CookieAndTokenAuthenticator(SqlAccounts(database), signer, clock)
    guest = signer.guest("Lin", "zh")
    for session in ("unknown", "", "x" * 5000, "\ud800"):
        found = await authenticator.principal(bearer=None, session=session, guest=guest.token)
        assert found is not None
        assert found.identity == guest.identity
    with pytest.raises(Unauthenticated):
        await authenticator.principal(bearer="lhk_\ud800", session=None, guest=guest.token)
