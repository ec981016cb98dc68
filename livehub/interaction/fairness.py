"""How a winner is found, so that anybody can find the same one. Pure; docs/interaction.md has it in words.

1. Before the first entry the server makes 32 random bytes, the *seed*, and publishes ``commitment = SHA-256(seed)``.
2. Each entry is a *ticket*, ``SHA-256("<draw id>:<identity>")``: who entered knows their own, others see no name.
3. When entries close, the list of tickets (sorted, one a line, each line ended by a line feed) is published with its
   SHA-256, the *entries digest*.
4. The draw publishes the seed. Place p (1, 2, …) is won by the ticket at index
   ``HMAC-SHA-256(seed, "<draw id>:<entries digest>:<p>")``, a big-endian integer, modulo the number of tickets that
   have not won yet, in the sorted list of those, counted from 0.

All digests are in lower-case hexadecimal. A number of 256 bits modulo at most 10^5 favours nobody by more than 2^-239.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

SEED_BYTES = 32


def new_seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def commitment_to(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()


def ticket_of(draw_id: str, identity: str) -> str:
    return hashlib.sha256(f"{draw_id}:{identity}".encode()).hexdigest()


def entry_list(tickets: Iterable[str]) -> bytes:
    """The published list: sorted, one ticket a line."""
    return b"".join(f"{ticket}\n".encode() for ticket in sorted(tickets))


def entries_digest(tickets: Iterable[str]) -> str:
    return hashlib.sha256(entry_list(tickets)).hexdigest()


def choose(seed: bytes, draw_id: str, tickets: Iterable[str], places: int) -> list[str]:
    """The winning tickets, the first place first; fewer than ``places`` where not as many entered."""
    left = sorted(tickets)
    digest = entries_digest(left)
    winners: list[str] = []
    for place in range(1, min(places, len(left)) + 1):
        mac = hmac.digest(seed, f"{draw_id}:{digest}:{place}".encode(), "sha256")
        winners.append(left.pop(int.from_bytes(mac) % len(left)))
    return winners
