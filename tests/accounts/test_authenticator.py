"""Cookie headers and socket credentials of every kind end in a principal, nobody, or a documented refusal."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub.accounts.authenticator import MAX_COOKIE_CHARS, CookieAndTokenAuthenticator, parse_cookies
from livehub.accounts.tokens import TokenSigner
from livehub.clock import ManualClock
from livehub.errors import Unauthenticated
from livehub.storage.accounts import SqlAccounts
from livehub.storage.database import Database


def test_cookies_are_read_as_browsers_send_them() -> None:
    header = 'a=1; livehub_session=tok-en_1; quoted="x y"; empty='
    assert parse_cookies(header) == {"a": "1", "livehub_session": "tok-en_1", "quoted": "x y", "empty": ""}
    assert parse_cookies("") == {}
    assert parse_cookies("livehub_session=" + "x" * MAX_COOKIE_CHARS) == {}


@given(st.text(max_size=200) | st.text(alphabet='=;," \\abc$\x00\n', max_size=80))
def test_any_cookie_header_is_read_or_let_be(header: str) -> None:
    found = parse_cookies(header)
    assert all(isinstance(value, str) for value in found.values())


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["token", "x"]), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(auth=_anything, cookie=st.none() | st.text(max_size=60).map(lambda text: f"livehub_guest={text}"))
async def test_whatever_a_socket_sends_is_nobody_or_refused(database: Database, auth: Any, cookie: str | None) -> None:
    clock = ManualClock()
    authenticator = CookieAndTokenAuthenticator(SqlAccounts(database), TokenSigner("s" * 32, clock), clock)
    refused = False
    try:
        found = await authenticator.socket_principal(auth, cookie)
    except Unauthenticated:
        found, refused = None, True
    assert found is None
    assert refused == (isinstance(auth, dict) and auth.get("token") is not None)


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
