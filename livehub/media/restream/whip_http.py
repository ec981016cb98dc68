"""The HTTP half of a WHIP client (RFC 9725): one resource, from POST to DELETE."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from livehub import __version__
from livehub.egress import AddressRefused, PublicResolver, check_literal, open_session
from livehub.media.restream.answer import MAX_ANSWER_BYTES
from livehub.media.restream.failure import SendFailure, failure_of

log = logging.getLogger(__name__)

SDP_TYPE: Final = "application/sdp"
TIMEOUT_S: Final = 10.0
#: whoever stops a show does not wait longer for a server that has gone
DELETE_TIMEOUT_S: Final = 3.0
#: RFC 9725 section 4.5 has endpoints send clients on with 307, 308 means the same for good
MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({307, 308})


class WhipResource:
    """``guarded``: typed in by somebody, so only public addresses are connected to. The key is sent and never told."""

    def __init__(self, url: str, key: str, *, guarded: bool, resolver: AbstractResolver | None = None) -> None:
        self._url = url
        self._key = key
        self._guarded = guarded
        self._resolver = resolver
        self._location: str | None = None

    async def create(self, offer: str) -> str:
        """POST the offer, give the answer.

        Raises:
            SendFailure: refused, unreachable, or no WHIP.
        """
        async with self._session() as session:
            url = self._url
            for _ in range(MAX_REDIRECTS + 1):
                async with self._asking(session, "POST", url, offer) as response:
                    if response.status not in _REDIRECTS:
                        return await self._created(url, response)
                    url = self._redirected(url, response)
        raise SendFailure("redirected_too_often", "The server sends us from one address to the next.")

    async def delete(self) -> None:
        """End the session at the server; a server that is away has ended it itself."""
        location, self._location = self._location, None
        if location is None:
            return
        try:
            session = self._session(DELETE_TIMEOUT_S)
            async with session, self._asking(session, "DELETE", location) as response:
                if response.status >= 400:
                    log.info("a WHIP session was not ended in order: status %d", response.status)
        except SendFailure as failure:
            log.info("a WHIP session was not ended in order: %s", failure.error_code)

    def _session(self, timeout_s: float = TIMEOUT_S) -> aiohttp.ClientSession:
        resolver = PublicResolver(self._resolver) if self._guarded else self._resolver
        return open_session(timeout_s=timeout_s, resolver=resolver)

    @asynccontextmanager
    async def _asking(
        self, session: aiohttp.ClientSession, method: str, url: str, offer: str | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request, whose failures are told in plain words."""
        self._check(url)
        headers = {"User-Agent": f"livehub/{__version__}", "Accept": SDP_TYPE}
        if offer is not None:
            headers["Content-Type"] = SDP_TYPE
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            async with session.request(method, url, data=offer, headers=headers, allow_redirects=False) as response:
                yield response
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise failure_of(error) from None

    def _check(self, url: str) -> None:
        if not self._guarded:
            return
        try:
            check_literal(url)
        except AddressRefused as error:
            raise failure_of(error) from None

    def _redirected(self, url: str, response: aiohttp.ClientResponse) -> str:
        target = urljoin(url, response.headers.get("Location", ""))
        if not _is_as_safe(target, url):
            raise SendFailure("redirected_to_plain_http", "The server sends us on without encryption.", final=True)
        return target

    async def _created(self, url: str, response: aiohttp.ClientResponse) -> str:
        if response.status != 201:
            raise _refusal(response)
        if response.content_type != SDP_TYPE:
            raise SendFailure("no_whip", "There is no WHIP endpoint at this address.", final=True)
        location = response.headers.get("Location")
        target = urljoin(url, location) if location else None
        if target is not None and not _is_as_safe(target, url):
            # Not ended there either: that would tell the key. A server lets go of whom it hears nothing of.
            raise SendFailure("session_over_plain_http", "The server wants the key without encryption.", final=True)
        self._location = target
        body = await response.content.read(MAX_ANSWER_BYTES + 1)
        while len(body) <= MAX_ANSWER_BYTES and (more := await response.content.read(MAX_ANSWER_BYTES)):
            body += more
        if len(body) > MAX_ANSWER_BYTES:
            raise SendFailure("answer_unreadable", "The server's answer is too long.")
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise SendFailure("answer_unreadable", "The server's answer is no text.") from None


def _is_as_safe(target: str, url: str) -> bool:
    """Whether the key may go to ``target``, where ``url`` names it: not by plain http from https."""
    scheme = urlsplit(target).scheme
    return scheme == "https" or (scheme == "http" and urlsplit(url).scheme == "http")


def _refusal(response: aiohttp.ClientResponse) -> SendFailure:
    status = response.status
    if status in {401, 403}:
        return SendFailure("key_refused", "The server does not take the key.", final=True)
    if status in {404, 405, 410}:
        return SendFailure("no_whip", f"There is no WHIP endpoint at this address (status {status}).")
    if status in {406, 415, 422}:
        return SendFailure(
            "offer_refused", f"The server does not take what is on stage (status {status}).", final=True,
            about_codec=True,
        )  # fmt: skip
    if status in {409, 429, 503}:
        return SendFailure(
            "server_busy", f"The server is busy (status {status}).", retry_after_s=_retry_after_s(response)
        )
    return SendFailure("server_failed", f"The server answered with status {status}.")


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
