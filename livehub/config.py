"""Configuration: one frozen object, made once from the environment by :meth:`Config.from_env`.

Nothing else in livehub reads the environment; domains receive the narrow values they need. The table in
docs/operations.md lists every variable with its default.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

MAX_MEDIA_WORKERS = 64
#: what a process does: all; people's connections; media, recordings, restreams; what runs in the background
ROLES = ("all", "web", "media", "worker")


class ConfigError(ValueError):
    """A variable whose value cannot be used; the message names it and says what would do."""


@dataclass(frozen=True)
class Config:
    host: str = "127.0.0.1"
    port: int = 8080
    #: origin that browsers use, without a trailing slash; cookies are Secure when it is https
    public_url: str = "http://127.0.0.1:8080"
    data_dir: Path = Path("data")
    #: SQLAlchemy URL; SQLite under data_dir unless given
    database_url: str = field(default="", repr=False)
    #: of the Redis or Valkey that several processes share; empty: this is the only one
    redis_url: str = field(default="", repr=False)
    #: of every key in it
    redis_prefix: str = "livehub"
    role: str = "all"
    #: where the other processes reach this one; :attr:`own_url` unless given
    internal_url: str = ""
    #: UDP port of the media plane; 0 takes any free one
    media_port: int = 8443
    #: addresses offered to browsers as ICE candidates, most preferred first; empty: found at start
    media_ips: tuple[str, ...] = ()
    #: processes that forward media, on UDP ports media_port, media_port + 1, …; 0: the web process does it
    media_workers: int = 0
    #: keep each of them on a core of its own
    pin_media_workers: bool = False
    #: how long sessions may go on after SIGTERM
    drain_s: int = 3
    #: signs guest and join tokens and sandbox webhooks; kept in data_dir/secret unless given
    secret: str = field(default="", repr=False)
    #: JSON list of RTCIceServer objects handed to browsers
    ice_servers: str = field(default="[]", repr=False)
    #: shared with the TURN servers among them that have no credentials of their own, and how long a credential holds
    turn_secret: str = field(default="", repr=False)
    turn_ttl_s: int = 3600
    #: room id → origin of the livehub that carries its media; WHIP and WHEP of these rooms are redirected there
    room_origins: Mapping[str, str] = field(default_factory=dict)
    #: provider, or "provider:URL" such as "libretranslate:http://127.0.0.1:5000"; comma-separated, tried in order
    translators: tuple[str, ...] = field(default=("phrasebook",), repr=False)
    #: who writes what is said on stage: "name" or "name:what it needs"; empty: captions are not offered
    transcriber: str = field(default="", repr=False)
    #: characters that a room may have translated in a day by engines that cost; 0: without limit
    translation_daily_chars: int = 500_000
    #: who speaks texts for those whose browser cannot: "name" or "name:what it needs"; comma-separated, tried in order
    speakers: tuple[str, ...] = field(default=(), repr=False)
    #: characters that a room may have spoken in a day; 0: without limit
    speech_daily_chars: int = 100_000
    #: automatic moderators, "name" or "name:what it needs"; comma-separated, all are asked about each line
    moderators: tuple[str, ...] = field(default=(), repr=False)
    payments: tuple[str, ...] = field(default=("sandbox", "manual", "transfer"), repr=False)
    #: checkout hook, or "hook:setting"; comma-separated; asked about each order's tax, shipping and affirmations
    checkout_hooks: tuple[str, ...] = field(default=(), repr=False)
    #: courier, or "courier:setting"; comma-separated; asked for labels, and heard where parcels are
    couriers: tuple[str, ...] = field(default=(), repr=False)
    #: merchants' webhooks may go to private addresses: only where every merchant is trusted with this network
    allow_private_webhooks: bool = False
    #: shows may be sent on to private addresses, by WHIP also without TLS: only where every host is trusted with them
    allow_private_restreams: bool = False
    #: where letters are handed in: smtps://user:password@host:465, smtp://…:587 (STARTTLS); empty: no letters are sent
    smtp_url: str = field(default="", repr=False)
    #: the address that letters come from
    mail_from: str = ""
    #: what push services may write to about this server, mailto: or https:; made of mail_from or public_url when empty
    push_contact: str = ""
    #: push services may be at private addresses, also without TLS: only for a push service of one's own
    allow_private_push: bool = False
    #: days that recordings are kept after their end; 0 keeps them until they are deleted
    recording_retention_days: int = 0
    #: minutes after which a live room with nobody in it and nothing on air is ended; 0: never
    room_abandoned_min: int = 60
    #: nothing is recorded with less than this free on the disk of the data directory
    recording_min_free_mb: int = 1024
    #: HLS: off, auto (a room is packaged once somebody asks for it) or on (as soon as something is on air)
    hls: str = "auto"
    #: seconds that an HLS viewer may seek back
    hls_window_s: int = 120
    log: str = "info"

    @property
    def own_url(self) -> str:
        """Where the server reaches itself without leaving the machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"

    @property
    def has_media(self) -> bool:
        return self.role in {"all", "media"}

    @property
    def has_worker(self) -> bool:
        return self.role in {"all", "worker"}

    @property
    def is_local(self) -> bool:
        """Pages are served to this machine alone, whose browsers then need a candidate on loopback."""
        return self.host in {"127.0.0.1", "localhost", "::1"}

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Config":
        """Read ``LIVEHUB_*``. Creates the data directory and, where none is given, a secret in it (mode 0600).

        Raises:
            ConfigError: a value that cannot be used.
        """
        env = os.environ if env is None else env
        host = env.get("LIVEHUB_HOST", cls.host)
        port = _integer(env, "LIVEHUB_PORT", 8080)
        data_dir = Path(env.get("LIVEHUB_DATA_DIR", "data")).resolve()
        # Addresses, orders and the secret are in it: nobody else on this machine needs to look.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shown_host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
        public_url = env.get("LIVEHUB_PUBLIC_URL", f"http://{shown_host}:{port}").rstrip("/")
        if not public_url.startswith(("http://", "https://")):
            raise ConfigError("LIVEHUB_PUBLIC_URL must begin with http:// or https://")
        redis_url, database_url = env.get("LIVEHUB_REDIS_URL", ""), env.get("LIVEHUB_DATABASE_URL", "")
        role = _role(env, redis_url, database_url)
        log = env.get("LIVEHUB_LOG", "info").lower()
        if log not in {"debug", "info", "warning", "error"}:
            raise ConfigError("LIVEHUB_LOG must be one of debug, info, warning, error")
        hls = env.get("LIVEHUB_HLS", "auto").lower()
        if hls not in {"off", "auto", "on"}:
            raise ConfigError("LIVEHUB_HLS must be one of off, auto, on")
        return cls(
            host=host,
            port=port,
            public_url=public_url,
            data_dir=data_dir,
            redis_url=redis_url,
            redis_prefix=env.get("LIVEHUB_REDIS_PREFIX") or cls.redis_prefix,
            role=role,
            internal_url=env.get("LIVEHUB_INTERNAL_URL", "").rstrip("/"),
            database_url=database_url or f"sqlite:///{data_dir / 'livehub.db'}",
            media_port=_integer(env, "LIVEHUB_MEDIA_PORT", 8443),
            media_ips=_listed(env.get("LIVEHUB_MEDIA_IP", "")),
            media_workers=_media_workers(env),
            pin_media_workers=_flag(env, "LIVEHUB_MEDIA_PIN"),
            drain_s=_seconds(env, "LIVEHUB_DRAIN_S", cls.drain_s, least=0, most=86_400),
            secret=_secret(env, data_dir),
            ice_servers=env.get("LIVEHUB_ICE_SERVERS", "[]"),
            turn_secret=env.get("LIVEHUB_TURN_SECRET", ""),
            turn_ttl_s=_seconds(env, "LIVEHUB_TURN_TTL_S", cls.turn_ttl_s, least=60, most=86_400),
            room_origins=_room_origins(env),
            translators=_listed(env.get("LIVEHUB_TRANSLATOR", "phrasebook")),
            transcriber=env.get("LIVEHUB_TRANSCRIBER", "").strip(),
            translation_daily_chars=_count(
                env, "LIVEHUB_TRANSLATION_DAILY_CHARS", cls.translation_daily_chars, digits=10
            ),
            speakers=_listed(env.get("LIVEHUB_SPEAKER", "")),
            speech_daily_chars=_count(env, "LIVEHUB_SPEECH_DAILY_CHARS", cls.speech_daily_chars, digits=10),
            moderators=_listed(env.get("LIVEHUB_MODERATORS", "")),
            payments=_listed(env.get("LIVEHUB_PAYMENTS", "sandbox,manual,transfer")),
            checkout_hooks=_listed(env.get("LIVEHUB_CHECKOUT_HOOKS", "")),
            couriers=_listed(env.get("LIVEHUB_COURIERS", "")),
            allow_private_webhooks=_flag(env, "LIVEHUB_ALLOW_PRIVATE_WEBHOOKS"),
            allow_private_restreams=_flag(env, "LIVEHUB_ALLOW_PRIVATE_RESTREAMS"),
            smtp_url=env.get("LIVEHUB_SMTP_URL", ""),
            mail_from=_mail_from(env),
            push_contact=_push_contact(env, public_url),
            allow_private_push=_flag(env, "LIVEHUB_ALLOW_PRIVATE_PUSH"),
            room_abandoned_min=_count(env, "LIVEHUB_ROOM_ABANDONED_MIN", 60),
            recording_retention_days=_count(env, "LIVEHUB_RECORDING_RETENTION_DAYS", 0),
            recording_min_free_mb=_count(env, "LIVEHUB_RECORDING_MIN_FREE_MB", 1024),
            hls=hls,
            hls_window_s=_seconds(env, "LIVEHUB_HLS_WINDOW", 120, least=30, most=6 * 3600),
            log=log,
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _mail_from(env: Mapping[str, str]) -> str:
    text = env.get("LIVEHUB_MAIL_FROM", "")
    if env.get("LIVEHUB_SMTP_URL") and not text:
        raise ConfigError("LIVEHUB_SMTP_URL is set; say with LIVEHUB_MAIL_FROM which address letters come from")
    if text and not re.fullmatch(r"[^@\s<>,;:]+@[^@\s<>,;:]+", text):
        raise ConfigError(f"LIVEHUB_MAIL_FROM must be an address such as shop@example.org, not {text!r}")
    return text


def _push_contact(env: Mapping[str, str], public_url: str) -> str:
    """RFC 8292 section 2.1 wants one; push services refuse what is neither."""
    text = env.get("LIVEHUB_PUSH_CONTACT", "")
    if not text and env.get("LIVEHUB_MAIL_FROM"):
        return f"mailto:{env['LIVEHUB_MAIL_FROM']}"
    if not text:
        return public_url if public_url.startswith("https://") else f"mailto:livehub@{urlsplit(public_url).hostname}"
    if not text.startswith(("mailto:", "https://")):
        raise ConfigError(f"LIVEHUB_PUSH_CONTACT must begin with mailto: or https://, not {text!r}")
    return text


def _room_origins(env: Mapping[str, str]) -> Mapping[str, str]:
    origins: dict[str, str] = {}
    for entry in _listed(env.get("LIVEHUB_ROOM_ORIGINS", "")):
        room, _, origin = entry.partition("=")
        parts = urlsplit(origin)
        if not room or parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
            raise ConfigError(f"LIVEHUB_ROOM_ORIGINS wants room=https://host entries, not {entry!r}")
        origins[room] = origin
    return origins


def _role(env: Mapping[str, str], redis_url: str, database_url: str) -> str:
    """What several processes need is asked for together."""
    role = env.get("LIVEHUB_ROLE", "") or "all"
    if role not in ROLES:
        raise ConfigError(f"LIVEHUB_ROLE must be one of {', '.join(ROLES)}, not {role!r}")
    if not redis_url:
        if role != "all":
            raise ConfigError(
                f"LIVEHUB_ROLE={role} is for one of several processes, which meet over Redis: set LIVEHUB_REDIS_URL"
            )
        return role
    if urlsplit(redis_url).scheme not in {"redis", "rediss", "unix"}:
        raise ConfigError("LIVEHUB_REDIS_URL must begin with redis://, rediss:// or unix://")
    if not database_url or database_url.startswith("sqlite"):
        raise ConfigError(
            "LIVEHUB_REDIS_URL is set: several processes need PostgreSQL, because only one process can write to a "
            "SQLite file. Set LIVEHUB_DATABASE_URL to a postgresql:// address, or unset LIVEHUB_REDIS_URL to run "
            "as one process"
        )
    return role


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 5) or not 0 <= int(text) <= 65535:
        raise ConfigError(f"{name} must be a port number from 0 to 65535, not {text!r}")
    return int(text)


