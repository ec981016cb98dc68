"""An RTMP client as far as a publisher needs one (Adobe's RTMP specification 1.0); pure, save :mod:`.sending`."""
