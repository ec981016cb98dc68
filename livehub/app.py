"""HTTP around the services.

:func:`livehub.services.compose` makes and joins what runs, :func:`make_app` puts HTTP around it, and
:mod:`livehub.serving` runs the whole. Each lifetime is one cleanup context; aiohttp enters them in order
(:data:`livehub.lifetimes.LIFETIMES`) and leaves them in reverse.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from livehub.config import ConfigError
from livehub.lifetimes import LIFETIMES, bound
from livehub.media.service import MediaService
from livehub.rooms.model import Room, RoomState
from livehub.services import CHAT_LIMITS, Services
from livehub.storage.catalog import SqlCatalog
from livehub.storage.database import Database
from livehub.translation.phrasebook import Phrasebook
from livehub.translation.setting import engine_name
from livehub.web import calendar as calendar_routes
from livehub.web import captions as caption_routes
from livehub.web import card as card_routes
from livehub.web import chat as chat_routes
from livehub.web import commerce as commerce_routes
from livehub.web import draws as draw_routes
from livehub.web import followers as follower_routes
from livehub.web import hls as hls_routes
from livehub.web import interaction as interaction_routes
from livehub.web import media as media_routes
from livehub.web import merchant_words as word_routes
from livehub.web import moderation as moderation_routes
from livehub.web import recordings as recording_routes
from livehub.web import replay as replay_routes
from livehub.web import replay_chat as replay_chat_routes
from livehub.web import reports as report_routes
from livehub.web import restreams as restream_routes
from livehub.web import speech as speech_routes
from livehub.web import spoken_texts
from livehub.web import still as still_routes
from livehub.web import talk as talk_routes
from livehub.web import texts as text_routes
from livehub.web import translation as translation_routes
from livehub.web.accounts import ACCOUNTS, DEVICES, HAND_OVER, SESSIONS, STORES_OF
from livehub.web.application import RouteModule, add_routes, make_application
from livehub.web.assets import share_dir
from livehub.web.auth import AUTHENTICATOR
from livehub.web.commerce import COMMERCE
from livehub.web.config_route import CLIENT_CONFIG, ClientConfig, client_config, payment_view
from livehub.web.health import CHECKS, DRAINING, METRICS, Checks
from livehub.web.hls_captions import CAPTIONS
from livehub.web.hls_files import FileCache
from livehub.web.hls_token import HlsKeys
from livehub.web.ice_servers import ICE_SERVERS, IceServers, parse_ice_servers
from livehub.web.media_metrics import MediaCollector
from livehub.web.media_throttle import MEDIA_THROTTLE, MediaThrottle
from livehub.web.moderator_metrics import ModeratorCollector
from livehub.web.reader import KEPT_TEXTS
from livehub.web.rooms import APPOINTMENTS, ROOMS, SIGNER
from livehub.web.translation_metrics import TranslatorCollector

#: answered by the process that has the media
MEDIA_ROUTES: Sequence[RouteModule] = (
    media_routes,
    still_routes,
    hls_routes,
    recording_routes,
    caption_routes,  # its paths below a replay are narrower than those of the replay's files
    replay_routes,
    restream_routes,
    speech_routes,  # lines of captions are known there
)
ROUTES: Sequence[RouteModule] = (
    chat_routes,
    talk_routes,
    replay_chat_routes,
    moderation_routes,
    interaction_routes,
    draw_routes,
    follower_routes,
    calendar_routes,
    card_routes,
    commerce_routes,
    report_routes,
    translation_routes,
    text_routes,
    word_routes,
)


def make_app(services: Services, more: Sequence[RouteModule] = ()) -> web.Application:
    """HTTP around the services; running it starts them. ``more``: routes beside livehub's own (the demonstration's)."""
    app = _make_pages(services)
    ice_servers = _ice_servers(services)
    _give_people_and_talk(app, services)
    _give_media(app, services, ice_servers)
    _give_shop(app, services)
    app[CLIENT_CONFIG] = _client_config(services, ice_servers)
    app[DRAINING] = services.draining
    app[CHECKS] = _checks(services)
    add_routes(app, public_url=services.config.public_url, more=[*_routes(services), *more])
    services.hub.attach(app)
    _count(app, services)
    for lifetime in LIFETIMES:
        app.cleanup_ctx.append(bound(lifetime, services))
    return app


def _make_pages(services: Services) -> web.Application:
    """The application with its pages and pictures, as yet without the services. Raises: ConfigError."""
    config = services.config
    pictures = config.data_dir / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    static = share_dir("static")
    if not (static / "vendor").is_dir():
        raise ConfigError(f"the web client's modules are not in {static}/vendor; `make web` brings them there")
    return make_application(
        public_url=config.public_url,
        static=static,
        translations=share_dir("translations"),
        pictures=pictures,
        clock=services.clock,
        media_origins=config.room_origins.values(),
    )


def _ice_servers(services: Services) -> IceServers:
    """Raises: ConfigError."""
    config = services.config
    try:
        return IceServers(
            parse_ice_servers(config.ice_servers),
            turn_secret=config.turn_secret,
            turn_ttl_s=config.turn_ttl_s,
            clock=services.clock,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _give_people_and_talk(app: web.Application, services: Services) -> None:
    app[ACCOUNTS] = services.accounts
    app[AUTHENTICATOR] = app[SESSIONS] = services.authenticator
    app[SIGNER] = services.signer
    app[DEVICES] = services.devices
    app[APPOINTMENTS] = services.chat.desk
    app[ROOMS] = services.rooms
    app[chat_routes.CHAT] = services.chat
    app[talk_routes.CONVERSATION] = services.conversation
    app[follower_routes.FOLLOWERS] = services.followers
    app[calendar_routes.CALENDAR_CLOCK] = services.clock
    app[translation_routes.GLOSSARIES] = services.translation.glossaries
    app[translation_routes.REPORTS] = services.translation.reports
    app[translation_routes.BUDGET] = services.translation.budget
    app[text_routes.TEXTS] = services.translation.texts
    app[KEPT_TEXTS] = services.translation.kept
    app[word_routes.WORDS_THROTTLE] = word_routes.WordsThrottle(services.clock)
    app[spoken_texts.LINES] = services.translation.lines
    app[speech_routes.SPEECH] = services.translation.speech
    app[speech_routes.SPEECH_THROTTLE] = speech_routes.SpeechThrottle(services.clock)
    app[interaction_routes.INTERACTION] = services.interaction
    app[chat_routes.PHRASEBOOK] = Phrasebook.shipped()


def _give_media(app: web.Application, services: Services, ice_servers: IceServers) -> None:
    app[media_routes.MEDIA] = services.media
    app[still_routes.STILLS] = services.stills
    app[restream_routes.RESTREAMS] = services.restreams
    app[recording_routes.RECORDINGS] = services.recordings
    app[CAPTIONS] = services.captions
    app[replay_routes.REPLAY_CAPTIONS] = services.replay_captions
    app[ICE_SERVERS] = ice_servers
    app[MEDIA_THROTTLE] = MediaThrottle(services.clock, services.media.limits)
    app[media_routes.ROOM_ORIGINS] = services.config.room_origins
    app[media_routes.DOORKEEPER] = services.chat.moderation
    app[media_routes.STAGE] = services.desk
    app[hls_routes.HLS] = _hls(services)


def _give_shop(app: web.Application, services: Services) -> None:
    app[card_routes.CARDS] = card_routes.Cards(_picture_of(services), services.clock)
    app[report_routes.INSIGHTS] = services.insights
    app[COMMERCE] = services.commerce
    app[STORES_OF] = _stores_of(services)
    app[HAND_OVER] = _hand_over(services)


def _client_config(services: Services, ice_servers: IceServers) -> ClientConfig:
    config = services.config
    return client_config(
        payments=[payment_view(gateway) for gateway in services.commerce.gateways.values()],
        translators=[engine_name(setting) for setting in config.translators],
        ice_servers=ice_servers.for_everybody(),
        turn=ice_servers.is_personal,
        max_message_chars=CHAT_LIMITS.max_chars,
        hls=services.hls is not None,
        quotes=bool(services.commerce.quotes.hooks),
        captions=services.captions.is_offered,
        speech=(services.translation.speech.locales, services.translation.speech.remote),
    )


def _checks(services: Services) -> Checks:
    checks = {"database": _database_answers(services.database)}
    if services.config.has_media:
        # Elsewhere people can still talk and buy while the media process is away.
        checks["media"] = services.media.check
    if services.ensemble is not None:
        checks["redis"] = services.ensemble.check
    return checks


def _routes(services: Services) -> Sequence[RouteModule]:
    """Where another process has the media, it answers what belongs to them."""
    to = services.forwarder
    media = MEDIA_ROUTES if to is None else [to.instead_of(module) for module in MEDIA_ROUTES]
    return [*media, *ROUTES]


def _hls(services: Services) -> hls_routes.Hls | None:
    if services.hls is None:
        return None
    keys = HlsKeys(services.config.secret, services.clock)
    return hls_routes.Hls(services.hls, keys, services.config.data_dir / "hls", FileCache())


def _picture_of(services: Services) -> card_routes.PictureOf:
    """What stands for a room: what is on air, the replay's poster, else the first product that has a picture."""

    async def picture_of(room: Room) -> bytes | None:
        path: Path | None = None
        if room.state is RoomState.LIVE and (still := await services.stills.of(room.id)):
            return still
        if room.state is RoomState.ENDED and room.has_replay:
            path = await services.recordings.library.poster(room.id)
        if path is None:
            offers = sorted(await services.commerce.tray.of_room(room.id), key=lambda offer: not offer.pinned)
            name = next((offer.picture for offer in offers if offer.picture), None)
            path = services.config.data_dir / "pictures" / f"{name}.webp" if name else None
        return await asyncio.to_thread(_read, path) if path else None

    return picture_of


