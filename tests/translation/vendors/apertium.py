"""apy's ``/listPairs`` and ``/translate``, as its wiki page and its source have them."""

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import Vendor

PAIRS = ("eng|spa", "spa|eng", "fra|spa")


class Apertium(Vendor):
    def __init__(self) -> None:
        super().__init__([web.get("/listPairs", self._list), web.post("/translate", self._translate)])
        self.forms: list[dict[str, str]] = []

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        if request.path == "/listPairs" and trouble is not Trouble.HANGS:
            return await self._list(request)
        if trouble in {Trouble.WRONG_COUNT, Trouble.WRONG_TYPE}:
            return web.json_response({"responseData": {"translatedText": 1}, "responseStatus": 200})
        return None

    async def _list(self, _: web.Request) -> web.Response:
        pairs = [dict(zip(("sourceLanguage", "targetLanguage"), pair.split("|"), strict=True)) for pair in PAIRS]
        return web.json_response({"responseData": pairs, "responseDetails": None, "responseStatus": 200})

    async def _translate(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        if form["langpair"] not in PAIRS:
            said = {
                "status": "error",
                "code": 400,
                "message": "Bad Request",
                "explanation": "That pair is not installed",
            }
            return web.json_response(said, status=400)
        translated = f"{form['langpair'][-3:]}({form['q']})"
        return web.json_response(
            {"responseData": {"translatedText": translated}, "responseDetails": None, "responseStatus": 200}
        )
