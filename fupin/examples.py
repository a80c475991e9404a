"""
An example for every JSON body and answer.

What a model or a field says of itself comes first (`examples=[...]`); then what a field of that name holds wherever it
stands; then the least that its type takes.
"""

from typing import Any

Schema = dict[str, Any]

_ID = "0199b0c2-6d7e-7a10-8e52-5f1f3f0e9a11"
_BY_NAME: dict[str, Any] = {
    "next_cursor": None, "county_code": "230882", "division": "230882101", "division_code": "230882101203",
    "parent_code": "230882101000", "town_code": "230882101000", "village_code": "230882101203", "code": "230882101203",
    "household_no": "230882101203-0001", "name": "向阳村", "year": 2018, "income_year": 2018, "longitude": 132.04,
    "latitude": 47.25, "phone": "0454-2300000", "bank_account": "6217 0000 0000 0000 000", "house_grade": "C",
    "main_cause": "ILLNESS", "residence": "RURAL", "poverty_type": "GENERAL", "nationality": "汉族", "unit": "户",
    "disability_certificate": "99000019500101001X41", "poverty_line_fen": 353500, "currency": "CNY",
    "sub": "town-clerk@fupin", "actor": "town-clerk@fupin", "made_by": "finance-maker@fupin", "purpose": "入户核查",
    "approved_by": "finance-checker@fupin", "created_by": "town-clerk@fupin", "reason": "经核查，情况属实。",
    "note": "经核查，情况属实。", "title": "饮水安全巩固提升工程", "payer": "定点帮扶单位", "place": "市政府会议室",
    "filename": "2018年5月.xlsx", "version": 1, "rows": 243, "zh": "贫困村", "en": "Poor villages", "position": "主任",
    "cadre_name": "张三", "department": "市水务局", "contractor": "向阳建筑工程有限公司",
    "href": "/v1/divisions?level=VILLAGE",
}  # fmt: skip
_BY_FORMAT = {
    "date": "2018-05-17", "date-time": "2018-05-17T09:30:00+08:00", "time": "09:30:00", "uuid": _ID, "uri": "https://example.org/",
    "email": "office@example.org", "binary": "", "duration": "P1D", "password": "...", "ipv4": "127.0.0.1",
}  # fmt: skip
_BY_PATTERN = {"^[0-9a-f]{64}$": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
_FEN = 1_200_000


class Examples:
    """Makes examples of the schemas of one OpenAPI document."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas
        self._open: list[str] = []

    def of(self, schema: Schema, name: str = "", *, body: bool = False) -> Any:
        """An example. Of a body's fields those stand in it that must, or that say an example of their own."""
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("example", "const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        if reference := schema.get("$ref"):
            return self._referred(reference.rpartition("/")[2], name, body)
        for choices in ("anyOf", "oneOf"):
            if choices in schema:
                return self._chosen(schema[choices], name, body)
        if "allOf" in schema:
            return self.of(schema["allOf"][0], name, body=body)
        return self._typed(schema, name, body)

    def _referred(self, found: str, name: str, body: bool) -> Any:
        self._open.append(found)
        try:
            return self.of(self._schemas[found], name, body=body)
        finally:
            self._open.pop()

    def _chosen(self, choices: list[Schema], name: str, body: bool) -> Any:
        if name in _BY_NAME and _BY_NAME[name] is None:
            return None
        real = [choice for choice in choices if choice.get("type") != "null" and not self._endless(choice)]
        return self.of(real[0], name, body=body) if real else None

    def _endless(self, schema: Schema) -> bool:
        """Whether it stands within itself, as a tree's branches do."""
        if "$ref" in schema:
            return schema["$ref"].rpartition("/")[2] in self._open
        inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
        return any(self._endless(choice) for choice in inner)

    def _typed(self, schema: Schema, name: str, body: bool) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, body)
            case "array":
                return self._array(schema, name, body)
            case "string":
                return self._text(schema, name)
            case "integer" | "number":
                return self._number(schema, name)
            case "boolean":
                return True
            case "null":
                return None
        return _BY_NAME.get(name, {} if "properties" in schema else None)

    def _object(self, schema: Schema, body: bool) -> dict[str, Any]:
        fields = schema.get("properties", {})
        required = schema.get("required") or [*fields][:1]  # a change must change something
        return {
            name: self.of(field, name, body=body)
            for name, field in fields.items()
            if name in required or (not self._endless(field) and (not body or "examples" in field))
        }

    def _array(self, schema: Schema, name: str, body: bool) -> list[Any]:
        if "prefixItems" in schema:
            return [self.of(item, name, body=body) for item in schema["prefixItems"]]
        items = schema.get("items")
        if not items or self._endless(items):
            return []
        return [self.of(items, name, body=body)] * max(1, schema.get("minItems", 1))

    def _text(self, schema: Schema, name: str) -> str:
        known = _BY_PATTERN.get(schema.get("pattern", "")) or _BY_FORMAT.get(schema.get("format", ""))
        if known is not None:
            return known
        said = _BY_NAME.get(name)
        if not isinstance(said, str):
            said = _ID if name.endswith("_id") else _BY_PATTERN["^[0-9a-f]{64}$"] if _digest(name) else "示例"
        return said.ljust(schema.get("minLength", 0), "。")[: schema.get("maxLength")]

    def _number(self, schema: Schema, name: str) -> int | float:
        least = schema.get("minimum", schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else None)
        most = schema.get("maximum", schema.get("exclusiveMaximum"))
        said = _BY_NAME.get(name)
        wished = said if isinstance(said, int | float) else _FEN if name.endswith("_fen") else 1
        if least is not None and wished < least:
            return int(least) if schema["type"] == "integer" else float(least)
        if most is not None and wished > most:
            return int(most) if schema["type"] == "integer" else float(most)
        return wished


def _digest(name: str) -> bool:
    return name.endswith(("hash", "digest", "sha256"))


def complete(document: dict[str, Any]) -> None:
    """Give every JSON body and JSON answer of the document an example, where it has none."""
    examples = Examples(document["components"]["schemas"])
    for path in document["paths"].values():
        for operation in path.values():
            bodies = operation.get("requestBody", {}).get("content", {})
            answers = [
                answer.get("content", {}) for code, answer in operation["responses"].items() if code.startswith("2")
            ]
            for content, body in ((bodies, True), *((answer, False) for answer in answers)):
                for kind, media in content.items():
                    if kind.endswith("json") and not {"example", "examples"} & media.keys():
                        media["example"] = examples.of(media.get("schema", {}), body=body)
