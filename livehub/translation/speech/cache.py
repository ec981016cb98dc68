"""What was spoken already, by text and language; the longest unused goes first. Pure."""

import hashlib
from collections import OrderedDict
from typing import Final

from livehub.translation.speech.sound import Sound

MAX_CACHED_BYTES: Final = 32 << 20
MAX_CACHED: Final = 2_000


class SoundCache:
    def __init__(self, max_bytes: int = MAX_CACHED_BYTES, max_entries: int = MAX_CACHED) -> None:
        self._max_bytes: Final = max_bytes
        self._max_entries: Final = max_entries
        self._kept: OrderedDict[str, Sound] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: str) -> Sound | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, sound: Sound) -> None:
        before = self._kept.pop(key, None)
        self.size_bytes += len(sound.data) - (len(before.data) if before is not None else 0)
        self._kept[key] = sound
        while self.size_bytes > self._max_bytes or len(self._kept) > self._max_entries:
            _, gone = self._kept.popitem(last=False)
            self.size_bytes -= len(gone.data)

    def __len__(self) -> int:
        return len(self._kept)


def key_of(text: str, locale: str) -> str:
    """The voice is not in it: a language has one, as long as the server runs."""
    return f"{locale}:{hashlib.sha256(text.encode()).hexdigest()}"
