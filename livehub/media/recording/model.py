"""A recording, its states, and what people have said to being recorded. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from livehub.errors import IllegalTransition


class RecordingState(StrEnum):
    RECORDING = "recording"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


#: RECORDING → DELETED: of a recording in which nothing came
TRANSITIONS: Final = MappingProxyType(
    {
        RecordingState.RECORDING: frozenset({RecordingState.READY, RecordingState.FAILED, RecordingState.DELETED}),
        RecordingState.READY: frozenset({RecordingState.DELETED}),
        RecordingState.FAILED: frozenset({RecordingState.DELETED}),
        RecordingState.DELETED: frozenset[RecordingState](),
    }
)


class Reason(StrEnum):
    """Why a recording ended or failed."""

    NONE = ""
    ROOM_ENDED = "room_ended"
    STOPPED = "stopped"
    #: the server went away in the middle; what was on disk is kept
    INTERRUPTED = "interrupted"
    DISK_FULL = "disk_full"
    #: the disk refused to take or to give what was written
    DISK_ERROR = "disk_error"
    #: the server packages as many rooms as it may, or none
    UNAVAILABLE = "unavailable"
    EMPTY = "empty"
    RETENTION = "retention"
    ROOM_DELETED = "room_deleted"


class Consent(StrEnum):
    """``seen``: knows of the recording. ``given``: agreed to be recorded when on stage."""

    SEEN = "seen"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Recording:
    """Times are ms since the epoch. ``paused_at`` is set while it pauses."""

    id: str
    room_id: str
    state: RecordingState
    started_at: int
    started_by: str
    reason: Reason = Reason.NONE
    paused_at: int | None = None
    ended_at: int | None = None
    duration_ms: int = 0
    size_bytes: int = 0
    deleted_at: int | None = None
    deleted_by: str | None = None

    def become(self, state: RecordingState, reason: Reason) -> "Recording":
        """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"A recording that is {self.state} cannot become {state}", state=self.state)
        return replace(self, state=state, reason=reason)

    def closed(self, at_ms: int, duration_ms: int, size_bytes: int, reason: Reason) -> "Recording":
        """Ready to be watched; deleted at once when nothing came. Raises: IllegalTransition."""
        if duration_ms == 0:
            return self.deleted(at_ms, None, Reason.EMPTY)
        ended = self.become(RecordingState.READY, reason)
        return replace(ended, ended_at=at_ms, paused_at=None, duration_ms=duration_ms, size_bytes=size_bytes)

    def failed(self, at_ms: int) -> "Recording":
        """Raises: IllegalTransition."""
        return replace(self.become(RecordingState.FAILED, Reason.DISK_ERROR), ended_at=at_ms, paused_at=None)

    def deleted(self, at_ms: int, by: str | None, reason: Reason = Reason.NONE) -> "Recording":
        """Raises: IllegalTransition."""
        gone = self.become(RecordingState.DELETED, reason or self.reason)
        return replace(gone, deleted_at=at_ms, deleted_by=by, ended_at=self.ended_at or at_ms, paused_at=None)
