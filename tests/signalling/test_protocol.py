"""Anything at all comes in; typed values or a documented error come out."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub.errors import InvalidInput, RateLimited
from livehub.signalling import moderating_protocol, protocol

#: a busy machine is no failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

KINDS = [
    protocol.Join, protocol.Leave, protocol.Send, protocol.React, moderating_protocol.Delete,
    moderating_protocol.Mute, moderating_protocol.Ban, moderating_protocol.Lift, moderating_protocol.Slow,
    moderating_protocol.Report, moderating_protocol.Decide, moderating_protocol.Resolve, moderating_protocol.Undo,
    moderating_protocol.SetRules, protocol.RaiseHand, protocol.Auth,
]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
names = st.sampled_from(
    ["room", "text", "client_id", "since", "locale", "identity", "seconds", "raised", "emoji", "id"]
)


@UNHURRIED
@given(st.sampled_from(KINDS), st.lists(anything | st.dictionaries(names, anything), max_size=2))
def test_only_invalid_input_is_raised(kind: type[protocol.Payload], arguments: list[object]) -> None:
    try:
        value: object = protocol.decode(kind, arguments)
    except InvalidInput as error:
        value = error
    assert isinstance(value, (kind, InvalidInput))


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (protocol.Send, {"text": 5, "client_id": "x"}),
        (protocol.Send, {"text": "hello"}),
        (protocol.Send, {"text": "hello", "client_id": "x" * 65}),
        (protocol.Send, {"text": "hello", "client_id": ""}),
        (protocol.Send, {"text": "hello", "client_id": "a\x00b"}),
        (moderating_protocol.Delete, {"id": "\x00"}),
        (moderating_protocol.Lift, {"identity": "gst_1\x00"}),
        (moderating_protocol.Ban, {"identity": "gst_1", "reason": "why\n\x00"}),
        (protocol.Join, {"room": "r", "since": -1}),
        (protocol.Join, {"room": "r", "since": 2**53}),
        (protocol.Join, {"room": "r", "since": "12"}),
        (protocol.Join, {"room": "r", "since": True}),
        (protocol.Join, {"room": ["r"]}),
        (moderating_protocol.Mute, {"identity": "a", "seconds": 1.5}),
        (protocol.RaiseHand, {"raised": 1}),
    ],
)
def test_what_does_not_fit_is_named(kind: type[protocol.Payload], payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        protocol.decode(kind, [payload])


def test_unknown_members_are_passed_over() -> None:
    assert protocol.decode(protocol.Leave, [{"room": "r", "new": 1}]) == protocol.Leave(room="r")
    assert protocol.decode(protocol.Leave, []) == protocol.Leave()


def test_errors_carry_what_the_client_needs() -> None:
    assert protocol.ack_error(RateLimited("Slowly", retry_after_s=2.5)) == {
        "ok": False,
        "error": {"code": "rate_limited", "message": "Slowly", "retry_after_s": 2.5},
    }
