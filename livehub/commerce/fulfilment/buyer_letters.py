"""Letters to buyers about their orders: which there are, and what they say in the buyer's language.

A letter is kept in the outbox in the commit of what it tells of; what it says is composed when it is sent, from the
order as it is then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime as in_words
from babel.dates import format_time

from livehub.commerce.fulfilment.invoices import Invoice, InvoiceKind, money
from livehub.commerce.fulfilment.shipments import Shipment
from livehub.commerce.fulfilment.terms import Terms, awaits_transfer
from livehub.commerce.gateway import Gateway, HandWords, hand_words, words_for
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.orders.waiting import waits_for_days
from livehub.commerce.payments.settling import UNPAID

LETTER_TARGET: Final = "ordermail"
#: what is told to the merchant's systems → the letter to the buyer about it
LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "order.placed": "placed",
        "order.paid": "paid",
        "order.shipment_shipped": "shipped",
        "order.cancelled": "cancelled",
        "order.partially_refunded": "refunded",
        "order.refunded": "refunded",
        "order.payment_refunded": "refunded",
    }
)


def N_(sentence: str) -> str:
    """Marks a sentence for translation; it is looked up when the letter is made."""
    return sentence


#: kind → subject and first sentence
WORDS: Final = MappingProxyType(
    {
        "placed": (N_("Your order {number} at {store}"), N_("Thank you for your order. We keep it for you.")),
        "paid": (N_("Order {number} is paid"), N_("Thank you, your payment is here.")),
        "shipped": (N_("Order {number} is on its way"), N_("We have sent this to you:")),
        "ready": (N_("Order {number} was handed over"), N_("This was handed over to you:")),
        "cancelled": (N_("Order {number} was cancelled"), N_("This order was cancelled. Nothing is owed.")),
        "refunded": (N_("Money back for order {number}"), N_("We have given back {amount}.")),
        "reminder": (
            N_("Order {number} waits for your money"),
            N_("We keep this for you, and have not got your money yet:"),
        ),
        "expired": (
            N_("Order {number} is not kept any longer"),
            N_(
                "Your money has not come in time, so these are on sale again. If you have sent it already, you get "
                "them if they are still there, or your money back."
            ),
        ),
        "return_asked": (
            N_("You want your money back for order {number}"),
            N_("We have got your request and will answer it. It is about:"),
        ),
        "return_declined": (
            N_("Your request about order {number}"),
            N_("We are sorry: we do not give the money back for this:"),
        ),
    }
)
TOTAL, SEND_TO, PICK_UP = N_("Total"), N_("Send to"), N_("Pick-up")
IN_OWN_WORDS = N_("Translated for you. Under each translation stands what the shop wrote.")
#: before what the shop wrote
_UNDER: Final = "    "
TRACKING, SEE_ORDER, SEE_INVOICE = N_("Tracking number: {number}"), N_("Your order:"), N_("Your invoice:")
WHY = N_("The shop says:")
TRANSFER_TO, REFERENCE = N_("Transfer {amount} to this account:"), N_("Reference")
THERE_BY = N_("The money has to be there by {when}.")


#: the letters that say how to pay
_ASKING: Final = frozenset({"placed", "reminder"})


class Letter(msgspec.Struct, frozen=True):
    """What the outbox keeps of a letter. ``refunded_minor``: what had gone back by then, in all; ``lines``: (offer,
    quantity) that it is about, none are all of the order; ``words``: what the shop wrote."""

    kind: str
    refunded_minor: int = 0
    shipment: str | None = None
    lines: tuple[tuple[str, int], ...] = ()
    words: str = ""


class Sentences(Protocol):
    async def text(self, locale: str, message_id: str) -> str:
        """The interface's sentence in that locale."""


