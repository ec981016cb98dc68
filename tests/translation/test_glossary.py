import time
from itertools import product

import pytest

from livehub.errors import InvalidInput
from livehub.translation.glossary import MAX_TERMS, Glossary, Term
from livehub.translation.inflection import is_form
from livehub.translation.protecting import prepare


@pytest.mark.parametrize(
    ("locale", "term", "forms", "others"),
    [
        ("en", "size", ["Size", "sizes", "size's"], ["sized", "oversize"]),
        ("en", "battery", ["batteries", "Battery"], ["batter"]),
        ("es", "talla", ["tallas", "TALLA"], ["tallado", "taller"]),
        ("es", "rojo", ["roja", "rojas", "rojos"], ["rojizo"]),
        ("fr", "cadeau", ["cadeaux"], ["cadeauté"]),
        ("fr", "gratuit", ["gratuite", "gratuits", "gratuites"], ["gratuitement"]),
        ("tr", "kargo", ["kargoyu", "kargonun", "kargolar", "kargolarınızı", "kargodan", "kargom"], ["kargocu"]),
        ("tr", "kumaş", ["kumaşı", "kumaştan", "kumaşlar"], []),
        ("tr", "renk", ["rengi", "renkler", "rengin"], ["renksiz"]),
        ("ru", "скидка", ["скидки", "скидку", "скидкой", "скидками", "СКИДКАХ"], ["скидочный"]),
        ("ru", "заказ", ["заказа", "заказами", "заказов"], ["заказчик"]),
        ("id", "harga", ["harganya", "hargaku"], ["hargai"]),
        ("ar", "مقاس", ["المقاس", "مقاسات", "والمقاس", "مقاسها", "بالمقاس"], ["قياس"]),
        ("ar", "حقيبة", ["الحقيبة", "حقيبتها", "حقيبتي"], ["حقائق"]),
        # What Arabic writes before a word is read in every way, and no letter of the term's own is taken for it.
        ("ar", "بطاقة", ["البطاقة", "بالبطاقة", "وبطاقتي", "للبطاقة"], ["طاقة", "الطاقة"]),
        ("ar", "كريم", ["الكريم", "بكريم", "والكريم"], ["ريم", "لريم"]),
        ("ar", "كمية", ["الكمية", "كميات"], ["مية"]),
        ("ar", "الدفع", ["دفع", "بالدفع"], []),
        ("ar", "ألوان", ["الألوان", "بألوان", "الوان"], ["وان"]),
        ("tr", "iPhone", ["iPhone'un", "iPhone’dan", "iPhone'larını"], ["iPhone'"]),
        ("tr", "mağaza", ["mağazadaki", "mağazanız", "mağazadadır"], []),
        ("tr", "indirim", ["İNDİRİM", "İndirimde", "indirimdir"], []),
        ("fr", "ordonnance", ["l'ordonnance", "d’ordonnances", "L'Ordonnance"], ["tl'ordonnance"]),
        ("fr", "code d'expédition", [], ["code"]),
        ("fr", "journal", ["journaux"], ["jour"]),
        ("es", "luz", ["luces"], ["luce"]),
        ("id", "iPhone", ["iPhone-nya", "iPhonenya"], ["iPhone-an"]),
        ("en", "Levi's", ["levi's"], ["levi"]),
        # A Russian noun has not the endings of an adjective; vowels come and go.
        ("ru", "вес", ["веса", "весом", "весе"], ["весь", "весная"]),
        ("ru", "сыр", ["сыра", "сыров"], ["сырой", "сырая", "сырые"]),
        ("ru", "белый", ["белая", "белого", "белыми", "белую"], ["белка", "белки"]),
        ("ru", "футболка", ["футболок", "футболки", "футболкой"], []),
        ("ru", "рубашка", ["рубашек", "рубашкам"], []),
        ("ru", "подарок", ["подарка", "подарков", "подарком"], ["подарить"]),
        ("ru", "гарантия", ["гарантии", "гарантию", "гарантией"], ["гарант"]),
        ("ru", "платье", ["платья", "платьев", "платьем"], []),
        ("ru", "боль", ["боли", "болью", "болей"], ["больше"]),
        ("ru", "Nike", ["Nike'ом", "Nike-а"], []),
        ("vi", "giá", ["Giá"], ["gia", "già"]),
        ("en", "XL", ["xl"], ["xls"]),
    ],
)
def test_inflected_forms(locale: str, term: str, forms: list[str], others: list[str]) -> None:
    assert [form for form in forms if not is_form(form, term, locale)] == []
    assert [form for form in others if is_form(form, term, locale)] == []


