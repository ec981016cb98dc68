"""Every bound of following and notices; docs/notifications.md has the same table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowerLimits:
    #: shops, hosts and rooms that one person follows
    max_follows: int = 500
    #: browsers of one person that are told; the oldest makes room for another
    max_push: int = 10
    max_endpoint_chars: int = 1_000
    #: changes of one person (follow, leave, subscribe) a second, and how many at once
    changes_per_s: float = 0.5
    changes_burst: float = 30
    #: letters that ask to confirm an address: of one person, and to one address
    confirms_per_s: float = 1 / 1200
    confirms_burst: float = 3
    #: notices to one address or browser within an hour, whoever goes live
    notices_per_hour: int = 6
    #: rows that are written in one go when a show starts
    batch: int = 500
    #: a push service may keep a notice for so long while the device is away
    push_ttl_s: int = 3_600
