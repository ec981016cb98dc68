"""The bus tells those who asked, in order, and one that fails stops nobody."""

import logging
from dataclasses import FrozenInstanceError

import pytest

from livehub.events import EventBus, RoomChanged, RoomEnded


def test_subscribers_hear_their_kind_in_order(bus: EventBus) -> None:
    heard: list[tuple[str, str]] = []
    bus.subscribe(RoomEnded, lambda event: heard.append(("first", event.room_id)))
    bus.subscribe(RoomEnded, lambda event: heard.append(("second", event.room_id)))
    bus.publish(RoomChanged("room_1", {}))
    bus.publish(RoomEnded("room_2"))
    assert heard == [("first", "room_2"), ("second", "room_2")]


def test_a_subscriber_that_fails_is_logged_and_the_others_hear(bus: EventBus, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def fail(_event: RoomEnded) -> None:
        raise KeyError("defect")

    bus.subscribe(RoomEnded, fail)
    bus.subscribe(RoomEnded, lambda event: heard.append(event.room_id))
    with caplog.at_level(logging.ERROR):
        bus.publish(RoomEnded("room_1"))
    assert heard == ["room_1"]
    assert "RoomEnded" in caplog.text


def test_what_happened_stays_as_it_happened() -> None:
    event = RoomEnded("room_1")
    with pytest.raises(FrozenInstanceError):
        event.room_id = "room_2"  # type: ignore[misc]
