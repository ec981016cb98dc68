"""The agent that asks: against itself in memory, and against aioice over real sockets."""

import asyncio
import socket
from ipaddress import ip_address

import pytest
from aioice import Candidate, Connection
from hypothesis import given
from hypothesis import strategies as st

from livehub.clock import SystemClock
from livehub.media import stun
from livehub.media.addresses import IpAddress
from livehub.media.restream.ice import CONSENT_TIMEOUT_S, MAX_PAIRS, Address, Credentials, IceAgent
from livehub.media.timers import LoopTimers
from tests.media.manual_timers import ManualTimers

HERE, THERE = Credentials("herefrag", "h" * 22), Credentials("therefrag", "t" * 22)
A: Address = (ip_address("192.0.2.1"), 1111)
B: Address = (ip_address("192.0.2.2"), 2222)
NOWHERE: Address = (ip_address("192.0.2.99"), 9)


def everywhere(_ip: IpAddress) -> bool:
    return True


class End:
    """One agent in memory. ``sent`` is what it gave to the network."""

    def __init__(self, timers: ManualTimers, local: Credentials, remote: Credentials, *candidates: Address) -> None:
        self.sent: list[tuple[bytes, Address]] = []
        self.selected = self.lost = 0
        self.agent = IceAgent(
            local,
            remote,
            candidates,
            send=lambda data, address: self.sent.append((data, address)),
            may_send_to=everywhere,
            timers=timers,
            on_selected=self._select,
            on_lost=self._lose,
        )

    def _select(self) -> None:
        self.selected += 1

    def _lose(self) -> None:
        self.lost += 1


class Net:
    """Two ends at A and B, every datagram delivered when it is carried; the rest of the world answers nothing."""

    def __init__(self, timers: ManualTimers, at_a: End, at_b: End) -> None:
        self.timers, self.ends = timers, {A: at_a, B: at_b}
        self.cut = False

    def carry(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.05)):
            self.timers.advance(0.05)
            moved = True
            while moved:
                moved = False
                for source, end in self.ends.items():
                    sent, end.sent = end.sent, []
                    for data, address in sent:
                        if address in self.ends and not self.cut:
                            self.ends[address].agent.receive(data, source)
                            moved = True


def two_agents(*, other_controls: bool = False) -> Net:
    timers = ManualTimers()
    net = Net(timers, End(timers, HERE, THERE, NOWHERE, B), End(timers, THERE, HERE))
    net.ends[B].agent.controlling = other_controls
    for end in net.ends.values():
        end.agent.start()
    return net


def test_two_full_agents_find_the_pair_that_carries() -> None:
    net = two_agents()
    net.carry(2)
    here, there = net.ends[A], net.ends[B]
    assert (here.agent.selected, there.agent.selected) == (B, A)
    assert (here.selected, there.selected) == (1, 1)
    assert (here.agent.controlling, there.agent.controlling) == (True, False)


def test_two_that_both_want_to_control_settle_it() -> None:
    net = two_agents(other_controls=True)
    net.carry(3)
    here, there = net.ends[A].agent, net.ends[B].agent
    assert (here.selected, there.selected) == (B, A)
    assert here.controlling != there.controlling


def test_consent_ends_when_nobody_answers_any_more() -> None:
    net = two_agents()
    net.carry(60)
    assert net.ends[A].lost == 0
    net.cut = True
    net.carry(CONSENT_TIMEOUT_S - 7)
    assert net.ends[A].lost == 0
    net.carry(18)
    assert net.ends[A].lost == 1


def test_checks_are_paced_and_repeated_more_and_more_slowly() -> None:
    timers = ManualTimers()
    end = End(timers, HERE, THERE, *[(ip_address(f"192.0.2.{n}"), 5) for n in range(1, 11)])
    end.agent.start()
    timers.advance(0.2)
    assert len({address for _, address in end.sent}) == len(end.sent) == 5
    timers.advance(9.8)
    assert len(end.sent) < 100


