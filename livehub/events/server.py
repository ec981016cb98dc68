"""Events of the server itself."""

from dataclasses import dataclass

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class OthersHeard(Event):
    """Whether this process hears the others of its server. What they told while it did not is missed."""

    is_so: bool


@dataclass(frozen=True, slots=True)
class ServerDraining(Event):
    """The server takes no new media sessions and ends the present ones within so many seconds."""

    within_s: float