GLOSSARY = Glossary(
    (
        Term({"": ("Lumi Glow",)}, keep=True),
        Term({"en": ("glow serum", "serum"), "es": ("sérum de luz",), "ja": ("美容液",), "ru": ("сыворотка",)}),
    )
)


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("love your Glow Serums!", "en", "es", [("Glow Serums", "sérum de luz")]),
        ("is the serum by lumi glow?", "en", "ja", [("serum", "美容液"), ("lumi glow", "lumi glow")]),
        ("この美容液はLumi Glowですか", "ja", "ru", [("美容液", "сыворотка"), ("Lumi Glow", "Lumi Glow")]),
        ("две сыворотки", "ru", "en", [("сыворотки", "glow serum")]),
        ("serum", "en", "fr", []),  # it has no word in French
        ("serum", "fr", "en", []),  # nor is this one of another language looked for
        ("serumtastic", "en", "es", []),
        ("", "en", "es", []),
    ],
)
def test_finds_terms(text: str, source: str, target: str, expected: list[tuple[str, str]]) -> None:
    spans = [found.span(text, target) for found in GLOSSARY.find(text, source)]
    assert [(text[span.start : span.end], span.shown) for span in spans if span is not None] == expected


@pytest.mark.parametrize(
    ("locale", "word", "text", "marked"),
    [
        ("th", "สี", "มีสีอะไรบ้าง", ["สี"]),
        ("th", "สี", "มีสี่ตัว ของเสียหาย", []),  # four; broken
        ("th", "ยา", "ยานี้ ยาวมาก", ["ยา", "ยา"]),  # what its letters do not tell
        ("ja", "ドレス", "赤いドレスのアドレス", ["ドレス"]),
        ("ja", "ケース", "ケース、ショーケース", ["ケース"]),
        ("ja", "インスリン", "インスリンポンプ", ["インスリン"]),
        ("fr", "ordonnance", "j'ai l'ordonnance", ["ordonnance"]),
        ("tr", "takip numarası", "takip numarasını yaz", ["takip numarasını"]),
    ],
)
def test_words_are_found_where_they_stand_as_words(locale: str, word: str, text: str, marked: list[str]) -> None:
    glossary = Glossary((Term({locale: (word,), "en": ("it",)}),))
    assert [text[found.start : found.end] for found in glossary.find(text, locale)] == marked


@pytest.mark.parametrize(
    ("locale", "text", "shown"),
    [
        ("tr", "Lumi Glow'un fiyatı", "Lumi Glow"),
        ("id", "Lumi Glow-nya", "Lumi Glow"),
        ("en", "LUMI GLOW's price", "LUMI GLOW"),
        ("fr", "l’Lumi Glow", "Lumi Glow"),
    ],
)
def test_a_name_that_is_kept_leaves_the_ending_that_its_sentence_gave_it(locale: str, text: str, shown: str) -> None:
    (found,) = GLOSSARY.find(text, locale)
    span = found.span(text, "ja")
    assert span is not None
    assert span.shown == shown


ARABIC = Glossary(
    (
        Term({"ar": ("بطاقة",), "en": ("card",)}),
        Term({"ar": ("رقم الطلب",), "en": ("order number",)}),
        Term({"": ("لومي",)}, keep=True),
    )
)


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ("أريد القميص والبطاقة", "أريد القميص و{1}", "card"),
        ("الدفع بالبطاقة ممكن؟", "الدفع ب{1} ممكن؟", "card"),
        ("الدفع بـالبطاقة", "الدفع بـ{1}", "card"),
        ("رمز للبطاقة", "رمز ل{1}", "card"),
        ("كتب لبطاقتي", "كتب ل{1}", "card"),
        ("شكله كالبطاقة", "شكله ك{1}", "card"),
        ("وبالبطاقة أيضا", "وب{1} أيضا", "card"),
        ("وللبطاقة سعر", "ول{1} سعر", "card"),
        ("فالبطاقة هنا", "ف{1} هنا", "card"),
        ("هذه البطاقة", "هذه {1}", "card"),  # the article alone is the word's
        ("بطاقة", "{1}", "card"),
        ("أرسل ورقم الطلب", "أرسل و{1}", "order number"),
        ("أريد ولومي", "أريد و{1}", "لومي"),
        ("عطر للومي", "عطر ل{1}", "لومي"),
        ("عطر باللومي", "عطر ب{1}", "اللومي"),
    ],
)
def test_what_arabic_writes_together_with_a_term_stays_in_its_sentence(text: str, marked: str, shown: str) -> None:
    spans = [span for found in ARABIC.find(text, "ar") if (span := found.span(text, "en"))]
    prepared = prepare(text, spans)
    assert prepared.marked == marked
    assert prepared.finish(marked) == marked.replace("{1}", shown)


