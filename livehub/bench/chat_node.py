"""The peer of the chat benchmark: node's socket.io, as its documentation shows it, nothing stored or checked."""

import asyncio
import os
import shutil
from pathlib import Path

from livehub.bench import machine

VERSION = "4.8.4"
_SERVER = """
const { Server } = require('socket.io');
const http = require('http').createServer();
const io = new Server(http);
let seq = 0;
io.on('connection', (socket) => {
  socket.on('chat:send', (call, ack) => {
    const author = { identity: socket.id, display_name: 'p', role: 'viewer' };
    const at = new Date().toISOString();
    const message = { id: `msg_${++seq}`, seq, author, text: call.text, locale: 'en', at, client_id: call.client_id };
    io.emit('chat:messages', { room: 'bench', seq, items: [message] });
    if (ack) ack({ ok: true, message });
  });
});
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
"""


class NodeServer:
    """A node process on one core. Needs node and npm; the package is fetched into ``folder``."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    @staticmethod
    def is_possible() -> bool:
        return bool(shutil.which("node") and shutil.which("npm"))

    @classmethod
    async def start(cls, folder: Path, core: int) -> "NodeServer":
        """Raises: RuntimeError when the package cannot be had or the server does not come up."""
        (folder / "server.js").write_text(_SERVER)
        install = await asyncio.create_subprocess_exec(
            "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", f"socket.io@{VERSION}",
            cwd=folder, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if await install.wait() != 0:
            raise RuntimeError(f"npm could not install socket.io {VERSION}")
        process = await asyncio.create_subprocess_exec("node", "server.js", cwd=folder, stdout=asyncio.subprocess.PIPE)
        if process.stdout is None:
            raise RuntimeError("node has no output")
        async with asyncio.timeout(20):
            line = await process.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError("node's server did not come up")
        _pin(process.pid, core)
        return cls(process, int(line))

    def cpu_s(self) -> float:
        return machine.cpu_s(self._process.pid)

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def _pin(pid: int, core: int) -> None:
    """All threads of a process to one core, if the machine has it beside others."""
    available = os.sched_getaffinity(0)
    if core in available and len(available) > 1:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})
