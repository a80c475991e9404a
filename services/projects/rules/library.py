"""
The project library (动态管理) as a state machine: which step leads from where to where, who takes it and what it needs.

Source: 国务院扶贫办 关于完善县级脱贫攻坚项目库建设的指导意见 (2018-03-08): villages declare, towns review, the
county argues, approves and gives public notice before a project is admitted. PostgreSQL holds the same order
(`project_step`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from fupin.workdays import add_working_days
from services.projects.codes.library import DocumentKind, Level, LibraryState
from services.projects.problems.library import (
    DayInFuture,
    DocumentMissing,
    FilingMissing,
    NoNoticeRunning,
    NoticeRunning,
    ObjectionOpen,
    ObjectionUpheld,
    OpinionMissing,
    ProjectEnded,
    StepBeforeLast,
    TargetMissing,
    WrongOrder,
    WrongRole,
)
from services.projects.problems.projects import NotEditable

S = LibraryState
NOTICE_DAYS = 10  # a public notice runs for at least ten days (公示不少于10天)


@dataclass(frozen=True)
class Authority:
    """Who may take a step: the scope of the token, and how high in the county its division must reach."""

    scope: str
    level: Level


VILLAGE = Authority("projects:write", Level.VILLAGE)
TOWN = Authority("projects:review", Level.TOWN)
COUNTY = Authority("projects:approve", Level.COUNTY)


@dataclass(frozen=True)
class Move:
    """One verb of the library: where it leads, and from each state where it may begin, who may take it."""

    verb: str
    to: LibraryState
    by: dict[LibraryState, Authority]
    summary: str

    @property
    def scope(self) -> str:
        """What every caller of the verb needs: its one scope, or reading where it depends on the project's state."""
        scopes = {authority.scope for authority in self.by.values()}
        return scopes.pop() if len(scopes) == 1 else "projects:read"


_UNDECIDED = {S.DECLARED: TOWN, S.TOWN_REVIEWED: COUNTY, S.ARGUED: COUNTY, S.APPROVED: COUNTY, S.NOTICED: COUNTY}

MOVES = (
    Move("review", S.TOWN_REVIEWED, {S.DECLARED: TOWN}, "The town has reviewed the project (乡镇审核)."),
    Move("argue", S.ARGUED, {S.TOWN_REVIEWED: COUNTY}, "The county's experts have given their opinion (县论证)."),
    Move("approve", S.APPROVED, {S.ARGUED: COUNTY}, "The county has approved the project (县审定)."),
    Move("publish-notice", S.NOTICED, {S.APPROVED: COUNTY}, "The public notice begins (公示)."),
    Move("admit", S.ADMITTED, {S.NOTICED: COUNTY}, "The project is admitted to the library (入库)."),
    Move("start", S.IMPLEMENTING, {S.ADMITTED: VILLAGE}, "Implementation begins (实施)."),
    Move("complete", S.COMPLETED, {S.IMPLEMENTING: VILLAGE}, "The works are completed (完工)."),
    Move("accept", S.ACCEPTED, {S.COMPLETED: COUNTY}, "The county has accepted the works (验收)."),
    Move("operate", S.OPERATING, {S.ACCEPTED: VILLAGE}, "The project operates and earns (收益)."),
    Move("close", S.CLOSED, {S.OPERATING: COUNTY}, "The project is closed (结项)."),
    Move("return", S.RETURNED, _UNDECIDED, "The project goes back to those who declared it, with the reason (退回)."),
    Move("redeclare", S.DECLARED, {S.RETURNED: VILLAGE}, "A returned project is declared again (重新申报)."),
    Move("reject", S.REJECTED, _UNDECIDED, "The project is not taken into the library, with the reason (不予入库)."),
    Move(
        "withdraw",
        S.WITHDRAWN,
        {S.DECLARED: VILLAGE, S.RETURNED: VILLAGE, S.ADMITTED: COUNTY, S.IMPLEMENTING: COUNTY},
        "The project leaves the library, with the number of the filing (出库).",
    ),
)

