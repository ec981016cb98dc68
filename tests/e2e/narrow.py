"""A narrow link between a browser and the server: a relay on loopback with a queue and a rate, in its own thread."""

import heapq
import select
import socket
import threading
import time
from itertools import count

#: what a cheap router holds
QUEUE_S = 0.3

#: in the browser: the server's candidates lead to the relay
REDIRECT = """
  const setRemote = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/127\\.0\\.0\\.1 %(server)d typ/g, '127.0.0.1 %(relay)d typ');
    return setRemote.call(this, { type: description.type, sdp });
  };
"""


class NarrowLink:
    """Packets to the viewer pass at ``rate_bps`` (0: at once), what does not fit into the queue is lost."""

    def __init__(self, server_port: int) -> None:
        self.rate_bps = 0
        self.lost = 0
        self._server = ("127.0.0.1", server_port)
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._backs: dict[tuple[str, int], socket.socket] = {}
        self._fronts: dict[socket.socket, tuple[str, int]] = {}
        self._queue: list[tuple[float, int, bytes, tuple[str, int]]] = []
        self._order = count()
        self._free_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def script(self) -> str:
        """For :meth:`BrowserContext.add_init_script`."""
        return REDIRECT % {"server": self._server[1], "relay": self._front.getsockname()[1]}

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for each in (self._front, *self._fronts):
            each.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            wait_s = max(self._queue[0][0] - time.monotonic(), 0.0) if self._queue else 0.05
            readable, _, _ = select.select([self._front, *self._fronts], [], [], min(wait_s, 0.05))
            for each in readable:
                self._read(each)
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, data, address = heapq.heappop(self._queue)
                self._front.sendto(data, address)

    def _read(self, each: socket.socket) -> None:
        data, address = each.recvfrom(2048)
        if each is not self._front:
            self._to_viewer(data, self._fronts[each])
            return
        back = self._backs.get(address)
        if back is None:
            back = self._backs[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._fronts[back] = address
        back.sendto(data, self._server)

    def _to_viewer(self, data: bytes, address: tuple[str, int]) -> None:
        now_s = time.monotonic()
        if not self.rate_bps:
            self._front.sendto(data, address)
            return
        start_s = max(now_s, self._free_s)
        if start_s - now_s > QUEUE_S:
            self.lost += 1
            return
        self._free_s = start_s + len(data) * 8 / self.rate_bps
        heapq.heappush(self._queue, (self._free_s, next(self._order), data, address))
