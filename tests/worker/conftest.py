"""The selling server, whose worker tests drive by hand."""

from tests.commerce.conftest import show, site

__all__ = ["show", "site"]
