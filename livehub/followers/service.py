"""Following for everybody else: who follows whom, by which ways they are told, and stopping it."""

from dataclasses import dataclass

from livehub.accounts.model import normalise_email
from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import Clock
from livehub.followers.errors import LetterInvalid, MailOff, NoAddress, NothingToRemind, ScopeOfToken
from livehub.followers.letters import Letters, Purpose
from livehub.followers.limits import FollowerLimits
from livehub.followers.model import (
    Address,
    AddressState,
    Follow,
    PushSubscription,
    behind,
    check_subject,
    check_subscription,
    push_id,
    reminder,
)
from livehub.followers.ports import FollowerStore
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a room: ``subject`` is who stands behind it, ``title`` their name."""

    subject: str
    title: str
    following: bool
    reminded: bool
    followers: int


@dataclass(frozen=True, slots=True)
class NewPush:
    endpoint: str
    p256dh: str
    auth: str


class Followers:
    """``mail``: whether this server can send any. ``plain_http`` lets push services be reached without TLS (tests)."""

    def __init__(
        self,
        store: FollowerStore,
        letters: Letters,
        *,
        clock: Clock,
        mail: bool,
        push_key: str,
        plain_http: bool = False,
        limits: FollowerLimits | None = None,
    ) -> None:
        self._store = store
        self._letters = letters
        self._clock = clock
        self._plain_http = plain_http
        self.sends_mail = mail
        #: the public half of the VAPID key, base64url: what a page hands to ``pushManager.subscribe``
        self.push_key = push_key
        self.limits = limits or FollowerLimits()
        self._changes = TokenBuckets(clock, self.limits.changes_per_s, self.limits.changes_burst, 50_000)
        self._confirms = TokenBuckets(clock, self.limits.confirms_per_s, self.limits.confirms_burst, 50_000)

    async def standing(self, access: Access) -> Standing:
        """Raises: Forbidden, Unauthenticated: who may not watch."""
        access.require(Action.WATCH)
        subject, title = behind(access.room)
        mine = await self._store.follows(access.require_principal().identity, [subject, reminder(access.room)])
        followers = await self._store.count(subject)
        return Standing(subject, title, subject in mine, reminder(access.room) in mine, followers)

    async def follow(self, access: Access) -> Standing:
        """Whoever stands behind the room. Raises: Forbidden; TooManyFollows; RateLimited."""
        identity = self._changer(access)
        subject, title = behind(access.room)
        await self._store.follow(Follow(identity, subject, title, self._clock.now_ms()), self.limits.max_follows)
        return await self.standing(access)

    async def unfollow(self, access: Access) -> Standing:
        await self._store.leave(self._changer(access), behind(access.room)[0])
        return await self.standing(access)

    async def remind(self, access: Access) -> Standing:
        """Of this one room. Raises: Forbidden; NothingToRemind; TooManyFollows; RateLimited."""
        identity = self._changer(access)
        if access.room.state is not RoomState.SCHEDULED:
            raise NothingToRemind
        follow = Follow(identity, reminder(access.room), access.room.title, self._clock.now_ms())
        await self._store.follow(follow, self.limits.max_follows)
        return await self.standing(access)

    async def forget_reminder(self, access: Access) -> Standing:
        await self._store.leave(self._changer(access), reminder(access.room))
        return await self.standing(access)

    async def of(self, person: Principal) -> list[Follow]:
        return await self._store.of(person.identity)

    async def leave(self, person: Principal, subject: str) -> None:
        await self._store.leave(person.identity, check_subject(subject))

    async def ways(self, person: Principal) -> tuple[Address | None, list[PushSubscription]]:
        """How somebody is told; without the browsers that subscribed while the server had another key."""
        browsers = await self._store.push_of(person.identity)
        mine = [browser for browser in browsers if browser.id == push_id(browser.endpoint, self.push_key)]
        return await self._store.address_of(person.identity), mine

    async def set_address(self, person: Principal, email: str | None) -> Address:
        """Told by e-mail once the letter that is sent now was answered; None takes the account's address.

        Raises: MailOff; NoAddress; InvalidInput; RateLimited.
        """
        _require_own(person)
        if not self.sends_mail:
            raise MailOff
        wanted = normalise_email(email or person.email or "") if email or person.email else None
        if wanted is None:
            raise NoAddress(field="email")
        known = await self._store.address_of(person.identity)
        if known is not None and known.email == wanted and known.state is AddressState.CONFIRMED:
            return known
        self._confirms.take(person.identity)
        self._confirms.take(f"to {wanted}")
        made = Address(
            new_id("adr"), person.identity, wanted, person.locale, AddressState.PENDING, self._clock.now_ms()
        )
        await self._store.put_address(made, ask=True)
        return made

    async def drop_address(self, person: Principal) -> None:
        known = await self._store.address_of(person.identity)
        if known is not None:
            await self._store.drop_address(known.id)

    async def hand_over(self, guest_id: str, account_id: str) -> None:
        """Somebody who was a guest has signed in."""
        await self._store.hand_over(guest_id, account_id)

    async def confirm(self, token: str) -> None:
        """Raises: LetterInvalid, also when the address was changed or taken away."""
        if not await self._store.confirm(self._letters.read(Purpose.CONFIRM, token)):
            raise LetterInvalid

    async def stop(self, token: str) -> None:
        """No more letters to that address; twice is once. Raises: LetterInvalid."""
        await self._store.drop_address(self._letters.read(Purpose.STOP, token))

    async def add_push(self, person: Principal, new: NewPush, locale: str | None = None) -> PushSubscription:
        """``locale`` of the notices: else the person's own. Raises: PushRefused; RateLimited."""
        _require_own(person)
        self._changes.take(person.identity)
        check_subscription(new.endpoint, new.p256dh, new.auth, self.limits, plain_http=self._plain_http)
        # The browser's, whoever used it before: two people on one browser are not told of each other's shows.
        subscription_id = push_id(new.endpoint, self.push_key)
        made = PushSubscription(
            subscription_id,
            person.identity,
            new.endpoint,
            new.p256dh,
            new.auth,
            locale or person.locale,
            self._clock.now_ms(),
        )
        await self._store.put_push(made, self.limits.max_push)
        return made

    async def drop_push(self, person: Principal, subscription_id: str) -> None:
        await self._store.drop_push(subscription_id, person.identity)

    def _changer(self, access: Access) -> str:
        access.require(Action.WATCH)
        person = access.require_principal()
        _require_own(person)
        self._changes.take(person.identity)
        return person.identity


def _require_own(person: Principal) -> None:
    """Raises: ScopeOfToken."""
    if person.kind is PrincipalKind.MEMBER:
        raise ScopeOfToken
