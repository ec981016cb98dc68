"""What a line is translated with, and the line itself as it goes to engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from livehub.translation.glossary import NO_GLOSSARY, Found, Glossary
from livehub.translation.protecting import Kept, Prepared, kept_of, mark


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a line is translated with: ``names`` of people, which stay; ``room_id`` is charged ("" nobody is).

    For what is translated outside of rooms ``room_id`` is the scope that it belongs to, ``store:…``.
    """

    room_id: str = ""
    glossary: Glossary = NO_GLOSSARY
    names: tuple[str, ...] = ()


class Wording:
    """One text on its way into several languages: what is the same for all of them is done once, and only if needed."""

    def __init__(self, text: str, source: str, circumstances: Circumstances) -> None:
        self._text: Final = text
        self._names: Final = circumstances.names
        self._source: Final = source
        self._glossary: Final = circumstances.glossary

    @cached_property
    def _found(self) -> Sequence[Found]:
        return self._glossary.find(self._text, self._source)

    @cached_property
    def _kept(self) -> Kept:
        return kept_of(self._text, self._names)

    @cached_property
    def _common(self) -> Prepared:
        return mark(self._text, self._kept)

    @cached_property
    def has_words(self) -> bool:
        return self._common.has_words

    def into(self, target: str) -> Prepared:
        terms = [span for found in self._found if (span := found.span(self._text, target)) is not None]
        return mark(self._text, self._kept, terms) if terms else self._common


def version_of(text: str, circumstances: Circumstances) -> str:
    """Of what else than the text decides about its translation."""
    folded = text.casefold() if circumstances.names else ""
    named = [name for name in circumstances.names if name.casefold() in folded]
    return "\n".join((circumstances.glossary.version, *sorted(named))) if named else circumstances.glossary.version
