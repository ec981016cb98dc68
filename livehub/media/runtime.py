"""What the media plane has between its start and its end."""

from dataclasses import dataclass

from livehub.media.ice_lite import IceLite
from livehub.media.port import MediaPort
from livehub.media.rows import SendRows
from livehub.media.transport import Certificate, Scratch


@dataclass(frozen=True, slots=True)
class Runtime:
    """One port, and what all peers on it share."""

    port: MediaPort
    ice: IceLite
    certificate: Certificate
    rows: SendRows
    scratch: Scratch
