"""What begins and ends with the server: one cleanup context each, entered in order and left in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web

from livehub.config import ConfigError
from livehub.media.hls.files import clean
from livehub.rooms import abandoned
from livehub.services import Services
from livehub.worker.tidying import Tidying

Lifetime = Callable[[Services], AsyncIterator[None]]


async def _storage(services: Services) -> AsyncIterator[None]:
    services.database.start()
    yield
    await services.database.close()


async def _together(services: Services) -> AsyncIterator[None]:
    """The other processes; and waiting for the role of this one, if another has it."""
    if services.ensemble is None:
        yield
        return
    await services.ensemble.start()
    for lease in services.leases:
        await lease.acquire()
    if services.forwarder is not None:
        services.forwarder.start()
    yield
    if services.forwarder is not None:
        await services.forwarder.close()
    for lease in services.leases:
        await lease.release()
    await services.ensemble.close()


async def _hashing(services: Services) -> AsyncIterator[None]:
    yield
    await services.passwords.close()


async def _commerce_runs(services: Services) -> AsyncIterator[None]:
    services.commerce.start()
    yield
    await services.commerce.close()


async def _translation(services: Services) -> AsyncIterator[None]:
    services.translation.start()
    yield
    await services.translation.close()


async def _moderators(services: Services) -> AsyncIterator[None]:
    yield
    await services.chat.desk.screener.judges.close()


async def _recordings(services: Services) -> AsyncIterator[None]:
    """Around the media plane's life: the last segments come while it closes."""
    services.recordings.start()
    yield
    await services.recordings.close()


async def _captions(services: Services) -> AsyncIterator[None]:
    """Inside the recordings' life, whose state says what is kept, and around the media plane's."""
    services.captions.start()
    yield
    await services.captions.close()


async def _tidying(services: Services) -> AsyncIterator[None]:
    """Where the worker, which does it otherwise, is another process without the recordings."""
    tidying = Tidying(services.recordings.library.sweep)
    tidying.start()
    yield
    await tidying.close()


async def _recovery(services: Services) -> AsyncIterator[None]:
    await services.recordings.recover()
    yield


async def _media(services: Services) -> AsyncIterator[None]:
    for folder in ("hls", "hls-apart", "hls-channels"):
        await asyncio.to_thread(clean, services.config.data_dir / folder)
    try:
        await services.media.start()
    except OSError as error:
        first, workers = services.config.media_port, services.config.media_workers
        ports = f"port {first}" if workers < 2 else f"ports {first} to {first + workers - 1}"
        raise ConfigError(
            f"UDP {ports} cannot be used ({error.strerror}); choose another with LIVEHUB_MEDIA_PORT"
        ) from error
    yield
    await services.stills.close()
    await services.media.close()


async def _restreams(services: Services) -> AsyncIterator[None]:
    services.restreams.start()
    yield
    await services.restreams.close()


async def _hls_runs(services: Services) -> AsyncIterator[None]:
    if services.hls is not None:
        services.hls.start()
    yield
    if services.hls is not None:
        await services.hls.close()


async def _signalling(services: Services) -> AsyncIterator[None]:
    services.hub.start()
    yield
    await services.hub.close()


async def _abandoned(services: Services) -> AsyncIterator[None]:
    """Within the life of signalling and of the media, which tell who is where."""
    if services.abandoned is None:
        yield
        return
    tidying = Tidying(services.abandoned.sweep, every_s=abandoned.EVERY_S)
    tidying.start()
    yield
    await tidying.close()


async def _insights(services: Services) -> AsyncIterator[None]:
    """Within the life of signalling: its rooms are looked at."""
    services.insights.start()
    yield
    await services.insights.close()


async def _background(services: Services) -> AsyncIterator[None]:
    services.worker.start()
    yield
    await services.worker.close()


def _if_media(lifetime: Lifetime) -> Lifetime:
    return _where(lambda services: services.config.has_media, lifetime)


def _where(is_here: Callable[[Services], bool], lifetime: Lifetime) -> Lifetime:
    """Nothing, in a process whose role it is not."""

    async def context(services: Services) -> AsyncIterator[None]:
        if not is_here(services):
            yield
            return
        async for _ in lifetime(services):
            yield

    return context


LIFETIMES: Sequence[Lifetime] = (
    _storage,
    _together,
    _hashing,
    _commerce_runs,
    _translation,
    _if_media(_recordings),
    _if_media(_captions),
    _if_media(_media),
    _if_media(_recovery),
    _if_media(_restreams),
    _if_media(_hls_runs),
    _where(lambda services: services.config.has_media and not services.config.has_worker, _tidying),
    _signalling,
    _if_media(_abandoned),
    _insights,
    _where(lambda services: services.config.has_worker, _background),
)


def bound(lifetime: Lifetime, services: Services) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(_app: web.Application) -> AsyncIterator[None]:
        async for _ in lifetime(services):
            yield

    return context
