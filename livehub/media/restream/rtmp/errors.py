"""What the bytes of an RTMP server can be besides what they should."""


class RtmpError(ValueError):
    """No RTMP, or more than any server has to say."""
