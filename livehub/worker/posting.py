"""Handing letters to a mail server by SMTP (RFC 5321), with TLS wherever the server can."""

import asyncio
import logging
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from livehub.commerce.webhooks.ports import Parcel
from livehub.worker import backoff
from livehub.worker.carrier import Outcome

log = logging.getLogger(__name__)
TIMEOUT_S: Final = 20.0
AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Smtp:
    """``security``: TLS from the first byte, STARTTLS or nothing, or none (a relay in one's own network)."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)


def parse_smtp_url(text: str) -> Smtp:
    """``smtps://user:password@host:465``, ``smtp://…:587`` (STARTTLS), ``smtp+plain://host:25`` (no TLS, no password).

    Raises:
        ValueError: with what is wrong; never with the password.
    """
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValueError("it is no address") from None
    kinds: dict[str, tuple[Literal["tls", "starttls", "none"], int]] = {
        "smtps": ("tls", 465),
        "smtp": ("starttls", 587),
        "smtp+plain": ("none", 25),
    }
    if parts.scheme not in kinds or not host:
        raise ValueError("it begins with smtps://, smtp:// or smtp+plain:// and names a host")
    security, usual = kinds[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if security == "none" and user:
        raise ValueError("a password is not sent without TLS: use smtps:// or smtp://")
    return Smtp(host, port or usual, security, user, password)


class Postman:
    """Threads of its own, since smtplib waits; ``context`` checks the server's certificate."""

    def __init__(self, smtp: Smtp, context: ssl.SSLContext | None = None) -> None:
        self._smtp = smtp
        self._context = context or ssl.create_default_context()
        self._threads: ThreadPoolExecutor | None = None

    def start(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="livehub-mail")

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)

    async def post(self, letter: EmailMessage, parcel: Parcel) -> Outcome:
        """What came of it; raises nothing that is to be expected of a network."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._send, letter)
        except smtplib.SMTPRecipientsRefused as refusal:
            return _failed(parcel, max(code for code, _ in refusal.recipients.values()), "the recipient is refused")
        except smtplib.SMTPResponseException as error:
            return _failed(parcel, error.smtp_code, type(error).__name__)
        except (smtplib.SMTPException, OSError) as error:
            return _failed(parcel, 0, type(error).__name__)
        return Outcome(True, "sent")

    def _send(self, letter: EmailMessage) -> None:
        """On a thread."""
        if self._smtp.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self._smtp.host, self._smtp.port, timeout=TIMEOUT_S, context=self._context
            )
        else:
            client = smtplib.SMTP(self._smtp.host, self._smtp.port, timeout=TIMEOUT_S)
        with client:
            if self._smtp.security == "starttls":
                # Raises where it is not offered: nothing goes in the clear.
                client.starttls(context=self._context)
            if self._smtp.user:
                client.login(self._smtp.user, self._smtp.password)
            client.send_message(letter)


def _failed(parcel: Parcel, code: int, said: str) -> Outcome:
    """4xx and a server that is away: later. 5xx: never (RFC 5321 section 4.2.1)."""
    delay_s = None if code >= 500 else backoff.next_delay_s(backoff.NOTICE, parcel.attempts + 1)
    log.warning("letter %s: %d %s", parcel.id, code, said)
    return Outcome(False, f"{code} {said}", delay_s)
