"""What a list looks like as a table of words: its headings, and how each field is written."""

from dataclasses import dataclass
from enum import Enum

from fupin.codelists import CodeList
from services.registry.codes import (
    Education,
    FourCategory,
    GuaranteeItem,
    GuaranteeResult,
    Health,
    HelperLevel,
    HouseGrade,
    HouseholdStatus,
    LabourAbility,
    Nationality,
    Outcome,
    PovertyCause,
    PovertyType,
    Relation,
    Residence,
    SchoolStage,
    Sex,
)
from services.registry.codes.rosters import Contradiction, MatchKey, RosterKind, RosterState


class Kind(Enum):
    """How a field is written."""

    TEXT = "as somebody wrote it"  # so a spreadsheet might take it for a formula
    PLAIN = "number, day or code"
    WORD = "the word of its code"
    WORDS = "the words of its codes"
    YES_NO = "是 or 否"
    YUAN = "fen, shown as yuan"


@dataclass(frozen=True, slots=True)
class Column:
    field: str
    zh: str
    kind: Kind = Kind.PLAIN
    codes: type[CodeList] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as CSV and as a workbook; the headings are those that imports recognise."""

    name: str
    zh: str
    columns: tuple[Column, ...]

    @property
    def headings(self) -> list[str]:
        return [column.zh for column in self.columns]


XLSX_ROWS = 1_048_576  # of a sheet, headings included
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO, _DIVISION = Column("household_no", "户编号", Kind.TEXT), Column("division_code", "行政区划代码")


def neutral(text: str) -> str:
    """
    Text that no spreadsheet takes for a formula (OWASP, CSV injection).

    >>> neutral("=1+1"), neutral("王小兰")
    ("'=1+1", '王小兰')
    """
    return "'" + text if text.startswith(_FORMULA) else text


def _word(field: str, zh: str, codes: type[CodeList]) -> Column:
    return Column(field, zh, Kind.WORD, codes)


def _text(field: str, zh: str) -> Column:
    return Column(field, zh, Kind.TEXT)


def _yes_no(field: str, zh: str) -> Column:
    return Column(field, zh, Kind.YES_NO)


HOUSEHOLDS = Sheet(
    "households",
    "户",
    (
        _NO,
        _DIVISION,
        _text("head_name", "户主姓名"),
        Column("persons", "家庭人口"),
        _word("residence", "居住类型", Residence),
        _word("poverty_type", "户类型", PovertyType),
        _word("status", "户状态", HouseholdStatus),
        Column("status_on", "状态日期"),
        _text("status_reason", "状态原因"),
        Column("identified_on", "识别日期"),
        Column("exited_on", "脱贫日期"),
        _word("main_cause", "主要致贫原因", PovertyCause),
        Column("other_causes", "其他致贫原因", Kind.WORDS, PovertyCause),
        _text("phone", "联系电话"),
        _text("bank_account", "银行账号"),
        _word("house_grade", "住房等级", HouseGrade),
        Column("farmland_mu", "耕地面积(亩)"),
        Column("irrigated_mu", "有效灌溉面积(亩)"),
        Column("forest_mu", "林地面积(亩)"),
        Column("grassland_mu", "牧草地面积(亩)"),
    ),
)
MEMBERS = Sheet(
    "members",
    "家庭成员",
    (
        _NO,
        _DIVISION,
        _text("name", "姓名"),
        _text("id_number", "证件号码"),
        _word("sex", "性别", Sex),
        _word("nationality", "民族", Nationality),
        _word("relation", "与户主关系", Relation),
        _word("education", "文化程度", Education),
        _word("school_stage", "在校状况", SchoolStage),
        Column("health", "健康状况", Kind.WORDS, Health),
        _word("labour_ability", "劳动能力", LabourAbility),
        _yes_no("medical_insurance", "医疗保险"),
        _yes_no("serious_illness_insurance", "大病保险"),
        _yes_no("accident_insurance", "意外保险"),
        _yes_no("pension_insurance", "养老保险"),
        _text("disability_certificate", "残疾证号"),
        Column("joined_on", "加入日期"),
        Column("left_on", "离开日期"),
        Column("died_on", "死亡日期"),
    ),
)
PATHWAYS = Sheet(
    "household-pathways",
    "脱贫路径",
    (
        _NO,
        _DIVISION,
        _text("pathway_name", "脱贫路径"),
        Column("from", "开始日期"),
        Column("to", "结束日期"),
        Column("expected_income_fen", "预计年收入(元)", Kind.YUAN),
    ),
)
HELPERS = Sheet(
    "helper-assignments",
    "包保",
    (
        _NO,
        _DIVISION,
        _text("helper_name", "帮扶干部"),
        _text("department", "单位"),
        _word("level", "包保级别", HelperLevel),
        _yes_no("responsible", "帮扶责任人"),
        Column("from", "开始日期"),
        Column("to", "结束日期"),
    ),
)
GUARANTEES = Sheet(
    "guarantees",
    "两不愁三保障",
    (
        _NO,
        _DIVISION,
        Column("year", "年度"),
        _word("item", "项目", GuaranteeItem),
        _word("result", "结果", GuaranteeResult),
        _text("evidence", "依据"),
        Column("checked_on", "核查日期"),
    ),
)
ROSTER = Sheet(
    "roster",
    "台账",
    (
        Column("row_no", "序号"),
        _NO,
        _text("name", "户主姓名"),
        _text("id_number", "证件号码"),
        _DIVISION,
        _word("category", "四类人员类别", FourCategory),
        _word("residence", "居住类型", Residence),
        _text("removed_reason", "清退原因"),
        Column("appraised_on", "鉴定日期"),
        _word("house_grade", "房屋等级", HouseGrade),
        _word("outcome", "比对结果", Outcome),
    ),
)
HELPER_GAPS = Sheet("helper-gaps", "无人帮扶", (_text("kind_name", "类别"), _DIVISION, _NO))
ROSTERS = Sheet(
    "rosters",
    "台账清单",
    (
        Column("id", "编号"),
        _text("name", "名称"),
        _word("kind", "台账类别", RosterKind),
        Column("as_of", "截止日期"),
        _word("state", "台账状态", RosterState),
        Column("row_count", "行数"),
        _text("filename", "文件名"),
        _DIVISION,
        _text("created_by", "建立人"),
        Column("loaded_at", "建立时间"),
    ),
)
COMPARISON = Sheet(
    "comparison",
    "数据比对",
    (
        Column("row_no", "序号"),
        _word("outcome", "比对结果", Outcome),
        _text("reason", "清退原因"),
        _word("matched_by", "匹配依据", MatchKey),
        _yes_no("matched", "已鉴定"),
        Column("contradictions", "矛盾之处", Kind.WORDS, Contradiction),
        _text("resolved_because", "核定说明"),
        _NO,
        _text("name", "户主姓名"),
        _text("id_number", "证件号码"),
        _DIVISION,
        _word("category", "四类人员类别", FourCategory),
        _word("residence", "居住类型", Residence),
    ),
)
