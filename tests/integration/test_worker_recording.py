"""A show is recorded by a media worker that is killed in the middle: the recording has what came before and after."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.recording.sender import make_film, publishing

pytestmark = [pytest.mark.ffmpeg, pytest.mark.timeout(240)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "server", {"LIVEHUB_MEDIA_WORKERS": "2", "LIVEHUB_MEDIA_PORT": "0"})
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def _wait(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def kill_workers(server: Server) -> None:
    assert server.process is not None
    parent = server.process.pid
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        os.kill(int(pid), signal.SIGKILL)


def test_a_recording_goes_on_after_its_worker_was_killed(server: Server, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mkv")
    api = Api.account(server.url, "rec@example.org", "Rec")
    room = api.live_show("Tea")
    token = api.join_token(room, "encoder", "speaker")
    recordings = server.data_dir / "recordings"

    def pieces() -> int:
        return len(list(recordings.glob("*/*-*.m4s")))

    with publishing(film, server, room, token):
        _wait(lambda: pieces() >= 4)
        kill_workers(server)
        before = pieces()
    with publishing(film, server, room, token):
        _wait(lambda: pieces() >= before + 4)
        api.call("POST", f"/rooms/{room}/end")
    _wait(lambda: api.call("GET", f"/rooms/{room}")["replay"])
    (recording,) = api.call("GET", f"/rooms/{room}/recordings")["items"]
    assert recording["duration_s"] >= 2
    assert len(list(recordings.glob("*"))) == 1
    # One initialisation and at least one segment of each of the two runs.
    assert len(list(recordings.glob("*/video-*.mp4"))) == 2
    assert pieces() >= 2
    assert server.stop() == 0
    assert "Traceback" not in server.log()
