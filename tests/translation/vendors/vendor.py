"""What these servers have in common. They "translate" by naming the target: "hola" into English is "en(hola)"."""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from livehub.testing.troubled_server import Trouble, TroubledServer

KEY = "s3cr3t-key-0f-0urs"


class Vendor(TroubledServer):
    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        super().__init__(routes, self.own)
        self.bodies: list[Any] = []

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        """This vendor's way to be in trouble; None for the common ones."""
        return None

    async def body(self, request: web.Request) -> Any:
        told = json.loads(await request.text())
        self.bodies.append(told)
        return told
