"""A real ffmpeg publishes by WHIP, and Chromium decodes what livehub forwards."""

import io
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from livehub.demo.virtual_host import ffmpeg_command
from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving, watch

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a moving red square, made here; encoded on the way, as a film of one's own would be."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(100):
            picture = np.zeros((180, 320, 3), np.uint8)
            picture[40:140, index : index + 100] = (220, 30, 30)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@contextmanager
def publishing(film: Path, server: Server, room: str, token: str) -> Iterator[None]:
    url = f"{server.url}/api/v1/rooms/{room}/whip"
    process = subprocess.Popen(ffmpeg_command(film, url, token, ready=False), stderr=subprocess.PIPE)
    try:
        yield
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_chromium_shows_what_ffmpeg_sends(server: Server, person: Person, film: Path) -> None:
    merchant = Api.account(server.url, "ffmpeg@example.org", "Film")
    room = merchant.live_show("From a file")
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        page = watch(person(viewport=DESKTOP), room)
        expect_moving(page, 50)
        # The middle of the picture is black or red, and nothing else: it is this film that was decoded.
        red, green, blue = page.evaluate(
            """() => { const video = document.querySelector('video'); const canvas = document.createElement('canvas');
            canvas.width = video.videoWidth; canvas.height = video.videoHeight; const context = canvas.getContext('2d');
            context.drawImage(video, 0, 0);
            return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data].slice(0, 3); }"""
        )
        assert green < 90
        assert blue < 90
        assert red < 90 or red > 150
        assert page.evaluate("() => document.querySelector('video').videoWidth") == 320


def test_a_viewer_who_came_first_sees_the_picture_when_it_comes(server: Server, person: Person, film: Path) -> None:
    merchant = Api.account(server.url, "late@example.org", "Late")
    room = merchant.live_show("Soon on air")
    page = person(viewport=DESKTOP).new_page()
    page.goto(f"/r/{room}")
    expect(page.get_by_text("Waiting for the host’s picture…")).to_be_visible()
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        expect_moving(page, 25)


def test_the_start_page_shows_a_still_of_what_is_on_air(server: Server, film: Path) -> None:
    merchant = Api.account(server.url, "still@example.org", "Still")
    room = merchant.live_show("A fresh still")
    still = f"{server.url}/api/v1/rooms/{room}/still"
    with urllib.request.urlopen(still) as answer:
        assert (answer.status, answer.read(), answer.headers["Cache-Control"]) == (204, b"", "no-store")
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        deadline = time.monotonic() + 40  # nothing was shown: asked again after FRESH_S
        while True:
            with urllib.request.urlopen(still) as answer:
                webp = answer.read()
            if answer.status == 200:
                break
            assert time.monotonic() < deadline
            time.sleep(0.5)
        picture = Image.open(io.BytesIO(webp))
        assert picture.format == "WEBP"
        assert picture.size == (320, 180)
        colours = picture.convert("RGB").getcolors(320 * 180) or []
        assert any(isinstance(c, tuple) and c[0] > 150 and c[1] < 90 and c[2] < 90 for _, c in colours)
