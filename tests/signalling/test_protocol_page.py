"""docs/protocol.md has every call and every event of the sockets."""

import re
from pathlib import Path

from livehub.signalling.namespace import RoomNamespace
from tests.signalling.conftest import Stack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "protocol.md"


def _documented() -> set[str]:
    rows = (line for line in PAGE.read_text().splitlines() if line.startswith("| `"))
    return {name for row in rows for name in re.findall(r"`([a-z]+:[a-z]+)", row)}


async def test_every_call_is_in_it(stack: Stack) -> None:
    namespace = stack.hub._server.namespace
    assert isinstance(namespace, RoomNamespace)
    assert "chat:send" in _documented()
    assert sorted(set(namespace.calls) - _documented()) == []


def test_every_event_that_the_pages_listen_to_is_in_it() -> None:
    listed = re.search(r"EVENTS = \[(.*?)\]", (ROOT / "static" / "lib" / "protocol.js").read_text(), re.DOTALL)
    assert listed
    events = set(re.findall(r"'([a-z]+:[a-z]+)'", listed[1]))
    assert "chat:messages" in events
    assert sorted(events - _documented()) == []
