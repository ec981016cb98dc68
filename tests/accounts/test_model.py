"""What people type: addresses, names, passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.model import check_display_name, check_password, normalise_email
from livehub.errors import InvalidInput
from livehub.text import many_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  ANA@Example.ORG\n", "ana@example.org"),
        ("o'brien+shop@mail.example.co.uk", "o'brien+shop@mail.example.co.uk"),
        ("ｕｓｅｒ@example.org", "user@example.org"),
        ("почта@пример.рф", "почта@пример.рф"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept
    assert normalise_email(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "a b@example.org",
        "a@b@c",
        "ana@exa mple.org",
        "ana@.org",
        "ana@example..org",
        "ana@example.org.",
        "a\x00b@example.org",
        "<ana@example.org>",
        "ana@example.org,bob@example.org",
        "x" * 65 + "@a.org",
        "a@" + "b" * 64 + ".org",
        "ana@" + "a." * 200 + "org",
        "a\r\nBcc: x@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalise_email(typed)
    assert refused.value.extra["field"] == "email"


@given(st.text(max_size=400))
def test_any_address_is_refused_or_stays_as_it_is_kept(typed: str) -> None:
    try:
        kept = normalise_email(typed)
    except InvalidInput:
        return
    assert len(kept) <= 254
    assert kept.count("@") == 1
    assert normalise_email(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana", "Ana"),
        ("  Ana \u3000 Mari\u0301a ", "Ana María"),
        ("👩\u200d🎨 Ayşe", "👩\u200d🎨 Ayşe"),
        ("محمد", "محمد"),
        ("สมชาย", "สมชาย"),
        ("x" * 40, "x" * 40),
    ],
)
def test_names_in_every_script_are_kept(typed: str, kept: str) -> None:
    assert check_display_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "\u200b",
        "\u0301\u0301",
        "x" * 41,
        "x" * 100_000,
        "a\tb",
        "a\nb",
        "a\x00",
        "a\x85",
        "\u202eevil",
        "a\u2069",
        "a\u200fb",
        "\ufeffa",
        "a\u2028b",
        "\ud800",
    ],
)
def test_names_that_would_hide_or_disturb_are_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_display_name(typed)
    assert refused.value.extra["field"] == "display_name"


@given(st.text(max_size=200), st.booleans())
def test_plain_text_is_plain_the_second_time_too(text: str, lines: bool) -> None:
    def make(raw: str) -> str:
        return many_lines(raw, "f", max_chars=50) if lines else one_line(raw, "f", max_chars=50)

    try:
        plain = make(text)
    except InvalidInput:
        return
    assert make(plain) == plain
    assert len(plain) <= 50
    plain.encode()


def test_lines_stay_lines() -> None:
    assert many_lines(" a\r\nb\tc\n\n", "f", max_chars=50) == "a\nb c"
    assert many_lines("", "f", max_chars=50) == ""
    with pytest.raises(InvalidInput):
        many_lines("a\x07b", "f", max_chars=50)
    with pytest.raises(InvalidInput):
        many_lines("a" * 51, "f", max_chars=50)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("short", "password_too_short"),
        ("x" * 257, "password_too_long"),
        ("ababababababab", "password_too_easy"),
        ("Ana@Example.org", "password_too_easy"),
        ("\ud800" * 12, "invalid_input"),
    ],
)
def test_weak_passwords_are_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_password(typed, email="ana@example.org")
    assert refused.value.error_code == code


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert check_password("caf\u00e9 au lait", email="") == check_password("cafe\u0301 au lait", email="")
