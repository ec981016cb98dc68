"""Watching by HLS in a real Chromium: wanted, fallen back to, and left again for the real time."""

import json
import time
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import av
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from livehub.media.addresses import local_ips
from tests.e2e import merchant
from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.layers import expect_sent, keeping
from tests.e2e.server import Server
from tests.e2e.test_codec import without_h264
from tests.e2e.test_ffmpeg import film as film  # a fixture
from tests.e2e.test_ffmpeg import publishing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

#: where nothing listens (RFC 5737), and what a publisher of the test makes of it
NOWHERE = "198.51.100.1"
HERE = next((ip for ip in local_ips() if ":" not in ip), "127.0.0.1")
REACH_ANYWAY = f"""
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {{
    return set.call(this, {{ ...description, sdp: description.sdp.replaceAll('{NOWHERE}', '{HERE}') }});
  }};
"""


#: several pages decode at once here, and on a busy machine each of them takes its time
PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


def opened(context: BrowserContext, path: str) -> Page:
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(path, wait_until="commit")
    return page


def plays_hls(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames > 40")
    assert page.evaluate("() => document.querySelector('video').srcObject === null")
    assert page.evaluate("() => document.querySelector('video').src.startsWith('blob:')")


def plays_on(page: Page) -> None:
    frames = merchant.decoded_frames(page)
    page.wait_for_function(
        "frames => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames > frames + 20", arg=frames
    )


def on_air(context: BrowserContext, name: str) -> str:
    context.set_default_timeout(PATIENCE_MS)
    studio = context.new_page()
    merchant.sign_up(studio, name, f"{name.lower()}@example.org")
    merchant.open_shop(studio, f"{name} shop")
    room = merchant.plan_show(studio, f"{name} by HLS")
    merchant.go_live(studio)
    return room


def test_a_browsers_show_is_watched_by_hls_and_in_real_time_again(person: Person, pictures: Path) -> None:
    room = on_air(person(), "Wanted")
    for name, viewport, dark, locale in (
        ("phone-dark", PHONE, True, "en-GB"),
        ("phone-arabic", PHONE, False, "ar"),
        ("desktop-thai", DESKTOP, False, "th"),
    ):
        page = opened(person(viewport=viewport, dark=dark, locale=locale), f"/r/{room}?via=hls")
        plays_hls(page)
        page.screenshot(path=pictures / f"hls-{name}.png")
        page.close()
    page = opened(person(), f"/r/{room}?via=hls")
    plays_hls(page)
    note = page.get_by_role("note").filter(has_text="two seconds later")
    expect(note).to_be_visible()
    page.get_by_role("button", name="Hide this note").click()
    expect(note).to_be_hidden()
    page.get_by_role("button", name="2 s later").click()
    page.get_by_role("button", name="Watch in real time").click()
    page.wait_for_function("() => document.querySelector('video').srcObject?.active")
    plays_on(page)
    expect(page.get_by_role("note")).to_be_hidden()


def widths_in(page: Page, least: int, most: int) -> None:
    page.wait_for_function(
        "([least, most]) => { const { videoWidth } = document.querySelector('video'); "
        "return videoWidth >= least && videoWidth <= most; }",
        arg=[least, most],
    )


def until_all_have_segments(page: Page, address: str, count: int) -> None:
    """Three renditions with whole segments of their present size: FFmpeg knows no parts, and passes by one without."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        playlist = fetched(address)
        renditions = [urljoin(address, line) for line in playlist.splitlines() if not line.startswith("#")]
        newest = [fetched(each).rpartition("#EXT-X-MAP")[2].count("#EXTINF") for each in renditions]
        if len(newest) == 3 and min(newest) >= count:
            return
        assert time.monotonic() < deadline, (playlist, newest)
        page.wait_for_timeout(200)


def fetched(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def test_a_cameras_layers_are_renditions_that_hls_js_changes_between(server: Server, person: Person) -> None:
    studio = keeping(person())
    room = on_air(studio, "Sizes")
    # A browser begins with its smaller layers, and sends the largest once it trusts the network.
    expect_sent(studio.pages[0], "f,h,q")
    context = person()
    page = opened(context, f"/r/{room}?via=hls")
    plays_hls(page)
    address = f"{server.url}/hls/{room}/index.m3u8"
    until_all_have_segments(page, address, 3)
    with av.open(address, options={"live_start_index": "-2"}) as stream:  # FFmpeg's own idea of the whole
        sizes = {item.width: item for item in stream.streams.video}
        assert len(sizes) == len(stream.streams.video) == 3
        seen = set[int]()
        for picture in stream.decode(*sizes.values()):
            if isinstance(picture, av.VideoFrame):
                seen.add(picture.width)
            if seen == set(sizes):
                break
        assert seen == set(sizes)
    smallest, middle, largest = sorted(sizes)
    widths_in(page, middle, largest)
    wire = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 20, "downloadThroughput": 45_000, "uploadThroughput": 45_000}
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", slow)
    widths_in(page, smallest, smallest)
    plays_on(page)
    wire.send("Network.emulateNetworkConditions", {**slow, "downloadThroughput": -1, "uploadThroughput": -1})
    widths_in(page, middle, largest)
    plays_on(page)


def test_an_encoder_that_takes_no_requests_is_watched_by_hls(server: Server, person: Person, film: Path) -> None:
    shop = Api.account(server.url, "hls-film@example.org", "Film")
    room = shop.live_show("From a file by HLS")
    with publishing(film, server, room, shop.join_token(room, "encoder", "speaker")):
        page = opened(person(), f"/r/{room}?via=hls")
        plays_hls(page)
        assert page.evaluate("() => document.querySelector('video').videoWidth") == 320
        assert page.evaluate("() => document.querySelector('video').audioTracks?.length ?? 1") >= 1


def test_a_full_audience_and_a_missing_codec_lead_to_hls(person: Person) -> None:
    room = on_air(person(), "Full")

    def full(route: Route) -> None:
        body = {"type": "about:blank", "status": 503, "code": "audience_full", "title": "Full", "detail": "Full"}
        headers = {"Content-Type": "application/problem+json", "Retry-After": "10"}
        route.fulfill(status=503, headers=headers, body=json.dumps(body))

    context = person()
    context.route("**/whep?*", full)
    page = opened(context, f"/r/{room}")
    plays_hls(page)
    expect(page.get_by_role("note")).to_contain_text("So many people are watching")
    page.close()
    page = opened(without_h264(person()), f"/r/{room}")
    plays_hls(page)
    expect(page.get_by_role("note")).to_contain_text("This browser lacks the live video format.")


def test_a_network_without_udp_leads_to_hls_within_seconds(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    server = Server(tmp_path_factory.mktemp("nowhere"), {"LIVEHUB_MEDIA_IP": NOWHERE})
    server.start()
    try:
        host = browser.new_context(base_url=server.url, permissions=["camera", "microphone"])
        host.add_init_script(REACH_ANYWAY)
        room = on_air(host, "Cut")
        viewer = browser.new_context(base_url=server.url)
        page = opened(viewer, f"/r/{room}")
        plays_hls(page)
        expect(page.get_by_role("note")).to_contain_text("Your network holds back live video")
        viewer.close()
        host.close()
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()
