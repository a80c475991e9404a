"""OpenAPI 3.1 as `api.md` has it: one Problem schema, refusals by name, no framework defaults that we never answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fupin import examples
from fupin.problems import MEDIA_TYPE
from fupin.settings import Settings

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

_DEMANDED = {
    "if-match": {"type": "string", "title": "If-Match", "minLength": 1, "examples": ['"3"']},
    "idempotency-key": {
        "type": "string",
        "title": "Idempotency-Key",
        "minLength": 1,
        "maxLength": 200,
        # what Python calls printable of the bytes a header may hold; blanks around it belong to HTTP
        "pattern": "^[ -~\u00a1-\u00ac\u00ae-\u00ff]*[!-~\u00a1-\u00ac\u00ae-\u00ff][ -~\u00a1-\u00ac\u00ae-\u00ff]*$",
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
        _lift_definitions(found["paths"], schemas)
        for name, schema in schemas.items():  # generators name classes by the title, and two may not have one name
            if (title := schema.get("title", name)) != name:
                schema |= {"title": name, "description": schema.get("description", title)}
        for path in found["paths"].values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    if parameter["name"] in _DEMANDED:  # optional to FastAPI, so that a refusal can say what it is for
                        parameter |= {"required": True, "schema": _DEMANDED[parameter["name"]]}
                operation.setdefault("description", f"{operation['summary']}.")
                operation["responses"]["default"] = {
                    "description": "Any other refusal.",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
        examples.complete(found)
        used = {tag for path in found["paths"].values() for operation in path.values() for tag in operation["tags"]}
        found["tags"] = [tag for tag in found["tags"] if tag["name"] in used]
        app.openapi_schema = found
    return app.openapi_schema


def _lift_definitions(there: Any, schemas: dict[str, Any]) -> None:
    """Definitions inside an answer of our own making move to where every reference points."""
    if isinstance(there, dict):
        schemas |= there.pop("$defs", {})
        reference = there.get("$ref")
        if isinstance(reference, str):
            there["$ref"] = reference.replace("#/$defs/", "#/components/schemas/")
    for inner in there.values() if isinstance(there, dict) else there if isinstance(there, list) else ():
        _lift_definitions(inner, schemas)


def located(document: dict[str, Any], service: str, settings: Settings) -> dict[str, Any]:
    """The document as a running service shows it: where it is reached, and where its tokens come from."""
    local = settings.issuer_url == settings.service_public_url("portal").rstrip("/")
    schemes = dict(document["components"].get("securitySchemes", {}))
    if "oauth2" in schemes and local:
        flow = schemes["oauth2"]["flows"]["clientCredentials"] | {"tokenUrl": f"{settings.issuer_url}/oauth/token"}
        schemes["oauth2"] = schemes["oauth2"] | {"flows": {"clientCredentials": flow}}
    elif "oauth2" in schemes:
        found = f"{settings.issuer_url}/.well-known/openid-configuration"
        schemes["oauth2"] = {"type": "openIdConnect", "openIdConnectUrl": found}
    return document | {
        "servers": [{"url": settings.service_public_url(service).rstrip("/")}],
        "components": document["components"] | {"securitySchemes": schemes},
    }
