"""The words of a glossary as they are looked for in one language. Pure.

A line is read while everything else waits, and a glossary may hold ten thousand words that begin alike: each word of a
line is looked up, never compared with all that could stand there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from livehub.translation.inflection import UNSPACED, Reading, bare, is_plain_form, readings, stands, stems

WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_LATIN_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:['’\-][A-Za-z0-9]+)*")
#: ways that are followed at a time: one word may be a form of several, and of the next each again
MAX_WAYS: Final = 16


class _Node:
    """What may come next after some words. ``number``: of the nearest term that ends here."""

    __slots__ = ("after", "number", "words")

    def __init__(self) -> None:
        self.number: int | None = None
        self.words: dict[str, _Node] = {}
        #: stem → the words of which it is one
        self.after: dict[str, list[tuple[str, _Node]]] = {}

    def into(self, word: str, locale: str) -> "_Node":
        found = self.words.get(word)
        if found is None:
            found = self.words[word] = _Node()
            for stem in stems(word, locale):
                self.after.setdefault(stem, []).append((word, found))
        return found

    def follow(self, token: str, beginnings: Sequence[str], locale: str) -> "list[_Node]":
        """After a word of a line, of which ``token`` is the plain form: nearest forms first, each once."""
        found: dict[str, _Node] = {}
        if token in self.words:
            found[token] = self.words[token]
        for beginning in beginnings:
            for word, node in self.after.get(beginning, ()):
                if word not in found and is_plain_form(token, word, locale):
                    found[word] = node
        return list(found.values())


class Place(NamedTuple):
    """``text[start:end]`` is a form of the term ``number``. A name begins at ``since``, for the rest of an article may
    stand before it, and ends at ``until``, for an ending may follow it.
    """

    start: int
    end: int
    since: int
    until: int
    number: int


class Index:
    """``terms``: of each its words by locale, nearest first; they are told by their numbers."""

    def __init__(self, terms: Iterable[Mapping[str, tuple[str, ...]]], locale: str) -> None:
        self._locale: Final = locale
        self._spaced: Final = _Node()
        self._whole: Final[dict[str, int]] = {}
        self._sizes: set[int] = set()
        for number, words in enumerate(terms):
            for wording in (*words.get(locale, ()), *words.get("", ())):
                self._add(wording, number)
        #: longest first
        self._longest: Final = sorted(self._sizes, reverse=True)

    def _add(self, wording: str, number: int) -> None:
        # Where words are not spaced, only those in Latin letters (names mostly) stand apart.
        if self._locale in UNSPACED and not wording.isascii():
            self._sizes.add(len(wording))
            self._whole.setdefault(wording.casefold(), number)
            return
        node = self._spaced
        for word in WORD.findall(wording):
            node = node.into(bare(word, self._locale), self._locale)
        if node is not self._spaced and node.number is None:
            node.number = number

    def find(self, text: str) -> list[Place]:
        """In the order of the text and without overlaps."""
        found = list(self._whole_finds(text)) if self._whole else []
        taken = {at for place in found for at in range(place.start, place.end)}
        if self._spaced.words:
            found += [each for each in self._spaced_finds(text) if each.start not in taken]
        return sorted(found)

    def _whole_finds(self, text: str) -> Iterable[Place]:
        at = 0
        while at < len(text):
            size = next((size for size in self._longest if self._is_whole(text, at, at + size)), 0)
            if size:
                yield Place(at, at + size, at, at + size, self._whole[text[at : at + size].casefold()])
            at += size or 1

    def _is_whole(self, text: str, start: int, end: int) -> bool:
        if end > len(text) or text[start:end].casefold() not in self._whole:
            return False
        return stands(text, start, end, self._locale)

    def _spaced_finds(self, text: str) -> Iterable[Place]:
        # Letters next to letters of a script without spaces: "iPhoneケース" has the word iPhone.
        tokens = list((_LATIN_WORD if self._locale in UNSPACED else WORD).finditer(text))
        read = [[_Read.of(reading) for reading in readings(token[0], self._locale)] for token in tokens]
        at = 0
        while at < len(tokens):
            size, way = self._at(read, at)
            if way is not None and way.node.number is not None:
                first, last = tokens[at].start(), tokens[at + size - 1]
                yield Place(first + way.start, last.end(), first + way.since, last.start() + way.end, way.node.number)
            at += size

    def _at(self, read: Sequence[Sequence["_Read"]], at: int) -> tuple[int, "_Way | None"]:
        """The longest term that begins there, and of those the nearest."""
        ways, size, best = [_Way(self._spaced, 0, 0, 0)], 1, None
        for length, place in enumerate(range(at, len(read)), start=1):
            following = (
                _Way(node, *(way.begun if length > 1 else (word.reading.start, word.reading.since)), word.reading.end)
                for way in ways
                for word in read[place]
                for node in way.node.follow(word.reading.plain, word.beginnings, self._locale)
            )
            ways = [way for way, _ in zip(following, range(MAX_WAYS), strict=False)]
            if not ways:
                break
            ends = [way for way in ways if way.node.number is not None]
            if ends:
                size, best = length, min(ends, key=lambda way: way.node.number or 0)
        return size, best


@dataclass(frozen=True, slots=True)
class _Read:
    reading: Reading
    #: longest first
    beginnings: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading) -> "_Read":
        return cls(reading, tuple(reading.plain[:size] for size in range(len(reading.plain), 0, -1)))


@dataclass(frozen=True, slots=True)
class _Way:
    """Where words have led to, and which letters of the first and the last of them are a term's."""

    node: _Node
    start: int
    since: int
    end: int

    @property
    def begun(self) -> tuple[int, int]:
        return self.start, self.since
