"""A store's terms: who sells, what stands on its invoices, and what buyers may do by themselves. No I/O."""

from typing import Annotated, Final

import msgspec

from livehub.commerce.orders.model import Order, OrderStatus

MAX_CANCEL_MINUTES: Final = 30 * 24 * 60
MAX_RETURN_DAYS: Final = 366
MAX_WAIT_DAYS: Final = 60
DAY_MS: Final = 24 * 3600 * 1000
#: the way to pay that needs an account to pay to
TRANSFER: Final = "transfer"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """``cancel_minutes``: for how long after paying a buyer may cancel by themselves, as long as nothing was packed; 0
    not at all. ``return_days``: for how long after goods arrived (or left, where nobody says that they arrived) a buyer
    may ask for money back; 0 not at all. ``tax_id``: of the seller. ``invoice_note``: what stands under each invoice.
    ``transfer_to``: the account that buyers transfer to, in the shop's words; without it the shop takes no transfers.
    ``wait_days``: for how long an order that is paid by hand before anything is handed over waits for its money; 0
    without an end.
    """

    seller_name: Annotated[str, msgspec.Meta(max_length=640)] = ""
    seller_address: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    seller_email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    tax_id: Annotated[str, msgspec.Meta(max_length=160)] = ""
    invoice_note: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    transfer_to: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    cancel_minutes: Annotated[int, msgspec.Meta(ge=0, le=MAX_CANCEL_MINUTES)] = 0
    return_days: Annotated[int, msgspec.Meta(ge=0, le=MAX_RETURN_DAYS)] = 0
    wait_days: Annotated[int, msgspec.Meta(ge=0, le=MAX_WAIT_DAYS)] = 7


#: what holds for a store that has said nothing
NO_TERMS: Final = Terms()


def awaits_transfer(order: Order) -> bool:
    """Its buyer has to transfer the money still."""
    return order.payment.provider == TRANSFER and order.status is OrderStatus.PENDING_PAYMENT
