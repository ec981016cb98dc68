import time

import pytest

from livehub.translation.likely import is_likely


@pytest.mark.parametrize(
    ("text", "translation", "source", "target"),
    [
        ("¿Cuánto cuesta?", "How much is it?", "es", "en"),
        ("多少钱？包邮吗", "How much is it? Is shipping included in that price?", "zh", "en"),
        ("How much is the iPhone 15 Pro Max?", "iPhone 15 Pro Max多少钱？", "en", "zh"),
        ("Nike Air Max please", "Nike Air Max ください", "en", "ja"),
        ("ok", "ตกลงค่ะ", "en", "th"),
        ("Is {1} still there for {2}?", "هل {1} ما زال متوفرا مقابل {2}؟", "en", "ar"),
        ("see http://x.example/a", "voir http://x.example/a", "en", "fr"),
    ],
)
def test_translations(text: str, translation: str, source: str, target: str) -> None:
    assert is_likely(text, translation, source, target)


@pytest.mark.parametrize(
    ("text", "translation", "source", "target"),
    [
        ("hola", "As a language model I cannot help with that, but here is what I think about it", "es", "en"),
        ("how are you today my friend?", "I am fine, thank you very much", "en", "th"),
        ("how are you today my friend?", "сегодня хорошая погода, друзья", "en", "es"),
        ("precio de {1}", "price of it", "es", "en"),
        ("precio de {1}", "price of {1} and {1}", "es", "en"),
        ("hola a todos", "hello all, visit https://evil.example/win", "es", "en"),
        ("hola a todos", "hello all at free-money.xyz", "es", "en"),
    ],
)
def test_what_is_no_translation(text: str, translation: str, source: str, target: str) -> None:
    assert not is_likely(text, translation, source, target)


def test_long_texts_without_spaces_take_no_time() -> None:
    """A description may have four thousand characters; read from each of its letters it took near half a second."""
    text = "a." * 2_000
    began = time.process_time()
    is_likely(text, text, "en", "es")
    assert time.process_time() - began < 0.1


def test_a_link_is_the_same_after_a_full_stop() -> None:
    assert is_likely("see shop.com", "mira: ...shop.com", "en", "es")
    assert not is_likely("see shop.com", "mira .other.com", "en", "es")
