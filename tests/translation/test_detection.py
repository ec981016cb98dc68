import pytest

from livehub.bench.language import SETS, lines, rates
from livehub.translation.detection import LanguageDetector, detect_source


@pytest.mark.parametrize(
    ("text", "sender", "expected"),
    [
        ("how much?", "en", "en"),
        ("harganya berapa", "id", "id"),
        ("how much?", "th", "en"),
        ("كم السعر", "en", "ar"),
        ("ราคาเท่าไหร่", "en", "th"),
        ("iPhone 15 Pro Max ราคาเท่าไหร่", "en", "th"),
        ("いくら？", "zh", "ja"),
        ("在庫", "ja", "ja"),
        ("多少钱", "en", "zh"),
        ("這個多少錢", "ja", "ja"),
        ("сколько", "en", "ru"),
        ("Giá bao nhiêu vậy shop", "en", "vi"),
        ("Gia\u0301 được không", "en", "vi"),
        ("I love phở with extra noodles and beef", "en", "en"),
        ("Fiyatı kaç lira", "en", "tr"),
        ("¿Cuanto cuesta?", "en", "es"),
        ("C'est combien ?", "fr", "fr"),
        ("안녕하세요", "en", None),
        ("καλημέρα", "en", None),
        ("123 😊", "en", None),
        ("", "en", None),
    ],
)
def test_detect_source(text: str, sender: str, expected: str | None) -> None:
    assert detect_source(text, sender) == expected


@pytest.mark.parametrize(
    ("text", "sender", "expected"),
    [
        ("cuanto cuesta?", "fr", "es"),
        ("berapa harganya kak?", "en", "id"),
        ("kac para bu", "es", "tr"),
        ("bao nhieu tien shop oi", "en", "vi"),
        ("merciii", "es", "fr"),
        ("wkwkwk lucu bgt", "en", "id"),
        ("ok", "tr", "tr"),  # anybody's: the sender's own
        ("@maria 😍 https://example.org/cuanto how much is it", "es", "en"),
        ("送料無料", "en", "zh"),
        ("広島へ発送", "en", "ja"),
        ("这个有货吗", "ja", "zh"),
    ],
)
def test_latin_and_han_lines_are_told_by_their_words(text: str, sender: str, expected: str) -> None:
    assert detect_source(text, sender) == expected


def test_the_sets_have_every_language() -> None:
    for file, least in zip(SETS.values(), (20, 10), strict=True):
        known = lines(file)
        assert len(known) == 11
        assert all(len(set(texts)) >= least for texts in known.values())


def test_tells_what_the_documentation_says() -> None:
    """The same figures as `livehub bench language`: telling is the same on every machine."""
    detector = LanguageDetector.shipped()
    seen, unseen = (rates(detector.detect, lines(file)) for file in SETS.values())
    assert seen["own"] >= 0.985
    assert seen["other"] >= 0.975
    assert unseen["own"] >= 0.98
    assert unseen["other"] >= 0.96


def test_only_the_beginning_of_a_line_counts() -> None:
    assert detect_source("how much is this one " * 10 + "ราคาเท่าไหร่ " * 100, "en") == "en"
