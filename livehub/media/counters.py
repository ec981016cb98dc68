"""What a media plane has counted since its start, beside the port's own counters."""

from dataclasses import dataclass


@dataclass(slots=True)
class MediaCounters:
    """Only grows. Feedback is counted in datagrams (NACK) or requests (keyframes), resends in packets."""

    publishers_joined: int = 0
    viewers_joined: int = 0
    nacks_sent: int = 0
    nacks_received: int = 0
    keyframe_requests_sent: int = 0
    keyframe_requests_received: int = 0
    resends: int = 0

    def joined(self, kind: str) -> None:
        """A session was answered. ``kind``: publish or play."""
        if kind == "publish":
            self.publishers_joined += 1
        else:
            self.viewers_joined += 1
