"""What a way of sending is asked for: WHIP and RTMP alike."""

from typing import Protocol

from livehub.media.restream.programme import Programme


class Sending(Protocol):
    """One connection to one service, from :meth:`open` to :meth:`close`.

    ``on_failed`` was given when it was made: it is called at most once, with a :class:`SendFailure`, when an open
    connection ends by itself.
    """

    @property
    def octets(self) -> int:
        """Payload sent so far."""

    @property
    def dropped_frames(self) -> int: ...

    async def open(self, programme: Programme) -> None:
        """Connect and begin. Raises: SendFailure."""

    def use(self, programme: Programme) -> bool:
        """Go over to another programme. False: this connection cannot carry it, a new one is needed."""

    async def close(self) -> None:
        """Idempotent, and quick: the service is told if it listens."""
