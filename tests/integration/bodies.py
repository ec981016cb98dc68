"""The least body that an operation of the OpenAPI document takes, so that nothing but rights is left to refuse it."""

import json
from typing import Any

Json = dict[str, Any]
#: of members whose form the schema does not tell
_FORMS = {
    "currency": "EUR", "url": "https://hooks.example/x", "time_zone": "Asia/Bangkok", "opens": "10:00",
    "closes": "12:00", "days": ["2099-01-01"], "network": "203.0.113.0/24", "code": "SOME10",
    "email": "who@example.org", "options": ["a", "b"],
}  # fmt: skip


def least_body(operation: Json, document: Json) -> tuple[bytes | None, str]:
    """The body and its Content-Type."""
    content = operation.get("requestBody", {}).get("content", {})
    for kind, described in content.items():
        if kind == "application/json":
            return json.dumps(_least(described["schema"], document)).encode(), kind
        return b"Title,SKU\nCup,CUP\n", "text/csv" if kind == "text/csv" else kind.replace("*", "png")
    return None, "application/json"


def _least(schema: Json, document: Json, name: str = "") -> Any:
    if "$ref" in schema:
        return _least(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], document, name)
    if "enum" in schema:
        return schema["enum"][0]
    if name in _FORMS:
        return _FORMS[name]
    match schema.get("type"):
        case "object":
            named = schema.get("properties", {})
            return {key: _least(named[key], document, key) for key in schema.get("required", [])}
        case "array":
            return [_least(schema["items"], document, name) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return "x" * max(1, schema.get("minLength", 1))
