"""Sessions are found by id, room and member, and forgotten whole."""

from unittest.mock import Mock

from livehub.media.peer import Peer
from livehub.media.session import MediaSession
from livehub.media.sessions import Sessions


def session(name: str, room: str, identity: str, kind: str = "play") -> MediaSession:
    return MediaSession(name, room, identity, kind, "", "", Mock(spec=Peer))


def ids(found: list[MediaSession]) -> list[str]:
    return [item.id for item in found]


def test_they_are_found_in_the_order_of_their_coming() -> None:
    sessions = Sessions()
    for name, room, identity, kind in (
        ("c", "r", "ann", "play"),
        ("a", "r", "ann", "publish"),
        ("b", "r", "ben", "play"),
        ("d", "other", "ann", "play"),
        ("e", "r", "ann", "play"),
    ):
        sessions.add(session(name, room, identity, kind))
    assert ids(sessions.of_room("r")) == ["c", "a", "b", "e"]
    assert ids(sessions.of_room("r", "play")) == ["c", "b", "e"]
    assert ids(sessions.of_member("r", "ann")) == ["c", "a", "e"]
    assert ids(sessions.of_member("r", "ann", "play")) == ["c", "e"]
    assert ids(sessions.of_member("r", "nobody")) == []
    assert sessions["d"].room_id == "other"
    assert list(sessions) == ["c", "a", "b", "d", "e"]


def test_nothing_is_kept_of_those_that_are_over() -> None:
    sessions = Sessions()
    first, second = session("a", "r", "ann"), session("b", "r", "ann")
    sessions.add(first)
    sessions.add(second)
    sessions.discard(first)
    sessions.discard(first)
    assert "a" not in sessions
    assert ids(sessions.of_member("r", "ann")) == ids(sessions.of_room("r")) == ["b"]
    sessions.discard(second)
    assert len(sessions) == 0
    assert not sessions._by_room
    assert not sessions._by_member
