"""What was translated before: bounded in entries, in characters and in age, the longest unused going first."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from livehub.clock import Clock

#: (text, source locale, target locale, version of the glossary and names in the text, or "")
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """``text`` None: every engine answered that it has no translation. ``provider`` is "" then."""

    text: str | None
    provider: str
    expires_at_s: float


class TranslationCache:
    """At most ``max_entries`` lines and ``max_chars`` characters of original and translation together.

    A translation is kept ``ttl_s`` seconds, "nobody has one" ``missing_ttl_s``: an operator who adds an engine or a
    phrase should not wait hours. ``max_entries`` 0 keeps nothing.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        max_entries: int = 20_000,
        max_chars: int = 8_000_000,
        ttl_s: float = 6 * 3600,
        missing_ttl_s: float = 60,
    ) -> None:
        self._clock: Final = clock
        self._max_entries: Final = max_entries
        self._max_chars: Final = max_chars
        self._ttl_s: Final = ttl_s
        self._missing_ttl_s: Final = missing_ttl_s
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._chars = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def chars(self) -> int:
        return self._chars

    def get(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at_s <= self._clock.monotonic():
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: Key, text: str | None, provider: str) -> None:
        if key in self._entries:
            self._forget(key)
        ttl_s = self._missing_ttl_s if text is None else self._ttl_s
        self._entries[key] = Entry(text, provider, self._clock.monotonic() + ttl_s)
        self._chars += len(key[0]) + len(text or "")
        while self._entries and (len(self._entries) > self._max_entries or self._chars > self._max_chars):
            self._forget(next(iter(self._entries)))

    def _forget(self, key: Key) -> None:
        entry = self._entries.pop(key)
        self._chars -= len(key[0]) + len(entry.text or "")
