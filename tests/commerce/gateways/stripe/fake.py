"""A Stripe of our own for what localstripe lacks: idempotency keys, Checkout, authorisation webhooks, 3-D Secure.

Written from docs.stripe.com/api. It lives on the test's own event loop, so an SDK call that blocked the loop would
never be answered.
"""

import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.clock import Clock

Json = dict[str, Any]
KEY = "sk_test_fake"
WHSEC = "whsec_fake"


def unflatten(form: Any) -> Json:
    """``a[b][0][c]=1`` as nested dictionaries."""
    made: Json = {}
    for name, value in form.items():
        parts = name.replace("]", "").split("[")
        place = made
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return made


@dataclass
class FakeStripe:
    clock: Clock
    url: str = ""
    intents: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    refunds: list[Json] = field(default_factory=list)
    #: answers by idempotency key, with what was asked; failures are repeated too, as Stripe does
    answers: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    #: how many requests get a 500 from now on; without a trace, or after the work was done
    failing: int = 0
    work_then_fail: bool = False
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/v1/{path:.+}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"type": "invalid_request_error", "message": "key"}}, status=401)
        asked = unflatten(await request.post()) if request.method == "POST" else unflatten(request.query)
        path = request.match_info["path"]
        self.requests.append((request.method, path, asked))
        if self.failing and not self.work_then_fail:
            self.failing -= 1
            return web.json_response({"error": {"type": "api_error"}}, status=500)
        key, said = request.headers.get("Idempotency-Key"), json.dumps([path, asked], sort_keys=True)
        if request.method == "POST" and key in self.answers:
            before, status, answer = self.answers[key]
            if before != said:
                return self._error("idempotency_error", None, 400)
        else:
            status, answer = self._do(request.method, path.split("/"), asked)
            if request.method == "POST" and key is not None:
                self.answers[key] = (said, status, json.loads(json.dumps(answer)))
        if self.failing:
            self.failing -= 1
            return web.json_response({"error": {"type": "api_error"}}, status=500)
        return web.json_response(answer, status=status)

    def _error(self, kind: str, code: str | None, status: int) -> web.Response:
        return web.json_response({"error": {"type": kind, "code": code, "message": kind}}, status=status)

    def _do(self, method: str, path: list[str], asked: Json) -> tuple[int, Json]:
        match [method, *path]:
            case ["POST", "payment_intents"]:
                return 200, self._intent(asked)
            case ["GET", "payment_intents", name] if name in self.intents:
                return 200, self.intents[name]
            case ["POST", "payment_intents", name, "capture"] if name in self.intents:
                return self._capture(self.intents[name])
            case ["POST", "payment_intents", name, "cancel"] if name in self.intents:
                self.intents[name]["status"] = "canceled"
                return 200, self.intents[name]
            case ["POST", "checkout", "sessions"]:
                return self._session(asked)
            case ["GET", "checkout", "sessions", name] if name in self.sessions:
                return 200, self.sessions[name]
            case ["POST", "refunds"]:
                return self._refund(asked)
            case ["GET", "refunds"]:
                own = [one for one in self.refunds if one["payment_intent"] == asked["payment_intent"]]
                return 200, {"object": "list", "data": own, "has_more": False, "url": "/v1/refunds"}
            case _:
                return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "no"}}

    def _intent(self, asked: Json) -> Json:
        name = f"pi_{next(self.numbers)}"
        intent = {
            "id": name, "object": "payment_intent", "amount": int(asked["amount"]), "currency": asked["currency"],
            "amount_capturable": 0, "amount_received": 0, "capture_method": asked.get("capture_method", "automatic"),
            "client_secret": f"{name}_secret", "metadata": asked.get("metadata", {}),
            "status": "requires_payment_method", "automatic_payment_methods": asked.get("automatic_payment_methods"),
        }  # fmt: skip
        self.intents[name] = intent
        return intent

    def _session(self, asked: Json) -> tuple[int, Json]:
        expires_at = int(asked.get("expires_at", 0)) or self.clock.now_ms() // 1000 + 86_400
        if expires_at < self.clock.now_ms() // 1000 + 30 * 60:
            return 400, {"error": {"type": "invalid_request_error", "param": "expires_at", "message": "too soon"}}
        name = f"cs_{next(self.numbers)}"
        line = asked["line_items"]["0"]
        session = {
            "id": name, "object": "checkout.session", "url": f"{self.url}/pay/{name}", "payment_intent": None,
            "amount_total": int(line["quantity"]) * int(line["price_data"]["unit_amount"]),
            "currency": line["price_data"]["currency"], "metadata": asked["metadata"], "asked": asked,
        }  # fmt: skip
        self.sessions[name] = session
        return 200, session

    def _capture(self, intent: Json) -> tuple[int, Json]:
        if intent["status"] != "requires_capture":
            code = "payment_intent_unexpected_state"
            return 400, {"error": {"type": "invalid_request_error", "code": code, "message": code}}
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "amount_capturable": 0}
        return 200, intent

    def _refund(self, asked: Json) -> tuple[int, Json]:
        intent = self.intents[asked["payment_intent"]]
        amount = int(asked["amount"])
        if self.money_back(intent["id"]) + amount > intent["amount_received"]:
            code = "charge_already_refunded"
            return 400, {"error": {"type": "invalid_request_error", "code": code, "message": code}}
        made = {
            "id": f"re_{next(self.numbers)}", "object": "refund", "amount": amount, "payment_intent": intent["id"],
            "currency": intent["currency"], "status": "succeeded", "metadata": asked.get("metadata", {}),
        }  # fmt: skip
        self.refunds.append(made)
        return 200, made

    def money_back(self, intent: str) -> int:
        return sum(one["amount"] for one in self.refunds if one["payment_intent"] == intent)

    # --- the buyer's hands, and what Stripe then sends ----------------------------------------------------------------

    def intent_of(self, payment_id: str) -> Json:
        """The payment's PaymentIntent; that of a Checkout session is made when its buyer pays."""
        for intent in self.intents.values():
            if intent["metadata"].get("livehub_payment") == payment_id:
                return intent
        for session in self.sessions.values():
            if session["metadata"]["livehub_payment"] == payment_id:
                data = session["asked"]["payment_intent_data"]
                asked = {"amount": session["amount_total"], "currency": session["currency"], **data}
                session["payment_intent"] = self._intent(asked)["id"]
                return self.intents[session["payment_intent"]]
        raise AssertionError(f"no payment {payment_id}")

    def authorize(self, payment_id: str, *, three_d_secure: bool = False) -> Json:
        """The event of a confirmation; with 3-D Secure what is there before the buyer proved who they are."""
        intent = self.intent_of(payment_id)
        if three_d_secure:
            intent |= {"status": "requires_action", "next_action": {"type": "redirect_to_url"}}
            return self.event("payment_intent.requires_action", intent)
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            return self.event("payment_intent.amount_capturable_updated", intent)
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        return self.event("payment_intent.succeeded", intent)

    def decline(self, payment_id: str) -> Json:
        return self.event("payment_intent.payment_failed", self.intent_of(payment_id))

    def refunded_in_the_dashboard(self, payment_id: str, amount: int) -> Json:
        intent = self.intent_of(payment_id)
        self._refund({"payment_intent": intent["id"], "amount": amount})
        charge = {
            "id": "ch_1", "object": "charge", "amount": intent["amount"], "currency": intent["currency"],
            "payment_intent": intent["id"], "amount_refunded": self.money_back(intent["id"]),
            "metadata": intent["metadata"],
        }  # fmt: skip
        return self.event("charge.refunded", charge)

    def event(self, kind: str, about: Json) -> Json:
        data = {"object": json.loads(json.dumps(about))}
        return {"id": f"evt_{next(self.numbers)}", "object": "event", "type": kind, "data": data}

    def sign(self, body: bytes, *, at_ms: int | None = None, secret: str = WHSEC) -> dict[str, str]:
        seconds = str((self.clock.now_ms() if at_ms is None else at_ms) // 1000)
        signature = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={seconds},v0=old,v1={signature}"}


@asynccontextmanager
async def running(clock: Clock) -> AsyncIterator[FakeStripe]:
    stripe = FakeStripe(clock)
    server = TestServer(stripe.app())
    await server.start_server()
    stripe.url = str(server.make_url("")).rstrip("/")
    yield stripe
    await server.close()
