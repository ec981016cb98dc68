"""The comparison with other servers runs, with a handful of viewers; what it measures then means nothing."""

import pytest

from livehub.bench import peers
from livehub.bench.peers.relays import Pion
from tests.programs import install, leave_out, require

#: Debian's package of a library that the other relay is built with
PION = "golang-github-pion-webrtc.v3-dev"


@pytest.fixture
def other_servers() -> None:
    for program, package in peers.NEEDED.items():
        require(program, package)
    if not Pion.LIBRARY.is_dir():
        install(PION)
    if not Pion.LIBRARY.is_dir():
        leave_out(f"needs the Go library pion/webrtc (Debian: apt install {PION})")


@pytest.mark.usefixtures("other_servers")
@pytest.mark.timeout(300)  # the relay is compiled first, with the library it stands on
async def test_all_three_forward_every_packet_to_every_viewer() -> None:
    figures = (await peers.run(viewers=5, rounds=1, window_s=0.4))["figures"]
    lost = {key: value for key, value in figures.items() if key.startswith("lost_")}
    assert list(lost.values()) == [0, 0, 0, 0]
    assert all(figures[f"{name}_us_camera"] > 0 for name in ("janus", "pion", "livehub_beside_janus"))


async def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "NEEDED", {"no-such-server": "no-such-package"})
    with pytest.raises(peers.PeersMissing, match="no-such-server \\(Debian: no-such-package\\)"):
        await peers.run()
