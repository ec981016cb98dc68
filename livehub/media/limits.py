"""Every bound of the media plane, in one place, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaLimits:
    #: people on one room's stage (a camera and a screen of one count once), unless the room's kind says more
    max_publishers_per_room: int = 32
    #: and at most this many whatever the kind says: each costs its packets in, seen and heard or not
    max_publishers_large_room: int = 320
    #: viewers of one room and of the whole plane; with media workers, of each of them
    max_subscribers_per_room: int = 2_000
    max_subscribers: int = 4_000
    #: sessions one member may watch a room with (tabs, phones); one more ends the oldest
    max_subscribers_per_identity: int = 8
    #: video slots one viewer may ask for, and the audio slots everybody gets
    max_video_slots: int = 16
    audio_slots: int = 3
    #: tracks of one publisher (three layers of a camera, a screen, their sound)
    max_tracks_per_publisher: int = 12
    #: what the publisher is told it may send for each video track (REMB)
    max_video_bitrate_bps: int = 2_500_000
    min_video_bitrate_bps: int = 150_000
    #: sessions that have an answer and are not connected yet, and when to come back to those above it: an answer is
    #: most of what a session costs, and one that is never taken up costs it for connect_timeout_s
    max_joining: int = 1_000
    joining_retry_s: float = 2.0
    #: offers one address may send at once and in a second, beside the bound for all requests that change something: a
    #: school behind one address comes together, and comes again when its network was away
    offers_per_address: int = 700
    offers_per_address_per_s: float = 20.0
    #: offers, and requests to their sessions, of one member: a player that tries again waits longer each time
    offers_per_member: int = 30
    offers_per_member_per_s: float = 0.5
    changes_per_member: int = 60
    changes_per_member_per_s: float = 2.0
    #: longest fragment of a PATCH
    max_fragment_bytes: int = 16 * 1024
    #: an offer longer than this is refused before it is read; Chromium's with seven media lines has 22 KB
    max_sdp_bytes: int = 64 * 1024
    #: time from answer to the end of the DTLS handshake
    connect_timeout_s: float = 20.0
    #: silence after which a peer is gone; RFC 7675 section 5.1 gives consent 30 s
    consent_timeout_s: float = 30.0
    #: packets kept of a track for resending: this long, and at most this many (a power of two): 2 s of 17 Mbit/s
    cache_s: float = 2.0
    cache_packets: int = 4096
    #: packets kept since the last keyframe for viewers who come late; ten seconds at 2.5 Mbit/s
    max_gop_packets: int = 2_600
    #: least time between two keyframe requests to one publisher
    keyframe_interval_s: float = 0.5
    #: a publisher that was asked for a keyframe this long and makes none is said to answer no requests
    keyframe_unanswered_s: float = 5.0
    #: packets one viewer may have resent in a second: a broken or hostile one must not multiply our traffic
    max_resends_per_s: int = 400
    #: viewers on narrow links whose packets are paced: how often their queues are looked at, for how long of their rate
    #: they may burst, how much may wait (this long of their rate, at least so many bytes), and how slowly at the least
    pacing_interval_s: float = 0.005
    paced_burst_s: float = 0.02
    max_paced_s: float = 0.6
    min_paced_octets: int = 40_000
    min_paced_bps: int = 100_000
    #: viewers that are paced at a time: each of their packets costs some 15 µs, three times what it does in a batch
    max_paced_viewers: int = 300
    #: a layer that nobody has watched for so long is asked to pause, and one without packets for so long has stopped
    pause_layer_s: float = 5.0
    layer_stopped_s: float = 1.0
    #: how long a layer that was asked to go on may take before others are shown in its place
    layer_wakes_s: float = 3.0
    #: longest that packets of an unfinished picture wait for its end, so that a viewer gets them as one group of
    #: datagrams, and the audience from which on they do: it costs no picture any time, and saves a third of the CPU
    gather_s: float = 0.01
    gather_from: int = 16


@dataclass(frozen=True, slots=True)
class HlsLimits:
    """Bounds of the packager (``livehub/media/hls``). One room at the greatest bit rate needs 40 MB of disk."""

    #: rooms with something on air that are packaged at once: sound costs one percent of a core each
    max_rooms: int = 40
    #: how far back a viewer may seek; older segments leave the playlist, and the disk a little later
    window_s: float = 120.0
    #: how long a file stays after it left the playlist: for whoever has just read it
    slack_s: float = 20.0
    #: how long parts stay beside their segment: playlists name them for three target durations
    parts_s: float = 30.0
    #: how long an ended run can still be watched
    linger_s: float = 60.0
    #: sources of sound that are mixed
    max_sounds: int = 16
    #: how long before its due time a keyframe is asked for: a round trip, and the encoder's
    keyframe_lead_s: float = 0.25
    #: without a picture for so long the sound goes on alone
    video_stall_s: float = 4.0


@dataclass(frozen=True, slots=True)
class RestreamLimits:
    """Bounds of sending rooms on to other services; those of one connection are RtmpLimits."""

    #: services that one room goes to, and connections of the whole process
    max_per_room: int = 10
    max_in_all: int = 100


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Bounds of media workers and of the talk with them."""

    #: viewers of one room on one worker before another worker helps; about half of what a core carries at 250 packets/s
    viewers_per_worker: int = 500
    #: an answer that takes longer is given up
    call_timeout_s: float = 10.0
    #: calls one worker may owe us, and bytes that may wait to be written to it or by it
    max_pending_calls: int = 4_000
    max_buffered_bytes: int = 32 * 1024 * 1024
    #: from start to a bound port; importing takes about a second
    start_timeout_s: float = 30.0
    #: how long a newcomer waits for a worker that is being started again
    ready_timeout_s: float = 8.0
    #: processes that have imported everything and wait for another's death, 80 MB each; made this long after the need
    spares: int = 1
    spare_pause_s: float = 2.0
    #: counters come this often; a worker silent for so long hangs, and is killed
    pulse_s: float = 1.0
    silence_s: float = 15.0
    #: the first new start is at once, the next after this pause, which doubles
    restart_pause_s: float = 0.5
    max_restart_pause_s: float = 30.0
    #: so many deaths within the window, and a worker is given up
    max_restarts: int = 10
    restarts_window_s: float = 300.0
    #: ending in order, before it is killed
    stop_timeout_s: float = 5.0
    #: packets waiting to be handed to another worker, of one feed; beyond, they are dropped
    max_feed_bytes: int = 4 * 1024 * 1024
    #: a branch without a viewer is fed this much longer
    branch_kept_s: float = 10.0


@dataclass(frozen=True, slots=True)
class RtmpLimits:
    """Bounds of one connection to an RTMP service: what a slow one may cost, and how long one is waited for."""

    #: for TCP and TLS with each of the name's first addresses, and from then to the start of publishing
    connect_timeout_s: float = 5.0
    start_timeout_s: float = 10.0
    max_addresses: int = 4
    #: the kernel's own buffer: what is in it can no longer be left out
    socket_buffer_bytes: int = 256 * 1024
    #: bytes waiting from which on pictures are left out, and how few must wait before a keyframe begins anew: four
    #: seconds of 2 Mbit/s; sound goes on a while longer
    high_bytes: int = 1 << 20
    low_bytes: int = 128 * 1024
    most_bytes: int = 2 << 20
    #: a service that takes nothing at all for so long is given up
    stall_s: float = 10.0
