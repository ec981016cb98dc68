"""A service that is sent sound and answers JSON, for transcribers: one thread, which may wait."""

import http.client
import io
import json
import ssl
import wave
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.transcriber import RATE, Pcm

#: an answer beyond it is not one
MAX_ANSWER_BYTES: Final = 262_144


class JsonService:
    """One connection at a time, kept between utterances. Where a service sends elsewhere, nobody follows.

    ``url`` is its address without a path; ``headers`` go with each request, and a key in them nowhere else.
    """

    def __init__(self, url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
        self._url = urlsplit(url)
        self._timeout_s = timeout_s
        self._headers = {"Accept": "application/json", **(headers or {})}
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: bytes, content_type: str) -> Any:
        """What the answer's JSON says.

        Raises: TranscriptionFailed, for everything but an answer of status 200 that is JSON of a size that can be.
        """
        headers = {**self._headers, "Content-Type": content_type}
        kept, self._connection = self._connection, None
        connection: http.client.HTTPConnection | None = None
        try:
            connection, response = self._ask(kept, path, body, headers)
            answer = response.read(MAX_ANSWER_BYTES + 1)
            if response.isclosed():  # all of it is read
                self._connection, connection = connection, None
        except (OSError, http.client.HTTPException) as error:
            raise TranscriptionFailed(f"the service does not answer: {type(error).__name__}") from error
        finally:
            if connection is not None:
                connection.close()
        if len(answer) > MAX_ANSWER_BYTES:
            raise TranscriptionFailed("the service answers without end")
        if response.status != 200:
            raise TranscriptionFailed(f"the service answers {response.status}")
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise TranscriptionFailed("the service's answer is no JSON") from error

    def _ask(
        self, kept: http.client.HTTPConnection | None, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Once more on a new connection where the other side has ended the one that was kept."""
        connection = kept or self._connect()
        try:
            connection.request("POST", path, body, headers)
            return connection, connection.getresponse()
        except ConnectionError:
            connection.close()
            if kept is None:
                raise
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        return self._ask(None, path, body, headers)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def wav(pcm: Pcm) -> bytes:
    """Sixteen bits, one channel."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(pcm, -1, 1) * 32_767).astype("<i2").tobytes())
    return out.getvalue()
