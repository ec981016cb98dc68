"""A file of products that two web processes see, whose process is killed while it is read, and while it is written."""

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from livehub.bench.postgres import running_postgres
from livehub.bench.valkey import running_valkey
from livehub.commerce.catalog.imports import STALE_MS
from livehub.storage import migrate
from tests.e2e.api import Api
from tests.e2e.server import Server, start_all

pytestmark = pytest.mark.timeout(600)
PATIENCE_S = 120
WRITTEN = 600
#: so many take longer to be read than to be looked at
READ = 40_000


@dataclass
class Pair:
    """``one`` is killed, ``two`` stays."""

    one: Server
    two: Server
    database: str

    def count(self, table: str) -> int:
        return int(self._sql(f"SELECT count(*) FROM {table}"))

    def total(self, column: str) -> int:
        """Over all variants."""
        return int(self._sql(f"SELECT sum({column}) FROM variants"))

    def age(self) -> None:
        """As if a minute had passed without a sign of life."""
        self._sql(f"UPDATE catalog_imports SET touched_at = touched_at - {STALE_MS + 1000} RETURNING 0")

    @contextmanager
    def holding(self, import_id: str, position: int) -> Iterator[None]:
        """Whoever writes the import comes no further than that product of it, however fast it is."""
        row = "SELECT 0 FROM import_rows WHERE import_id = %s AND position = %s FOR UPDATE"
        with psycopg.connect(self.database) as connection:
            assert connection.execute(row, (import_id, position)).fetchone() is not None
            yield

    def _sql(self, statement: str) -> Any:
        with psycopg.connect(self.database) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return row[0] if row else None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with running_postgres() as postgres, running_valkey() as valkey:
        url = postgres.new_database()
        migrate.upgrade(url)
        settings = {
            "LIVEHUB_ROLE": "web",
            "LIVEHUB_REDIS_URL": valkey.url,
            "LIVEHUB_DATABASE_URL": url,
            "LIVEHUB_SECRET": "s" * 40,
            "LIVEHUB_DRAIN_S": "0",
            "LIVEHUB_PUBLIC_URL": "http://live.example",
        }
        servers = [Server(tmp_path / "data", settings) for _ in range(2)]
        try:
            start_all(*servers)
            yield Pair(servers[0], servers[1], re.sub(r"^postgresql\+\w+:", "postgresql:", url))
        finally:
            for server in servers:
                if server.process is not None:
                    server.stop()


class Merchant(Api):
    """One account, at any of the processes."""

    @classmethod
    def made(cls, server: Server) -> "Merchant":
        return cls(server.url)._as(Api.account(server.url, f"import{os.urandom(4).hex()}@example.org", "Mila"))

    def at(self, server: Server) -> "Merchant":
        return Merchant(server.url)._as(self)

    def _as(self, api: Api) -> "Merchant":
        self._headers = {"Cookie": api.cookie}
        return self

    def send(self, store: str, file: bytes) -> Any:
        request = self._request("POST", f"/stores/{store}/imports", None, {"Content-Type": "text/csv"})
        request.data = file
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def becomes(self, import_id: str, wanted: Callable[[Any], bool]) -> Any:
        """Looked at again and again until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not wanted(found := self.call("GET", f"/imports/{import_id}")):
            assert time.monotonic() < deadline, found
            time.sleep(0.01)
        return found


def file_of(count: int) -> bytes:
    lines = (f"p-{n},Product {n},SKU-{n},{1 + n % 9},1.00" for n in range(count))
    return "\n".join(["Handle,Title,Variant SKU,Variant Inventory Qty,Variant Price", *lines]).encode()


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """The status and code that a call is refused with."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        call()
    return refused.value.code, json.loads(refused.value.read())["code"]


def test_an_import_whose_process_is_killed_is_seen_and_taken_on_by_another(pair: Pair) -> None:
    merchant = Merchant.made(pair.one)
    other = merchant.at(pair.two)
    store = merchant.call("POST", "/stores", {"title": "Kitchen things", "currency": "EUR"})["id"]

    # What one process reads the other sees, and begins none beside it.
    first = merchant.send(store, file_of(READ))["id"]
    other.becomes(first, lambda found: found["progress"]["position"] > 0)
    assert refusal(lambda: other.send(store, b"Title,SKU\na,b\n")) == (409, "import_running")
    pair.one.kill()
    assert other.call("GET", f"/imports/{first}")["state"] == "reading"
    pair.age()
    assert other.call("GET", f"/imports/{first}")["state"] == "interrupted"
    # The file went with its process: nothing was written, nothing can be, and another file is taken.
    assert refusal(lambda: other.call("POST", f"/imports/{first}/confirm", {})) == (409, "import_not_ready")
    assert pair.count("products") == 0
    pair.one.start()

    # Read by one, confirmed by way of the other, which is then killed in the middle: the first goes on.
    second = other.send(store, file_of(WRITTEN))["id"]
    other.becomes(second, lambda found: found["state"] == "ready")
    with pair.holding(second, WRITTEN // 2):
        merchant.call("POST", f"/imports/{second}/confirm", {})
        assert refusal(lambda: other.call("POST", f"/imports/{second}/confirm", {})) == (409, "import_not_ready")
        other.becomes(second, lambda found: found["written"] > 0)
        pair.one.kill()
    cut = other.call("GET", f"/imports/{second}")
    assert (cut["state"], 0 < cut["written"] < WRITTEN) == ("writing", True)
    assert refusal(lambda: other.call("POST", f"/imports/{second}/confirm", {})) == (409, "import_not_ready")
    pair.age()
    assert other.call("GET", f"/imports/{second}")["state"] == "interrupted"
    other.call("POST", f"/imports/{second}/confirm", {})
    done = other.becomes(second, lambda found: found["state"] == "done")
    assert (done["written"], done["skipped"]) == (WRITTEN, 0)
    # Each product once, whole, with its stock booked once.
    assert [pair.count(table) for table in ("products", "variants", "stock_moves")] == [WRITTEN] * 3
    assert pair.total("received") == pair.total("free") == sum(1 + n % 9 for n in range(WRITTEN))
    again = other.send(store, file_of(WRITTEN))["id"]
    read = other.becomes(again, lambda found: found["state"] == "ready")
    assert (read["same"], read["create"], read["change"]) == (WRITTEN, 0, 0)
