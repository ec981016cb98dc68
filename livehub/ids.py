"""Identifiers: sortable by creation time, unguessable where that matters."""

import base64
import os
import secrets
import struct
import time
from collections import deque
from typing import Final

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing to confuse when read aloud

_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # two digits at a time
_SHIFTS = range(90, -1, -10)

#: random numbers of 64 bits in store, each used once: to ask the kernel for every id is a tenth of what an order costs
_STORE: Final[deque[int]] = deque()
_MANY = struct.Struct("<256Q")
os.register_at_fork(after_in_child=_STORE.clear)  # or both would go on with the same


def _random64() -> int:
    """From the kernel (getrandom). Safe among threads: whoever takes one out of a deque is the only one to have it."""
    while True:
        try:
            return _STORE.popleft()
        except IndexError:
            _STORE.extend(_MANY.unpack(os.urandom(_MANY.size)))


def new_id(prefix: str) -> str:
    """``prefix_`` and 20 characters: 48 bits of milliseconds, then 52 random bits. Sorts by creation time."""
    value = (time.time_ns() // 1_000_000) << 52 | _random64() >> 12
    return f"{prefix}_{''.join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])}"


def new_secret(n_bytes: int = 24) -> str:
    """URL-safe text with ``n_bytes`` of entropy, for tokens and unguessable addresses."""
    return secrets.token_urlsafe(n_bytes)


def new_dated_secret(prefix: str) -> str:
    """As :func:`new_id` with 124 random bits, 36 characters after a prefix of three: not to be guessed, and an index of
    many grows at its end instead of everywhere."""
    more = (_random64() << 8 | _random64() >> 56).to_bytes(9, "big")
    return new_id(prefix) + base64.urlsafe_b64encode(more).decode()
