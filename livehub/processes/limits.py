"""Every bound between processes, with its default; docs/operations.md has the same table for operators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    #: how long the first connection to Redis may take, and an answer of it
    connect_timeout_s: float = 5.0
    answer_timeout_s: float = 5.0
    #: pauses between attempts to come back, doubling from the first to the last
    retry_first_s: float = 0.05
    retry_last_s: float = 2.0
    #: what is to be told while Redis is away waits here; beyond it is left out, and logged
    max_waiting: int = 100_000
    #: commands sent in one go
    max_batch: int = 500
    #: a number that is spoken for holds up the later ones for so long at most: longer than any commit
    reservation_s: float = 5.0
    #: how long Redis keeps a room's log after its last event
    log_ttl_s: float = 3_600
    #: every process says so often that it lives; one not heard for ``lease_s`` counts as dead
    beat_s: float = 2.0
    lease_s: float = 8.0
    #: who came and went is told at most this often
    people_s: float = 0.25
    #: people in one message
    people_batch: int = 1_000
    #: how long a call to the media process may take
    call_timeout_s: float = 10.0
    max_pending_calls: int = 10_000
    #: attempts to change a room's stage while others change it too
    max_attempts: int = 20
