"""Identifiers: sortable by creation time, unguessable where that matters."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing to confuse when read aloud

_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # two digits at a time
_SHIFTS = range(90, -1, -10)


def new_id(prefix: str) -> str:
    """``prefix_`` and 20 characters: 48 bits of milliseconds, then 52 random bits. Sorts by creation time."""
    value = (time.time_ns() // 1_000_000) << 52 | secrets.randbits(52)
    return f"{prefix}_{''.join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])}"


def new_secret(n_bytes: int = 24) -> str:
    """URL-safe text with ``n_bytes`` of entropy, for tokens and unguessable addresses."""
    return secrets.token_urlsafe(n_bytes)


def new_dated_secret(prefix: str) -> str:
    """As :func:`new_id` with 124 random bits, 36 characters after a prefix of three: not to be guessed, and an index of
    many grows at its end instead of everywhere."""
    return new_id(prefix) + new_secret(9)
