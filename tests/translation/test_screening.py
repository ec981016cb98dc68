import pytest

from livehub.translation.screening import has_words


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=c",
        "www.example.org",
        "a@example.org",
        "@ana",
        "@ana #sale",
        "😍😍",
        ":heart:",
        "10",
        "10:30",
        "$20",
        "XL-42",
        "B07",
        "x2",
        "!!!",
        "+1 (555) 010-9999",
        "",
    ],
)
def test_lines_without_words(text: str) -> None:
    assert not has_words(text)


@pytest.mark.parametrize(
    "text", ["ok", "see https://example.org", "@ana hello", "3個", "ใช่", "نعم", "10 pcs", "да", "😍 wow"]
)
def test_lines_with_words(text: str) -> None:
    assert has_words(text)
