"""The cheque gateway keeps livehub's contract of money that moves by hand."""

import pytest
from livehub_example_shop.cheque import create

from livehub.clock import ManualClock
from livehub.commerce.gateway import Gateway, GatewayContext
from livehub.testing.gateway_contract import HandGatewayContract


class NoCallbacks:
    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        raise AssertionError("nobody calls back here")


CONTEXT = GatewayContext("https://shop.example", "s" * 32, ManualClock(), NoCallbacks())


class TestCheque(HandGatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return create("Mila's tea house", CONTEXT)


@pytest.mark.parametrize("setting", ["", "  ", "x" * 81])
def test_it_has_to_know_whom_cheques_are_made_out_to(setting: str) -> None:
    with pytest.raises(ValueError, match="made out to"):
        create(setting, CONTEXT)
