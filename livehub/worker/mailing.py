"""``mail:<address>``: letters by SMTP (RFC 5321), with TLS wherever the server can."""

import asyncio
import logging
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from livehub.clock import Clock
from livehub.commerce.ports import Parcel
from livehub.followers.model import Address, AddressState
from livehub.followers.notices import Notices
from livehub.followers.ports import FollowerStore
from livehub.worker import backoff
from livehub.worker.announcing import RoomOf, live_room
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


class Letter(msgspec.Struct):
    kind: Literal["start", "confirm"]
    room: str = ""


class MailCarrier:
    def __init__(
        self,
        smtp: Smtp,
        store: FollowerStore,
        notices: Notices,
        room_of: RoomOf,
        clock: Clock,
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._smtp = smtp
        self._store = store
        self._notices = notices
        self._room_of = room_of
        self._clock = clock
        self._context = context or ssl.create_default_context()
        self._threads: ThreadPoolExecutor | None = None

    def start(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="livehub-mail")

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)

    async def carry(self, parcel: Parcel) -> Outcome:
        address = await self._store.address(parcel.target.partition(":")[2])
        letter = msgspec.json.decode(parcel.body, type=Letter)
        if address is None:
            return Outcome(False, "the address was taken away")
        written = await self._write(letter, address, parcel)
        if written is None:
            return Outcome(False, "there is nothing to tell any more")
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._send, written)
        except smtplib.SMTPRecipientsRefused as refusal:
            return self._failed(
                parcel, max(code for code, _ in refusal.recipients.values()), "the recipient is refused"
            )
        except smtplib.SMTPResponseException as error:
            return self._failed(parcel, error.smtp_code, type(error).__name__)
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(parcel, 0, type(error).__name__)
        return Outcome(True, "sent")

    async def _write(self, letter: Letter, address: Address, parcel: Parcel) -> EmailMessage | None:
        if letter.kind == "confirm":
            if address.state is not AddressState.PENDING:
                return None
            return await self._notices.confirm(address, parcel.id, self._clock.now_ms())
        room = await live_room(self._room_of, letter.room)
        if room is None or address.state is not AddressState.CONFIRMED:
            return None
        return await self._notices.start(room, address, parcel.id, self._clock.now_ms())

    def _failed(self, parcel: Parcel, code: int, said: str) -> Outcome:
        """4xx and a server that is away: later. 5xx: never (RFC 5321 section 4.2.1)."""
        delay_s = None if code >= 500 else backoff.next_delay_s(backoff.NOTICE, parcel.attempts + 1)
        log.warning("letter %s: %d %s", parcel.id, code, said)
        return Outcome(False, f"{code} {said}", delay_s)

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
