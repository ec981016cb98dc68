"""Packets of one stream that leave together, and what differs from receiver to receiver."""

from dataclasses import dataclass
from typing import Any

from livehub.media.row_memory import U8
from livehub.media.segments import Runs

#: which packet of a group, where in its payload, and the bytes for each receiver: receivers × bytes
Patch = tuple[int, int, U8]


@dataclass(frozen=True, slots=True)
class Group:
    """Packets that leave together, with what differs from receiver to receiver."""

    #: receivers × packets × bytes
    heads: U8
    #: packets × bytes, the shorter ones filled up
    payloads: U8
    #: bytes of each packet, with its header, before it is protected
    sizes: tuple[int, ...]
    runs: Runs
    singles: Runs
    #: what differs within the payloads: the picture ids of VP8
    patches: tuple[Patch, ...] = ()

    def write(self, target: U8, receivers: Any) -> None:
        """Headers and payloads of some receivers into rows: receivers × packets × bytes."""
        header = self.heads.shape[2]
        target[:, :, :header] = self.heads[receivers]
        target[:, :, header : header + self.payloads.shape[1]] = self.payloads
        for packet, at, values in self.patches:
            target[:, packet, header + at : header + at + values.shape[1]] = values[receivers]
