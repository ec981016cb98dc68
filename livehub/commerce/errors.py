"""What can go wrong between a catalog and a paid order. Codes are part of the public contract (docs/commerce.md)."""

from livehub.errors import Conflict, InvalidInput, NotFound, Unauthenticated, Unavailable

# --- values ---------------------------------------------------------------------------------------------------------


class CurrencyUnknown(InvalidInput):
    code, title = "currency_unknown", "This is not a currency of ISO 4217"


class CurrencyMismatch(InvalidInput):
    code, title = "currency_mismatch", "The price is in another currency than the store's"


class PictureUnreadable(InvalidInput):
    code, title = "picture_unreadable", "This is not a picture that can be used; send a JPEG, PNG or WebP"


class AddressMissing(InvalidInput):
    code, title = "address_missing", "Delivery by courier needs an address"


class DeliveryMissing(InvalidInput):
    code, title = "delivery_missing", "Say how this gets to you"


class DonationOutside(InvalidInput):
    """``least`` and ``most`` say what may be given at a time."""

    code, title = "donation_outside", "This is less or more than may be given at a time"


class ProviderUnknown(InvalidInput):
    code, title = "payment_provider_unknown", "This way to pay is not offered here"


class UrlRefused(InvalidInput):
    code, title = "url_refused", "Webhooks cannot be sent to this address"


# --- things that are not there --------------------------------------------------------------------------------------


class StoreNotFound(NotFound):
    code, title = "store_not_found", "There is no such store"


class ProductNotFound(NotFound):
    code, title = "product_not_found", "There is no such product"


class SkuNotFound(NotFound):
    code, title = "sku_not_found", "The store has no article with this SKU"


class OfferNotFound(NotFound):
    code, title = "offer_not_found", "There is no such offer"


class ProviderNotFound(NotFound):
    code, title = "payment_provider_not_found", "There is no such payment provider here"


class OrderNotFound(NotFound):
    """Also the answer to anybody who is neither the order's buyer nor its merchant."""

    code, title = "order_not_found", "There is no such order"


class PaymentNotFound(NotFound):
    code, title = "payment_not_found", "No payment is known by this reference"


class ShipmentNotFound(NotFound):
    code, title = "shipment_not_found", "The order has no such shipment"


class ReturnNotFound(NotFound):
    code, title = "return_not_found", "Nobody asked for that"


class CourierNotFound(NotFound):
    code, title = "courier_not_found", "There is no such courier here"


class InvoiceNotFound(NotFound):
    """Also the answer to anybody who is neither the order's buyer nor its merchant."""

    code, title = "invoice_not_found", "There is no such invoice"


class PlaceNotFound(NotFound):
    code, title = "pickup_place_not_found", "There is no such pick-up place"


class SlotNotFound(NotFound):
    """Also for a slot of another store."""

    code, title = "pickup_slot_not_found", "There is no such pick-up slot"


class CouponNotFound(NotFound):
    """Also for a coupon of another store or another room."""

    code, title = "coupon_not_found", "There is no such coupon here"


class ClaimNotFound(NotFound):
    """Also the answer to anybody whom it does not concern."""

    code, title = "claim_not_found", "There is no such claim"


class HookNotFound(NotFound):
    code, title = "hook_not_found", "The shop has no such checkout hook"


class EndpointNotFound(NotFound):
    code, title = "webhook_endpoint_not_found", "There is no such webhook endpoint"


class DeliveryNotFound(NotFound):
    """Never sent to this endpoint, or settled for longer than the log goes back."""

    code, title = "webhook_delivery_not_found", "There is no such message in the log"


# --- what does not fit the present state ----------------------------------------------------------------------------


class SkuTaken(Conflict):
    code, title = "sku_taken", "The store already has an article with this SKU"


class OfferExists(Conflict):
    code, title = "offer_exists", "This article is already offered in the room"


class RoomHasNoStore(Conflict):
    code, title = "room_has_no_store", "The room sells for no store"


class PriceGuard(Conflict):
    code, title = "price_guard", "The price cannot be raised while the room is live"


class ShipmentTooMuch(Conflict):
    """``remaining`` says how many units are left to pack."""

    code, title = "shipment_too_much", "That much is not left to pack"


class AlreadyShipped(Conflict):
    code, title = "already_shipped", "A part of this order has left the shop already"


class ReturnNotPossible(Conflict):
    code, title = "return_not_possible", "This cannot be sent back"


class ReturnOpen(Conflict):
    code, title = "return_open", "The shop has not answered yet"


class CancelTooLate(Conflict):
    code, title = "cancel_too_late", "Only the shop can cancel this order now"


class PriceCeiling(Conflict):
    """``ceiling`` says what a unit of these listed goods may cost."""

    code, title = "price_ceiling", "This is more than these goods may cost"


class TooManyRules(Conflict):
    """``limit`` says how many articles of a store can have rules."""

    code, title = "too_many_rules", "Take the rules of another article away first"


class TooManyPlaces(Conflict):
    """``limit`` says how many pick-up places a store may have."""

    code, title = "too_many_pickup_places", "Close another pick-up place first"


class SlotMissing(Conflict):
    code, title = "pickup_slot_missing", "Choose when you pick it up"


class SlotClosed(Conflict):
    code, title = "pickup_slot_closed", "This time is not offered any more"


class SlotFull(Conflict):
    code, title = "pickup_slot_full", "This time is taken by others now"


