"""Guest and join tokens: what they carry, what they cannot be turned into."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.errors import TokenExpired, TokenInvalid
from livehub.accounts.permissions import Role
from livehub.accounts.principal import PrincipalKind
from livehub.accounts.tokens import GUEST_TTL_S, MAX_JOIN_TTL_S, MIN_JOIN_TTL_S, TokenSigner
from livehub.clock import ManualClock
from livehub.errors import InvalidInput

SECRET = "s" * 32
_MEMBER: dict[str, Any] = {
    "issuer_id": "acc_merchant",
    "room_id": "room_1",
    "identity": "user-7",
    "display_name": "Ana",
    "role": Role.SPEAKER,
    "locale": "es",
    "ttl_s": 60,
}


@pytest.fixture
def signer(clock: ManualClock) -> TokenSigner:
    return TokenSigner(SECRET, clock)


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def test_a_guest_token_is_a_guest_for_thirty_days(signer: TokenSigner, clock: ManualClock) -> None:
    issued = signer.guest("Lin", "zh")
    guest = signer.read(issued.token)
    assert (guest.kind, guest.identity) == (PrincipalKind.GUEST, issued.identity)
    assert (guest.display_name, guest.locale, guest.role, guest.room_id) == ("Lin", "zh", None, None)
    assert issued.expires_at == clock.now_ms() + GUEST_TTL_S * 1000
    clock.advance(GUEST_TTL_S - 1)
    assert signer.read(issued.token) == guest
    clock.advance(1)
    with pytest.raises(TokenExpired):
        signer.read(issued.token)


def test_a_join_token_is_a_member_of_one_room(signer: TokenSigner) -> None:
    member = signer.read(signer.member(**_MEMBER).token)
    assert (member.kind, member.room_id, member.role) == (PrincipalKind.MEMBER, "room_1", Role.SPEAKER)
    assert member.identity == "mem_merchant_user-7"


def test_identities_of_two_merchants_and_of_accounts_never_meet(signer: TokenSigner) -> None:
    same = [signer.member(**_MEMBER | {"issuer_id": issuer}).identity for issuer in ("acc_one", "acc_two")]
    assert len(set(same)) == 2
    posing = signer.member(**_MEMBER | {"identity": "acc_one"}).identity
    assert posing.startswith("mem_merchant_")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": Role.HOST}, "role"),
        ({"identity": "a b"}, "identity"),
        ({"identity": ""}, "identity"),
        ({"display_name": "\u2066x"}, "display_name"),
        ({"ttl_s": MAX_JOIN_TTL_S + 1}, "expires_in_s"),
        ({"ttl_s": MIN_JOIN_TTL_S - 1}, "expires_in_s"),
    ],
)
def test_limits_of_join_tokens(signer: TokenSigner, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        signer.member(**_MEMBER | change)
    assert refused.value.extra["field"] == field


def _forge(signer: TokenSigner, **claims: Any) -> str:
    """A token signed with the real key, as a defect of ours could make one."""
    whole = _payload(signer.guest("Lin", "zh").token) | claims
    kept = {name: value for name, value in whole.items() if value is not ...}
    return jwt.encode(kept, signer._key, algorithm="HS256")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "livehub:join"},
        {"aud": "other"},
        {"aud": ...},
        {"exp": ...},
        {"exp": "soon"},
        {"sub": ...},
        {"sub": 7},
        {"name": ...},
        {"role": "host"},
        {"room": "room_1"},
        {"aud": "livehub:join", "room": "room_1", "role": "host"},
        {"aud": "livehub:join", "room": "room_1", "role": "king"},
        {"aud": "livehub:join", "role": "viewer"},
    ],
)
def test_claims_that_do_not_fit_are_refused(signer: TokenSigner, claims: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        signer.read(_forge(signer, **claims))


def test_other_keys_and_algorithms_are_refused(signer: TokenSigner, clock: ManualClock) -> None:
    claims = _payload(signer.guest("Lin", "zh").token)
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    forgeries = [
        TokenSigner("x" * 32, clock).guest("Lin", "zh").token,
        jwt.encode(claims, SECRET, algorithm="HS256"),  # the secret itself is not the key
        jwt.encode(claims, signer._key * 2, algorithm="HS512"),
        f"{head}.{body}.",
        "x" * 3000,
    ]
    for forged in forgeries:
        with pytest.raises(TokenInvalid):
            signer.read(forged)


@given(st.text(max_size=300))
def test_any_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(TokenInvalid):
        TokenSigner(SECRET, ManualClock()).read(text)


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=3))
def test_a_token_with_any_byte_changed_is_refused(at: int, change: bytes) -> None:
    signer = TokenSigner(SECRET, ManualClock())
    token = signer.guest("Lin", "zh", identity="gst_1").token
    # The last character of a signature has two bits that base64 does not use.
    place = at % (len(token) - 1)
    changed = token[:place] + change.decode("latin-1") + token[place + 1 :]
    if changed != token:
        with pytest.raises(TokenInvalid):
            signer.read(changed)


def test_a_token_has_one_spelling(signer: TokenSigner) -> None:
    """Ours begin alike and are read quickly; whatever is changed in one makes it nobody's."""
    token = signer.guest("Ana", "en").token
    assert signer.read(token).display_name == "Ana"
    head, payload, signature = token.split(".")
    last = "B" if signature[-1] == "A" else "A"
    for changed in (
        f"{head}.{payload}.{signature[:-1]}{last}",
        f"{token}=",
        f"{head}.{payload}=.{signature}",
        f"{head}.{payload}A.{signature}",
        f"{head}.{payload}",
        f"{head}..{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature}.{signature}",
        f"{head}.{payload}.{signature[:-1]}é",
        f"{head}.",
    ):
        with pytest.raises(TokenInvalid):
            signer.read(changed)