def test_an_article_that_lost_a_letter_is_no_part_of_a_name_that_is_kept() -> None:
    glossary = Glossary((Term({"": ("بطاقة",)}, keep=True),))
    (found,) = glossary.find("وللبطاقة", "ar")
    span = found.span("وللبطاقة", "en")
    assert span is not None
    assert (span.start, span.shown) == (2, "بطاقة")


def test_the_nearest_glossary_wins_and_the_longest_term() -> None:
    room = Glossary((Term({"en": ("size",), "es": ("tamaño",)}),))
    shop = Glossary((Term({"en": ("size",), "es": ("talla",)}), Term({"en": ("size chart",), "es": ("guía",)})))
    both = room.joined(shop)
    (found,) = both.find("which size", "en")
    assert found.term.words["es"] == ("tamaño",)
    (found,) = both.find("the size chart", "en")
    assert found.term.words["es"] == ("guía",)


def test_the_version_says_what_is_in_it() -> None:
    term = Term({"en": ("size",), "es": ("talla",)}, note="any", id="1")
    assert Glossary().version == ""
    assert Glossary((term,)).version == Glossary((Term(term.words),)).version
    assert Glossary((term,)).version != Glossary((Term({"en": ("size",), "es": ("tamaño",)}),)).version


@pytest.mark.parametrize(
    "term",
    [
        Term({"en": ("size",)}),
        Term({}),
        Term({"en": ("size",), "es": ("talla",)}, keep=True),
        Term({"": ("a",), "en": ("b",)}),
        Term({"en": ("size",), "xx": ("talla",)}),
        Term({"en": (" ",), "es": ("talla",)}),
        Term({"en": ("x" * 81,), "es": ("talla",)}),
        Term({"en": ("{1}",), "es": ("talla",)}),
        Term({"": ("!!!",)}, keep=True),
        Term({"": ("a b c d e f g h i",)}, keep=True),
        Term({"": ("a\u202eb",)}, keep=True),
        Term({"en": (), "es": ("talla",)}),
    ],
)
def test_terms_that_cannot_be(term: Term) -> None:
    with pytest.raises(InvalidInput):
        term.check()


@pytest.mark.parametrize(
    ("locale", "words", "line"),
    [
        # ten thousand that begin with the word of which the line consists
        ("en", [f"tea {number}" for number in range(10_000)], "tea " * 125),
        ("ru", [f"чай{number}" for number in range(10_000)], "чай " * 125),
        ("ja", [f"tea{number}" for number in range(10_000)], "tea " * 125),
        ("zh", ["茶" * (1 + number % 79) + chr(0x4E00 + number) for number in range(10_000)], "茶" * 500),
        # each word of the line is a form of four
        ("es", [" ".join(way) for way in product(("tea", "teao", "teaa", "teae"), repeat=6)], "teas " * 100),
    ],
)
def test_a_glossary_of_any_size_holds_up_no_line(locale: str, words: list[str], line: str) -> None:
    """A line of chat is read while everything else waits; a shop's full glossary held up the server for seconds."""
    terms = [Term({locale: tuple(words[at : at + 10]), "": ()}) for at in range(0, len(words), 10)]
    glossary = Glossary(terms[:MAX_TERMS])
    glossary.find("", locale)  # made once for each glossary
    began = time.process_time()
    glossary.find(line, locale)
    assert time.process_time() - began < 0.5
