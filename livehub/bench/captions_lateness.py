"""How late words stand in captions: what was said when, against what a viewer's socket got when. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence, and when each of its words was over; all times since 1970."""

    words: tuple[str, ...]
    begins_ms: float
    ends_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A line of ``caption:lines`` (docs/protocol.md) and when it came."""

    at_ms: float
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lateness:
    """Milliseconds each. ``words``: from a word's end until it stands in the line and is not changed any more.

    ``partials``, ``finals``: from the end of what a line is of, and of the last word of it, until the line is there.
    ``missed``: words that no final line has at their place.
    """

    words: Sequence[float]
    partials: Sequence[float]
    finals: Sequence[float]
    missed: int


def lateness(spoken: Sequence[Spoken], heard: Sequence[Heard]) -> Lateness:
    """Lines go with the sentence that they have most time in common with, by the media clock."""
    words: list[float] = []
    finals: list[float] = []
    missed = 0
    belonging = _belonging(spoken, heard)
    for sentence, lines in zip(spoken, belonging, strict=True):
        final = next((each for each in reversed(lines) if each.line["final"]), None)
        if final is not None:
            finals.append(final.at_ms - sentence.ends_ms[-1])
        for place, ended_ms in enumerate(sentence.ends_ms):
            stands = _stands_at(lines, place, sentence.words[place]) if final is not None else None
            if stands is None:
                missed += 1
            else:
                words.append(stands - ended_ms)
    partials = [each.at_ms - each.line["end_ms"] for lines in belonging for each in lines if not each.line["final"]]
    return Lateness(words, partials, finals, missed)


def translated_ms(spoken: Sequence[Spoken], heard: Sequence[Heard]) -> Sequence[float]:
    """From the end of each sentence until the line in another language is there, which only whole sentences have."""
    pairs = zip(spoken, _belonging(spoken, heard), strict=True)
    return [lines[-1].at_ms - sentence.ends_ms[-1] for sentence, lines in pairs if lines]


def _belonging(spoken: Sequence[Spoken], heard: Sequence[Heard]) -> list[list[Heard]]:
    belonging: list[list[Heard]] = [[] for _ in spoken]
    for each in heard:
        common = [_common_ms(sentence, each.line) for sentence in spoken]
        best = max(range(len(spoken)), key=common.__getitem__, default=-1)
        if best >= 0 and common[best] > 0:
            belonging[best].append(each)
    return belonging


def _common_ms(sentence: Spoken, line: Mapping[str, Any]) -> float:
    return min(sentence.ends_ms[-1], float(line["end_ms"])) - max(sentence.begins_ms, float(line["start_ms"]))


def _stands_at(lines: Sequence[Heard], place: int, word: str) -> float | None:
    """When a word came that was not changed any more; None for one that is not there at the end."""
    since: float | None = None
    for each in lines:
        found = _plain(str(each.line["text"]))
        is_there = len(found) > place and found[place] == word
        since = (since or each.at_ms) if is_there else None
    return since


def _plain(text: str) -> Sequence[str]:
    """Words without what transcribers set between them."""
    return "".join(char if char.isalnum() or char == "'" else " " for char in text.lower()).split()
