"""The five APIs as Bruno collections: a folder a service, a file an operation, the documents' own examples in them."""

import json
import re
from pathlib import Path
from typing import Any

_LOCAL = {"portal": 8000, "registry": 8001, "funds": 8002, "projects": 8003, "inspection": 8004}


def write(documents: dict[str, dict[str, Any]], folder: Path) -> int:
    """Write the collection; how many requests it has."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bruno.json").write_text(
        json.dumps({"version": "1", "name": "fupin", "type": "collection"}, indent=2) + "\n"
    )
    addresses = "".join(f"  {name}: http://127.0.0.1:{port}\n" for name, port in _LOCAL.items())
    environments = folder / "environments"
    environments.mkdir(exist_ok=True)
    (environments / "local.bru").write_text(f"vars {{\n{addresses}}}\nvars:secret [\n  token\n]\n")
    (folder / "collection.bru").write_text("auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: {{token}}\n}\n")
    count = 0
    for service, document in documents.items():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                inside = folder / service / operation["tags"][0]
                inside.mkdir(parents=True, exist_ok=True)
                count += 1
                text = request(service, method, path, operation, count)
                (inside / f"{operation['operationId']}.bru").write_text(text, encoding="utf-8")
    return count


def request(service: str, method: str, path: str, operation: dict[str, Any], number: int) -> str:
    """One operation as Bruno writes it."""
    address = "{{" + service + "}}" + re.sub(r"\{(\w+)\}", r":\1", path)
    content = operation.get("requestBody", {}).get("content", {})
    kind = next((name for known, name in _KINDS.items() if known in content), "none")
    auth = "inherit" if "security" in operation else "none"
    blocks = [
        f"meta {{\n  name: {operation['operationId']}\n  type: http\n  seq: {number}\n}}",
        f"{method} {{\n  url: {address}\n  body: {kind}\n  auth: {auth}\n}}",
    ]
    parameters = operation.get("parameters", [])
    blocks += _named("params:query", parameters, "query")
    blocks += _named("params:path", parameters, "path")
    blocks += _named("headers", parameters, "header")
    if kind == "json":
        body = json.dumps(content["application/json"].get("example"), ensure_ascii=False, indent=2)
        blocks.append(f"body:json {{\n{_indented(body)}\n}}")
    elif kind != "none":
        fields = content[_BY_KIND[kind]]["schema"].get("properties", {})
        lines = [f"  ~{name}: {'@file()' if field.get('format') == 'binary' else ''}" for name, field in fields.items()]
        blocks.append("\n".join([f"body:{_BLOCKS[kind]} {{", *lines, "}"]))
    blocks.append(f"docs {{\n{_indented(operation['description'])}\n}}")
    return "\n\n".join(blocks) + "\n"


_KINDS = {
    "application/json": "json",
    "multipart/form-data": "multipartForm",
    "application/x-www-form-urlencoded": "formUrlEncoded",
}
_BY_KIND = {kind: known for known, kind in _KINDS.items()}
_BLOCKS = {"multipartForm": "multipart-form", "formUrlEncoded": "form-urlencoded"}


def _named(block: str, parameters: list[dict[str, Any]], where: str) -> list[str]:
    """The parameters of one place; those that need not be given are switched off."""
    lines = [
        f"  {'' if found.get('required') else '~'}{found['name']}: {_example(found)}"
        for found in parameters
        if found["in"] == where
    ]
    return ["\n".join([f"{block} {{", *lines, "}"])] if lines else []


def _example(parameter: dict[str, Any]) -> str:
    schema = parameter.get("schema", {})
    for found in (parameter.get("example"), *schema.get("examples", ()), schema.get("default")):
        if found is not None and not isinstance(found, list | dict):
            return str(found).lower() if isinstance(found, bool) else str(found)
    return ""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
