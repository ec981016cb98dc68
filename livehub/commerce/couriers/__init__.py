"""Couriers that come with livehub, one a file."""
