"""A media plane from plain settings: the same in the web process and in a worker of its own."""

from dataclasses import dataclass, field
from pathlib import Path

from livehub.clock import Clock
from livehub.events import EventBus
from livehub.media.hls.apart import ApartPackager
from livehub.media.hls.channels import ChannelPackager
from livehub.media.hls.packager import Packager
from livehub.media.limits import HlsLimits, MediaLimits
from livehub.media.plane import MediaPlane


@dataclass(frozen=True, slots=True)
class PlaneSettings:
    """Plain data, for it is sent to workers; the members mean what they mean at :class:`MediaPlane`.

    ``hls_dir``, ``apart_dir``, ``channels_dir``: where HLS of rooms, of some people in them, and of interpreters is
    written; without it none is made.
    """

    port: int
    ips: tuple[str, ...] = ()
    with_loopback: bool = False
    hls_dir: Path | None = None
    apart_dir: Path | None = None
    channels_dir: Path | None = None
    limits: MediaLimits = field(default_factory=MediaLimits)
    hls_limits: HlsLimits = field(default_factory=HlsLimits)
    allow_private_restreams: bool = False
    session_prefix: str = ""


def make_plane(settings: PlaneSettings, *, bus: EventBus, clock: Clock) -> MediaPlane:
    return MediaPlane(
        settings.port,
        settings.ips,
        with_loopback=settings.with_loopback,
        bus=bus,
        clock=clock,
        limits=settings.limits,
        packager=Packager(settings.hls_dir, settings.hls_limits) if settings.hls_dir else None,
        apart=ApartPackager(settings.apart_dir) if settings.apart_dir else None,
        channels=ChannelPackager(settings.channels_dir) if settings.channels_dir else None,
        allow_private_restreams=settings.allow_private_restreams,
        session_prefix=settings.session_prefix,
    )
