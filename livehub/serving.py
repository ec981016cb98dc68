"""Running the composed server: database brought up to date, ports opened, stopped in order."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from livehub.app import Services, compose, make_app
from livehub.config import Config, ConfigError
from livehub.storage import migrate
from livehub.web.application import RouteModule
from livehub.web.security import AccessLog

log = logging.getLogger(__name__)

#: how long answers under way may take to finish when the server stops
SHUTDOWN_S = 5.0


async def prepare_database(config: Config) -> None:
    """SQLite is brought to this version by itself; a server's database is only checked: several may start at once.

    Raises:
        SchemaOutdated: with the command that mends it.
    """
    bring = migrate.upgrade if config.database_url.startswith("sqlite") else migrate.check
    await asyncio.to_thread(bring, config.database_url)


async def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT."""
    async with running(config):
        await until_told_to_stop()
        log.info("stopping")


async def until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


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


def tune_garbage_collector() -> None:
    """What start-up made stays: leave it out of every later collection, and collect the young less often.

    Thousands of connections are long-lived objects that the default thresholds would walk again and again.
    """
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
