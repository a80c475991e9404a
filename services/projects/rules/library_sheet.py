"""The library as counties keep it in a workbook (项目库台账): as it was declared, and where each project stands."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.projects.codes.projects import BuildType, ProjectCategory
from services.projects.rules.sheets import DECLARATIONS, SOURCES, TARGETS

STANDING = ("资金合计(元)", "入库状态", "状态日期")


def headings() -> list[str]:
    """Those of the declaration sheet, and where each project stands."""
    return [*(column.zh for column in DECLARATIONS.columns), *STANDING]


def row(project: Mapping[str, Any], uscc: str | None) -> list[Any]:
    """One project; what has no column is left out, as a fourth target is."""
    found = dict(_cells(project)) | {"uscc": uscc}
    standing = (_yuan(project["budget_fen"]), project["state"].zh, project["state_since"])
    return [*(found.get(column.field) for column in DECLARATIONS.columns), *standing]


def _cells(project: Mapping[str, Any]) -> Iterator[tuple[str, str | int | date | Decimal]]:
    for name, value in project.items():
        if isinstance(value, ProjectCategory | BuildType):
            yield name, value.zh
        elif isinstance(value, str | int | date):
            yield name, value
    yield "linkage", "、".join(found.zh for found in project["linkage"])
    by_source = {line["source"]: line["amount_fen"] for line in project["budget"]}
    for field, source in SOURCES.items():
        if source in by_source:
            yield field, _yuan(by_source[source])
    for fields, target in zip(TARGETS, project["targets"], strict=False):
        cells = (target["metric"], Decimal(target["target"]), target["unit"])
        yield from zip(fields, cells, strict=True)


def _yuan(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(Decimal("0.01"))
