"""How the Stripe gateway is set up, read from what follows ``stripe:`` in ``LIVEHUB_PAYMENTS``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

API: Final = "https://api.stripe.com"
_MODES: Final = ("checkout", "intents")
_NAMES: Final = frozenset({"key", "webhook", "publishable", "mode", "methods", "api"})


@dataclass(frozen=True, slots=True)
class StripeSetting:
    """``key`` and ``webhook`` are secrets: ``sk_…`` or ``rk_…``, and the endpoint's ``whsec_…`` (several with ``+``
    while one is rotated). ``mode``: ``checkout`` sends buyers to Stripe's page, ``intents`` is paid in place by
    Stripe.js or a mobile SDK and needs ``publishable``. ``methods``: payment method types; empty, as the account's
    settings say (automatic). ``api``: another server, for tests.
    """

    key: str = field(repr=False)
    webhooks: tuple[str, ...] = field(repr=False)
    mode: str = "checkout"
    publishable: str = ""
    methods: tuple[str, ...] = ()
    api: str = API

    @classmethod
    def parse(cls, text: str) -> "StripeSetting":
        """``name=value`` divided by ``;``, or ``@/path`` of a file with one on each line.

        Raises: ValueError, which never shows a value.
        """
        given = _pairs(text)
        if not given.get("key", "").startswith(("sk_", "rk_")):
            raise ValueError("key has to be a secret or restricted key of Stripe, which begins with sk_ or rk_")
        webhooks = tuple(part for part in given.get("webhook", "").split("+") if part)
        if not webhooks:
            raise ValueError("webhook has to be the signing secret of the webhook endpoint at Stripe")
        mode = given.get("mode", "checkout")
        if mode not in _MODES:
            raise ValueError(f"mode is one of {', '.join(_MODES)}")
        publishable = given.get("publishable", "")
        if mode == "intents" and not publishable.startswith("pk_"):
            raise ValueError("with mode=intents, publishable has to be the publishable key, which begins with pk_")
        api = given.get("api", API).rstrip("/")
        if urlsplit(api).scheme not in {"http", "https"}:
            raise ValueError("api begins with https:// or http://")
        methods = tuple(part for part in given.get("methods", "").split("+") if part)
        return cls(given["key"], webhooks, mode, publishable, methods, api)


def _pairs(text: str) -> dict[str, str]:
    if text.startswith("@"):
        try:
            parts = Path(text[1:]).read_text().splitlines()
        except OSError as error:
            raise ValueError(f"the file cannot be read: {error.strerror}") from None
    else:
        parts = text.split(";")
    found: dict[str, str] = {}
    for part in (part.strip() for part in parts):
        if not part or part.startswith("#"):
            continue
        name, equals, value = part.partition("=")
        if name not in _NAMES or not equals:
            raise ValueError(f"each part is name=value with a name out of {', '.join(sorted(_NAMES))}")
        found[name] = value.strip()
    return found
