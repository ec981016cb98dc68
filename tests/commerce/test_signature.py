"""Standard Webhooks signatures: ours verify with the reference library, and hostile headers raise one thing only."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from livehub.commerce.errors import WebhookRefused
from livehub.commerce.signature import TOLERANCE_S, derive_secret, sign, verify

SECRET = derive_secret("s" * 32, "tests")
NOW = 1_700_000_000_000


def test_the_reference_library_agrees() -> None:
    now = time.time_ns() // 1_000_000
    headers = sign(SECRET, "msg_1", now, b'{"a": 1}')
    assert Webhook(SECRET).verify(b'{"a": 1}', headers) == {"a": 1}
    assert verify(SECRET, headers, b'{"a": 1}', now) == "msg_1"


def test_keys_for_different_purposes_differ() -> None:
    assert derive_secret("s" * 32, "one") != derive_secret("s" * 32, "two") != derive_secret("t" * 32, "two")


def test_one_of_several_signatures_is_enough() -> None:
    headers = sign(SECRET, "msg_1", NOW, b"{}")
    rotated = headers | {"webhook-signature": "v1,AAAA v2,BBBB " + headers["webhook-signature"]}
    assert verify(SECRET, rotated, b"{}", NOW) == "msg_1"
    flooded = headers | {"webhook-signature": "v1,AAAA " * 20 + headers["webhook-signature"]}
    with pytest.raises(WebhookRefused):
        verify(SECRET, flooded, b"{}", NOW)


@pytest.mark.parametrize(("seconds", "fits"), [(TOLERANCE_S, True), (-TOLERANCE_S, True), (TOLERANCE_S + 1, False)])
def test_its_time_is_near_ours(seconds: int, fits: bool) -> None:
    headers = sign(SECRET, "msg_1", NOW, b"{}")
    if fits:
        assert verify(SECRET, headers, b"{}", NOW + seconds * 1000) == "msg_1"
    else:
        with pytest.raises(WebhookRefused) as refused:
            verify(SECRET, headers, b"{}", NOW + seconds * 1000)
        assert refused.value.error_code == "webhook_timestamp"


@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)),
    st.binary(max_size=60),
)
def test_hostile_headers_are_only_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        verify(SECRET, headers, body, NOW)


@given(st.binary(max_size=60), st.text(alphabet="0123456789", min_size=1, max_size=14))
def test_no_time_and_no_body_break_it(body: bytes, timestamp: str) -> None:
    headers = sign(SECRET, "msg_1", NOW, b"{}") | {"webhook-timestamp": timestamp}
    with pytest.raises(WebhookRefused):
        verify(SECRET, headers, body, NOW)
