"""Running the composed server: database brought up to date, ports opened, stopped in order."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from livehub.app import make_app
from livehub.config import Config, ConfigError
from livehub.events import ServerDraining
from livehub.services import Services, compose
from livehub.storage import migrate
from livehub.web.application import RouteModule
from livehub.web.security import AccessLog

log = logging.getLogger(__name__)

#: how long answers under way may take to finish when the server stops
SHUTDOWN_S = 5.0
#: how often is looked whether the last session has gone
DRAIN_POLL_S = 0.1


async def prepare_database(config: Config) -> None:
    """SQLite is brought to this version by itself; a server's database is only checked: several may start at once.

    Raises:
        SchemaOutdated: with the command that mends it.
    """
    bring = migrate.upgrade if config.database_url.startswith("sqlite") else migrate.check
    await asyncio.to_thread(bring, config.database_url)


async def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT, then let what is under way end in order; a second signal ends at once."""
    async with running(config) as services:
        await until_told_to_stop()
        log.info("stopping")
        await drain(services)


async def until_told_to_stop() -> None:
    """Whoever says it a second time does not want to wait."""
    stop = asyncio.Event()

    def told() -> None:
        if stop.is_set():
            log.warning("told to stop once more: ending at once")
            # What was acknowledged is on the disk. Media workers and children end when they see this process gone.
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told)
    await stop.wait()


async def drain(services: Services) -> None:
    """No new media sessions (503), not ready (``/readyz``), clients told; then wait for the sessions that are to end.

    At most ``LIVEHUB_DRAIN_S``; what is left then is ended in order by the lifetimes of :mod:`livehub.lifetimes`.
    """
    within_s = services.config.drain_s
    services.draining.set()
    await services.media.drain()
    services.bus.publish(ServerDraining(within_s))
    deadline_s = services.clock.monotonic() + within_s
    # Counted rather than told: sessions are in other processes too.
    while services.media.stats()["sessions"] and services.clock.monotonic() < deadline_s:  # noqa: ASYNC110
        await asyncio.sleep(DRAIN_POLL_S)


@asynccontextmanager
async def running(config: Config, more: Sequence[RouteModule] = ()) -> AsyncIterator[Services]:
    """The whole server, answering requests inside the context."""
    await prepare_database(config)
    services = compose(config)
    runner = web.AppRunner(make_app(services, more), access_log_class=AccessLog, shutdown_timeout=SHUTDOWN_S)
    try:
        await runner.setup()
        await _listen(runner, config)
        tune_garbage_collector()
        tune_threads()
        log.info("livehub is at %s", config.public_url)
        if "sandbox" in services.commerce.gateways and config.secure_cookies:
            log.warning("the sandbox pays without money: leave it out of LIVEHUB_PAYMENTS to really sell")
        yield services
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, config: Config) -> None:
    """Raises: ConfigError, with what helps."""
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=1024, reuse_address=True).start()
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {config.host} port {config.port} ({error.strerror or error}); "
            "choose another with LIVEHUB_PORT"
        ) from error


def tune_threads() -> None:
    """Let a thread that waits for the interpreter have it after a millisecond, not after five.

    The database's thread asks for it some ten times a commit. While the loop goes round a crowd without a pause, each
    time took the whole of the interval, and lines waited for it.
    """
    sys.setswitchinterval(0.001)


def tune_garbage_collector() -> None:
    """What start-up made stays: leave it out of every later collection, and collect the young less often.

    Thousands of connections are long-lived objects that the default thresholds would walk again and again. Collecting
    may have been off until now, as it is while ``livehub serve`` imports.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def create_account(config: Config, email: str, password: str, display_name: str, locale: str) -> None:
    """For ``livehub account``. Raises: LivehubError, as signing up does."""
    await prepare_database(config)
    services = compose(config)
    services.database.start()
    try:
        await services.accounts.sign_up(email, password, display_name, locale, address="command line")
    finally:
        await services.passwords.close()
        with suppress(asyncio.CancelledError):
            await services.database.close()
