"""The phrasebook: everyday phrases of shows, consultations and lessons, the same in all eleven languages.

``phrases/index.toml`` says which phrases there are: their order, category, slots and who says them. Beside it, one file
a locale says each phrase: one text, or a list whose first is what is shown and whose others are only recognised.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from livehub.translation.locale import LOCALES, require_locale
from livehub.translation.recognition import MAX_LINE_CHARS, Recognised, Recogniser, fold

_UNSPACED: Final = frozenset({"ja", "th", "zh"})
_SLOT: Final = re.compile(r"\{(\w+)\}")
#: what a phrase may leave open
SLOT_NAMES: Final = frozenset({"name", "number", "price"})
#: who would say a phrase: those on stage (host, doctor, teacher), those who watch, or both
SIDES: Final = frozenset({"stage", "audience", "any"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """``id`` is ``category.key``; ``slots`` in the order of the English text."""

    id: str
    category: str
    side: str
    slots: tuple[str, ...]


class Phrasebook:
    """Read once; looked up in a few microseconds a line.

    Raises:
        ValueError: a data file that is incomplete or contradicts itself; the message names file and phrase.
    """

    def __init__(self, folder: Traversable) -> None:
        self.phrases: Final[Mapping[str, Phrase]] = _index(tomllib.loads(_read(folder, "index.toml")))
        self._wordings: Final[dict[str, dict[str, list[str]]]] = {}
        self._recognisers: Final[dict[str, Recogniser]] = {}
        for locale in LOCALES:
            data = tomllib.loads(_read(folder, f"{locale}.toml"))
            wordings = _wordings(data, locale, self.phrases)
            self._wordings[locale] = wordings
            try:
                self._recognisers[locale] = Recogniser(
                    ((phrase_id, text) for phrase_id, texts in wordings.items() for text in texts),
                    spaced=locale not in _UNSPACED,
                    fillers=data.get("recognise", {}).get("fillers", ()),
                )
            except ValueError as error:
                raise ValueError(f"{locale}.toml: {error}") from error

        #: spaced or not → folded text → phrases it stands for in some language
        self._anywhere: Final[dict[bool, dict[str, set[str]]]] = {True: {}, False: {}}
        for locale, recogniser in self._recognisers.items():
            meanings = self._anywhere[locale not in _UNSPACED]
            for text, phrase_id in recogniser.exact.items():
                meanings.setdefault(text, set()).add(phrase_id)

        # A line is asked for once per locale of the room, in short succession.
        self.recognise: Final = lru_cache(maxsize=2048)(self._recognise)

    @classmethod
    @cache  # nothing in it changes, and reading it takes a tenth of a second
    def shipped(cls) -> "Phrasebook":
        """The one that comes with livehub."""
        return cls(files("livehub.translation.phrases"))

    def phrases_for(self, locale: str) -> list[dict[str, Any]]:
        """``[{id, category, side, text, slots: [name]}]`` in the index's order, for quick replies.

        Raises:
            UnsupportedLocale: none of the eleven.
        """
        wordings = self._wordings[require_locale(locale)]
        return [
            {
                "id": phrase.id,
                "category": phrase.category,
                "side": phrase.side,
                "text": wordings[phrase.id][0],
                "slots": list(phrase.slots),
            }
            for phrase in self.phrases.values()
        ]

    def wordings_for(self, locale: str) -> Mapping[str, Sequence[str]]:
        """Phrase id → every wording that is recognised in one language, the one that is shown first."""
        return self._wordings[require_locale(locale)]

    def _recognise(self, line: str, locale: str) -> Recognised | None:
        """The phrase that a line is: in ``locale``, else, for phrases without slots, in any other language.

        People write in the language of those they speak to, whatever their own locale says. A line that means
        different phrases in different other languages is not taken.
        """
        if len(line) > MAX_LINE_CHARS:
            return None
        spaced = locale not in _UNSPACED
        folded = fold(line, spaced=spaced)
        found = self._recognisers[locale].recognise(line, folded)
        if found is not None:
            return found
        meant = set(self._anywhere[spaced].get(folded.text, ())) | self._anywhere[not spaced].get(
            fold(line, spaced=not spaced).text, set()
        )
        return Recognised(meant.pop(), {}) if len(meant) == 1 else None

    def say(self, phrase_id: str, locale: str, slots: Mapping[str, str]) -> str:
        """A phrase in one language with its slots filled in."""
        return _SLOT.sub(lambda match: slots[match[1]], self._wordings[locale][phrase_id][0])


def _read(folder: Traversable, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ValueError(f"{name} is missing") from error


def _index(data: Mapping[str, Any]) -> dict[str, Phrase]:
    phrases: dict[str, Phrase] = {}
    for category, entries in data.items():
        for key, entry in entries.items():
            phrase = Phrase(f"{category}.{key}", category, entry.get("side", "any"), tuple(entry.get("slots", ())))
            if phrase.side not in SIDES or not SLOT_NAMES.issuperset(phrase.slots):
                raise ValueError(f"index.toml: {phrase.id} has an unknown side or slot")
            phrases[phrase.id] = phrase
    return phrases


def _wordings(data: Mapping[str, Any], locale: str, phrases: Mapping[str, Phrase]) -> dict[str, list[str]]:
    """Every phrase's texts in one language, the one to show first."""
    found: dict[str, list[str]] = {}
    for phrase in phrases.values():
        key = phrase.id.removeprefix(f"{phrase.category}.")
        texts = data.get(phrase.category, {}).get(key)
        texts = [texts] if isinstance(texts, str) else texts
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"{locale}.toml: {phrase.id} is missing or empty")
        for text in texts:
            if sorted(_SLOT.findall(text)) != sorted(phrase.slots):
                raise ValueError(f"{locale}.toml: {phrase.id} must have the slots {list(phrase.slots)}: {text!r}")
        found[phrase.id] = list(texts)
    extra = {f"{category}.{key}" for category, texts in data.items() if category != "recognise" for key in texts}
    if extra - set(phrases):
        raise ValueError(f"{locale}.toml: not in index.toml: {', '.join(sorted(extra - set(phrases)))}")
    return found
