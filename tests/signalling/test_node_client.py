"""The real socket.io-client, in node, on each way in: what it understands of our frames, pings and endings."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from livehub.signalling.limits import Limits
from tests.signalling.conftest import StackMaker

STATIC = Path(__file__).parents[2] / "static"
NODE = shutil.which("node")
HAS_CLIENT = NODE is not None and (STATIC / "node_modules/socket.io-client").is_dir()

#: joins, speaks, waits until it was pinged twice and the line came back, and says what it saw
SCRIPT = """
import { io } from 'socket.io-client';
const [url, room, transports] = process.argv.slice(1);
const seen = { pings: 0, upgraded: false };
const how = { transports: transports.split(','), auth: { token: 'node' }, reconnection: false, timeout: 120000 };
const socket = io(url, how);
const ask = (name, payload) => socket.timeout(120000).emitWithAck(name, payload);
socket.io.on('ping', () => { seen.pings += 1; });
socket.on('connect_error', (error) => { console.log(JSON.stringify({ error: error.message })); process.exit(1); });
const heard = new Promise((resolve) => socket.on('chat:messages', ({ items }) => resolve(items[0].text)));
socket.on('connect', async () => {
  seen.joined = (await ask('room:join', { room, locale: 'en' })).ok;
  seen.sent = (await ask('chat:send', { text: 'Grüße, สวัสดี', client_id: 'n1' })).ok;
  seen.heard = await heard;
  while (seen.pings < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  seen.transport = socket.io.engine.transport.name;
  const ended = new Promise((resolve) => socket.on('disconnect', resolve));
  socket.disconnect();
  seen.ended = await ended;
  console.log(JSON.stringify(seen));
});
"""


@pytest.mark.timeout(330)
@pytest.mark.skipif(not HAS_CLIENT, reason="no node client here")
@pytest.mark.parametrize(
    ("transports", "ends_on"),
    [("websocket", "websocket"), ("polling,websocket", "websocket"), ("polling", "polling")],
)
async def test_the_real_client_is_served_on_every_way_in(make_stack: StackMaker, transports: str, ends_on: str) -> None:
    stack = await make_stack(Limits(ping_interval_s=1, ping_timeout_s=60))
    room = await stack.room()
    stack.tokens.guest("node")
    seen = await _run(stack.url, room, transports)
    assert seen["pings"] >= 2
    assert seen["transport"] == ends_on
    assert (seen["joined"], seen["sent"], seen["heard"]) == (True, True, "Grüße, สวัสดี")
    assert seen["ended"] == "io client disconnect"


async def _run(*arguments: str) -> dict[str, Any]:
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE, "--input-type=module", "-e", SCRIPT, *arguments, cwd=STATIC, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(300):
        out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found
