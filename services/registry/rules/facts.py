"""
The facts of a household that a rule of eligibility may look at.

A fact that is not on record is missing: it is neither yes nor no, nor zero, and a clause that needs it is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fupin.codelists import CodeList
from services.registry.codes import GuaranteeItem, GuaranteeResult, HouseGrade, HouseholdStatus, PovertyType, Residence
from services.registry.codes.eligibility import FactType, FactUnit

Value = bool | int | str
Facts = Mapping[str, Value | None]


@dataclass(frozen=True)
class Fact:
    """`codes` are all the texts it can be; `missing` says when it is not known, where that can be."""

    name: str
    kind: FactType
    zh: str
    en: str
    unit: FactUnit = FactUnit.NONE
    codes: type[CodeList] | None = None
    missing: tuple[str, str] | None = None


INTEGER, TEXT, BOOLEAN = FactType.INTEGER, FactType.TEXT, FactType.BOOLEAN
PERSON, DAY = FactUnit.PERSON, FactUnit.DAY

_NO_INCOME = ("该年度收入未登记", "no income recorded for the year")
_NO_LINE = ("该年度贫困标准未登记", "no poverty line recorded for the year")
_NO_TYPE = ("户类型未登记", "no poverty type recorded")
_NOT_CHECKED = ("该年度未核查", "not checked in the year")
_ABLE = ("有成员劳动能力未登记", "a person's ability to work is not recorded")

CATALOGUE: tuple[Fact, ...] = (
    Fact("division", TEXT, "行政区划代码", "Division code, 12 digits"),
    Fact("residence", TEXT, "居住类型", "Residence", codes=Residence),
    Fact("status", TEXT, "户状态", "Household status", codes=HouseholdStatus),
    Fact("days_in_status", INTEGER, "现状态持续天数", "Days since the present status began", DAY),
    Fact("registered", BOOLEAN, "建档立卡户（含已脱贫）", "Registered: poor, or out of poverty and still registered"),
    Fact("poor", BOOLEAN, "未脱贫（含新识别、返贫）", "Poor: identified, poor or fallen back"),
    Fact("poverty_type", TEXT, "户类型", "Poverty type", codes=PovertyType, missing=_NO_TYPE),
    Fact("minimum_living", BOOLEAN, "低保户", "On minimum living allowance", missing=_NO_TYPE),
    Fact("destitute", BOOLEAN, "特困供养户", "Destitute, supported", missing=_NO_TYPE),
    Fact("days_since_identified", INTEGER, "识别以来天数", "Days since identification", DAY,
         missing=("未识别", "never identified")),
    Fact("days_since_exited", INTEGER, "脱贫以来天数", "Days since it left poverty", DAY,
         missing=("未脱贫", "it has not")),
    Fact("house_grade", TEXT, "住房等级", "House grade", codes=HouseGrade, missing=("未鉴定", "not appraised")),
    Fact("size", INTEGER, "家庭人口", "Persons", PERSON),
    Fact("able_labour", INTEGER, "有劳动能力人数", "Persons able to work", PERSON, missing=_ABLE),
    Fact("ill", INTEGER, "患病人数", "Persons chronically or seriously ill", PERSON),
    Fact("disabled", INTEGER, "残疾人数", "Persons with a disability", PERSON),
    Fact("students", INTEGER, "在校学生数", "Persons in school", PERSON),
    Fact("uninsured", INTEGER, "未参加医疗保险人数", "Persons without medical insurance", PERSON),
    Fact("year", INTEGER, "认定年度", "The year whose income, line and guarantees count", FactUnit.YEAR),
    Fact("income_per_head", INTEGER, "人均纯收入", "Net income per head of the year", FactUnit.FEN, missing=_NO_INCOME),
    Fact("poverty_line", INTEGER, "贫困标准", "Poverty line of the year", FactUnit.FEN, missing=_NO_LINE),
    *(
        Fact(f"guarantee_{item.lower()}", TEXT, f"{item.zh}核查结果", f"{item.en}: result of the year's check",
             codes=GuaranteeResult, missing=_NOT_CHECKED)
        for item in GuaranteeItem
    ),
    Fact("guarantees_not_met", INTEGER, "未达标保障项数", "Guarantees found not met in the year", FactUnit.ITEM),
    Fact("guarantees_unchecked", INTEGER, "未核查保障项数", "Guarantees not checked in the year", FactUnit.ITEM),
    Fact("exit_confirmed", BOOLEAN, "本户签字确认脱贫", "The household itself has confirmed its exit in the year"),
    Fact("pathways", INTEGER, "脱贫路径数", "Pathways it is on", FactUnit.ITEM),
    Fact("has_helper", BOOLEAN, "有包保责任人", "A cadre is responsible for it"),
)  # fmt: skip

BY_NAME: Mapping[str, Fact] = {fact.name: fact for fact in CATALOGUE}
