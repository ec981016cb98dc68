"""STUN as other implementations speak it: aioice checks what we write, we read what aioice writes."""

from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType

import pytest
from aioice import stun as aioice_stun

from livehub.media import stun

PASSWORD = b"a-password-of-22-bytes"


def request(username: str = "local:remote", attributes: Mapping[str, object] = MappingProxyType({})) -> bytes:
    message = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST, transaction_id=b"t" * 12)
    message.attributes.update({"USERNAME": username, "PRIORITY": 5, "ICE-CONTROLLING": 7, **attributes})
    message.add_message_integrity(PASSWORD)
    return bytes(message)


def test_reads_what_a_full_agent_sends() -> None:
    data = request(attributes={"USE-CANDIDATE": None})
    read = stun.parse_binding_request(data)
    assert (read.local_ufrag, read.remote_ufrag, read.use_candidate) == ("local", "remote", True)
    assert stun.is_authentic(data, read, PASSWORD)
    assert not stun.is_authentic(data, read, b"another")
    assert not stun.parse_binding_request(request()).use_candidate


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_answers_so_that_a_full_agent_understands(address: str) -> None:
    data = stun.build_response(b"t" * 12, ip_address(address), 54321, PASSWORD)
    message = aioice_stun.parse_message(data)
    assert message.message_class == aioice_stun.Class.RESPONSE
    assert message.check_message_integrity(PASSWORD)
    assert message.attributes["XOR-MAPPED-ADDRESS"] == (address, 54321)


def test_own_requests_are_right_for_others_too() -> None:
    message = aioice_stun.parse_message(stun.build_request(b"t" * 12, "a:b", PASSWORD))
    assert message.check_message_integrity(PASSWORD)
    assert message.attributes["USERNAME"] == "a:b"
    assert "USE-CANDIDATE" in message.attributes


@pytest.mark.parametrize(
    "data",
    [b"", bytes(20), request()[:-1], request("nocolon"), stun.build_response(b"t" * 12, ip_address("::1"), 1, b"p")],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(stun.StunError):
        stun.parse_binding_request(data)


def test_a_request_without_credentials_is_refused() -> None:
    message = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
    message.attributes["USERNAME"] = "a:b"
    with pytest.raises(stun.StunError):
        stun.parse_binding_request(bytes(message))
