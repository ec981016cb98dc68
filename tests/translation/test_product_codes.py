"""Codes in small letters are found, and hardly a word of eleven languages with digits beside it is taken for one."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given
from hypothesis import strategies as st

from livehub.translation.locale import LOCALES
from livehub.translation.product_codes import product_codes
from livehub.translation.protecting import prepare, without_parts
from livehub.web.i18n import po_path

CATALOGUES = Path(__file__).parents[2] / "translations"

#: as people type them: by a phone's keyboard, in any language, with endings of Turkish and Indonesian
CODES = {
    "is ab-1234 still there": ["ab-1234"],
    "Ab-1234 please": ["Ab-1234"],
    "the ab-123, and mug_07!": ["ab-123", "mug_07"],
    "mug-07 or tea-green-0042?": ["mug-07", "tea-green-0042"],
    "2 x b07 and abc123": ["b07", "abc123"],
    "xl-42 in blue, or ab-12-m": ["xl-42", "ab-12-m"],
    "sku ab-123": ["sku ab-123"],
    "SKU: lamp-205 costs?": ["SKU: lamp-205"],
    "item a3 and code diskon10": ["a3", "diskon10"],
    "quiero el vs-1042 rojo": ["vs-1042"],
    "¿queda la ref. lamp-205?": ["lamp-205"],
    "je prends l'ab-123": ["ab-123"],
    "ada ab-123nya? kode b7": ["b7"],
    "mau ab-123-nya kak": ["ab-123"],
    "ab-1234'ü istiyorum": ["ab-1234"],
    "cho mình mã b7 với ab-1234": ["b7", "ab-1234"],
    "хочу ab-1234 и артикул lamp-205": ["ab-1234", "lamp-205"],
    "أريد ab-1234 ورمز a3": ["ab-1234", "a3"],
    "รหัสlamp-205มีไหม เอาab-1234": ["lamp-205", "ab-1234"],
    "我要ab-1234，编号a3": ["ab-1234", "a3"],
    "ab-1234をください、コードa3も": ["ab-1234", "a3"],
}

#: nothing of these is a code
WORDS = {
    "en": [
        "a well-known, hand-made t-shirt for my 10-year-old", "covid-19 and catch-22, under-18s only",
        "the top-10, no top-100, of mid-2024 and pre-2020", "first-100 buyers, buy-1-get-1, 2-in-1, 3-for-2, 50-50",
        "mp3, mp4, 4k, 5g, 3d, 1080p, 720p, 60fps, h2o", "iphone15 or iphone-15, gr8 m8, l8r, b4, w8, 2nite, 4ever",
        "the 1990s and 90s, 10th, 21st, 8pm, 10am, 24/7", "500ml, 5kg, 20x30, x2, 2x, size-42, day-30, over-100",
        "page12 of vol-12, age-18, red-100 and blue2", "summer-2024, v2, one-on-one, step-by-step-2",
    ],
    "es": [
        "la sub-20, sub-21 y el top-10 de los-100", "bien-estar, franco-español, del-12 al-15", "talla-42, 2x1, 3x2",
        "año-2024, pre-2020, covid-19", "quiero1, dame2, 20km, 5kg, 18h, a las 9pm", "ex-marido, vice-2, no-12",
    ],
    "fr": [
        "moins-20 et plus-100, c'est-à-dire", "les-12, la-100, aujourd'hui-2", "vingt-deux, quatre-vingt-10, top-10",
        "24h/24, 18h30, 2h30, 500ml, 5kg", "est-ce qu'il y a 2-3 tailles, t-shirt", "covid-19, post-2000, mi-2024",
    ],
    "id": [
        "pembeli ke-2, ke-10, ke-100 dan ke-1000", "kata2, anak2, barang2nya, teman2, hati2", "baju-baju",
        "diskon-50, harga-100, isi-100, stok-100, beli2", "150rb, 2jt, 100k, tahun-2024, thn2024, era-90an, jam8",
        "HUT ke-79, top-100, ukuran-42, no-12, tgl-17",
    ],
    "tr": [
        "3lü, 2li, 10'lu, 5-10 tane", "yüz-100, ilk-100, top-10, top-100", "e-posta, t-shirt, covid-19, tl-100",
        "saat-10, 2024'te, 90lar, 150tl, 5kg", "beden-42, yas-18, no-12",
    ],
    "vi": [
        "lớp-10, lớp-100, thứ-2, số-12, size-42", "2k4, 2k10, 1m7, 3tr5, 50k, 100k, 1tr", "covid-19, top-10, top-100",
        "áo-thun, năm-2024, tháng-12, phần-2", "9x, 500ml, 5kg, 8h30",
    ],
    "ru": ["из-за, что-то, 5-й, 10-летний, 90-е", "ковид-19, топ-100, размер-42, до-2024", "wi-fi, covid-19, 4k, mp3"],
    "ar": ["كوفيد-19 و توب-100", "covid-19 و 4k و mp3", "ma3 7abibi 3ala, sa7 wla la2"],
    "zh": ["前100名，第2款，新冠-19", "5g手机，mp3，4k，iphone15，top10", "t恤，90后，2024年"],
    "ja": ["第100回、先着-100名", "mp3と4k、5g、iphone15、top10", "tシャツ、90年代"],
    "th": ["อันดับ-100 ที่2 รอบ10", "mp3 4k 5g iphone15 covid-19 top10", "ปี2567 500ml 5kg"],
}  # fmt: skip


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in product_codes(text)]


@pytest.mark.parametrize("text", CODES)
def test_codes_in_small_letters_are_found(text: str) -> None:
    assert found(text) == CODES[text]


@pytest.mark.parametrize(("tag", "line"), [(tag, line) for tag, lines in WORDS.items() for line in lines])
def test_words_with_digits_are_no_codes(tag: str, line: str) -> None:
    assert tag in LOCALES
    assert found(line) == []


def _ours() -> Iterator[str]:
    """The lines by which languages are told apart, the phrasebook, and all sentences of the pages: some 19,000."""
    for name in ("languages.toml", "languages_unseen.toml"):
        lines = tomllib.loads((files("livehub.bench") / "data" / name).read_text(encoding="utf-8"))
        yield from (line for each in lines.values() for line in each)
    for tag in LOCALES:
        yield from (files("livehub.translation.phrases") / f"{tag}.toml").read_text(encoding="utf-8").splitlines()
        if (path := po_path(CATALOGUES, tag)).exists():
            with path.open("rb") as file:
                for message in read_po(file):
                    yield from [message.string] if isinstance(message.string, str) else message.string or ()


def test_of_all_that_is_written_in_eleven_languages_here_only_capitals_are_codes() -> None:
    lines = list(_ours())
    assert len(lines) > 15_000
    assert {code for line in lines for code in found(line) if code != code.upper()} == set()


@given(st.text("ab7-_ sku.", max_size=40))
@example("ab-123-sku ab-123")
def test_codes_do_not_overlap(text: str) -> None:
    places = [place for span in product_codes(text) for place in span]
    assert places == sorted(places)


def test_a_code_goes_to_no_engine() -> None:
    assert prepare("is ab-1234 left?").marked == "is {1} left?"
    assert prepare("is ab-1234 left?").finish("¿queda {1}?") == "¿queda ab-1234?"
    for text in ("ab-1234", "sku ab-123", "b07 2"):
        assert not prepare(text).has_words
    assert without_parts("quiero ab-1234 y mug_07 ya").split() == ["quiero", "y", "ya"]
    # parts of links, addresses and mentions are theirs
    assert prepare("see https://a.example/ab-1234 or @maria_99 now").marked == "see {1} or {2} now"
    assert prepare("costs rp50.000 or ab-12% off").marked == "costs rp{1} or ab-{2} off"
