"""Socket.IO packets as python-socketio reads and writes them here: JSON by msgspec, and bounded."""

from typing import Any, Final

import msgspec
from socketio import packet as sio_packet

#: of one packet. No call of ours takes any; who sends one all the same is told what is wrong with the call
MAX_ATTACHMENTS: Final = 8


class Json:
    """What python-socketio asks of a JSON module; a good deal quicker, UTF-8 as it is, no NaN."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: object) -> Any:
        return msgspec.json.decode(text)


class Packet(sio_packet.Packet):  # type: ignore[misc]  # python-socketio has no types
    json = Json
    #: nothing that we send is binary: not looked for in every answer
    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        """How many attachments follow. Raises: ValueError for more than are waited for: each is kept till the last."""
        count: int = super().decode(encoded_packet)
        if count > MAX_ATTACHMENTS:
            raise ValueError("too many attachments")
        return count
