import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.translation.protecting import MAX_PARTS, Span, prepare, without_parts


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
        "!!!",
        "+1 (555) 010-9999",
        "",
    ],
)
def test_lines_without_words(text: str) -> None:
    assert not prepare(text).has_words


@pytest.mark.parametrize(
    "text", ["ok", "see https://example.org", "@ana hello", "3個", "ใช่", "نعم", "10 pcs", "да", "😍 wow"]
)
def test_lines_with_words(text: str) -> None:
    assert prepare(text).has_words


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("the AB-1042 costs $19.90 today", "the {1} costs {2} today"),
        ("see https://example.org/a?b=1, it is 20% off", "see {1}, it is {2} off"),
        ("write to ana@example.org", "write to {1}"),
        ("hey @noura.k look, 2 left", "hey {1} look, {2} left"),
        ("price is 1.299,00 € or 12 000 руб", "price is {1} or {2}"),
        ("c'est 1\u202f299,50\u00a0€ ici", "c'est {1} ici"),
        ("it is US$20, R$ 20 or HK$1,200.50 now", "it is {1}, {2} or {3} now"),
        ("価格は１，２９９円です", "価格は{1}です"),
        ("一件￥100元起", "一件{1}元起"),
        ("ราคา500บาทค่ะ", "ราคา{1}ค่ะ"),
        ("harga 150rb atau Rp1,5jt kak", "harga {1} atau {2} kak"),
        ("giá 1tr hay 199k nhé", "giá {1} hay {2} nhé"),
        ("خصم 50٪ اليوم", "خصم {1} اليوم"),
        ("at 10 20 people", "at {1} {2} people"),
        ("看https://example.org/a，谢谢", "看{1}，谢谢"),
        ("order at wa.me/628123?text=a or shop.example.com today", "order at {1} or {2} today"),
        ("see you.ok thanks.hola", "see you.ok thanks.hola"),
        ("type ｛1｝ now", "type {1} now"),
        ("ราคา 590 บาท ค่ะ", "ราคา {1} ค่ะ"),
        ("١٢٫٥ كيلو", "{1} كيلو"),
        ("a 😍 b 🇹🇷 c 👩‍👩‍👧 d", "a {1} b {2} c {3} d"),
        ("Rp150.000 ya kak", "{1} ya kak"),
        ("type {1} or {name}", "type {1} or {2}"),
        ("meet at 10:30", "meet at {1}"),
    ],
)
def test_what_must_stay_is_marked(text: str, marked: str) -> None:
    prepared = prepare(text)
    assert prepared.marked == marked
    assert prepared.finish(prepared.marked) == text


def test_the_ends_are_not_sent() -> None:
    prepared = prepare("😍 how much? 🙏🏽 https://example.org")
    assert (prepared.plain, prepared.marked) == ("how much?", "how much?")
    assert prepared.finish("¿cuánto?") == "😍 ¿cuánto? 🙏🏽 https://example.org"


def test_names_and_terms_stay() -> None:
    text = "@María José ships the Glow Serum to Ana"
    term = Span(text.index("Glow"), text.index(" to "), "Sérum Éclat")
    prepared = prepare(text, [term], ["María José", "Ana"])
    assert prepared.marked == "ships the {1} to {2}"
    assert prepared.finish("envoie le {1} à {2}") == "@María José envoie le Sérum Éclat à Ana"


@pytest.mark.parametrize(
    ("text", "name", "marked"),
    [
        ("田中さんこんにちは", "田中", "{1}さんこんにちは"),
        ("今天小明来了", "小明", "今天{1}来了"),
        ("ขอบคุณสมชายนะคะ", "สมชาย", "ขอบคุณ{1}นะคะ"),
        ("Bobさん元気", "Bob", "{1}さん元気"),
        ("@小明你好", "小明", "你好"),
        ("@สมชาย มาแล้ว", "สมชาย", "มาแล้ว"),
        ("Anabel y Ana", "Ana", "Anabel y {1}"),
        ("มาแล้วค่ะ", "มา", "มาแล้วค่ะ"),  # "come", which is most likely no name
        ("うまいですね", "まい", "うまいですね"),
        ("王牌产品", "王", "王牌产品"),
    ],
)
def test_names_are_known_where_words_are_not_spaced(text: str, name: str, marked: str) -> None:
    prepared = prepare(text, names=[name])
    assert prepared.marked == marked
    assert prepared.finish(marked) == text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("cuesta {2} el {1}", "cuesta $5 el AB-1"),  # moved
        ("cuesta { 2 } el ｛1｝", "cuesta $5 el AB-1"),  # spaced, full width
        ("cuesta {٢} el {１}", "cuesta $5 el AB-1"),  # digits of another script
        ("cuesta $5 el {1}", "cuesta $5 el AB-1"),  # filled in by the engine
        ("cuesta {2}", None),  # a code is lost
        ("cuesta {2} {2} {1}", None),  # doubled
        ("cuesta {2} {1} {3}", None),  # invented
        ("cuesta {0} {1}", None),
    ],
)
def test_every_part_is_there_once_or_the_original_stands(answer: str, expected: str | None) -> None:
    assert prepare("the AB-1 costs $5 now").finish(answer) == expected


def test_what_may_stand_anywhere_comes_back_at_the_end() -> None:
    prepared = prepare("look 😍 here https://example.org/x please")
    assert prepared.finish("mira aquí por favor") == "mira aquí por favor 😍 https://example.org/x"


def test_a_line_of_nothing_but_parts_goes_to_no_engine() -> None:
    assert prepare("a1 " + " b ".join(str(number) for number in range(MAX_PARTS + 5))).marked == ""


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_an_engine_that_changes_nothing_changes_nothing(text: str, names: list[str]) -> None:
    prepared = prepare(text, (), names)
    if prepared.marked:
        assert prepared.finish(prepared.marked) == text
        assert prepared.around(prepared.plain) == text


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_answer_is_taken_or_refused(text: str, answer: str) -> None:
    whole = prepare(text).finish(answer)
    assert whole is None or isinstance(whole, str)


def test_words_alone() -> None:
    assert without_parts("@ana look 😍 https://example.org 20% AB-1").split() == ["look"]
