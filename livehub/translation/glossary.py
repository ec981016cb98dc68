"""Words that a shop or a room wants kept, or translated so, and finding them in a line in whatever form they stand.

A :class:`Term` is one thing with its word in some of the eleven languages; it works from any of them into any other. A
term that is *kept* stays as it is typed. Of several glossaries (base lists, the shop's, the room's) the nearest wins.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from livehub.errors import InvalidInput
from livehub.translation.inflection import UNSPACED, bare, is_form
from livehub.translation.locale import LOCALES
from livehub.translation.protecting import Span

MAX_TERM_CHARS: Final = 80
MAX_TERM_WORDS: Final = 8
#: of one shop or room
MAX_TERMS: Final = 1_000
_WORD: Final = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Term:
    """``words``: locale → the words for it; the first is what is shown, all are recognised. A term that is kept has its
    one word under ``""``: it is the same in every language.
    """

    words: Mapping[str, tuple[str, ...]]
    keep: bool = False
    note: str = ""
    id: str = ""

    def check(self) -> None:
        """Raises: InvalidInput, saying what."""
        if self.keep and set(self.words) != {""}:
            raise InvalidInput("A term that is kept has one word and no translations", field="keep")
        if not self.keep and ("" in self.words or len(self.words) < 2):
            raise InvalidInput("A term that is translated needs its word in two languages at least", field="words")
        for locale, wordings in self.words.items():
            if locale and locale not in LOCALES:
                raise InvalidInput(f"{locale!r} is none of the eleven languages", field="words")
            for wording in wordings or ("",):
                _check_wording(wording)


def _check_wording(wording: str) -> None:
    if not wording.strip() or len(wording) > MAX_TERM_CHARS or not wording.isprintable():
        raise InvalidInput(f"A word has 1 to {MAX_TERM_CHARS} characters that can be seen", field="words")
    if "{" in wording or "}" in wording:
        raise InvalidInput("A word has no braces", field="words")
    if len(wording.split()) > MAX_TERM_WORDS or not _WORD.search(wording):
        raise InvalidInput(f"A term has 1 to {MAX_TERM_WORDS} words", field="words")


@dataclass(frozen=True, slots=True)
class Found:
    """``text[start:end]`` is a form of ``term``."""

    start: int
    end: int
    term: Term

    def span(self, text: str, target: str) -> Span | None:
        """What is to stand there in a language; None: the term has no word in it."""
        if self.term.keep:
            return Span(self.start, self.end, text[self.start : self.end], "term")
        wordings = self.term.words.get(target)
        return Span(self.start, self.end, wordings[0], "term") if wordings else None


@dataclass(frozen=True)
class Glossary:
    """Terms, nearest first. ``version`` changes with anything in them, and with nothing else."""

    terms: Sequence[Term] = ()
    _indices: dict[str, "_Index"] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        if not self.terms:
            return ""
        plain = [[term.keep, {key: list(value) for key, value in sorted(term.words.items())}] for term in self.terms]
        return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()[:16]

    def find(self, text: str, source: str) -> list[Found]:
        """Where terms stand in a line of the language ``source``, without overlaps."""
        if not self.terms:
            return []
        index = self._indices.get(source)
        if index is None:
            index = self._indices[source] = _Index(self.terms, source)
        return index.find(text)

    def joined(self, further: "Glossary") -> "Glossary":
        """With the terms of another one, which count less."""
        return Glossary((*self.terms, *further.terms)) if further.terms else self


NO_GLOSSARY: Final = Glossary()


class _Index:
    """The terms as they are looked for in one language."""

    def __init__(self, terms: Iterable[Term], locale: str) -> None:
        self._locale: Final = locale
        #: first two letters of the first word → (words, term), longest first, nearest first
        self._spaced: Final[dict[str, list[tuple[tuple[str, ...], Term]]]] = {}
        self._whole: Final[dict[str, Term]] = {}
        for term in terms:
            for wording in (*term.words.get(locale, ()), *term.words.get("", ())):
                self._add(wording, term)
        for bucket in self._spaced.values():
            bucket.sort(key=lambda entry: -len(entry[0]))
        joined = "|".join(re.escape(text) for text in sorted(self._whole, key=len, reverse=True))
        self._pattern: Final = re.compile(joined, re.IGNORECASE) if joined else None

    def _add(self, wording: str, term: Term) -> None:
        words = tuple(_WORD.findall(wording))
        # Where words are not spaced, only those in Latin letters (names mostly) stand apart.
        if self._locale in UNSPACED and not wording.isascii():
            self._whole.setdefault(wording.casefold(), term)
        elif words:
            self._spaced.setdefault(bare(words[0], self._locale)[:2], []).append((words, term))

    def find(self, text: str) -> list[Found]:
        found = self._whole_finds(text) if self._pattern else []
        taken = {place for each in found for place in range(each.start, each.end)}
        if self._spaced:
            found += [each for each in self._spaced_finds(text) if each.start not in taken]
        return sorted(found, key=lambda each: each.start)

    def _whole_finds(self, text: str) -> list[Found]:
        assert self._pattern is not None  # noqa: S101  only called where there is one
        return [
            Found(match.start(), match.end(), self._whole[match[0].casefold()])
            for match in self._pattern.finditer(text)
            if match[0].casefold() in self._whole
        ]

    def _spaced_finds(self, text: str) -> list[Found]:
        # Letters next to letters of a script without spaces: "iPhoneケース" has the word iPhone.
        tokens = list((_LATIN_WORD if self._locale in UNSPACED else _WORD).finditer(text))
        found: list[Found] = []
        at = 0
        while at < len(tokens):
            size, term = self._at(tokens, at)
            if term is not None:
                found.append(Found(tokens[at].start(), tokens[at + size - 1].end(), term))
            at += size
        return found

    def _at(self, tokens: Sequence[re.Match[str]], at: int) -> tuple[int, Term | None]:
        for words, term in self._spaced.get(bare(tokens[at][0], self._locale)[:2], ()):
            here = tokens[at : at + len(words)]
            if len(here) == len(words) and all(
                is_form(token[0], word, self._locale) for token, word in zip(here, words, strict=True)
            ):
                return len(words), term
        return 1, None


_LATIN_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:['’\-][A-Za-z0-9]+)*")
