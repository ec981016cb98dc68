"""The OpenAPI document is whole, and describes every route of the API."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import pytest

from livehub.app import ROUTES
from livehub.web.application import OWN_MODULES
from livehub.web.openapi import API, Operation, document, routes
from tests.web.conftest import PUBLIC_URL, Site

MODULES = (*OWN_MODULES, *ROUTES)


class _Body(msgspec.Struct):
    name: str


def _operations() -> list[Operation]:
    return [operation for module in MODULES for operation in getattr(module, "OPERATIONS", [])]


def _api_routes() -> set[tuple[str, str]]:
    defined = [route for module in MODULES for route in module.routes()] + routes()
    found = {(route.method, re.sub(r":[^}]+}", "}", route.path)) for route in defined if route.path.startswith(API)}
    return {(method, path) for method, path in found if method != "OPTIONS"}


@cache
def _paths() -> dict[str, Any]:
    """What is said of each path, this document's own among them."""
    itself = Operation("GET", f"{API}/openapi.json", "This document")
    return {path: said for of in (_operations(), [itself]) for path, said in document(of, PUBLIC_URL)["paths"].items()}


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


async def test_the_served_document_is_whole(site: Site) -> None:
    answer = await (await site.client()).get(f"{API}/openapi.json")
    assert answer.status == 200
    served = await answer.json()
    assert served["openapi"] == "3.1.0"
    assert served["servers"] == [{"url": PUBLIC_URL}]
    refs = list(_refs(served))
    assert refs
    for ref in refs:
        place: Any = served
        for part in ref.removeprefix("#/").split("/"):
            place = place[part]
        assert place


@pytest.mark.parametrize("route", sorted(_api_routes()), ids=" ".join)
def test_each_route_has_an_operation(route: tuple[str, str]) -> None:
    method, path = route
    operation = _paths()[path][method.lower()]
    assert operation["summary"]
    success = min(operation["responses"], key=int)
    assert success.startswith("2")
    named = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
    assert named == set(re.findall(r"\{(\w+)}", path))
    assert operation["security"] or method in {"GET", "POST", "DELETE"}


def test_each_operation_has_a_route_and_a_name_of_its_own() -> None:
    described = {(operation.method, operation.path) for operation in _operations()}
    assert described <= _api_routes()
    paths = document(_operations(), PUBLIC_URL)["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names)) == len(_operations())


def test_what_an_operation_says_is_in_the_document() -> None:
    operation = Operation(
        "POST",
        "/api/v1/things/{thing}/parts",
        "Add a part",
        _Body,
        _Body,
        (201, 404),
        "account",
        listed=True,
        query={"after": "The cursor"},
        headers={"Idempotency-Key": "Yours"},
    )
    described = document([operation], PUBLIC_URL)["paths"]["/api/v1/things/{thing}/parts"]["post"]
    assert described["operationId"] == "post_things_thing_parts"
    assert described["tags"] == ["things"]
    assert [(p["name"], p["in"]) for p in described["parameters"]] == [
        ("thing", "path"),
        ("after", "query"),
        ("Idempotency-Key", "header"),
    ]
    assert described["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/_Body"}
    items = described["responses"]["201"]["content"]["application/json"]["schema"]["properties"]["items"]
    assert items["items"] == {"$ref": "#/components/schemas/_Body"}
    assert "application/problem+json" in described["responses"]["404"]["content"]
    assert described["security"] == [{"bearer": []}, {"session": []}]


def test_a_further_success_is_no_problem() -> None:
    operation = Operation(
        "GET", f"{API}/picture", "A picture, if any", statuses=(200, 204, 404), answer_type="image/webp"
    )
    answers = document([operation], PUBLIC_URL)["paths"]["/api/v1/picture"]["get"]["responses"]
    assert list(answers["200"]["content"]) == ["image/webp"]
    assert answers["204"] == {"description": "No Content"}
    assert list(answers["404"]["content"]) == ["application/problem+json"]


async def test_the_document_is_revalidated(site: Site) -> None:
    client = await site.client()
    first = await client.get(f"{API}/openapi.json")
    again = await client.get(f"{API}/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
