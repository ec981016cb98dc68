"""An address with options, as an operator writes one down for a plug-in."""

from pathlib import Path

import pytest

from livehub.setting import MAX_KEY_CHARS, Address


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


@pytest.mark.parametrize(
    ("text", "is_local"),
    [("http://127.0.0.1:5000", True), ("https://localhost/v1", True), ("http://[::1]:80", True),
     ("http://127.0.0.1.example", False), ("https://api.example", False)],
)  # fmt: skip
def test_what_is_on_this_machine(text: str, is_local: bool) -> None:
    assert parse(text).is_local is is_local
