"""/api/v1/stores/{store}/checkout-hooks: what a shop asks of its own server at checkout."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.clock import iso
from livehub.commerce.hooks.stores import MAX_DEADLINE_MS, MIN_DEADLINE_MS, OnFailure, Rested, StoreHook
from livehub.commerce.webhooks.endpoints import MAX_KEEP_OLD_S, MAX_URL_CHARS
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list, read_json
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import API, Operation
from livehub.web.order_views import AffirmationView, ChargeView
from livehub.web.rooms import room_access

Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARS)]
Deadline = Annotated[int, Meta(ge=MIN_DEADLINE_MS, le=MAX_DEADLINE_MS)]


class HookBody(msgspec.Struct):
    """``on_failure``: refuse the order, or go on without what the hook would have added (default)."""

    url: Url
    deadline_ms: Deadline = 2000
    on_failure: OnFailure = "refuse"


class HookPatchBody(msgspec.Struct):
    url: Url | None = None
    deadline_ms: Deadline | None = None
    on_failure: OnFailure | None = None


class RotateHookBody(msgspec.Struct):
    """How long the old secret goes on signing beside the new one."""

    keep_old_s: Annotated[int, Meta(ge=0, le=MAX_KEEP_OLD_S)] = 24 * 3600


class FailureView(msgspec.Struct):
    at: str
    reason: str


class HookView(msgspec.Struct):
    """``failure``: the last one since it answered; ``rests``: buyers do not wait for it for some seconds."""

    id: str
    url: str
    deadline_ms: int
    on_failure: str
    created_at: str
    old_secret_until: str | None
    failure: FailureView | None = None
    rests: bool = False


class NewHookView(HookView, kw_only=True):
    """``secret`` verifies the signatures (Standard Webhooks); it is shown here and never again."""

    secret: str


class HookAnswerView(msgspec.Struct):
    charges: list[ChargeView]
    affirmations: list[AffirmationView]
    refusal: str | None


class TrialView(msgspec.Struct):
    """``reason``: why it is no answer."""

    ok: bool
    took_ms: int
    answer: HookAnswerView | None
    reason: str | None


class ChangeView(msgspec.Struct):
    """``what``: added, changed, rotated or removed; ``by``: an account."""

    hook: str
    what: str
    url: str
    by: str
    at: str


class CheckoutView(msgspec.Struct):
    """``quotes``: hooks have a say in what an order costs, so POST /quotes before it. ``transfer``: the shop takes bank
    transfers, so `payment_provider` may be `transfer`."""

    quotes: bool
    transfer: bool


def _view(hook: StoreHook, asked: Rested | None = None) -> dict[str, Any]:
    until, failure = hook.previous_until, asked and asked.failure
    return {
        "id": hook.id,
        "url": hook.url,
        "deadline_ms": hook.deadline_ms,
        "on_failure": hook.on_failure,
        "created_at": iso(hook.created_at),
        "old_secret_until": None if until is None else iso(until),
        "failure": {"at": iso(failure[0]), "reason": failure[1]} if failure else None,
        "rests": asked is not None and asked.rests,
    }


async def list_hooks(request: web.Request) -> web.Response:
    found = await request.app[COMMERCE].hooks.of(await require_account(request), request.match_info["store"])
    return answer_list([_view(one.hook, one) for one in found])


async def add_hook(request: web.Request) -> web.Response:
    principal = await require_account(request)
    body = await read_json(request, HookBody)
    hooks, store_id = request.app[COMMERCE].hooks, request.match_info["store"]
    made = await hooks.add(principal, store_id, body.url, body.deadline_ms, body.on_failure)
    return answer({**_view(made), "secret": made.secret}, 201)


async def change_hook(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    body = await read_json(request, HookPatchBody)
    changed = await request.app[COMMERCE].hooks.change(
        principal,
        about["store"],
        about["hook"],
        url=body.url,
        deadline_ms=body.deadline_ms,
        on_failure=body.on_failure,
    )
    return answer(_view(changed))


async def rotate_hook(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    body = await read_json(request, RotateHookBody) if request.body_exists else RotateHookBody()
    made = await request.app[COMMERCE].hooks.rotate(principal, about["store"], about["hook"], body.keep_old_s)
    return answer({**_view(made), "secret": made.secret})


async def try_hook(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    return answer((await request.app[COMMERCE].hooks.test(principal, about["store"], about["hook"])).present())


async def remove_hook(request: web.Request) -> web.Response:
    principal, about = await require_account(request), request.match_info
    await request.app[COMMERCE].hooks.remove(principal, about["store"], about["hook"])
    return web.Response(status=204)


async def list_changes(request: web.Request) -> web.Response:
    found = await request.app[COMMERCE].hooks.log(await require_account(request), request.match_info["store"])
    return answer_list([one.present() for one in found])


async def get_checkout(request: web.Request) -> web.Response:
    access = await room_access(request)
    commerce, store_id = request.app[COMMERCE], access.room.store_id
    view = CheckoutView(await commerce.quotes.are_needed(store_id), await commerce.takes_transfers(store_id))
    return answer(view, headers={"Cache-Control": "no-store"})


_HOOKS = f"{API}/stores/{{store}}/checkout-hooks"
_ONE, _LOG, _CHECKOUT = f"{_HOOKS}/{{hook}}", f"{_HOOKS}/log", f"{API}/rooms/{{room}}/checkout"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_HOOKS, list_hooks),
        web.post(_HOOKS, add_hook),
        web.get(_LOG, list_changes),
        web.patch(_ONE, change_hook),
        web.delete(_ONE, remove_hook),
        web.post(f"{_ONE}/secret", rotate_hook),
        web.post(f"{_ONE}/test", try_hook),
        web.get(_CHECKOUT, get_checkout),
    ]


_OWN = (401, 403, 404)
OPERATIONS = [
    Operation("GET", _HOOKS, "A shop's own checkout hooks", None, HookView, (200, *_OWN), "account", True),
    Operation(
        "POST", _HOOKS, "Ask an address what orders cost", HookBody, NewHookView, (201, *_OWN, 409, 422), "account"
    ),
    Operation("GET", _LOG, "Who changed them, newest first", None, ChangeView, (200, *_OWN), "account", True),
    Operation(
        "PATCH", _ONE, "Another address, deadline or policy", HookPatchBody, HookView, (200, *_OWN, 422), "account"
    ),
    Operation("DELETE", _ONE, "Do not ask it any more", None, None, (204, *_OWN), "account"),
    Operation(
        "POST", f"{_ONE}/secret", "A new secret; the old one signs too for a while", RotateHookBody, NewHookView,
        (200, *_OWN, 422), "account",
    ),
    Operation(
        "POST", f"{_ONE}/test", "Ask it about a made-up basket", None, TrialView, (200, *_OWN, 429), "account"
    ),
    Operation("GET", _CHECKOUT, "What a checkout in this room needs", None, CheckoutView, (200, 401, 403, 404), "any"),
]  # fmt: skip
