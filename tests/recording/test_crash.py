"""``kill -9`` in the middle of a recorded show: all but the last second is there, and recording goes on."""

import io
import re
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.recording.sender import make_film, publishing

pytestmark = [pytest.mark.ffmpeg, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mkv")


def _wait_for(what: str, happened: Any, timeout_s: float = 30.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {timeout_s:.0f} s")


def _get(server: Server, path: str) -> bytes:
    with urllib.request.urlopen(f"{server.url}{path}", timeout=20) as answer:
        data: bytes = answer.read()
        return data


def _ends_at(playlist: str) -> float:
    """When the last picture of the last stretch was taken, in seconds since 1970."""
    stretch = playlist.rpartition("#EXT-X-PROGRAM-DATE-TIME:")[2]
    begins = datetime.fromisoformat(stretch.splitlines()[0].replace("Z", "+00:00")).timestamp()
    return begins + sum(float(found) for found in re.findall(r"#EXTINF:([0-9.]+)", stretch))


def _decode(data: bytes) -> tuple[int, float]:
    """Pictures, and seconds of sound."""
    with av.open(io.BytesIO(data), "r") as container:
        pictures = sum(1 for _ in container.decode(container.streams.video[0]))
    with av.open(io.BytesIO(data), "r") as container:
        sound_s = sum(frame.samples / frame.sample_rate for frame in container.decode(container.streams.audio[0]))
    return pictures, sound_s


def test_a_kill_loses_at_most_the_last_second(tmp_path: Path, film: Path) -> None:
    server = Server(tmp_path / "server")
    server.start()
    try:
        merchant = Api.account(server.url, "crash@example.org", "Mai")
        room = merchant.live_show("Pots")
        token = merchant.join_token(room, "encoder", "speaker")
        parts = server.data_dir / "recordings"
        with publishing(film, server, room, token):
            _wait_for("five seconds on disk", lambda: len(list(parts.glob("*/*.m4s"))) > 6)
            killed_s = time.time()
            server.kill()
        server.start()

        [closed, again] = sorted(
            merchant.call("GET", f"/rooms/{room}/recordings")["items"], key=lambda item: str(item["started_at"])
        )
        assert (closed["state"], closed["reason"]) == ("ready", "interrupted")
        assert closed["duration_s"] > 2
        assert again["state"] == "recording"
        with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
            again_parts = parts / str(again["id"])
            _wait_for("more on disk", lambda: len(list(again_parts.glob("*.m4s"))) > 3)
            merchant.call("POST", f"/rooms/{room}/end")

        def states() -> set[str]:
            return {item["state"] for item in merchant.call("GET", f"/rooms/{room}/recordings")["items"]}

        _wait_for("both recordings", lambda: states() == {"ready"})
        assert merchant.call("GET", f"/rooms/{room}")["replay"]

        index = _get(server, f"/hls/{room}/replay/index.m3u8").decode()
        assert 'CODECS="avc1.42' in index
        playlist = _get(server, f"/hls/{room}/replay/video.m3u8").decode()
        first = playlist[: playlist.index("#EXT-X-DISCONTINUITY", playlist.index(str(closed["id"])))]
        before = playlist.partition(str(again["id"]))[0]
        assert killed_s - _ends_at(before) < 1.0
        assert first.startswith("#EXTM3U")
        assert playlist.endswith("#EXT-X-ENDLIST\n")

        # Every segment that the playlist names can be had, and decoded to the very duration that it tells.
        names = re.findall(rf"^{closed['id']}/\S+\.m4s$", before, re.MULTILINE)
        init = re.findall(rf'MAP:URI="({closed["id"]}/\S+)"', before)
        assert len(init) == 1
        data = b"".join(_get(server, f"/hls/{room}/replay/{name}") for name in [*init, *names])
        pictures, sound_s = _decode(data)
        assert pictures == pytest.approx(closed["duration_s"] * 25, abs=3)
        assert sound_s == pytest.approx(closed["duration_s"], abs=0.2)

        # And all of it is one file.
        for recording in (closed, again):
            merchant.call("POST", f"/recordings/{recording['id']}/file")
            _wait_for(
                "the file",
                lambda path=f"/recordings/{recording['id']}": merchant.call("GET", path)["file"]["state"] == "ready",
            )
        movie = server.data_dir / "recordings" / str(closed["id"]) / "recording.mp4"
        assert _decode(movie.read_bytes())[0] == pictures
    finally:
        if server.process is not None:
            server.stop()
    assert "Traceback" not in server.log(), server.log()
