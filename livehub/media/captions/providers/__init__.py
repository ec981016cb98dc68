"""Transcribers that come with livehub, one a file."""
