"""Who interprets, who is on, and how one hands over to the other."""

from dataclasses import replace

import pytest

from livehub.clock import ManualClock
from livehub.events import EventBus, RoomEnded
from livehub.rooms.interpreting import (
    ASKING_S,
    MAX_CHANNELS,
    MAX_INTERPRETERS,
    Channel,
    ChannelBusy,
    ChannelNotFound,
    Channels,
    NotInterpreter,
    TooManyChannels,
)
from livehub.rooms.stage import StageDesk

PAIR = Channel("th", (("ann", "Ann"), ("ben", "Ben")))


def test_one_is_on_and_the_other_asks_and_is_handed_the_channel_in_one_step() -> None:
    on = PAIR.taken("ann", 0)
    assert on.on == "ann"
    with pytest.raises(ChannelBusy) as refused:
        on.taken("ben", 0)
    assert refused.value.extra["on"] == "ann"
    asked = on.wanted("ben", 1_000)
    assert (asked.on, asked.asked) == ("ann", "ben")
    handed = asked.handed("ann", "ben")
    assert (handed.on, handed.asked) == ("ben", "")
    assert handed.taken("ben", 0) == handed


def test_an_asking_without_an_answer_is_as_good_as_granted_and_asking_again_wins_no_time() -> None:
    asked = PAIR.taken("ann", 0).wanted("ben", 1_000)
    almost = 1_000 + round(ASKING_S * 1000) - 1
    with pytest.raises(ChannelBusy):
        asked.taken("ben", almost)
    assert asked.wanted("ben", almost) == asked
    assert asked.taken("ben", almost + 1).on == "ben"


def test_who_leaves_makes_room_for_who_asked_else_the_floor_is_heard_alone() -> None:
    on = PAIR.taken("ann", 0)
    assert on.wanted("ben", 0).off("ann").on == "ben"
    assert on.off("ann").on == ""
    assert on.off("ben") == on
    assert on.wanted("ben", 0).revoked("ann").on == "ben"
    gone = on.wanted("ben", 0).revoked("ben")
    assert (gone.on, gone.asked, gone.interpreters) == ("ann", "", (("ann", "Ann"),))


def test_nobody_else_touches_a_channel() -> None:
    on = PAIR.taken("ann", 0)
    with pytest.raises(NotInterpreter):
        on.taken("eve", 0)
    with pytest.raises(NotInterpreter):
        on.wanted("eve", 0)
    for who, to in (("ben", "ben"), ("ann", "eve")):
        with pytest.raises(NotInterpreter):
            on.handed(who, to)


def test_channels_have_bounds_and_somebody_has_one_language() -> None:
    channels = Channels()
    for index in range(MAX_INTERPRETERS):
        channels.grant("th", f"i{index}", "I")
    with pytest.raises(TooManyChannels):
        channels.grant("th", "one more", "I")
    channels.grant("ar", "i0", "I")
    assert not channels.of("th").has("i0")
    assert channels.of("ar").has("i0")
    channels.revoke("ar", "i0")
    with pytest.raises(ChannelNotFound):
        channels.of("ar")
    for index in range(MAX_CHANNELS - 1):
        channels.put(replace(PAIR, locale=f"x{index}"))
    with pytest.raises(TooManyChannels):
        channels.grant("es", "ann", "Ann")


def test_they_go_between_processes_and_end_with_the_room(clock: ManualClock, bus: EventBus) -> None:
    desk, other = StageDesk(clock, bus), StageDesk(clock, EventBus())
    desk.channels("r").grant("th", "ann", "Ann")
    desk.channels("r").put(desk.channels("r").of("th").taken("ann", 5))
    other.restore("r", desk.dump("r"))
    assert other.present_channels("r") == desk.present_channels("r")
    assert other.present_channels("r")[0]["on"] == "ann"
    other.check_may_interpret("r", "ann")
    with pytest.raises(NotInterpreter):
        other.check_may_interpret("r", "ben")
    bus.publish(RoomEnded("r"))
    assert desk.present_channels("r") == []
