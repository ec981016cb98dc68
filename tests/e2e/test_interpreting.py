"""Two interpreters share a language channel; a viewer hears them with the floor turned low; it is kept as a track."""

import json
import re
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.e2e.viewer import say

#: several pages decode at once: a busy machine takes its time
PATIENCE_MS = 60_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: what the page plays, and how loud
VOLUMES = (
    """() => [...document.querySelectorAll('video.stage-video, audio')].map((each) => Math.round(each.volume * 100))"""
)

#: how loud the recording and the interpreter over it are
OF_THE_REPLAY = """() => [document.querySelector('.replay-video'), document.querySelector('audio')]
  .map((each) => Math.round(each.volume * 100))"""
#: the recording stands at a moment of a stretch in which somebody interprets, and so does the interpreter's sound
IN_STEP = """([stretch, intoS]) => {
  const [video, audio] = [document.querySelector('.replay-video'), document.querySelector('audio')];
  if (Math.abs(video.currentTime - stretch.start_s - intoS) > 0.1) video.currentTime = stretch.start_s + intoS;
  return !video.seeking && !audio.seeking && Math.abs(audio.currentTime - stretch.at_s - intoS) < 0.2;
}"""


def _let_interpret(studio: Page, name: str) -> None:
    studio.get_by_role("tabpanel", name=re.compile("Viewers")).get_by_role(
        "button", name=re.compile(f"{name}$")
    ).click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_role("button", name="Interpreter…").click()
    dialog.get_by_label("Language").select_option("th")
    dialog.get_by_role("button", name=f"Let {name} interpret").click()
    expect(dialog).to_be_hidden()


def _heard_in_the_replay(viewer: Page, merchant: Api, room: str, pictures: Path) -> None:
    """The viewer chooses again in the recording: the interpreter in step with the picture, the floor low."""
    expect(viewer.get_by_label("Recording of Tea for all")).to_be_visible()
    (channel,) = merchant.call("GET", f"/rooms/{room}/replay/channels")["items"]
    stretch = max(channel["stretches"], key=lambda each: float(each["duration_s"]))
    picker = viewer.get_by_label("What you hear")
    expect(picker).to_have_value("")
    picker.select_option("th")
    viewer.wait_for_function("() => document.querySelector('.replay-video').readyState >= 2")
    viewer.wait_for_function(f"() => String(({OF_THE_REPLAY})()) === '100,100'")  # nobody interprets in the beginning
    for into_s in (stretch["duration_s"] * 0.7, stretch["duration_s"] * 0.2):
        viewer.wait_for_function(IN_STEP, arg=[stretch, into_s])
        viewer.wait_for_function(f"() => String(({OF_THE_REPLAY})()) === '15,100'")
    viewer.evaluate(
        """() => {
          const [video, audio] = [document.querySelector('.replay-video'), document.querySelector('audio')];
          audio.addEventListener('playing', () => { document.documentElement.dataset.heard = audio.playbackRate; });
          video.playbackRate = 0.5;
          return video.play();
        }"""
    )
    expect(viewer.locator("html")).to_have_attribute("data-heard", re.compile(r"^0\.(48|5|52)$"))
    viewer.screenshot(path=pictures / "interpreted-replay-phone.png")
    picker.select_option("")
    viewer.wait_for_function(f"() => ({OF_THE_REPLAY})()[0] === 100 && document.querySelector('audio').paused")


def _refuse_once(page: Page) -> None:
    """Of what the page says that it hears, the first is refused before it comes to the server."""
    refused: list[str] = []

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def on_message(message: str | bytes) -> None:
            question = re.match(r'42(\d+)\["interpreter:listen"', message) if isinstance(message, str) else None
            if question is None or refused:
                server.send(message)
                return
            refused.append(question[1])
            answer = {"ok": False, "error": {"code": "session_not_found", "message": "There is no such session"}}
            route.send(f"43{question[1]}{json.dumps([answer])}")

        route.on_message(on_message)

    page.route_web_socket(re.compile("/socket.io/"), between)


