"""
The packet that a team takes where there is no network: an XLSForm (xlsform.org) with the drawn households in it.

Its sheets, as rows: whoever fills it in chooses village, then household; both are known by number alone, no name and no
identity number leaves the house.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from services.inspection.codes import FailureReason, QuestionKind, VisitState
from services.inspection.rules.checklists import Question

ZH, EN = "中文 (zh)", "English (en)"
SURVEY = (
    "type", "name", f"label::{ZH}", f"label::{EN}", "required", "relevant", "constraint",
    f"constraint_message::{ZH}", f"constraint_message::{EN}", "choice_filter", "calculation",
)  # fmt: skip
CHOICES = ("list_name", "name", f"label::{ZH}", f"label::{EN}", "village", "ticket")
SETTINGS = ("form_title", "form_id", "version", "default_language", "instance_name")

Row = tuple[str, ...]


class Sheets(NamedTuple):
    survey: list[Row]
    choices: list[Row]
    settings: list[Row]


class Asked(NamedTuple):
    """A question with its words."""

    rule: Question
    zh: str
    en: str
    section_zh: str
    section_en: str
    unit: str | None


class Stop(NamedTuple):
    """A household to visit."""

    household_no: str
    village_code: str
    village_name: str
    poor: bool
    ticket: str


def sheets(
    draw_id: UUID, checklist_id: UUID, name: str, number: int, title: str, asked: Sequence[Asked], stops: Sequence[Stop]
) -> Sheets:
    """The three sheets of the form, headings first."""
    return Sheets(
        [SURVEY, *_survey(draw_id, checklist_id, asked)],
        [CHOICES, *_choices(asked, stops)],
        [
            SETTINGS,
            (title, f"{name}_{draw_id.hex}", str(number), ZH, "concat(${household}, ' ', string(${visited_on}))"),
        ],
    )


def _survey(draw_id: UUID, checklist_id: UUID, asked: Sequence[Asked]) -> Iterable[Row]:
    yield _line("calculate", "draw_id", calculation=f"'{draw_id}'")
    yield _line("calculate", "checklist_id", calculation=f"'{checklist_id}'")
    yield _line("select_one village", "village", "村", "Village", required=True)
    yield _line(
        "select_one household", "household", "户编号", "Household", required=True, choice_filter="village=${village}"
    )
    yield _line("calculate", "ticket", calculation="instance('household')/root/item[name=${household}]/ticket")
    yield _line(
        "date", "visited_on", "入户日期", "Day of the visit", required=True, constraint=". <= today()",
        says=("不得晚于今天", "Not later than today"),
    )  # fmt: skip
    yield _line("select_one outcome", "outcome", "入户结果", "Outcome", required=True)
    failed = "${outcome} = 'FAILED'"
    yield _line("select_one failure", "failure", "未能入户原因", "Why not", required=True, relevant=failed)
    yield _line("text", "note", "说明", "Note", relevant=failed)
    rules = {one.rule.name: one.rule for one in asked}
    for section, ((zh, en), questions) in enumerate(groupby(asked, lambda one: (one.section_zh, one.section_en)), 1):
        yield _line("begin_group", f"section_{section}", zh, en, relevant="${outcome} = 'DONE'")
        for one in questions:
            rule = one.rule
            unit = f"（{one.unit}）" if one.unit else ""
            yield _line(
                _type(rule), rule.name, one.zh + unit, one.en + (f" ({one.unit})" if one.unit else ""),
                required=rule.required, relevant=_relevant(rule, rules), constraint=_constraint(rule),
                says=_bounds(rule),
            )  # fmt: skip
        yield _line("end_group", f"section_{section}")


def _choices(asked: Sequence[Asked], stops: Sequence[Stop]) -> Iterable[Row]:
    yield ("yes_no", "yes", "是", "Yes", "", "")
    yield ("yes_no", "no", "否", "No", "", "")
    for state, zh, en in ((VisitState.DONE, "已入户", "Visited"), (VisitState.FAILED, "未能入户", "Not visited")):
        yield ("outcome", state, zh, en, "", "")
    for reason in FailureReason:
        yield ("failure", reason, reason.zh, reason.en, "", "")
    for one in asked:
        for choice in one.rule.choices:
            yield (one.rule.name, choice["code"], choice["zh"], choice["en"], "", "")
    for code, name in sorted({(stop.village_code, stop.village_name) for stop in stops}):
        yield ("village", code, name, name, "", "")
    for stop in stops:
        zh, en = ("贫困户", "poor") if stop.poor else ("非贫困户", "not poor")
        number = stop.household_no
        yield ("household", number, f"{number} {zh}", f"{number} {en}", stop.village_code, stop.ticket)


def _type(rule: Question) -> str:
    return {
        QuestionKind.YES_NO: "select_one yes_no",
        QuestionKind.ONE_OF: f"select_one {rule.name}",
        QuestionKind.SEVERAL_OF: f"select_multiple {rule.name}",
    }.get(rule.kind, rule.kind.lower())


def _relevant(rule: Question, rules: dict[str, Question]) -> str:
    if rule.relevant_to is None:
        return ""
    other = "${" + rule.relevant_to + "}"
    match rules[rule.relevant_to].kind:
        case QuestionKind.YES_NO:
            said = [f"{other} = '{'yes' if value == 'true' else 'no'}'" for value in rule.relevant_values]
        case QuestionKind.INTEGER:
            said = [f"{other} = {value}" for value in rule.relevant_values]
        case _:
            said = [f"selected({other}, '{value}')" for value in rule.relevant_values]
    return " or ".join(said)


def _constraint(rule: Question) -> str:
    if rule.kind is QuestionKind.TEXT:
        return "string-length(.) <= 2000"
    bounds = ((">=", rule.minimum), ("<=", rule.maximum))
    return " and ".join(f". {sign} {bound:f}" for sign, bound in bounds if bound is not None)


def _bounds(rule: Question) -> tuple[str, str]:
    if rule.kind is QuestionKind.TEXT:
        return "不超过2000字", "At most 2,000 characters"
    zh = [
        f"{word}{bound:f}" for word, bound in (("不小于", rule.minimum), ("不大于", rule.maximum)) if bound is not None
    ]
    en = [
        f"{word} {bound:f}"
        for word, bound in (("at least", rule.minimum), ("at most", rule.maximum))
        if bound is not None
    ]
    return "，".join(zh), ", ".join(en)


def _line(
    kind: str,
    name: str,
    zh: str = "",
    en: str = "",
    *,
    required: bool = False,
    relevant: str = "",
    constraint: str = "",
    says: tuple[str, str] = ("", ""),
    choice_filter: str = "",
    calculation: str = "",
) -> Row:
    return (
        kind, name, zh, en, "yes" if required else "", relevant, constraint, *says, choice_filter, calculation
    )  # fmt: skip
