"""A full ICE agent for one socket and one remote end (RFC 8445): it sends checks, nominates, and keeps consent.

The plane's own agent is ICE-lite and shares one port among all peers, told apart by their addresses. Towards a server
that does the same, all sessions would have one pair of addresses; so each restream has a socket of its own, and this
agent on it. It is small because one side is fixed: one socket is one local candidate, and the other end's candidates
come complete with the answer. aioice would open a socket for each interface and run tasks for each.

Pure: it is given datagrams and timers, and gives datagrams.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from livehub.media import stun
from livehub.media.addresses import IpAddress
from livehub.media.timers import Timers

Address = tuple[IpAddress, int]

#: pairs checked, those that the other end makes known by its own checks included
MAX_PAIRS: Final = 16
#: least time between two checks (RFC 8445 section 14.2) and the first wait for an answer, doubled each time
PACE_S: Final = 0.05
FIRST_WAIT_S, MAX_WAIT_S = 0.25, 2.0
#: answers waited for at a time: older ones are forgotten
MAX_PENDING: Final = 64
#: RFC 7675 section 5.1
CONSENT_INTERVAL_S, CONSENT_TIMEOUT_S = 5.0, 30.0
#: of a peer-reflexive candidate (RFC 8445 section 5.1.2.1): what the PRIORITY of a check says
PRIORITY: Final = 110 << 24 | 65535 << 8 | 255


@dataclass(frozen=True, slots=True)
class Credentials:
    ufrag: str
    password: str = field(repr=False)


@dataclass(slots=True, eq=False)
class _Pair:
    address: Address
    tries: int = 0
    due_s: float = 0.0
    valid: bool = False
    #: the other end, being controlling, chose it
    chosen_there: bool = False


class IceAgent:
    """``candidates`` are the other end's, best first; ``may_send_to`` refuses addresses that must get nothing."""

    def __init__(
        self,
        local: Credentials,
        remote: Credentials,
        candidates: Sequence[Address],
        *,
        send: Callable[[bytes, Address], None],
        may_send_to: Callable[[IpAddress], bool],
        timers: Timers,
        on_selected: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.selected: Address | None = None
        self.controlling = True
        self.refused = 0
        self._local = local
        self._remote = remote
        self._send = send
        self._may_send_to = may_send_to
        self._timers = timers
        self._on_selected = on_selected
        self._on_lost = on_lost
        self._tie_breaker = secrets.randbits(64)
        self._pairs: list[_Pair] = []
        self._pending: dict[bytes, tuple[_Pair, bool]] = {}
        self._nominee: _Pair | None = None
        self._heard_s = 0.0
        self._closed = False
        for address in candidates:
            self._pair_of(address)

    @property
    def has_pairs(self) -> bool:
        return bool(self._pairs)

    def start(self) -> None:
        """Begin to check. ``on_selected`` is called once, when a pair carries."""
        self._pump()

    def close(self) -> None:
        self._closed = True

    # --- checks out

    def _pump(self) -> None:
        """One check now, the next after the pace, until a pair is selected."""
        if self._closed or self.selected is not None:
            return
        now_s = self._timers.monotonic()
        due = [pair for pair in self._pairs if pair.due_s <= now_s and (not pair.valid or pair is self._nominee)]
        if due:
            pair = min(due, key=lambda item: item.tries)
            wait_s = min(FIRST_WAIT_S * 2**pair.tries, MAX_WAIT_S)
            pair.tries, pair.due_s = pair.tries + 1, now_s + wait_s
            self._check(pair, nominate=pair is self._nominee)
        self._timers.call_later(PACE_S, self._pump)

    def _check(self, pair: _Pair, *, nominate: bool) -> None:
        transaction_id = secrets.token_bytes(12)
        while len(self._pending) >= MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[transaction_id] = (pair, nominate)
        check = stun.build_check(
            transaction_id,
            f"{self._remote.ufrag}:{self._local.ufrag}",
            self._remote.password.encode(),
            priority=PRIORITY,
            tie_breaker=self._tie_breaker,
            controlling=self.controlling,
            use_candidate=nominate and self.controlling,
        )
        self._send(check, pair.address)

    # --- datagrams in

    def receive(self, data: bytes, address: Address) -> None:
        """A datagram that begins like STUN. Never raises; what is not authentic changes nothing."""
        if self._closed:
            return
        try:
            if data[:2] == b"\x00\x01":
                self._request(data, address)
            else:
                self._answer(data, address)
        except stun.StunError:
            self.refused += 1

    def _answer(self, data: bytes, address: Address) -> None:
        answer = stun.parse_binding_answer(data)
        pair, nominated = self._pending.get(answer.transaction_id, (None, False))
        # RFC 8445 section 7.2.5.2.1: from elsewhere than it was sent to, an answer proves nothing
        if pair is None or pair.address != address:
            self.refused += 1
            return
        if not stun.is_authentic(data, answer, self._remote.password.encode()):
            self.refused += 1
            return
        del self._pending[answer.transaction_id]
        if answer.error is not None:
            if answer.error == stun.ROLE_CONFLICT:
                self._change_role(controlling=not self.controlling)
            return
        pair.valid, self._heard_s = True, self._timers.monotonic()
        if self.selected is not None:
            return
        if nominated or (not self.controlling and pair.chosen_there):
            self._select(pair)
        elif self.controlling and self._nominee is None:
            self._nominate(pair)

    def _request(self, data: bytes, address: Address) -> None:
        request = stun.parse_binding_request(data)
        password = self._local.password.encode()
        names = (request.local_ufrag, request.remote_ufrag)
        if names != (self._local.ufrag, self._remote.ufrag) or not stun.is_authentic(data, request, password):
            self.refused += 1
            return
        if not self._settle_role(request, address):
            return
        pair = self._pair_of(address)
        if pair is None:
            self.refused += 1
            return
        self._send(stun.build_response(request.transaction_id, *address, password), address)
        pair.chosen_there = pair.chosen_there or request.use_candidate
        if self.selected is None and not self.controlling and pair.valid and pair.chosen_there:
            self._select(pair)
        elif not pair.valid:
            pair.due_s = 0.0  # a triggered check: what comes from there can most likely be reached

    def _settle_role(self, request: stun.BindingRequest, address: Address) -> bool:
        """RFC 8445 section 7.3.1.1: of two that take themselves for the same, the larger tie-breaker controls."""
        if request.role is None or request.role[0] != self.controlling:
            return True
        we_control = self._tie_breaker >= request.role[1]
        if we_control == self.controlling:
            password = self._local.password.encode()
            error = stun.build_error(request.transaction_id, stun.ROLE_CONFLICT, "Role Conflict", password)
            self._send(error, address)
            return False
        self._change_role(controlling=we_control)
        return True

    def _change_role(self, *, controlling: bool) -> None:
        self.controlling = controlling
        self._nominee = None
        for pair in self._pairs:
            pair.due_s = 0.0

    def _pair_of(self, address: Address) -> _Pair | None:
        for pair in self._pairs:
            if pair.address == address:
                return pair
        if len(self._pairs) >= MAX_PAIRS or not self._may_send_to(address[0]):
            return None
        pair = _Pair(address)
        self._pairs.append(pair)
        return pair

    # --- the pair that carries

    def _nominate(self, pair: _Pair) -> None:
        """Regular nomination (RFC 8445 section 8.1.1): checks went out best first, so the first to answer is good."""
        self._nominee = pair
        pair.tries, pair.due_s = 1, self._timers.monotonic() + FIRST_WAIT_S
        self._check(pair, nominate=True)

    def _select(self, pair: _Pair) -> None:
        self.selected = pair.address
        self._pending.clear()
        self._timers.call_later(self._consent_delay_s(), self._consent, pair)
        self._on_selected()

    def _consent(self, pair: _Pair) -> None:
        if self._closed:
            return
        if self._timers.monotonic() - self._heard_s > CONSENT_TIMEOUT_S:
            self._closed = True
            self._on_lost()
            return
        self._check(pair, nominate=False)
        self._timers.call_later(self._consent_delay_s(), self._consent, pair)

    @staticmethod
    def _consent_delay_s() -> float:
        """RFC 7675 section 5.1: not all at once."""
        return CONSENT_INTERVAL_S * (0.8 + 0.4 * secrets.randbelow(1000) / 1000)
