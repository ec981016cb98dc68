"""The transcriber's process: started as ``python -m livehub.media.captions.process FD LEVEL`` by :mod:`.link`.

One thread reads what the server says, the main one writes. It ends with its parent: when the socket does, and when one
utterance takes so long that its transcriber must hang. SIGTERM and SIGINT are the parent's to answer.
"""

import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from livehub.media.captions.errors import PluginInvalid
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.registry import build
from livehub.media.captions.wire import (
    LENGTH,
    CannotLoad,
    FromProcess,
    Load,
    Part,
    Ready,
    ToProcess,
    pack,
    to_process,
)
from livehub.media.captions.writer import Writer

log = logging.getLogger(__name__)


class Watch:
    """Ends the process when one piece of work takes longer than ``hang_s``: no thread can be ended, and it is started
    again by who started it.
    """

    def __init__(self, hang_s: float) -> None:
        self._hang_s = hang_s
        self._since_s: float | None = None
        threading.Thread(target=self._look, daemon=True, name="watch").start()

    @contextmanager
    def working(self) -> Iterator[None]:
        self._since_s = time.monotonic()
        try:
            yield
        finally:
            self._since_s = None

    def _look(self) -> None:
        while True:
            time.sleep(self._hang_s / 10)
            since_s = self._since_s
            if since_s is not None and time.monotonic() - since_s > self._hang_s:
                log.error("the transcriber has been at one utterance for %.0f s, and is ended", self._hang_s)
                os._exit(1)


def _read(sock: socket.socket, inbox: "queue.Queue[ToProcess | None]", limits: CaptionLimits) -> None:
    """Until the parent is gone, told by None. Parts beyond what may wait are left out: a hole, and no memory."""
    with sock.makefile("rb") as stream:
        while True:
            head = stream.read(LENGTH.size)
            if len(head) < LENGTH.size:
                break
            length = LENGTH.unpack(head)[0]
            if length > limits.max_message_bytes:
                break
            try:
                message = to_process.decode(stream.read(length))
            except msgspec.DecodeError:
                break
            if isinstance(message, Part) and inbox.qsize() > limits.max_waiting_parts:
                continue
            inbox.put(message)
    inbox.put(None)


def run(sock: socket.socket) -> int:
    inbox: queue.Queue[ToProcess | None] = queue.Queue()
    limits = CaptionLimits()
    threading.Thread(target=_read, args=(sock, inbox, limits), daemon=True, name="parent").start()

    def tell(message: FromProcess) -> None:
        sock.sendall(pack(message))

    first = inbox.get()
    if not isinstance(first, Load):
        return 1
    limits = first.limits
    try:
        transcriber = build(first.setting, timeout_s=limits.timeout_s)
    except PluginInvalid as error:
        tell(CannotLoad(error.detail))
        return 1
    locales = tuple(locale for locale in first.locales if transcriber.supports(locale))
    tell(Ready(transcriber.name, transcriber.is_remote, locales))
    try:
        _serve(inbox, Writer(transcriber, limits, tell), Watch(limits.hang_s))
    except OSError:
        log.debug("the parent is gone")
    finally:
        transcriber.close()
    return 0


def _serve(inbox: "queue.Queue[ToProcess | None]", writer: Writer, watch: Watch) -> None:
    """Everything that has come is heard before the next utterance is written, which may take seconds."""
    is_idle = True
    while True:
        try:
            message = inbox.get(block=is_idle)
        except queue.Empty:
            with watch.working():
                is_idle = not writer.work()
            continue
        if message is None:
            return
        writer.take(message)
        is_idle = False


def main() -> int:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    os.nice(5)  # media goes first
    logging.basicConfig(
        level=sys.argv[2], format=f"%(asctime)s %(levelname)-7s captions[{os.getpid()}] %(name)s: %(message)s"
    )
    return run(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
