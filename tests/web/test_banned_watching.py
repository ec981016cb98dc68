"""What somebody watches or publishes by WHEP and WHIP alone ends with a ban of where they are, at whatever moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from livehub.accounts.permissions import Role
from livehub.bench.light import LightClient
from livehub.chat.moderation import Target
from livehub.media.session import MediaSession
from tests.web.on_air import Stage

THERE: Final = {"X-Forwarded-For": "203.0.113.7"}
ELSEWHERE: Final = {"X-Forwarded-For": "198.51.100.7"}
NETWORK: Final = "203.0.113.0/24"


async def connected(
    stage: Stage, path: str, name: str, where: dict[str, str], role: Role = Role.VIEWER
) -> tuple[LightClient, str]:
    client = stage.client("sendonly" if path == "whip" else "recvonly")
    status, headers, answer = await stage.post(path, client.offer, stage.token(name, role) | where)
    assert status == 201, answer
    await client.use_answer(answer)
    return client, headers["Location"]


async def is_there(stage: Stage, location: str, headers: dict[str, str]) -> int:
    return (await stage.http.get(location, headers=headers)).status


async def test_a_ban_of_a_network_ends_a_session_without_a_socket(stage: Stage) -> None:
    await stage.start()
    co, on_stage = await connected(stage, "whip", "co", THERE, Role.COHOST)
    near, location = await connected(stage, "whep", "near", THERE)
    far, elsewhere = await connected(stage, "whep", "far", ELSEWHERE)
    await stage.moderation.ban_network(stage.access, NETWORK, None)
    await asyncio.wait_for(near.closed.wait(), 2)
    assert await is_there(stage, location, stage.token("near")) == 404
    assert await is_there(stage, elsewhere, stage.token("far")) == 204
    assert await is_there(stage, on_stage, stage.token("co", Role.COHOST)) == 204, "whom a role brings here stays"
    assert not far.closed.is_set()
    assert not co.closed.is_set()


async def by_network(stage: Stage) -> None:
    await stage.moderation.ban_network(stage.access, NETWORK, None)


async def by_name(stage: Stage) -> None:
    await stage.moderation.ban(stage.access, Target(stage.identity("near")))


@pytest.mark.parametrize(
    ("path", "method", "direction", "role", "ban"),
    [
        ("whep", "play", "recvonly", Role.VIEWER, by_network),
        ("whep", "play", "recvonly", Role.VIEWER, by_name),
        ("whip", "publish", "sendonly", Role.SPEAKER, by_name),
    ],
)
async def test_a_ban_that_comes_while_a_session_is_on_its_way_to_a_worker_ends_it(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    method: str,
    direction: str,
    role: Role,
    ban: Callable[[Stage], Awaitable[None]],
) -> None:
    await stage.start()
    await connected(stage, "whip", "co", ELSEWHERE, Role.COHOST)
    sessions, take_in = [], getattr(stage.plane, method)

    async def late(*args: Any, **named: Any) -> MediaSession:
        await ban(stage)
        made: MediaSession = await take_in(*args, **named)
        sessions.append(made.id)
        return made

    monkeypatch.setattr(stage.plane, method, late)
    refused = await stage.code(path, stage.client(direction).offer, stage.token("near", role) | THERE)
    assert refused == (403, "banned")
    assert await is_there(stage, f"/api/v1/media/{sessions[0]}", stage.token("near")) == 404
