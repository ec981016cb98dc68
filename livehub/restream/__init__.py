"""Where a room goes besides its own viewers: targets at other services, their secret keys, and when each runs.

What sends is :mod:`livehub.media.restream`; this package knows it by :class:`livehub.restream.ports.Sender` alone.
"""
