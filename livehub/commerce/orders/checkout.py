"""Checkout as pure arithmetic: what is asked, what is there, and the order that comes of it, or a refusal."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec

from livehub.clock import iso
from livehub.commerce.auctions.errors import AwardMissing
from livehub.commerce.catalog.model import Offer
from livehub.commerce.catalog.pricing import unit_price
from livehub.commerce.checkout_hook import Affirmation
from livehub.commerce.errors import (
    AddressMissing,
    AffirmationMissing,
    BuyerLimit,
    CurrencyMismatch,
    DeliveryMissing,
    DonationOutside,
    OfferClosed,
    OfferNotFound,
    PriceChanged,
    QuoteStale,
    SoldOut,
)
from livehub.commerce.money import MAX_GOODS_MINOR, Money
from livehub.commerce.orders.confirmed import Affirmed, Confirmed
from livehub.commerce.orders.model import MAX_OPEN_ORDERS, Order, OrderLine, OrderStatus, Payment, TakenOff
from livehub.errors import InvalidInput

MAX_LINES: Final = 20
MAX_QUANTITY: Final = 1_000_000
NOTHING_WON: "Final[Mapping[str, Won]]" = MappingProxyType({})


class DeliveryMethod(StrEnum):
    PICKUP = "pickup"
    COURIER = "courier"
    NONE = "none"  # nothing has to be sent: digital goods, donations


@dataclass(frozen=True, slots=True)
class Wanted:
    """``unit_price``: what the buyer has seen; None takes whatever holds. ``auction_id``: where it was won. ``amount``:
    what they give, of a donation."""

    offer_id: str
    quantity: int
    unit_price: Money | None = None
    auction_id: str | None = None
    amount: Money | None = None

    @property
    def key(self) -> tuple[str | int, ...]:
        """What it is of, for fingerprints."""
        return (self.offer_id, self.quantity, *(() if self.amount is None else (self.amount.amount_minor,)))


@dataclass(frozen=True, slots=True)
class Won:
    """One unit that is held for ``bidder_id`` at ``price`` until ``until`` (ms)."""

    offer_id: str
    bidder_id: str
    price: Money
    until: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What a buyer asks for. ``address`` is for couriers; ``contact``: {name, email?, phone?}."""

    room_id: str
    lines: tuple[Wanted, ...]
    method: DeliveryMethod
    address: str | None
    contact: Mapping[str, str]
    provider: str
    coupon: str | None = None
    #: what the buyer tells the merchant
    note: str | None = None
    #: the courier leaves it, at ``leave_at``, without meeting anybody
    contactless: bool = False
    leave_at: str | None = None
    #: when, and with it where, it is picked up
    slot: str | None = None

    def check(self) -> None:
        """What can be said without looking at the stock. Raises: InvalidInput, AddressMissing."""
        if not 1 <= len(self.lines) <= MAX_LINES:
            raise InvalidInput(f"An order has from 1 to {MAX_LINES} lines", field="lines")
        for index, line in enumerate(self.lines):
            if not 1 <= line.quantity <= MAX_QUANTITY:
                raise InvalidInput(f"A quantity is from 1 to {MAX_QUANTITY}", field=f"lines[{index}].quantity")
            if line.auction_id is not None and line.quantity != 1:
                raise InvalidInput("One unit was won at an auction", field=f"lines[{index}].quantity")
        if len({line.offer_id for line in self.lines}) != len(self.lines):
            raise InvalidInput("Each offer has one line; add up the quantities", field="lines")
        if self.method is DeliveryMethod.COURIER and not (self.address or "").strip():
            raise AddressMissing(field="delivery.address")
        if self.method is not DeliveryMethod.COURIER and (self.contactless or self.leave_at):
            raise InvalidInput("Only couriers leave things somewhere", field="delivery.contactless")
        if self.method is not DeliveryMethod.PICKUP and self.slot is not None:
            raise InvalidInput("Only what is picked up has a slot", field="delivery.slot")

    @property
    def auctions(self) -> tuple[str, ...]:
        """Where its lines were won."""
        return tuple(line.auction_id for line in self.lines if line.auction_id is not None)

    @property
    def is_won(self) -> bool:
        """All of it was won at auctions: it is held already, and can be ordered after the show."""
        return all(line.auction_id is not None for line in self.lines)

    @property
    def delivery(self) -> dict[str, Any]:
        made: dict[str, Any] = {"method": self.method, "address": self.address}
        if self.contactless:
            made |= {"contactless": True, "leave_at": self.leave_at}
        return made

    def fingerprint(self) -> str:
        """The same for the same basket: tells a repeated request from a reused key."""
        content: list[Any] = [
            self.room_id,
            sorted(line.key for line in self.lines),
            self.delivery,
            sorted(self.contact.items()),
            self.provider,
        ]
        if self.coupon is not None:
            content.append(self.coupon)
        if self.auctions:
            content.append({"auctions": sorted(self.auctions)})
        if self.note is not None or self.slot is not None:
            content.append([self.note, self.slot])
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Intent:
    """A checked basket with everything but the stock: what the storage needs to place the order in one write.

    ``expires_at`` is None for payments that arrive by hand; ``max_open`` is how many unpaid orders the buyer may have.
    """

    order_id: str
    basket: Basket
    fingerprint: str
    idempotency_key: str
    buyer_id: str
    buyer_name: str
    store_id: str
    store_title: str
    payment: Payment
    placed_at: int
    expires_at: int | None
    max_open: int = MAX_OPEN_ORDERS
    confirmed: Confirmed | None = None
    #: (id, version) of what the buyer said yes to
    affirmed: tuple[tuple[str, str], ...] = ()
    #: the buyer's, for letters and invoices
    locale: str = "en"

    def check_quote(self, goods: Money) -> None:
        """Inside the write: the goods still cost what was quoted. Raises: QuoteStale."""
        if self.confirmed is not None and self.confirmed.subtotal != goods:
            raise QuoteStale(f"The goods cost {goods} by now", subtotal_minor=goods.amount_minor)

    def check_discount(self, discount: Money | None) -> None:
        """Inside the write: the coupon takes off what was quoted. Raises: QuoteStale."""
        quoted = None if self.confirmed is None else self.confirmed.discount_minor
        if quoted is not None and quoted != (0 if discount is None else discount.amount_minor):
            raise QuoteStale("The coupon takes off something else by now")

    def charged(self, goods: Money) -> Money:
        """``goods`` and what comes on top of them."""
        return goods if self.confirmed is None else goods + self.confirmed.added


