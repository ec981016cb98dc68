"""Links in whatever disguise, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.chat.screening.links import foreign, hosts


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("see https://Example.com/x?y", "example.com"), ("www.foo.org", "foo.org"), ("foo[.]com", "foo.com"),
        ("foo dot com", "foo.com"), ("t.me/abc", "t.me"), ("buy at shop.xyz!", "shop.xyz"), ("http:/foo.de", "foo.de"),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", "example.com"), ("exam\u200bple.com", "example.com"), ("https : / / foo", "?"),
        ("(discord.gg/xx)", "discord.gg"), ("пример.рф https://пример.рф", "пример.рф"), ("foo。com", "foo.com"),
    ],
)  # fmt: skip
def test_is_a_link(text: str, host: str) -> None:
    assert host in hosts(text)


@pytest.mark.parametrize(
    "text",
    ["hello.how are you", "3.50", "e.g. this", "1.5.to", "ok.me", "i.d.i.o.t", "well... yes", "a:b", "12:30", ""],
)
def test_is_none(text: str) -> None:
    assert hosts(text) == []


def test_names_that_are_allowed_cover_what_is_under_them() -> None:
    assert foreign("https://pots.example.org", {"example.org"}) is None
    assert foreign("https://example.org.evil.com", {"example.org"}) == "example.org.evil.com"
    assert foreign("https://notexample.org", {"example.org"}) == "notexample.org"
    assert foreign("https://example.org and evil.com", {"example.org"}) == "evil.com"


@given(st.text(max_size=600))
def test_any_text_can_be_looked_at(text: str) -> None:
    hosts(text)


@given(
    st.from_regex(r"[a-z]{2,10}(-[a-z]{1,5})?\.(com|org|shop|co\.uk)", fullmatch=True),
    st.sampled_from(["", "https://"]),
)
def test_every_plain_name_is_found(name: str, scheme: str) -> None:
    assert hosts(f"look: {scheme}{name} !") == [name]
