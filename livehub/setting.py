"""How an operator writes down a service that is reached by HTTP: its address, and options behind a question mark.

For plug-ins of every kind. Nothing here ever shows a key.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

MAX_KEY_CHARS: Final = 10_000
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is reached, and what it wants to know. ``url`` has no slash at its end."""

    url: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, setting: str, *, example: str, options: Collection[str] = (), default: str = "") -> "Address":
        """From ``http(s)://host[:port][/path][?option=value&…]``, or only ``?option=value`` with a ``default``.

        Raises:
            ValueError: not such an address. The message gives ``example`` and never the address: it may hold a key.
        """
        if default and (not setting or setting.startswith("?")):
            setting = default + setting
        try:
            parts = urlsplit(setting)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not setting.isprintable() or " " in setting:
            raise ValueError(f"write the server's address, such as {example}")
        if parts.username is not None or parts.fragment:
            raise ValueError(f"the address may not have a user name or a fragment; write {example}")
        query = parse_qs(parts.query, keep_blank_values=True)
        allowed = ", ".join(sorted(options)) or "none"
        if set(query) - set(options) or any(len(values) > 1 for values in query.values()):
            raise ValueError(f"the options are {allowed}, each once at the most, as in {example}")
        url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        return cls(url, {name: values[0] for name, values in query.items()})

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return urlsplit(self.url).hostname in _LOCAL

    def key(self, option: str = "key") -> str:
        """What ``option`` says, or the file that ``<option>_file`` names; "" when neither is given.

        Raises:
            ValueError: both are given, or the file cannot be read or holds no key of one line.
        """
        path = self.options.get(f"{option}_file", "")
        if not path:
            return _one_line(self.options.get(option, ""), option)
        if option in self.options:
            raise ValueError(f"write {option} or {option}_file, not both")
        key = _one_line(read_small(Path(path), f"{option}_file").strip(), f"{option}_file")
        if not key:
            raise ValueError(f"the file that {option}_file names is empty")
        return key


def read_small(path: Path, what: str) -> str:
    """A file's text, if it is small enough to be a key. Raises: ValueError."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_KEY_CHARS + 1)
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise ValueError(f"the file that {what} names cannot be read: {said}") from None
    if len(text) > MAX_KEY_CHARS:
        raise ValueError(f"the file that {what} names has more than {MAX_KEY_CHARS} characters: it holds no key")
    return text


def _one_line(key: str, what: str) -> str:
    """A key goes into a header: nothing may end it (RFC 9110 section 5.5)."""
    if not key.isascii() or not key.isprintable() or len(key) > MAX_KEY_CHARS:
        raise ValueError(f"{what} has to be one line of ASCII characters")
    return key
