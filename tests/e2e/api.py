"""The public HTTP API as a merchant's program uses it, for what a test needs but does not test in pages."""

import json
import urllib.request
from typing import Any

PASSWORD = "correct horse battery"


class Api:
    """One caller: an account made by :meth:`account`, or whoever ``bearer`` says."""

    def __init__(self, url: str, *, bearer: str | None = None) -> None:
        self._url = f"{url}/api/v1"
        self._headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}

    @classmethod
    def account(cls, url: str, email: str, name: str, locale: str = "en") -> "Api":
        api = cls(url)
        body = {"email": email, "password": PASSWORD, "display_name": name, "locale": locale}
        request = api._request("POST", "/accounts", body)
        with urllib.request.urlopen(request, timeout=20) as answer:
            api._headers = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        return api

    @property
    def cookie(self) -> str:
        """``name=value`` of an account's session."""
        return self._headers["Cookie"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Raises: urllib.error.HTTPError."""
        with urllib.request.urlopen(self._request(method, path, body, headers), timeout=20) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def _request(
        self, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> urllib.request.Request:
        data = None if body is None else json.dumps(body).encode()
        all_headers = {**self._headers, "Content-Type": "application/json", **(headers or {})}
        return urllib.request.Request(f"{self._url}{path}", data, all_headers, method=method)

    def live_show(self, title: str, stock: int = 20, *, locale: str = "en", start: bool = True) -> str:
        """A room with one ware on offer and pinned; its id."""
        store = self.call("POST", "/stores", {"title": f"Shop of {title}", "currency": "EUR"})["id"]
        variant = {"sku": "TEA", "price": {"amount_minor": 1250, "currency": "EUR"}, "stock": stock}
        self.call("POST", f"/stores/{store}/products", {"title": "Green tea", "variants": [variant]})
        body = {"kind": "show", "title": title, "locale": locale, "visibility": "public", "store_id": store}
        room = str(self.call("POST", "/rooms", body)["id"])
        offer = self.call("POST", f"/rooms/{room}/offers", {"sku": "TEA", "quantity": stock})["id"]
        self.call("PUT", f"/offers/{offer}/pin")
        if start:
            self.call("POST", f"/rooms/{room}/start")
        return room

    def join_token(self, room: str, identity: str, role: str, **more: Any) -> str:
        body = {"identity": identity, "display_name": identity.title(), "role": role, "locale": "en", **more}
        return str(self.call("POST", f"/rooms/{room}/tokens", body)["token"])
