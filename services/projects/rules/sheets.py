"""The declaration sheet (项目申报表): its columns, and what the cells of a row say about each other."""

from collections.abc import Mapping

from stdnum.cn import uscc

from fupin.codelists import CodeList
from fupin.sheets.cells import Value, code, codes, day, decimal, division_code, text, whole, yuan
from fupin.sheets.errors import CellError
from fupin.sheets.layouts import Column, Layout, RowCheck
from services.projects.codes.declarations import DeclarationCellError
from services.projects.codes.projects import BuildType, FundingSource, LinkageMechanism, ProjectCategory

SOURCES = {f"budget_{source.value.lower()}": source for source in FundingSource}
TARGETS = tuple((f"metric_{at}", f"target_{at}", f"unit_{at}") for at in (1, 2, 3))


def _period(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    starts, ends = row["starts_on"], row["ends_on"]
    if isinstance(starts, str) and isinstance(ends, str) and ends < starts:  # ISO dates order as text
        return "ends_on", DeclarationCellError.ENDS_BEFORE_START
    return None


def _uscc(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    number = row["uscc"]
    return ("uscc", DeclarationCellError.BAD_USCC) if number is not None and not uscc.is_valid(str(number)) else None


def _targets(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    """A target has a metric, a value and a unit, and no metric is there twice."""
    metrics = set()
    for fields in TARGETS:
        filled = [name for name in fields if row[name] is not None]
        if filled and len(filled) < len(fields):
            return next(name for name in fields if row[name] is None), DeclarationCellError.TARGET_INCOMPLETE
        metric = row[fields[0]]
        if metric is not None and metric in metrics:
            return fields[0], DeclarationCellError.METRIC_TWICE
        metrics.add(metric)
    return None


DECLARATIONS = Layout(
    __name__,
    "DECLARATIONS",
    "项目申报表",
    (
        Column("project_no", "项目编号", text(40), required=True),
        Column("title", "项目名称", text(200), required=True),
        Column("category", "项目类别", code(ProjectCategory), required=True),
        Column("division_code", "行政区划代码", division_code, required=True, aliases=("实施地点代码",)),
        Column("declaring_unit", "申报单位", text(100), required=True),
        Column("implementing_unit", "实施单位", text(100), required=True),
        Column("uscc", "经营主体信用代码", text(18), aliases=("统一社会信用代码",)),
        Column("responsible_person", "责任人", text(50), required=True),
        Column("build_type", "建设性质", code(BuildType), required=True),
        Column("content", "建设规模与内容", text(2000), required=True),
        Column("starts_on", "开始日期", day, "date", required=True),
        Column("ends_on", "结束日期", day, "date", required=True),
        Column("linkage", "利益联结方式", codes(LinkageMechanism, 5), "text[]"),
        Column("expected_beneficiaries", "预计带动户数", whole(0, 2_000_000_000), "integer", required=True),
        Column("declared_on", "申报日期", day, "date"),
        Column("document_ref", "申报文号", text(100)),
        *(Column(field, f"{source.zh}(元)", yuan(), "bigint") for field, source in SOURCES.items()),
        *(
            column
            for at, (metric, target, unit) in enumerate(TARGETS, start=1)
            for column in (
                Column(metric, f"绩效指标{at}", text(100)),
                Column(target, f"绩效目标值{at}", decimal(4, 0, 10**13), "numeric"),
                Column(unit, f"绩效单位{at}", text(20)),
            )
        ),
    ),
    checks=(
        RowCheck(("starts_on", "ends_on"), _period),
        RowCheck(("uscc",), _uscc),
        RowCheck(tuple(name for fields in TARGETS for name in fields), _targets),
    ),
    errors=(CellError, DeclarationCellError),
)

LAYOUTS = {DECLARATIONS.name: DECLARATIONS}
