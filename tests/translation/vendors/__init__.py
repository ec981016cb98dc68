"""Servers of our own that behave as the vendors' documentation says, and badly where a test wants it."""
