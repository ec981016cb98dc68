"""Every bound of the real-time layer, with its default; docs/realtime.md has the same table for operators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    #: one packet from a client; a longer one ends the connection
    max_payload_bytes: int = 64 * 1024
    #: how long the body of one polling request may take to come
    body_s: float = 20
    #: connections of this process, and of one address (a whole school may share one)
    max_connections: int = 20_000
    max_connections_per_address: int = 600
    #: new connections a second from one address, and how many at once
    connects_per_s: float = 50
    connects_burst: float = 600
    #: room:join a second per identity, and how many at once
    joins_per_s: float = 1
    joins_burst: float = 20
    #: room:join a second of everybody in this process, how many at once, and how long one may wait for its turn
    all_joins_per_s: float = 2_000
    all_joins_burst: float = 1_000
    longest_join_wait_s: float = 5
    #: calls of any kind a second on one socket; who goes on and on beyond them is disconnected
    calls_per_s: float = 20
    calls_burst: float = 100
    max_refused_calls: int = 500
    #: sockets of one identity in one room; the oldest is put out when another comes
    max_sockets_per_member: int = 8
    #: how long a connection may stay without having been let in
    handshake_s: float = 20
    ping_interval_s: float = 25
    ping_timeout_s: float = 20
    #: bytes that a client may leave unread before it is cut, and packets for one that polls; above what is kept for
    #: those who come back, or being handed all of it would cut them
    max_unread_bytes: int = 2 * 1024 * 1024
    max_unread_packets: int = 2_000
    #: events of a room that are kept for those who come back
    max_kept_events: int = 1_000
    max_kept_bytes: int = 1024 * 1024
    #: how long a room without anybody keeps them
    keep_empty_s: float = 600
    #: where several processes have lost a room's events with Redis, so many members a second are sent for a snapshot
    returns_per_s: float = 500
    #: events gather for this long into one write
    gather_s: float = 0.03
    #: and in rooms with so many members for so long: there each write is thousands
    crowd_gather_s: float = 0.05
    crowd_from: int = 1_000
    presence_s: float = 1.0
    presence_sample: int = 20
    reactions_s: float = 0.25
    save_reactions_s: float = 5.0
    #: changes of the stage (invitations, mutes, pins) a second by one member, and how many at once
    stage_per_s: float = 2
    stage_burst: float = 20
    max_hands: int = 500
    #: hands raised and lowered a second by one member, and how many at once: each is an event that the room keeps
    hands_per_s: float = 0.5
    hands_burst: float = 10
    #: names that completing one gives, of so many people looked at (those who came last), so many times a second
    find_most: int = 8
    find_scanned: int = 5_000
    finds_per_s: float = 4
    finds_burst: float = 20
    #: who is typing is told in rooms of at most so many, so many times a second by one member
    typing_most_people: int = 20
    typing_per_s: float = 1
    typing_burst: float = 6
    #: products opened and taken to checkout a second by one member, and how many at once
    steps_per_s: float = 1
    steps_burst: float = 40
    #: lines of before that are translated for the first reader of a language
    catch_up_translations: int = 20
