"""Delivery of the outbox: at least once, signed, patient with those who are away, never held up by one of them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver

from livehub import __version__
from livehub.clock import Clock
from livehub.commerce.signature import sign_all
from livehub.commerce.webhooks.ports import EndpointStore, OutboxStore, Parcel
from livehub.egress import AddressRefused, PublicResolver, check_literal, open_session
from livehub.worker import backoff
from livehub.worker.carrier import Carrier, Outcome

log = logging.getLogger(__name__)

#: kinds of target, and how many deliveries of each run at once: merchants who let us wait must not keep back the
#: payments that this very server reports to itself
AT_ONCE: Final = {"own": 8, "endpoint": 16}
AT_ONCE_PER_TARGET: Final = 2
#: of each kind that a carrier takes
AT_ONCE_CARRIED: Final = 8
POLL_S: Final = 0.5
TIMEOUT_S: Final = 15.0
MAX_BODY_BYTES: Final = 64 * 1024
#: of an answer no more is read; it only helps whoever looks for a fault
MAX_ANSWER_BYTES: Final = 2048
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Destination:
    """``guarded``: typed in by somebody, so only public addresses are connected to."""

    url: str
    secrets: tuple[str, ...]
    schedule: tuple[float, ...]
    guarded: bool


class Deliverer:
    """``own`` are this server's own webhooks by provider. ``allow_private`` lets merchants' endpoints be in private
    networks (for tests, and for servers that belong to one merchant); ``resolver`` replaces the system's. ``carriers``
    take what goes by other ways than webhooks, by the kind of its target.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        endpoints: EndpointStore,
        *,
        clock: Clock,
        own: Mapping[str, Destination],
        allow_private: bool = False,
        resolver: AbstractResolver | None = None,
        timeout_s: float = TIMEOUT_S,
        carriers: Mapping[str, Carrier] | None = None,
    ) -> None:
        self._outbox = outbox
        self._endpoints = endpoints
        self._clock = clock
        self._own = own
        self._allow_private = allow_private
        self._resolver = resolver
        self._timeout_s = timeout_s
        self._carriers = carriers or {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._under_way: dict[str, tuple[str, asyncio.Task[None]]] = {}
        #: attempted since the outbox was last read: that reading may show them as they were before
        self._attempted: set[str] = set()
        outbox.on_added(self._wake.set)

    def start(self) -> None:
        """On the running event loop."""
        self._open = open_session(timeout_s=self._timeout_s, resolver=None)
        self._guarded = open_session(timeout_s=self._timeout_s, resolver=PublicResolver(self._resolver))
        self._task = asyncio.create_task(self._loop(), name="outbox")

    async def close(self) -> None:
        """What is under way is cut off: it was not marked delivered, so it is sent again after the next start."""
        if self._task is None:
            return
        tasks = [self._task, *(task for _, task in self._under_way.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None
        await self._open.close()
        await self._guarded.close()

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._fill()
            except Exception:  # a database that is away for a moment must not end deliveries for good
                log.exception("the outbox could not be read")
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()

    async def _fill(self) -> None:
        """Start as many deliveries as there is room for."""
        for kind, most in {**AT_ONCE, **dict.fromkeys(self._carriers, AT_ONCE_CARRIED)}.items():
            await self._fill_kind(kind, most)

    async def _fill_kind(self, kind: str, most: int) -> None:
        counts = Counter(target for target, _ in self._under_way.values() if target.startswith(f"{kind}:"))
        if counts.total() >= most:
            return
        each = most if kind == "own" else AT_ONCE_PER_TARGET
        busy = [target for target, count in counts.items() if count >= each]
        self._attempted.clear()
        for parcel in await self._outbox.due(self._clock.now_ms(), 2 * most, kind, busy):
            if counts.total() >= most:
                return
            if parcel.id in self._under_way or parcel.id in self._attempted or counts[parcel.target] >= each:
                continue
            counts[parcel.target] += 1
            task = asyncio.create_task(self._deliver(parcel), name=f"deliver {parcel.id}")
            self._under_way[parcel.id] = (parcel.target, task)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self._attempt(parcel)
        except Exception:  # whatever happens to one parcel stays with it: it is due again at the next look
            log.exception("delivery of %s failed in an unexpected way", parcel.id)
            await asyncio.sleep(POLL_S)
        finally:
            self._attempted.add(parcel.id)
            self._under_way.pop(parcel.id, None)
            self._wake.set()

    async def _attempt(self, parcel: Parcel) -> None:
        carrier = self._carriers.get(parcel.target.partition(":")[0])
        if carrier is not None:
            await self._carried(parcel, await carrier.carry(parcel))
            return
        destination = await self._destination(parcel.target)
        if destination is None:
            await self._outbox.given_up(parcel.id, "the endpoint is gone")
            return
        try:
            status, text = await self._post(parcel, destination)
        except AddressRefused as refusal:
            await self._outbox.given_up(parcel.id, str(refusal))
            return
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefused):
                await self._outbox.given_up(parcel.id, str(error.os_error))
                return
            status, text = 0, str(error)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            status, text = 0, f"{type(error).__name__}: {error}"
        await self._settle(parcel, destination, status, text)

    async def _carried(self, parcel: Parcel, outcome: Outcome) -> None:
        if outcome.is_done:
            await self._outbox.delivered(parcel.id, outcome.said)
        elif outcome.retry_s is None:
            log.info("%s was given up: %s", parcel.id, outcome.said)
            await self._outbox.given_up(parcel.id, outcome.said)
        else:
            await self._outbox.postponed(parcel.id, self._clock.now_ms() + round(outcome.retry_s * 1000), outcome.said)

    async def _settle(self, parcel: Parcel, destination: Destination, status: int, text: str) -> None:
        said = f"{status} {text}" if status else text
        if 200 <= status < 300:
            await self._outbox.delivered(parcel.id, said)
            return
        delay_s = backoff.next_delay_s(destination.schedule, parcel.attempts + 1)
        if status == _GONE or delay_s is None:
            # What was answered is its store's to read: in the log it could be anything, lines of the log as well.
            log.warning("webhook %s to %s was given up: %s", parcel.id, parcel.target, status or "no answer")
            await self._outbox.given_up(parcel.id, said)
        else:
            await self._outbox.postponed(parcel.id, self._clock.now_ms() + round(delay_s * 1000), said)

    async def _destination(self, target: str) -> Destination | None:
        kind, _, name = target.partition(":")
        if kind == "own":
            return self._own.get(name)
        endpoint = await self._endpoints.find(name)
        if endpoint is None:
            return None
        secrets = endpoint.secrets(self._clock.now_ms())
        return Destination(endpoint.url, secrets, backoff.MERCHANT, guarded=not self._allow_private)

    async def _post(self, parcel: Parcel, destination: Destination) -> tuple[int, str]:
        if len(parcel.body) > MAX_BODY_BYTES:
            raise ValueError(f"the body has more than {MAX_BODY_BYTES} bytes")
        if destination.guarded:
            check_literal(destination.url)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"livehub/{__version__}",
            **sign_all(destination.secrets, parcel.id, self._clock.now_ms(), parcel.body),
        }
        session = self._guarded if destination.guarded else self._open
        async with session.post(destination.url, data=parcel.body, headers=headers, allow_redirects=False) as response:
            answer = await response.content.read(MAX_ANSWER_BYTES)
            # PostgreSQL keeps no NUL, and what cannot be written down would be sent for ever.
            return response.status, answer.decode("utf-8", "replace").replace("\0", "\ufffd")
