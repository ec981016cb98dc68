"""The sessions of a media plane, found by their id, by room, and by member."""

from collections.abc import Iterator, Mapping

from livehub.media.session import MediaSession

#: by id, in order of their coming
_Found = dict[str, MediaSession]


class Sessions(Mapping[str, MediaSession]):
    """By id. Who comes into a room of thousands must not cost a walk past all who are there."""

    def __init__(self) -> None:
        self._all: _Found = {}
        self._by_room: dict[str, _Found] = {}
        self._by_member: dict[tuple[str, str], _Found] = {}

    def __getitem__(self, session_id: str) -> MediaSession:
        return self._all[session_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, session: MediaSession) -> None:
        self._all[session.id] = session
        self._by_room.setdefault(session.room_id, {})[session.id] = session
        self._by_member.setdefault((session.room_id, session.identity), {})[session.id] = session

    def discard(self, session: MediaSession) -> None:
        """It is over. Idempotent."""
        if self._all.pop(session.id, None) is None:
            return
        member = session.room_id, session.identity
        of_room, of_member = self._by_room[session.room_id], self._by_member[member]
        del of_room[session.id], of_member[session.id]
        if not of_room:
            del self._by_room[session.room_id]
        if not of_member:
            del self._by_member[member]

    def of_room(self, room_id: str, kind: str | None = None) -> list[MediaSession]:
        """In order of their coming; ``kind``: publish or play, None for both."""
        return _of_kind(self._by_room.get(room_id, {}), kind)

    def of_member(self, room_id: str, identity: str, kind: str | None = None) -> list[MediaSession]:
        return _of_kind(self._by_member.get((room_id, identity), {}), kind)


def _of_kind(found: _Found, kind: str | None) -> list[MediaSession]:
    return [session for session in found.values() if kind is None or session.kind == kind]