# The document that each step rests on; a number given without more is of that kind.
PAPER: dict[LibraryState, DocumentKind] = {
    S.DECLARED: DocumentKind.DECLARATION,
    S.TOWN_REVIEWED: DocumentKind.TOWN_REVIEW,
    S.ARGUED: DocumentKind.EXPERT_OPINION,
    S.APPROVED: DocumentKind.APPROVAL,
    S.NOTICED: DocumentKind.NOTICE,
    S.ADMITTED: DocumentKind.ADMISSION_FILING,
    S.IMPLEMENTING: DocumentKind.IMPLEMENTATION_PLAN,
    S.COMPLETED: DocumentKind.COMPLETION_REPORT,
    S.ACCEPTED: DocumentKind.ACCEPTANCE_REPORT,
    S.OPERATING: DocumentKind.OPERATION_REPORT,
    S.CLOSED: DocumentKind.CLOSING_REPORT,
    S.RETURNED: DocumentKind.DECISION,
    S.REJECTED: DocumentKind.DECISION,
    S.WITHDRAWN: DocumentKind.WITHDRAWAL_FILING,
}
PAPER_NEEDED = frozenset({S.APPROVED, S.NOTICED, S.ACCEPTED})  # a withdrawal needs more: the number of its filing
EDITABLE = frozenset({S.DECLARED, S.RETURNED, S.TOWN_REVIEWED, S.ARGUED})
ENDED = frozenset({S.REJECTED, S.WITHDRAWN, S.CLOSED})


@dataclass(frozen=True)
class Standing:
    """Where a project stands, and what its next step is judged by."""

    state: LibraryState
    last_on: date
    notice_until: date | None = None
    targets: int = 0
    objections_open: int = 0
    objections_upheld: int = 0


def level(division: str) -> Level:
    """The level at which the holder of a division prefix acts."""
    return Level.COUNTY if len(division) <= 6 else Level.TOWN if len(division) <= 9 else Level.VILLAGE


_RANK = {Level.VILLAGE: 0, Level.TOWN: 1, Level.COUNTY: 2}


def authority(move: Move, state: LibraryState, scopes: Collection[str], division: str) -> Authority:
    """By what authority the caller takes this step. Raises WrongOrder, WrongRole."""
    needed = move.by.get(state)
    if needed is None:
        raise WrongOrder(state=state, begins_in=list(move.by))
    check_role(needed, scopes, division)
    return needed


def check_role(needed: Authority, scopes: Collection[str], division: str) -> None:
    """Raises WrongRole."""
    if needed.scope not in scopes or _RANK[level(division)] < _RANK[needed.level]:
        raise WrongRole(scope=needed.scope, level=needed.level)


def check_step(
    to: LibraryState,
    standing: Standing,
    on: date,
    today: date,
    *,
    opinion: str | None,
    document_ref: str | None,
    papers: Collection[DocumentKind],
) -> None:
    """Whether the step may be taken on that day. Raises the refusal by name."""
    check_day(on, standing.last_on, today)
    if to in (S.ARGUED, S.RETURNED, S.REJECTED) and opinion is None:
        raise OpinionMissing
    if to == S.WITHDRAWN and document_ref is None:
        raise FilingMissing
    if to in PAPER_NEEDED and PAPER[to] not in papers:
        raise DocumentMissing(needs=PAPER[to])
    if to == S.ADMITTED:
        check_admission(standing, on)


def check_day(on: date, last_on: date, today: date) -> None:
    """Steps follow each other, and none is of tomorrow. Raises DayInFuture, StepBeforeLast."""
    if on > today:
        raise DayInFuture(today=today.isoformat())
    if on < last_on:
        raise StepBeforeLast(last_on=last_on.isoformat())


def check_admission(standing: Standing, on: date) -> None:
    if not standing.targets:
        raise TargetMissing
    if standing.notice_until is not None and on <= standing.notice_until:
        raise NoticeRunning(notice_until=standing.notice_until.isoformat())
    if standing.objections_open:
        raise ObjectionOpen(open=standing.objections_open)
    if standing.objections_upheld:
        raise ObjectionUpheld(upheld=standing.objections_upheld)


def notice_until(on: date, days: int) -> date:
    """The last day of a notice: so many working days of the official calendar after the day it was posted."""
    return add_working_days(on, days)


def check_editable(state: LibraryState) -> None:
    if state not in EDITABLE:
        raise NotEditable(state=state)


def check_going_on(state: LibraryState) -> None:
    """Nothing is added to a project that has ended."""
    if state in ENDED:
        raise ProjectEnded(state=state)


def check_objection(standing: Standing, raised_on: date) -> None:
    """An objection is raised from the day the notice was posted to its last day."""
    if (
        standing.state != S.NOTICED
        or standing.notice_until is None
        or not standing.last_on <= raised_on <= standing.notice_until
    ):
        raise NoNoticeRunning
