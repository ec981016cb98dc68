"""Whether this machine's network interfaces change while a test runs, as the kernel tells it (rtnetlink(7))."""

import socket
import sys
from types import TracebackType

_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR, _RTMGRP_IPV6_IFADDR = 0x1, 0x10, 0x100


class NetworkChanges:
    """Listens from ``with`` on. Chromium listens to the same, and ends all pages' requests when it hears of one."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._seen = False

    def __enter__(self) -> "NetworkChanges":
        if sys.platform == "linux":
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
            made.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
            self._socket = made
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def seen(self) -> bool:
        """Whether anything has changed since ``with``."""
        while self._socket is not None:
            try:
                self._seen = bool(self._socket.recv(65536)) or self._seen
            except BlockingIOError:
                break
        return self._seen
