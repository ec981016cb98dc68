import pytest

from livehub.translation.locale import LOCALES
from livehub.translation.setting import EngineSetting, Pairs, engine_name


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
