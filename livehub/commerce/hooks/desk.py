"""What merchants do with the checkout hooks of their shops: add, change, rotate the secret, try, remove."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.catalog.model import Store
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.checkout_hook import Answer, CheckoutContext, HookLine
from livehub.commerce.errors import HookFailed, HookNotFound, UrlRefused
from livehub.commerce.hooks.stores import Change, OnFailure, Rested, StoreHook, StoreHooks, StoreHookStore
from livehub.commerce.money import Money
from livehub.commerce.webhooks.endpoints import check_url, new_signing_secret
from livehub.egress import AddressRefused, check_literal
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets

#: tries of one account: as many as somebody makes who sets a hook up
TRIES_PER_S: Final = 0.2
TRIES_BURST: Final = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What a hook said to a made-up basket, or ``reason``: why that is no answer."""

    took_ms: int
    answer: Answer | None
    reason: str | None

    def present(self) -> dict[str, Any]:
        told = None
        if self.answer is not None:
            told = {
                "charges": [one.present() for one in self.answer.charges],
                "affirmations": [one.present() for one in self.answer.affirmations],
                "refusal": self.answer.refusal,
            }
        return {"ok": told is not None, "took_ms": self.took_ms, "answer": told, "reason": self.reason}


class HookDesk:
    """``guarded``: addresses of private networks are refused when they are typed in, too."""

    def __init__(
        self, store: StoreHookStore, hooks: StoreHooks, shop: Shop, clock: Clock, *, guarded: bool = True
    ) -> None:
        self._store = store
        self._hooks = hooks
        self._shop = shop
        self._clock = clock
        self._guarded = guarded
        self._tries = TokenBuckets(clock, TRIES_PER_S, TRIES_BURST, max_keys=2000)

    async def of(self, principal: Principal, store_id: str) -> Sequence[Rested]:
        """With what is known of their failures in this process. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._hooks.rested(store.id)

    async def log(self, principal: Principal, store_id: str) -> list[Change]:
        """Who changed what, newest first. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.log(store.id)

    async def add(
        self, principal: Principal, store_id: str, url: str, deadline_ms: int, on_failure: OnFailure
    ) -> StoreHook:
        """Raises: StoreNotFound, Forbidden, UrlRefused, Conflict (``too_many_hooks``)."""
        store = await self._shop.own_store(principal, store_id)
        self._check(url)
        now = self._clock.now_ms()
        hook = StoreHook(new_id("hok"), store.id, url, new_signing_secret(), deadline_ms, on_failure, now)
        await self._store.add(hook, self._change(hook, "added", principal))
        self._hooks.forget(store.id)
        return hook

    async def change(
        self,
        principal: Principal,
        store_id: str,
        hook_id: str,
        *,
        url: str | None,
        deadline_ms: int | None,
        on_failure: OnFailure | None,
    ) -> StoreHook:
        """Raises: StoreNotFound, Forbidden, HookNotFound, UrlRefused."""
        _, hook = await self._own(principal, store_id, hook_id)
        if url is not None:
            self._check(url)
        hook = replace(
            hook,
            url=url or hook.url,
            deadline_ms=deadline_ms or hook.deadline_ms,
            on_failure=on_failure or hook.on_failure,
        )
        return await self._keep(hook, "changed", principal)

    async def rotate(self, principal: Principal, store_id: str, hook_id: str, keep_old_s: int) -> StoreHook:
        """A new secret; the old one signs too for ``keep_old_s``. Raises: StoreNotFound, Forbidden, HookNotFound."""
        _, hook = await self._own(principal, store_id, hook_id)
        until = self._clock.now_ms() + keep_old_s * 1000
        hook = replace(hook, secret=new_signing_secret(), previous_secret=hook.secret, previous_until=until)
        return await self._keep(hook, "rotated", principal)

    async def remove(self, principal: Principal, store_id: str, hook_id: str) -> None:
        """Raises: StoreNotFound, Forbidden, HookNotFound."""
        _, hook = await self._own(principal, store_id, hook_id)
        await self._store.remove(hook, self._change(hook, "removed", principal))
        self._hooks.forget(store_id)

    async def test(self, principal: Principal, store_id: str, hook_id: str) -> Trial:
        """Ask it about a made-up basket, now. Raises: StoreNotFound, Forbidden, HookNotFound, RateLimited."""
        store, hook = await self._own(principal, store_id, hook_id)
        self._tries.take(principal.identity)
        began = self._clock.monotonic()
        answer, reason = None, None
        try:
            answer = await self._hooks.trial(hook).quote(_made_up(store, principal.locale, self._clock.now_ms()))
        except HookFailed as error:
            reason = error.detail
        return Trial(round((self._clock.monotonic() - began) * 1000), answer, reason)

    async def _own(self, principal: Principal, store_id: str, hook_id: str) -> tuple[Store, StoreHook]:
        store = await self._shop.own_store(principal, store_id)
        for hook in await self._store.of_store(store.id):
            if hook.id == hook_id:
                return store, hook
        raise HookNotFound

    async def _keep(self, hook: StoreHook, what: str, principal: Principal) -> StoreHook:
        await self._store.keep(hook, self._change(hook, what, principal))
        self._hooks.forget(hook.store_id)
        return hook

    def _change(self, hook: StoreHook, what: str, principal: Principal) -> Change:
        return Change(hook.id, what, hook.url, principal.identity, self._clock.now_ms())

    def _check(self, url: str) -> None:
        check_url(url)
        try:
            if self._guarded:
                check_literal(url)
        except AddressRefused:
            raise UrlRefused("Hooks are asked on the public internet only", field="url") from None


def _made_up(store: Store, locale: str, at_ms: int) -> CheckoutContext:
    price = Money(1000, store.currency)
    line = HookLine("ofr_test", "TEST", "Test", 1, price)
    return CheckoutContext(store.id, "room_test", (line,), price, {"method": "courier", "address": "-"}, locale, at_ms)
