"""The authenticated caller of a request or a socket."""

from dataclasses import dataclass
from enum import StrEnum

from livehub.accounts.permissions import Role
from livehub.errors import Forbidden


class PrincipalKind(StrEnum):
    ACCOUNT = "account"  # signed in with the session cookie
    API_KEY = "api_key"  # acts for its account  # pragma: allowlist secret
    GUEST = "guest"  # a display name and nothing else
    MEMBER = "member"  # admitted by a join token, to one room, with one role


@dataclass(frozen=True, slots=True)
class Principal:
    """``identity`` is what rooms, messages and orders know a person by: the account's, guest's or member's id.

    An API key has the identity of its account. ``room_id`` and ``role`` are set for members alone.
    """

    kind: PrincipalKind
    identity: str
    display_name: str
    locale: str
    email: str | None = None
    room_id: str | None = None
    role: Role | None = None

    @property
    def is_account(self) -> bool:
        return self.kind in {PrincipalKind.ACCOUNT, PrincipalKind.API_KEY}

    def require_account(self) -> None:
        """Raises: Forbidden for guests and members."""
        if not self.is_account:
            raise Forbidden("This needs an account; sign in or sign up", code="account_required")
