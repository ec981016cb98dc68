import pytest

from livehub.translation.locale import LOCALES
from livehub.translation.phrasebook import Phrasebook
from livehub.translation.providers.phrasebook import PhrasebookTranslator, create


async def test_every_phrase_from_every_locale_to_every_other(phrasebook: Phrasebook) -> None:
    translator = PhrasebookTranslator(phrasebook)
    values = {"name": "Lima", "number": "3", "price": "US$ 20"}

    def filled(locale: str) -> list[str]:
        return [str(phrase["text"]).format(**values) for phrase in phrasebook.phrases_for(locale)]

    lines = {locale: filled(locale) for locale in LOCALES}
    for source in LOCALES:
        for target in LOCALES:
            assert await translator.translate(lines[source], source, target) == lines[target]


async def test_unknown_lines_are_left_to_the_next(phrasebook: Phrasebook) -> None:
    translator = PhrasebookTranslator(phrasebook)
    assert await translator.translate(["My cat slept all day", "Hello!"], "en", "ja") == [None, "こんにちは！"]


def test_create_takes_no_setting() -> None:
    assert create("").name == "phrasebook"
    with pytest.raises(ValueError, match="no setting"):
        create("x")
