"""Language channels of a room: who interprets, who is on, and how one hands over to the other. Pure.

A host grants a channel to people; one of them is *on* and heard in it. The others may be heard as soon as nobody is,
when the one on hands over, or when their asking was not answered in time. Handing over is one step: nobody is off
before the other is on.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from livehub.errors import Conflict, Forbidden, NotFound

#: channels of a room, and people who may interpret into one: they relieve each other
MAX_CHANNELS: Final = 12
MAX_INTERPRETERS: Final = 4
#: an asking that was not answered for so long is as good as granted: whoever is on may have dropped out
ASKING_S: Final = 10.0


class NotInterpreter(Forbidden):
    code, title = "not_interpreter", "The host has not asked you to interpret into this language"


class ChannelNotFound(NotFound):
    code, title = "channel_not_found", "Nobody interprets into this language here"


class ChannelBusy(Conflict):
    """``on`` says who is heard now, ``wait_s`` how long an asking has still to wait for an answer."""

    code, title = "channel_busy", "Somebody else is interpreting; ask to take over"


class TooManyChannels(Conflict):
    """``limit`` says how many."""

    code, title = "too_many_channels", "As many languages or interpreters as a room can have"


@dataclass(frozen=True, slots=True)
class Channel:
    """``interpreters``: identity → display name, as pairs in the order they were asked. ``asked_ms``: since when
    ``asked`` wants to take over, of the wall clock.
    """

    locale: str
    interpreters: tuple[tuple[str, str], ...] = ()
    on: str = ""
    asked: str = ""
    asked_ms: int = 0

    def has(self, identity: str) -> bool:
        return any(identity == one for one, _ in self.interpreters)

    def require(self, identity: str) -> None:
        """Raises: NotInterpreter."""
        if not self.has(identity):
            raise NotInterpreter

    def granted(self, identity: str, display_name: str) -> "Channel":
        """Raises: TooManyChannels."""
        others = tuple(one for one in self.interpreters if one[0] != identity)
        if len(others) >= MAX_INTERPRETERS:
            raise TooManyChannels(f"{MAX_INTERPRETERS} people interpret into this language", limit=MAX_INTERPRETERS)
        return replace(self, interpreters=(*others, (identity, display_name)))

    def revoked(self, identity: str) -> "Channel":
        left = replace(self.off(identity), interpreters=tuple(one for one in self.interpreters if one[0] != identity))
        return replace(left, asked="", asked_ms=0) if left.asked == identity else left

    def taken(self, identity: str, now_ms: int) -> "Channel":
        """``identity`` is on.

        Raises:
            NotInterpreter.
            ChannelBusy: while another is, who has not left an asking unanswered.
        """
        self.require(identity)
        if self.on not in {"", identity}:
            waited_s = (now_ms - self.asked_ms) / 1000 if self.asked == identity else 0.0
            if self.asked != identity or waited_s < ASKING_S:
                raise ChannelBusy(on=self.on, wait_s=round(ASKING_S - waited_s, 1))
        return replace(self, on=identity, asked="", asked_ms=0)

    def wanted(self, identity: str, now_ms: int) -> "Channel":
        """``identity`` asks to take over; asking again keeps the time of the first. Raises: NotInterpreter."""
        self.require(identity)
        if identity in {self.on, self.asked}:
            return self
        return replace(self, asked=identity, asked_ms=now_ms)

    def handed(self, identity: str, to: str) -> "Channel":
        """From who is on to another of the channel. Raises: NotInterpreter, also for who is not on."""
        self.require(to)
        if self.on != identity:
            raise NotInterpreter("Only who is on hands over")
        return replace(self, on=to, asked="", asked_ms=0)

    def off(self, identity: str) -> "Channel":
        """Nobody is on, if it was ``identity``; who asked is on then."""
        if self.on != identity:
            return self
        return replace(self, on=self.asked, asked="", asked_ms=0)

    def present(self) -> dict[str, Any]:
        return {
            "locale": self.locale,
            "interpreters": [{"identity": identity, "display_name": name} for identity, name in self.interpreters],
            "on": self.on or None,
            "asked": self.asked or None,
        }


class Channels:
    """Of one room, by locale."""

    def __init__(self, channels: tuple[Channel, ...] = ()) -> None:
        self._by_locale = {channel.locale: channel for channel in channels}

    @property
    def all(self) -> tuple[Channel, ...]:
        return tuple(self._by_locale.values())

    def of(self, locale: str) -> Channel:
        """Raises: ChannelNotFound."""
        found = self._by_locale.get(locale)
        if found is None:
            raise ChannelNotFound
        return found

    def interprets(self, identity: str) -> bool:
        return any(channel.has(identity) for channel in self.all)

    def grant(self, locale: str, identity: str, display_name: str) -> None:
        """Into one language at a time: another that they had is taken. Raises: TooManyChannels."""
        if locale not in self._by_locale and len(self._by_locale) >= MAX_CHANNELS:
            raise TooManyChannels(f"A room has {MAX_CHANNELS} languages at the most", limit=MAX_CHANNELS)
        granted = self._by_locale.get(locale, Channel(locale)).granted(identity, display_name)
        for other in [channel.locale for channel in self.all if channel.locale != locale]:
            self.revoke(other, identity)
        self._by_locale[locale] = granted

    def revoke(self, locale: str, identity: str) -> None:
        """A channel without anybody is gone. Raises: ChannelNotFound."""
        self.put(self.of(locale).revoked(identity))

    def put(self, channel: Channel) -> None:
        self._by_locale[channel.locale] = channel
        if not channel.interpreters:
            del self._by_locale[channel.locale]
