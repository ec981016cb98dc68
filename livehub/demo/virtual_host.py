"""The virtual host: ffmpeg publishing a film in a loop over WHIP, started again whenever it ends."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg

log = logging.getLogger(__name__)

#: the first wait after a failure, doubled up to the longest; a run of a minute counts as healthy again
FIRST_WAIT_S, LONGEST_WAIT_S, HEALTHY_S = 0.5, 10.0, 60.0
STOP_TIMEOUT_S = 5.0


def ffmpeg_command(film: Path, whip_url: str, token: str, *, ready: bool) -> list[str]:
    """``ready``: the film is H.264 baseline and Opus and is sent as it is; anything else is encoded on the way."""
    codecs = ["-c", "copy"] if ready else _ENCODE
    return [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-loglevel", "error", "-nostdin"),
        *("-re", "-stream_loop", "-1", "-i", str(film)),
        *("-map", "0:v:0", "-map", "0:a:0?"),
        *codecs,
        *("-f", "whip", "-authorization", token, whip_url),
    ]


_ENCODE: Sequence[str] = (
    *("-vf", "scale='min(1280,iw)':-2,fps=30", "-pix_fmt", "yuv420p"),
    *("-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency"),
    *("-bf", "0", "-g", "60", "-b:v", "1800k", "-maxrate", "2200k", "-bufsize", "2200k"),
    *("-c:a", "libopus", "-b:a", "64k", "-ar", "48000", "-ac", "2"),
)


class VirtualHost:
    """Owns one ffmpeg process at a time. :meth:`start` once, :meth:`close` stops it for good."""

    def __init__(self, film: Path, whip_url: str, token: str, *, ready: bool) -> None:
        self._command = ffmpeg_command(film, whip_url, token, ready=ready)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_publishing(), name="virtual host")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_publishing(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = FIRST_WAIT_S
        while True:
            began = loop.time()
            await self._publish()
            if loop.time() - began > HEALTHY_S:
                wait_s = FIRST_WAIT_S
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _publish(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            _, complaint = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
            raise
        text = complaint.decode(errors="replace").strip().splitlines()
        log.warning(
            "the virtual host's ffmpeg ended (%s): %s", process.returncode, text[-1] if text else "no reason given"
        )
