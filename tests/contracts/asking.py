"""One request for each operation of an OpenAPI document: every parameter and body as its example or schema has it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fupin.auth import SCOPES
from tests.contracts import filling


@dataclass(frozen=True)
class Operation:
    """A method and path of one service, and what it needs."""

    service: str
    method: str
    path: str
    scopes: frozenset[str]
    node: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def answers_file(self) -> bool:
        """A success is something else than JSON."""
        successes = [found for status, found in self.node["responses"].items() if status[0] == "2"]
        return any(kind != "application/json" for found in successes for kind in found.get("content", ()))

    def request(self) -> dict[str, Any]:
        """What httpx sends, with the identifiers of `filling`."""
        path, query = self.path, {}
        for parameter in map(self._found, self.node.get("parameters", ())):
            name, schema = parameter["name"], self._found(parameter["schema"])
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", str(self._value(name, schema)))
            elif parameter["in"] == "query" and parameter.get("required"):
                query[name] = self._value(name, schema)
        headers = {} if self.method == "GET" else {"If-Match": '"1"', "Idempotency-Key": self.name}
        asked: dict[str, Any] = {"method": self.method, "url": path, "params": query, "headers": headers}
        content = self.node.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            asked["json"] = self.body()
        elif "multipart/form-data" in content:
            schema = self._found(content["multipart/form-data"]["schema"])
            asked["files"] = {"file": ("file.csv", b"household_no\n1\n", "text/csv")}
            asked["data"] = {
                name: self._value(name, self._found(schema["properties"][name]))
                for name in schema.get("required", ())
                if name != "file"
            }
        return asked

    def body(self) -> Any:
        """The first example of the JSON body, its identifiers replaced by those of `filling`."""
        content = self.node["requestBody"]["content"]["application/json"]
        schema = self._found(content["schema"])
        examples = [found["value"] for found in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else schema.get("examples", [])
        return _ours(examples[0]) if examples else {}

    def _found(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def _value(self, name: str, schema: Mapping[str, Any]) -> Any:
        for kind in map(self._found, (schema, *schema.get("anyOf", ()), *schema.get("allOf", ()))):
            if "enum" in kind:
                return kind["enum"][0]
            if "const" in kind:
                return kind["const"]
            if kind.get("format") == "uuid":
                return filling.ID
            if kind.get("format") == "date":
                return filling.DAY.isoformat()
            if kind.get("type") in ("integer", "number"):
                return 2018 if name == "year" else kind.get("minimum", 1)
            if kind.get("type") == "boolean":
                return "true"
        if name != "code" and schema.get("examples"):
            return schema["examples"][0]
        return filling.VILLAGE if "code" in name or "division" in name else filling.MARK


def operations(service: str, document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of a document."""
    for path, methods in document["paths"].items():
        for method, node in methods.items():
            named = {scope for way in node.get("security", ()) for scopes in way.values() for scope in scopes}
            assert named <= SCOPES.keys()
            yield Operation(service, method.upper(), path, frozenset(named), node, document)


def _ours(example: Any) -> Any:
    """The same with the one identifier that every row has, in town A."""
    if isinstance(example, dict):
        return {name: _ours(value) for name, value in example.items()}
    if isinstance(example, list):
        return [_ours(value) for value in example]
    if isinstance(example, str):
        if len(example) == 36 and example.count("-") == 4:
            return filling.ID
        if len(example) == 12 and example.startswith(filling.COUNTY):
            return filling.VILLAGE
    return example


def written(answer: Any) -> str:
    """An answer as text in which a name can be looked for."""
    try:
        return json.dumps(answer.json(), ensure_ascii=False)
    except ValueError:
        return str(answer.content.decode("utf-8", "replace"))
