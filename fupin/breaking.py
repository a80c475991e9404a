"""
What of a new OpenAPI document breaks callers of the old one.

A caller breaks when what it asks is no longer there or no longer taken (a path, a parameter, a value, a field, a wider
limit), or when what it reads is no longer said (a field, a status) or may be something it has never seen (null, another
type, a value of a closed list).
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def changes(old: Json, new: Json) -> list[str]:
    """Every breaking change, one line each: operation, place, what."""
    return sorted({*_Comparison(old, new).all()})


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old = old
        self.new = new
        self._seen: set[tuple[str, str, str, bool]] = set()

    def all(self) -> Iterator[str]:
        for path, item in self.old["paths"].items():
            for method, was in item.items():
                now = self.new["paths"].get(path, {}).get(method)
                name = f"{method.upper()} {path}"
                if now is None:
                    yield f"{name}: removed"
                else:
                    yield from self._operation(name, was, now)

    def _operation(self, name: str, was: Json, now: Json) -> Iterator[str]:
        if was["operationId"] != now["operationId"]:
            yield f"{name}: operationId {was['operationId']} is now {now['operationId']}"
        before = {scope for need in was.get("security", ()) for scopes in need.values() for scope in scopes}
        after = {scope for need in now.get("security", ()) for scopes in need.values() for scope in scopes}
        if ("security" in now and "security" not in was) or after - before:
            yield f"{name}: needs {' '.join(sorted(after - before))}"
        yield from self._parameters(name, was.get("parameters", []), now.get("parameters", []))
        yield from self._body(name, was.get("requestBody"), now.get("requestBody"))
        for status, answer in was["responses"].items():
            if status.startswith("2"):
                yield from self._answer(f"{name} {status}", answer, now["responses"].get(status))

    def _parameters(self, name: str, was: list[Json], now: list[Json]) -> Iterator[str]:
        before = {(found["in"], found["name"]): found for found in was}
        after = {(found["in"], found["name"]): found for found in now}
        for key, found in before.items():
            if key not in after:
                yield f"{name}: {key[0]} parameter {key[1]} removed"
            else:
                yield from self._schema(f"{name} {key[1]}", found["schema"], after[key]["schema"], asked=True)
        for key, found in after.items():
            if found.get("required") and not before.get(key, {}).get("required"):
                yield f"{name}: {key[0]} parameter {key[1]} is now required"

    def _body(self, name: str, was: Json | None, now: Json | None) -> Iterator[str]:
        if now and now.get("required") and not (was and was.get("required")):
            yield f"{name}: a body is now required"
        yield from self._content(f"{name} body", (was or {}).get("content", {}), (now or {}).get("content", {}), True)

    def _answer(self, name: str, was: Json, now: Json | None) -> Iterator[str]:
        if now is None:
            yield f"{name}: removed"
            return
        for header in was.get("headers", {}):
            if header not in now.get("headers", {}):
                yield f"{name}: header {header} removed"
        yield from self._content(name, was.get("content", {}), now.get("content", {}), False)

    def _content(self, name: str, was: Json, now: Json, asked: bool) -> Iterator[str]:
        for kind, media in was.items():
            if kind not in now:
                yield f"{name}: {kind} removed"
            else:
                yield from self._schema(name, media.get("schema", {}), now[kind].get("schema", {}), asked=asked)

    def _schema(self, name: str, was: Json, now: Json, *, asked: bool) -> Iterator[str]:
        key = (was.get("$ref", ""), now.get("$ref", ""), "" if "$ref" in was and "$ref" in now else name, asked)
        if key[:2] != ("", ""):
            if key in self._seen:
                return
            self._seen.add(key)
        was, now = self._resolved(was, self.old), self._resolved(now, self.new)
        yield from self._types(name, was, now, asked)
        yield from self._values(name, was, now, asked)
        if asked:
            yield from self._limits(name, was, now)
        yield from self._fields(name, was, now, asked)
        if "items" in was and "items" in now:
            yield from self._schema(f"{name}[]", was["items"], now["items"], asked=asked)
        before, after = _real(was), _real(now)
        for old, new in zip(before, after, strict=False) if len(before) == len(after) else ():
            yield from self._schema(name, old, new, asked=asked)

    def _types(self, name: str, was: Json, now: Json, asked: bool) -> Iterator[str]:
        before, after = self._kinds(was, self.old), self._kinds(now, self.new)
        gone = before - after if asked else after - before
        if before and after and gone:
            verb = "no longer takes" if asked else "may now be"
            yield f"{name}: {verb} {', '.join(sorted(gone))}"

    def _values(self, name: str, was: Json, now: Json, asked: bool) -> Iterator[str]:
        before = was.get("enum", [was["const"]] if "const" in was else None)
        after = now.get("enum", [now["const"]] if "const" in now else None)
        if before is not None and after is not None:
            gone = [value for value in before if value not in after]
            added = [value for value in after if value not in before]
            if asked and gone:
                yield f"{name}: no longer takes {', '.join(map(str, gone))}"
            if not asked and added:
                yield f"{name}: may now be {', '.join(map(str, added))}"
        elif asked and before is None and after is not None:
            yield f"{name}: takes only {', '.join(map(str, after))}"

    def _limits(self, name: str, was: Json, now: Json) -> Iterator[str]:
        for limit in _LOWER:
            if limit in now and now[limit] > was.get(limit, float("-inf")):
                yield f"{name}: {limit} is now {now[limit]}"
        for limit in _UPPER:
            if limit in now and now[limit] < was.get(limit, float("inf")):
                yield f"{name}: {limit} is now {now[limit]}"
        if "pattern" in now and now["pattern"] != was.get("pattern"):
            yield f"{name}: pattern is now {now['pattern']}"

    def _fields(self, name: str, was: Json, now: Json, asked: bool) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        for field, schema in before.items():
            if field in after:
                yield from self._schema(f"{name}.{field}", schema, after[field], asked=asked)
            elif not asked or now.get("additionalProperties") is False:
                yield f"{name}.{field}: removed"
        if asked:
            for field in set(now.get("required", ())) - set(was.get("required", ())):
                yield f"{name}.{field}: is now required"
        else:
            for field in (set(was.get("required", ())) - set(now.get("required", ()))) & after.keys():
                yield f"{name}.{field}: may now be absent"

    def _kinds(self, schema: Json, document: Json) -> set[str]:
        """The JSON types it may be; a whole number is a number to whom numbers are said."""
        schema = self._resolved(schema, document)
        if "type" in schema:
            found = schema["type"]
            return set(found) if isinstance(found, list) else {found}
        return {kind for choice in _choices(schema) for kind in self._kinds(choice, document)}

    @staticmethod
    def _resolved(schema: Json, document: Json) -> Json:
        while "$ref" in schema:
            schema = document["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
        return schema


def _choices(schema: Json) -> list[Json]:
    return [choice for key in ("anyOf", "oneOf", "allOf") for choice in schema.get(key, ())]


def _real(schema: Json) -> list[Json]:
    return [choice for choice in _choices(schema) if choice.get("type") != "null"]
