"""Everything that runs, made of the configuration and joined, but not started."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.origin import DeviceSigner
from livehub.accounts.passwords import Passwords
from livehub.accounts.service import AccountService
from livehub.accounts.tokens import TokenSigner
from livehub.chat.conversation import Conversation
from livehub.chat.screening.judges import DEADLINE_S, Judges
from livehub.chat.screening.registry import build_moderators
from livehub.chat.service import ChatLimits, ChatService
from livehub.clock import Clock, SystemClock
from livehub.commerce.catalog.picture_fetch import PictureFetcher
from livehub.commerce.catalog.pictures import PictureStore
from livehub.commerce.checkout_hook import HookContext
from livehub.commerce.courier import CourierContext
from livehub.commerce.couriers.registry import load_couriers
from livehub.commerce.gateway import GatewayContext
from livehub.commerce.gateways.registry import load_gateways
from livehub.commerce.hooks.registry import load_hooks
from livehub.commerce.orders.quotes import Quotes
from livehub.commerce.orders.waiting import paid_first
from livehub.commerce.service import Commerce
from livehub.config import Config
from livehub.events import EventBus
from livehub.followers.service import Followers
from livehub.insights.service import Insights
from livehub.interaction.service import Interaction
from livehub.media.assembly import PlaneSettings, make_plane
from livehub.media.captions.registry import find as find_transcriber
from livehub.media.captions.replay import ReplayCaptions
from livehub.media.captions.service import Captions
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.limits import HlsLimits
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.service import Recordings
from livehub.media.service import MediaService
from livehub.media.still import Stills
from livehub.notifying import auction_mail, make_followers, order_mail
from livehub.processes.ensemble import Ensemble
from livehub.processes.lease import Lease
from livehub.restream.service import RestreamService
from livehub.restream.vault import Vault
from livehub.rooms.abandoned import AbandonedRooms
from livehub.rooms.service import RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.hub import Hub
from livehub.storage.accounts import SqlAccounts
from livehub.storage.captions import SqlCaptions
from livehub.storage.catalog import SqlCatalog
from livehub.storage.chat import SqlChat
from livehub.storage.conversation import conversation_over
from livehub.storage.database import Database
from livehub.storage.followers import start_announced
from livehub.storage.insights import SqlInsights
from livehub.storage.interaction import interaction_over
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.storage.recordings import SqlRecordings
from livehub.storage.restreams import SqlRestreams
from livehub.storage.rooms import SqlRooms
from livehub.storage.shop_stores import commerce_over
from livehub.together import Together
from livehub.translating import CaptionTranslator, MerchantWords, Translating, make_translating
from livehub.translation.locale import LOCALES
from livehub.web.forward import Forwarder
from livehub.web.hls_delivery import HlsDelivery
from livehub.worker.carrier import Carrier
from livehub.worker.service import Worker

CHAT_LIMITS = ChatLimits()


@dataclass(frozen=True)
class Services:
    """Everything that runs, made but not started."""

    config: Config
    clock: Clock
    bus: EventBus
    database: Database
    passwords: Passwords
    signer: TokenSigner
    devices: DeviceSigner
    accounts: AccountService
    authenticator: CookieAndTokenAuthenticator
    rooms: RoomService
    desk: StageDesk
    chat: ChatService
    interaction: Interaction
    insights: Insights
    followers: Followers
    conversation: Conversation
    translation: Translating
    commerce: Commerce
    media: MediaService
    recordings: Recordings
    captions: Captions
    replay_captions: ReplayCaptions
    stills: Stills
    restreams: RestreamService
    #: None: LIVEHUB_HLS is off
    hls: HlsDelivery | None
    hub: Hub
    #: None: rooms are not ended by themselves
    abandoned: AbandonedRooms | None
    worker: Worker
    #: the server's other processes; None: there are none
    ensemble: Ensemble | None
    #: held for as long as this process has its role
    leases: Sequence[Lease]
    #: to the process that has the media; None: it is this one
    forwarder: Forwarder | None
    #: set when the server is about to stop
    draining: asyncio.Event


def compose(config: Config) -> Services:
    """Make every part and join them.

    Raises:
        LivehubError, ConfigError: a plug-in or a setting that cannot be used.
    """
    clock, bus = SystemClock(), EventBus()
    together = Together(config, bus) if config.redis_url else None
    ensemble = together.ensemble if together else None
    shared = ensemble.tallies if ensemble else None
    database = Database(config.database_url)
    devices = DeviceSigner(config.secret)
    signer, passwords = TokenSigner(config.secret, clock), Passwords()
    sql_accounts = SqlAccounts(database)
    authenticator = CookieAndTokenAuthenticator(sql_accounts, signer, clock)
    catalog = SqlCatalog(database)

    judges = Judges(build_moderators(config.moderators, clock=clock, deadline_s=DEADLINE_S), clock=clock)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus, limits=CHAT_LIMITS, shared=shared, judges=judges)
    # Rooms tell how many are in them, which the hub counts, which asks rooms who may come in: the one circle here.
    hub: Hub
    rooms = RoomService(
        SqlRooms(database, start_announced),
        clock=clock,
        bus=bus,
        viewers=lambda room_id: hub.viewers(room_id),
        store_of=catalog.store_of,
        bans=chat.moderation,
    )
    translation = make_translating(config, database, rooms, bus, clock, ensemble)
    commerce, outbox = _commerce(config, database, catalog, rooms, bus, clock)
    # Where another process has the media, what belongs to it is made but hears nothing and does nothing here.
    remote = together.remote_media(bus) if together and not config.has_media else None
    media = remote.as_service() if remote else _media_service(config, bus, clock)
    media_bus = EventBus() if remote else bus
    recordings = _recordings(config, database, rooms, media, media_bus, clock)
    sql_captions = SqlCaptions(database)
    captions = _captions(config, sql_captions, media, recordings, media_bus, clock)

    desk = StageDesk(clock, bus)
    if together and not remote:
        together.serve_media(media, desk)

    async def offers_of(room_id: str) -> Sequence[Mapping[str, Any]]:
        return [offer.present() for offer in await commerce.tray.of_room(room_id)]

    interaction = interaction_over(database, chat, clock=clock, bus=bus)
    insights = Insights(SqlInsights(database), audience=lambda: hub, bus=bus, clock=clock)
    words = MerchantWords(translation.texts, rooms)
    followers, carriers = make_followers(config, database, outbox, rooms.get, words, clock)
    carriers = {
        **carriers,
        **order_mail(config, database, SqlOrders(database, outbox), words, commerce.gateways, clock),
        **auction_mail(config, database, outbox, words, lambda room_id, who: hub.is_here(room_id, who), clock),
    }
    conversation = conversation_over(database, chat.moderation, clock=clock, bus=bus)
    hub = Hub(
        clock=clock,
        bus=bus,
        rooms=rooms,
        chat=chat,
        translation=translation.lines,
        texts=translation.texts,
        spent=translation.budget.spent_until,
        authenticator=authenticator,
        offers=offers_of,
        media=media,
        desk=desk,
        store_of=catalog.store_of,
        interaction=interaction,
        conversation=conversation,
        claims=commerce.claims,
        insights=insights,
        recording=together.recording_of(bus) if together and remote else recordings.present,
        captions=together.captions_of(bus) if together and remote else captions.present,
        own_origin=config.public_url,
        devices=devices,
        ensemble=ensemble,
    )
    return Services(
        config=config,
        clock=clock,
        bus=bus,
        database=database,
        passwords=passwords,
        signer=signer,
        devices=devices,
        accounts=AccountService(sql_accounts, passwords, signer, clock, shared=shared),
        authenticator=authenticator,
        rooms=rooms,
        desk=desk,
        chat=chat,
        interaction=interaction,
        insights=insights,
        conversation=conversation,
        followers=followers,
        translation=translation,
        commerce=commerce,
        media=media,
        recordings=recordings,
        captions=captions,
        replay_captions=ReplayCaptions(sql_captions, CaptionTranslator(translation.lines)),
        restreams=_restreams(config, database, rooms, media, media_bus, clock),
        hls=None if config.hls == "off" else HlsDelivery(media, media_bus, clock, always=config.hls == "on"),
        stills=Stills(media.keyframe, clock),
        hub=hub,
        abandoned=AbandonedRooms(
            rooms,
            SqlRooms(database, start_announced),
            clock=clock,
            bus=bus,
            is_used=lambda room_id: bool(hub.viewers(room_id) or media.tracks(room_id) or media.viewers(room_id)),
            after_s=config.room_abandoned_min * 60,
        )
        if config.room_abandoned_min
        else None,
        worker=_worker(config, database, commerce, outbox, recordings, carriers, clock),
        ensemble=ensemble,
        leases=together.leases() if together else (),
        forwarder=Forwarder(lambda: remote.owner()[1].url) if remote else None,
        draining=asyncio.Event(),
    )


def _recordings(
    config: Config, database: Database, rooms: RoomService, media: MediaService, bus: EventBus, clock: Clock
) -> Recordings:
    return Recordings(
        SqlRecordings(database),
        rooms,
        media,
        root=config.data_dir / "recordings",
        hls_roots=(config.data_dir / "hls", config.data_dir / "hls-apart"),
        channels_root=config.data_dir / "hls-channels",
        clock=clock,
        bus=bus,
        limits=RecordingLimits(
            retention_days=config.recording_retention_days, min_free_bytes=config.recording_min_free_mb << 20
        ),
    )


def _captions(
    config: Config, store: SqlCaptions, media: MediaService, recordings: Recordings, bus: EventBus, clock: Clock
) -> Captions:
    if config.transcriber:
        find_transcriber(config.transcriber)  # a name that is not there is said now, not to the first host
    return Captions(
        config.transcriber,
        media,
        store,
        locales=tuple(LOCALES),
        hls_root=config.data_dir / "hls",
        recording=recordings.present,
        clock=clock,
        bus=bus,
    )


def _restreams(
    config: Config, database: Database, rooms: RoomService, media: MediaService, bus: EventBus, clock: Clock
) -> RestreamService:
    return RestreamService(
        SqlRestreams(database),
        media,
        Vault(config.secret),
        room_of=rooms.get,
        bus=bus,
        clock=clock,
        plain_http=config.allow_private_restreams,
    )


def _worker(
    config: Config,
    database: Database,
    commerce: Commerce,
    outbox: SqlOutbox,
    recordings: Recordings,
    carriers: Mapping[str, Carrier],
    clock: Clock,
) -> Worker:
    return Worker(
        commerce,
        outbox,
        SqlEndpoints(database),
        clock=clock,
        public_url=config.public_url,
        own_url=config.own_url,
        allow_private_webhooks=config.allow_private_webhooks,
        tidy=recordings.library.sweep if config.has_media else None,
        carriers=carriers,
    )


def _media_service(config: Config, bus: EventBus, clock: Clock) -> MediaService:
    """The plane in this process, or as many as were asked for in workers of their own."""
    settings = PlaneSettings(
        config.media_port,
        config.media_ips,
        with_loopback=config.is_local,
        hls_dir=config.data_dir / "hls",
        apart_dir=config.data_dir / "hls-apart",
        channels_dir=config.data_dir / "hls-channels",
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
    outbox = SqlOutbox(database, mails=bool(config.smtp_url))
    context = GatewayContext(config.public_url, config.secret, clock, outbox)
    gateways = load_gateways(config.payments, context)
    sql_orders = SqlOrders(database, outbox, paid_first(gateways))
    pictures = PictureStore(config.data_dir / "pictures", clock)
    commerce = Commerce(
        commerce_over(database, sql_orders, outbox, public_url=config.public_url, mail=bool(config.smtp_url)),
        fetcher=PictureFetcher(pictures, config.public_url, allow_private=config.allow_private_webhooks),
        rooms=rooms,
        pictures=pictures,
        gateways=gateways,
        quotes=Quotes(load_hooks(config.checkout_hooks, HookContext(clock)), config.secret, clock),
        bus=bus,
        clock=clock,
        public_url=config.public_url,
        guarded_hooks=not config.allow_private_webhooks,
        couriers=load_couriers(config.couriers, CourierContext(clock)),
    )
    return commerce, outbox
