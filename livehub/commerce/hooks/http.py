"""A checkout hook at an address: asked by a signed POST, within a deadline.

``http:https://tax.example.org/quote;secret=whsec_…;deadline_ms=800;on_failure=default``. The request is signed as
Standard Webhooks say; the answer is JSON of the shape :class:`_Answer`. Redirects are not followed.
"""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from livehub.clock import Clock
from livehub.commerce.asking import AskingFailed, Session, SignedAsker
from livehub.commerce.checkout_hook import (
    DEADLINE_S,
    MAX_AFFIRMATION_CHARS,
    MAX_AFFIRMATIONS,
    MAX_CHARGES,
    MAX_TITLE_CHARS,
    Affirmation,
    Answer,
    Charge,
    ChargeKind,
    CheckoutContext,
    CheckoutHook,
    HookContext,
)
from livehub.commerce.errors import HookFailed
from livehub.commerce.money import MAX_AMOUNT_MINOR, Money
from livehub.commerce.signature import SECRET_PREFIX
from livehub.ids import new_id

MAX_ANSWER_BYTES: Final = 64 * 1024
_NAMES: Final = frozenset({"secret", "deadline_ms", "on_failure"})


class _Charge(msgspec.Struct):
    kind: ChargeKind
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT_MINOR)]
    included: bool = False


class _Affirmation(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_AFFIRMATION_CHARS)]


class _Answer(msgspec.Struct):
    """``amount_minor`` is of the currency that was asked about."""

    charges: Annotated[list[_Charge], msgspec.Meta(max_length=MAX_CHARGES)] = []
    affirmations: Annotated[list[_Affirmation], msgspec.Meta(max_length=MAX_AFFIRMATIONS)] = []
    refusal: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class HttpHook:
    """``session``, ``previous``: as :class:`~livehub.commerce.asking.SignedAsker` takes them."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        deadline_s: float,
        on_failure: Literal["refuse", "default"],
        clock: Clock,
        session: Session | None = None,
        previous: tuple[str | None, int | None] = (None, None),
    ) -> None:
        self.id = f"http:{urlsplit(url).netloc}{urlsplit(url).path}"
        self.deadline_s = deadline_s
        self.on_failure = on_failure
        self._asker = SignedAsker(
            url,
            secret,
            timeout_s=deadline_s,
            most_bytes=MAX_ANSWER_BYTES,
            clock=clock,
            session=session,
            previous=previous,
        )

    async def quote(self, context: CheckoutContext) -> Answer:
        """Raises: HookFailed."""
        try:
            answer = await self._asker.ask("checkout.quote", new_id("quo"), context.present())
        except AskingFailed as error:
            raise HookFailed(str(error)) from error
        return read_answer(answer, context.subtotal.currency)

    def default(self, context: CheckoutContext) -> Answer:
        """Nothing is added."""
        return Answer()

    async def close(self) -> None:
        await self._asker.close()


def read_answer(body: bytes, currency: str) -> Answer:
    """Raises: HookFailed for anything that is no answer."""
    if len(body) > MAX_ANSWER_BYTES:
        raise HookFailed(f"its answer has more than {MAX_ANSWER_BYTES} bytes")
    try:
        told = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HookFailed(f"its answer cannot be read: {error}") from None
    return Answer(
        tuple(Charge(one.kind, one.title, Money(one.amount_minor, currency), one.included) for one in told.charges),
        tuple(Affirmation(one.id, one.version, one.text) for one in told.affirmations),
        told.refusal,
    )


def create(setting: str, context: HookContext) -> CheckoutHook:
    """Raises: ValueError, which never shows the secret."""
    url, *parts = setting.split(";")
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise ValueError("the setting begins with an address, https://…")
    given = {name: value for name, _, value in (part.partition("=") for part in parts)}
    if not given.keys() <= _NAMES:
        raise ValueError(f"after the address come {', '.join(sorted(_NAMES))}")
    if not given.get("secret", "").startswith(SECRET_PREFIX):
        raise ValueError(f"secret has to be a signing secret that begins with {SECRET_PREFIX}")
    policies: dict[str, Literal["refuse", "default"]] = {"refuse": "refuse", "default": "default"}
    on_failure = policies.get(given.get("on_failure", "refuse"))
    if on_failure is None:
        raise ValueError("on_failure is refuse or default")
    deadline = given.get("deadline_ms", str(int(DEADLINE_S * 1000)))
    if not (deadline.isascii() and deadline.isdigit() and len(deadline) <= 6):
        raise ValueError("deadline_ms is a number of milliseconds")
    return HttpHook(url, given["secret"], deadline_s=int(deadline) / 1000, on_failure=on_failure, clock=context.clock)
