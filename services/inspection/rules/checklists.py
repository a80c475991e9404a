"""
What a question takes as its answer, and what a checklist as a whole asks of the answers to it.

An answer is a bool, an int, a Decimal, a choice's code, a list of codes, or text; a date is text, YYYY-MM-DD.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from services.inspection.codes import QuestionKind

Value = bool | int | Decimal | str | list[str]

NUMBERS = (QuestionKind.INTEGER, QuestionKind.DECIMAL)
CHOICES = (QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF)
DECIDING = (QuestionKind.YES_NO, QuestionKind.INTEGER, *CHOICES)  # another question may hang on these
LONGEST = 2_000
# A number in JSON is read back as a double: 15 digits survive that unharmed.
DIGITS, PLACES = 15, 6

YES = frozenset({"true", "yes", "y", "1", "是", "有"})
NO = frozenset({"false", "no", "n", "0", "否", "无"})

# What a form holds beside its questions.
RESERVED = frozenset({
    "village", "household", "ticket", "outcome", "visited_on", "failure", "note", "draw_id", "checklist_id"
})  # fmt: skip

FAULTS = {
    "not-yes-or-no": ("is neither yes nor no", "既不是“是”也不是“否”"),
    "not-a-choice": ("is none of the choices", "不在选项之中"),
    "not-choices": ("is not a list of the choices", "不是选项的列表"),
    "not-a-whole-number": ("is not a whole number", "不是整数"),
    "not-a-number": ("is not a number of at most 15 digits, 6 of them decimals", "不是数字，或超过15位、6位小数"),
    "not-a-date": ("is not a date", "不是日期"),
    "not-text": ("is not text of 1 to 2,000 characters", "不是1至2000字的文字"),
    "too-small": ("is below the smallest value", "小于最小值"),
    "too-large": ("is above the largest value", "大于最大值"),
    "missing": ("must be answered", "必须回答"),
    "not-asked": ("is not asked after the other answers", "按其他答案不应询问此题"),
    "no-such-question": ("is no question of this checklist", "不是本核查表的问题"),
}


class Question(NamedTuple):
    """A question as far as answers depend on it."""

    name: str
    kind: QuestionKind
    required: bool = True
    choices: Sequence[Mapping[str, str]] = ()  # code, zh, en
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    relevant_to: str | None = None
    relevant_values: Sequence[str] = ()


class Fault(NamedTuple):
    """What is wrong with the answer to a question: a code of FAULTS."""

    question: str
    code: str


class Wrong(Exception):
    """An answer that its question does not take; says which fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(question: Question, given: Any) -> Value:
    """
    An answer as JSON has it. Raises Wrong.

    >>> check(Question("doctor", QuestionKind.YES_NO), "yes")
    Traceback (most recent call last):
    services.inspection.rules.checklists.Wrong: not-yes-or-no
    >>> check(Question("income", QuestionKind.DECIMAL, minimum=Decimal(0)), "3535.50")
    Decimal('3535.50')
    """
    codes = [choice["code"] for choice in question.choices]
    match question.kind:
        case QuestionKind.YES_NO:
            return bool(_must(isinstance(given, bool), given, "not-yes-or-no"))
        case QuestionKind.ONE_OF:
            return str(_must(isinstance(given, str) and given in codes, given, "not-a-choice"))
        case QuestionKind.SEVERAL_OF:
            _must(isinstance(given, list) and all(isinstance(one, str) and one in codes for one in given)
                  and len(set(given)) == len(given), given, "not-choices")  # fmt: skip
            return sorted(given, key=codes.index)
        case QuestionKind.INTEGER:
            whole = isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**DIGITS
            return int(_within(question, Decimal(_must(whole, given, "not-a-whole-number"))))
        case QuestionKind.DECIMAL:
            return _within(question, _decimal(given))
        case QuestionKind.DATE:
            return _day(given)
        case QuestionKind.TEXT:
            _must(isinstance(given, str) and 0 < len(given.strip()) <= LONGEST, given, "not-text")
            return str(given.strip())


def read(question: Question, cell: Any) -> Value:
    """
    An answer as a cell of a table has it: codes or labels, choices separated by spaces or 、. Raises Wrong.

    >>> read(Question("doctor", QuestionKind.YES_NO), "是")
    True
    """
    text = _text(cell)
    match question.kind:
        case QuestionKind.YES_NO:
            lower = text.lower()
            return check(question, True if lower in YES else False if lower in NO else text)
        case QuestionKind.ONE_OF:
            return check(question, _code(question, text))
        case QuestionKind.SEVERAL_OF:
            whole = _code(question, text)  # a label may hold spaces
            parts = [whole] if whole != text else re.split(r"[\s、，,;；]+", text)
            return check(question, [_code(question, part) for part in parts if part])
        case QuestionKind.INTEGER:
            return check(question, int(text) if re.fullmatch(r"[+-]?[0-9]{1,15}", text) else text)
        case QuestionKind.DATE:
            return check(question, re.split(r"[T ]", text)[0].replace("/", "-"))
        case _:
            return check(question, text)


