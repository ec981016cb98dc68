"""Any service with ``POST /v1/audio/transcriptions``, as OpenAI has it: ``openai:https://host/v1?model=whisper-1``.

The key is in the address: ``openai:https://KEY@api.example/v1?model=whisper-1``. Sound leaves this machine, and people
are told so. Source: platform.openai.com/docs/api-reference/audio/createTranscription.
"""

import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.http import JsonService, wav
from livehub.media.captions.transcriber import RATE, Pcm, Spoken

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAiTranscriber:
    """Partial lines are not asked for unless ``partials``: each would be paid for."""

    is_remote = True

    def __init__(self, name: str, service: JsonService, path: str, model: str, *, partials: bool) -> None:
        self.name = name
        self._service = service
        self._path = path
        self._model = model
        self._partials = partials

    def supports(self, locale: str) -> bool:
        return True

    def transcribe(self, pcm: Pcm, locale: str, *, final: bool) -> Sequence[Spoken]:
        if not final and not self._partials:
            return ()
        fields = {"model": self._model, "language": locale, "response_format": "json", "temperature": "0"}
        document = self._service.post(self._path, *_form(fields, wav(pcm)))
        text = document.get("text") if isinstance(document, dict) else None
        if not isinstance(text, str):
            raise TranscriptionFailed("the service's answer has no text")
        return (Spoken(text, 0.0, len(pcm) / RATE),) if text.strip() else ()

    def close(self) -> None:
        self._service.close()


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
    address = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    service = JsonService(
        urlunsplit((parts.scheme, address if port is None else f"{address}:{port}", "", "", "")),
        timeout_s=timeout_s,
        headers={"Authorization": f"Bearer {key}"} if key else None,
    )
    return OpenAiTranscriber(
        parts.hostname[:40],
        service,
        f"{parts.path.rstrip('/')}/audio/transcriptions",
        query.get("model", ["whisper-1"])[0],
        partials=query.get("partials", ["0"])[0] == "1",
    )
