"""A room sent to nginx's RTMP module: another implementation, with keys that it checks itself."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.media.conftest import Studio, until
from tests.media.restream.broadcast import TONE_HZ, broadcast, decode
from tests.media.restream.conftest import Relay
from tests.media.restream.test_restream_rtmp import sent
from tests.ports import free_port
from tests.programs import install, leave_out, require

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
RIGHT = "right-key"


@dataclass
class Nginx:
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live"

    @property
    def recorded(self) -> Path:
        return self.folder / f"{RIGHT}.flv"


@pytest.fixture
async def nginx(tmp_path: Path) -> AsyncIterator[Nginx]:
    """Asks over HTTP whether a key is right, and writes what comes to a file."""
    program = require("nginx", "nginx")
    if not MODULE.exists() and install("libnginx-mod-rtmp") and not MODULE.exists():
        leave_out("needs nginx's RTMP module (Debian: apt install libnginx-mod-rtmp)")

    async def publish(request: web.Request) -> web.Response:
        form = await request.post()
        return web.Response(status=200 if form["name"] == RIGHT else 403)

    app = web.Application()
    app.add_routes([web.post("/publish", publish)])
    async with TestServer(app) as hook:
        port = free_port()
        config = tmp_path / "nginx.conf"
        config.write_text(f"""
            load_module {MODULE};
            daemon off; master_process off; error_log {tmp_path}/error.log info; pid {tmp_path}/nginx.pid;
            events {{ worker_connections 64; }}
            rtmp {{ server {{ listen 127.0.0.1:{port};
                application live {{ live on; on_publish {hook.make_url("/publish")};
                    record all; record_path {tmp_path}; record_suffix .flv; }} }} }}
        """)
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen([program, "-c", str(config), "-p", str(tmp_path)], env=environment)
        table, name = Path("/proc/net/tcp"), f":{port:04X} "
        await until(lambda: any(name in line and " 0A " in line for line in table.read_text().splitlines()), 15)
        yield Nginx(port, tmp_path)
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


async def test_nginx_receives_pictures_and_sound(relay: Relay, stage: Studio, nginx: Nginx) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host))
    await relay.start(nginx.url, RIGHT)
    await relay.reach("live")
    await sent(relay, 60)
    await relay.plane.stop_restream("r", "rst_1")
    sending.cancel()
    await asyncio.sleep(0.5)
    received = await asyncio.to_thread(decode, nginx.recorded)
    assert received.pictures > 50
    assert abs(received.loudest_hz - TONE_HZ) < 5
    assert received.sound_s > 2


async def test_a_wrong_key_is_told_as_one(relay: Relay, stage: Studio, nginx: Nginx) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host))
    await relay.start(nginx.url, "wrong-key")
    told = await relay.reach("retrying")
    assert told["code"] in {"closed_at_start", "key_in_use", "key_refused"}
    assert "key" in told["detail"]
    assert "wrong-key" not in str(relay.statuses)
    await relay.plane.stop_restream("r", "rst_1")
    sending.cancel()


async def test_a_key_that_is_in_use_is_tried_until_it_is_free(relay: Relay, stage: Studio, nginx: Nginx) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host))
    await relay.plane.start_restream("r", "rst_other", url=nginx.url, key=RIGHT)
    await relay.reach("live")
    relay.statuses.clear()
    await relay.start(nginx.url, RIGHT)
    told = await relay.reach("retrying")
    assert told["code"] in {"key_in_use", "closed_at_start"}
    await relay.plane.stop_restream("r", "rst_other")
    await until(lambda: relay.states[-1] == "live", 15)
    sending.cancel()