def _seconds(env: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9) or not least <= int(text) <= most:
        raise ConfigError(f"{name} must be a number of seconds from {least} to {most}, not {text!r}")
    return int(text)


def _count(env: Mapping[str, str], name: str, default: int, *, digits: int = 7) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise ConfigError(f"{name} must be a whole number, 0 or more, not {text!r}")
    return int(text)


def _media_workers(env: Mapping[str, str]) -> int:
    text = env.get("LIVEHUB_MEDIA_WORKERS", "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 2) or int(text) > MAX_MEDIA_WORKERS:
        raise ConfigError(f"LIVEHUB_MEDIA_WORKERS must be a number from 0 to {MAX_MEDIA_WORKERS}, not {text!r}")
    return int(text)


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "0")
    if text not in {"0", "1"}:
        raise ConfigError(f"{name} must be 0 or 1")
    return text == "1"


def _secret(env: Mapping[str, str], data_dir: Path) -> str:
    given = env.get("LIVEHUB_SECRET", "")
    if given:
        if len(given) < 32:
            raise ConfigError("LIVEHUB_SECRET must have at least 32 characters; `openssl rand -hex 32` makes one")
        return given
    path = data_dir / "secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        kept = path.read_text().strip()
        if len(kept) < 32:
            raise ConfigError(
                f"{path} is damaged; delete it, and a new one is made (guests have to join anew)"
            ) from None
        return kept
    made = secrets.token_hex(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made
