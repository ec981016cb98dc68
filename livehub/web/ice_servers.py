"""STUN and TURN servers for clients, with credentials that a TURN server takes for a while only.

A TURN server that shares a secret with livehub needs no list of users: the name says until when it holds and for whom,
the credential is a MAC of the name (draft-uberti-behave-turn-rest-00; coturn's ``use-auth-secret``).
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from livehub.clock import Clock
from livehub.web.auth import require_principal
from livehub.web.body import answer
from livehub.web.openapi import API, Operation

_SCHEMES = ("stun:", "stuns:", "turn:", "turns:")


def parse_ice_servers(text: str) -> list[dict[str, Any]]:
    """``LIVEHUB_ICE_SERVERS``: a JSON list of RTCIceServer objects.

    Raises:
        ValueError: anything else; the message says what is wrong.
    """
    try:
        servers = msgspec.json.decode(text, type=list[dict[str, str | list[str]]])
    except msgspec.DecodeError as error:
        raise ValueError(f"LIVEHUB_ICE_SERVERS must be a JSON list of RTCIceServer objects: {error}") from None
    for server in servers:
        listed = _urls(server)
        if not listed or not all(url.startswith(_SCHEMES) for url in listed):
            raise ValueError("LIVEHUB_ICE_SERVERS: each server needs urls that begin with stun:, turn: or turns:")
    return servers


def _urls(server: Mapping[str, Any]) -> list[str]:
    urls = server.get("urls")
    return [urls] if isinstance(urls, str) else list(urls or ())


def _needs_credentials(server: Mapping[str, Any]) -> bool:
    return "username" not in server and any(url.startswith("turn") for url in _urls(server))


def turn_credentials(secret: str, identity: str, expires_at_s: int) -> tuple[str, str]:
    """Name and credential that hold until ``expires_at_s`` (Unix time). ``identity`` shows in the TURN server's log."""
    name = f"{expires_at_s}:{identity}"
    mac = hmac.new(secret.encode(), name.encode(), "sha1")
    return name, base64.b64encode(mac.digest()).decode()


class IceServers:
    """``servers`` as RTCPeerConnection takes them; TURN servers among them without a ``username`` get one each time.

    Raises:
        ValueError: a TURN server has no credentials and there is no secret to make them with.
    """

    def __init__(
        self, servers: Sequence[Mapping[str, Any]], *, turn_secret: str, turn_ttl_s: int, clock: Clock
    ) -> None:
        self._servers = servers
        self._secret = turn_secret
        self._clock = clock
        self.ttl_s = turn_ttl_s
        #: whether somebody gets more than everybody
        self.is_personal = any(_needs_credentials(server) for server in servers)
        if self.is_personal and not turn_secret:
            raise ValueError(
                "LIVEHUB_ICE_SERVERS names a TURN server without username and credential; give it those, or set"
                " LIVEHUB_TURN_SECRET to the secret it shares with livehub (coturn: static-auth-secret)"
            )

    def for_everybody(self) -> list[dict[str, Any]]:
        return [dict(server) for server in self._servers if not _needs_credentials(server)]

    def for_identity(self, identity: str) -> list[dict[str, Any]]:
        """With credentials for ``identity`` that hold ``ttl_s`` from now."""
        if not self.is_personal:
            return self.for_everybody()
        expires_at_s = self._clock.now_ms() // 1000 + self.ttl_s
        name, credential = turn_credentials(self._secret, identity, expires_at_s)
        own = {"username": name, "credential": credential}
        return [{**server, **own} if _needs_credentials(server) else dict(server) for server in self._servers]


def ice_server_links(servers: Sequence[Mapping[str, Any]]) -> list[str]:
    """``Link`` values by RFC 9725 section 4.6: one for each URL."""
    links = []
    for server in servers:
        for url in _urls(server):
            link = f'<{url}>; rel="ice-server"'
            if "username" in server:
                name, secret = json.dumps(server["username"]), json.dumps(server.get("credential", ""))
                link += f'; username={name}; credential={secret}; credential-type="password"'
            links.append(link)
    return links


ICE_SERVERS: web.AppKey[IceServers] = web.AppKey("ice_servers", IceServers)


class IceServerList(msgspec.Struct):
    """``ice_servers`` as RTCPeerConnection takes them; ask again before ``ttl_s`` is over."""

    ice_servers: list[dict[str, Any]]
    ttl_s: int


async def get_ice_servers(request: web.Request) -> web.Response:
    principal = await require_principal(request)
    servers = request.app[ICE_SERVERS]
    listed = IceServerList(servers.for_identity(principal.identity), servers.ttl_s)
    return answer(listed, headers={"Cache-Control": "no-store"})


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/ice-servers", get_ice_servers)]


OPERATIONS = [
    Operation(
        "GET", f"{API}/ice-servers", "STUN and TURN servers, with credentials of your own", None, IceServerList,
        (200, 401), "any",
    ),
]  # fmt: skip
