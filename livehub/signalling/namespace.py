"""Socket.IO's side: connect, disconnect, and each call decoded, bounded, done, and answered."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from livehub.accounts.origin import DEVICE_COOKIE, DeviceSigner, Origin
from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.errors import LivehubError, NotFound
from livehub.ratelimit import LOCAL, TokenBuckets
from livehub.signalling import protocol
from livehub.signalling.actions import Actions
from livehub.signalling.admission import Admission
from livehub.signalling.connections import Connections, client_address
from livehub.signalling.limits import Limits
from livehub.signalling.links import Link
from livehub.signalling.member import Connection
from livehub.signalling.stage import StageActions

log = logging.getLogger(__name__)
P = TypeVar("P", bound=msgspec.Struct)
Handler = Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]


class Authenticator(Protocol):
    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        """Who this is; None without credentials. Raises: Unauthenticated for a bearer token that is no good."""


class UnknownCall(NotFound):
    code, title = "unknown_call", "There is no such call"


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the request says of who opened a connection. ``session``, ``guest``: cookies, of our own pages alone."""

    origin: Origin
    session: str | None
    guest: str | None


class RoomNamespace:
    """Implements :class:`livehub.signalling.straight.Namespace`.

    ``more``: calls of further domains. ``own_origin``: the origin of our own pages, whose cookies count.
    ``cookies``: (session, guest) names.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        authenticator: Authenticator,
        connections: Connections,
        admission: Admission,
        actions: Actions,
        stage: StageActions,
        more: Mapping[str, tuple[type[msgspec.Struct], Handler]],
        devices: DeviceSigner | None,
        own_origin: str,
        cookies: tuple[str, str],
    ) -> None:
        self._limits: Final = limits
        self._authenticator = authenticator
        self._connections = connections
        self._admission = admission
        self._devices = devices
        self._own_origin = own_origin
        self._cookies = cookies
        self._calls_of = TokenBuckets(clock, limits.calls_per_s, limits.calls_burst, limits.max_connections)
        self._calls: Final[dict[str, tuple[type[msgspec.Struct], Handler]]] = {
            "room:join": (protocol.Join, actions.join),
            "room:leave": (protocol.Leave, actions.leave),
            "chat:send": (protocol.Send, actions.send),
            "chat:react": (protocol.React, actions.react),
            "hand:raise": (protocol.RaiseHand, actions.raise_hand),
            "stage:invite": (protocol.Invite, stage.invite),
            "stage:answer": (protocol.AnswerInvitation, stage.answer),
            "stage:remove": (protocol.SendOff, stage.send_off),
            "stage:mute": (protocol.MuteOnStage, stage.mute),
            "stage:pin": (protocol.PinOnStage, stage.pin),
            "stage:choose": (protocol.Choose, stage.choose),
            **more,
        }

    @property
    def calls(self) -> Collection[str]:
        """Their names."""
        return self._calls.keys()

    def introduced(self, request: web.Request) -> Introduction:
        # A page of another site may open a socket here, with the reader's cookies: they do not count there.
        page = request.headers.get("Origin")
        ours = page is None or page in {self._own_origin, f"{request.scheme}://{request.host}"}
        if not ours or "Cookie" not in request.headers:
            return Introduction(self._origin(request), None, None)
        session, guest = self._cookies
        return Introduction(self._origin(request), request.cookies.get(session), request.cookies.get(guest))

    def _origin(self, request: web.Request) -> Origin:
        address = client_address(request)
        device = None
        if self._devices is not None and "Cookie" in request.headers:
            device = self._devices.read(request.cookies.get(DEVICE_COOKIE))
        return Origin(None if address == LOCAL else address, device)

    async def came(self, sid: str, link: Link, introduction: Introduction, auth: object) -> None:
        """Raises: Refused."""
        try:
            # Counted with the calls, by the socket: it may come in and go out of the namespace as often as it likes.
            self._calls_of.take(link.id)
            principal = await self._principal(introduction, auth)
        except LivehubError as error:
            raise Refused(error.detail, protocol.ack_error(error)["error"]) from None
        except Exception:
            log.exception("connecting failed")
            raise Refused("The server failed; try again", {"code": "internal"}) from None
        if not link.cut_off:
            self._connections.add(Connection(sid, link, principal, origin=introduction.origin))

    def went(self, sid: str) -> None:
        connection = self._connections.remove(sid)
        if connection is not None:
            connection.gone = True
            self._admission.leave(connection)

    async def called(self, sid: str, event: object, arguments: list[Any]) -> dict[str, Any] | None:
        connection = self._connections.get(sid)
        return None if connection is None else await self._call(connection, event, arguments)

    async def _principal(self, introduction: Introduction, auth: object) -> Principal | None:
        token = protocol.decode(protocol.Auth, [auth or {}]).token
        return await self._authenticator.principal(
            bearer=token,
            session=None if token else introduction.session,
            guest=None if token else introduction.guest,
        )

    async def _call(self, connection: Connection, event: object, args: list[Any]) -> dict[str, Any]:
        try:
            self._bound(connection)
            kind, handler = self._find(event)
            return protocol.ack_ok(await handler(connection, protocol.decode(kind, args)))
        except LivehubError as error:
            return protocol.ack_error(error)
        except Exception:
            log.exception("%s failed", event if isinstance(event, str) and event in self._calls else "a call")
            return protocol.ack_error(LivehubError("The server failed; it has been logged. Try again."))

    def _find(self, event: object) -> tuple[type[msgspec.Struct], Handler]:
        """Raises: UnknownCall."""
        found = self._calls.get(event) if isinstance(event, str) else None
        if found is None:
            raise UnknownCall
        return found

    def _bound(self, connection: Connection) -> None:
        """Raises: RateLimited. Who goes on and on is disconnected."""
        try:
            self._calls_of.take(connection.link.id)
        except LivehubError:
            connection.refused_calls += 1
            if connection.refused_calls > self._limits.max_refused_calls:
                connection.link.cut()
            raise
