"""What may be typed in, and how keys are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.errors import LivehubError
from livehub.restream.errors import KeyUnreadable, TargetKeyRefused, TargetUrlRefused
from livehub.restream.model import Protocol, Target, check_key, check_url, hint_of
from livehub.restream.vault import Vault

SECRET = "s" * 32


@pytest.mark.parametrize(
    ("url", "protocol", "server"),
    [
        ("rtmp://a.rtmp.example/live2", Protocol.RTMP, "a.rtmp.example"),
        ("rtmps://live.example:443/rtmp/", Protocol.RTMP, "live.example"),
        ("https://whip.example/room/x?region=eu", Protocol.WHIP, "whip.example"),
        ("  https://[2001:db8::1]/whip ", Protocol.WHIP, "2001:db8::1"),
    ],
)
def test_addresses_of_services(url: str, protocol: Protocol, server: str) -> None:
    target = Target("rst_1", "acc", "n", check_url(url, plain_http=False), "", "", False, None, 0)
    assert (target.protocol, target.server) == (protocol, server)


@pytest.mark.parametrize(
    "url",
    [
        "", "live.example/app", "ftp://live.example/app", "http://whip.example/x", "rtmp://live.example",
        "rtmp://live.example/", "rtmp:///app", "rtmp://user:word@live.example/app", "https://me@whip.example/",
        "https://whip.example/#x", "rtmp://live.example/app?key=secret", "rtmp://live.example:99999/app",
        "rtmp://live.example/a b", "https://whip.exam\nple/", "rtmp://[::1/app", "https://wh\u00efp.example/",
        "x" * 600,        "rtmpt://live.example/app", "https://whip.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(TargetUrlRefused) as refused:
        check_url(url, plain_http=False)
    assert refused.value.extra["field"] == "url"


def test_plain_http_is_for_ones_own_network() -> None:
    assert check_url("http://sfu.internal/whip", plain_http=True) == "http://sfu.internal/whip"


@given(st.text(max_size=80))
def test_no_text_breaks_the_check_of_addresses(text: str) -> None:
    for url in (text, f"rtmp://{text}", f"https://{text}/x"):
        try:
            assert check_url(url, plain_http=True).isascii()
        except TargetUrlRefused:
            continue


def test_keys() -> None:
    assert check_key(" abcd-efgh?s_bl=1 ", Protocol.RTMP) == "abcd-efgh?s_bl=1"
    assert check_key("", Protocol.WHIP) == ""
    for key, protocol in (("", Protocol.RTMP), ("a b", Protocol.RTMP), ("a\nb", Protocol.WHIP), ("x" * 2001, "rtmp")):
        with pytest.raises(TargetKeyRefused):
            check_key(key, Protocol(protocol))


def test_only_the_end_of_a_long_key_is_shown() -> None:
    assert hint_of("abcd-efgh-ijkl-mnop") == "mnop"
    assert hint_of("short-key-12345") == ""


@given(st.text(max_size=100))
def test_a_sealed_key_opens_for_its_own_row_and_secret_alone(key: str) -> None:
    vault = Vault(SECRET)
    sealed = vault.seal(key, "rst_1")
    assert vault.open(sealed, "rst_1") == key
    assert vault.seal(key, "rst_1") != sealed
    if len(key) > 3:
        assert key not in sealed
    for other, row in ((Vault("t" * 32), "rst_1"), (vault, "rst_2")):
        with pytest.raises(KeyUnreadable):
            other.open(sealed, row)


@given(st.text(max_size=60))
def test_damaged_keys_are_unreadable_and_nothing_worse(text: str) -> None:
    with pytest.raises(KeyUnreadable):
        Vault(SECRET).open(text, "rst_1")


def test_a_target_does_not_show_its_key_when_printed() -> None:
    target = Target("rst_1", "acc", "n", "rtmp://x/y", "SEALED", "", False, None, 0)
    assert "SEALED" not in repr(target)
    assert issubclass(KeyUnreadable, LivehubError)
