import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from livehub.translation.errors import UnsupportedLocale
from livehub.translation.locale import LOCALES
from livehub.translation.phrasebook import SIDES, SLOT_NAMES, Phrasebook

VALUES = {"name": "Lima", "number": "3", "price": "US$ 20"}


def test_is_large_enough(phrasebook: Phrasebook) -> None:
    by_category: dict[str, int] = {}
    for phrase in phrasebook.phrases.values():
        by_category[phrase.category] = by_category.get(phrase.category, 0) + 1
        assert phrase.side in SIDES
        assert set(phrase.slots) <= SLOT_NAMES
    assert by_category["sales"] >= 60
    assert by_category["consultation"] >= 30
    assert by_category["lesson"] >= 25


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_every_phrase_with_its_slots(phrasebook: Phrasebook, locale: str) -> None:
    said = phrasebook.phrases_for(locale)
    assert [phrase["id"] for phrase in said] == list(phrasebook.phrases)
    for phrase in said:
        assert phrase["text"].strip() == phrase["text"] != ""
        assert sorted(re.findall(r"\{(\w+)\}", phrase["text"])) == sorted(phrase["slots"])
        assert "  " not in phrase["text"]
    texts = [phrase["text"] for phrase in said]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_wording_is_recognised_as_its_phrase(phrasebook: Phrasebook, locale: str) -> None:
    """Also holds that no wording stands for two phrases, and that fillers and slots do not eat into others."""
    for phrase_id, wordings in phrasebook.wordings_for(locale).items():
        for wording in wordings:
            found = phrasebook.recognise(wording.format(**VALUES), locale)
            assert found is not None, wording
            assert found.phrase_id == phrase_id, wording
            assert found.slots == {slot: VALUES[slot] for slot in phrasebook.phrases[phrase_id].slots}, wording


@pytest.mark.parametrize(
    ("line", "locale", "phrase_id"),
    [
        ("HOW MUCH IS IT", "en", "sales.how_much"),
        ("hello, how much is it please??", "en", "sales.how_much"),
        ("hello sir", "en", "common.hello"),
        ("How  much\tis it ?!", "en", "sales.how_much"),
        ("Ｈｏｗ ｍｕｃｈ？", "en", "sales.how_much"),
        ("I dont understand", "en", "common.not_understood"),
        ("I don’t understand", "en", "common.not_understood"),
        ("How much is it? 😍😍", "en", "sales.how_much"),
        ("cuanto cuesta", "es", "sales.how_much"),
        ("كَمِ السِّعْرُ", "ar", "sales.how_much"),
        ("كم الســـعر", "ar", "sales.how_much"),
        ("اين الالم", "ar", "consultation.where_pain"),
        ("ราคาเท่าไหร่คะ", "th", "sales.how_much"),
        ("ราคา เท่าไหร่ ครับ", "th", "sales.how_much"),
        ("多少錢", "zh", "sales.how_much"),
        ("请问 多少钱 呀", "zh", "sales.how_much"),
        ("ｶﾞﾝﾊﾞ", "ja", None),
        ("おいくらですか", "ja", "sales.how_much"),
        ("fiyati ne kadar", "tr", "sales.how_much"),
        ("FİYATI NE KADAR", "tr", "sales.how_much"),
        ("bao nhieu tien vay shop", "vi", "sales.how_much"),
        ("сколько еще осталось", "ru", "sales.how_many_left"),
        ("¿Cuánto cuesta?", "th", "sales.how_much"),
        ("I would like to know more about it", "en", None),
        ("My name is on the list that you have there", "en", None),
        ("x" * 5000, "en", None),
        ("", "en", None),
        ("?!", "en", None),
    ],
)
def test_recognises_however_typed(phrasebook: Phrasebook, line: str, locale: str, phrase_id: str | None) -> None:
    found = phrasebook.recognise(line, locale)
    assert (found.phrase_id if found else None) == phrase_id


@pytest.mark.parametrize(
    ("line", "locale", "slots"),
    [
        ("I want ٣ of these", "en", {"number": "3"}),
        ("我要３件", "zh", {"number": "3"}),
        ("我要2 3件", "zh", None),
        ("أريد ٣ من هذا", "ar", {"number": "3"}),
        ("ขอสั่ง ๓ ชิ้น", "th", {"number": "3"}),
        ("The price is $1,299.50!", "en", {"price": "$1,299.50"}),
        ("السعر ٥٠ ريال", "ar", {"price": "٥٠ ريال"}),
        ("Le prix est de 25,00 €.", "fr", {"price": "25,00 €"}),
        ("お値段は￥１，２００です。", "ja", {"price": "￥１，２００"}),
        ("ราคา 500 บาทค่ะ", "th", {"price": "500 บาท"}),
        ("ราคา 500 ลดได้ไหม", "th", None),
        ("The price is 20 but shipping is 5", "en", None),
        ("Do you ship to São Tomé?", "en", {"name": "São Tomé"}),
        ("我叫李明", "zh", {"name": "李明"}),
        ("可以寄到Buenos Aires, Argentina吗", "zh", {"name": "Buenos Aires, Argentina"}),
        ("Do you ship to New York City, United States?", "en", {"name": "New York City, United States"}),
    ],
)
def test_slots(phrasebook: Phrasebook, line: str, locale: str, slots: dict[str, str] | None) -> None:
    found = phrasebook.recognise(line, locale)
    assert (dict(found.slots) if found else None) == slots


def test_braces_in_a_slot_are_only_text(phrasebook: Phrasebook) -> None:
    found = phrasebook.recognise("My name is {number}", "en")
    assert found is not None
    assert phrasebook.say(found.phrase_id, "es", {"name": "{number}"}) == "Me llamo {number}."


def test_unknown_locale(phrasebook: Phrasebook) -> None:
    with pytest.raises(UnsupportedLocale):
        phrasebook.phrases_for("de")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('yes = ["Yes.", "Yeah", "Yep"]', "", "common.yes is missing"),
        ('"Yes."', '" "', "common.yes is missing or empty"),
        ('"Yes."', '"Yes {name}."', "must have the slots"),
        ('"Yeah"', '"No"', "stands for common"),
        ("[common]", "[common]\nmaybe = 'Maybe'", "not in index.toml: common.maybe"),
    ],
)
def test_faulty_data_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(str(files("livehub.translation.phrases")), folder)
    path = folder / "en.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        Phrasebook(folder)
    assert "en.toml" in str(caught.value)
