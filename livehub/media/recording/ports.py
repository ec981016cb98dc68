"""What recording asks of SQL; :mod:`livehub.storage.recordings` gives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from livehub.media.recording.model import Consent, Recording


@dataclass(frozen=True, slots=True)
class Listed:
    """A recording beside what its list shows of the room."""

    recording: Recording
    room_title: str
    room_kind: str


class Source(Protocol):
    """Has segments made of a room; the media plane does."""

    async def package(self, room_id: str, reason: str, only: Sequence[str] | None = None) -> None:
        """As :meth:`livehub.media.plane.MediaPlane.package`. Raises: Unavailable."""

    async def stop_packaging(self, room_id: str, reason: str) -> None: ...


class RecordingStore(Protocol):
    async def add(self, recording: Recording) -> None:
        """Raises: AlreadyRecording when one of the room is open."""

    async def find(self, recording_id: str) -> Recording | None: ...

    async def change(self, recording_id: str, change: Callable[[Recording], Recording]) -> Recording:
        """Apply the pure ``change`` to the present row in one transaction.

        Raises: RecordingNotFound; what ``change`` raises.
        """

    async def of_room(self, room_id: str) -> Sequence[Recording]:
        """All that were not deleted, oldest first."""

    async def of_owner(self, owner_id: str, before: str | None, limit: int) -> Sequence[Listed]:
        """Of all rooms of an account, newest first, from after the recording ``before`` on."""

    async def unfinished(self) -> Sequence[Recording]: ...

    async def due(self, ended_before_ms: int | None) -> Sequence[Recording]:
        """Finished ones that ended before that time (None: any age will do), and all of rooms that were deleted."""

    async def existing(self, recording_ids: Sequence[str]) -> frozenset[str]:
        """Those that are in SQL and not deleted."""

    async def consent(self, room_id: str, identity: str) -> Consent | None: ...

    async def set_consent(self, room_id: str, identity: str, consent: Consent, at_ms: int) -> None: ...

    async def agreed(self, room_id: str) -> frozenset[str]:
        """Identities that agreed to be recorded in the room."""