def _read(path: Path) -> bytes | None:
    """None: deleted in the meantime."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _hand_over(services: Services) -> Callable[[str, str], Any]:
    """What was a guest's becomes the account's: orders, addresses, and whom they follow."""

    async def hand_over(guest_id: str, account_id: str) -> None:
        await services.commerce.desk.hand_over(guest_id, account_id)
        await services.commerce.addresses.hand_over(guest_id, account_id)
        await services.followers.hand_over(guest_id, account_id)

    return hand_over


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
    translation = services.translation
    translation_routes.count_translation(metrics, translation.service.stats, translation.budget, translation.reports)
    speech_routes.count_speech(metrics, translation.speech)
    counts = hls.counts if hls is not None else lambda: (0, 0)
    metrics.gauge("livehub_processes", "Other processes of this server", lambda: _others(services))
    metrics.registry.register(MediaCollector(media))
    metrics.registry.register(TranslatorCollector(translation.service.stats))
    metrics.registry.register(ModeratorCollector(services.chat.desk.screener.judges))
    metrics.gauge("livehub_media_sessions", "WHIP and WHEP sessions", lambda: media.stats()["sessions"])
    metrics.gauge("livehub_media_publishers", "People on stage", lambda: media.stats()["publishers"])
    metrics.gauge("livehub_media_viewers", "WHEP sessions", lambda: media.stats()["subscribers"])
    metrics.gauge(
        "livehub_media_unanswered",
        "Pictures whose keyframe does not come",
        lambda: media.stats()["unanswered"],
    )
    metrics.gauge("livehub_restreams", "Services that rooms are sent on to", lambda: media.stats()["restreams"])
    metrics.gauge("livehub_hls_runs", "Rooms that can be watched by HLS", lambda: counts()[0])
    metrics.gauge("livehub_hls_waiting", "Playlist positions that players wait for", lambda: counts()[1])
    metrics.gauge("livehub_media_workers", "Processes of their own that forward media", lambda: _up(media))
    metrics.gauge("livehub_media_worker_restarts", "Media workers started again", lambda: _restarts(media))
    metrics.gauge("livehub_captioned_rooms", "Rooms that have captions", lambda: services.captions.stats()["rooms"])
    metrics.gauge("livehub_captions_lost", "Lines that were not written", lambda: services.captions.stats()["lost"])
    metrics.gauge("livehub_sockets", "Socket.IO connections", lambda: services.hub.connections)
    metrics.gauge("livehub_commits", "Transactions of the writer", lambda: services.database.writer.commits)
    metrics.gauge("livehub_writes", "Writes in them", lambda: services.database.writer.writes)


def _others(services: Services) -> int:
    return len(services.ensemble.exchange.others) if services.ensemble is not None else 0


def _up(media: MediaService) -> int:
    return sum(worker["up"] for worker in media.stats().get("workers", ()))


def _restarts(media: MediaService) -> int:
    return sum(worker["restarts"] for worker in media.stats().get("workers", ()))
