"""``livehub demo`` as its user meets it: a process that prints three links which work, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.api import Api
from tests.ports import free_port

pytestmark = [pytest.mark.ffmpeg, pytest.mark.timeout(120)]


def film(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for index in range(50):
            picture = np.full((90, 160, 3), index * 5, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


class Demo:
    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
        environment |= {
            "LIVEHUB_PORT": str(port),
            "LIVEHUB_MEDIA_PORT": "0",
            "LIVEHUB_DATA_DIR": str(folder / "data"),
        }
        command = [sys.executable, "-m", "livehub", "demo", "--video", str(film(folder / "film.mp4"))]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.printed = ""

    def links(self) -> dict[str, str]:
        """What is printed, read until the last line of the links has come."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                break
        return dict(re.findall(r"(Watch|Studio|Shop desk) +(http\S+)", self.printed))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    if demo.process.poll() is None:
        demo.process.kill()
    demo.process.communicate()


def test_the_three_links_work_until_ctrl_c(demo: Demo) -> None:
    links = demo.links()
    assert set(links) == {"Watch", "Studio", "Shop desk"}, demo.printed
    room = links["Watch"].rsplit("/", 1)[1]

    nobody = Api(demo.url)
    shown = nobody.call("GET", f"/rooms/{room}")
    assert (shown["state"], shown["visibility"]) == ("live", "public")
    assert [one["id"] for one in nobody.call("GET", "/rooms?state=live")["items"]] == [room]
    offers = nobody.call("GET", f"/rooms/{room}/offers")["items"]
    assert len(offers) == 3
    assert all(offer["picture"] and offer["available"] == 40 for offer in offers)

    jar = CookieJar()
    merchant = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    for name, path in (("Studio", f"/studio/{room}"), ("Shop desk", "/desk")):
        with merchant.open(links[name]) as page:
            assert page.status == 200
            assert page.url == demo.url + path
    with merchant.open(f"{demo.url}/api/v1/me") as me:
        assert b"Riverbank Pottery" in me.read()

    deadline = time.monotonic() + 30
    while not any(offer["pinned"] for offer in nobody.call("GET", f"/rooms/{room}/offers")["items"]):
        assert time.monotonic() < deadline, "the film was never on air"
        time.sleep(0.3)

    demo.process.send_signal(signal.SIGINT)
    rest, _ = demo.process.communicate(timeout=20)
    assert demo.process.returncode == 0, rest
    assert "Traceback" not in demo.printed + rest


def test_nobody_gets_in_without_the_secret(demo: Demo) -> None:
    studio = demo.links()["Studio"]
    for wrong in (re.sub(r"/demo/[^/]+/", "/demo/guess/", studio), studio.replace("/studio", "/elsewhere")):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(wrong)


def test_a_film_that_is_not_there_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "LIVEHUB_DATA_DIR": str(tmp_path), "LIVEHUB_PORT": str(free_port())}
    command = [sys.executable, "-m", "livehub", "demo", "--video", "no-such-film.mp4"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no-such-film.mp4" in done.stderr
    assert "Traceback" not in done.stderr