@dataclass(frozen=True, slots=True)
class Moment:
    """A basket that is only asked about: what :func:`price` needs of an :class:`Intent`."""

    basket: Basket
    store_id: str
    placed_at: int
    buyer_id: str = ""


def price(
    intent: Intent | Moment,
    offers: Mapping[str, Offer],
    bought: Mapping[str, int],
    won: Mapping[str, Won] = NOTHING_WON,
) -> tuple[OrderLine, ...]:
    """The order's lines at the present prices.

    ``offers`` are the rows as they are inside the writing transaction, ``bought`` how many units of an offer this
    buyer already has in orders that were not given up, ``won`` what auctions that the basket names hold for somebody.

    Raises:
        AwardMissing: not won by this buyer, or not any more.
        OfferNotFound: unknown, or of another room.
        OfferClosed: outside its window, or withdrawn.
        BuyerLimit: more than one buyer may take.
        SoldOut: fewer left than asked for.
        PriceChanged: dearer than what the buyer has seen.
        DonationOutside: less or more than may be given.
        DeliveryMissing: something has to be sent, and nothing says how.
    """
    lines = tuple(
        _line(wanted, offers.get(wanted.offer_id), bought.get(wanted.offer_id, 0), index, intent)
        if wanted.auction_id is None
        else _won_line(wanted, offers.get(wanted.offer_id), won.get(wanted.auction_id), index, intent)
        for index, wanted in enumerate(intent.basket.lines)
    )
    if intent.basket.method is DeliveryMethod.NONE and any(line.is_sent for line in lines):
        raise DeliveryMissing(field="delivery.method")
    if intent.basket.coupon is not None and any(line.is_donation for line in lines):
        raise InvalidInput("Coupons are for goods, not for what is given", field="coupon")
    return lines


