"""Web Push by its own RFCs: the worked example of RFC 8291, VAPID of RFC 8292, and what comes from outside."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.errors import InvalidInput
from livehub.followers.limits import FollowerLimits
from livehub.followers.model import check_subscription
from livehub.followers.webpush import (
    MAX_BODY_BYTES,
    MAX_TEXT_BYTES,
    authorization,
    decode_key,
    encode_key,
    encrypt,
    public_bytes,
    vapid_key,
)
from tests.followers.browser import Browser

LIMITS = FollowerLimits()
SECRET = "0123456789abcdef" * 2


def raw(text: str) -> bytes:
    key = decode_key(text)
    assert key is not None
    return key


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(text)), ec.SECP256R1())


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A: the same keys and salt give the same octets."""
    sender = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    receiver = private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    assert encode_key(public_bytes(receiver)) == public
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        raw(public),
        raw("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=sender,
        salt=raw("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode_key(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(deadline=None)
@given(st.binary(max_size=MAX_TEXT_BYTES))
def test_a_browser_reads_what_was_written(text: bytes) -> None:
    browser = Browser()
    made = encrypt(text, browser.point, browser.auth)
    assert len(made) <= MAX_BODY_BYTES
    assert browser.decrypt(made) == text


def test_two_messages_of_the_same_words_share_nothing() -> None:
    browser = Browser()
    first, second = (encrypt(b"hello", browser.point, browser.auth) for _ in range(2))
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]
    assert first[86:] != second[86:]


def test_too_long_and_no_point_are_refused() -> None:
    browser = Browser()
    with pytest.raises(ValueError, match="bytes"):
        encrypt(b"x" * (MAX_TEXT_BYTES + 1), browser.point, browser.auth)
    with pytest.raises(ValueError, match=r".+"):
        encrypt(b"x", b"\x04" + b"\x01" * 64, browser.auth)


def test_the_server_says_who_it_is() -> None:
    key = vapid_key(SECRET)
    assert public_bytes(key) == public_bytes(vapid_key(SECRET))
    assert public_bytes(key) != public_bytes(vapid_key(SECRET[::-1]))
    header = authorization(key, "https://push.example", "mailto:shop@example.org", 1_700_000_000_000)
    scheme, _, rest = header.partition(" ")
    named = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    assert raw(named["k"]) == public_bytes(key)
    claims = jwt.decode(
        named["t"], key.public_key(), ["ES256"], audience="https://push.example", options={"verify_exp": False}
    )
    assert claims["sub"] == "mailto:shop@example.org"
    assert 0 < claims["exp"] - 1_700_000_000 <= 24 * 3600


BROWSER = Browser()
GOOD = ("https://push.example/send/1", encode_key(BROWSER.point), encode_key(BROWSER.auth))


def test_a_good_subscription_is_taken() -> None:
    check_subscription(*GOOD, LIMITS, plain_http=False)
    check_subscription(GOOD[0].replace("https", "http"), *GOOD[1:], LIMITS, plain_http=True)


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth", "field"),
    [
        ("http://push.example/1", *GOOD[1:], "endpoint"),
        ("https://user:pw@push.example/1", *GOOD[1:], "endpoint"),
        ("https:///1", *GOOD[1:], "endpoint"),
        ("https://push.example:99999/1", *GOOD[1:], "endpoint"),
        ("file:///etc/passwd", *GOOD[1:], "endpoint"),
        ("https://push.example/\n1", *GOOD[1:], "endpoint"),
        ("https://push.example/" + "x" * 1000, *GOOD[1:], "endpoint"),
        (GOOD[0], "AAAA", GOOD[2], "keys.p256dh"),
        (GOOD[0], "é" * 20, GOOD[2], "keys.p256dh"),
        (GOOD[0], GOOD[1], "AAAA", "keys.auth"),
    ],
    # keys are new each time, and every process of the suite has to read the same names
    ids=["plain", "user", "no host", "no port", "file", "line feed", "long", "short key", "letters", "short secret"],
)
def test_a_bad_one_is_refused_where_it_is_wrong(endpoint: str, p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_subscription(endpoint, p256dh, auth, LIMITS, plain_http=False)
    assert refusal.value.extra["field"] == field


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=60))
def test_anything_at_all_is_taken_or_refused(endpoint: str, p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidInput):
        check_subscription(endpoint, p256dh, auth, LIMITS, plain_http=False)
