"""OpenAPI 3.1 as `api.md` has it: one Problem schema, refusals by name, no framework defaults that we never answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fupin.problems import MEDIA_TYPE

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` is the address of the problem's page; `errors` lists the fields at fault.",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "in", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def document(app: FastAPI) -> dict[str, Any]:
    """The service's OpenAPI document, made once."""
    if not app.openapi_schema:
        found = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags,
            license_info=app.license_info, separate_input_output_schemas=False,
        )  # fmt: skip
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        for default in ("HTTPValidationError", "ValidationError"):
            schemas.pop(default, None)
        schemas["Problem"] = _PROBLEM
        for path in found["paths"].values():
            for operation in path.values():
                operation["responses"]["default"] = {
                    "description": "Any other refusal.",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
        app.openapi_schema = found
    return app.openapi_schema