def test_forged_answers_change_nothing() -> None:
    timers = ManualTimers()
    end = End(timers, HERE, THERE, B)
    end.agent.start()
    check = stun.parse_binding_request(end.sent[0][0])
    good = stun.build_response(check.transaction_id, *A, THERE.password.encode())
    end.agent.receive(stun.build_response(check.transaction_id, *A, b"wrong"), B)  # another password
    end.agent.receive(good, NOWHERE)  # another address
    end.agent.receive(stun.build_response(b"x" * 12, *A, THERE.password.encode()), B)  # another check
    end.agent.receive(stun.build_error(check.transaction_id, 487, "", b"wrong"), B)
    assert end.agent.refused == 4
    assert end.agent.controlling
    assert len(end.sent) == 1
    end.agent.receive(good, B)
    assert stun.parse_binding_request(end.sent[1][0]).use_candidate


def test_addresses_that_must_get_nothing_get_nothing() -> None:
    sent: list[Address] = []
    agent = IceAgent(
        HERE, THERE, [A, B], send=lambda _, address: sent.append(address), may_send_to=lambda ip: ip == B[0],
        timers=ManualTimers(), on_selected=sent.clear, on_lost=sent.clear,
    )  # fmt: skip
    agent.start()
    request = stun.build_check(
        b"q" * 12, "herefrag:therefrag", HERE.password.encode(), priority=1, tie_breaker=1, controlling=False,
        use_candidate=False,
    )  # fmt: skip
    agent.receive(request, A)
    assert sent == [B]


def test_the_number_of_pairs_is_bounded() -> None:
    timers = ManualTimers()
    end = End(timers, HERE, THERE)
    request = stun.build_check(
        b"q" * 12, "herefrag:therefrag", HERE.password.encode(), priority=1, tie_breaker=1, controlling=False,
        use_candidate=False,
    )  # fmt: skip
    for number in range(100):
        end.agent.receive(request, (ip_address("192.0.2.5"), 1000 + number))
    assert len(end.sent) == MAX_PAIRS


@given(st.binary(max_size=200), st.booleans())
def test_hostile_bytes(data: bytes, as_answer: bool) -> None:
    end = End(ManualTimers(), HERE, THERE, B)
    end.agent.start()
    head = (b"\x01\x01" if as_answer else b"\x00\x01") + len(data).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12)
    for datagram in (data, head + data):
        end.agent.receive(datagram, B)
    assert end.agent.selected is None
    assert end.selected == 0


@pytest.mark.parametrize("other_controls", [False, True], ids=["controlled", "also controlling"])
async def test_with_aioice_over_real_sockets(other_controls: bool) -> None:
    other = Connection(ice_controlling=other_controls, use_ipv6=False)
    await other.gather_candidates()
    loop = asyncio.get_running_loop()
    selected: asyncio.Future[None] = loop.create_future()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ours:
        ours.bind(("0.0.0.0", 0))
        candidates = [(ip_address(item.host), item.port) for item in other.local_candidates]

        def send(data: bytes, address: Address) -> None:
            ours.sendto(data, (str(address[0]), address[1]))

        agent = IceAgent(
            HERE,
            Credentials(other.local_username, other.local_password),
            candidates,
            send=send,
            may_send_to=everywhere,
            timers=LoopTimers(SystemClock()),
            on_selected=lambda: selected.set_result(None),
            on_lost=lambda: None,
        )

        def readable() -> None:
            data, (host, port) = ours.recvfrom(2048)
            if data[0] < 4:
                agent.receive(data, (ip_address(host), port))
            else:
                received.append(data)

        received: list[bytes] = []
        loop.add_reader(ours.fileno(), readable)
        other.remote_username, other.remote_password = HERE.ufrag, HERE.password
        host = other.local_candidates[0].host
        await other.add_remote_candidate(Candidate("1", 1, "udp", 2130706431, host, ours.getsockname()[1], "host"))
        await other.add_remote_candidate(None)
        agent.start()
        async with asyncio.timeout(10):
            await asyncio.gather(other.connect(), selected)
            assert agent.selected is not None
            ours.sendto(b"\x80there", (str(agent.selected[0]), agent.selected[1]))
            assert await other.recv() == b"\x80there"
            await other.send(b"\x80back")
            while not received:
                await asyncio.sleep(0.01)
        assert received == [b"\x80back"]
        loop.remove_reader(ours.fileno())
    agent.close()
    await other.close()
