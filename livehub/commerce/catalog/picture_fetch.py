"""Pictures by their address: from the public internet alone, of a bounded size, cleaned as uploads are."""

import asyncio
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from livehub.commerce.catalog.pictures import MAX_BYTES, PictureStore
from livehub.commerce.errors import PictureUnreadable
from livehub.egress import AddressRefused, PublicResolver, check_literal, open_session

TIMEOUT_S: Final = 20.0
MAX_REDIRECTS: Final = 3
AT_ONCE: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OWN: Final = re.compile(r"/pictures/([0-9a-f]{32}-[0-9]{1,5}x[0-9]{1,5})\.webp")


class PictureFetchFailed(Exception):
    """``code``: picture_refused (not of the public internet), picture_unreachable or picture_unreadable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PictureFetcher:
    """``allow_private`` lets them be in private networks: for tests, and for servers that belong to one merchant."""

    at_once = AT_ONCE

    def __init__(
        self,
        pictures: PictureStore,
        public_url: str,
        *,
        allow_private: bool = False,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._pictures = pictures
        self._public_url = public_url
        self._allow_private = allow_private
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def fetch(self, url: str) -> str:
        """The stored picture's name. One that this server shows itself is not asked for over the network.

        Raises: PictureFetchFailed.
        """
        own = await self._own(url)
        if own is not None:
            return own
        try:
            async with asyncio.timeout(TIMEOUT_S):
                data = await self._get(url)
        except AddressRefused:
            raise PictureFetchFailed("picture_refused") from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            refused = isinstance(getattr(error, "os_error", None), AddressRefused)
            raise PictureFetchFailed("picture_refused" if refused else "picture_unreachable") from None
        try:
            return await self._pictures.save(data)
        except PictureUnreadable:
            raise PictureFetchFailed("picture_unreadable") from None

    def name_of(self, url: str) -> str | None:
        """The stored picture's name in an address of this server."""
        match = _OWN.fullmatch(url.removeprefix(self._public_url)) if url.startswith(self._public_url) else None
        return None if match is None else match[1]

    async def _own(self, url: str) -> str | None:
        name = self.name_of(url)
        if name is None:
            return None
        path = self._pictures.folder / f"{name}.webp"
        return name if await asyncio.to_thread(path.is_file) else None

    async def _get(self, url: str) -> bytes:
        """Redirects are followed by hand: each address is looked at before it is connected to."""
        if self._session is None:
            resolver = None if self._allow_private else PublicResolver(self._resolver)
            self._session = open_session(timeout_s=TIMEOUT_S, resolver=resolver)
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(url).scheme not in {"http", "https"}:
                raise AddressRefused("pictures come by http and https")
            if not self._allow_private:
                check_literal(url)
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    url = urljoin(url, response.headers["Location"])
                    continue
                if response.status != 200:
                    raise PictureFetchFailed("picture_unreachable")
                return await _read(response)
        raise PictureFetchFailed("picture_unreachable")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(65536):
        size += len(chunk)
        if size > MAX_BYTES:
            raise PictureFetchFailed("picture_unreadable")
        chunks.append(chunk)
    return b"".join(chunks)
