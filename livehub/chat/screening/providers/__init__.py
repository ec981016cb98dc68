"""Automatic moderators that come with livehub, one a file."""
