"""The one error that hostile bytes may cause in this package."""


class RtpError(ValueError):
    """The bytes are no valid RTP or RTCP packet."""
