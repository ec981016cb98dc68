"""Chromium on bad and changing networks: pictures go on, sessions stay, no page is loaded again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from livehub.bench.link import Conditions
from tests.e2e.api import Api
from tests.e2e.conftest import Person
from tests.e2e.network import (
    BadNetwork,
    longest_gap_ms,
    publish,
    received,
    sign_in,
    until_shown,
    watch_bare,
)
from tests.e2e.server import Server

#: a browser that nobody helps takes its path for dead after more than this
NOTICED_BY_ITSELF_MS = 5_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def uplink(server: Server) -> Iterator[BadNetwork]:
    made = BadNetwork(server, seed=3)
    yield made
    made.close()


@pytest.fixture
def downlink(server: Server) -> Iterator[BadNetwork]:
    made = BadNetwork(server, seed=5)
    yield made
    made.close()


class Stage:
    """A host's page that publishes through ``uplink`` and a viewer's page that watches through ``downlink``."""

    def __init__(self, server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork, name: str) -> None:
        email = f"{name}@example.org"
        self.room = Api.account(server.url, email, name.title()).live_show(name)
        hosting, watching = person(), person()
        uplink.behind(hosting)
        downlink.behind(watching)
        self.host = sign_in(hosting, email)
        publish(self.host, self.room, width=320, height=180, max_bitrate_bps=600_000)
        self.viewer: Page = watching.new_page()
        self.viewer.goto("/")
        watch_bare(self.viewer, self.room)
        until_shown(self.viewer, 30)


def shown(page: Page) -> int:
    return int(page.evaluate("() => window.shown.length"))


@pytest.mark.parametrize("side", ["viewer", "publisher"])
def test_who_changes_the_network_keeps_the_session(
    server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork, side: str
) -> None:
    stage = Stage(server, person, uplink, downlink, f"moving-{side}")
    network = downlink if side == "viewer" else uplink
    before = shown(stage.viewer)
    network.do(network.link.change_network)
    until_shown(stage.viewer, 60)
    assert longest_gap_ms(stage.viewer, before - 1) < NOTICED_BY_ITSELF_MS
    assert network.requests == [("POST", 201), ("PATCH", 200)], "ICE restarted, and nothing negotiated anew"


@pytest.mark.parametrize("side", ["viewer", "publisher"])
def test_a_nat_that_forgets_ends_no_session(
    server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork, side: str
) -> None:
    stage = Stage(server, person, uplink, downlink, f"nat-{side}")
    network = downlink if side == "viewer" else uplink
    before = shown(stage.viewer)
    network.do(network.link.rebind)
    until_shown(stage.viewer, 60)
    assert [method for method, _ in network.requests].count("POST") == 1
    assert longest_gap_ms(stage.viewer, before - 1) < NOTICED_BY_ITSELF_MS


def test_the_browser_says_that_the_network_is_back(
    server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork
) -> None:
    """A session that the server has forgotten meanwhile is made anew."""
    stage = Stage(server, person, uplink, downlink, "tunnel")
    stage.viewer.evaluate("() => { window.dispatchEvent(new Event('online')); }")
    stage.viewer.wait_for_function("() => window.link.restarts === 1 && !window.link.isRestarting")
    assert downlink.requests == [("POST", 201), ("PATCH", 200)]
    session = stage.viewer.evaluate("() => new URL(window.link.session, location.href).pathname")
    stage.viewer.evaluate("path => fetch(path, { method: 'DELETE' })", session)
    stage.viewer.evaluate("() => { window.dispatchEvent(new Event('online')); }")
    until_shown(stage.viewer, 30)
    assert downlink.requests[-1] == ("POST", 201)


@pytest.mark.parametrize("side", ["up", "down"])
def test_chromium_shows_pictures_and_sound_on_a_lossy_way(
    server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork, side: str
) -> None:
    stage = Stage(server, person, uplink, downlink, f"lossy-{side}")
    before = received(stage.viewer)
    lossy = Conditions(loss=0.05, delay_s=0.02)
    (uplink if side == "up" else downlink).set(lossy, lossy)
    until_shown(stage.viewer, 150, 40_000)
    after = received(stage.viewer)
    video = {key: after["video"][key] - before["video"].get(key, 0) for key in after["video"]}
    assert video["framesDecoded"] >= 145
    if side == "down":
        assert video["packetsLost"] > 0, "nothing was lost: the test would tell nothing"
    missing = video["packetsLost"] - video.get("retransmittedPacketsReceived", 0)
    assert missing <= 0.02 * video["packetsReceived"]


def test_sound_holds_at_a_tenth_lost(server: Server, person: Person, uplink: BadNetwork, downlink: BadNetwork) -> None:
    """It comes in the end. How much came too late to be heard the benchmark tells: a busy machine adds to it."""
    stage = Stage(server, person, uplink, downlink, "voice")
    lossy = Conditions(loss=0.10, delay_s=0.02)
    downlink.set(lossy, lossy)
    until_shown(stage.viewer, 60, 40_000)  # its buffer has grown
    before, dropped = received(stage.viewer)["audio"], downlink.link.down.lost
    until_shown(stage.viewer, 240, 60_000)
    after = received(stage.viewer)["audio"]
    assert downlink.link.down.lost - dropped > 20, "nothing was lost: the test would tell nothing"
    sound = {key: after[key] - before.get(key, 0) for key in after}
    assert sound["nackCount"] > 0
    assert sound["packetsLost"] <= 0.02 * sound["packetsReceived"]
