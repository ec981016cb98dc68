"""Behind a firewall that lets no UDP through: Chromium watches, and publishes, over a real TURN server by TCP."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.coturn import SECRET, Coturn
from tests.e2e.api import Api
from tests.e2e.conftest import Person
from tests.e2e.network import publish, sign_in
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

#: what a firewall does to a browser, by the browser's own means: nothing but relayed candidates
ONLY_RELAYED = """(() => {
  const Plain = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Plain {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
      window.connections.push(this);
    }
  };
})()"""

#: the pair that is used: {kind, transport} of this end
USED = """async () => {
  const stats = await window.connections.at(-1).getStats();
  for (const stat of stats.values()) {
    if (stat.type !== 'transport' || !stat.selectedCandidatePairId) continue;
    const local = stats.get(stats.get(stat.selectedCandidatePairId).localCandidateId);
    return { kind: local.candidateType, transport: local.relayProtocol };
  }
}"""


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    made = Coturn(tmp_path_factory.mktemp("coturn"), tcp_only=True)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, coturn: Coturn) -> Iterator[Server]:
    """One that has a TURN server, in the place of the package's."""
    settings = {
        "LIVEHUB_ICE_SERVERS": json.dumps([{"urls": [coturn.url("tcp")]}]),
        "LIVEHUB_TURN_SECRET": SECRET,
        "LIVEHUB_TURN_TTL_S": "60",
    }
    made = Server(tmp_path_factory.mktemp("relayed"), settings)
    made.start()
    yield made
    assert made.stop() == 0
    assert SECRET not in made.log()


def behind_a_firewall(context: BrowserContext) -> BrowserContext:
    context.add_init_script(ONLY_RELAYED)
    return context


def used(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(USED)
    return found


def test_chromium_watches_by_turn_over_tcp(server: Server, person: Person, coturn: Coturn) -> None:
    room = Api.account(server.url, "relay@example.org", "Relay").live_show("Relay")
    publish(sign_in(person(), "relay@example.org"), room, width=320, height=180)
    viewer = behind_a_firewall(person()).new_page()
    viewer.goto(f"/r/{room}")
    expect_moving(viewer, 40)
    assert used(viewer) == {"kind": "relay", "transport": "tcp"}


def test_chromium_publishes_by_turn_over_tcp(server: Server, person: Person, coturn: Coturn) -> None:
    room = Api.account(server.url, "mast@example.org", "Mast").live_show("Mast")
    host = sign_in(behind_a_firewall(person()), "mast@example.org")
    publish(host, room, width=320, height=180)
    assert used(host) == {"kind": "relay", "transport": "tcp"}
    viewer = person().new_page()
    viewer.goto(f"/r/{room}")
    expect_moving(viewer, 40)


def test_a_relayed_viewer_goes_on_with_new_credentials(server: Server, person: Person, coturn: Coturn) -> None:
    """ICE restarts over the relay: a new allocation, with credentials that still hold."""
    room = Api.account(server.url, "tower@example.org", "Tower").live_show("Tower")
    publish(sign_in(person(), "tower@example.org"), room, width=320, height=180)
    viewer = behind_a_firewall(person()).new_page()
    viewer.goto(f"/r/{room}")
    expect_moving(viewer, 20)
    before = viewer.evaluate("() => window.connections.length")
    with viewer.expect_response(lambda response: response.request.method == "PATCH") as restarted:
        viewer.evaluate("() => { window.dispatchEvent(new Event('online')); }")
    assert restarted.value.status == 200
    expect_moving(viewer, 60)
    assert viewer.evaluate("() => window.connections.length") == before, "the same session"
    assert used(viewer) == {"kind": "relay", "transport": "tcp"}
