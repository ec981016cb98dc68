"""Claims: units kept for somebody who said so, by a word in the chat or a button, until a time. Pure.

A claim is not an order: it has no price and no address. It *holds* its units, or waits in line for units that others
let go, or, where the offer goes to whoever pays first, only marks who wants to buy. Ordering takes the claim over.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from livehub.clock import iso
from livehub.errors import InvalidInput

MAX_WORD_CHARS: Final = 24
#: how long a claim holds its units, in seconds
MIN_CLAIM_S: Final = 30
MAX_CLAIM_S: Final = 3600
CLAIM_S: Final = 300
#: units of one claim
MAX_UNITS: Final = 1000
#: who may wait for one offer
MAX_WAITING: Final = 1000
#: claims of one buyer at a time, over all rooms
MAX_LIVE: Final = 20
#: claims on one offer that a buyer may let run out: nobody may keep units from others for a whole show
MAX_RUN_OUT: Final = 3

_MAX_LINE_CHARS: Final = 60
_SPACES = re.compile(r"\s+")
_QUANTITY = re.compile(r"(?: ?[x×*+] ?| )(\d{1,4})$")


class ClaimState(StrEnum):
    HELD = "held"  # the units are kept until ``expires_at``
    OPEN = "open"  # the offer goes to who pays first: nothing is kept, the buyer may order until ``expires_at``
    WAITING = "waiting"  # in line for units that others let go
    ORDERED = "ordered"
    EXPIRED = "expired"
    RELEASED = "released"  # by the buyer or the merchant


#: states in which a claim may become something else
LIVE: Final = (ClaimState.HELD, ClaimState.OPEN, ClaimState.WAITING)


@dataclass(frozen=True, slots=True)
class Claim:
    """``wanted`` units were asked for, ``quantity`` of them can be ordered now (0 while it waits).

    ``ahead``: who waits before it, None unless it waits. Times in ms; ``expires_at`` None unless held or open.
    """

    seq: int
    id: str
    offer_id: str
    room_id: str
    buyer_id: str
    buyer_name: str
    title: str
    wanted: int
    quantity: int
    state: ClaimState
    message_id: str | None
    order_id: str | None
    claimed_at: int
    expires_at: int | None
    ahead: int | None = None

    def present(self) -> dict[str, Any]:
        """For its buyer and for those who run the room."""
        return {
            "id": self.id,
            "offer": self.offer_id,
            "room_id": self.room_id,
            "title": self.title,
            "wanted": self.wanted,
            "quantity": self.quantity,
            "state": self.state,
            "ahead": self.ahead,
            "order": self.order_id,
            "message": self.message_id,
            "claimed_at": iso(self.claimed_at),
            "expires_at": None if self.expires_at is None else iso(self.expires_at),
            "buyer": {"id": self.buyer_id, "display_name": self.buyer_name},
        }


@dataclass(frozen=True, slots=True)
class NewClaim:
    """``message_id``: the chat line that it was made by; the same line claims once."""

    id: str
    offer_id: str
    buyer_id: str
    buyer_name: str
    wanted: int
    message_id: str | None = None

    def check(self) -> None:
        """Raises: InvalidInput."""
        if not 1 <= self.wanted <= MAX_UNITS:
            raise InvalidInput(f"A claim is for 1 to {MAX_UNITS} units", field="quantity")


def normal_word(text: str) -> str:
    """A keyword as it is kept and compared: whatever its case, width and script of digits. Raises: InvalidInput."""
    word = _plain(text)
    fits = 1 <= len(word) <= MAX_WORD_CHARS
    if not fits or not any(char.isalnum() for char in word) or not all(_may_stand(char) for char in word):
        raise InvalidInput(
            f"A keyword has 1 to {MAX_WORD_CHARS} letters, digits, spaces and the signs # - _", field="claim_word"
        )
    return word


def read_claim(text: str, words: Mapping[str, str]) -> tuple[str, int] | None:
    """The offer and the units that a chat line claims: the whole line is a keyword, and at most a number after it.

    ``words``: keyword → offer id. ``SOLD 12``, ``sold 12 x2``, ``SOLD 12 2`` and ``sold 12 +2`` are read; of words
    that begin alike the longest counts.
    """
    if not words or len(text) > _MAX_LINE_CHARS:
        return None
    line = _plain(text).rstrip(".!… ")
    for word in sorted(words, key=len, reverse=True):
        if line == word:
            return words[word], 1
        if line.startswith(word) and (match := _QUANTITY.fullmatch(line[len(word) :])):
            quantity = int(match[1])
            return (words[word], quantity) if 1 <= quantity <= MAX_UNITS else None
    return None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    digits = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
    return _SPACES.sub(" ", digits).strip()


def _may_stand(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in {"Mn", "Mc"} or char in " #-_"
