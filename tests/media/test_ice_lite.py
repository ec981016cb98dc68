"""Which of a peer's addresses gets its media: the nominated one, or the one it has gone on from."""

import secrets
import socket
import struct
from ipaddress import ip_address

import pytest

from livehub.bench.light import VIDEO_SSRC
from livehub.bench.link import Link
from livehub.media import addresses, stun
from livehub.media.ice_lite import IceLite
from tests.media.conftest import Studio, send_frames, until

_REPORT = struct.pack("!BBHI", 0x80, 201, 1, 1)
HERE, THERE = (addresses.pack(socket.AF_INET, ip_address("192.0.2.1"), port) for port in (1, 2))


class Peer:
    """What the agent needs of one; media from its address is told by :attr:`settled`."""

    ufrags = ("ours",)

    def __init__(self) -> None:
        self.address: bytes | None = None
        self.settled = True

    def password_for(self, local_ufrag: str, remote_ufrag: str) -> bytes | None:
        return b"password"

    def select_address(self, address: bytes) -> None:
        self.address = address

    def has_left(self) -> bool:
        settled, self.settled = self.settled, False
        return not settled

    def is_silent(self, now_s: float) -> bool:
        return False

    def touch(self, now_s: float) -> None:
        """Checks alone keep it here."""

    def receive_dtls(self, data: bytes) -> None:
        raise AssertionError("no media in this test")

    def receive_srtp(self, packet: object, length: object, view: memoryview, address: bytes, *, rtcp: bool) -> None:
        raise AssertionError("no media in this test")

    def close(self) -> None:
        raise AssertionError("nobody is silent in this test")


class Agent:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.answers: list[bytes] = []
        self.ice = IceLite(lambda _, address: self.answers.append(address), lambda: self.now_s)
        self.peer = Peer()
        self.ice.add(self.peer)

    def check(self, address: bytes, *, nominate: bool = False) -> None:
        request = stun.build_request(secrets.token_bytes(12), "ours:theirs", b"password", use_candidate=nominate)
        self.ice.receive_stun(request, address)


@pytest.fixture
def agent() -> Agent:
    return Agent()


def test_the_first_address_serves_until_another_is_nominated(agent: Agent) -> None:
    agent.check(HERE)
    agent.check(THERE)
    assert agent.peer.address == HERE
    agent.check(THERE, nominate=True)
    assert agent.peer.address == THERE
    assert agent.answers == [HERE, THERE, THERE]
    assert agent.ice.migrations == 1


def test_spare_pairs_are_checked_without_being_followed(agent: Agent) -> None:
    agent.check(HERE)
    for _ in range(20):
        agent.now_s += 2.5
        agent.check(HERE)
        agent.check(THERE)
    assert agent.peer.address == HERE


def test_an_address_that_took_the_place_of_a_silent_one_is_followed(agent: Agent) -> None:
    agent.check(HERE)
    for _ in range(3):
        agent.now_s += 2.5
        agent.check(THERE)
    assert agent.peer.address == THERE


def test_media_keeps_an_address_that_is_no_longer_checked(agent: Agent) -> None:
    agent.check(HERE)
    for _ in range(10):
        agent.now_s += 2.5
        agent.peer.settled = True
        agent.check(THERE)
    assert agent.peer.address == HERE


@pytest.mark.parametrize("nominates", [True, False], ids=["nominating", "not nominating"])
async def test_a_viewer_whose_nat_forgets_it_goes_on(studio: Studio, nominates: bool) -> None:
    host, _ = await studio.publisher()
    link = await Link(("127.0.0.1", studio.plane.port)).start()
    viewer, session = await studio.viewer(link=link)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    link.rebind()
    viewer.request_keyframe(1)  # from an address that no check has come from
    await until(lambda: studio.plane.stats()["port"]["unknown"] == 1)
    assert studio.plane.stats()["ice"]["migrations"] == 0
    viewer.check(nominate=nominates)
    for _ in range(2):
        viewer.send_rtcp(_REPORT)
    await until(lambda: studio.plane.stats()["ice"]["migrations"] == 1)
    await send_frames(host, 5, first_timestamp=15_000, keyframe_first=False)
    await until(lambda: len(viewer.video()) == 10)
    assert session.is_connected
    link.close()


async def test_a_publisher_whose_nat_forgets_it_goes_on(studio: Studio) -> None:
    link = await Link(("127.0.0.1", studio.plane.port)).start()
    host, _ = await studio.publisher(link=link)
    viewer, _ = await studio.viewer()
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    link.rebind()
    host.check(nominate=False)
    await until(lambda: studio.plane.stats()["port"]["stun"] == 3)
    await send_frames(host, 5, first_timestamp=15_000, keyframe_first=False)
    await until(lambda: len(viewer.video()) == 10)
    host.rtcp.clear()
    viewer.request_keyframe(0x10000000)
    await until(lambda: host.rtcp)  # feedback reaches the new address
    link.close()


async def test_who_knows_no_password_is_not_followed(studio: Studio) -> None:
    """What a stranger sends again from an address of its own, media or not, moves nobody."""
    host, session = await studio.publisher()
    await send_frames(host, 5)
    await until(lambda: studio.plane.tracks("r"))
    before = session.peer.address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for index in range(20):
            stranger.sendto(struct.pack("!BBHII", 0x80, 108, index, 0, VIDEO_SSRC) + bytes(100), host.remote)
    await until(lambda: studio.plane.stats()["port"]["unknown"] == 20)
    assert session.peer.address == before
