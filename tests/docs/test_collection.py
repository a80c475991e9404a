"""The Bruno collection has every operation, its parameters and its body."""

import json
import re
from pathlib import Path

from fupin import collection
from fupin.settings import PORTS
from tests.docs.test_openapi import operations
from tests.e2e.conftest import ROOT


def test_the_collection_is_complete(tmp_path: Path) -> None:
    documents = {name: json.loads((ROOT / "docs" / "openapi" / f"{name}.json").read_text()) for name in PORTS}

    count = collection.write(documents, tmp_path)

    found = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*/*/*.bru")}
    assert len(found) == count == sum(len(item) for d in documents.values() for item in d["paths"].values())
    names = [re.search(r"name: (\w+)", text)[1] for text in found.values()]  # type: ignore[index]
    assert [path.stem for path in found] == names
    for service, document in documents.items():
        for where, operation in operations(document):
            text = found[Path(service) / operation["tags"][0] / f"{operation['operationId']}.bru"]
            method, path = where.split(" ", 1)
            assert f"{method.lower()} {{\n  url: {{{{{service}}}}}" in text
            for parameter in re.findall(r"\{(\w+)\}", path):
                assert f":{parameter}" in text
                assert f"\n  {parameter}: " in text
            for parameter in operation.get("parameters", []):
                assert re.search(rf"\n  ~?{re.escape(parameter['name'])}: ", text), (where, parameter["name"])
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                body = re.search(r"^body:json \{\n(.*?)\n\}", text, re.DOTALL | re.MULTILINE)
                assert body
                json.loads(body[1])
    assert "token: {{token}}" in (tmp_path / "collection.bru").read_text()
    assert json.loads((tmp_path / "bruno.json").read_text())["name"] == "fupin"
