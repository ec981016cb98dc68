"""What a restream is doing, as a state machine. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.errors import IllegalTransition

#: waits between tries, in seconds; the last one is kept. A show lasts an hour: nobody wants to wait for minutes
BACKOFF_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
#: one that was live for so long begins its tries anew
STEADY_S: Final = 30.0
#: a service that says when to come back is believed up to this
MAX_RETRY_AFTER_S: Final = 120.0


class State(StrEnum):
    #: there is nothing to send: nobody shows a picture or speaks
    WAITING = "waiting"
    CONNECTING = "connecting"
    LIVE = "live"
    #: it failed and will be tried again
    RETRYING = "retrying"
    #: trying again would not help: the host has to change something
    FAILED = "failed"
    STOPPED = "stopped"


TRANSITIONS: Final = MappingProxyType(
    {
        State.WAITING: frozenset({State.CONNECTING, State.RETRYING, State.FAILED, State.STOPPED}),
        State.CONNECTING: frozenset({State.LIVE, State.RETRYING, State.FAILED, State.WAITING, State.STOPPED}),
        State.LIVE: frozenset({State.RETRYING, State.FAILED, State.WAITING, State.CONNECTING, State.STOPPED}),
        State.RETRYING: frozenset({State.CONNECTING, State.WAITING, State.FAILED, State.STOPPED}),
        State.FAILED: frozenset({State.CONNECTING, State.WAITING, State.STOPPED}),
        State.STOPPED: frozenset[State](),
    }
)


@dataclass(frozen=True, slots=True)
class Status:
    """``since_ms`` and ``retry_at_ms`` since the epoch. ``dropped_frames``: not sent because the service was slow."""

    state: State = State.WAITING
    code: str = ""
    detail: str = ""
    since_ms: int = 0
    bitrate_bps: int = 0
    dropped_frames: int = 0
    retry_at_ms: int | None = None

    def to(
        self, state: State, now_ms: int, *, code: str = "", detail: str = "", retry_at_ms: int | None = None
    ) -> "Status":
        """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"A restream that is {self.state} cannot become {state}", state=self.state)
        return replace(
            self, state=state, code=code, detail=detail, since_ms=now_ms, bitrate_bps=0, retry_at_ms=retry_at_ms
        )

    def with_figures(self, bitrate_bps: int, dropped_frames: int) -> "Status":
        return replace(self, bitrate_bps=bitrate_bps, dropped_frames=dropped_frames)

    def present(self) -> Mapping[str, Any]:
        return {
            "state": str(self.state),
            "code": self.code,
            "detail": self.detail,
            "since": iso(self.since_ms),
            "bitrate_bps": self.bitrate_bps,
            "dropped_frames": self.dropped_frames,
            "retry_at": None if self.retry_at_ms is None else iso(self.retry_at_ms),
        }


def next_wait_s(failures: int, retry_after_s: float | None, jitter: float) -> float:
    """How long to wait after the ``failures``-th failure in a row; ``jitter`` from 0 to 1 spreads those that failed
    together over a quarter more."""
    wait_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] * (1 + jitter / 4)
    return max(wait_s, min(retry_after_s or 0.0, MAX_RETRY_AFTER_S))
