"""Words that a shop or a room wants kept, or translated so, and finding them in a line in whatever form they stand.

A :class:`Term` is one thing with its word in some of the eleven languages; it works from any of them into any other. A
term that is *kept* stays as it is typed. Of several glossaries (base lists, the shop's, the room's) the nearest wins.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from livehub.errors import InvalidInput
from livehub.translation.glossary_index import WORD, Index
from livehub.translation.locale import LOCALES
from livehub.translation.protecting import Span

MAX_TERM_CHARS: Final = 80
MAX_TERM_WORDS: Final = 8
#: of one shop or room
MAX_TERMS: Final = 1_000


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
    if len(wording.split()) > MAX_TERM_WORDS or not WORD.search(wording):
        raise InvalidInput(f"A term has 1 to {MAX_TERM_WORDS} words", field="words")


@dataclass(frozen=True, slots=True)
class Found:
    """``text[start:end]`` is a form of ``term``; ``text[since:until]`` without what its sentence gave a name."""

    start: int
    end: int
    since: int
    until: int
    term: Term

    def span(self, text: str, target: str) -> Span | None:
        """What is to stand there in a language; None: the term has no word in it."""
        if self.term.keep:
            return Span(self.start, self.end, text[self.since : self.until], "term")
        wordings = self.term.words.get(target)
        return Span(self.start, self.end, wordings[0], "term") if wordings else None


@dataclass(frozen=True)
class Glossary:
    """Terms, nearest first. ``version`` changes with anything in them, and with nothing else."""

    terms: Sequence[Term] = ()
    _indices: dict[str, Index] = field(default_factory=dict, repr=False, compare=False)

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
            index = self._indices[source] = Index((term.words for term in self.terms), source)
        return [Found(at.start, at.end, at.since, at.until, self.terms[at.number]) for at in index.find(text)]

    def joined(self, further: "Glossary") -> "Glossary":
        """With the terms of another one, which count less."""
        return Glossary((*self.terms, *further.terms)) if further.terms else self


NO_GLOSSARY: Final = Glossary()
