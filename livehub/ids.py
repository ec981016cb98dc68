"""Identifiers: sortable by creation time, unguessable where that matters."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing to confuse when read aloud


def new_id(prefix: str) -> str:
    """``prefix_`` and 20 characters: 48 bits of milliseconds, then 52 random bits. Sorts by creation time."""
    value = (time.time_ns() // 1_000_000) << 52 | secrets.randbits(52)
    digits = []
    for _ in range(20):
        value, digit = divmod(value, 32)
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}"


def new_secret(n_bytes: int = 24) -> str:
    """URL-safe text with ``n_bytes`` of entropy, for tokens and unguessable addresses."""
    return secrets.token_urlsafe(n_bytes)
