"""Checkout hooks that come with livehub, one a file. Others are packages with an entry point."""
