"""The server's side of the chat benchmark: the real hub, rooms, chat and SQLite, on uvloop as when serving."""

import asyncio
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web
from sqlalchemy import insert

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.bench.worker import pin, serve
from livehub.chat.service import ChatLimits, ChatService
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.processes.ensemble import Ensemble
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.rooms.stage import StageDesk
from livehub.serving import tune_garbage_collector, tune_threads
from livehub.signalling.hub import Hub
from livehub.signalling.limits import Limits
from livehub.signalling.translations import LineTranslator
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.conversation import conversation_over
from livehub.storage.database import Database
from livehub.storage.interaction import interaction_over
from livehub.storage.rooms import SqlRooms
from livehub.storage.tables import metadata
from livehub.together import join_bus
from livehub.translation.service import TranslationService

HOST = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")


class Bearers:
    """Every token is a guest of that name."""

    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        if bearer == HOST.identity:
            return HOST
        return Principal(PrincipalKind.GUEST, bearer, bearer, "en") if bearer else None


async def _no_store(_: str) -> None:
    return None


async def _no_offers(_: str) -> Sequence[dict[str, Any]]:
    return ()


@dataclass(frozen=True)
class Setup:
    """``redis_url`` and ``database_url`` of several processes with one room. ``is_bound``: people's limits hold.
    ``gathers``: events leave together, as they do by default; else each by itself."""

    redis_url: str = ""
    database_url: str = ""
    is_bound: bool = False
    gathers: bool = True


class Server:
    """``translator``: in place of a service without engines."""

    def __init__(self, folder: str, setup: Setup, translator: LineTranslator | None = None) -> None:
        clock, bus = SystemClock(), EventBus()
        self._ensemble = Ensemble(setup.redis_url, prefix="bench") if setup.redis_url else None
        shared = self._ensemble.tallies if self._ensemble else None
        if self._ensemble is not None:
            join_bus(bus, self._ensemble)
        self._database = Database(setup.database_url or f"sqlite:///{folder}/chat.db")
        metadata.create_all(self._database.engine)
        self._rooms = RoomService(
            SqlRooms(self._database),
            clock=clock,
            bus=bus,
            viewers=lambda room_id: self._hub.viewers(room_id),
            store_of=_no_store,
        )
        lines = ChatLimits() if setup.is_bound else ChatLimits(rate_per_s=1e6, burst=1e6)
        chat = ChatService(SqlChat(self._database), clock=clock, bus=bus, limits=lines, shared=shared)
        self._translation = TranslationService([], clock=clock)
        self._hub = Hub(
            clock=clock,
            bus=bus,
            rooms=self._rooms,
            chat=chat,
            translation=translator or self._translation,
            authenticator=Bearers(),
            offers=_no_offers,
            media=MediaPlane(0, bus=bus, clock=clock),
            desk=StageDesk(clock, bus),
            store_of=_no_store,
            interaction=interaction_over(self._database, chat, clock=clock, bus=bus),
            conversation=conversation_over(self._database, chat.moderation, clock=clock, bus=bus),
            own_origin="http://127.0.0.1",
            limits=_limits(setup),
            ensemble=self._ensemble,
        )
        self._memory = Path("/proc/self/statm")
        self._runner: web.AppRunner | None = None

    async def start(self, room: str = "") -> dict[str, Any]:
        """``room``: what another process has opened already."""
        self._database.start()
        if self._ensemble is not None:
            await self._ensemble.start()
        room = room or await self._open_room()
        app = web.Application()
        self._hub.attach(app)
        self._hub.start()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        tune_garbage_collector()
        tune_threads()
        return {"http": self._runner.addresses[0][1], "room": room}

    async def _open_room(self) -> str:
        host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
        await self._database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)))
        access = await self._rooms.create(HOST, NewRoom(RoomKind.SHOW, "Bench", "en"))
        await self._rooms.start(access)
        return access.room.id

    async def usage(self, room: str = "") -> dict[str, Any]:
        """CPU seconds of this process so far, its resident memory, and the people present."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        pages = int(self._memory.read_text().split()[1])
        return {
            "cpu_s": used.ru_utime + used.ru_stime,
            "rss": pages * os.sysconf("SC_PAGE_SIZE"),
            "connections": self._hub.connections,
            "tasks": len(asyncio.all_tasks()),
            "present": self._hub.viewers(room) if room else 0,
        }

    async def stop(self) -> None:
        await self._hub.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._ensemble is not None:
            await self._ensemble.close()
        await self._translation.close()
        await self._database.close()


def _limits(setup: Setup) -> Limits:
    limits = Limits() if setup.is_bound else Limits(calls_per_s=1e6, calls_burst=1e6)
    return limits if setup.gathers else replace(limits, gather_s=0.0, crowd_gather_s=0.0)


async def main() -> None:
    pin(int(sys.argv[1]))
    setup = msgspec.json.decode(sys.argv[2], type=Setup) if len(sys.argv) > 2 else Setup()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, setup)
        await serve({"start": server.start, "usage": server.usage})
        await server.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
