"""The fund page: what the account holds, what is lent and due, what came in, whom it was for, what was spent."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from fupin.app import Router
from fupin.auth import open_route
from fupin.clock import Today
from services.portal.clients import Peers, Services, Told
from services.portal.routes.briefing import AsOf
from services.portal.routes.page import SignedIn, Spoken, carried, page, to_sign_in
from services.portal.routes.rows import STATUS
from services.portal.rules.charts import Part, bar

router = Router(include_in_schema=False)

SHARED = "shared"  # the account that all is about stands first
KINDS = ("LOAN_PAYMENT", "PV", "DIVIDEND", "DONATION", "OTHER")  # incomes in the order of their colours a to e


class Account(BaseModel):
    code: str
    name: str
    kind: str
    balance_fen: int


class TrialBalance(BaseModel):
    balanced: bool
    items: list[Account]


class Loan(BaseModel):
    loan_id: str
    loan_no: str
    enterprise_name: str
    principal_fen: int
    due_fen: int
    paid_fen: int
    overdue_fen: int


class LoanBook(BaseModel):
    loans: list[Loan]
    principal_fen: int
    due_fen: int
    paid_fen: int
    overdue_fen: int
    outstanding_principal_fen: int


class Instalment(BaseModel):
    kind: str
    due_on: date
    amount_fen: int
    paid_fen: int
    status: str


class IncomeTotal(BaseModel):
    year: int
    kind: str
    receipts: int
    amount_fen: int


class IncomeTotals(BaseModel):
    amount_fen: int
    items: list[IncomeTotal]


class Distribution(BaseModel):
    state: str
    pot_fen: int
    households: int | None


class Progress(BaseModel):
    id: str
    document_no: str
    level: str
    year: int
    amount_fen: int
    received_fen: int
    spent_fen: int
    balance_fen: int
    progress_ppm: int

    @property
    def parts(self) -> list[Part]:
        """Spent, received but not spent, not received yet: of the amount granted."""
        idle = max(self.received_fen - self.spent_fen, 0)
        values = [("done", self.spent_fen), ("open", idle), ("rest", self.amount_fen - self.spent_fen - idle)]
        return bar(values, self.amount_fen)


class Alarm(BaseModel):
    kind: str
    rule: str
    appropriation_id: str
    document_no: str
    level: str
    year: int
    since: date
    stalled_fen: int


class Year(BaseModel):
    """What falls due in a year, and how it stands."""

    year: int
    principal_fen: int = 0
    other_fen: int = 0
    paid_fen: int = 0
    overdue_fen: int = 0

    @property
    def due_fen(self) -> int:
        return self.principal_fen + self.other_fen

    @property
    def coming_fen(self) -> int:
        return self.due_fen - self.paid_fen - self.overdue_fen


def standing(accounts: list[Account]) -> list[Account]:
    """Accounts that hold something, and the shared account whatever it holds."""
    shown = [account for account in accounts if account.balance_fen or account.code == SHARED]
    return sorted(shown, key=lambda account: (account.code != SHARED, account.code))


def empty(accounts: list[Account]) -> list[Account]:
    """The other accounts: they hold nothing."""
    shown = standing(accounts)
    return sorted((account for account in accounts if account not in shown), key=lambda account: account.code)


def schedule(instalments: list[Instalment]) -> list[tuple[Year, list[Part]]]:
    """Instalments by the year they fall due in, with a bar each."""
    years: dict[int, Year] = {}
    for instalment in instalments:
        year = years.setdefault(instalment.due_on.year, Year(year=instalment.due_on.year))
        if instalment.kind == "PRINCIPAL":
            year.principal_fen += instalment.amount_fen
        else:
            year.other_fen += instalment.amount_fen
        year.paid_fen += instalment.paid_fen
        if instalment.status == "OVERDUE":
            year.overdue_fen += instalment.amount_fen - instalment.paid_fen
    longest = max((year.due_fen for year in years.values()), default=0)
    return [
        (year, bar([("done", year.paid_fen), ("late", year.overdue_fen), ("rest", year.coming_fen)], longest))
        for _, year in sorted(years.items())
    ]


def by_status(instalments: list[Instalment]) -> list[tuple[str, int, int]]:
    """(status, instalments, amount) for each status there is."""
    found: dict[str, list[int]] = defaultdict(list)
    for instalment in instalments:
        found[instalment.status].append(instalment.amount_fen)
    return [(status, len(amounts), sum(amounts)) for status, amounts in sorted(found.items())]


def incomes_by_year(totals: list[IncomeTotal]) -> list[tuple[int, dict[str, tuple[int, int]], list[Part]]]:
    """(year, {kind: (fen, receipts)}, bar) for each year there is."""
    years: dict[int, dict[str, tuple[int, int]]] = {}
    for total in totals:
        kinds = years.setdefault(total.year, {})
        fen, receipts = kinds.get(total.kind, (0, 0))
        kinds[total.kind] = fen + total.amount_fen, receipts + total.receipts
    longest = max((sum(fen for fen, _ in kinds.values()) for kinds in years.values()), default=0)
    return [
        (year, kinds, bar([(series, kinds.get(kind, (0, 0))[0]) for series, kind in zip("abcde", KINDS, strict=True)],
                          longest))
        for year, kinds in sorted(years.items())
    ]  # fmt: skip


def by_state(distributions: list[Distribution]) -> list[tuple[str, int, int, list[Part]]]:
    """(state, distributions, money, bar) for each state there is, in the order they first appear."""
    states: dict[str, list[int]] = {}
    for distribution in distributions:
        states.setdefault(distribution.state, []).append(distribution.pot_fen)
    longest = max((sum(pots) for pots in states.values()), default=0)
    return [(state, len(pots), sum(pots), bar([("a", sum(pots))], longest)) for state, pots in states.items()]


@dataclass(frozen=True)
class Funds:
    """Everything the page says, each part as its service told it."""

    trial: Told[TrialBalance]
    book: Told[LoanBook]
    instalments: Told[list[Instalment]]
    incomes: Told[IncomeTotals]
    distributions: Told[list[Distribution]]
    progress: Told[list[Progress]]
    alarms: Told[list[Alarm]]

    @property
    def status(self) -> int:
        """That of the page: a refusal or silence only where nothing at all was told."""
        reasons = [getattr(self, part.name).reason for part in fields(self)]
        return 200 if None in reasons else STATUS[reasons[0]]


async def gather(peers: Services, token: str, day: date) -> Funds:
    """Ask the fund account everything at once."""
    on, as_of = {"on": day.isoformat()}, {"as_of": day.isoformat()}
    (trial, book, instalments, incomes), (distributions, progress, alarms) = await asyncio.gather(
        asyncio.gather(
            peers.ask("funds", "/v1/trial-balance", TrialBalance, token, as_of),
            peers.ask("funds", "/v1/loan-book", LoanBook, token, as_of),
            peers.everything("funds", "/v1/instalments", Instalment, token, as_of | {"signed_by": day.isoformat()}),
            peers.ask("funds", "/v1/incomes/totals", IncomeTotals, token, {"until": day.isoformat()}),
        ),
        asyncio.gather(
            peers.everything("funds", "/v1/distributions", Distribution, token, as_of),
            peers.everything("funds", "/v1/expenditure-progress", Progress, token, on),
            peers.everything("funds", "/v1/appropriation-alarms", Alarm, token, on),
        ),
    )
    return Funds(trial, book, instalments, incomes, distributions, progress, alarms)


@router.get("/funds", dependencies=[open_route()])
async def show_funds(
    request: Request, peers: Peers, spoken: Spoken, viewer: SignedIn, today: Today, as_of: AsOf = None
) -> Response:
    """The county's shared account and the money before and after it, on a day."""
    if viewer is None:
        return to_sign_in(request)
    day = as_of or today
    told, labels = await asyncio.gather(
        gather(peers, viewer.token, day),
        peers.labels("funds", "instalment-status", "receipt-kind", "distribution-state", "alarm-kind",
                     "appropriation-level"),
    )  # fmt: skip
    instalments, accounts = told.instalments.value or [], told.trial.value.items if told.trial.value else []
    return page(
        request, "funds.html", spoken, viewer, status=told.status,
        day=day, told=told, labels=labels, kinds=KINDS, query=carried(as_of, request),
        accounts=standing(accounts), empty=empty(accounts),
        schedule=schedule(instalments), statuses=by_status(instalments),
        incomes=incomes_by_year(told.incomes.value.items if told.incomes.value else []),
        states=by_state(told.distributions.value or []),
        loan_bar=lambda loan: bar(
            [("done", loan.paid_fen), ("late", loan.overdue_fen), ("rest", loan.due_fen - loan.paid_fen
                                                                  - loan.overdue_fen)], loan.due_fen),
    )  # fmt: skip
