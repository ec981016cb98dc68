"""WebSocket frames (RFC 6455 section 5) and engine.io packets (protocol 4) as they are on the wire. Pure."""

import struct
from collections.abc import Mapping
from typing import Any, Final

import msgspec

TEXT: Final = 0x81
BINARY: Final = 0x82


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One unmasked, unfragmented WebSocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((opcode, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", opcode, 126, size) + payload
    return struct.pack("!BBQ", opcode, 127, size) + payload


def begins_websocket(query: Mapping[str, str], upgrade: str) -> bool:
    """A session that is on a WebSocket from its first request on, by the protocol that is spoken here."""
    is_meant = query.get("transport") == "websocket" and upgrade.lower() == "websocket"
    return is_meant and query.get("EIO") == "4" and "sid" not in query and "j" not in query


PING: Final = frame(b"2")
PONG: Final = 0x8A


def closing(status: int) -> bytes:
    """The frame that ends a WebSocket (RFC 6455 section 5.5.1)."""
    return frame(status.to_bytes(2, "big"), 0x88)


def opening(sid: str, *, ping_interval_s: float, ping_timeout_s: float, max_payload_bytes: int) -> bytes:
    """The frame that begins a session over a WebSocket, which can be upgraded to nothing else."""
    told: dict[str, Any] = {
        "sid": sid,
        "upgrades": [],
        "pingTimeout": int(ping_timeout_s * 1000),
        "pingInterval": int(ping_interval_s * 1000),
        "maxPayload": max_payload_bytes,
    }
    return frame(b"0" + msgspec.json.encode(told))


def decodable(data: str) -> bool:
    """A packet that engine.io's decoder takes without surprises: a message is a Socket.IO packet, the rest is short."""
    kind, rest = data[:1], data[1:2]
    if kind == "4":
        return rest.isascii() and rest.isdigit()
    return kind in {"1", "2", "3", "5", "6"} and len(data) <= 64
