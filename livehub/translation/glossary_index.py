"""The words of a glossary as they are looked for in one language. Pure.

A line is read while everything else waits, and a glossary may hold ten thousand words that begin alike: each word of a
line is looked up, never compared with all that could stand there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from livehub.translation.inflection import UNSPACED, bare, is_form, stems

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
                if word not in found and is_form(token, word, locale):
                    found[word] = node
        return list(found.values())


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

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """``(start, end, number)``, in the order of the text and without overlaps."""
        found = list(self._whole_finds(text)) if self._whole else []
        taken = {place for start, end, _ in found for place in range(start, end)}
        if self._spaced.words:
            found += [each for each in self._spaced_finds(text) if each[0] not in taken]
        return sorted(found)

    def _whole_finds(self, text: str) -> Iterable[tuple[int, int, int]]:
        at = 0
        while at < len(text):
            sizes = (size for size in self._longest if text[at : at + size].casefold() in self._whole)
            size = next((size for size in sizes if at + size <= len(text)), 0)
            if size:
                yield at, at + size, self._whole[text[at : at + size].casefold()]
            at += size or 1

    def _spaced_finds(self, text: str) -> Iterable[tuple[int, int, int]]:
        # Letters next to letters of a script without spaces: "iPhoneケース" has the word iPhone.
        tokens = list((_LATIN_WORD if self._locale in UNSPACED else WORD).finditer(text))
        plain = [bare(token[0], self._locale) for token in tokens]
        beginnings = [[word[:size] for size in range(len(word), 0, -1)] for word in plain]
        at = 0
        while at < len(tokens):
            size, number = self._at(plain, beginnings, at)
            if number is not None:
                yield tokens[at].start(), tokens[at + size - 1].end(), number
            at += size

    def _at(self, plain: Sequence[str], beginnings: Sequence[Sequence[str]], at: int) -> tuple[int, int | None]:
        """The longest term that begins there, and of those the nearest."""
        ways, size, best = [self._spaced], 1, None
        for length, place in enumerate(range(at, len(plain)), start=1):
            following = (node for way in ways for node in way.follow(plain[place], beginnings[place], self._locale))
            ways = [node for node, _ in zip(following, range(MAX_WAYS), strict=False)]
            if not ways:
                break
            numbers = [node.number for node in ways if node.number is not None]
            if numbers:
                size, best = length, min(numbers)
        return size, best
