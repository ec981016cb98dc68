"""The example package of docs/hooks.md, as installed: built into a folder of its own, found by its entry points."""

import json
import shutil
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from livehub.commerce.signature import sign
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.packages import EXAMPLES, install, path_of, run_python

EXAMPLE = EXAMPLES / "livehub-example-shop"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path, tmp_path: Path) -> None:
    # In a folder of its own, with nothing of this project's around it but what is installed.
    package = tmp_path / "shop"
    shutil.copytree(EXAMPLE, package, ignore=shutil.ignore_patterns("src"))
    said = run_python(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)
    assert f"rootdir: {package}" in run_python(installed, "-m", "pytest", "--collect-only", cwd=package)
    assert " passed" in said
    assert "failed" not in said
    where = run_python(installed, "-c", "import livehub_example_shop; print(livehub_example_shop.__file__)")
    assert where.startswith(str(installed))


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.commerce.gateway import GatewayContext\n"
        "from livehub.commerce.gateways.registry import load_gateways\n"
        "context = GatewayContext('https://shop.example', 's' * 32, ManualClock(), None)\n"
        "print(*load_gateways(('manual', 'invoice:"
        f"{SECRET}@/tmp/notes', 'cheque:Mila'), context))\n"
    )
    assert run_python(installed, "-c", program).split() == ["manual", "invoice", "cheque"]
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.commerce.checkout_hook import HookContext\n"
        "from livehub.commerce.hooks.registry import load_hooks\n"
        "print(*(hook.id for hook in load_hooks(('rates:490/5000/19',), HookContext(ManualClock()))))\n"
    )
    assert run_python(installed, "-c", program).split() == ["example-rates"]


def test_a_server_sells_with_both(installed: Path, tmp_path: Path) -> None:
    """As docs/hooks.md says: chosen by two settings, asked for the quote, told of by the provider's webhook."""
    notes = tmp_path / "notes"
    settings = {
        "PYTHONPATH": path_of(installed),
        "LIVEHUB_PAYMENTS": f"invoice:{SECRET}@{notes},cheque:Mila",
        "LIVEHUB_CHECKOUT_HOOKS": "rates:490/5000/19",
    }
    server = Server(tmp_path / "data", settings)
    server.start()
    try:
        sell(server, notes)
        sell_by_cheque(server)
    finally:
        status = server.stop()
    assert status == 0, server.log()
    assert "Traceback" not in server.log(), server.log()


def sell(server: Server, notes: Path) -> None:
    merchant = Api.account(server.url, "mila@example.org", "Mila")
    room = merchant.live_show("Tea")
    guest = Api(server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "en"})
    buyer = Api(server.url, bearer=guest["token"])
    assert buyer.call("GET", f"/rooms/{room}/checkout")["quotes"]
    offer = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    basket = {
        "room": room,
        "lines": [{"offer": offer, "quantity": 2}],
        "delivery": {"method": "courier", "address": "1 Tea Lane"},
    }
    quote = buyer.call("POST", "/quotes", basket)
    charges = [(one["kind"], one["amount"]["amount_minor"], one["included"]) for one in quote["charges"]]
    assert charges == [("shipping", 490, False), ("tax", 399, True)]
    more = {"contact": {"name": "Noah"}, "payment_provider": "invoice", "quote": quote["quote"]}
    order = buyer.call("POST", "/orders", {**basket, **more})
    assert (order["status"], order["total"]["amount_minor"]) == ("pending_payment", 2990)
    invoice = str(order["payment"]["action_url"]).rpartition("/")[2]
    notes.with_suffix(".paid").write_text(json.dumps({invoice: 2990}))
    report(server, {"type": "invoice.paid", "invoice": invoice, "amount_minor": 2990, "currency": "EUR"})
    assert buyer.call("GET", f"/orders/{order['id']}")["status"] == "paid"
    back = {"amount": {"amount_minor": 490, "currency": "EUR"}, "reason": "delivery"}
    merchant.call("POST", f"/orders/{order['id']}/refunds", back)
    (line,) = [json.loads(line) for line in notes.read_text().splitlines()]
    assert (line["invoice"], line["amount_minor"]) == (invoice, 490)


def sell_by_cheque(server: Server) -> None:
    """It waits for days, the shop says that the money is there, and everybody is told in the package's words."""
    ways = Api(server.url).call("GET", "/config")["payments"]
    cheque = next(way for way in ways if way["id"] == "cheque")
    assert (cheque["by_hand"], cheque["paid_first"]) == (True, True)
    assert "à l’ordre de Mila" in cheque["words"]["fr"]["waits"]
    merchant = Api.account(server.url, "mina@example.org", "Mina")
    room = merchant.live_show("Cups")
    guest = Api(server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "fr"})
    buyer = Api(server.url, bearer=guest["token"])
    basket = {
        "room": room,
        "lines": [{"offer": buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["id"], "quantity": 1}],
        "delivery": {"method": "courier", "address": "1 Tea Lane"},
        "contact": {"name": "Noah"},
        "payment_provider": "cheque",
    }
    order = buyer.call("POST", "/orders", basket)
    assert (order["status"], order["expires_at"] is None) == ("pending_payment", False)
    assert merchant.call("POST", f"/orders/{order['id']}/paid")["status"] == "paid"
    assert merchant.call("POST", f"/orders/{order['id']}/refunds", {})["status"] == "refunded"


def report(server: Server, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    headers = sign(SECRET, "evt_1", int(time.time() * 1000), body)
    url = f"{server.url}/api/v1/webhooks/payments/invoice"
    request = urllib.request.Request(url, body, {**headers, "Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 204