def _kept(server: Server, room: str) -> str:
    """The playlist of what was interpreted, once the recording is ready."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{server.url}/hls/{room}/replay/interpreter-th.m3u8", timeout=20) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            if error.code != 404 or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def test_interpreters_relieve_each_other_and_a_viewer_hears_them(
    server: Server, person: Person, pictures: Path
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "interpreting@example.org", "Mila")
    room = merchant.live_show("Tea for all", start=False)
    host = person(viewport=DESKTOP)
    host.set_default_timeout(PATIENCE_MS)
    studio = on_air(host, "interpreting@example.org", room)
    studio.emulate_media(reduced_motion="reduce")
    pages: dict[str, Page] = {}
    for name, size in (("Ann", PHONE), ("Ben", DESKTOP)):
        context = person(viewport=size)
        context.set_default_timeout(PATIENCE_MS)
        pages[name] = context.new_page()
        pages[name].goto(f"/r/{room}")
        say(pages[name], f"{name} is here", name=name)
    studio.get_by_role("tab", name=re.compile("Viewers")).click()
    for name in pages:
        _let_interpret(studio, name)
    ann, ben = pages["Ann"], pages["Ben"]
    bars = {name: page.get_by_role("region", name="Interpreting") for name, page in pages.items()}
    bars["Ann"].get_by_role("button", name="Interpret now").click()
    expect(bars["Ann"]).to_contain_text("You are on")
    expect(bars["Ben"]).to_contain_text("Ann is on")
    ann.screenshot(path=pictures / "interpreter-phone.png")

    context = person(viewport=PHONE)
    context.set_default_timeout(PATIENCE_MS)
    viewer = context.new_page()
    _refuse_once(viewer)
    viewer.goto(f"/r/{room}")
    channel = viewer.get_by_label("What you hear")
    expect(channel).to_be_visible()
    viewer.wait_for_function(f"() => ({VOLUMES})().every((volume) => volume === 100)")
    channel.select_option("th")
    expect(viewer.get_by_text("What you chose to hear is not on yet.").first).to_be_visible()
    expect(viewer.get_by_text("What you chose to hear is on now.").first).to_be_visible()
    viewer.wait_for_function(f"() => {{ const v = ({VOLUMES})(); return v.includes(15) && v.includes(100); }}")
    viewer.screenshot(path=pictures / "interpreted-viewer-phone.png")

    # Ben asks, Ann hands over; the viewer goes on hearing somebody over the low floor.
    bars["Ben"].get_by_role("button", name="Ask to take over").click()
    bars["Ann"].get_by_role("button", name="Hand over to Ben").click()
    expect(bars["Ben"]).to_contain_text("You are on")
    expect(bars["Ann"]).to_contain_text("Ben is on")
    ben.screenshot(path=pictures / "interpreter-desktop.png")
    viewer.wait_for_function(f"() => {{ const v = ({VOLUMES})(); return v.includes(15) && v.includes(100); }}")
    # A page that is loaded anew has no microphone: it says so, and offers to open it. Meanwhile the floor is as it was.
    ben.reload()
    expect(bars["Ben"]).to_contain_text("You are on, and nobody hears you yet")
    viewer.wait_for_function(f"() => ({VOLUMES})().every((volume) => volume === 100)")
    bars["Ben"].get_by_role("button", name="Interpret now").click()
    expect(bars["Ben"].get_by_role("status")).to_have_text(re.compile("You are on$"))
    viewer.wait_for_function(f"() => {{ const v = ({VOLUMES})(); return v.includes(15) && v.includes(100); }}")
    channel.select_option("")
    viewer.wait_for_function(f"() => ({VOLUMES})().every((volume) => volume === 100)")
    bars["Ben"].get_by_role("button", name="Pause interpreting").click()
    expect(bars["Ben"]).to_contain_text("Nobody is on")

    merchant.call("POST", f"/rooms/{room}/end")
    playlist = _kept(server, room)
    kept_s = sum(float(length) for length in re.findall(r"#EXTINF:([\d.]+)", playlist))
    assert kept_s > 1
    first = next(line for line in playlist.splitlines() if line.endswith(".m4s"))
    with urllib.request.urlopen(f"{server.url}/hls/{room}/replay/{first}", timeout=20) as answer:
        assert len(answer.read()) > 500
    with urllib.request.urlopen(f"{server.url}/hls/{room}/replay/index.m3u8", timeout=20) as answer:
        assert "interpreter-" not in answer.read().decode(), "the programme is as it was"
    _heard_in_the_replay(viewer, merchant, room, pictures)
