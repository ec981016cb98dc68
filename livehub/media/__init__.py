"""The media plane: WebRTC in and out of one UDP port, forwarded without decoding.

:class:`livehub.media.plane.MediaPlane` is all that the rest of livehub uses. docs/media.md tells the way of a packet.
"""
