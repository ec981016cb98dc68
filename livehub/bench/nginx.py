"""A real nginx with the configuration that the documentation gives, on ports and in a folder of its own."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from livehub.bench.machine import Unavailable, free_port

CONFIGURATION: Final = Path(__file__).parents[2] / "docs" / "nginx" / "livehub-hls.conf"
START_S: Final = 10.0


def program() -> str:
    """Raises: Unavailable."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        raise Unavailable("nginx was not found; install it (Debian: apt install nginx-light)")
    return found


def configuration(documented: str, *, port: int, origin: int, folder: Path, workers: int = 1) -> str:
    """The documented text with the ports and paths of one run, in a whole configuration file."""
    text = documented
    for pattern, value in (
        (r"listen 80;", f"listen 127.0.0.1:{port} backlog=4096;"),
        (r"server 127\.0\.0\.1:8080;", f"server 127.0.0.1:{origin};"),
        (r"/var/cache/nginx/livehub-hls", str(folder / "cache")),
    ):
        text, count = re.subn(pattern, value, text)
        if count != 1:
            raise Unavailable(f"the documented configuration has {pattern} {count} times")
    return _whole(text, folder, workers)


def configuration_of_processes(documented: str, *, port: int, web: Sequence[int], media: int, folder: Path) -> str:
    """The documented text for several processes, with the ports of one run."""
    servers = "".join(f"    server 127.0.0.1:{each} max_fails=1 fail_timeout=2s;\n" for each in web)
    text = documented
    for pattern, value in (
        (r"listen 80;", f"listen 127.0.0.1:{port} backlog=4096;"),
        (r"(?:    server 127\.0\.0\.1:808\d [^\n]*\n)+", servers),
        (r"server 127\.0\.0\.1:8090;", f"server 127.0.0.1:{media};"),
    ):
        text, count = re.subn(pattern, value, text)
        if count != 1:
            raise Unavailable(f"the documented configuration has {pattern} {count} times")
    return _whole(text, folder, 1)


def _whole(text: str, folder: Path, workers: int) -> str:
    temporary = "\n".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # the folder is ours alone
    return (
        f"{user} daemon off; worker_processes {workers}; pid {folder / 'nginx.pid'}; error_log stderr warn;\n"
        f"worker_rlimit_nofile 16384; events {{ worker_connections 8192; }}\n"
        f"http {{ access_log off; default_type application/octet-stream; {temporary}\n{text}\n}}\n"
    )


@asynccontextmanager
async def running(folder: Path, origin: int) -> AsyncIterator[str]:
    """nginx in front of ``127.0.0.1:origin``; its URL.

    Raises:
        Unavailable: no nginx, no documentation beside the package, or it does not start.
    """
    port = free_port()
    text = configuration(_documented(CONFIGURATION), port=port, origin=origin, folder=folder)
    async with _running(folder, text, port) as url:
        yield url


@asynccontextmanager
async def running_before_processes(folder: Path, web: Sequence[int], media: int) -> AsyncIterator[str]:
    """nginx in front of the web processes and the media process at these ports; its URL. Raises: Unavailable."""
    port = free_port()
    documented = _documented(CONFIGURATION.with_name("livehub-processes.conf"))
    text = configuration_of_processes(documented, port=port, web=web, media=media, folder=folder)
    async with _running(folder, text, port) as url:
        yield url


def _documented(path: Path) -> str:
    if not path.is_file():
        raise Unavailable(f"{path} is not here; run this from a checkout")
    return path.read_text()


@asynccontextmanager
async def _running(folder: Path, text: str, port: int) -> AsyncIterator[str]:
    file = await asyncio.to_thread(_write, folder, text)
    arguments = ("-e", "stderr", "-p", str(folder), "-c", str(file))
    process = await asyncio.create_subprocess_exec(program(), *arguments, stderr=asyncio.subprocess.PIPE)
    try:
        await _listens(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.communicate(), 10)


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(text)
    return file


async def _listens(port: int, process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    said = await process.stderr.read(2000) if process.returncode is not None and process.stderr else b""
    raise Unavailable(f"nginx did not start: {said.decode(errors='replace')}")
