"""``livehub payments reconcile`` beside a running server and without one, with a provider that a package brought."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.packages import put

pytestmark = pytest.mark.timeout(240)

#: knows what a file says: reference → [outcome, amount, given back]
BANK = """
import json
from pathlib import Path

from livehub.commerce.errors import PaymentNotFound
from livehub.commerce.gateway import Outcome, PaymentStart, PaymentState
from livehub.commerce.money import Money

class Bank:
    id, title, by_hand = "bank", "Bank", False

    def __init__(self, book):
        self._book = book

    def prepare(self, payment_id):
        return PaymentStart(payment_id, f"https://bank.example/{payment_id}")

    async def begin(self, payment):
        return self.prepare(payment.payment_id)

    def parse_webhook(self, headers, body):
        return None

    async def refund(self, refund):
        pass

    async def inquire(self, payment):
        known = json.loads(self._book.read_text()).get(payment.reference)
        if known is None:
            raise PaymentNotFound
        outcome, amount, back = known
        currency = payment.amount.currency
        return PaymentState(outcome and Outcome(outcome), Money(amount, currency), Money(back, currency))

    async def close(self):
        pass

def create(setting, context):
    return Bank(Path(setting))
"""


class House:
    def __init__(self, folder: Path) -> None:
        self.book = folder / "book.json"
        self.book.write_text("{}")
        payments = f"bank:{self.book}"
        self.server = Server(
            folder / "data",
            {
                "PYTHONPATH": put(folder / "bank", "small_bank", BANK, "livehub.payments", "bank = small_bank:create"),
                "LIVEHUB_PAYMENTS": payments,
            },
        )

    def reconcile(self, *options: str) -> tuple[int, list[str]]:
        """The command's exit status and what it prints."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")},
            **self.server.settings,
            "LIVEHUB_DATA_DIR": str(self.server.data_dir),
        }
        command = [sys.executable, "-m", "livehub", "payments", "reconcile", *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()

    def say(self, **known: Any) -> None:
        self.book.write_text(json.dumps(known))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_it_says_what_differs_and_takes_what_webhooks_did_not_say(house: House) -> None:
    house.server.start()
    try:
        merchant = Api.account(house.server.url, "mila@example.org", "Mila")
        room = merchant.live_show("Tea")
        guest = Api(house.server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "en"})
        buyer = Api(house.server.url, bearer=guest["token"])
        offer = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]

        def order() -> dict[str, Any]:
            body = {
                "room": room,
                "lines": [{"offer": offer, "quantity": 1}],
                "delivery": {"method": "pickup"},
                "contact": {"name": "Noah"},
                "payment_provider": "bank",
            }
            placed = buyer.call("POST", "/orders", body)
            return {**placed, "reference": placed["payment"]["action_url"].rpartition("/")[2]}

        def status(of: dict[str, Any]) -> str:
            return str(buyer.call("GET", f"/orders/{of['id']}")["status"])

        paid, still_open = order(), order()
        pending = {still_open["reference"]: [None, 1250, 0]}
        house.say(**{paid["reference"]: ["paid", 1250, 0]}, **pending)
        code, lines = house.reconcile("--dry-run", "--json")
        (found,) = [json.loads(line) for line in lines]
        assert (code, found["order_id"], found["mended"]) == (1, paid["id"], False)
        assert status(paid) == "pending_payment"
        assert house.reconcile() == (
            0,
            [f"order {paid['number']} (bank): paid at the provider, pending here (12.50 EUR) – mended",
             "1 mended, 0 left"],
        )  # fmt: skip
        assert [status(one) for one in (paid, still_open)] == ["paid", "pending_payment"]
        assert house.reconcile() == (0, ["0 mended, 0 left"])
        # Given back at the provider: the order and the ledger know it afterwards.
        house.say(**{paid["reference"]: ["paid", 1250, 1250]}, **pending)
        code, lines = house.reconcile()
        assert (code, lines[-1], status(paid)) == (0, "1 mended, 0 left", "refunded")
        store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
        balances = merchant.call("GET", f"/stores/{store}/ledger/balances")["accounts"]
        assert {one["amount_minor"] for one in balances} == {0}
    finally:
        status_of_server = house.server.stop()
    assert status_of_server == 0, house.server.log()
    # Without a server: what nobody can mend is said, with the exit status that cron writes a letter for.
    house.say(**pending)
    assert house.reconcile() == (
        1,
        [f"order {paid['number']} (bank): the provider knows no such payment", "0 mended, 1 left"],
    )


def test_what_is_asked_for_wrongly_is_said_in_a_line(house: House) -> None:
    house.server.start()
    house.server.stop()
    environment = {**os.environ, **house.server.settings, "LIVEHUB_DATA_DIR": str(house.server.data_dir)}
    command = [sys.executable, "-m", "livehub", "payments", "reconcile", "--days", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2, done.stderr
    assert "--days is from 1 to" in done.stderr
    assert "Traceback" not in done.stderr
