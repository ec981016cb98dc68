"""What moderation says happened, told to whom it concerns. Bus callbacks: they never block and never raise."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from livehub.accounts.permissions import Action, Role
from livehub.background import Background
from livehub.chat.moderation import Moderation
from livehub.clock import iso
from livehub.events import (
    EventBus,
    LineDecided,
    LineHeld,
    MemberSanctioned,
    MessageDeleted,
    MessageReported,
    MessageRestored,
    ModerationLogged,
    ReportsSettled,
    RoomRulesChanged,
)
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.member import Member
from livehub.signalling.sequence import EVERYONE, Audience
from livehub.signalling.translations import Translations

MODERATORS: Final = Audience(action=Action.MODERATE)
#: an event → (name, payload, audience) of what clients are told of it
_TOLD: Final[Mapping[type[Any], Callable[[Any], tuple[str, Mapping[str, Any], Audience]]]] = {
    ModerationLogged: lambda event: ("moderation:logged", {"entry": event.entry}, MODERATORS),
    LineHeld: lambda event: ("moderation:held", {"item": event.item}, MODERATORS),
    LineDecided: lambda event: (
        "chat:decided",
        {"id": event.held_id, "author": event.author, "client_id": event.client_id, "approved": event.approved},
        Audience(action=Action.MODERATE, identity=event.author),
    ),
    MessageReported: lambda event: ("moderation:reported", {"report": event.report}, MODERATORS),
    ReportsSettled: lambda event: ("moderation:resolved", {"id": event.message_id, "upheld": event.upheld}, MODERATORS),
    MessageDeleted: lambda event: ("chat:deleted", {"id": event.message_id, "by": event.by}, EVERYONE),
    MessageRestored: lambda event: ("chat:restored", {"message": event.message}, EVERYONE),
    RoomRulesChanged: lambda event: ("room:rules", {"rules": event.rules}, EVERYONE),
}


class ModeratingNotices:
    def __init__(
        self,
        bus: EventBus,
        broadcaster: Broadcaster,
        admission: Admission,
        translations: Translations,
        moderation: Moderation,
        jobs: Background,
    ) -> None:
        self._bus: Final = bus
        self._broadcaster: Final = broadcaster
        self._admission: Final = admission
        self._moderation: Final = moderation
        self._jobs: Final = jobs
        self._translations: Final = translations
        # What is told to a room is told once, to all who are in it in whatever process.
        for kind in _TOLD:
            bus.subscribe(kind, self._tell, here_only=True)
        bus.subscribe(MessageDeleted, lambda event: translations.withdraw(event.message_id))
        bus.subscribe(MessageRestored, lambda event: translations.readmit(event.message["id"]))
        bus.subscribe(MessageRestored, self._translate_again, here_only=True)
        bus.subscribe(MemberSanctioned, self._tell_muted, here_only=True)
        # Whoever is put out is so by the process that they are connected to.
        bus.subscribe(MemberSanctioned, self._put_out)

    def _tell(self, event: Any) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            feed.publish(*_TOLD[type(event)](event))

    def _translate_again(self, event: MessageRestored) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            self._translations.tell_again(feed, event.message)

    def _tell_muted(self, event: MemberSanctioned) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None and event.sanction == "mute":
            until = None if event.lifted or event.until is None else iso(event.until)
            audience = Audience(action=Action.MUTE, identity=event.identity)
            feed.publish("member:muted", {"identity": event.identity, "until": until}, audience)

    def _put_out(self, event: MemberSanctioned) -> None:
        """Whom a ban concerns, with those who came from the devices and networks that it shuts out."""
        feed = self._broadcaster.here(event.room_id)
        if event.sanction != "ban" or event.lifted:
            return
        if event.reach:
            self._jobs.put(lambda: self._moderation.extend(event))
        if feed is None:
            return
        for member in feed.of_identity(event.identity):
            self._admission.dismiss(feed, member, "banned")
        if event.devices or event.networks:
            # Told as of everybody who is put out, so that what they watch or publish ends as well.
            for identity in dict.fromkeys(member.identity for member in feed.everybody() if _shut_out(member, event)):
                self._bus.publish(MemberSanctioned(event.room_id, identity, "ban"))


def _shut_out(member: Member, event: MemberSanctioned) -> bool:
    origin = member.connection.origin
    return member.role is Role.VIEWER and origin.is_among(event.devices, event.networks)
