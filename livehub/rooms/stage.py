"""What hosts decide about a room's stage: invitations, pins, mutes, and who was sent off it.

It lasts as long as the room runs and lives in memory: after a restart of the process nobody is muted or pinned, roles
(which SQL keeps) decide again who may publish.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from livehub.clock import Clock, iso
from livehub.events import EventBus, RoomEnded
from livehub.rooms.errors import InvitationNotFound, OffStage, StageListFull
from livehub.rooms.interpreting import Channel, Channels, NotInterpreter

#: how long an invitation waits for its answer
INVITATION_S: Final = 120.0
#: invitations that wait in one room, pins, and people that are muted or were sent off
MAX_INVITATIONS: Final = 64
MAX_PINS: Final = 4
MAX_LISTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Invitation:
    """To come on stage. ``until_s`` on the monotonic clock, ``expires_at`` RFC 3339."""

    identity: str
    display_name: str
    by: str
    by_name: str
    until_s: float
    expires_at: str

    def present(self) -> dict[str, Any]:
        """What the invited and the hosts are shown."""
        return {
            "identity": self.identity,
            "display_name": self.display_name,
            "by": {"identity": self.by, "display_name": self.by_name},
            "expires_at": self.expires_at,
        }


@dataclass(frozen=True, slots=True)
class Muted:
    """Of one member, what is not forwarded: by a host's will or by their own. Each lifts only their own."""

    host_audio: bool = False
    host_video: bool = False
    own_audio: bool = False
    own_video: bool = False

    @property
    def audio(self) -> bool:
        return self.host_audio or self.own_audio

    @property
    def video(self) -> bool:
        return self.host_video or self.own_video

    def present(self) -> dict[str, Any]:
        """``by_host``: the kinds that only a host can open again."""
        by_host = [kind for kind, held in (("audio", self.host_audio), ("video", self.host_video)) if held]
        return {"audio": self.audio, "video": self.video, "by_host": by_host}


NOT_MUTED: Final = Muted()


@dataclass(slots=True)
class _Stage:
    invitations: dict[str, Invitation] = field(default_factory=dict)
    muted: dict[str, Muted] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    #: (identity, source or None for both), the first pinned first
    pins: list[tuple[str, str | None]] = field(default_factory=list)
    channels: Channels = field(default_factory=Channels)


