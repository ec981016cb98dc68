"""A bad network between real peers: an in-process UDP relay that loses, delays, reorders and queues datagrams.

It stands between clients and a server on the same machine and needs no rights, unlike network namespaces. What happens
to a datagram depends on the seed and its number in its direction alone, so a run can be repeated. For the server each
client has an address of its own, as behind a NAT, which :meth:`Link.rebind` changes.
"""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Conditions:
    """One direction of a network. The default is a perfect one."""

    #: share of datagrams that are lost, and how many in a row on average (Gilbert's model; 1: each by itself)
    loss: float = 0.0
    burst: float = 1.0
    #: what every datagram takes, and up to how much more, uniformly spread
    delay_s: float = 0.0
    jitter_s: float = 0.0
    #: whether one that takes longer holds up those behind it, as a queue does, or is overtaken
    overtakes: bool = False
    #: a bottleneck, and the queue before it; what finds no room is lost
    rate_bps: float | None = None
    queue_bytes: int = 40_000


PERFECT = Conditions()


@dataclass(slots=True)
class Direction:
    """Decides on each datagram. Pure: time comes in, time goes out."""

    conditions: Conditions = PERFECT
    seed: int = 1
    offered: int = 0
    lost: int = 0
    overflowed: int = 0
    _random: random.Random = field(init=False)
    _losing: bool = False
    _free_s: float = 0.0
    _last_s: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @property
    def dropped(self) -> int:
        return self.lost + self.overflowed

    def admit(self, size: int, now_s: float) -> float | None:
        """The moment at which a datagram of ``size`` bytes arrives; None: never."""
        conditions = self.conditions
        chance, late = self._random.random(), self._random.random()  # two for each, whatever becomes of it
        self.offered += 1
        if self._loses(chance):
            self.lost += 1
            return None
        leaves_s = now_s
        if conditions.rate_bps is not None:
            begins_s = max(now_s, self._free_s)
            if (begins_s - now_s) * conditions.rate_bps / 8 + size > conditions.queue_bytes:
                self.overflowed += 1
                return None
            leaves_s = self._free_s = begins_s + size * 8 / conditions.rate_bps
        arrives_s = leaves_s + conditions.delay_s + conditions.jitter_s * late
        if not conditions.overtakes:
            arrives_s = max(arrives_s, self._last_s)
        self._last_s = arrives_s
        return arrives_s

    def _loses(self, chance: float) -> bool:
        """Two states: in the good one nothing is lost, in the bad one everything, ``burst`` datagrams long."""
        loss, burst = self.conditions.loss, max(self.conditions.burst, 1.0)
        if not loss:
            return False
        if burst == 1.0:
            return chance < loss
        if self._losing:
            self._losing = chance >= 1 / burst
        else:
            self._losing = chance < loss / (burst * (1 - loss))
        return self._losing


class _Flow(asyncio.DatagramProtocol):
    """The server's side of one client: what comes back goes to ``client``."""

    def __init__(self, link: "Link", client: Address) -> None:
        self.link = link
        self.client = client
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, _: Any) -> None:
        self.link.carry_down(data, self.client)

    def error_received(self, _: Exception) -> None:
        """The server's port is closed: to the client that is a network that loses everything."""


class _Front(asyncio.DatagramProtocol):
    def __init__(self, link: "Link") -> None:
        self.link = link

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.link.carry_up(data, address[:2])

    def error_received(self, _: Exception) -> None:
        """A client has gone; its datagrams are lost."""


class Link:
    """Relays between clients, who send to :attr:`port`, and the server at ``server``. For one event loop."""

    def __init__(self, server: Address, up: Conditions = PERFECT, down: Conditions = PERFECT, *, seed: int = 1) -> None:
        self.server = server
        self.up, self.down = Direction(up, seed), Direction(down, seed + 1)
        self.is_cut = False
        self.port = 0
        self._front: Any = None
        self._flows: dict[Address, _Flow | None] = {}
        self._dead: set[Address] = set()
        self._opening: set[asyncio.Task[None]] = set()

    async def start(self) -> "Link":
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: _Front(self), local_addr=("127.0.0.1", 0))
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    def close(self) -> None:
        for task in self._opening:
            task.cancel()
        for flow in self._flows.values():
            if flow is not None:
                flow.transport.close()
        if self._front is not None:
            self._front.close()
        self._flows, self._front = {}, None

    def set(self, up: Conditions = PERFECT, down: Conditions = PERFECT) -> None:
        """From now on. Counting and chance go on where they are."""
        self.up.conditions, self.down.conditions = up, down

    def through(self, sdp: str) -> str:
        """An answer or fragment of the server with this link's port in the place of the server's."""
        return sdp.replace(f" {self.server[1]} typ host", f" {self.port} typ host")

    def rebind(self) -> None:
        """The NAT forgets: the server sees every client at a new address, and what it sends to the old one is lost."""
        for flow in self._flows.values():
            if flow is not None:
                flow.transport.close()
        self._flows.clear()

    def change_network(self) -> None:
        """Everybody's present address is dead for good, as when Wi-Fi is gone; who sends from another goes through."""
        self._dead.update(self._flows)

    # --- datagrams

    def carry_up(self, data: bytes, client: Address) -> None:
        if self.is_cut or client in self._dead:
            return
        self._later(self.up, data, self._send_up, client)

    def carry_down(self, data: bytes, client: Address) -> None:
        if self.is_cut or client in self._dead:
            return
        self._later(self.down, data, self._send_down, client)

    def _later(self, direction: Direction, data: bytes, send: Any, client: Address) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        arrives_s = direction.admit(len(data), now_s)
        if arrives_s is None:
            return
        if arrives_s <= now_s:
            send(data, client)
        else:
            loop.call_at(arrives_s, send, data, client)

    def _send_down(self, data: bytes, client: Address) -> None:
        if self._front is not None:
            self._front.sendto(data, client)

    def _send_up(self, data: bytes, client: Address) -> None:
        if self._front is None:
            return
        flow = self._flows.get(client)
        if flow is not None:
            flow.transport.sendto(data)
        elif client not in self._flows:
            self._flows[client] = None
            task = asyncio.get_running_loop().create_task(self._open(client, data))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, client: Address, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, flow = await loop.create_datagram_endpoint(lambda: _Flow(self, client), remote_addr=self.server)
        if self._front is None:  # closed meanwhile
            flow.transport.close()
            return
        self._flows[client] = flow
        flow.transport.sendto(data)
