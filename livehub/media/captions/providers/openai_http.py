"""Any service with ``POST /v1/audio/transcriptions``, as OpenAI has it: ``openai:https://host/v1?model=whisper-1``.

The key is in the address: ``openai:https://KEY@api.example/v1?model=whisper-1``. Sound leaves this machine, and people
are told so. Source: platform.openai.com/docs/api-reference/audio/createTranscription.
"""

import http.client
import io
import json
import secrets
import ssl
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.transcriber import RATE, Pcm, Spoken

#: an answer beyond it is not one
MAX_ANSWER_BYTES: Final = 262_144
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Address:
    """``partials``: lines that are not whole yet are asked for as well."""

    is_tls: bool
    host: str
    port: int | None
    path: str
    key: str = field(repr=False)
    model: str
    partials: bool


class OpenAiTranscriber:
    """One connection at a time, kept between utterances. Partial lines are not asked for: each would be paid for."""

    is_remote = True

    def __init__(self, address: "Address", *, timeout_s: float) -> None:
        self.name = address.host[:40]
        self._to = address
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def supports(self, locale: str) -> bool:
        return True

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if not final and not self._to.partials:
            return ()
        body, content_type = _form(
            {"model": self._to.model, "language": locale, "response_format": "json", "temperature": "0"}, wav(pcm)
        )
        text = self._ask(body, content_type)
        return (Spoken(text, 0.0, len(pcm) / RATE),) if text.strip() else ()

    def _ask(self, body: bytes, content_type: str) -> str:
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        if self._to.key:
            headers["Authorization"] = f"Bearer {self._to.key}"
        connection = self._connection or self._connect()
        self._connection = None
        try:
            connection.request("POST", self._to.path, body, headers)
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise TranscriptionFailed(f"the service does not answer: {type(error).__name__}") from error
        if len(answer) > MAX_ANSWER_BYTES:
            connection.close()
            raise TranscriptionFailed("the service answers without end")
        self._connection = connection
        if response.status != 200:
            raise TranscriptionFailed(f"the service answers {response.status}")
        try:
            document = json.loads(answer)
        except ValueError as error:
            raise TranscriptionFailed("the service's answer is no JSON") from error
        text = document.get("text") if isinstance(document, dict) else None
        if not isinstance(text, str):
            raise TranscriptionFailed("the service's answer has no text")
        return text

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._to.host, self._to.port
        if self._to.is_tls:
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


def _form(fields: dict[str, str], sound: bytes) -> tuple[bytes, str]:
    """multipart/form-data (RFC 7578)."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n".encode()
        + sound
        + f"\r\n--{boundary}--\r\n".encode()
    )
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def create(setting: str, *, timeout_s: float) -> OpenAiTranscriber:
    """
    Raises:
        ValueError: no address, or one that a key must not go to.
    """
    parts = urlsplit(setting)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give the address of the service: openai:https://host/v1?model=whisper-1")
    key = unquote(parts.username or parts.password or "")
    if parts.scheme == "http" and key and parts.hostname not in _LOCAL:
        raise ValueError("a key goes over https:// only")
    query = parse_qs(parts.query)
    unknown = sorted(set(query) - {"model", "partials"})
    if unknown:
        raise ValueError(f"it knows model and partials, not {', '.join(unknown)}")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the address's port is not one") from None
    address = Address(
        parts.scheme == "https",
        parts.hostname,
        port,
        f"{parts.path.rstrip('/')}/audio/transcriptions",
        key,
        query.get("model", ["whisper-1"])[0],
        query.get("partials", ["0"])[0] == "1",
    )
    return OpenAiTranscriber(address, timeout_s=timeout_s)
