"""DeepL's ``/v2/translate``, as https://developers.deepl.com/docs has it."""

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import KEY, Vendor

SOURCES = {"AR", "EN", "ES", "FR", "ID", "JA", "RU", "TH", "TR", "VI", "ZH"}
TARGETS = SOURCES - {"EN", "ZH"} | {"EN-US", "EN-GB", "ZH-HANS", "ZH-HANT"}


class DeepL(Vendor):
    def __init__(self) -> None:
        super().__init__([web.post("/v2/translate", self._translate)])

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        match trouble:
            case Trouble.DENIES:
                told = request.headers["Authorization"]
                return web.json_response({"message": f"Authorization failed for {told}"}, status=403)
            case Trouble.QUOTA:
                return web.json_response({"message": "Quota exceeded"}, status=456)
            case Trouble.WRONG_COUNT:
                return web.json_response({"translations": [{"detected_source_language": "ES", "text": "x"}]})
            case Trouble.WRONG_TYPE:
                texts = (await self.body(request))["text"]
                return web.json_response({"translations": [{"text": 1} for _ in texts]})
        return None

    async def _translate(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"DeepL-Auth-Key {KEY}":
            return web.Response(status=403)
        if (request.content_length or 0) > 128 * 1024:
            return web.json_response({"message": "Request Entity Too Large"}, status=413)
        body = await self.body(request)
        if not 1 <= len(body["text"]) <= 50:
            return web.json_response({"message": "Too many texts"}, status=400)
        for member, codes in (("source_lang", SOURCES), ("target_lang", TARGETS)):
            if body[member] not in codes:
                return web.json_response({"message": f"Value for '{member}' not supported."}, status=400)
        target = body["target_lang"][:2].lower()
        texts = [f"{target}({text})" if text.strip() else text for text in body["text"]]
        if body.get("tag_handling") == "xml":
            # Its own way to write an empty element.
            texts = [text.replace('"/>', '"></x>') for text in texts]
        source = body["source_lang"]
        return web.json_response({"translations": [{"detected_source_language": source, "text": t} for t in texts]})
