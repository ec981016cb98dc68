"""What is delivered the moment it is paid: an address to go to, or a code for each unit. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from livehub.commerce.orders.model import OrderLine
from livehub.errors import InvalidInput
from livehub.text import web_address

MAX_URL_CHARS: Final = 2000
MAX_NOTE_CHARS: Final = 1000
MAX_CODE_CHARS: Final = 200
#: codes added at a time, and of one article that nobody has yet
MAX_CODES_AT_ONCE: Final = 5000
MAX_CODES: Final = 100_000


class DigitalKind(StrEnum):
    LINK = "link"  # the same address for every buyer
    CODES = "codes"  # each unit has a code of its own


@dataclass(frozen=True, slots=True)
class DigitalGood:
    """``url``: where what was bought is found (``link``), or where codes are used. ``left``: codes that nobody has."""

    sku: str
    kind: DigitalKind
    url: str | None
    note: str
    left: int = 0
    given: int = 0

    def check(self) -> None:
        """Raises: InvalidInput."""
        if self.kind is DigitalKind.LINK and not self.url:
            raise InvalidInput("A link needs its address", field="url")
        if self.url is not None:
            web_address(self.url, "url")

    def present(self) -> dict[str, Any]:
        """For the merchant."""
        return {
            "sku": self.sku,
            "kind": self.kind,
            "url": self.url,
            "note": self.note,
            "codes_left": self.left,
            "codes_given": self.given,
        }


@dataclass(frozen=True, slots=True)
class Unit:
    """``quantity`` units of a digital article in an order, alone or as part of a bundle."""

    variant_id: str
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a buyer has. ``missing``: codes that the merchant has not added yet; they come by themselves."""

    unit: Unit
    good: DigitalGood
    codes: tuple[str, ...]

    def present(self) -> dict[str, Any]:
        has_codes = self.good.kind is DigitalKind.CODES
        return {
            "sku": self.unit.sku,
            "title": self.unit.title,
            "quantity": self.unit.quantity,
            "kind": self.good.kind,
            "url": self.good.url,
            "note": self.good.note,
            "codes": list(self.codes),
            "missing": self.unit.quantity - len(self.codes) if has_codes else 0,
        }


def units_of(lines: Sequence[OrderLine]) -> list[Unit]:
    """What of an order is digital, by article."""
    found: dict[str, Unit] = {}
    for line in lines:
        if line.digital:
            _add(found, Unit(line.variant_id, line.sku, _name(line.title, line.variant_title), line.quantity))
        for part in line.parts:
            if part.digital:
                name = _name(part.title, part.variant_title)
                _add(found, Unit(part.variant_id, part.sku, name, part.quantity * line.quantity))
    return [found[variant_id] for variant_id in sorted(found)]


def _add(found: dict[str, Unit], unit: Unit) -> None:
    known = found.get(unit.variant_id)
    more = 0 if known is None else known.quantity
    found[unit.variant_id] = Unit(unit.variant_id, unit.sku, unit.title, unit.quantity + more)


def _name(title: str, variant_title: str) -> str:
    return f"{title}, {variant_title}" if variant_title else title
