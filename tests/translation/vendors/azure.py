"""Azure's ``/translate`` of version 3, as its reference has it."""

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import KEY, Vendor

CODES = {"ar", "id", "zh-Hans", "en", "fr", "ja", "ru", "es", "th", "tr", "vi"}


def error(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


class Azure(Vendor):
    def __init__(self) -> None:
        super().__init__([web.post("/translate", self._translate)])
        self.queries: list[dict[str, str]] = []

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        match trouble:
            case Trouble.DENIES:
                told = request.headers["Ocp-Apim-Subscription-Key"]
                return error(401, 401000, f"The request is not authorized because credentials are invalid: {told}")
            case Trouble.QUOTA:
                said = "The operation isn't allowed because the subscription has exceeded its free quota."
                return error(403, 403001, said)
            case Trouble.WRONG_COUNT:
                return web.json_response([{"translations": [{"text": "x", "to": "en"}]}])
            case Trouble.WRONG_TYPE:
                return web.json_response([{"translations": [{"text": 1, "to": "en"}]}] * 3)
        return None

    async def _translate(self, request: web.Request) -> web.Response:
        if request.headers.get("Ocp-Apim-Subscription-Key") != KEY:
            return error(401, 401000, "The request is not authorized because credentials are missing or invalid.")
        if request.headers.get("Ocp-Apim-Subscription-Region") != "westeurope":
            return error(401, 401015, "The credentials provided are for the Speech API.")
        query = dict(request.query)
        self.queries.append(query)
        body = await self.body(request)
        if query["api-version"] != "3.0" or not {query["from"], query["to"]} <= CODES:
            return error(400, 400036, "The target language is not valid.")
        if not 1 <= len(body) <= 1000 or sum(len(entry["Text"]) for entry in body) > 50_000:
            return error(400, 400077, "The maximum request size has been exceeded.")
        to = query["to"]
        return web.json_response(
            [
                {"translations": [{"text": f"{to[:2]}({e['Text']})" if e["Text"].strip() else "", "to": to}]}
                for e in body
            ]
        )
