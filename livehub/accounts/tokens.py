"""Tokens that carry who somebody is, signed: guests, and members whom a merchant's own site admits to a room.

JWT (RFC 7519) with HS256 under a key derived from the server's secret. The audience tells the two apart, so that a
guest's token admits to no room as a member and the other way round.
"""

import base64
import hashlib
import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import jwt
import msgspec

from livehub.accounts.errors import TokenExpired, TokenInvalid
from livehub.accounts.model import check_display_name
from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import Clock
from livehub.errors import InvalidInput
from livehub.ids import new_id

GUEST_TTL_S = 30 * 24 * 3600
MAX_JOIN_TTL_S = 24 * 3600
MIN_JOIN_TTL_S = 10
MAX_TOKEN_CHARS = 2048

#: tokens whose signature was found good are not checked again: their holders come often, and in a rush all at once
KNOWN_TOKENS: Final = 10_000

#: ``{"alg":"HS256","typ":"JWT"}``, which all tokens that are made here begin with
_OWN_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
_GUEST = "livehub:guest"
_JOIN = "livehub:join"
_FOREIGN_IDENTITY = re.compile(r"[A-Za-z0-9._~@:-]{1,64}")
#: what a join token may make of somebody; the host is the room's owner and nobody else
JOIN_ROLES = frozenset({Role.COHOST, Role.MODERATOR, Role.SPEAKER, Role.VIEWER})


class _Claims(msgspec.Struct, forbid_unknown_fields=False):
    aud: str
    sub: str
    exp: int
    name: str
    locale: str
    room: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """``expires_at`` in ms since the epoch."""

    token: str
    identity: str
    expires_at: int


class TokenSigner:
    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub guest and join tokens", hashlib.sha256)
        self._clock = clock
        #: token → when it ends, in seconds, and whom it speaks for; the oldest goes first
        self._known: OrderedDict[str, tuple[int, Principal]] = OrderedDict()

    def guest(self, display_name: str, locale: str, *, identity: str | None = None) -> IssuedToken:
        """A token for a new guest, or with ``identity`` a new one for the same guest.

        Raises:
            InvalidInput: the display name.
        """
        name = check_display_name(display_name)
        return self._issue(_GUEST, identity or new_id("gst"), name, locale, GUEST_TTL_S)

    def member(
        self, *, issuer_id: str, room_id: str, identity: str, display_name: str, role: Role, locale: str, ttl_s: int
    ) -> IssuedToken:
        """Admission of a site's own user to one room.

        The identity is put under the issuing account (``mem_<account>_<identity>``): the same user of the same
        merchant is one person in all of that merchant's rooms, and can never be an account, a guest, or another
        merchant's user.

        Raises:
            InvalidInput: identity, display name, role or lifetime.
        """
        if not _FOREIGN_IDENTITY.fullmatch(identity):
            raise InvalidInput("Use 1 to 64 letters, digits and . _ ~ @ : -", field="identity")
        if role not in JOIN_ROLES:
            raise InvalidInput("The host signs in; a token makes at most a cohost", field="role")
        if not MIN_JOIN_TTL_S <= ttl_s <= MAX_JOIN_TTL_S:
            raise InvalidInput(f"Choose from {MIN_JOIN_TTL_S} to {MAX_JOIN_TTL_S} seconds", field="expires_in_s")
        subject = f"mem_{issuer_id.partition('_')[2]}_{identity}"
        return self._issue(_JOIN, subject, check_display_name(display_name), locale, ttl_s, room=room_id, role=role)

    def read(self, token: str) -> Principal:
        """Who ``token`` speaks for.

        Raises:
            TokenInvalid: not one of ours.
            TokenExpired: it was, until its time was over.
        """
        known = self._known.get(token)
        if known is None:
            claims = self._claims(token)
            known = (claims.exp, self._holder(claims))
            self._known[token] = known
            if len(self._known) > KNOWN_TOKENS:
                self._known.popitem(last=False)
        if known[0] * 1000 <= self._clock.now_ms():
            raise TokenExpired
        return known[1]

    @staticmethod
    def _holder(claims: _Claims) -> Principal:
        if claims.aud == _GUEST and claims.room is None and claims.role is None:
            return Principal(PrincipalKind.GUEST, claims.sub, claims.name, claims.locale)
        if claims.aud == _JOIN and claims.room is not None and claims.role in JOIN_ROLES:
            return Principal(
                PrincipalKind.MEMBER, claims.sub, claims.name, claims.locale, room_id=claims.room, role=claims.role
            )
        raise TokenInvalid

    def _claims(self, token: str) -> _Claims:
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        try:
            if token.startswith(_OWN_HEAD):
                return self._own_claims(token)
            payload = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=[_GUEST, _JOIN],
                # The time is checked above, by the injected clock.
                options={"require": ["exp", "aud", "sub"], "verify_exp": False, "verify_iat": False},
            )
            return msgspec.convert(payload, _Claims)
        except (jwt.InvalidTokenError, msgspec.MsgspecError, ValueError):
            raise TokenInvalid from None

    def _own_claims(self, token: str) -> _Claims:
        """What :meth:`_issue` signed, as every request brings it: a tenth of what the general way costs. The signature
        is compared as it is written, so that each token has one spelling alone.

        Raises: TokenInvalid, msgspec.MsgspecError, ValueError.
        """
        signed, _, signature = token.encode("ascii").rpartition(b".")
        wanted = base64.urlsafe_b64encode(hmac.digest(self._key, signed, "sha256")).rstrip(b"=")
        if not hmac.compare_digest(wanted, signature):
            raise TokenInvalid
        payload = signed.partition(b".")[2]
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)), type=_Claims)

    def _issue(self, audience: str, subject: str, name: str, locale: str, ttl_s: int, **more: str) -> IssuedToken:
        now_s = self._clock.now_ms() // 1000
        claims = {"aud": audience, "sub": subject, "name": name, "locale": locale, "iat": now_s, "exp": now_s + ttl_s}
        token = jwt.encode(claims | more, self._key, algorithm="HS256")
        return IssuedToken(token, subject, (now_s + ttl_s) * 1000)
