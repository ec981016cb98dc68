"""Google Cloud Translation v3: ``POST /v3/projects/{project}/locations/{location}:translateText``.

Signed in as a service account: a JWT of ours is exchanged for an access token (RFC 7523, as
https://developers.google.com/identity/protocols/oauth2/service-account says), kept until shortly before it ends and
asked for once more when it is refused. Errors are Google's ``{"error": {"code", "message", "status"}}``: 429
RESOURCE_EXHAUSTED for too many requests, 403 PERMISSION_DENIED, but 403 with "quota" or "rate limit" is a quota too
(https://cloud.google.com/translate/quotas and /troubleshooting). Up to 1,024 texts, 30,000 characters recommended.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from livehub.clock import Clock
from livehub.setting import Address, read_small
from livehub.translation.batches import batches
from livehub.translation.errors import AccessDenied, AnswerMalformed, QuotaExceeded, TranslationRefused
from livehub.translation.http import DEFAULT_RETRY_AFTER_S, JsonClient, texts_of
from livehub.translation.locale import LOCALES
from livehub.translation.marks import Markup, has_marks
from livehub.translation.provider import Translator

URL: Final = "https://translation.googleapis.com"
TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
SCOPE: Final = "https://www.googleapis.com/auth/cloud-translation"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXAMPLE: Final = "google:?credentials=/etc/livehub/google.json"
MAX_TEXTS: Final = 1_024
MAX_CHARS: Final = 30_000
#: how long a signed assertion is good for, the most that Google takes
ASSERTION_S: Final = 3600
#: a token is renewed so long before it ends
TOKEN_MARGIN_S: Final = 60.0
#: who has no token waits so long for one that another call has asked for, then asks for one of its own
PATIENCE_S: Final = 1.0

_CODES: Final[Mapping[str, str]] = {**{tag: tag for tag in LOCALES}, "zh": "zh-CN"}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}")
_MARKUP: Final = Markup(
    '<span translate="no" id="%s"></span>',
    r'<span\b(?=[^>]*\bid="?(\d{1,3})"?)[^>]*>\s*</span>',
)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What a service account's key file says. Never shown."""

    project: str
    email: str
    key_id: str
    key: RSAPrivateKey = field(repr=False)
    token_url: str = TOKEN_URL

    @classmethod
    def read(cls, path: Path) -> "ServiceAccount":
        """Raises: ValueError, without anything of the file's content."""
        try:
            told: Any = json.loads(read_small(path, "credentials"))
            key = load_pem_private_key(str(told["private_key"]).encode(), None)
            account = cls(
                str(told["project_id"]),
                str(told["client_email"]),
                str(told.get("private_key_id", "")),
                key if isinstance(key, RSAPrivateKey) else _no_key(),
                str(told.get("token_uri") or TOKEN_URL),
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError, RecursionError):
            raise ValueError("credentials has to name the JSON key file of a service account") from None
        except ValueError as error:
            if str(error).startswith("the file"):
                raise
            raise ValueError("the private key in the file of credentials cannot be read") from None
        if urlsplit(account.token_url).scheme not in {"http", "https"}:
            raise ValueError("token_uri in the file of credentials is no address")
        return account

    def assertion(self, now_s: int) -> str:
        claims = {
            "iss": self.email, "scope": SCOPE, "aud": self.token_url, "iat": now_s, "exp": now_s + ASSERTION_S,
        }  # fmt: skip
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.key_id} if self.key_id else None)


def _no_key() -> RSAPrivateKey:
    raise ValueError("not an RSA key")


