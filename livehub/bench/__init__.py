"""Benchmarks: each measures itself against a stated limit or peer in the same run. ``livehub bench NAME --json``."""
