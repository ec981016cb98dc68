"""The media plane in processes of its own: one worker a core, each with a UDP port; the web process asks them by proxy.

Read :mod:`.protocol` for what is said, :mod:`.placement` for which worker carries a room, :mod:`.proxy` for the whole.
"""
