"""The environment, read once: defaults, refusals that say what would do, and a secret that stays."""

import stat
from pathlib import Path

import pytest

from livehub.config import Config, ConfigError


def _read(tmp_path: Path, **env: str) -> Config:
    return Config.from_env({"LIVEHUB_DATA_DIR": str(tmp_path / "data"), **env})


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    config = _read(tmp_path)
    assert (config.host, config.port, config.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert config.database_url == f"sqlite:///{tmp_path / 'data' / 'livehub.db'}"
    assert (config.media_port, config.media_ips) == (8443, ())
    assert config.payments == ("sandbox", "manual", "transfer")
    assert not config.secure_cookies


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = _read(
        tmp_path,
        LIVEHUB_HOST="0.0.0.0",
        LIVEHUB_PORT="9000",
        LIVEHUB_PUBLIC_URL="https://shop.example/",
        LIVEHUB_DATABASE_URL="postgresql://u@h/d",
        LIVEHUB_MEDIA_PORT="0",
        LIVEHUB_MEDIA_WORKERS="3",
        LIVEHUB_MEDIA_PIN="1",
        LIVEHUB_MEDIA_IP="203.0.113.9, 2001:db8::1",
        LIVEHUB_TRANSLATOR="phrasebook, libretranslate:http://127.0.0.1:5000",
        LIVEHUB_PAYMENTS="manual",
        LIVEHUB_RECORDING_RETENTION_DAYS="30",
        LIVEHUB_RECORDING_MIN_FREE_MB="0",
        LIVEHUB_ROOM_ABANDONED_MIN="90",
        LIVEHUB_LOG="DEBUG",
    )
    assert config.public_url == "https://shop.example"
    assert (config.media_workers, config.pin_media_workers) == (3, True)
    assert (config.recording_retention_days, config.recording_min_free_mb, config.room_abandoned_min) == (30, 0, 90)
    assert config.secure_cookies
    assert config.media_ips == ("203.0.113.9", "2001:db8::1")
    assert config.translators == ("phrasebook", "libretranslate:http://127.0.0.1:5000")
    assert (config.payments, config.log, config.media_port) == (("manual",), "debug", 0)
    assert config.database_url == "postgresql://u@h/d"


def test_a_server_on_every_address_is_shown_by_one_that_works(tmp_path: Path) -> None:
    assert _read(tmp_path, LIVEHUB_HOST="0.0.0.0").public_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEHUB_PORT", "http"),
        ("LIVEHUB_PORT", "-1"),
        ("LIVEHUB_PORT", "65536"),
        ("LIVEHUB_PORT", "²"),
        ("LIVEHUB_MEDIA_PORT", "8443/udp"),
        ("LIVEHUB_TURN_TTL_S", "59"),
        ("LIVEHUB_TURN_TTL_S", "1h"),
        ("LIVEHUB_PUBLIC_URL", "shop.example"),
        ("LIVEHUB_SECRET", "short"),
        ("LIVEHUB_LOG", "chatty"),
        ("LIVEHUB_ROOM_ORIGINS", "room_a"),
        ("LIVEHUB_ROOM_ORIGINS", "room_a=ftp://b.example"),
        ("LIVEHUB_ROOM_ORIGINS", "room_a=https://b.example/path"),
        ("LIVEHUB_RECORDING_RETENTION_DAYS", "-1"),
        ("LIVEHUB_RECORDING_RETENTION_DAYS", "a month"),
        ("LIVEHUB_RECORDING_MIN_FREE_MB", "1.5"),
        ("LIVEHUB_ROOM_ABANDONED_MIN", "-5"),
        ("LIVEHUB_MEDIA_WORKERS", "two"),
        ("LIVEHUB_MEDIA_WORKERS", "65"),
        ("LIVEHUB_MEDIA_PIN", "yes"),
        ("LIVEHUB_REDIS_URL", "redis://localhost"),
        ("LIVEHUB_ROLE", "web"),
        ("LIVEHUB_ROLE", "everything"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        _read(tmp_path, **{name: value})


def test_rooms_whose_media_is_elsewhere(tmp_path: Path) -> None:
    config = _read(tmp_path, LIVEHUB_ROOM_ORIGINS="room_a=https://b.example, room_b=http://127.0.0.1:8081")
    assert config.room_origins == {"room_a": "https://b.example", "room_b": "http://127.0.0.1:8081"}


def test_the_secret_is_made_once_and_is_for_the_owner_alone(tmp_path: Path) -> None:
    secret = _read(tmp_path).secret
    assert len(secret) == 64
    assert _read(tmp_path).secret == secret
    mode = stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode)
    assert mode == stat.S_IRUSR | stat.S_IWUSR
    assert secret not in repr(_read(tmp_path))


def test_no_setting_that_may_hold_a_key_is_shown(tmp_path: Path) -> None:
    given = {
        "LIVEHUB_SECRET": "shown-secret-of-thirty-two-letters",
        "LIVEHUB_DATABASE_URL": "postgresql://livehub:shown@db.example/livehub",
        "LIVEHUB_ICE_SERVERS": '[{"urls": "turn:t.example", "username": "u", "credential": "shown"}]',
        "LIVEHUB_TURN_SECRET": "shown",
        "LIVEHUB_TRANSLATOR": "deepl:?key=shown",
        "LIVEHUB_TRANSCRIBER": "openai:?key=shown",
        "LIVEHUB_SPEAKER": "openai:?key=shown",
        "LIVEHUB_MODERATORS": "openai:?key=shown",
        "LIVEHUB_PAYMENTS": "stripe:key=sk_shown;webhook=whsec_shown",
        "LIVEHUB_CHECKOUT_HOOKS": "http:https://tax.example/;secret=whsec_shown",
        "LIVEHUB_COURIERS": "http:https://parcels.example/;secret=whsec_shown",
        "LIVEHUB_SMTP_URL": "smtps://u:shown@mail.example",
        "LIVEHUB_MAIL_FROM": "shop@live.example",
    }
    assert "shown" not in repr(_read(tmp_path, **given))


def test_a_given_secret_leaves_no_file(tmp_path: Path) -> None:
    assert _read(tmp_path, LIVEHUB_SECRET="x" * 32).secret == "x" * 32
    assert not (tmp_path / "data" / "secret").exists()


def test_a_secret_cut_short_is_refused_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text("")
    with pytest.raises(ConfigError, match="damaged"):
        _read(tmp_path)


def test_several_processes_need_postgresql(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"PostgreSQL.*LIVEHUB_DATABASE_URL"):
        _read(tmp_path, LIVEHUB_REDIS_URL="redis://localhost")
    config = _read(
        tmp_path,
        LIVEHUB_REDIS_URL="redis://:secret-word@localhost",
        LIVEHUB_DATABASE_URL="postgresql://localhost/x",
        LIVEHUB_ROLE="web",
    )
    assert (config.role, config.has_media, config.has_worker) == ("web", False, False)
    assert "secret-word" not in repr(config)


def test_one_process_does_everything(tmp_path: Path) -> None:
    config = _read(tmp_path)
    assert (config.redis_url, config.has_media, config.has_worker) == ("", True, True)


def test_letters_need_a_sender_and_push_services_a_contact(tmp_path: Path) -> None:
    def config(**more: str) -> Config:
        return Config.from_env({"LIVEHUB_DATA_DIR": str(tmp_path), **more})

    assert config().push_contact == "mailto:livehub@127.0.0.1"
    assert config(LIVEHUB_PUBLIC_URL="https://live.example").push_contact == "https://live.example"
    mail = {"LIVEHUB_SMTP_URL": "smtps://u:secret@mail.example", "LIVEHUB_MAIL_FROM": "shop@live.example"}
    assert config(**mail).push_contact == "mailto:shop@live.example"
    assert "secret" not in repr(config(**mail))
    for bad in (
        {"LIVEHUB_SMTP_URL": "smtps://mail.example"},
        {"LIVEHUB_MAIL_FROM": "nobody"},
        {"LIVEHUB_MAIL_FROM": "a@b\nBcc: c@d"},
        {"LIVEHUB_PUSH_CONTACT": "tel:1"},
    ):
        with pytest.raises(ConfigError):
            config(**bad)
