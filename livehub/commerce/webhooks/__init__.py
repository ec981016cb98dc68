"""Messages to merchants' systems: which there are, where they go, and the log of them."""
