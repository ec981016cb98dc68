"""The engine that needs nothing: answers the phrases of the phrasebook, and None for all other lines."""

from collections.abc import Sequence

from livehub.translation.locale import LOCALES
from livehub.translation.phrasebook import Phrasebook
from livehub.translation.provider import Translator


class PhrasebookTranslator:
    """Between any two of the eleven locales; no I/O."""

    name = "phrasebook"
    #: it fills numbers, prices and names into its phrases itself
    reads_plain = True

    def __init__(self, phrasebook: Phrasebook) -> None:
        self._phrasebook = phrasebook

    def supports(self, source: str, target: str) -> bool:
        return source in LOCALES and target in LOCALES

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        return [self._line(text, source, target) for text in texts]

    async def close(self) -> None:
        """Nothing is held."""

    def _line(self, text: str, source: str, target: str) -> str | None:
        found = self._phrasebook.recognise(text, source)
        return self._phrasebook.say(found.phrase_id, target, found.slots) if found else None


def create(setting: str = "", **_: object) -> Translator:
    """Entry point ``phrasebook``; takes no setting.

    Raises:
        ValueError: a setting was given.
    """
    if setting:
        raise ValueError("phrasebook takes no setting; write just `phrasebook`")
    return PhrasebookTranslator(Phrasebook.shipped())
