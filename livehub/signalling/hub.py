"""The real-time layer as the application sees it: made once, attached, started, closed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from aiohttp import web

from livehub.accounts.origin import DeviceSigner
from livehub.background import Background
from livehub.chat.conversation import Conversation
from livehub.chat.service import ChatService
from livehub.clock import Clock
from livehub.errors import MalformedRequest, PayloadTooLarge, RequestTimeout
from livehub.events import EventBus, RoomEnded
from livehub.insights.ports import Footfall
from livehub.insights.service import Insights
from livehub.interaction.service import Interaction
from livehub.processes.ensemble import Ensemble
from livehub.rooms.service import RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.actions import Actions, Claims, NothingSold
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.captions import CaptionNotices
from livehub.signalling.company import Company
from livehub.signalling.connections import Connections
from livehub.signalling.fastpath import Server
from livehub.signalling.funnel import FunnelActions
from livehub.signalling.interaction import InteractionActions, InteractionNotices
from livehub.signalling.interpreting import InterpreterActions
from livehub.signalling.limits import Limits
from livehub.signalling.moderating import ModeratorActions
from livehub.signalling.moderating_notices import ModeratingNotices
from livehub.signalling.namespace import Authenticator, RoomNamespace
from livehub.signalling.notices import Notices, StoreOf
from livehub.signalling.snapshot import Captioned, Offers, Recording, Snapshots, no_captions, not_recording
from livehub.signalling.stage import STAGE, ChangeHere, Media, StageActions
from livehub.signalling.talk import TalkActions, TalkNotices
from livehub.signalling.texts import NoTexts, RoomTexts, TextNotices
from livehub.signalling.translations import LineTranslator, Translations

log = logging.getLogger(__name__)
PATH: Final = "/socket.io/"
_SWEEP_S: Final = 5.0
_MAX_WAITING_JOBS: Final = 5_000


class HubMedia(Media, Protocol):
    def tracks(self, room_id: str) -> Sequence[Mapping[str, Any]]: ...


class Hub:
    """Owns every socket and every task of the real-time layer.

    Args:
        own_origin: origin of our own pages (``https://shop.example``); see :mod:`.namespace`.
        devices: reads the marks of browsers, so that bans can hold for them.
        cookies: names of the session cookie and of the guest cookie.
        offers: the public offers of a room; the one with ``pinned`` true is the pinned one.
        media: who publishes in a room now, and what is asked of the stage.
        desk: what hosts decide about their stages.
        store_of: whose a store is, for its people's order feed.
        recording: whether a room is being recorded.
        captions: whether what is said in a room is written.
        interaction: polls, questions and draws.
        conversation: replies, mentions, pins.
        claims: what lines claim of what is sold.
        insights: is told how far people come with products; None: nobody is.
        texts: titles, polls and questions in other languages; without it they stay as they are.
        spent: until when a room's characters for translation are used up; None: they are not.
        ensemble: the other processes of the server, where it has several.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        bus: EventBus,
        rooms: RoomService,
        chat: ChatService,
        translation: LineTranslator,
        authenticator: Authenticator,
        offers: Offers,
        media: HubMedia,
        desk: StageDesk,
        store_of: StoreOf,
        interaction: Interaction,
        conversation: Conversation,
        claims: Claims | None = None,
        insights: Insights | None = None,
        recording: Recording = not_recording,
        captions: Captioned = no_captions,
        own_origin: str,
        devices: DeviceSigner | None = None,
        cookies: tuple[str, str] = ("livehub_session", "livehub_guest"),
        limits: Limits | None = None,
        texts: RoomTexts | None = None,
        spent: Callable[[str], str | None] = lambda _: None,
        ensemble: Ensemble | None = None,
    ) -> None:
        limits = limits or Limits()
        self._company = Company(ensemble, limits, clock) if ensemble is not None else None
        shared = ensemble.tallies if ensemble is not None else None
        self._limits = limits
        self._chat = chat
        self._saving = Background("translations to SQL", _MAX_WAITING_JOBS)
        self._orders = Background("order notices", _MAX_WAITING_JOBS)
        self._sums = Background("sums of votes", _MAX_WAITING_JOBS)
        self._connections = Connections(limits, clock)
        self._server = Server(limits, self._connections.opened, self._connections.closed)
        self._broadcaster = Broadcaster(limits, clock, chat.last_seq, self._company)
        translations = Translations(translation, chat, self._saving)
        told = TextNotices(bus, self._broadcaster, texts or NoTexts(), spent)
        snapshots = Snapshots(
            rooms, chat, offers, media.tracks, desk, recording, captions, interaction, conversation.pins, told
        )
        admission = Admission(limits, clock, rooms, chat, self._broadcaster, translations, snapshots, desk, shared)
        talk = TalkActions(conversation, chat.moderation, admission, limits, clock)
        actions = Actions(
            limits, clock, rooms, chat, admission, translations, interaction, talk.about, claims or NothingSold()
        )
        changing = ensemble.documents if ensemble is not None else None
        if changing is not None:
            changing.hold(STAGE, desk)
            bus.subscribe(RoomEnded, lambda event: changing.forget(STAGE, event.room_id))
        stage = StageActions(limits, clock, rooms, desk, media, admission, chat.desk, changing)
        interpreters = InterpreterActions(desk, media, admission, changing or ChangeHere(), limits, clock)
        moderators = ModeratorActions(chat, admission, translations, clock, actions.role_of)
        more = {**InteractionActions(interaction, admission).table(), **talk.table(), **moderators.calls}
        more |= {**FunnelActions(insights, admission, limits, clock).table(), **interpreters.table()}
        self._server.serve(
            RoomNamespace(
                limits,
                clock,
                authenticator,
                self._connections,
                admission,
                actions,
                stage,
                more,
                devices,
                own_origin,
                cookies,
            )
        )
        self._interaction = InteractionNotices(bus, self._broadcaster, interaction, self._sums)
        TalkNotices(bus, self._broadcaster, translations)
        CaptionNotices(bus, self._broadcaster, translation)
        Notices(bus, self._broadcaster, admission, self._connections, self._orders, store_of)
        ModeratingNotices(bus, self._broadcaster, admission, translations, chat.moderation, self._orders)
        self._tending: list[asyncio.Task[None]] = []
        self._closed = False

    def attach(self, app: web.Application) -> None:
        """Add the routes. Clients are let go of when the application begins to shut down, before its cleanup."""
        for method in ("GET", "POST", "OPTIONS"):
            app.router.add_route(method, PATH, self._handle)
        app.on_shutdown.append(self._on_shutdown)

    def start(self) -> None:
        """Call on the running loop, after the database is up."""
        self._saving.start()
        self._orders.start()
        self._sums.start()
        if self._company is not None:
            self._company.start(self._broadcaster.here, self._broadcaster.anywhere, self._hearts)
        loop = asyncio.get_running_loop()
        self._tending = [
            loop.create_task(self._every(_SWEEP_S, self._sweep), name="signalling sweep"),
            loop.create_task(self._every(self._limits.save_reactions_s, self._chat.reactions.flush), name="reactions"),
        ]

    async def close(self) -> None:
        """End every connection, stop every task, and write what was still to be written. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for task in self._tending:
            task.cancel()
        await asyncio.gather(*self._tending, return_exceptions=True)
        await self._server.close()
        self._interaction.close()
        await self._broadcaster.close()
        await self._sums.close()
        if self._company is not None:
            self._company.stop()
        await self._orders.close()
        await self._saving.close()
        await self._chat.reactions.flush()

    def viewers(self, room_id: str) -> int:
        """People in the room right now, each counted once however many sockets they have."""
        return self._broadcaster.count(room_id)

    def is_here(self, room_id: str, identity: str) -> bool:
        """Whether somebody is in the room right now, in whichever process."""
        if self._company is not None:
            return self._company.is_here(room_id, identity)
        feed = self._broadcaster.here(room_id)
        return feed is not None and feed.presence.person(identity) is not None

    def footfall(self, room_id: str) -> Footfall | None:
        """How many are in the room, and how many of them came in here; None where nobody has been in this process."""
        feed = self._broadcaster.here(room_id)
        return None if feed is None else Footfall(self.viewers(room_id), *feed.presence.here)

    @property
    def connections(self) -> int:
        return len(self._connections)

    def _hearts(self, room_id: str, counts: Mapping[str, tuple[int, int]]) -> None:
        """Reactions in another process."""
        totals = self._chat.reactions.hear(room_id, counts)
        feed = self._broadcaster.here(room_id)
        if feed is not None:
            for emoji, (n, _) in counts.items():
                feed.reacted(emoji, totals, n)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if "j" in request.query:
            # Answers as scripts are for browsers of before 2012, and readable by any page that asks for them.
            raise MalformedRequest("JSONP is not spoken here")
        sid = request.query.get("sid")
        # Not by its being there: engine.io begins a session for an empty one too.
        if sid is None or sid not in self._server.links:
            self._connections.check(request)
        elif request.content_length is not None and request.content_length > self._limits.max_payload_bytes:
            # engine.io would wait for the client to fetch what is queued before it answers.
            self._server.cut(sid)
            raise PayloadTooLarge(f"At most {self._limits.max_payload_bytes} bytes are accepted here")
        elif request.method == "POST":
            await self._whole(request)
        return await self._server.answer(request)

    async def _whole(self, request: web.Request) -> None:
        """Until the body is there: engine.io takes what there is for all of it, and waits for the first byte for ever.

        Raises: RequestTimeout, after which the polling client is gone.
        """
        try:
            async with asyncio.timeout(self._limits.body_s):
                await request.content.wait_eof()
        except TimeoutError:
            self._server.cut(request.query["sid"])
            raise RequestTimeout("The body came too slowly, or not at all") from None

    async def _on_shutdown(self, _app: web.Application) -> None:
        await self.close()

    async def _sweep(self) -> None:
        self._connections.cut_waiting()
        await self._broadcaster.let_go()

    @staticmethod
    async def _every(interval_s: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                await act()
            except Exception:
                log.exception("a regular task failed")
