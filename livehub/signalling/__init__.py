"""Socket.IO for rooms: the protocol (pure), who is connected, numbered events, and how they get out cheaply."""
