"""``livehub demo``: a shop, a live show on real video, and three links."""

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import socketio
from aiohttp import ClientSession, CookieJar, web

from livehub.accounts.authenticator import SESSION_COOKIE
from livehub.config import Config, ConfigError
from livehub.demo.clip import ensure_clip
from livehub.demo.pottery import SECONDS_PER_POT
from livehub.demo.shop import Api, Credentials, credentials
from livehub.demo.virtual_host import VirtualHost
from livehub.events import StageChanged
from livehub.serving import running, until_told_to_stop
from livehub.translation.phrasebook import Phrasebook
from livehub.web.accounts import set_cookie

log = logging.getLogger(__name__)

#: what the virtual host says, one phrase at each change of the pinned product; everyone reads it in their own language
PHRASES = ("common.welcome", "sales.tap_to_buy", "sales.questions", "sales.today_only", "common.thanks")
COOKIE_TTL_S = 24 * 3600


def demo_config() -> Config:
    """The environment's, but with a data directory of its own (``data/demo``) and quiet logs."""
    environment = dict(os.environ)
    environment.setdefault("LIVEHUB_DATA_DIR", "data/demo")
    environment.setdefault("LIVEHUB_LOG", "warning")
    return Config.from_env(environment)


async def demo(video: str | None) -> None:
    """Run until Ctrl-C.

    Raises:
        ConfigError: a setting or ``video`` that cannot be used.
    """
    config = demo_config()
    logging.basicConfig(level=config.log.upper(), format="%(levelname)s %(name)s: %(message)s")
    film, ready = await _film(config.data_dir, video)
    say("Starting the server")
    known = credentials(config.data_dir)
    entrance = Entrance(secrets.token_urlsafe(12))
    async with running(config, more=[entrance]) as services, _browser(config.public_url) as session:
        api = Api(session)
        say("Setting up the shop")
        await api.sign_in(known)
        entrance.session_token = next(c.value for c in session.cookie_jar if c.key == SESSION_COOKIE)
        store_id = await api.ensure_store()
        room_id, offers = await api.open_show(store_id)
        entrance.ways = {"studio": f"/studio/{room_id}", "desk": "/desk"}
        whip = f"http://127.0.0.1:{config.port}/api/v1/rooms/{room_id}/whip"
        host = VirtualHost(film, whip, await api.publisher_token(room_id), ready=ready)
        presenter = Presenter(api, room_id, offers)
        services.bus.subscribe(StageChanged, presenter.stage_changed)
        host.start()
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in session.cookie_jar)
        talking = asyncio.create_task(presenter.run(config.public_url, cookies), name="presenter")
        _show_links(config.public_url, room_id, entrance, known)
        try:
            await until_told_to_stop()
            say("Stopping")
        finally:
            talking.cancel()
            with suppress(asyncio.CancelledError):
                await talking
            await host.close()


async def _film(data_dir: Path, video: str | None) -> tuple[Path, bool]:
    """The film to send, and whether it may be sent as it is."""
    if video is not None:
        path = Path(video)
        if not await asyncio.to_thread(path.is_file):
            raise ConfigError(f"there is no file {video}")
        return path, False
    return await asyncio.to_thread(ensure_clip, data_dir, Progress("Drawing the film of the show (once)")), True


def _browser(base_url: str) -> ClientSession:
    """A cookie jar that keeps cookies of plain addresses, as 127.0.0.1 is one."""
    return ClientSession(base_url, cookie_jar=CookieJar(unsafe=True))


@dataclass
class Presenter:
    """Pins what the film shows and says something to each, for as long as the show lasts."""

    api: Api
    room_id: str
    offers: Sequence[str]
    #: set when the film is on air, so that pins and pictures change together
    on_air: asyncio.Event = field(default_factory=asyncio.Event)

    def stage_changed(self, event: StageChanged) -> None:
        if event.room_id == self.room_id and event.tracks:
            self.on_air.set()

    async def run(self, url: str, cookies: str) -> None:
        client, phrasebook = socketio.AsyncClient(handle_sigint=False), Phrasebook.shipped()
        try:
            await client.connect(url, headers={"Cookie": cookies}, transports=["websocket"])
            await client.call("room:join", {"room": self.room_id, "locale": "en"})
            await self.on_air.wait()
            for turn in count():
                await self.api.call("PUT", f"/offers/{self.offers[turn % len(self.offers)]}/pin")
                text = phrasebook.say(PHRASES[turn % len(PHRASES)], "en", {})
                await client.call("chat:send", {"text": text, "client_id": secrets.token_hex(8)})
                await asyncio.sleep(SECONDS_PER_POT)
        except Exception:
            log.exception("the presenter of the demonstration fell silent")
        finally:
            await client.disconnect()


@dataclass
class Entrance:
    """Routes of the demonstration alone: whoever has the secret link is signed in as its merchant."""

    secret: str
    session_token: str = ""
    ways: Mapping[str, str] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/demo/{secret}/{way}", self._enter)]

    async def _enter(self, request: web.Request) -> web.Response:
        given = request.match_info["secret"].encode()
        way = self.ways.get(request.match_info["way"])
        if not secrets.compare_digest(given, self.secret.encode()) or way is None:
            raise web.HTTPNotFound
        response = web.Response(status=303, headers={"Location": way})
        set_cookie(request, response, SESSION_COOKIE, self.session_token, COOKIE_TTL_S)
        return response


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = -1

    def __call__(self, share: float) -> None:
        step = int(share * 20)
        if step == self._told:
            return
        self._told = step
        if sys.stdout.isatty():
            bar = "█" * step + "░" * (20 - step)
            print(f"\r== {self._what}  {bar} {share:4.0%}", end="\n" if share >= 1 else "", flush=True)
        elif step % 5 == 0:
            print(f"== {self._what}  {share:4.0%}", flush=True)


def say(text: str) -> None:
    print(f"== {text}", flush=True)


def _show_links(url: str, room_id: str, entrance: Entrance, known: Credentials) -> None:
    print(
        f"""
   The show is live.

   Watch       {url}/r/{room_id}
   Studio      {url}/demo/{entrance.secret}/studio
   Shop desk   {url}/demo/{entrance.secret}/desk

   The last two sign you in as the merchant ({known.email}, password {known.password}).
   Open the first one in another browser or a private window to be a buyer. Ctrl-C ends the show.
""",
        flush=True,
    )
