"""The connection to Redis: one pair of sockets, commands in batches, what others publish, and coming back by itself.

One socket sends commands, the other listens. Both belong to one *session*: when either fails, both are closed and a new
session begins, so that nothing is ever sent to another life of the server by mistake. ``run`` names that life (Redis's
``run_id``): a server that was restarted may have lost anything, and whoever keeps something there asks it.

Commands are written in the order in which they were given, as many at once as have gathered. What is given to
:meth:`send` waits while Redis is away, what is given to :meth:`ask` is refused meanwhile.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from livehub.errors import Unavailable
from livehub.processes.limits import ProcessLimits

log = logging.getLogger(__name__)
#: what a socket, or Redis at its other end, fails with
FAILURES: Final = (RedisError, OSError, TimeoutError)

#: a command as a function of the prefix of the present life's keys, and of the scripts' digests
Command = Callable[["Life"], Sequence[Any]]
Receiver = Callable[[bytes], None]


class Life:
    """One life of the Redis server as this process knows it."""

    def __init__(self, prefix: str, run: str, scripts: Mapping[str, str]) -> None:
        self.run: Final = run
        self._prefix: Final = f"{prefix}:{run}:"
        self._scripts: Final = scripts

    def key(self, name: str) -> str:
        return self._prefix + name

    def script(self, name: str, keys: Sequence[str], *args: Any) -> Sequence[Any]:
        return ["EVALSHA", self._scripts[name], len(keys), *(self.key(key) for key in keys), *args]


class RedisAway(Unavailable):
    code, title = "redis_unavailable", "The server's processes cannot reach one another right now"


class Link:
    """``on_up`` is awaited in each new session before :attr:`is_up`, with whether Redis lives another life than before.

    Args:
        prefix: of every key and channel; servers that share a Redis need different ones.
        scripts: name → Lua.
    """

    def __init__(self, url: str, *, prefix: str, scripts: Mapping[str, str], limits: ProcessLimits) -> None:
        self._prefix: Final = prefix
        self._limits: Final = limits
        self._sources: Final = dict(scripts)
        retry = Retry(NoBackoff(), 0)
        self._pool = Redis.from_url(url, protocol=2, retry=retry, health_check_interval=0).connection_pool
        self._life: Life | None = None
        self._waiting: deque[tuple[Command, asyncio.Future[Any] | None]] = deque()
        self._flying: list[tuple[Command, asyncio.Future[Any] | None]] = []
        self._wake = asyncio.Event()
        self._receivers: dict[bytes, Receiver] = {}
        self._confirmed: dict[bytes, asyncio.Future[None]] = {}
        self._listener: AbstractConnection | None = None
        self._speaks = False
        self._on_up: list[Callable[[bool], Awaitable[None]]] = []
        self._on_down: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._overflowed = False
        self._connections: tuple[AbstractConnection, ...] = ()
        self.is_up = False
        self.sessions = 0
        #: of attempts: what is heard in one may come before what was asked in it is answered
        self.session = 0

    def whenever_up(self, act: Callable[[bool], Awaitable[None]]) -> None:
        self._on_up.append(act)

    def whenever_down(self, act: Callable[[], None]) -> None:
        self._on_down.append(act)

    # --- life

    async def start(self) -> None:
        """Raises: RedisAway when there is none to begin with."""
        loop = asyncio.get_running_loop()
        self._first = loop.create_future()
        self._task = loop.create_task(self._run(), name="redis link")
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                await asyncio.shield(self._first)
        except FAILURES as error:
            await self.close()
            raise RedisAway(f"Redis does not answer ({error or 'no answer in time'})") from error

    async def close(self, timeout_s: float = 2.0) -> None:
        """Say what still waits, for at most ``timeout_s``, and go. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            async with asyncio.timeout(timeout_s if self.is_up else 0):
                await self.ask(lambda _: ["PING"])
        except (RedisAway, TimeoutError):
            log.warning("%d messages to other processes were left unsaid", len(self._waiting))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._fail_asked()

    def check(self) -> None:
        """Raises: RedisAway."""
        if not self.is_up:
            raise RedisAway(retry_after_s=2)

    def break_off(self) -> None:
        """End this session, as a network that fails would; the next begins by itself."""
        for connection in self._connections:
            if connection._writer is not None:
                connection._writer.transport.abort()

    # --- told and asked

    def send(self, command: Command) -> None:
        """In order, exactly when Redis is there; should it go away with the answer, the command is sent again."""
        if len(self._waiting) >= self._limits.max_waiting:
            if not self._overflowed:
                log.error("more than %d messages wait for Redis: the next are left out", self._limits.max_waiting)
            self._overflowed = True
            return
        self._waiting.append((command, None))
        self._wake.set()

    async def ask(self, command: Command) -> Any:
        """Raises: RedisAway, ResponseError."""
        if not self._speaks:
            raise RedisAway(retry_after_s=2)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        self._wake.set()
        return await future

    def publish(self, channel: str, message: bytes) -> None:
        """To whoever listens now; nothing is kept for later."""
        if self._speaks:
            self.send(lambda _: ["PUBLISH", self.channel(channel), message])

    # --- heard

    def channel(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    async def listen(self, name: str, receiver: Receiver) -> None:
        """What is published after this returns is heard; also in later sessions, until :meth:`forget`.

        Raises: RedisAway; it is listened to all the same once Redis is back.
        """
        channel = self.channel(name).encode()
        self._receivers[channel] = receiver
        if self._listener is None:
            raise RedisAway(retry_after_s=2)
        future = self._confirmed.get(channel)
        if future is None:
            future = self._confirmed[channel] = asyncio.get_running_loop().create_future()
            await self._say("SUBSCRIBE", channel)
        await asyncio.shield(future)

    async def forget(self, name: str) -> None:
        channel = self.channel(name).encode()
        self._receivers.pop(channel, None)
        # Whoever listens again meanwhile has to subscribe again.
        self._confirmed.pop(channel, None)
        if self._listener is not None:
            await self._say("UNSUBSCRIBE", channel)

    async def _say(self, *command: Any) -> None:
        try:
            if self._listener is not None:
                await self._listener.send_command(*command)
        except FAILURES as error:
            # The session's reader sees the same and ends the session.
            log.debug("the listening socket failed: %s", error)

    # --- one session after the other

    async def _run(self) -> None:
        pause_s = self._limits.retry_first_s
        # Until it is closed: a session that fails while it is cancelled ends by its failure, not by the cancelling.
        while self._task is not None:
            began = self.sessions
            try:
                await self._session()
            except* FAILURES as failed:
                reason = failed.exceptions[0]
                if self._first is not None and not self._first.done():
                    self._first.set_exception(_leaf(reason))
                else:
                    log.warning("Redis is away: %s", _leaf(reason))
            self._went_down()
            pause_s = (
                self._limits.retry_first_s if self.sessions > began else min(pause_s * 2, self._limits.retry_last_s)
            )
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - so that not all come at once

    async def _session(self) -> None:
        speaker, listener = self._connection(), self._connection()
        self._connections = (speaker, listener)
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                await speaker.connect()  # type: ignore[no-untyped-call]
                await listener.connect()  # type: ignore[no-untyped-call]
                life, was = await self._introduce(speaker), self._life
            # Commands that were under way come first, and again: scripts know those that they have had.
            self._life = life
            self._waiting.extendleft(reversed([item for item in self._flying if item[1] is None]))
            self._flying.clear()
            self._listener, self._speaks = listener, True
            self.session += 1
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear(listener))
                group.create_task(self._pump(speaker, life))
                group.create_task(self._come_up(was is not None and was.run != life.run))
        finally:
            self._speaks, self._listener = False, None
            await _close(speaker)
            await _close(listener)

    def _connection(self) -> AbstractConnection:
        """One of our own, not of the pool, which would connect again behind our back."""
        return cast(AbstractConnection, self._pool.make_connection())  # type: ignore[no-untyped-call]

    async def _introduce(self, speaker: AbstractConnection) -> Life:
        await speaker.send_command("INFO", "server")
        info = await speaker.read_response(disable_decoding=True)
        run = next((line[7:] for line in info.decode().split("\r\n") if line.startswith("run_id:")), "none")
        digests = {}
        for name, source in self._sources.items():
            await speaker.send_command("SCRIPT", "LOAD", source)
            digests[name] = (await speaker.read_response(disable_decoding=True)).decode()
        return Life(self._prefix, run, digests)

    async def _come_up(self, is_new_life: bool) -> None:
        loop = asyncio.get_running_loop()
        for channel in list(self._receivers):
            self._confirmed[channel] = loop.create_future()
            await self._say("SUBSCRIBE", channel)
        async with asyncio.timeout(self._limits.answer_timeout_s):
            await asyncio.gather(*(asyncio.shield(future) for future in self._confirmed.values()))
        for act in self._on_up:
            try:
                await act(is_new_life)
            except RedisAway:
                return  # the session is ending
            except Exception:
                log.exception("coming back to Redis failed in part")
        self.is_up = True
        self.sessions += 1
        self._overflowed = False
        if self._first is not None and not self._first.done():
            self._first.set_result(None)
        elif self.sessions > 1:
            log.warning("Redis is back")

    def _went_down(self) -> None:
        was_up, self.is_up = self.is_up, False
        for future in self._confirmed.values():
            if not future.done():
                future.set_exception(RedisAway(retry_after_s=2))
                future.exception()
        self._confirmed.clear()
        self._fail_asked()
        for act in self._on_down if was_up else ():
            act()

    def _fail_asked(self) -> None:
        """Whoever waits for an answer is told; what was only told waits on."""
        for _, future in (*self._flying, *self._waiting):
            if future is not None and not future.done():
                future.set_exception(RedisAway(retry_after_s=2))
        self._flying = [item for item in self._flying if item[1] is None]
        self._waiting = deque(item for item in self._waiting if item[1] is None)

    async def _pump(self, speaker: AbstractConnection, life: Life) -> None:
        while True:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            count = min(len(self._waiting), self._limits.max_batch)
            self._flying = [self._waiting.popleft() for _ in range(count)]
            async with asyncio.timeout(self._limits.answer_timeout_s):
                await speaker.send_packed_command(speaker.pack_commands([make(life) for make, _ in self._flying]))
                for _, future in list(self._flying):
                    try:
                        answer = await speaker.read_response(disable_decoding=True)
                    except ResponseError as error:
                        _settle(future, error)
                    else:
                        _settle(future, answer)
                    self._flying.pop(0)

    async def _hear(self, listener: AbstractConnection) -> None:
        while True:
            kind, channel, message, *_ = await listener.read_response(disable_decoding=True)
            if kind == b"message":
                receiver = self._receivers.get(channel)
                if receiver is not None:
                    try:
                        receiver(message)
                    except Exception:
                        log.exception("a message of another process could not be taken")
            elif kind == b"subscribe" and channel in self._confirmed and not self._confirmed[channel].done():
                self._confirmed[channel].set_result(None)


def _settle(future: "asyncio.Future[Any] | None", outcome: Any) -> None:
    if future is None:
        if isinstance(outcome, Exception):
            log.error("Redis refused a command: %s", outcome)
    elif not future.done():
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _leaf(error: BaseException) -> Exception:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, Exception) else RedisAway()


async def _close(connection: AbstractConnection) -> None:
    try:
        await connection.disconnect(nowait=True)
    except FAILURES as error:
        log.debug("closing a socket to Redis: %s", error)
