"""The kinds of files that the registry reads, column by column."""

from collections.abc import Mapping
from functools import partial

from fupin.codelists import CodeList
from fupin.sheets.cells import (
    Value,
    account,
    certificate,
    code,
    codes,
    day,
    decimal,
    division_code,
    id_number,
    phone,
    text,
    whole,
    yes_no,
    yuan,
)
from fupin.sheets.errors import CellError
from fupin.sheets.layouts import Column, Layout, RowCheck
from services.registry.codes.divisions import DivisionLevel, HelperLevel
from services.registry.codes.households import (
    GuaranteeItem,
    GuaranteeResult,
    HouseGrade,
    HouseholdStatus,
    PovertyCause,
    PovertyType,
    Residence,
)
from services.registry.codes.imports import RecordError
from services.registry.codes.members import Education, Health, LabourAbility, SchoolStage, Sex
from services.registry.codes.nationalities import Nationality
from services.registry.codes.relations import Relation
from services.registry.codes.rosters import FourCategory

ID_NUMBER = "registry.member.id_number"
PHONE = "registry.household.phone"
BANK_ACCOUNT = "registry.household.bank_account"
CERTIFICATE = "registry.member.disability_certificate"
ROSTER_ID_NUMBER = "registry.roster_row.id_number"

_layout = partial(Layout, __name__, errors=(CellError, RecordError))
YEAR = whole(1990, 2100)
_NO = Column("household_no", "户编号", text(30), required=True, aliases=("户编码",))


