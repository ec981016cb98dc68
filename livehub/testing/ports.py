"""Sockets for servers of tests."""

import socket


def listen_anywhere() -> socket.socket:
    """A listening socket on a free port of this machine's loopback address."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.setblocking(False)
    return listening
