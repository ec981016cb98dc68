"""How an operator writes an engine down: ``NAME[@LABEL][(OPTIONS)][:SETTING]``, such as
``deepl@eu(pairs=en-*|*-ja;deadline_s=1.5):https://api.deepl.com?key_file=/etc/livehub/deepl.key``.

The part before the colon is the same for every engine and says when it is asked; the part after it is the engine's own.
For those that are reached by HTTP it is an :class:`~livehub.setting.Address`. Nothing here ever shows a key.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from livehub.setting import Address
from livehub.translation.locale import LOCALES

#: packages know :class:`Address` by this module as well
__all__ = ["Address", "EngineSetting", "Pairs", "engine_name"]

_HEAD: Final = re.compile(
    r"(?P<name>[^:@()\s]+)(?:@(?P<label>[^:@()\s]+))?(?:\((?P<options>[^()]*)\))?(?::(?P<rest>.*))?", re.S
)
_LABEL: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which languages into which: ``*`` is any. Nothing given: all of them."""

    taken: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Pairs":
        """From ``en-*|*-ja|!en-ru``: those of the list, without those that have an exclamation mark before them.

        Raises:
            ValueError: a pair that is none, or of languages that are none of the eleven.
        """
        taken: list[tuple[str, str]] = []
        left: list[tuple[str, str]] = []
        for entry in text.split("|"):
            pair = entry.strip()
            source, dash, target = pair.removeprefix("!").partition("-")
            if not dash or not {source, target} <= {*LOCALES, "*"}:
                raise ValueError(
                    f'pairs are written en-es|es-*|!en-ru, with the tags {", ".join(LOCALES)}; not "{pair}"'
                )
            (left if pair.startswith("!") else taken).append((source, target))
        return cls(tuple(taken), tuple(left))

    def __contains__(self, pair: tuple[str, str]) -> bool:
        return (not self.taken or _listed(pair, self.taken)) and not _listed(pair, self.left)


def _listed(pair: tuple[str, str], patterns: Collection[tuple[str, str]]) -> bool:
    return any(source in {"*", pair[0]} and target in {"*", pair[1]} for source, target in patterns)


@dataclass(frozen=True, slots=True)
class EngineSetting:
    """``name`` of the entry point; ``label`` to tell two of a kind apart, "" for none; ``rest`` is the engine's own.

    ``deadline_s`` 0: as long as a line may take.
    """

    name: str
    label: str = ""
    pairs: Pairs = Pairs()
    deadline_s: float = 0.0
    rest: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> "EngineSetting":
        """Raises: ValueError, without what is after the colon."""
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'"{engine_name(text)}…": write NAME, NAME:SETTING or NAME@LABEL(pairs=en-*):SETTING')
        label = found["label"] or ""
        if label and not _LABEL.fullmatch(label):
            raise ValueError(f'the label "{label}" may have small letters, digits and . _ -, 32 at the most')
        pairs, deadline_s = Pairs(), 0.0
        for option in filter(None, map(str.strip, (found["options"] or "").split(";"))):
            key, _, value = option.partition("=")
            match key.strip():
                case "pairs":
                    pairs = Pairs.parse(value)
                case "deadline_s":
                    deadline_s = _seconds(value)
                case other:
                    raise ValueError(f'the options are pairs and deadline_s, not "{other}"')
        return cls(found["name"], label, pairs, deadline_s, found["rest"] or "")


def engine_name(text: str) -> str:
    """The name alone, of whatever was written: nothing after it, so it may be shown to anybody."""
    return re.split(r"[:@(\s]", text.strip(), maxsplit=1)[0][:64]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 60:
        raise ValueError("deadline_s is a number of seconds between 0.05 and 60")
    return seconds
