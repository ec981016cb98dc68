"""The OpenAPI 3.1 document at /api/v1/openapi.json, made from the operations and structs that the routes use."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from aiohttp import web

import livehub
from livehub.web.etag import Representation, answer_cached

Auth = Literal["none", "any", "account"]
API = "/api/v1"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``statuses[0]`` is success, the others are what else a client should expect:
    problems, and below 400 successes without a body. What has a body may always be 408.

    ``auth``: nobody in particular ("none"), somebody ("any": account, API key, guest or member), or an account or its
    API key ("account"). ``listed`` wraps ``answer`` as ``{items, next}``. ``query`` and ``headers`` map names to what
    they mean. ``body_type`` and ``answer_type`` are media types, for what is not JSON.
    """

    method: str
    path: str
    summary: str
    body: type | None = None
    answer: type | None = None
    statuses: tuple[int, ...] = (200,)
    auth: Auth = "any"
    listed: bool = False
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    body_type: str = "application/json"
    answer_type: str = "application/json"

    @property
    def has_body(self) -> bool:
        return self.body is not None or self.body_type != "application/json"


class Problem(msgspec.Struct):
    """RFC 9457. Switch on ``code``, show ``detail``."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    field: str | None = None


DOCUMENT: web.AppKey[Representation] = web.AppKey("openapi_document", Representation)


def document(operations: Sequence[Operation], public_url: str) -> dict[str, Any]:
    """The whole document, as plain JSON values."""
    structs = [Problem, *(kind for operation in operations for kind in (operation.body, operation.answer) if kind)]
    unique = list(dict.fromkeys(structs))
    refs, components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(unique, refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "livehub",
            "version": livehub.__version__,
            "summary": "Live rooms: watch, chat in every language, buy",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": _SECURITY_SCHEMES},
    }


_SECURITY_SCHEMES: Mapping[str, Any] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "livehub_session"},
    "guest": {"type": "apiKey", "in": "cookie", "name": "livehub_guest"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key (lhk_…), guest token or join token"},
}


def _operation(operation: Operation, schema_of: Mapping[type, Mapping[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.path.removeprefix(API).strip("/").partition("/")[0]],
        "parameters": _parameters(operation),
        "responses": _responses(operation, schema_of),
        "security": _security(operation.auth),
    }
    if operation.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {operation.body_type: {"schema": schema_of[operation.body]}},
        }
    elif operation.has_body:
        made["requestBody"] = {"required": True, "content": {operation.body_type: {}}}
    return made


def _operation_id(operation: Operation) -> str:
    words = [part.strip("{}") for part in operation.path.removeprefix(API).split("/") if part]
    return "_".join([operation.method.lower(), *words]).replace("-", "_").replace(".", "_")


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(operation.path)
    ]
    for place, named in (("query", operation.query), ("header", operation.headers)):
        found += [
            {"name": name, "in": place, "required": False, "description": meaning, "schema": {"type": "string"}}
            for name, meaning in (named or {}).items()
        ]
    return found


def _responses(operation: Operation, schema_of: Mapping[type, Mapping[str, Any]]) -> dict[str, Any]:
    success, *others = operation.statuses
    if operation.has_body:
        others = sorted({*others, HTTPStatus.REQUEST_TIMEOUT.value})
    responses: dict[str, Any] = {str(success): {"description": HTTPStatus(success).phrase}}
    if operation.answer is not None:
        schema: Mapping[str, Any] = schema_of[operation.answer]
        responses[str(success)]["content"] = {
            operation.answer_type: {"schema": _list_of(schema) if operation.listed else schema}
        }
    elif operation.answer_type != "application/json":
        responses[str(success)]["content"] = {operation.answer_type: {}}
    for status in others:
        described = responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if status >= HTTPStatus.BAD_REQUEST:
            described["content"] = {"application/problem+json": {"schema": schema_of[Problem]}}
    return responses


def _list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": schema}, "next": {"type": ["string", "null"]}},
    }


def _security(auth: Auth) -> list[dict[str, list[str]]]:
    schemes = {"none": (), "account": ("bearer", "session"), "any": ("bearer", "session", "guest")}[auth]
    return [{scheme: []} for scheme in schemes]


def serve(operations: Iterable[Operation], public_url: str) -> Representation:
    """The document as it goes out; put it under :data:`DOCUMENT`."""
    return Representation.of(msgspec.json.encode(document([*operations, *OPERATIONS], public_url)), "application/json")


async def get_document(request: web.Request) -> web.StreamResponse:
    return answer_cached(request, request.app[DOCUMENT])


OPERATIONS = [
    Operation("GET", f"{API}/openapi.json", "This document", answer_type="application/openapi+json", auth="none"),
]


def routes() -> list[web.RouteDef]:
    return [web.get(f"{API}/openapi.json", get_document)]
