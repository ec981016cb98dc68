"""Quotes: what an order would cost, all included, held for a while by a signed token that no table has to keep.

The buyer sees a quote and confirms it with the order: the server checks that the token is its own, of this basket and
not too old, and the write that places the order checks that the goods still cost what was quoted.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from livehub.clock import Clock
from livehub.commerce.checkout_hook import (
    MAX_AFFIRMATION_CHARS,
    MAX_AFFIRMATIONS,
    MAX_CHARGES,
    MAX_TITLE_CHARS,
    Affirmation,
    Answer,
    Charge,
    CheckoutContext,
    CheckoutHook,
)
from livehub.commerce.errors import AffirmationMissing, CheckoutRefused, HookFailed, QuoteInvalid
from livehub.commerce.money import MAX_AMOUNT_MINOR, Money
from livehub.commerce.orders.checkout import Basket
from livehub.commerce.orders.confirmed import Affirmed, Confirmed
from livehub.errors import InvalidInput
from livehub.text import many_lines, one_line

log = logging.getLogger(__name__)

#: how long a quote holds; prices of goods may change meanwhile, which the order then says
QUOTE_MS: Final = 15 * 60 * 1000
MAX_TOKEN_CHARS: Final = 64 * 1024


class _Token(msgspec.Struct, frozen=True, array_like=True):
    basket: str
    subtotal_minor: int
    currency: str
    charges: tuple[Charge, ...]
    affirmations: tuple[Affirmation, ...]
    expires_at: int
    discount_minor: int | None = None


class HooksOfStores(Protocol):
    async def of(self, store_id: str) -> Sequence[CheckoutHook]: ...

    async def close(self) -> None: ...


class Quotes:
    """``hooks`` of the server and ``of_stores``, those of each shop, are asked all at once; ``secret`` signs the
    tokens."""

    def __init__(self, hooks: Sequence[CheckoutHook], secret: str, clock: Clock) -> None:
        self.hooks = tuple(hooks)
        self.of_stores: HooksOfStores | None = None
        self._key = hmac.new(secret.encode(), b"livehub quotes", hashlib.sha256).digest()
        self._clock = clock

    async def ask(self, context: CheckoutContext) -> Confirmed:
        """What the hooks add, before anybody has affirmed anything. Raises: CheckoutRefused, HookFailed."""
        hooks = await self._hooks(context.store_id)
        answers = await asyncio.gather(*(self._answer(hook, context) for hook in hooks))
        for answer in answers:
            if answer.refusal is not None:
                raise CheckoutRefused(answer.refusal)
        charges = tuple(charge for answer in answers for charge in answer.charges)
        needed = tuple(one for answer in answers for one in answer.affirmations)
        less = None if context.discount is None else context.discount.amount_minor
        return Confirmed(context.subtotal, charges, tuple(Affirmed(one, None) for one in needed), less)

    async def are_needed(self, store_id: str | None) -> bool:
        """Whether anybody has a say in what this shop's orders cost."""
        return bool(self.hooks) or (store_id is not None and bool(await self._hooks(store_id)))

    async def _hooks(self, store_id: str) -> Sequence[CheckoutHook]:
        own = () if self.of_stores is None else await self.of_stores.of(store_id)
        return (*self.hooks, *own)

    async def _answer(self, hook: CheckoutHook, context: CheckoutContext) -> Answer:
        try:
            async with asyncio.timeout(hook.deadline_s):
                return _checked(await hook.quote(context), context)
        except Exception as error:  # a plug-in may fail in any way; its own policy says what that means
            log.warning("checkout hook %s failed (%s): %s", hook.id, hook.on_failure, error or type(error).__name__)
            if hook.on_failure == "refuse":
                raise HookFailed("What this costs cannot be worked out right now; try again in a moment") from error
        return _checked(hook.default(context), context)

    def token(self, basket: Basket, quoted: Confirmed) -> tuple[str, int]:
        """The token, and when it ends."""
        expires_at = self._clock.now_ms() + QUOTE_MS
        body = msgspec.json.encode(
            _Token(
                basket_print(basket),
                quoted.subtotal.amount_minor,
                quoted.subtotal.currency,
                quoted.charges,
                tuple(one.affirmation for one in quoted.affirmations),
                expires_at,
                quoted.discount_minor,
            )
        )
        return f"{_text(body)}.{_text(self._sign(body))}", expires_at

    def read(self, token: str, basket: Basket) -> Confirmed:
        """Raises: QuoteInvalid for a token that is not ours, of another basket, or too old."""
        body_text, _, signature = token.partition(".")
        try:
            body, given = _bytes(body_text), _bytes(signature)
        except ValueError:
            raise QuoteInvalid("This is not a quote of this server", field="quote") from None
        if not hmac.compare_digest(self._sign(body), given):
            raise QuoteInvalid("This is not a quote of this server", field="quote")
        try:
            told = msgspec.json.decode(body, type=_Token)
        except msgspec.DecodeError:  # of a version of the server that wrote them otherwise
            raise QuoteInvalid("The quote has run out; ask for another", field="quote") from None
        if told.expires_at < self._clock.now_ms():
            raise QuoteInvalid("The quote has run out; ask for another", field="quote")
        # A quote that named no coupon holds for an order with one too: its charges are then those of the full sum.
        if told.basket not in {basket_print(basket), basket_print(replace(basket, coupon=None))}:
            raise QuoteInvalid("The quote is of another basket", field="quote")
        return Confirmed(
            Money(told.subtotal_minor, told.currency),
            told.charges,
            tuple(Affirmed(one, None) for one in told.affirmations),
            told.discount_minor,
        )

    def affirm(self, quoted: Confirmed, said: Sequence[tuple[str, str]]) -> Confirmed:
        """``said``: (id, version) of what the buyer said yes to. Raises: AffirmationMissing, with what is missing."""
        given, now = set(said), self._clock.now_ms()
        missing = [one.affirmation for one in quoted.affirmations if one.affirmation.key not in given]
        if missing:
            raise AffirmationMissing(field="affirmed", affirmations=[one.present() for one in missing])
        affirmed = tuple(Affirmed(one.affirmation, now) for one in quoted.affirmations)
        return replace(quoted, affirmations=affirmed)

    async def close(self) -> None:
        if self.of_stores is not None:
            await self.of_stores.close()
        for hook in self.hooks:
            try:
                await hook.close()
            except Exception:  # a plug-in's failure must not keep the others open
                log.exception("closing the checkout hook %s failed", hook.id)

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()


