"""
What comes back in a packet: a row a visit, as ODK and Kobo export it (groups before the name: `section_1/water_safe`,
`section_1-water_safe`), or as a submission's JSON. Every cell that cannot be taken is named; nothing is guessed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from services.inspection.codes import FailureReason, VisitState
from services.inspection.rules import checklists
from services.inspection.rules.checklists import FAULTS, Question, Value, Wrong

HOUSEHOLD = ("household", "household_no", "户编号")
VERSION = "checklist_id"
SAYS = FAULTS | {
    "no-household": ("names no household", "没有户编号"),
    "not-drawn": ("is no household of this draw", "不是本次抽取的户"),
    "no-visit": ("is a reserve without a failed visit before it", "是备选户，尚无未能进行的入户核查需要它替补"),
    "other-ticket": ("is not this household's ticket", "不是该户的抽签号"),
    "other-draw": ("is another draw", "是另一次抽取"),
    "other-version": ("is another version of the checklist", "是核查表的另一版本"),
    "day-ahead": ("is later than today", "晚于今天"),
    "not-an-outcome": ("is no outcome of a visit", "不是入户结果"),
    "not-a-reason": ("is no reason for a failed visit", "不是未能入户的原因"),
    "failed-already": ("is a visit recorded as failed", "该次入户已记录为未能进行"),
    "done-already": ("is a visit recorded as done", "该次入户已记录为完成"),
    "cancelled": ("is a cancelled visit", "该次入户已取消"),
    "twice": ("stands twice, with different contents", "同一户出现两次且内容不同"),
    "formula-failed": ("holds a formula that failed", "单元格公式出错"),
}


OUTCOMES = {state.value: state for state in (VisitState.DONE, VisitState.FAILED)}
REASONS = {reason.value: reason for reason in FailureReason}


class Bad(NamedTuple):
    """A cell that cannot be taken: the heading as it stands in the file, and a code of SAYS."""

    row: int
    column: str
    code: str


class Returned(NamedTuple):
    """One row, as far as it can be taken."""

    row: int
    household_no: str
    ticket: str | None
    headings: Mapping[str, str]  # as the file has them, by field
    outcome: VisitState
    visited_on: date
    failure: FailureReason | None
    note: str | None
    answers: dict[str, Value]


class Known(NamedTuple):
    """A drawn household: its ticket, and its visit if there is one."""

    ticket: str
    visit_id: UUID | None
    state: VisitState | None


class Verdict(StrEnum):
    """What a row means for the visit on record."""

    RECORD = "RECORD"
    COMPARE = "COMPARE"
    UNCHANGED = "UNCHANGED"


def field(heading: str) -> str:
    """
    A heading without the groups before it.

    >>> field("section_1/water_safe"), field("section_1-water_safe"), field("water_safe")
    ('water_safe', 'water_safe', 'water_safe')
    """
    return re.split(r"[/\-.:]", heading.strip())[-1]


def flat(submission: Mapping[str, Any]) -> dict[str, Any]:
    """A submission's JSON without its groups; a list of codes as a cell would hold it."""
    found: dict[str, Any] = {}
    for heading, value in submission.items():
        match value:
            case dict():
                found |= flat(value)
            case list():
                found[heading] = " ".join(str(one) for one in value)
            case _:
                found[heading] = value
    return found


def read(
    row: int, cells: Mapping[str, Any], questions: Sequence[Question], draw_id: UUID, checklist_id: UUID, today: date
) -> tuple[Returned | None, list[Bad]]:
    """A row's contents, or what is wrong with it, cell by cell."""
    headings: dict[str, str] = {}
    given: dict[str, Any] = {}
    for heading, cell in cells.items():
        name = "household" if field(heading) in HOUSEHOLD else field(heading)
        if cell is not None and str(cell).strip() != "" and name not in given:
            given[name] = cell
        headings.setdefault(name, heading)
    said = {name: str(given[name]).strip() for name in checklists.RESERVED & given.keys()}
    day = _day(said.get("visited_on"))
    outcome = said.get("outcome", VisitState.DONE)
    failed = outcome == VisitState.FAILED
    wrong = dict(_form(said, draw_id, checklist_id, day, today))
    answers: dict[str, Value] = {}
    if not failed:
        answers, faults = _answers(questions, given)
        wrong |= faults
    if wrong or day is None:
        return None, [Bad(row, headings.get(name, name), code) for name, code in wrong.items()]
    return Returned(
        row, said["household"], said.get("ticket"), headings, OUTCOMES[outcome], day,
        REASONS[said["failure"]] if failed else None, said.get("note", "")[: checklists.LONGEST] or None
        if failed else None, answers,
    ), []  # fmt: skip


