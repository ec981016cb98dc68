"""What web and signalling need of the media plane, whether it runs in this process or in workers of its own.

:class:`livehub.media.plane.MediaPlane` implements it in process. Everything that is asked goes through an ``async``
method with plain data in and plain data out, or is told by an event, so that it can also be asked of another process.
What has to be answered at once (``tracks``, ``stats``) is answered from state that events keep up to date.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from livehub.accounts.origin import Origin
from livehub.media.limits import MediaLimits
from livehub.media.rtp.codecs import Codec
from livehub.media.session_stats import SessionStats
from livehub.media.stage import CAMERA, SlotWish, StageOrders


class SessionState(Protocol):
    """A session as it stood when it was asked for; :class:`livehub.media.session.MediaSession` is the living one."""

    @property
    def id(self) -> str: ...

    @property
    def room_id(self) -> str: ...

    @property
    def identity(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def answer_sdp(self) -> str: ...

    @property
    def etag(self) -> str: ...

    @property
    def is_connected(self) -> bool: ...

    @property
    def undecodable(self) -> AbstractSet[str]: ...

    @property
    def source(self) -> str: ...

    @property
    def slots(self) -> Sequence[Mapping[str, Any]]: ...


class MediaService(Protocol):
    """The methods' meaning and errors stand at :class:`livehub.media.plane.MediaPlane`.

    The first argument says whom a call is for: ``room_id`` or ``session_id``.
    """

    @property
    def limits(self) -> MediaLimits: ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> None: ...

    async def drain(self) -> None: ...

    async def publish(
        self,
        room_id: str,
        identity: str,
        display_name: str,
        offer_sdp: str,
        *,
        source: str = CAMERA,
        is_host: bool = False,
        most: int = 0,
        origin: Origin | None = None,
    ) -> SessionState: ...

    async def play(
        self,
        room_id: str,
        identity: str,
        offer_sdp: str,
        video_slots: int = 1,
        *,
        with_own: bool = False,
        wait: bool = True,
        origin: Origin | None = None,
    ) -> SessionState: ...

    async def direct(self, room_id: str, orders: StageOrders) -> None: ...

    async def choose(self, session_id: str, identity: str, wishes: Sequence[SlotWish]) -> None: ...

    async def listen(self, session_id: str, identity: str, locale: str | None) -> None: ...

    async def find(self, session_id: str) -> SessionState: ...

    async def restart_ice(
        self, session_id: str, fragment: str, if_match: Sequence[str] = ("*",)
    ) -> tuple[str, str] | None: ...

    async def session_stats(self, session_id: str) -> SessionStats: ...

    async def room_stats(self, room_id: str, after: str = "", limit: int = 50) -> Sequence[SessionStats]: ...

    async def close_session(self, session_id: str) -> None: ...

    async def close_room(self, room_id: str) -> None: ...

    async def close_identity(self, room_id: str, identity: str) -> None: ...

    async def start_restream(self, room_id: str, target_id: str, *, url: str, key: str) -> Mapping[str, Any]: ...

    async def stop_restream(self, room_id: str, target_id: str) -> None: ...

    async def keyframe(self, room_id: str) -> tuple[Codec, Sequence[bytes]] | None: ...

    async def package(self, room_id: str, reason: str, only: Sequence[str] | None = None) -> None: ...

    async def stop_packaging(self, room_id: str, reason: str) -> None: ...

    def tracks(self, room_id: str) -> Sequence[Mapping[str, Any]]: ...

    def viewers(self, room_id: str) -> int: ...

    def stats(self) -> Mapping[str, Any]: ...
