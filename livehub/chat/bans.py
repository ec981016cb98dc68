"""Who may not speak or not come in, as one room has it in memory; and where members of late came from."""

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from livehub.accounts.origin import Origin
from livehub.chat.conduct import Mark, MarkKind, Reach, Slowed, network_of
from livehub.chat.model import Sanction, SanctionKind

_SEEN: Final = 50_000


@dataclass(slots=True)
class RoomBans:
    """What is in SQL for one room; nothing in it is looked at for whether its time is over but by the methods."""

    by_kind: dict[SanctionKind, dict[str, Sanction]] = field(
        default_factory=lambda: {kind: {} for kind in SanctionKind}
    )
    slowed: dict[str, Slowed] = field(default_factory=dict)
    devices: dict[str, list[Mark]] = field(default_factory=dict)
    networks: list[tuple[IPv4Network | IPv6Network, Mark]] = field(default_factory=list)

    def add(self, mark: Mark) -> None:
        if mark.kind is MarkKind.DEVICE:
            self.devices.setdefault(mark.value, []).append(mark)
        else:
            self.networks.append((ip_network(mark.value), mark))

    def shuts_out(self, origin: Origin, now_ms: int) -> bool:
        if any(mark.in_force(now_ms) for mark in self.devices.get(origin.device or "", ())):
            return True
        if not self.networks or origin.address is None:
            return False
        try:
            address = ip_address(origin.address.partition("/")[0])
        except ValueError:
            return False
        return any(address in network and mark.in_force(now_ms) for network, mark in self.networks)


class Sightings:
    """Where the members of this process last came from: in memory alone, the longest unseen forgotten first."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], Origin] = OrderedDict()

    def saw(self, room_id: str, identity: str, origin: Origin) -> None:
        self._seen[room_id, identity] = origin
        self._seen.move_to_end((room_id, identity))
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)

    def marks(self, room_id: str, identity: str, reach: Reach, until: int | None, at: int) -> list[Mark]:
        """What a ban of that reach marks beside the identity; empty when nothing is known of where they came from."""
        origin = self._seen.get((room_id, identity))
        if origin is None or reach is Reach.IDENTITY:
            return []
        found = []
        if origin.device is not None:
            found.append(Mark(room_id, MarkKind.DEVICE, origin.device, identity, until, at))
        network = network_of(origin.address or "", reach)
        if network is not None and reach in {Reach.ADDRESS, Reach.RANGE}:
            found.append(Mark(room_id, MarkKind.NETWORK, network, identity, until, at))
        return found
