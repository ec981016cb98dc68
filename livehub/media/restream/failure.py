"""Why a room cannot be sent somewhere right now: what the host is told, in plain words."""

import socket
import ssl

import aiohttp

from livehub.egress import AddressRefused
from livehub.errors import LivehubError


class SendFailure(LivehubError):
    """``code`` is one of docs/restream.md, ``detail`` a sentence without address or key.

    ``final``: trying again by itself would not help; the host has to change something. ``about_codec``: it passes when
    something else is on stage. ``retry_after_s``: the service said when to come back.
    """

    title = "The show could not be sent on"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        final: bool = False,
        about_codec: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail, code=code)
        self.final = final
        self.about_codec = about_codec
        self.retry_after_s = retry_after_s


def failure_of(error: BaseException) -> SendFailure:
    """A connection that did not come about, in plain words; for HTTP and for sockets."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return SendFailure("address_refused", "The address does not lead to the public internet.", final=True)
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return SendFailure("unknown_host", "There is no server of this name.")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SendFailure(
            "certificate_refused", "The server's certificate is not valid for its name, so the key is not sent there."
        )
    if isinstance(cause, ssl.SSLError):
        return SendFailure("tls_failed", "No encrypted connection to the server came about.")
    if isinstance(cause, TimeoutError):
        return SendFailure("timed_out", "The server did not answer in time.")
    if isinstance(cause, ConnectionRefusedError):
        return SendFailure("connection_refused", "The server takes no connections at this address.")
    if isinstance(cause, OSError | aiohttp.ClientError):
        return SendFailure("unreachable", "The server cannot be reached.")
    return SendFailure("unreachable", "The server's answer is no HTTP.")
