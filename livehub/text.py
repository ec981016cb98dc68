"""Short texts from outside, made plain: names and titles that look the same everywhere and disturb no page."""

import re
import unicodedata
from urllib.parse import urlsplit

from livehub.errors import InvalidInput

#: overrides and isolates would turn the text around them; they have no place in a name (Unicode UAX #9, UTS #55)
_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN_IN_LINE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb{_BIDI_CONTROLS}]")
_FORBIDDEN_IN_LINES = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb{_BIDI_CONTROLS}]")
#: what a cell begins with that a spreadsheet would run as a formula; the wide ones too, as East Asian ones read them
#: (OWASP, CSV injection)
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SPACES = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")


#: what a machine answers is not refused for these, and goes without them; the plain marks U+200E and U+200F stay, for
#: Arabic needs them
_NOT_ANSWERED = re.compile("[\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def answered(text: str) -> str:
    """What an engine said, of whoever's, as one line that turns no text around it, and that can be sent and kept."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _BREAKS.sub(" ", _NOT_ANSWERED.sub("", text)).strip()


def one_line(text: str, field: str, *, max_chars: int, min_chars: int = 1) -> str:
    """``text`` in NFC, its spaces single and none at the ends.

    Raises:
        InvalidInput: control or direction-override characters, nothing visible, or a wrong length.
    """
    if len(text) > 4 * max_chars:
        raise InvalidInput(f"Use at most {max_chars} characters", field=field)
    if text.isascii() and text.isprintable():  # nothing of what follows is in it but spaces, and all of it shows
        plain = " ".join(text.split())
        _check_length(plain, field, min_chars, max_chars)
        return plain
    if _FORBIDDEN_IN_LINE.search(text) or _SURROGATE.search(text):
        raise InvalidInput("Leave out control characters and marks that change the direction of text", field=field)
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    _check_length(plain, field, min_chars, max_chars)
    return plain


def many_lines(text: str, field: str, *, max_chars: int) -> str:
    """As :func:`one_line`, with line breaks kept; may be empty."""
    if len(text) > 4 * max_chars:
        raise InvalidInput(f"Use at most {max_chars} characters", field=field)
    if text.isascii() and text.isprintable():
        plain = text.strip()
        _check_length(plain, field, 0, max_chars)
        return plain
    text = text.replace("\r\n", "\n").replace("\t", " ")
    if _FORBIDDEN_IN_LINES.search(text) or _SURROGATE.search(text):
        raise InvalidInput("Leave out control characters and marks that change the direction of text", field=field)
    plain = unicodedata.normalize("NFC", text).strip()
    _check_length(plain, field, 0, max_chars)
    return plain


def web_address(text: str, field: str) -> str:
    """An address that people will go to: http(s) with a host, of printable ASCII without spaces.

    Nothing in it may end a line of a letter, or look like the name of another site before an ``@``.

    Raises:
        InvalidInput: anything else.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidInput("This is no address", field=field) from None
    plain = text.isascii() and text.isprintable() and " " not in text
    if not plain or not port_ok or parts.scheme not in {"https", "http"} or not parts.hostname:
        raise InvalidInput("Give an address that begins with https://", field=field)
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("Leave user name and password out of the address", field=field)
    return text


def safe_cell(text: str) -> str:
    """A cell of a table that no spreadsheet runs as a formula: it begins with an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def bare_cell(text: str) -> str:
    """Without what :func:`safe_cell` put before it."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_MARKS) else text


def _check_length(plain: str, field: str, min_chars: int, max_chars: int) -> None:
    # Marks and format characters alone show nothing: a name of them would be an empty one.
    if plain.isascii():
        visible = len(plain) - plain.count(" ") - plain.count("\n")  # the only ones of those that are left in it
    else:
        visible = sum(unicodedata.category(char)[0] not in "MCZ" for char in plain)
    if len(plain) > max_chars or visible < min_chars:
        wanted = f"from {min_chars} to {max_chars}" if min_chars else f"at most {max_chars}"
        raise InvalidInput(f"Use {wanted} characters", field=field)
