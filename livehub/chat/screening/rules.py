"""What a room wants of its lines, as moderators set it: slow mode, words, links. Kept as JSON, sent as JSON."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from livehub.chat.screening.words import MAX_WORD_CHARS, Word, letters_of
from livehub.errors import InvalidInput

MAX_SLOW_S: Final = 6 * 3600
MAX_WORDS: Final = 500
MAX_HOSTS: Final = 100
#: languages that words may be given for
LISTS: Final = ("*", "ar", "id", "zh", "en", "fr", "ja", "ru", "es", "th", "tr", "vi")

_Text = Annotated[str, Meta(min_length=1, max_length=4 * MAX_WORD_CHARS, pattern="^[^\\x00]*$")]


class Outcome(StrEnum):
    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


class WordList(msgspec.Struct, frozen=True):
    refused: Annotated[tuple[_Text, ...], Meta(max_length=MAX_WORDS)] = ()
    held: Annotated[tuple[_Text, ...], Meta(max_length=MAX_WORDS)] = ()


class Rules(msgspec.Struct, frozen=True):
    """``words`` by language, ``*`` for every language. ``unsure``: what becomes of a line of which a plug-in says
    nothing in time.

    ``hold_all``: every viewer's line waits for a moderator. ``raids``: lines that many say at once are held.
    """

    slow_s: Annotated[int, Meta(ge=0, le=MAX_SLOW_S)] = 0
    links: Outcome = Outcome.ALLOW
    allowed_hosts: Annotated[tuple[Annotated[str, Meta(max_length=253)], ...], Meta(max_length=MAX_HOSTS)] = ()
    words: Mapping[str, WordList] = msgspec.field(default_factory=dict)
    raids: bool = True
    hold_all: bool = False
    unsure: Outcome = Outcome.ALLOW

    def present(self) -> dict[str, Any]:
        shown: dict[str, Any] = msgspec.to_builtins(self)
        return shown

    def shown_to_all(self) -> dict[str, Any]:
        """What members should know before they write; the words are not for them."""
        return {"slow_s": self.slow_s, "links": self.links.value, "hold_all": self.hold_all}

    def all_words(self) -> list[Word]:
        return [
            Word(text, locale, holds)
            for locale, listed in self.words.items()
            for holds, texts in ((False, listed.refused), (True, listed.held))
            for text in texts
        ]


def changes(before: Rules, after: Rules) -> dict[str, Any]:
    """``{before: {field: value}, after: {field: value}}`` of what is not the same, as JSON has it."""
    was, now = before.present(), after.present()
    names = [name for name in was if was[name] != now[name]]
    return {"before": {name: was[name] for name in names}, "after": {name: now[name] for name in names}}


def turned_back(rules: Rules, before: Mapping[str, Any], after: Mapping[str, Any]) -> Rules | None:
    """``rules`` with what :func:`changes` tells of as it was ``before``; None where it is not as it was ``after``."""
    shown = rules.present()
    if msgspec.convert({**shown, **after}, Rules) != rules:
        return None
    return msgspec.convert({**shown, **before}, Rules)


def checked(rules: Rules) -> Rules:
    """The rules as they are kept: words and names tidied, none twice.

    Raises:
        InvalidInput: an unknown language, a word that cannot be looked for, too many of them, or no name of a site.
    """
    unknown = next((locale for locale in rules.words if locale not in LISTS), None)
    if unknown is not None:
        raise InvalidInput("Words are listed by one of the languages offered here, or by * for all", field="words")
    words = {locale: WordList(_tidied(listed.refused), _tidied(listed.held)) for locale, listed in rules.words.items()}
    if sum(len(listed.refused) + len(listed.held) for listed in words.values()) > MAX_WORDS:
        raise InvalidInput(f"A room has at most {MAX_WORDS} words", field="words", code="too_many_words")
    hosts = tuple(dict.fromkeys(_host(name) for name in rules.allowed_hosts))
    return msgspec.structs.replace(
        rules, words={k: v for k, v in words.items() if v != WordList()}, allowed_hosts=hosts
    )


def _tidied(texts: tuple[str, ...]) -> tuple[str, ...]:
    # Halves of surrogate pairs are no letters, and JSON cannot keep them.
    whole = (text.encode("utf-8", "ignore").decode() for text in texts)
    found = dict.fromkeys(" ".join(text.split()) for text in whole)
    for text in found:
        if not 0 < letters_of(text) <= MAX_WORD_CHARS:
            raise InvalidInput(f"A word has from 1 to {MAX_WORD_CHARS} letters", field="words", code="word_unusable")
    return tuple(found)


def _host(name: str) -> str:
    host = name.strip().casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.").strip("/.")
    if "." not in host or not all(c.isalnum() or c in ".-" for c in host):
        raise InvalidInput("Give the name of a site, such as example.org", field="allowed_hosts")
    return host
