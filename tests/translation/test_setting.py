from pathlib import Path

import pytest

from livehub.translation.locale import LOCALES
from livehub.translation.setting import MAX_KEY_CHARS, Address, EngineSetting, Pairs, engine_name


def test_name_alone_and_name_with_setting() -> None:
    assert EngineSetting.parse(" phrasebook ") == EngineSetting("phrasebook")
    assert EngineSetting.parse("deepl:https://x?key=a@b(c):d") == EngineSetting("deepl", rest="https://x?key=a@b(c):d")


def test_label_pairs_and_deadline() -> None:
    setting = EngineSetting.parse("deepl@eu(pairs=en-*|*-ja|!en-ru; deadline_s=1.5):?key=k")
    assert (setting.name, setting.label, setting.deadline_s, setting.rest) == ("deepl", "eu", 1.5, "?key=k")
    taken = {(a, b) for a in LOCALES for b in LOCALES if a != b and (a, b) in setting.pairs}
    assert taken == {("en", b) for b in LOCALES if b not in {"en", "ru"}} | {(a, "ja") for a in LOCALES if a != "ja"}


def test_only_exclusions_leave_all_the_others() -> None:
    pairs = Pairs.parse("!*-th")
    assert ("en", "es") in pairs
    assert ("en", "th") not in pairs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write NAME"),
        (":x", "write NAME"),
        ("deepl@", "write NAME"),
        ("deepl(pairs=en-*:?key=s3cr3t", "write NAME"),
        ("deepl@EU:?key=s3cr3t", "label"),
        ("deepl(pairs=en):?key=s3cr3t", "pairs are written"),
        ("deepl(pairs=en-de):?key=s3cr3t", "pairs are written"),
        ("deepl(pairs=):?key=s3cr3t", "pairs are written"),
        ("deepl(deadline_s=0):?key=s3cr3t", "between"),
        ("deepl(deadline_s=nan):?key=s3cr3t", "between"),
        ("deepl(speed=3):?key=s3cr3t", "options are"),
    ],
)
def test_what_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        EngineSetting.parse(text)
    assert "s3cr3t" not in str(caught.value)


def test_nothing_after_the_name_is_shown() -> None:
    for text in ("deepl:s3cr3t", "deepl@s3cr3t", "deepl(s3cr3t", " deepl s3cr3t"):
        assert engine_name(text) == "deepl"
    assert "s3cr3t" not in repr(EngineSetting.parse("deepl:?key=s3cr3t"))


def parse(setting: str, default: str = "") -> Address:
    return Address.parse(setting, example="x:http://h", options=("key", "key_file"), default=default)


def test_a_default_address_takes_options_alone() -> None:
    assert parse("?key=k", "https://api.example/v2").url == "https://api.example/v2"
    assert parse("", "https://api.example").url == "https://api.example"
    assert parse("http://own:1/x/?key=k", "https://api.example").url == "http://own:1/x"


@pytest.mark.parametrize(
    "text", ["", "?key=s3cr3t", "http://h?key=s3cr3t&key=2", "http://h?s3cr3t=1", "http://h /?key=1"]
)
def test_addresses_that_cannot_be_used(text: str) -> None:
    with pytest.raises(ValueError, match="x:http://h") as caught:
        parse(text)
    assert "s3cr3t" not in str(caught.value)


def test_a_key_comes_from_the_option_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cr3t\n")
    address = parse(f"http://h?key_file={file}")
    assert address.key() == "s3cr3t"
    assert str(file) not in repr(address)
    assert parse("http://h?key=k").key() == "k"
    assert parse("http://h").key() == ""


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff\xfe", "schlüssel".encode(), b"x" * (MAX_KEY_CHARS + 1)])
def test_files_that_hold_no_key(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="key_file"):
        parse(f"http://h?key_file={file}").key()


def test_no_file_and_both_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        parse(f"http://h?key_file={tmp_path}/none").key()
    with pytest.raises(ValueError, match="not both"):
        parse("http://h?key=k&key_file=/x").key()
    with pytest.raises(ValueError, match="one line"):
        parse("http://h?key=a%0d%0ab").key()
