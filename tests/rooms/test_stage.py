"""The desk of a stage: invitations end, mutes are lifted by whoever made them, lists have a bound."""

import pytest

from livehub.accounts.permissions import Action, Role
from livehub.clock import ManualClock
from livehub.events import EventBus, RoomEnded
from livehub.rooms.errors import InvitationNotFound, OffStage, StageListFull
from livehub.rooms.kinds import POLICIES, RoomKind
from livehub.rooms.stage import INVITATION_S, MAX_INVITATIONS, MAX_PINS, NOT_MUTED, StageDesk


@pytest.fixture
def desk(clock: ManualClock, bus: EventBus) -> StageDesk:
    return StageDesk(clock, bus)


def test_an_invitation_is_taken_once(desk: StageDesk) -> None:
    made = desk.invite("r", "ann", "Ann", "host", "Host")
    assert desk.invitation("r", "ann") == made
    assert made.present()["by"] == {"identity": "host", "display_name": "Host"}
    assert desk.take("r", "ann") == made
    with pytest.raises(InvitationNotFound):
        desk.take("r", "ann")


def test_an_invitation_ends_and_can_be_withdrawn(desk: StageDesk, clock: ManualClock) -> None:
    desk.invite("r", "ann", "Ann", "host", "Host")
    desk.invite("r", "ben", "Ben", "host", "Host")
    assert desk.withdraw("r", "ben")
    assert not desk.withdraw("r", "ben")
    clock.advance(INVITATION_S + 1)
    assert desk.invitations("r") == []
    with pytest.raises(InvitationNotFound):
        desk.take("r", "ann")


def test_lists_have_a_bound(desk: StageDesk) -> None:
    for index in range(MAX_INVITATIONS):
        desk.invite("r", f"p{index}", "P", "host", "Host")
    with pytest.raises(StageListFull):
        desk.invite("r", "more", "P", "host", "Host")
    desk.invite("r", "p0", "P", "host", "Host")
    for index in range(MAX_PINS):
        desk.pin("r", f"p{index}", None, pinned=True)
    with pytest.raises(StageListFull):
        desk.pin("r", "more", None, pinned=True)
    desk.pin("r", "p0", None, pinned=True)
    assert desk.pins("r")[0] == ("p0", None)
    desk.pin("r", "p1", None, pinned=False)
    assert len(desk.pins("r")) == MAX_PINS - 1


def test_each_lifts_only_their_own_mute(desk: StageDesk) -> None:
    desk.mute("r", "ann", by_host=True, kinds={"audio": True})
    both = desk.mute("r", "ann", by_host=False, kinds={"audio": True, "video": True})
    assert both.present() == {"audio": True, "video": True, "by_host": ["audio"]}
    own_lifted = desk.mute("r", "ann", by_host=False, kinds={"audio": False, "video": False})
    assert own_lifted.present() == {"audio": True, "video": False, "by_host": ["audio"]}
    assert desk.mute("r", "ann", by_host=True, kinds={"audio": False}) == NOT_MUTED
    assert not desk.all_muted("r")


def test_off_the_stage_until_let_back(desk: StageDesk) -> None:
    desk.check_may_publish("r", "ann")
    desk.send_off("r", "ann")
    with pytest.raises(OffStage):
        desk.check_may_publish("r", "ann")
    desk.check_may_publish("elsewhere", "ann")
    desk.let_back("r", "ann")
    desk.check_may_publish("r", "ann")


def test_the_end_of_the_room_forgets_it(desk: StageDesk, bus: EventBus) -> None:
    desk.invite("r", "ann", "Ann", "host", "Host")
    desk.send_off("r", "ben")
    desk.pin("r", "ben", "screen", pinned=True)
    bus.publish(RoomEnded("r"))
    assert desk.invitations("r") == []
    assert not desk.is_off("r", "ben")
    assert desk.pins("r") == []


def test_an_expert_room_has_an_open_stage_and_space_for_302() -> None:
    assert POLICIES[RoomKind.EXPERT].open_stage
    assert POLICIES[RoomKind.EXPERT].max_publishers >= 302
    assert not POLICIES[RoomKind.SHOW].open_stage
    assert not POLICIES[RoomKind.CLASS].open_stage


def test_who_watches_an_open_stage_may_speak_and_nothing_more() -> None:
    from tests.rooms.test_service import ROOM

    expert = ROOM.__class__(**{name: getattr(ROOM, name) for name in ROOM.__slots__} | {"kind": RoomKind.EXPERT})
    assert expert.may(Role.VIEWER, Action.PUBLISH)
    assert expert.may(Role.MODERATOR, Action.PUBLISH)
    assert not expert.may(Role.VIEWER, Action.STAGE)
    assert not expert.may(Role.VIEWER, Action.REHEARSE)
    assert not ROOM.may(Role.VIEWER, Action.PUBLISH)