def relevant(question: Question, answers: Mapping[str, Value]) -> bool:
    """Whether a question is asked, given the answers to the others."""
    if question.relevant_to is None:
        return True
    other = answers.get(question.relevant_to)
    return any(token in question.relevant_values for token in tokens(other))


def tokens(answer: Value | None) -> list[str]:
    """An answer in the words of `relevant_values`."""
    match answer:
        case None:
            return []
        case bool():
            return ["true" if answer else "false"]
        case list():
            return answer
        case _:
            return [str(answer)]


def whole(questions: Iterable[Question], answers: Mapping[str, Value]) -> list[Fault]:
    """What is wrong with a set of answers together: something required is missing, something was not to be asked."""
    found = []
    counting: dict[str, Value] = {}  # what was not to be asked decides nothing further
    for question in questions:
        asked = relevant(question, counting)
        if asked and question.name in answers:
            counting[question.name] = answers[question.name]
        elif question.name in answers:
            found.append(Fault(question.name, "not-asked"))
        elif asked and question.required and question.name not in answers:
            found.append(Fault(question.name, "missing"))
    return found


def checked(questions: Sequence[Question], given: Mapping[str, Any]) -> tuple[dict[str, Value], list[Fault]]:
    """Answers as JSON has them, one by one; those that are wrong are left out and named. null is no answer."""
    known = {question.name: question for question in questions}
    answers: dict[str, Value] = {}
    faults = [Fault(name, "no-such-question") for name in given if name not in known]
    for name, question in known.items():
        if given.get(name) is not None:
            try:
                answers[name] = check(question, given[name])
            except Wrong as wrong:
                faults.append(Fault(name, wrong.code))
    return answers, faults


def ill_defined(questions: Sequence[Question]) -> tuple[str, str, str] | None:
    """The first question that does not make sense: its name, and why, in English and Chinese."""
    before: dict[str, Question] = {}
    for question in questions:
        if why := _ill(question, before):
            return (question.name, *why)
        before[question.name] = question
    return None


def _ill(question: Question, before: Mapping[str, Question]) -> tuple[str, str] | None:
    codes = [choice["code"] for choice in question.choices]
    if question.name in before or question.name in RESERVED:
        return "its name stands twice, or belongs to the form", "名称重复，或为表单保留"
    if (question.kind in CHOICES) is not bool(codes) or len(set(codes)) != len(codes):
        return (
            "a question of a list has distinct choices, and no other has any",
            "选择题须有互不相同的选项，其他题不得有选项",
        )
    if question.kind not in NUMBERS and (question.minimum, question.maximum) != (None, None):
        return "only numbers have bounds", "只有数字题可设上下限"
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        return "its bounds are the wrong way round", "下限大于上限"
    if question.relevant_to is None:
        return ("it hangs on no question", "未指明所依据的问题") if question.relevant_values else None
    other = before.get(question.relevant_to)
    if other is None or other.kind not in DECIDING or not question.relevant_values:
        return "it hangs on an earlier question of few answers", "只能依据前面的是否题、整数题或选择题"
    possible = {QuestionKind.YES_NO: ["true", "false"], QuestionKind.INTEGER: question.relevant_values}
    if not set(question.relevant_values) <= set(possible.get(other.kind, [c["code"] for c in other.choices])):
        return "it hangs on an answer that cannot be given", "所依据的答案不可能出现"
    return None


def _must(holds: bool, given: Any, code: str) -> Any:
    if not holds:
        raise Wrong(code)
    return given


def _within(question: Question, number: Decimal) -> Decimal:
    if question.minimum is not None and number < question.minimum:
        raise Wrong("too-small")
    if question.maximum is not None and number > question.maximum:
        raise Wrong("too-large")
    return number


def _decimal(given: Any) -> Decimal:
    _must(isinstance(given, int | float | str) and not isinstance(given, bool), given, "not-a-number")
    try:
        number = Decimal(repr(given) if isinstance(given, float) else given)
    except InvalidOperation as error:
        raise Wrong("not-a-number") from error
    if not number.is_finite() or number.adjusted() >= DIGITS - PLACES or number != round(number, PLACES):
        raise Wrong("not-a-number")
    return number


def _day(given: Any) -> str:
    try:
        return date.fromisoformat(_must(isinstance(given, str) and len(given) == 10, given, "not-a-date")).isoformat()
    except ValueError as error:
        raise Wrong("not-a-date") from error


def _code(question: Question, text: str) -> str:
    """The code of a choice given by code or label; the text itself where it is neither."""
    for choice in question.choices:
        if text in (choice["code"], choice["zh"], choice["en"]):
            return choice["code"]
    return text


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell).strip()
