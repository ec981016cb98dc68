"""Google's token endpoint and ``translateText`` of version 3, as its reference has them."""

import json
import re
from pathlib import Path

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import Vendor

CODES = {"ar", "id", "zh-CN", "en", "fr", "ja", "ru", "es", "th", "tr", "vi"}
SERVICE_KEY = rsa.generate_private_key(65537, 2048)
PEM = SERVICE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def error(code: int, status: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)


class Google(Vendor):
    def __init__(self) -> None:
        super().__init__(
            [
                web.post("/token", self._sign_in),
                web.post("/v3/projects/shop-1/locations/{location}:translateText", self._translate),
            ]
        )
        #: tokens given out; the last one is good
        self.tokens: list[str] = []
        self.claims: dict[str, object] = {}

    def credentials(self, folder: Path) -> Path:
        path = folder / "google.json"
        path.write_text(
            json.dumps(
                {
                    "type": "service_account", "project_id": "shop-1", "private_key_id": "k1", "private_key": PEM,
                    "client_email": "livehub@shop-1.iam.example", "token_uri": f"{self.url}/token",
                }
            )
        )  # fmt: skip
        return path

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        if request.path == "/token" and trouble not in {Trouble.HANGS, Trouble.DENIES}:
            return await self._sign_in(request)
        match trouble:
            case Trouble.DENIES if request.path == "/token":
                return web.json_response({"error": "invalid_grant", "error_description": "Invalid JWT"}, status=400)
            case Trouble.DENIES:
                told = request.headers["Authorization"]
                return error(403, "PERMISSION_DENIED", f"Cloud Translation API has not been used; {told}")
            case Trouble.QUOTA:
                return error(403, "PERMISSION_DENIED", "User Rate Limit Exceeded")
            case Trouble.WRONG_COUNT:
                return web.json_response({"translations": [{"translatedText": "x"}]})
            case Trouble.WRONG_TYPE:
                return web.json_response({"translations": [{"translatedText": 1}] * 3})
        return None

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        self.claims = jwt.decode(
            str(form["assertion"]), SERVICE_KEY.public_key(), algorithms=["RS256"], audience=f"{self.url}/token",
            options={"verify_exp": False, "verify_iat": False},
        )  # fmt: skip
        self.tokens.append(f"ya29.s3cr3t-token-{len(self.tokens)}")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": 3600, "token_type": "Bearer"})

    async def _translate(self, request: web.Request) -> web.Response:
        if not self.tokens or request.headers.get("Authorization") != f"Bearer {self.tokens[-1]}":
            return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        body = await self.body(request)
        contents = body["contents"]
        if not 1 <= len(contents) <= 1024:
            return error(400, "INVALID_ARGUMENT", "Text count is out of range")
        if not {body["sourceLanguageCode"], body["targetLanguageCode"]} <= CODES:
            return error(400, "INVALID_ARGUMENT", "Unsupported language code")
        target = body["targetLanguageCode"][:2]
        texts = [f"{target}({text})" if text.strip() else text for text in contents]
        if body["mimeType"] == "text/html":
            texts = [
                re.sub(r'<span translate="no" id="(\d+)">', r'<span id="\1" translate="no">', text) for text in texts
            ]
        return web.json_response({"translations": [{"translatedText": text} for text in texts]})
