"""RTP and RTCP as pure functions and state machines: no sockets, no clocks, no aiortc.

What comes from outside raises only :class:`livehub.media.rtp.errors.RtpError`.
"""
