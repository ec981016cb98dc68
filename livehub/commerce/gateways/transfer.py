"""Pay by bank transfer: the buyer is told the shop's account and what to write on the transfer, the merchant marks the
order paid once the money is there. Offered by shops whose terms name an account."""

from livehub.commerce.fulfilment.terms import TRANSFER
from livehub.commerce.gateway import Gateway, GatewayContext
from livehub.commerce.gateways.manual import ManualGateway


class TransferGateway(ManualGateway):
    id = TRANSFER
    title = "Bank transfer"
    paid_first = True


def create(setting: str, context: GatewayContext) -> Gateway:
    """Raises: ValueError for a setting: each shop says its own account."""
    if setting:
        raise ValueError("transfer takes no setting; each shop says its account in its terms")
    return TransferGateway()