class GoogleTranslator:
    """Between any two of the eleven locales."""

    name = "google"

    def __init__(
        self, url: str, account: ServiceAccount, project: str, location: str, *, clock: Clock, timeout_s: float
    ) -> None:
        self._account: Final = account
        self._path: Final = f"/v3/projects/{project}/locations/{location}:translateText"
        self._clock: Final = clock
        self._client: Final = JsonClient(url, timeout_s=timeout_s, statuses={401: AccessDenied})
        self._signing_in: Final = asyncio.Lock()
        self._token = ""
        self._token_renewed_s = self._token_ends_s = 0.0

    def supports(self, source: str, target: str) -> bool:
        return source in _CODES and target in _CODES

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        answers: list[str | None] = []
        for batch in batches(texts, MAX_TEXTS, MAX_CHARS):
            answers += await self._batch(batch, source, target)
        return answers

    async def close(self) -> None:
        await self._client.close()

    async def _batch(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        marked = any(map(has_marks, texts))
        body = {
            "contents": [_MARKUP.wrap(text) if marked else text for text in texts],
            "mimeType": "text/html" if marked else "text/plain",
            "sourceLanguageCode": _CODES[source],
            "targetLanguageCode": _CODES[target],
        }
        answer = await self._authorised(body)
        if not isinstance(answer, dict):
            raise AnswerMalformed("the answer is no object")
        lines = texts_of(answer.get("translations"), len(texts), "translations", "translatedText")
        return [_MARKUP.unwrap(line) if marked and line else line for line in lines]

    async def _authorised(self, body: object) -> Any:
        """One request; a token that was taken back meanwhile is replaced once."""
        token = await self._sign_in()
        try:
            return await self._post(token, body)
        except AccessDenied as error:
            if not error.detail.startswith("401"):
                raise
        if self._token == token:
            self._token = ""
        return await self._post(await self._sign_in(), body)

    async def _post(self, token: str, body: object) -> Any:
        try:
            return await self._client.post(self._path, body, headers={"Authorization": f"Bearer {token}"})
        except AccessDenied as error:
            if re.search(r"quota|rate limit", error.detail, re.IGNORECASE):
                raise QuotaExceeded(error.detail, retry_after_s=DEFAULT_RETRY_AFTER_S) from error
            raise

    async def _sign_in(self) -> str:
        """The access token; asked for once for all who wait, unless that takes long.

        Shortly before it ends one call renews it, and the others go on with the one there is.
        """
        now_s = self._clock.monotonic()
        if self._token and now_s < (self._token_ends_s if self._signing_in.locked() else self._token_renewed_s):
            return self._token
        before = self._token
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._signing_in.acquire()
        except TimeoutError:
            return await self._ask_token()
        try:
            if self._token and self._token != before:
                return self._token
            return await self._ask_token()
        finally:
            self._signing_in.release()

    async def _ask_token(self) -> str:
        form = {"grant_type": GRANT, "assertion": self._account.assertion(self._clock.now_ms() // 1000)}
        try:
            answer = await self._client.post(self._account.token_url, form=form)
        except TranslationRefused as error:
            # 400 invalid_grant: the key or the account is not known any more (RFC 6749 section 5.2).
            raise AccessDenied(error.detail) from error
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{1,8000}", token):
            raise AnswerMalformed("there is no access token in the answer")
        lasts = answer.get("expires_in")
        lasts_s = float(lasts) if isinstance(lasts, (int, float)) and 0 < lasts <= 86_400 else 300.0
        self._token = token
        self._token_ends_s = self._clock.monotonic() + max(lasts_s, 1.0)
        self._token_renewed_s = self._token_ends_s - min(TOKEN_MARGIN_S, max(lasts_s - 1.0, 0.0))
        return token


def create(setting: str, *, clock: Clock, deadline_s: float) -> Translator:
    """Entry point ``google``; ``setting``: ``?credentials=/path/of/key.json``, with ``&location=`` and ``&project=``.

    Raises:
        ValueError: a setting or file that cannot be used.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("credentials", "project", "location"), default=URL)
    path = address.options.get("credentials", "")
    if not path:
        raise ValueError(f"Google wants the key file of a service account, as in {EXAMPLE}")
    account = ServiceAccount.read(Path(path))
    project = address.options.get("project") or account.project
    location = address.options.get("location") or "global"
    if not _NAME.fullmatch(project) or not _NAME.fullmatch(location):
        raise ValueError("project and location are names such as my-project-1 and europe-west1")
    return GoogleTranslator(address.url, account, project, location, clock=clock, timeout_s=deadline_s)
