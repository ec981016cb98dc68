"""The selling server instead of the plain one."""

from tests.commerce.conftest import show, site, working_site

__all__ = ["show", "site", "working_site"]