def _form(
    said: Mapping[str, str], draw_id: UUID, checklist_id: UUID, day: date | None, today: date
) -> Iterator[tuple[str, str]]:
    """What is wrong with the form's own fields."""
    if "household" not in said:
        yield "household", "no-household"
    if said.get("draw_id", str(draw_id)) != str(draw_id):
        yield "draw_id", "other-draw"
    if said.get(VERSION) != str(checklist_id):
        yield VERSION, "other-version"
    if day is None or day > today:
        yield "visited_on", "not-a-date" if day is None else "day-ahead"
    match said.get("outcome", VisitState.DONE):
        case VisitState.DONE:
            pass
        case VisitState.FAILED:
            if said.get("failure") not in REASONS:
                yield "failure", "not-a-reason"
        case _:
            yield "outcome", "not-an-outcome"


def _answers(questions: Sequence[Question], given: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, str]]:
    answers: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for question in questions:
        if question.name in given:
            try:
                answers[question.name] = _answer(question, given[question.name])
            except Wrong as error:
                faults[question.name] = error.code
    return answers, {fault.question: fault.code for fault in checklists.whole(questions, answers)} | faults


def weigh(row: Returned, known: Known | None) -> Verdict | str:
    """What a row means for the visit on record; or, as a code of SAYS, why it cannot be taken."""
    if known is None:
        return "not-drawn"
    if row.ticket not in (None, known.ticket):
        return "other-ticket"
    match known.state, row.outcome:
        case None, _:
            return "no-visit"
        case VisitState.CANCELLED, _:
            return "cancelled"
        case VisitState.PLANNED, _:
            return Verdict.RECORD
        case VisitState.FAILED, VisitState.FAILED:
            return Verdict.UNCHANGED
        case VisitState.FAILED, _:
            return "failed-already"
        case _, VisitState.FAILED:
            return "done-already"
        case _:
            return Verdict.COMPARE


def gather(
    given: Iterable[tuple[int, Mapping[str, Any]]],
    questions: Sequence[Question],
    draw_id: UUID,
    checklist_id: UUID,
    today: date,
) -> tuple[dict[str, Returned], list[Bad]]:
    """The rows that can be taken, by household, and every bad cell of the others."""
    rows: dict[str, Returned] = {}
    bad: list[Bad] = []
    for at, cells in given:
        found, wrong = read(at, cells, questions, draw_id, checklist_id, today)
        bad += wrong
        if found is None:
            continue
        before = rows.setdefault(found.household_no, found)
        if found._replace(row=0, headings={}) != before._replace(row=0, headings={}):
            bad.append(Bad(at, found.headings["household"], "twice"))
    return rows, bad


def weighed(
    rows: Mapping[str, Returned], known: Mapping[str, Known]
) -> tuple[dict[Verdict, list[Returned]], list[Bad]]:
    """The rows by what they mean for the visits on record, and those that contradict them."""
    found: dict[Verdict, list[Returned]] = {verdict: [] for verdict in Verdict}
    bad: list[Bad] = []
    for number, row in rows.items():
        verdict = weigh(row, known.get(number))
        if isinstance(verdict, Verdict):
            found[verdict].append(row)
        else:
            column = "ticket" if verdict == "other-ticket" else "household"
            bad.append(Bad(row.row, row.headings.get(column, column), verdict))
    return found, bad


def ignored(headings: Iterable[str], questions: Sequence[Question]) -> list[str]:
    """Headings that mean nothing here: the forms' own, and those of choices that Kobo splits into columns."""
    known = {question.name for question in questions} | checklists.RESERVED | set(HOUSEHOLD)
    return [heading for heading in headings if field(heading) not in known]


def _answer(question: Question, cell: Any) -> Value:
    if isinstance(cell, str) and re.fullmatch(r"#[A-Z/0]+[!?]?", cell.strip()):
        raise Wrong("formula-failed")
    return checklists.read(question, cell)


def _day(cell: Any) -> date | None:
    try:
        return date.fromisoformat(re.split(r"[T ]", str(cell).strip())[0].replace("/", "-"))
    except ValueError:
        return None
