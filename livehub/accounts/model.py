"""Account and API key, and the rules for what people type into them."""

import re
import unicodedata
from dataclasses import dataclass

from livehub.errors import InvalidInput
from livehub.text import one_line

MAX_DISPLAY_NAME_CHARS = 40
MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 256
#: RFC 5321 section 4.5.3.1.3, less the angle brackets
MAX_EMAIL_CHARS = 254
MAX_TITLE_CHARS = 80

_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f\"(),:;<>\[\\\]]{1,64}@(?:[^@\s.,:;<>\[\\\]()\"_]{1,63}\.)*[^@\s.,:;<>\[\\\]()\"_]{1,63}"
)


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    email: str
    password_hash: str
    display_name: str
    locale: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """``key_hash`` is the SHA-256 of the key in hex; the key itself is shown once and kept nowhere."""

    id: str
    account_id: str
    key_hash: str
    title: str
    created_at: int


def normalise_email(text: str) -> str:
    """The form in which an address is kept and compared: NFKC, case folded, no space around.

    Folding the local part is not what RFC 5321 promises, but what every large provider does, and it keeps two
    accounts from looking the same.

    Raises:
        InvalidInput: not an address.
    """
    if len(text) > MAX_EMAIL_CHARS:
        raise InvalidInput("This e-mail address is too long", field="email")
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if len(plain) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(plain) or ".." in plain:
        raise InvalidInput("Give an e-mail address such as ana@example.org", field="email")
    return plain


def check_display_name(text: str) -> str:
    """Raises: InvalidInput."""
    return one_line(text, "display_name", max_chars=MAX_DISPLAY_NAME_CHARS)


def check_password(text: str, *, email: str) -> str:
    """A new password in NFC: long, and not the address itself. Nothing else is asked (NIST SP 800-63B section 5.1.1.2).

    Raises:
        InvalidInput.
    """
    plain = normalise_password(text)
    if len(plain) < MIN_PASSWORD_CHARS:
        raise InvalidInput(f"Use at least {MIN_PASSWORD_CHARS} characters", field="password", code="password_too_short")
    if plain.casefold() == email or len(set(plain)) < 3:
        raise InvalidInput("This password is too easy to guess", field="password", code="password_too_easy")
    return plain


def normalise_password(text: str) -> str:
    """NFC, so that every keyboard's way of writing é is the same one. Raises: InvalidInput when too long."""
    if len(text) > MAX_PASSWORD_CHARS:
        raise InvalidInput(f"Use at most {MAX_PASSWORD_CHARS} characters", field="password", code="password_too_long")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("This password has a broken character", field="password") from None
    return unicodedata.normalize("NFC", text)