class PriceChanged(Conflict):
    """``unit_price`` is what holds now; ``deal_left`` how many units a running flash deal still has."""

    code, title = "price_changed", "The price is another than the one you saw"


class CouponTaken(Conflict):
    code, title = "coupon_taken", "The store has a running coupon with this code"


class CouponClosed(Conflict):
    code, title = "coupon_closed", "This coupon is not open now"


class CouponUnclaimed(Conflict):
    code, title = "coupon_unclaimed", "Claim this coupon in the show first"


class CouponUsed(Conflict):
    """``per_buyer`` says how many orders of one buyer may have it."""

    code, title = "coupon_used", "You have used this coupon already"


class CouponSpent(Conflict):
    code, title = "coupon_spent", "Nothing of this coupon is left"


class CouponMinimum(Conflict):
    """``minimum`` says what an order has to come to."""

    code, title = "coupon_minimum", "The order is too small for this coupon"


class TooManyPins(Conflict):
    """``limit`` says how many offers can be pinned beside each other."""

    code, title = "too_many_pins", "Take a pin off first"


class RoomNotLive(Conflict):
    code, title = "room_not_live", "Buying begins when the room goes live"


class OfferClosed(Conflict):
    """Outside of its time window, or withdrawn."""

    code, title = "offer_closed", "This offer is not open now"


class SoldOut(Conflict):
    """``available`` says how many are left; 0 when there are none."""

    code, title = "sold_out", "Not that many are left"


class BuyerLimit(Conflict):
    """``remaining`` says how many more this buyer may take."""

    code, title = "buyer_limit", "This is more than one buyer may take"


class TooManyOpenOrders(Conflict):
    """``limit`` says how many unpaid orders one buyer may have: each holds stock that others want."""

    code, title = "too_many_open_orders", "Pay for your other orders, or cancel them, first"


class ClaimNotOffered(Conflict):
    code, title = "claim_not_offered", "This offer is bought, not claimed"


class ClaimWordTaken(Conflict):
    code, title = "claim_word_taken", "Another offer of the room has this keyword"


class ClaimOver(Conflict):
    """It was ordered, ran out or was released before."""

    code, title = "claim_over", "This claim is over"


class TooManyClaims(Conflict):
    """``limit`` says how many claims one buyer may have at a time."""

    code, title = "too_many_claims", "Order what you have claimed, or release it, first"


class ClaimsRanOut(Conflict):
    """A buyer let claims on this offer run out; ``limit`` says how many are forgiven. Buying is possible still."""

    code, title = "claims_ran_out", "You have let this run out too often; buy it instead"


class WaitlistFull(Conflict):
    """``limit`` says how many may wait."""

    code, title = "waitlist_full", "Too many wait for this already"


class NotPaid(Conflict):
    code, title = "not_paid", "This is delivered once it is paid"


class IdempotencyKeyReused(Conflict):
    code, title = "idempotency_key_reused", "This Idempotency-Key was used for another order"


class PaymentNotManual(Conflict):
    code, title = "payment_not_manual", "This order is paid at its provider, which tells us so itself"


class PaymentMismatch(Conflict):
    """A provider reports another amount or currency than the order's total: nothing is marked paid."""

    code, title = "payment_mismatch", "The payment is not of the order's total"


# --- the outside world ----------------------------------------------------------------------------------------------


class WebhookRefused(Unauthenticated):
    """``webhook_signature`` or ``webhook_timestamp``: forged, altered, or too old to trust."""

    code, title = "webhook_signature", "The signature does not fit"


class GatewayFailed(Unavailable):
    code, title = "payment_provider_failed", "The payment provider did not answer as it should"


class PaymentRefused(Conflict):
    """The provider says no for good: an authorisation that ran out, more given back than was paid."""

    code, title = "payment_refused", "The payment provider refuses this"


class QuoteInvalid(Conflict):
    """Not ours, of another basket, or too old: the client asks for another."""

    code, title = "quote_invalid", "This quote cannot be used"


class QuoteStale(Conflict):
    """The goods cost something else by now; ``subtotal_minor`` says what."""

    code, title = "quote_stale", "Prices have changed since the quote"


class AffirmationMissing(Conflict):
    """``affirmations`` says what the buyer has to say yes to first."""

    code, title = "affirmation_missing", "Something has to be affirmed first"


class CheckoutRefused(Conflict):
    """A hook says that this cannot be bought; the detail is its own sentence."""

    code, title = "checkout_refused", "This cannot be bought like this"


class RefundTooMuch(Conflict):
    """``remaining_minor`` says how much can still go back, where it is about money."""

    code, title = "refund_too_much", "That much cannot go back"


class PaymentUnderWay(Conflict):
    """The buyer's bank holds the money, and it is being taken."""

    code, title = "payment_under_way", "This order is just being paid"


class CourierFailed(Unavailable):
    code, title = "courier_failed", "The courier did not answer as it should"


class PdfOff(Unavailable):
    """Not installed, or it took too long."""

    code, title = "pdf_unavailable", "The PDF cannot be made right now; the page has the same"


class HookFailed(Unavailable):
    """A checkout hook did not answer in time, or not as it should, and its policy is to refuse then."""

    code, title = "checkout_hook_failed", "What this costs cannot be worked out right now"


class PluginInvalid(Exception):
    """A payment plug-in that cannot be used; said when the server starts, with the plug-in's name."""
