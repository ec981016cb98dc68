"""livehub: self-hosted live rooms. Start with docs/architecture.md."""

__version__ = "0.1.0"
