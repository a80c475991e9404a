"""Which contract a bank line pays: points for what fits, and the reasons in words."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.funds.codes import InstalmentKind, MatchReason

POINTS = {
    MatchReason.REFERENCE: 100,
    MatchReason.AMOUNT: 40,
    MatchReason.PAYER: 35,
    MatchReason.LOAN_NUMBER: 35,
    MatchReason.PAYER_LIKE: 20,
    MatchReason.DAY: 15,
    MatchReason.MONTH: 5,
}
SURE = 70  # less is left to a person
LEAD = 15  # so much ahead of the next contract, or a person decides


class BankLine(NamedTuple):
    booked_on: date
    amount_fen: int
    payer: str
    text: str


class Claim(NamedTuple):
    """The open part of an instalment."""

    loan_id: UUID
    loan_no: str
    enterprise_name: str
    kind: InstalmentKind
    due_on: date
    open_fen: int


class Candidate(NamedTuple):
    """A contract that a line may pay."""

    loan_id: UUID
    loan_no: str
    enterprise_name: str
    due_on: date
    score: int
    reasons: tuple[MatchReason, ...]


def candidates(line: BankLine, claims: Iterable[Claim]) -> list[Candidate]:
    """Contracts for which something speaks besides the day, the likeliest first: each by its best due day."""
    by_loan: dict[UUID, list[Claim]] = {}
    for claim in claims:
        by_loan.setdefault(claim.loan_id, []).append(claim)
    found = []
    for own in by_loan.values():
        best = max((_score(line, own, due_on) for due_on in {claim.due_on for claim in own}), key=_rank)
        if not set(best.reasons) <= {MatchReason.DAY, MatchReason.MONTH}:
            found.append(best)
    return sorted(found, key=lambda one: (-one.score, one.loan_no))


def sure(found: list[Candidate]) -> Candidate | None:
    """The candidate that needs nobody's judgement."""
    if not found or found[0].score < SURE:
        return None
    return found[0] if len(found) == 1 or found[0].score - found[1].score >= LEAD else None


def _rank(one: Candidate) -> tuple[int, int]:
    return one.score, -one.due_on.toordinal()


def _score(line: BankLine, own: list[Claim], due_on: date) -> Candidate:
    loan_no, enterprise = own[0].loan_no, own[0].enterprise_name
    on_day = [claim.open_fen for claim in own if claim.due_on == due_on]
    until = sum(claim.open_fen for claim in own if claim.due_on <= due_on)
    reasons = []
    if line.amount_fen in (*on_day, sum(on_day), until):
        reasons.append(MatchReason.AMOUNT)
    payer, name = _plain(line.payer), _plain(enterprise)
    if payer == name:
        reasons.append(MatchReason.PAYER)
    elif len(payer) >= 4 and (payer in name or name in payer):
        reasons.append(MatchReason.PAYER_LIKE)
    if _plain(loan_no) in _words(line.text):
        reasons.append(MatchReason.LOAN_NUMBER)
    days = abs((line.booked_on - due_on).days)
    if days <= 30:
        reasons.append(MatchReason.DAY if days <= 5 else MatchReason.MONTH)
    return Candidate(own[0].loan_id, loan_no, enterprise, due_on, sum(map(POINTS.__getitem__, reasons)), tuple(reasons))


def _plain(name: str) -> str:
    """Without spaces, in half-width brackets: as banks and contracts write the same name differently."""
    return "".join(name.split()).replace("（", "(").replace("）", ")").lower()


def _words(text: str) -> set[str]:
    """What in a text could be a contract's number: runs of letters, digits and hyphens."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "-") else " " for c in text.lower())
    return set(plain.split())
