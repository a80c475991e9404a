"""
What a step of a procedure takes.

Sources: 国开办发〔2014〕24号 (identification), 厅字〔2016〕16号 (exit), 国开发〔2020〕6号 (monitoring),
村民委员会组织法 art. 26 (two thirds attend, more than half of those present agree), 民法典 art. 201 and 203 (terms).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from fupin.problems import FieldError
from fupin.workdays import add_working_days, next_working_day
from services.registry.codes import (
    DivisionLevel,
    ExitRequirement,
    GuaranteeItem,
    GuaranteeResult,
    HouseholdStatus,
    MonitoringKind,
    NoticeDays,
    ProcedureKind,
    StepDuty,
    StepKind,
    StepOutcome,
)
from services.registry.problems.procedures import (
    ExitNotProven,
    MonitoringKindMismatch,
    QuorumMissed,
    StepNotYours,
    VoteDisagrees,
)
from services.registry.rules.statuses import POOR

OPENING = {
    ProcedureKind.IDENTIFICATION: StepKind.APPLICATION,
    ProcedureKind.EXIT: StepKind.NOMINATION,
    ProcedureKind.MONITORING: StepKind.RISK_FOUND,
}
AIMS_AT = {
    ProcedureKind.IDENTIFICATION: HouseholdStatus.IDENTIFIED,
    ProcedureKind.EXIT: HouseholdStatus.EXITED,
}
ASIDE = frozenset({StepKind.OBJECTION, StepKind.OBJECTION_ANSWER})
NOTICES = frozenset({StepKind.FIRST_NOTICE, StepKind.SECOND_NOTICE})
SCOPES = {
    StepDuty.RECORD: "registry:write",
    StepDuty.REVIEW: "registry:review",
    StepDuty.APPROVE: "registry:approve",
}
# How many digits of a division's code the widest right at a level has: who sees one village only acts for no town.
DIGITS = {DivisionLevel.COUNTY: 6, DivisionLevel.TOWN: 9, DivisionLevel.VILLAGE: 12}
GUARANTEES = tuple(GuaranteeItem)


class Votes(Protocol):
    voters: int | None
    attended: int | None
    votes_for: int | None
    outcome: StepOutcome


def allow(duty: StepDuty, level: DivisionLevel, scopes: frozenset[str], division: str) -> None:
    """Raises StepNotYours with the scope and the level the step needs."""
    if SCOPES[duty] not in scopes or len(division) > DIGITS[level]:
        raise StepNotYours(scope=SCOPES[duty], level=level.value)


def notice_until(posted: date, days: int, counts: NoticeDays) -> date:
    """The last day of a notice; the day it is posted does not count, and the last day is a working day.

    >>> notice_until(date(2018, 4, 23), 7, NoticeDays.CALENDAR)
    datetime.date(2018, 5, 2)
    >>> notice_until(date(2018, 4, 26), 5, NoticeDays.WORKING)
    datetime.date(2018, 5, 4)
    """
    if counts is NoticeDays.WORKING:
        return add_working_days(posted, days)
    return next_working_day(posted + timedelta(days=days))


def due(after: date, deadline_days: int | None) -> date | None:
    """The last day for a step that may be taken after the day; None where no term is set."""
    return None if deadline_days is None else add_working_days(after, deadline_days)


def hold(votes: Votes, quorum_ppm: int | None) -> None:
    """Raises QuorumMissed, or VoteDisagrees when the outcome is not the one voted."""
    voters, attended, favour = votes.voters or 0, votes.attended or 0, votes.votes_for or 0
    if quorum_ppm is not None and attended * 1_000_000 < voters * quorum_ppm:
        raise QuorumMissed(voters=voters, attended=attended, needed=-(-voters * quorum_ppm // 1_000_000))
    carried = favour * 2 > attended
    if carried != (votes.outcome is StepOutcome.PASSED):
        raise VoteDisagrees(attended=attended, votes_for=favour, needed=attended // 2 + 1)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day.

    >>> months_after(date(2020, 8, 31), 6)
    datetime.date(2021, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def monitored(kind: MonitoringKind, status: HouseholdStatus) -> None:
    """
    Who is monitored as what: 脱贫不稳定户 are out of poverty, 边缘易致贫户 never were poor, 突发严重困难户 are either.

    Raises MonitoringKindMismatch.
    """
    out = {HouseholdStatus.EXITED, HouseholdStatus.STABLE}
    never = {HouseholdStatus.NOT_POOR, HouseholdStatus.REMOVED}
    fitting = {
        MonitoringKind.UNSTABLE_EXITED: out,
        MonitoringKind.NEAR_POOR: never,
        MonitoringKind.SUDDEN_HARDSHIP: out | never,
    }[kind]
    if status not in fitting or status in POOR:
        raise MonitoringKindMismatch(current=status.value, fitting=sorted(fitting))


@dataclass(frozen=True)
class Proof:
    """One thing that leaving poverty takes, and what the register says of it."""

    item: ExitRequirement
    met: bool
    en: str
    zh: str


def proofs(
    year: int,
    per_head_fen: int | None,
    line_fen: int | None,
    guarantees: Mapping[GuaranteeItem, GuaranteeResult],
    confirmed_by: str | None,
    confirmed_on: date | None,
) -> list[Proof]:
    """Income above the year's line, two assurances and three guarantees with water, and the household's own word."""
    found = [_income(year, per_head_fen, line_fen)]
    for item in GUARANTEES:
        result = guarantees.get(item)
        met = result in (GuaranteeResult.MET, GuaranteeResult.NOT_APPLICABLE)
        said = (result.en.lower(), result.zh) if result else ("not checked", "未核查")
        found.append(
            Proof(ExitRequirement[item.name], met, f"{item.en} {year}: {said[0]}", f"{year}年{item.zh}{said[1]}")
        )
    if confirmed_by and confirmed_on:
        found.append(
            Proof(ExitRequirement.CONFIRMATION, True, f"confirmed on {confirmed_on}", f"已于{confirmed_on}签字确认")
        )
    else:
        found.append(
            Proof(ExitRequirement.CONFIRMATION, False, "the household has not confirmed", "拟退出户未签字确认")
        )
    return found


def ruled(found: Sequence[Proof], results: Mapping[str, bool | None]) -> list[Proof]:
    """What the clauses of the rule in force ask for, and whether they hold; what is unknown is not met."""
    by_code = {proof.item.value: proof for proof in found}
    return [replace(by_code[code], met=holds is True) for code, holds in results.items()]


def prove(found: Sequence[Proof]) -> None:
    """Raises ExitNotProven naming everything that is missing."""
    missing = [proof for proof in found if not proof.met]
    if missing:
        raise ExitNotProven(
            errors=[FieldError("", "body", proof.item.value, proof.en, proof.zh) for proof in missing],
            missing=[proof.item.value for proof in missing],
        )


def _income(year: int, per_head_fen: int | None, line_fen: int | None) -> Proof:
    item = ExitRequirement.INCOME
    if line_fen is None:
        return Proof(item, False, f"no poverty line recorded for {year}", f"未登记{year}年的贫困标准")
    if per_head_fen is None:
        return Proof(item, False, f"no income recorded for {year}", f"未登记{year}年的家庭收入")
    en = f"{per_head_fen / 100:.2f} yuan a head in {year}, the line is {line_fen / 100:.2f}"
    zh = f"{year}年人均纯收入{per_head_fen / 100:.2f}元，贫困标准{line_fen / 100:.2f}元"
    return Proof(item, per_head_fen > line_fen, en, zh)
