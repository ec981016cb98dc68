"""What can go wrong with a media session, as the caller sees it."""

from livehub.errors import Conflict, InvalidInput, MalformedRequest, NotFound, Unavailable


class MalformedSdp(MalformedRequest):
    code, title = "malformed_sdp", "The session description could not be read"


class OfferNotAcceptable(InvalidInput):
    """Well-formed, but it lacks what every session here needs (ICE, DTLS fingerprint, RTCP multiplexing, BUNDLE)."""

    code, title = "offer_not_acceptable", "The offer lacks something that this server needs"


class CodecNotSupported(InvalidInput):
    """No common codec: the publisher offers none that we forward, or the viewer cannot decode what is on air."""

    code, title = "codec_not_supported", "There is no codec that both sides understand"


class StageFull(Conflict):
    code, title, retry_after_s = "stage_full", "The stage of this room is full", 30.0


class AudienceFull(Unavailable):
    code, title = "audience_full", "This server carries as many viewers as it may"


class NobodyPublishes(Conflict):
    """draft-ietf-wish-whep section 4.2: 409 with Retry-After; ask again, or ask to wait."""

    code, title, retry_after_s = "nobody_publishes", "Nobody is on the stage of this room yet", 5.0


class JoiningTooFast(Unavailable):
    """So many sessions have been answered and not connected that more would not be served."""

    code, title = "too_many_joining", "More people are coming in at this moment than can be taken in"


class MediaSessionNotFound(NotFound):
    code, title = "media_session_not_found", "This media session does not exist or is over"


class PlaneClosed(Unavailable):
    code, title = "media_unavailable", "The media plane is not running"


class PlaneDraining(Unavailable):
    code, title = "media_draining", "The server is about to restart; try again in a moment"


class MediaWorkerLost(Unavailable):
    """The process that had to answer died; another one takes over at once."""

    code, title = "media_worker_lost", "The media worker was lost while it answered; ask again"


class EntityTagMismatch(Conflict):
    """RFC 9725 section 4.3.1: the client speaks of an ICE session that is not the present one."""

    code, status, title = "etag_mismatch", 412, "This is about an earlier ICE session"


class EntityTagMissing(Conflict):
    code, status, title = "etag_missing", 428, "Send If-Match with the session's ETag, or * to restart ICE"


class PackagingUnavailable(Unavailable):
    code, title = "hls_unavailable", "This room cannot be packaged for HLS right now"


class RoomNotLive(Conflict):
    code, title, retry_after_s = "room_not_live", "This room is not live yet", 10.0


class TooManyRestreams(Conflict):
    code, title = "too_many_restreams", "The show goes to as many services as it may"