class _Document(msgspec.Struct):
    """A stage as it goes between processes. Monotonic clocks are each machine's own, so ``until_s`` stays behind."""

    invitations: list[Invitation]
    muted: dict[str, Muted]
    off: list[str]
    pins: list[tuple[str, str | None]]
    channels: tuple[Channel, ...] = ()


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Document).decode


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class StageDesk:
    """Asked and told by signalling, and by WHIP whether somebody was sent off."""

    def __init__(self, clock: Clock, bus: EventBus) -> None:
        self._clock = clock
        self._stages: dict[str, _Stage] = {}
        bus.subscribe(RoomEnded, lambda event: self._forget(event.room_id))

    def _forget(self, room_id: str) -> None:
        self._stages.pop(room_id, None)

    def _of(self, room_id: str) -> _Stage:
        return self._stages.setdefault(room_id, _Stage())

    # --- for other processes of the server

    def dump(self, room_id: str) -> bytes:
        """All that is decided about a room's stage; empty when nothing is."""
        stage = self._stages.get(room_id)
        if stage is None or not (stage.invitations or stage.muted or stage.off or stage.pins or stage.channels.all):
            return b""
        waiting = [replace(item, until_s=0.0) for item in stage.invitations.values()]
        return _encode(_Document(waiting, stage.muted, sorted(stage.off), stage.pins, stage.channels.all))

    def restore(self, room_id: str, document: bytes) -> None:
        """What another process dumped takes the place of what is here."""
        if not document:
            self._stages.pop(room_id, None)
            return
        known = _decode(document)
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic()
        invitations = {
            item.identity: replace(item, until_s=now_s + (_milliseconds(item.expires_at) - now_ms) / 1000)
            for item in known.invitations
        }
        channels = Channels(known.channels)
        self._stages[room_id] = _Stage(invitations, dict(known.muted), set(known.off), list(known.pins), channels)

    # --- invitations

    def invite(self, room_id: str, identity: str, display_name: str, by: str, by_name: str) -> Invitation:
        """A new invitation takes the place of one to the same member, and of having been sent off.

        Raises: StageListFull.
        """
        stage = self._of(room_id)
        self.invitations(room_id)  # drops those that are over
        if identity not in stage.invitations and len(stage.invitations) >= MAX_INVITATIONS:
            raise StageListFull(f"{MAX_INVITATIONS} invitations wait already", limit=MAX_INVITATIONS)
        until_s = self._clock.monotonic() + INVITATION_S
        expires_at = iso(self._clock.now_ms() + int(INVITATION_S * 1000))
        made = Invitation(identity, display_name, by, by_name, until_s, expires_at)
        stage.invitations[identity] = made
        return made

    def invitations(self, room_id: str) -> list[Invitation]:
        """Those that wait."""
        stage, now_s = self._stages.get(room_id), self._clock.monotonic()
        if stage is None:
            return []
        stage.invitations = {name: item for name, item in stage.invitations.items() if item.until_s > now_s}
        return list(stage.invitations.values())

    def invitation(self, room_id: str, identity: str) -> Invitation | None:
        return next((item for item in self.invitations(room_id) if item.identity == identity), None)

    def take(self, room_id: str, identity: str) -> Invitation:
        """The invitation that is answered; there is none after it. Raises: InvitationNotFound."""
        found = self.invitation(room_id, identity)
        if found is None:
            raise InvitationNotFound
        del self._of(room_id).invitations[identity]
        return found

    def withdraw(self, room_id: str, identity: str) -> Invitation | None:
        """The one that there was."""
        stage = self._stages.get(room_id)
        return None if stage is None else stage.invitations.pop(identity, None)

    def restore_invitation(
        self, room_id: str, identity: str, before: Invitation | None, after: Invitation | None
    ) -> None:
        """``before`` in place of ``after``, unless it was answered, or another sent, meanwhile."""
        present = self.invitation(room_id, identity)
        if (present and present.expires_at) != (after and after.expires_at):
            return
        if before is not None:
            self._of(room_id).invitations[identity] = before
        else:
            self.withdraw(room_id, identity)

    # --- off the stage

    def send_off(self, room_id: str, identity: str) -> bool:
        """They may not publish until they are invited again, also where the stage is open. False: that was so already.

        Raises: StageListFull.
        """
        if self.is_off(room_id, identity):
            return False
        stage = self._of(room_id)
        self._check_room(stage.off, identity)
        stage.off.add(identity)
        return True

    def let_back(self, room_id: str, identity: str) -> None:
        self._of(room_id).off.discard(identity)

    def is_off(self, room_id: str, identity: str) -> bool:
        stage = self._stages.get(room_id)
        return stage is not None and identity in stage.off

    def check_may_publish(self, room_id: str, identity: str) -> None:
        """Raises: OffStage."""
        if self.is_off(room_id, identity):
            raise OffStage

    # --- interpreters

    def channels(self, room_id: str) -> Channels:
        """The room's language channels, to be changed in place."""
        return self._of(room_id).channels

    def present_channels(self, room_id: str) -> list[dict[str, Any]]:
        """[{locale, interpreters: [{identity, display_name}], on, asked}]."""
        stage = self._stages.get(room_id)
        return [] if stage is None else [channel.present() for channel in stage.channels.all]

    def check_may_interpret(self, room_id: str, identity: str) -> None:
        """Raises: NotInterpreter."""
        stage = self._stages.get(room_id)
        if stage is None or not stage.channels.interprets(identity):
            raise NotInterpreter

    # --- mutes and pins

    def mute(self, room_id: str, identity: str, *, by_host: bool, kinds: Mapping[str, bool]) -> Muted:
        """``kinds``: audio, video → muted. Those left out stay as they are. Raises: StageListFull."""
        stage = self._of(room_id)
        who = "host" if by_host else "own"
        changed = replace(self.muted(room_id, identity), **{f"{who}_{kind}": value for kind, value in kinds.items()})
        if changed == NOT_MUTED:
            stage.muted.pop(identity, None)
        else:
            self._check_room(stage.muted, identity)
            stage.muted[identity] = changed
        return changed

    def muted(self, room_id: str, identity: str) -> Muted:
        stage = self._stages.get(room_id)
        return NOT_MUTED if stage is None else stage.muted.get(identity, NOT_MUTED)

    def all_muted(self, room_id: str) -> Mapping[str, Muted]:
        stage = self._stages.get(room_id)
        return MappingProxyType({} if stage is None else stage.muted)

    def pin(self, room_id: str, identity: str, source: str | None, *, pinned: bool) -> int | None:
        """The latest pin comes first. What place it had before; None: it was not pinned. Raises: StageListFull."""
        stage = self._of(room_id)
        others = [pin for pin in stage.pins if pin != (identity, source)]
        if pinned and len(others) >= MAX_PINS:
            raise StageListFull(f"At most {MAX_PINS} can be pinned; take a pin off first", limit=MAX_PINS)
        before = stage.pins.index((identity, source)) if len(others) < len(stage.pins) else None
        stage.pins = [(identity, source), *others] if pinned else others
        return before

    def restore_pin(self, room_id: str, identity: str, source: str | None, place: int | None) -> None:
        """Where it was before :meth:`pin`."""
        stage = self._of(room_id)
        stage.pins = [pin for pin in stage.pins if pin != (identity, source)]
        if place is not None:
            stage.pins.insert(place, (identity, source))
            del stage.pins[MAX_PINS:]

    def pins(self, room_id: str) -> list[tuple[str, str | None]]:
        stage = self._stages.get(room_id)
        return [] if stage is None else list(stage.pins)

    def present_pins(self, room_id: str) -> list[dict[str, Any]]:
        """[{identity, source}], the first pinned first."""
        return [{"identity": identity, "source": source} for identity, source in self.pins(room_id)]

    @staticmethod
    def _check_room(listed: Iterable[str], identity: str) -> None:
        names = set(listed)
        if identity not in names and len(names) >= MAX_LISTED:
            raise StageListFull(f"At most {MAX_LISTED} people can be muted or sent off", limit=MAX_LISTED)