def basket_print(basket: Basket) -> str:
    """What a quote is of: where, what and how it is delivered; not who pays or how."""
    lines = sorted(line.key for line in basket.lines)
    content: list[object] = [basket.room_id, lines, basket.delivery]
    if basket.coupon is not None:
        content.append(basket.coupon)
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _checked(answer: Answer, context: CheckoutContext) -> Answer:
    """Raises: HookFailed for an answer outside its bounds."""
    if len(answer.charges) > MAX_CHARGES or len(answer.affirmations) > MAX_AFFIRMATIONS:
        raise HookFailed(f"at most {MAX_CHARGES} charges and {MAX_AFFIRMATIONS} affirmations")
    for charge in answer.charges:
        if charge.amount.currency != context.subtotal.currency:
            raise HookFailed("a charge is in another currency than the goods")
        if not 0 <= charge.amount.amount_minor <= MAX_AMOUNT_MINOR or not 1 <= len(charge.title) <= MAX_TITLE_CHARS:
            raise HookFailed("a charge is outside its bounds")
    for one in answer.affirmations:
        if not one.id or not one.version or not 1 <= len(one.text) <= MAX_AFFIRMATION_CHARS:
            raise HookFailed("an affirmation is outside its bounds")
    _check_words(answer)
    return answer


def _check_words(answer: Answer) -> None:
    """As what people type: they stand in orders and on invoices, and no database keeps a NUL.

    Raises: HookFailed."""
    try:
        for charge in answer.charges:
            one_line(charge.title, "title", max_chars=MAX_TITLE_CHARS)
        for one in answer.affirmations:
            many_lines(one.text, "text", max_chars=MAX_AFFIRMATION_CHARS)
            one_line(one.id, "id", max_chars=len(one.id))
            one_line(one.version, "version", max_chars=len(one.version))
    except InvalidInput as error:
        raise HookFailed(f"words of its answer cannot be shown: {error.detail}") from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises: ValueError."""
    if len(text) > MAX_TOKEN_CHARS or not text.isascii():
        raise ValueError("no token")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