def _won_line(wanted: Wanted, offer: Offer | None, won: Won | None, index: int, intent: Intent | Moment) -> OrderLine:
    """At the price it was won for. The unit is held: neither window nor limit nor what is left is asked."""
    if offer is None or offer.room_id != intent.basket.room_id or offer.store_id != intent.store_id:
        raise OfferNotFound(field=f"lines[{index}].offer")
    is_theirs = won is not None and won.offer_id == offer.id and won.bidder_id == intent.buyer_id
    if won is None or not is_theirs or intent.placed_at >= won.until:
        raise AwardMissing(field=f"lines[{index}].auction")
    return OrderLine(
        offer_id=offer.id,
        variant_id=offer.variant_id,
        sku=offer.sku,
        title=offer.title,
        variant_title=offer.variant_title,
        picture=offer.picture,
        quantity=1,
        unit_price=won.price,
        ships_at=offer.ships_at,
        auction_id=wanted.auction_id,
        digital=offer.digital,
    )


def _line(wanted: Wanted, offer: Offer | None, bought: int, index: int, intent: Intent | Moment) -> OrderLine:
    field = f"lines[{index}].offer"
    if offer is None or offer.room_id != intent.basket.room_id or offer.store_id != intent.store_id:
        raise OfferNotFound(field=field)
    if not offer.is_open(intent.placed_at):
        raise _closed(offer, intent.placed_at, field)
    field = f"lines[{index}].quantity"
    if offer.per_buyer_limit is not None and bought + wanted.quantity > offer.per_buyer_limit:
        remaining = max(0, offer.per_buyer_limit - bought)
        raise BuyerLimit(
            f"One buyer may take {offer.per_buyer_limit} of these; {remaining} more are possible",
            field=field,
            remaining=remaining,
        )
    if offer.donation is not None:
        return _given(offer, offer.donation, wanted, index)
    if wanted.amount is not None:
        raise InvalidInput("Only donations have an amount of their own", field=f"lines[{index}].amount")
    if wanted.quantity > offer.buyable:
        detail = f"{offer.buyable} are left" if offer.buyable else "These are sold out"
        raise SoldOut(detail, field=field, offer=offer.id, available=offer.buyable)
    unit, deal = unit_price(offer.price, offer.tiers, offer.deal, wanted.quantity, intent.placed_at)
    if wanted.unit_price is not None and unit.amount_minor > wanted.unit_price.amount_minor:
        left = offer.deal.left if offer.deal is not None and intent.placed_at < offer.deal.ends_at else 0
        raise PriceChanged(f"The price is {unit} now", field=field, unit_price=unit.present(), deal_left=left)
    return OrderLine(
        offer_id=offer.id,
        variant_id=offer.variant_id,
        sku=offer.sku,
        title=offer.title,
        variant_title=offer.variant_title,
        picture=offer.picture,
        quantity=wanted.quantity,
        unit_price=unit,
        deal=None if deal is None else deal.number,
        ships_at=offer.ships_at,
        held=not offer.first_paid,
        parts=offer.parts,
        digital=offer.digital,
    )


