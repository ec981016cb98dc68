"""The invoice gateway keeps livehub's contract."""

import json
from pathlib import Path

import pytest
from livehub_example_shop.invoice import create

from livehub.clock import ManualClock
from livehub.commerce.gateway import Gateway, GatewayContext, PaymentRequest, PaymentStart
from livehub.commerce.signature import sign
from livehub.testing.gateway_contract import Delivery, GatewayContract, GatewayDriver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class NoCallbacks:
    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        raise AssertionError("nobody calls back here")


class Accounting:
    """The accounting system's hands."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "notes"
        self._clock, self._own_clock = ManualClock(), ManualClock()
        context = GatewayContext("https://shop.example", "s" * 32, self._clock, NoCallbacks())
        self.gateway: Gateway = create(f"{SECRET}@{self._notes}", context)

    def _report(self, kind: str, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        report = {"type": kind, "invoice": start.reference, **payment.amount.present()}
        return self.sign(json.dumps(report).encode())

    async def pay(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        self._notes.with_suffix(".paid").write_text(json.dumps({start.reference: payment.amount.amount_minor}))
        return self._report("invoice.paid", payment, start)

    async def decline(self, payment: PaymentRequest, start: PaymentStart) -> Delivery:
        return self._report("invoice.refused", payment, start)

    def sign(self, body: bytes) -> Delivery:
        return Delivery(sign(SECRET, "evt_1", self._own_clock.now_ms(), body), body)

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    async def money_back(self, payment: PaymentRequest) -> int:
        lines = self._notes.read_text().splitlines() if self._notes.is_file() else []
        return sum(json.loads(line)["amount_minor"] for line in lines)

    async def fail_next(self) -> None:
        """The notes are in the way of themselves once."""
        real = self.gateway._note  # type: ignore[attr-defined]

        def broken(_refund: object) -> None:
            self.gateway._note = real  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device")

        self.gateway._note = broken  # type: ignore[attr-defined]


class TestInvoice(GatewayContract):
    @pytest.fixture
    def driver(self, tmp_path: Path) -> GatewayDriver:
        return Accounting(tmp_path)
