"""Finding unwanted words however they are spelt, in time that grows with the text alone. Pure.

All words are looked for at once (Aho and Corasick, "Efficient string matching", CACM 18(6), 1975) over the letter
classes of :mod:`.letters`; what is found there is compared letter by letter. A word has at most :data:`MAX_WORD_CHARS`
letters, so that comparing costs a constant for each place in the text, whatever the text and however many the words.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from livehub.chat.screening.letters import Letter, has_symbols, read
from livehub.chat.screening.masks import fits, has_masks, masked, spelt_out

MAX_WORD_CHARS: Final = 40
#: languages in which marks make other words: ngủ (to sleep) is not ngu
_MARKS_MATTER: Final = frozenset({"vi"})


@dataclass(frozen=True, slots=True)
class Word:
    """``text`` may begin or end with ``*``: the word may go on there. ``locale`` is a language or ``*`` for any."""

    text: str
    locale: str = "*"
    holds: bool = False


@dataclass(frozen=True, slots=True)
class _Pattern:
    word: Word
    letters: tuple[Letter, ...]
    opens: bool
    closes: bool
    with_marks: bool


class _Node:
    __slots__ = ("ends", "fallback", "found", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.fallback: _Node | None = None
        #: patterns that end here, and the nearest node down the fallbacks where others end
        self.ends: list[_Pattern] = []
        self.found: _Node | None = None


def letters_of(text: str) -> int:
    """How many letters a word has to be looked for by; a word without any cannot be looked for."""
    return len(read(text.strip().strip("*"), symbols=True))


class WordMatcher:
    """Words that have no letters, or more than :data:`MAX_WORD_CHARS`, are passed over."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._root = _Node()
        #: each with its letters one by one
        self._spelt: list[tuple[_Pattern, tuple[Letter, ...]]] = []
        for word in words:
            text = word.text.strip()
            pattern = tuple(read(text.strip("*"), symbols=True))
            if 0 < len(pattern) <= MAX_WORD_CHARS:
                self._add(_Pattern(word, pattern, text[:1] == "*", text[-1:] == "*", word.locale in _MARKS_MATTER))
        self._link()

    def find(self, text: str, locales: Collection[str]) -> Word | None:
        """The gravest word in ``text`` of those for any of ``locales`` (or for all): one that refuses before one
        that holds."""
        if not self._root.next:
            return None
        held = None
        for symbols in (False, True) if has_symbols(text) else (False,):
            found = self._search(read(text, symbols=symbols), locales)
            if found is not None and not found.holds:
                return found
            held = held or found
        if has_masks(text):
            found = self._search_masked(text, locales)
            return found if found is not None and not found.holds else held or found
        return held

    def _search_masked(self, text: str, locales: Collection[str]) -> Word | None:
        held = None
        for shape in masked(text):
            for pattern, letters in self._spelt:
                how = {"opens": pattern.opens, "closes": pattern.closes, "with_marks": pattern.with_marks}
                if _wanted(pattern.word, locales) and fits(letters, shape, **how):
                    if not pattern.word.holds:
                        return pattern.word
                    held = held or pattern.word
        return held

    def _search(self, letters: Sequence[Letter], locales: Collection[str]) -> Word | None:
        node, held = self._root, None
        for end, letter in enumerate(letters):
            while letter.key not in node.next and node.fallback is not None:
                node = node.fallback
            node = node.next.get(letter.key, self._root)
            at: _Node | None = node if node.ends else node.found
            while at is not None:
                for pattern in at.ends:
                    if _wanted(pattern.word, locales) and _fits(pattern, letters, end):
                        if not pattern.word.holds:
                            return pattern.word
                        held = held or pattern.word
                at = at.found
        return held

    def _add(self, pattern: _Pattern) -> None:
        node = self._root
        for letter in pattern.letters:
            node = node.next.setdefault(letter.key, _Node())
        node.ends.append(pattern)
        self._spelt.append((pattern, spelt_out(pattern.letters)))

    def _link(self) -> None:
        waiting: deque[_Node] = deque()
        for child in self._root.next.values():
            child.fallback = self._root
            waiting.append(child)
        while waiting:
            node = waiting.popleft()
            for key, child in node.next.items():
                fallback = node.fallback
                while fallback is not None and key not in fallback.next:
                    fallback = fallback.fallback
                child.fallback = self._root if fallback is None else fallback.next[key]
                child.found = child.fallback if child.fallback.ends else child.fallback.found
                waiting.append(child)


def _wanted(word: Word, locales: Collection[str]) -> bool:
    return word.locale == "*" or word.locale in locales


def _fits(pattern: _Pattern, letters: Sequence[Letter], end: int) -> bool:
    """Whether the letters up to ``end`` are the word: at the edges of words, read alike, and not other words side
    by side."""
    wanted = pattern.letters
    start = end - len(wanted) + 1
    if not (pattern.opens or letters[start].opens) or not (pattern.closes or letters[end].closes):
        return False
    spelt = False
    for index, asked in enumerate(wanted):
        letter = letters[start + index]
        if letter.count < asked.count or not letter.looks & asked.looks:
            return False
        if pattern.with_marks and letter.marks != asked.marks:
            return False
        spelt = spelt or letter.plain == asked.plain or letter.plain.isalpha()
    # What is digits alone is a number, whatever it looks like.
    return spelt and _hangs_together(wanted, letters, start)


def _hangs_together(wanted: Sequence[Letter], letters: Sequence[Letter], start: int) -> bool:
    """Spaces count as a trick when a letter stands alone ("f uck", "i d i o t"); "an al" and "now here" are words
    of their own."""
    sizes, split = [1], False
    for index in range(1, len(wanted)):
        letter = letters[start + index]
        if letter.piece == letters[start + index - 1].piece or wanted[index].piece != wanted[index - 1].piece:
            sizes[-1] += 1
        elif letter.spaced:
            sizes.append(1)
            split = True
        else:
            sizes[-1] += 1
    return not split or (1 in sizes and sum(size > 2 for size in sizes) <= 1)