def _given(offer: Offer, limits: tuple[Money, Money], wanted: Wanted, index: int) -> OrderLine:
    """What somebody gives, the suggested sum unless they say another."""
    amount, (least, most) = wanted.amount or offer.price, limits
    field = f"lines[{index}].amount"
    if wanted.quantity != 1:
        raise InvalidInput("A donation is given once; say the amount", field=f"lines[{index}].quantity")
    if amount.currency != least.currency:
        raise CurrencyMismatch(f"Give in {least.currency}", field=f"{field}.currency")
    if not least.amount_minor <= amount.amount_minor <= most.amount_minor:
        raise DonationOutside(f"Give from {least} to {most}", field=field, least=least.present(), most=most.present())
    return OrderLine(offer.id, "", "", offer.title, "", None, 1, amount)


def _closed(offer: Offer, at_ms: int, field: str) -> OfferClosed:
    if offer.starts_at is not None and at_ms < offer.starts_at:
        return OfferClosed("This offer has not begun yet", field=field, starts_at=iso(offer.starts_at))
    return OfferClosed("This offer is over", field=field)


def total(lines: Sequence[OrderLine]) -> Money:
    """Raises: InvalidInput for more than an order may come to; CurrencyMismatch, which one store's offers never do."""
    if len(lines) == 1:
        goods = lines[0].unit_price * lines[0].quantity
    else:
        first, *rest = (line.unit_price * line.quantity for line in lines)
        goods = sum(rest, first)
    if goods.amount_minor > MAX_GOODS_MINOR:
        most = Money(MAX_GOODS_MINOR, goods.currency)
        raise InvalidInput(f"The goods of one order come to {most} at the most", field="lines")
    return goods


def rules_of(offers: Mapping[str, Offer], offer_ids: Sequence[str]) -> list[Affirmation | None]:
    """What those goods have their buyers affirm, bundles what their parts have; ``offers`` knows the parts too."""
    named = [offers[offer_id] for offer_id in offer_ids]
    parts = (offers[part.offer_id] for offer in named for part in offer.parts if part.offer_id in offers)
    return [offer.rule.affirmation for offer in (*named, *parts)]


def affirmed(intent: Intent, offers: Mapping[str, Offer], goods: Money) -> Intent:
    """``intent`` with what its goods have their buyers affirm, as affirmed now.

    Raises: AffirmationMissing, with all that the goods need.
    """
    wanted = rules_of(offers, [line.offer_id for line in intent.basket.lines])
    needed = {one.key: one for one in wanted if one is not None}
    if not needed:
        return intent
    if not needed.keys() <= set(intent.affirmed):
        raise AffirmationMissing(field="affirmed", affirmations=[one.present() for one in needed.values()])
    said = tuple(Affirmed(one, intent.placed_at) for one in needed.values())
    known = intent.confirmed or Confirmed(goods, (), ())
    return replace(intent, confirmed=replace(known, affirmations=(*known.affirmations, *said)))


def make_order(
    intent: Intent,
    lines: tuple[OrderLine, ...],
    seq: int,
    coupon: TakenOff | None = None,
    pickup: Mapping[str, Any] | None = None,
    goods: Money | None = None,
) -> Order:
    """``pickup``: see :func:`livehub.commerce.fulfilment.pickups.snapshot`. ``goods``: the lines' total, where it is
    known."""
    subtotal = total(lines) if goods is None else goods
    return Order(
        seq=seq,
        id=intent.order_id,
        store_id=intent.store_id,
        store_title=intent.store_title,
        room_id=intent.basket.room_id,
        buyer_id=intent.buyer_id,
        buyer_name=intent.buyer_name,
        status=OrderStatus.PENDING_PAYMENT,
        lines=lines,
        total=intent.charged(subtotal) if coupon is None else intent.charged(subtotal) - coupon.discount,
        payment=intent.payment,
        delivery=intent.basket.delivery if pickup is None else {**intent.basket.delivery, "pickup": pickup},
        contact=intent.basket.contact,
        history=((OrderStatus.PENDING_PAYMENT, intent.placed_at),),
        placed_at=intent.placed_at,
        expires_at=intent.expires_at,
        confirmed=intent.confirmed,
        coupon=coupon,
        note=intent.basket.note,
        locale=intent.locale,
        slot_id=intent.basket.slot,
    )
