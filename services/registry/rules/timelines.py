"""What a timeline says, in words."""

from collections.abc import Mapping
from typing import Any, TypeVar

from fupin.codelists import CodeList
from services.registry.codes.histories import TimelineKind
from services.registry.codes.households import GuaranteeItem, GuaranteeResult, HouseholdStatus
from services.registry.codes.procedures import ProcedureKind, StepKind, StepOutcome
from services.registry.codes.support import AssistanceKind

FIELDS = {
    "division_code": ("行政区划", "division"),
    "household_no": ("户编号", "household number"),
    "residence": ("居住类型", "residence"),
    "poverty_type": ("户类型", "poverty type"),
    "main_cause": ("主要致贫原因", "main cause"),
    "other_causes": ("其他致贫原因", "other causes"),
    "phone": ("联系电话", "phone"),
    "bank_account": ("银行账号", "bank account"),
    "farmland_mu": ("耕地面积", "farmland"),
    "irrigated_mu": ("有效灌溉面积", "irrigated land"),
    "forest_mu": ("林地面积", "forest land"),
    "grassland_mu": ("草地面积", "grassland"),
    "house_grade": ("住房等级", "house grade"),
    "name": ("姓名", "name"),
    "id_number": ("证件号码", "ID number"),
    "birth_date": ("出生日期", "birth date"),
    "sex": ("性别", "sex"),
    "nationality": ("民族", "nationality"),
    "relation": ("与户主关系", "relation to head"),
    "education": ("文化程度", "education"),
    "school_stage": ("在校状况", "school stage"),
    "health": ("健康状况", "health"),
    "labour_ability": ("劳动能力", "labour ability"),
    "medical_insurance": ("医疗保险", "medical insurance"),
    "serious_illness_insurance": ("大病保险", "serious-illness insurance"),
    "accident_insurance": ("意外保险", "accident insurance"),
    "pension_insurance": ("养老保险", "pension insurance"),
    "disability_certificate": ("残疾证号", "disability certificate"),
}

# Where the other household stands: this one went into it, or it came out of this one.
WAYS = {
    (TimelineKind.MERGED, True): ("并入 ", "into"),
    (TimelineKind.MERGED, False): ("并进 ", "with"),
    (TimelineKind.SPLIT, True): ("分出 ", "off went"),
    (TimelineKind.SPLIT, False): ("分自 ", "off from"),
}

Coded = TypeVar("Coded", bound=CodeList)


def coded(among: type[Coded], code: str) -> Coded:
    """The entry of a code list."""
    return next(entry for entry in among if entry.value == code)


def words(kind: TimelineKind, detail: Mapping[str, Any]) -> tuple[str, str]:
    """One entry in Chinese and in English."""
    zh, en = _what(kind, detail)
    return (f"{kind.zh}：{zh}" if zh else kind.zh), (f"{kind.en}: {en}" if en else kind.en)


def _what(kind: TimelineKind, detail: Mapping[str, Any]) -> tuple[str, str]:
    fields = detail.get("fields") or {}
    changed = "、".join(_field(name)[0] for name in fields), ", ".join(_field(name)[1] for name in fields)
    match kind:
        case TimelineKind.STATUS:
            steps = [coded(HouseholdStatus, code) for code in (detail["from"], detail["to"]) if code]
            reason = detail.get("reason")
            zh, en = " → ".join(step.zh for step in steps), " → ".join(step.en for step in steps)
            return (f"{zh}（{reason}）", f"{en} ({reason})") if reason else (zh, en)
        case TimelineKind.MOVED:
            moved = " → ".join(fields["division_code"])
            return moved, moved
        case TimelineKind.HOUSEHOLD_CHANGED:
            return changed
        case TimelineKind.MEMBER_CHANGED:
            return f"{detail['name']}（{changed[0]}）", f"{detail['name']} ({changed[1]})"
        case (
            TimelineKind.MEMBER_JOINED
            | TimelineKind.MEMBER_LEFT
            | TimelineKind.MEMBER_DIED
            | TimelineKind.MEMBER_MOVED_IN
            | TimelineKind.MEMBER_MOVED_OUT
        ):
            return detail["name"], detail["name"]
        case TimelineKind.HELPER_BEGAN | TimelineKind.HELPER_ENDED:
            return f"{detail['name']}（{detail['department']}）", f"{detail['name']} ({detail['department']})"
        case TimelineKind.PATHWAY_BEGAN | TimelineKind.PATHWAY_ENDED:
            return detail["zh"], detail["en"]
        case _:
            return _recorded(kind, detail)


def _recorded(kind: TimelineKind, detail: Mapping[str, Any]) -> tuple[str, str]:
    """What was recorded of a household beside its own row and its members'."""
    match kind:
        case TimelineKind.GUARANTEE:
            item, result = coded(GuaranteeItem, detail["item"]), coded(GuaranteeResult, detail["result"])
            return f"{detail['year']}年 {item.zh} {result.zh}", f"{detail['year']} {item.en}: {result.en}"
        case TimelineKind.INCOME:
            yuan = f"{detail['per_head_fen'] / 100:.2f}"
            return f"{detail['year']}年 人均{yuan}元", f"{detail['year']}: {yuan} yuan a head"
        case TimelineKind.MERGED | TimelineKind.SPLIT:
            number = detail["household_no"] or ""
            zh, en = WAYS[kind, detail["from_here"]]
            return f"{zh}{number}", f"{en} {number}"
        case TimelineKind.ASSISTANCE:
            given = coded(AssistanceKind, detail["kind"])
            yuan = f" {detail['amount_fen'] / 100:.2f}" if detail["amount_fen"] is not None else ""
            zh_sum, en_sum = (f"{yuan}元", f"{yuan} yuan") if yuan else ("", "")
            return f"{given.zh}（{detail['given_by']}）{zh_sum}", f"{given.en} ({detail['given_by']}){en_sum}"
        case TimelineKind.PROCEDURE:
            procedure, step = coded(ProcedureKind, detail["procedure"]), coded(StepKind, detail["step"])
            outcome = coded(StepOutcome, detail["outcome"])
            return f"{procedure.zh} {step.zh}（{outcome.zh}）", f"{procedure.en}: {step.en} ({outcome.en})"
        case _:
            return "", ""


def _field(name: str) -> tuple[str, str]:
    return FIELDS.get(name, (name, name.replace("_", " ")))
