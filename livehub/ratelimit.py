"""How often somebody may do something: token buckets in this process, bounded in memory, and whom to count by."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import islice
from typing import Final, Protocol

from livehub.clock import Clock
from livehub.errors import RateLimited

#: what comes from this very machine, by no proxy
LOCAL: Final = "local"
#: no address is longer; what is, is none however it goes on
_ADDRESS_CHARS: Final = 80


def counted_by(remote: str | None, forwarded_for: Sequence[str]) -> str:
    """Whom to count a request by: its address, an IPv6 one by its /64, which one household holds; else :data:`LOCAL`.

    Behind a proxy on this machine it is the last entry of the last X-Forwarded-For line, the one which that proxy
    wrote itself. From other peers those lines could say anything and are not read.

    Args:
        remote: the peer's address; None or "" for a socket of this machine.
        forwarded_for: every X-Forwarded-For line, in order: some proxies add one, others add to one.
    """
    whom = _whom((remote or "")[:_ADDRESS_CHARS])
    if whom == LOCAL and forwarded_for:
        whom = _whom(forwarded_for[-1].rpartition(",")[2].strip()[:_ADDRESS_CHARS])
    return whom


@lru_cache(maxsize=4096)
def _whom(text: str) -> str:
    """Of one address. Asked several times a request, of few addresses: what one is read as does not change."""
    try:
        address = ip_address(text)
    except ValueError:
        return LOCAL
    # A socket that listens on both families shows an IPv4 peer so.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if (mapped or address).is_loopback:
        return LOCAL
    if mapped is None and isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(mapped or address)


class Shared(Protocol):
    """Tells other processes what was taken here; see :mod:`livehub.processes.tallies`."""

    def share(self, name: str, spend: Callable[[str, float], None]) -> Callable[[str, float], None]:
        """``spend`` is called with what was taken elsewhere. Gives what to call with what was taken here."""


class TokenBuckets:
    """One bucket a key: ``burst`` tokens at first, ``rate_per_s`` of them coming back each second.

    With ``shared`` the buckets of that ``name`` in every process count as one.

    A bucket that is full again is let go, as one that never was. At most ``max_keys`` are kept. The least recently used
    goes first; a key that comes back after that starts with a full bucket, so choose ``max_keys`` above the number of
    keys that are busy within ``burst / rate_per_s``.
    """

    def __init__(
        self,
        clock: Clock,
        rate_per_s: float,
        burst: float,
        max_keys: int = 10_000,
        *,
        shared: Shared | None = None,
        name: str = "",
    ) -> None:
        if rate_per_s <= 0 or burst < 1 or max_keys < 1:
            raise ValueError("rate_per_s must be positive, burst and max_keys at least 1")
        self._clock = clock
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._max_keys = max_keys
        #: key → (tokens, when they were counted, in monotonic seconds)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._tell = shared.share(name, self.spend) if shared is not None else None

    def take(self, key: str, n: float = 1) -> None:
        """Take ``n`` tokens out of the bucket of ``key``; a refusal takes none.

        Raises:
            RateLimited: too few are left; ``retry_after_s`` says when there will be enough.
        """
        now = self._clock.monotonic()
        tokens = self._counted(key, now)
        allowed = tokens >= n
        self._keep(key, tokens - n if allowed else tokens, now)
        if not allowed:
            wait_s = (min(n, self._burst) - tokens) / self._rate_per_s
            raise RateLimited(f"Too many requests; try again in {max(1, round(wait_s))} s", retry_after_s=wait_s)
        if self._tell is not None:
            self._tell(key, n)

    def spend(self, key: str, n: float) -> None:
        """``n`` were taken in another process, which knew of no reason not to: the rest is owed, at most ``burst``."""
        now = self._clock.monotonic()
        self._keep(key, max(-self._burst, self._counted(key, now) - n), now)

    def _counted(self, key: str, now: float) -> float:
        """The tokens in the bucket of ``key``, which is taken out."""
        tokens, counted_at = self._buckets.pop(key, (self._burst, now))
        return min(self._burst, tokens + (now - counted_at) * self._rate_per_s)

    def _keep(self, key: str, tokens: float, now: float) -> None:
        self._buckets[key] = (tokens, now)
        # Faster than they come: who was here once is not remembered until so many others have come.
        for left, counted_at in list(islice(self._buckets.values(), 2)):
            if len(self._buckets) <= self._max_keys and (now - counted_at) * self._rate_per_s < self._burst - left:
                return
            self._buckets.popitem(last=False)

    def forget(self, key: str) -> None:
        """Give the bucket of ``key`` back full, as after a sign-in that succeeded."""
        self._buckets.pop(key, None)

    def __len__(self) -> int:
        return len(self._buckets)
