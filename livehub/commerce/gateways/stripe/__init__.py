"""Stripe: Checkout or PaymentIntents, captured once the stock is committed. Needs ``livehub[stripe]``."""

from livehub.commerce.gateway import Gateway, GatewayContext


def create(setting: str, context: GatewayContext) -> Gateway:
    """``setting``: see :class:`~livehub.commerce.gateways.stripe.setting.StripeSetting`. Raises: ValueError."""
    from livehub.commerce.gateways.stripe.gateway import StripeGateway
    from livehub.commerce.gateways.stripe.setting import StripeSetting

    return StripeGateway(StripeSetting.parse(setting), context)