def _days(first: str, last: str) -> RowCheck:
    def check(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
        start, end = row[first], row[last]
        if isinstance(start, str) and isinstance(end, str) and end < start:  # ISO dates order as text
            return last, RecordError.ENDS_BEFORE_START
        return None

    return RowCheck((first, last), check)


def _level(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    """A county's code ends in 000000, a town's in 000; a parent is the level above."""
    own, level, parent = str(row["code"]), row["level"], row["parent_code"]
    fits = "COUNTY" if own.endswith("000000") else "TOWN" if own.endswith("000") else "VILLAGE"
    above = {"COUNTY": None, "TOWN": own[:6] + "000000", "VILLAGE": own[:9] + "000"}[fits]
    if level != fits:
        return "level", RecordError.WRONG_LEVEL
    return ("parent_code", RecordError.WRONG_LEVEL) if parent not in (None, above) else None


def _water(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    """Only a system that is there can run."""
    if row["water_system_running"] is not None and row["has_tap_water"] is not True:
        return "water_system_running", CellError.OUT_OF_RANGE
    return None


def _village(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    return ("division_code", RecordError.NOT_A_VILLAGE) if str(row["division_code"]).endswith("000") else None


def _identified(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    """Whoever is or was poor was identified on a day; whoever has left poverty left on a day."""
    status = row["status"]
    if status in (None, "NOT_POOR"):
        return None
    if row["identified_on"] is None:
        return "identified_on", CellError.REQUIRED
    if status in ("EXITED", "STABLE", "RELAPSED") and row["exited_on"] is None:
        return "exited_on", CellError.REQUIRED
    return None


def _causes(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    main, others = row["main_cause"], row["other_causes"]
    if isinstance(others, list) and others and (main is None or main in others):
        return ("main_cause", CellError.REQUIRED) if main is None else ("other_causes", CellError.TOO_MANY_CODES)
    return None


_INCOME = ("wage_income", "business_income", "property_income", "transfer_income", "production_cost")


def _income_year(row: Mapping[str, Value]) -> tuple[str, CodeList] | None:
    if row["income_year"] is None and any(row[line] is not None for line in _INCOME):
        return "income_year", CellError.REQUIRED
    return None


DIVISIONS = _layout(
    "DIVISIONS",
    "行政区划",
    (
        Column("code", "行政区划代码", division_code, required=True),
        Column("name", "名称", text(60), required=True),
        Column("level", "级别", code(DivisionLevel), required=True),
        Column("parent_code", "上级代码", division_code),
        Column("poor_village", "贫困村", yes_no, "boolean"),
        Column("has_tap_water", "通自来水", yes_no, "boolean"),
        Column("water_system_running", "供水运行", yes_no, "boolean"),
        Column("population", "户籍人口", whole(0, 100_000_000), "integer"),
        Column("labour_force", "劳动力", whole(0, 100_000_000), "integer"),
        Column("collective_income", "村集体收入(元)", yuan(), "bigint"),
        Column("longitude", "经度", decimal(8, 73, 136), "double precision"),
        Column("latitude", "纬度", decimal(8, 3, 54), "double precision"),
    ),
    checks=(
        RowCheck(("code", "level", "parent_code"), _level),
        RowCheck(("has_tap_water", "water_system_running"), _water),
    ),
)

HOUSEHOLDS = _layout(
    "HOUSEHOLDS",
    "住户及家庭成员",
    (
        _NO,
        Column("division_code", "行政区划代码", division_code, required=True, aliases=("行政区划",)),
        Column("residence", "居住类型", code(Residence), of_household=True),
        Column("poverty_type", "户类型", code(PovertyType), of_household=True),
        Column("status", "户状态", code(HouseholdStatus), of_household=True),
        Column("identified_on", "识别日期", day, "date", of_household=True),
        Column("exited_on", "脱贫日期", day, "date", of_household=True),
        Column("main_cause", "主要致贫原因", code(PovertyCause), of_household=True),
        Column("other_causes", "其他致贫原因", codes(PovertyCause, 2), "text[]", of_household=True),
        Column("phone", "联系电话", phone, of_household=True, sealed=PHONE),
        Column("bank_account", "银行账号", account, of_household=True, sealed=BANK_ACCOUNT),
        Column("wage_income", "工资性收入(元)", yuan(), "bigint", of_household=True),
        Column("business_income", "经营性收入(元)", yuan(), "bigint", of_household=True),
        Column("property_income", "财产性收入(元)", yuan(), "bigint", of_household=True),
        Column("transfer_income", "转移性收入(元)", yuan(), "bigint", of_household=True),
        Column("production_cost", "生产经营支出(元)", yuan(), "bigint", of_household=True),
        Column("income_year", "收入年度", YEAR, "smallint", of_household=True),
        Column("house_grade", "住房等级", code(HouseGrade), of_household=True),
        Column("farmland_mu", "耕地面积(亩)", decimal(2, 0, 99_999_999), "numeric(10,2)", of_household=True),
        Column("name", "姓名", text(60), required=True),
        Column("id_number", "证件号码", id_number, sealed=ID_NUMBER, aliases=("身份证号码", "公民身份号码")),
        Column("sex", "性别", code(Sex), required=True),
        Column("nationality", "民族", code(Nationality), required=True),
        Column("relation", "与户主关系", code(Relation), required=True),
        Column("education", "文化程度", code(Education)),
        Column("school_stage", "在校状况", code(SchoolStage)),
        Column("health", "健康状况", codes(Health, 4), "text[]"),
        Column("labour_ability", "劳动能力", code(LabourAbility)),
        Column("medical_insurance", "医疗保险", yes_no, "boolean"),
        Column("disability_certificate", "残疾证号", certificate, sealed=CERTIFICATE),
    ),
    checks=(
        RowCheck(("division_code",), _village),
        RowCheck(("status", "identified_on", "exited_on"), _identified),
        RowCheck(("main_cause", "other_causes"), _causes),
        RowCheck((*_INCOME, "income_year"), _income_year),
    ),
    household="household_no",
    groups_required=("residence", "status"),
)

PATHWAYS = _layout(
    "PATHWAYS",
    "脱贫路径",
    (
        _NO,
        Column("pathway", "脱贫路径", text(60), required=True),
        Column("from", "开始日期", day, "date", required=True, aliases=("from_on",)),
        Column("to", "结束日期", day, "date", aliases=("to_on",)),
        Column("expected_income", "预计年收入(元)", yuan(), "bigint"),
    ),
    checks=(_days("from", "to"),),
)

HELPERS = _layout(
    "HELPERS",
    "帮扶干部",
    (
        Column("household_no", "户编号", text(30), aliases=("户编码",)),
        Column("division_code", "行政区划代码", division_code, aliases=("包保镇代码",)),  # of a town, for its leader
        Column("cadre_name", "帮扶干部", text(60), required=True),
        Column("department", "单位", text(100), required=True),
        Column("position", "职务", text(60)),
        Column("level", "包保级别", code(HelperLevel), required=True),
        Column("responsible", "帮扶责任人", yes_no, "boolean"),
        Column("from", "开始日期", day, "date", required=True, aliases=("from_on",)),
        Column("to", "结束日期", day, "date", aliases=("to_on",)),
    ),
    checks=(_days("from", "to"),),
)

GUARANTEES = _layout(
    "GUARANTEES",
    "两不愁三保障核查",
    (
        _NO,
        Column("year", "年度", YEAR, "smallint", required=True),
        Column("item", "项目", code(GuaranteeItem), required=True),
        Column("result", "结果", code(GuaranteeResult), required=True),
        Column("checked_on", "核查日期", day, "date", required=True),
    ),
)

ROSTER = _layout(
    "ROSTER",
    "台账",
    (
        Column("household_no", "户编号", text(30), aliases=("户编码",)),
        Column("name", "户主姓名", text(60), required=True, aliases=("姓名",)),
        Column("id_number", "证件号码", id_number, sealed=ROSTER_ID_NUMBER,
               aliases=("身份证号码", "公民身份号码", "户主证件号码")),
        Column("division_code", "行政区划代码", division_code, required=True, aliases=("行政区划",)),
        Column("category", "四类人员类别", code(FourCategory), aliases=("类别",)),
        Column("residence", "居住类型", code(Residence)),
        Column("removed_reason", "清退原因", text(100)),
        Column("appraised_on", "鉴定日期", day, "date"),
        Column("house_grade", "房屋等级", code(HouseGrade), aliases=("住房等级",)),
    ),
)  # fmt: skip

LAYOUTS = {layout.name: layout for layout in (DIVISIONS, HOUSEHOLDS, PATHWAYS, HELPERS, GUARANTEES, ROSTER)}
