"""The composition root: the one place that knows every package.

:func:`compose` makes the services out of a :class:`~livehub.config.Config` and :func:`make_app` puts HTTP around them;
:mod:`livehub.serving` runs the whole. Each lifetime is one cleanup context; aiohttp enters them in order
(:data:`LIFETIMES`) and leaves them in reverse.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.passwords import Passwords
from livehub.accounts.service import AccountService
from livehub.accounts.tokens import TokenSigner
from livehub.chat.service import ChatLimits, ChatService
from livehub.clock import Clock, SystemClock
from livehub.commerce.gateway import GatewayContext
from livehub.commerce.pictures import PictureStore
from livehub.commerce.registry import load_gateways
from livehub.commerce.service import Commerce
from livehub.config import Config, ConfigError
from livehub.events import EventBus
from livehub.media.assembly import PlaneSettings, make_plane
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.hls.files import clean
from livehub.media.limits import HlsLimits
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.service import Recordings
from livehub.media.service import MediaService
from livehub.media.still import Stills
from livehub.restream.service import RestreamService
from livehub.restream.vault import Vault
from livehub.rooms.service import RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.hub import Hub
from livehub.storage.accounts import SqlAccounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.storage.recordings import SqlRecordings
from livehub.storage.restreams import SqlRestreams
from livehub.storage.rooms import SqlRooms
from livehub.translation.phrasebook import Phrasebook
from livehub.translation.registry import TranslatorRegistry
from livehub.translation.service import TranslationService
from livehub.web import chat as chat_routes
from livehub.web import commerce as commerce_routes
from livehub.web import hls as hls_routes
from livehub.web import media as media_routes
from livehub.web import recordings as recording_routes
from livehub.web import replay as replay_routes
from livehub.web import restreams as restream_routes
from livehub.web import still as still_routes
from livehub.web.accounts import ACCOUNTS, HAND_OVER, SESSIONS, STORES_OF
from livehub.web.application import RouteModule, add_routes, make_application
from livehub.web.assets import share_dir
from livehub.web.auth import AUTHENTICATOR
from livehub.web.commerce import COMMERCE
from livehub.web.config_route import CLIENT_CONFIG, client_config
from livehub.web.health import CHECKS, DRAINING, METRICS
from livehub.web.hls_delivery import HlsDelivery
from livehub.web.hls_files import FileCache
from livehub.web.hls_token import HlsKeys
from livehub.web.ice_servers import ICE_SERVERS, IceServers, parse_ice_servers
from livehub.web.media_metrics import MediaCollector
from livehub.web.media_throttle import MEDIA_THROTTLE, MediaThrottle
from livehub.web.rooms import ROOMS, SIGNER
from livehub.worker.service import Worker

log = logging.getLogger(__name__)

ROUTES = (
    media_routes,
    still_routes,
    hls_routes,
    recording_routes,
    replay_routes,
    restream_routes,
    chat_routes,
    commerce_routes,
)
CHAT_LIMITS = ChatLimits()
TRANSLATION_DEADLINE_S = 3.0


@dataclass(frozen=True)
class Services:
    """Everything that runs, made but not started."""

    config: Config
    clock: Clock
    bus: EventBus
    database: Database
    passwords: Passwords
    signer: TokenSigner
    accounts: AccountService
    authenticator: CookieAndTokenAuthenticator
    rooms: RoomService
    desk: StageDesk
    chat: ChatService
    translation: TranslationService
    commerce: Commerce
    media: MediaService
    recordings: Recordings
    stills: Stills
    restreams: RestreamService
    #: None: LIVEHUB_HLS is off
    hls: HlsDelivery | None
    hub: Hub
    worker: Worker
    #: set when the server is about to stop
    draining: asyncio.Event


def compose(config: Config) -> Services:
    """Make every part and join them.

    Raises:
        LivehubError, ConfigError: a plug-in or a setting that cannot be used.
    """
    clock, bus = SystemClock(), EventBus()
    database = Database(config.database_url)
    signer, passwords = TokenSigner(config.secret, clock), Passwords()
    sql_accounts = SqlAccounts(database)
    authenticator = CookieAndTokenAuthenticator(sql_accounts, signer, clock)
    catalog = SqlCatalog(database)

    # Rooms tell how many are in them, which the hub counts, which asks rooms who may come in: the one circle here.
    hub: Hub
    rooms = RoomService(
        SqlRooms(database),
        clock=clock,
        bus=bus,
        viewers=lambda room_id: hub.viewers(room_id),
        store_of=catalog.store_of,
    )
    chat = ChatService(SqlChat(database), clock=clock, bus=bus, limits=CHAT_LIMITS)
    engines = TranslatorRegistry().build_chain(config.translators, clock=clock, deadline_s=TRANSLATION_DEADLINE_S)
    translation = TranslationService(engines, clock=clock, deadline_s=TRANSLATION_DEADLINE_S)
    commerce, outbox = _commerce(config, database, catalog, rooms, bus, clock)
    media = _media_service(config, bus, clock)
    recordings = Recordings(
        SqlRecordings(database),
        rooms,
        media,
        root=config.data_dir / "recordings",
        hls_roots=(config.data_dir / "hls", config.data_dir / "hls-apart"),
        clock=clock,
        bus=bus,
        limits=RecordingLimits(
            retention_days=config.recording_retention_days, min_free_bytes=config.recording_min_free_mb << 20
        ),
    )

    desk = StageDesk(clock, bus)

    async def offers_of(room_id: str) -> Sequence[Mapping[str, Any]]:
        return [offer.present() for offer in await commerce.tray.of_room(room_id)]

    hub = Hub(
        clock=clock,
        bus=bus,
        rooms=rooms,
        chat=chat,
        translation=translation,
        authenticator=authenticator,
        offers=offers_of,
        media=media,
        desk=desk,
        store_of=catalog.store_of,
        recording=recordings.present,
        own_origin=config.public_url,
    )
    return Services(
        config=config,
        clock=clock,
        bus=bus,
        database=database,
        passwords=passwords,
        signer=signer,
        accounts=AccountService(sql_accounts, passwords, signer, clock),
        authenticator=authenticator,
        rooms=rooms,
        desk=desk,
        chat=chat,
        translation=translation,
        commerce=commerce,
        media=media,
        recordings=recordings,
        restreams=RestreamService(
            SqlRestreams(database),
            media,
            Vault(config.secret),
            room_of=rooms.get,
            bus=bus,
            clock=clock,
            plain_http=config.allow_private_restreams,
        ),
        hls=None if config.hls == "off" else HlsDelivery(media, bus, clock, always=config.hls == "on"),
        stills=Stills(media.keyframe, clock),
        hub=hub,
        worker=Worker(
            commerce,
            outbox,
            SqlEndpoints(database),
            clock=clock,
            public_url=config.public_url,
            own_url=config.own_url,
            allow_private_webhooks=config.allow_private_webhooks,
            tidy=recordings.library.sweep,
        ),
        draining=asyncio.Event(),
    )


def _media_service(config: Config, bus: EventBus, clock: Clock) -> MediaService:
    """The plane in this process, or as many as were asked for in workers of their own."""
    settings = PlaneSettings(
        config.media_port,
        config.media_ips,
        with_loopback=config.is_local,
        hls_dir=config.data_dir / "hls",
        apart_dir=config.data_dir / "hls-apart",
        hls_limits=HlsLimits(window_s=config.hls_window_s),
        allow_private_restreams=config.allow_private_restreams,
    )
    if not config.media_workers:
        return make_plane(settings, bus=bus, clock=clock)
    cores = sorted(os.sched_getaffinity(0)) if config.pin_media_workers else ()
    return MediaCluster(config.media_workers, settings, bus=bus, cores=cores).as_service()


def _commerce(
    config: Config, database: Database, catalog: SqlCatalog, rooms: RoomService, bus: EventBus, clock: Clock
) -> tuple[Commerce, SqlOutbox]:
    outbox = SqlOutbox(database)
    context = GatewayContext(config.public_url, config.secret, clock, outbox)
    commerce = Commerce(
        catalog=catalog,
        offers=SqlOffers(database),
        orders=SqlOrders(database, outbox),
        endpoints=SqlEndpoints(database),
        rooms=rooms,
        pictures=PictureStore(config.data_dir / "pictures", clock),
        gateways=load_gateways(config.payments, context),
        bus=bus,
        clock=clock,
        public_url=config.public_url,
    )
    return commerce, outbox


def make_app(services: Services, more: Sequence[RouteModule] = ()) -> web.Application:
    """HTTP around the services; running it starts them. ``more``: routes beside livehub's own (the demonstration's)."""
    config = services.config
    pictures = config.data_dir / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    static = share_dir("static")
    if not (static / "vendor").is_dir():
        raise ConfigError(f"the web client's modules are not in {static}/vendor; `make web` brings them there")
    app = make_application(
        public_url=config.public_url,
        static=static,
        translations=share_dir("translations"),
        pictures=pictures,
        clock=services.clock,
    )
    try:
        ice_servers = IceServers(
            parse_ice_servers(config.ice_servers),
            turn_secret=config.turn_secret,
            turn_ttl_s=config.turn_ttl_s,
            clock=services.clock,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error
    app[ACCOUNTS] = services.accounts
    app[AUTHENTICATOR] = app[SESSIONS] = services.authenticator
    app[SIGNER] = services.signer
    app[ROOMS] = services.rooms
    app[media_routes.MEDIA] = services.media
    app[still_routes.STILLS] = services.stills
    app[restream_routes.RESTREAMS] = services.restreams
    app[recording_routes.RECORDINGS] = services.recordings
    app[ICE_SERVERS] = ice_servers
    app[MEDIA_THROTTLE] = MediaThrottle(services.clock, services.media.limits)
    app[media_routes.ROOM_ORIGINS] = config.room_origins
    app[media_routes.DOORKEEPER] = services.chat.moderation
    app[media_routes.STAGE] = services.desk
    app[chat_routes.CHAT] = services.chat
    app[chat_routes.PHRASEBOOK] = Phrasebook.shipped()
    app[COMMERCE] = services.commerce
    app[hls_routes.HLS] = _hls(services)
    app[STORES_OF] = _stores_of(services)
    app[HAND_OVER] = services.commerce.desk.hand_over
    app[CLIENT_CONFIG] = client_config(
        payments=[(gateway.id, gateway.title) for gateway in services.commerce.gateways.values()],
        translators=[setting.partition(":")[0] for setting in config.translators],
        ice_servers=ice_servers.for_everybody(),
        turn=ice_servers.is_personal,
        max_message_chars=CHAT_LIMITS.max_chars,
        hls=services.hls is not None,
    )
    app[DRAINING] = services.draining
    app[CHECKS] = {"database": _database_answers(services.database), "media": services.media.check}
    add_routes(app, public_url=config.public_url, more=[*ROUTES, *more])
    services.hub.attach(app)
    _count(app, services)
    for lifetime in LIFETIMES:
        app.cleanup_ctx.append(_bound(lifetime, services))
    return app


def _hls(services: Services) -> hls_routes.Hls | None:
    if services.hls is None:
        return None
    keys = HlsKeys(services.config.secret, services.clock)
    return hls_routes.Hls(services.hls, keys, services.config.data_dir / "hls", FileCache())


def _stores_of(services: Services) -> Callable[[str], Any]:
    async def stores_of(account_id: str) -> Sequence[Mapping[str, Any]]:
        stores = await SqlCatalog(services.database).stores_of(account_id)
        return [{"id": store.id, "title": store.title, "currency": store.currency} for store in stores]

    return stores_of


def _database_answers(database: Database) -> Callable[[], Any]:
    async def ask() -> None:
        await database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())

    return ask


def _count(app: web.Application, services: Services) -> None:
    metrics, media, hls = app[METRICS], services.media, services.hls
    counts = hls.counts if hls is not None else lambda: (0, 0)
    metrics.registry.register(MediaCollector(media))
    metrics.gauge("livehub_media_sessions", "WHIP and WHEP sessions", lambda: media.stats()["sessions"])
    metrics.gauge("livehub_media_publishers", "People on stage", lambda: media.stats()["publishers"])
    metrics.gauge("livehub_media_viewers", "WHEP sessions", lambda: media.stats()["subscribers"])
    metrics.gauge("livehub_restreams", "Services that rooms are sent on to", lambda: media.stats()["restreams"])
    metrics.gauge("livehub_hls_runs", "Rooms that can be watched by HLS", lambda: counts()[0])
    metrics.gauge("livehub_hls_waiting", "Playlist positions that players wait for", lambda: counts()[1])
    metrics.gauge("livehub_media_workers", "Processes of their own that forward media", lambda: _up(media))
    metrics.gauge("livehub_media_worker_restarts", "Media workers started again", lambda: _restarts(media))
    metrics.gauge("livehub_sockets", "Socket.IO connections", lambda: services.hub.connections)
    metrics.gauge("livehub_commits", "Transactions of the writer", lambda: services.database.writer.commits)
    metrics.gauge("livehub_writes", "Writes in them", lambda: services.database.writer.writes)


def _up(media: MediaService) -> int:
    return sum(worker["up"] for worker in media.stats().get("workers", ()))


def _restarts(media: MediaService) -> int:
    return sum(worker["restarts"] for worker in media.stats().get("workers", ()))


# --- lifetimes, in the order in which they begin

Lifetime = Callable[[Services], AsyncIterator[None]]


async def _storage(services: Services) -> AsyncIterator[None]:
    services.database.start()
    yield
    await services.database.close()


async def _hashing(services: Services) -> AsyncIterator[None]:
    yield
    await services.passwords.close()


async def _commerce_runs(services: Services) -> AsyncIterator[None]:
    services.commerce.start()
    yield
    await services.commerce.close()


async def _translation(services: Services) -> AsyncIterator[None]:
    yield
    await services.translation.close()


async def _recordings(services: Services) -> AsyncIterator[None]:
    """Around the media plane's life: the last segments come while it closes."""
    services.recordings.start()
    yield
    await services.recordings.close()


async def _recovery(services: Services) -> AsyncIterator[None]:
    await services.recordings.recover()
    yield


async def _media(services: Services) -> AsyncIterator[None]:
    for folder in ("hls", "hls-apart"):
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


async def _background(services: Services) -> AsyncIterator[None]:
    services.worker.start()
    yield
    await services.worker.close()


LIFETIMES: Sequence[Lifetime] = (
    _storage,
    _hashing,
    _commerce_runs,
    _translation,
    _recordings,
    _media,
    _recovery,
    _restreams,
    _hls_runs,
    _signalling,
    _background,
)


def _bound(lifetime: Lifetime, services: Services) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(_app: web.Application) -> AsyncIterator[None]:
        async for _ in lifetime(services):
            yield

    return context