class ShopWords(Protocol):
    """Puts what a shop wrote into its buyers' languages; :class:`livehub.translating.MerchantWords`."""

    async def into(self, store_id: str, room_id: str, texts: Sequence[str], locale: str) -> Mapping[str, str]:
        """By what the shop wrote, within some seconds; what cannot be had is left out. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Sender:
    """``public_url`` without trailing slash; ``mail_from`` is the address that letters come from."""

    public_url: str
    mail_from: str


class BuyerLetters:
    """Without ``words`` letters say what shops wrote as they wrote it. ``gateways`` say how money moves by hand."""

    def __init__(
        self,
        sentences: Sentences,
        sender: Sender,
        words: ShopWords | None = None,
        gateways: Mapping[str, Gateway] = MappingProxyType({}),
    ) -> None:
        self._gateways = gateways
        self._sentences = sentences
        self._sender = sender
        self._words = words

    async def write(
        self, letter: Letter, order: Order, invoices: list[Invoice], terms: Terms, message_id: str, at_ms: int
    ) -> EmailMessage:
        """``terms`` of the shop: answers go to its own address, if it has told one."""
        is_handed = letter.kind == "shipped" and order.delivery.get("method") == "pickup"
        subject, first = WORDS["ready" if is_handed else letter.kind]
        amount = money(letter.refunded_minor, order.total.currency, order.locale)
        text = [(await self._text(order, first)).format(amount=amount), ""]
        told = await self._told(order)
        body = await self._body(letter, order, told)
        text += body
        said = self._by_hand(order)
        if letter.kind == "refunded" and said:
            text += ["", *said.comes_back.splitlines()]
        if letter.kind in _ASKING:
            text += await self._how_to_pay(order, terms)
        if told and any(row.startswith(_UNDER) for row in body):
            text += ["", await self._text(order, IN_OWN_WORDS)]
        url = f"{self._sender.public_url}/orders/{order.id}"
        text += ["", f"{await self._text(order, SEE_ORDER)} {url}"]
        wanted = {"paid": InvoiceKind.INVOICE, "refunded": InvoiceKind.CREDIT}.get(letter.kind)
        issued = [one for one in invoices if one.kind is wanted]
        if issued:
            link = f"{self._sender.public_url}/invoices/{issued[-1].id}"
            text.append(f"{await self._text(order, SEE_INVOICE)} {link}")
        text += ["", "--", order.store_title, ""]
        title = (await self._text(order, subject)).format(number=order.number, store=order.store_title)
        return self._message(title, "\n".join(text), order, terms.seller_email, message_id, at_ms)

    async def _told(self, order: Order) -> Mapping[str, str]:
        """The shop's own texts in the buyer's language, by what they say."""
        if self._words is None:
            return {}
        place = (order.delivery.get("pickup") or {}).get("place", {})
        texts = [text for line in order.lines for text in (line.title, line.variant_title)]
        texts += [str(place.get(name, "")) for name in ("title", "directions")]
        wanted = [text for text in dict.fromkeys(texts) if text.strip()]
        return await self._words.into(order.store_id, order.room_id, wanted, order.locale)

    async def _body(self, letter: Letter, order: Order, told: Mapping[str, str]) -> list[str]:
        shipment = _named(order, letter.shipment) if letter.kind == "shipped" else None
        inside = dict(shipment.lines if shipment else letter.lines)
        inside = inside or {line.offer_id: line.quantity for line in order.lines}
        lines = [
            row
            for line in order.lines
            if line.offer_id in inside
            for row in _article(inside[line.offer_id], line.title, line.variant_title, told)
        ]
        if shipment is not None:
            if shipment.tracking.number:
                tracking = await self._text(order, TRACKING)
                lines += ["", tracking.format(number=f"{shipment.tracking.number} {shipment.tracking.carrier}".strip())]
            if shipment.tracking.url:
                lines.append(shipment.tracking.url)
            return lines
        if letter.lines:
            return [*lines, "", await self._text(order, WHY), *letter.words.splitlines()] if letter.words else lines
        total = money(order.total.amount_minor, order.total.currency, order.locale)
        lines.append(f"{await self._text(order, TOTAL)}: {total}")
        if letter.kind == "placed":
            lines += await self._where(order, told)
        return lines

    def _by_hand(self, order: Order) -> HandWords | None:
        return words_for(hand_words(self._gateways.get(order.payment.provider)), order.locale)

    async def _how_to_pay(self, order: Order, terms: Terms) -> list[str]:
        """Where to, and until when: of an order that waits for money by hand."""
        said = self._by_hand(order) if order.status is OrderStatus.PENDING_PAYMENT else None
        told: list[str] = ["", *said.waits.splitlines()] if said else []
        if terms.transfer_to and awaits_transfer(order):
            told += ["", *await self._transfer(order, terms)]
        if order.expires_at is not None and waits_for_days(order):
            told.append((await self._text(order, THERE_BY)).format(when=_moment(order.expires_at, order.locale)))
        return told

    async def _transfer(self, order: Order, terms: Terms) -> list[str]:
        """The account as the shop wrote it: nobody translates that."""
        amount = money(order.total.amount_minor, order.total.currency, order.locale)
        first = (await self._text(order, TRANSFER_TO)).format(amount=amount)
        return [first, *terms.transfer_to.splitlines(), f"{await self._text(order, REFERENCE)}: {order.number}"]

    async def _where(self, order: Order, told: Mapping[str, str]) -> list[str]:
        if order.delivery.get("address"):
            return ["", f"{await self._text(order, SEND_TO)}:", *str(order.delivery["address"]).splitlines()]
        pickup = order.delivery.get("pickup")
        if not pickup:
            return []
        place, when = pickup["place"], slot_words(pickup, order.locale)
        title = str(place["title"])
        rows = ["", f"{await self._text(order, PICK_UP)}: {told.get(title, title)}", *_original(title, told)]
        # An address stays as it is: it has to be found.
        rows += [*place["address"].splitlines(), when]
        directions = str(place.get("directions") or "")
        if directions:
            rows += [*told.get(directions, directions).splitlines(), *_original(directions, told)]
        return rows

    def _message(
        self, subject: str, text: str, order: Order, reply_to: str, message_id: str, at_ms: int
    ) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        local, _, domain = self._sender.mail_from.rpartition("@")
        letter["From"] = MailAddress(order.store_title[:80], local, domain)
        letter["To"] = str(order.contact["email"])
        if reply_to:
            letter["Reply-To"] = reply_to
        letter["Subject"] = subject
        letter["Date"] = format_datetime(datetime.fromtimestamp(at_ms // 1000, UTC))
        letter["Message-ID"] = f"<{message_id}@{domain}>"
        # RFC 3834: no holiday notices back.
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)  # which takes Content-… headers away, so this one comes after it
        letter["Content-Language"] = order.locale
        return letter

    async def _text(self, order: Order, sentence: str) -> str:
        return await self._sentences.text(order.locale, sentence)


def is_moot(letter: Letter, order: Order) -> bool:
    """Whether it says what is not so any more: a reminder of money that is there, an end that the money has undone."""
    if letter.kind == "reminder":
        return order.status is not OrderStatus.PENDING_PAYMENT
    return letter.kind == "expired" and (order.status is not OrderStatus.EXPIRED or order.payment.status not in UNPAID)


def _moment(at_ms: int, locale: str) -> str:
    return in_words(datetime.fromtimestamp(at_ms // 1000, UTC), "EEEE, d MMMM y, HH:mm 'UTC'", locale=locale)


def _article(quantity: int, title: str, variant: str, told: Mapping[str, str]) -> list[str]:
    """One row, and what the shop wrote under it where that is something else."""
    written, shown = _named_as(title, variant), _named_as(told.get(title, title), told.get(variant, variant))
    return [f"{quantity} × {shown}", *([_UNDER + written] if written != shown else [])]


def _named_as(title: str, variant: str) -> str:
    return f"{title} ({variant})" if variant else title


def _original(text: str, told: Mapping[str, str]) -> list[str]:
    return [_UNDER + row for row in text.splitlines()] if told.get(text, text) != text else []


def slot_words(pickup: Mapping[str, Any], locale: str) -> str:
    """From when to when, on the place's own clock."""
    zone = ZoneInfo(str(pickup["place"]["time_zone"]))
    begin, end = (datetime.fromisoformat(str(pickup[name])).astimezone(zone) for name in ("starts_at", "ends_at"))
    return f"{in_words(begin, 'EEEE, d MMMM y, HH:mm', locale=locale)} – {format_time(end, 'HH:mm', locale=locale)}"


def _named(order: Order, shipment_id: str | None) -> Shipment | None:
    return next((one for one in order.shipments if one.id == shipment_id), None)
