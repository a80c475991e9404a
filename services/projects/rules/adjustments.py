"""
Adjustment of the library (动态调整): every fourth quarter, and whenever policy or need changes, projects come in, go
out or change together.

Source: 关于完善县级脱贫攻坚项目库建设的指导意见 (2018-03-08) and the provinces' opinions on it: new projects come in by
the same steps as any other, what can no longer be carried out goes out with a filing, and what is admitted is what the
county decided and nobody objected to. So each project of an adjustment stands for itself: an objection holds back that
project, and the rest goes on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from services.projects.codes.adjustments import AdjustmentChange, AdjustmentState
from services.projects.codes.library import DocumentKind, LibraryState
from services.projects.problems.adjustments import NotAdjustable
from services.projects.problems.library import DocumentMissing, NoticeRunning, OpinionMissing, WrongOrder
from services.projects.rules.library import COUNTY, TOWN, Authority, check_day, check_role

S = AdjustmentState


@dataclass(frozen=True)
class Move:
    """One verb of an adjustment: where it leads, where it may begin, and who may take it."""

    verb: str
    to: AdjustmentState
    begins: frozenset[AdjustmentState]
    by: Authority
    summary: str


MOVES = (
    Move(
        "review", S.REVIEWED, frozenset({S.DRAFTED}), TOWN, "The list has been reviewed; it no longer changes (审核)."
    ),
    Move("publish-notice", S.NOTICED, frozenset({S.REVIEWED}), COUNTY, "The notice of the whole list begins (公示)."),
    Move("apply", S.APPLIED, frozenset({S.NOTICED}), COUNTY, "The library is adjusted, all in one (调整入库、出库)."),
    Move(
        "cancel",
        S.CANCELLED,
        frozenset({S.DRAFTED, S.REVIEWED, S.NOTICED}),
        COUNTY,
        "The adjustment is given up, with the reason; no project is touched.",
    ),
)

# In which state a project may be listed for which change. What comes in has been approved as any other project.
LISTED: dict[AdjustmentChange, frozenset[LibraryState]] = {
    AdjustmentChange.ADMIT: frozenset({LibraryState.APPROVED}),
    AdjustmentChange.WITHDRAW: frozenset({LibraryState.ADMITTED, LibraryState.IMPLEMENTING}),
    AdjustmentChange.CHANGE: frozenset({LibraryState.ADMITTED, LibraryState.IMPLEMENTING}),
}
_PAPER_NEEDED = {S.NOTICED: DocumentKind.NOTICE, S.APPLIED: DocumentKind.APPROVAL}


def check_listed(change: AdjustmentChange, state: LibraryState) -> None:
    """Raises NotAdjustable."""
    if state not in LISTED[change]:
        raise NotAdjustable(state=state, begins_in=sorted(LISTED[change]))


@dataclass(frozen=True)
class Standing:
    """Where an adjustment stands, and what its next step is judged by."""

    state: AdjustmentState
    last_on: date
    notice_until: date | None


def check_step(
    move: Move,
    standing: Standing,
    scopes: Collection[str],
    division: str,
    on: date,
    today: date,
    *,
    opinion: str | None,
    document_ref: str | None,
) -> None:
    """Whether the step may be taken by that caller on that day. Raises the refusal by name."""
    if standing.state not in move.begins:
        raise WrongOrder(state=standing.state, begins_in=sorted(move.begins))
    check_role(move.by, scopes, division)
    check_day(on, standing.last_on, today)
    if move.to in (S.REVIEWED, S.CANCELLED) and opinion is None:
        raise OpinionMissing
    if move.to in _PAPER_NEEDED and document_ref is None:
        raise DocumentMissing(needs=_PAPER_NEEDED[move.to])
    if move.to == S.APPLIED and standing.notice_until is not None and on <= standing.notice_until:
        raise NoticeRunning(notice_until=standing.notice_until.isoformat())
