"""Contracts, their amendments, and the payments that the county's books show for them."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from fupin.app import Router
from fupin.auth import Principal, Who, needs
from fupin.clock import Today
from fupin.db import Db
from fupin.paging import BadCursor, Paged
from fupin.problems import NotFound, problems
from fupin.reads import Reads
from fupin.remote import PeerRefused, Unanswered
from fupin.selected import selected
from fupin.written import listed
from services.projects import models
from services.projects.clients import Books
from services.projects.codes.library import Level
from services.projects.problems.contracts import (
    ContractNumberTaken,
    ContractSigned,
    CountyBooks,
    DaysBackwards,
    MoreThanContracted,
    NoSuchAward,
    NotAPayment,
    OverBudget,
    PaymentTaken,
)
from services.projects.problems.library import DayInFuture, ProjectEnded
from services.projects.problems.tenders import NotAdmitted
from services.projects.queries import contracts as queries
from services.projects.routes.projects import SEEN, Asked, GroupBy, held
from services.projects.routes.tenders import done_on
from services.projects.rules import contracts as rules
from services.projects.rules import library
from services.projects.schemas.contracts import (
    Amendment,
    AmendmentPage,
    Contract,
    ContractPage,
    Expenditure,
    NewAmendment,
    NewContract,
    NewPayments,
    PaymentList,
    PaymentPage,
    Progress,
    ProgressStatistics,
)
from services.projects.schemas.fields import Division

router = Router(tags=["contracts"])

On = Annotated[date | None, Query(description="The day looked at; today when absent.")]


@router.post(
    "/v1/contracts",
    status_code=201,
    response_model=Contract,
    dependencies=[needs("projects:approve")],
    responses=problems(
        NotFound, NoSuchAward, NotAdmitted, ContractSigned, ContractNumberTaken, OverBudget, DaysBackwards, DayInFuture
    ),
)
async def sign_contract(new: NewContract, db: Db, who: Who, today: Today, response: Response) -> dict[str, Any]:
    """Sign the contract on an award, at the awarded price (招标投标法 46); within the project's budget."""
    found = await queries.award(db, new.award_id)
    if found is None:
        raise NoSuchAward
    award, awarded_fen = found
    project = await held(db, award.project_id)
    rules.check_procuring(project.state)
    contract = models.Contract(
        **new.model_dump() | {"signed_on": done_on(new.signed_on, today)},
        project_id=project.id,
        county_code=project.county_code,
        division_code=project.division_code,
        amount_fen=awarded_fen,
        signed_by=who.actor,
    )
    db.add(contract)
    await db.flush()
    response.headers["Location"] = f"/v1/contracts/{contract.id}"
    return await _shown(db, contract.id)


@router.get(
    "/v1/contracts", response_model=ContractPage, dependencies=[needs("projects:read")], responses=problems(BadCursor)
)
async def list_contracts(
    db: Reads,
    page: Paged,
    response: Response,
    project_id: UUID | None = None,
    division: Division | None = None,
    enterprise_id: UUID | None = None,
    tender_id: UUID | None = None,
) -> Response:
    """Contracts as they stand, with their suppliers and what was paid on them."""
    wanted = selected(Contract, queries.contracts, project_id, division, enterprise_id, tender_id)
    return await listed(db, page, response, wanted)


@router.get(
    "/v1/contracts/{contract_id}",
    response_model=Contract,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound),
)
async def get_contract(contract_id: UUID, db: Db) -> dict[str, Any]:
    """One contract as it stands."""
    return await _shown(db, contract_id)


@router.post(
    "/v1/contracts/{contract_id}/amendments",
    status_code=201,
    response_model=Amendment,
    dependencies=[needs("projects:approve")],
    responses=problems(NotFound, ProjectEnded, OverBudget, MoreThanContracted, DaysBackwards, DayInFuture),
)
async def amend_contract(
    contract_id: UUID, new: NewAmendment, db: Db, who: Who, today: Today
) -> models.ContractAmendment:
    """Change a contract's price or last day; beyond the budget only by naming the approval of that."""
    contract = await _signed(db, contract_id)
    project = await held(db, contract.project_id)
    library.check_going_on(project.state)
    change = new.model_dump() | {"amended_on": done_on(new.amended_on, today), "amended_by": who.actor}
    return await queries.amend(db, contract, change)


@router.get(
    "/v1/contracts/{contract_id}/amendments",
    response_model=AmendmentPage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_amendments(contract_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """What was changed in a contract."""
    await _signed(db, contract_id)
    return await page.of(db, queries.amendments(contract_id), key=models.ContractAmendment.seq)


@router.post(
    "/v1/contracts/{contract_id}/payments",
    status_code=201,
    response_model=PaymentList,
    dependencies=[needs("projects:write")],
    responses=problems(NotFound, NotAPayment, PaymentTaken, MoreThanContracted, CountyBooks, Unanswered, PeerRefused),
)
async def record_payments(contract_id: UUID, new: NewPayments, db: Db, books: Books, who: Who) -> dict[str, Any]:
    """
    Record on a contract which of the project's expenditures were made on it; all of them or none.

    The county's books are asked first: whose expenditure it is, how much, when, from which document. Payments that
    they have undone since no longer count against the contract.
    """
    _county(who)
    contract = await _signed(db, contract_id)
    known = {found.id: found for found in await books.expenses(contract.project_id)}
    good = {id for id, found in known.items() if found.reversed_on is None}
    if wrong := [str(id) for id in new.entry_ids if id not in good]:
        raise NotAPayment(entry_ids=wrong)
    await held(db, contract.project_id)
    await queries.undo(
        db, contract.project_id, {id: found.reversed_on for id, found in known.items() if found.reversed_on}
    )
    payments = [
        models.ContractPayment(
            contract_id=contract.id,
            project_id=contract.project_id,
            division_code=contract.division_code,
            entry_id=id,
            amount_fen=known[id].amount_fen,
            paid_on=known[id].effective_on,
            payee=known[id].counterparty,
            document_no=known[id].document_no,
            recorded_by=who.actor,
        )
        for id in dict.fromkeys(new.entry_ids)
    ]
    await queries.pay(db, payments)
    return {"items": payments}


@router.get(
    "/v1/contracts/{contract_id}/payments",
    response_model=PaymentPage,
    dependencies=[needs("projects:read")],
    responses=problems(NotFound, BadCursor),
)
async def list_payments(contract_id: UUID, db: Db, page: Paged) -> dict[str, Any]:
    """What was paid on a contract."""
    await _signed(db, contract_id)
    return await page.of(db, queries.payments(contract_id), key=models.ContractPayment.id)


@router.get(
    "/v1/projects/{project_id}/expenditure",
    response_model=Expenditure,
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, CountyBooks, Unanswered, PeerRefused),
)
async def get_expenditure(project_id: UUID, db: Db, books: Books, who: Who, today: Today) -> dict[str, Any]:
    """What a project may cost, is contracted for and has cost, each expenditure with its document and contract."""
    _county(who)
    granted = await books.spending(today, project_id)
    expenses = await books.expenses(project_id)
    standing = await queries.standing(db, project_id, today)
    on_contracts = await queries.payments_of_project(db, project_id)
    paid = [expense for expense in expenses if expense.reversed_on is None]
    paid_fen = sum(expense.amount_fen for expense in paid)
    return {
        "budget_fen": standing["budget_fen"],
        "contracted_fen": standing["contracted_fen"],
        "granted_fen": sum(found.granted_fen for found in granted),
        "paid_fen": paid_fen,
        "paid_on_contracts_fen": sum(expense.amount_fen for expense in paid if expense.id in on_contracts),
        "paid_ppm": rules.share(paid_fen, standing["budget_fen"]),
        "expenses": [
            expense.model_dump()
            | {
                "entry_id": expense.id,
                "paid_on": expense.effective_on,
                "payee": expense.counterparty,
                "contract_id": on_contracts.get(expense.id),
            }
            for expense in expenses
        ],
    }


@router.get(
    "/v1/projects/{project_id}/progress",
    response_model=Progress,
    tags=["milestones"],
    dependencies=[needs("projects:read"), SEEN],
    responses=problems(NotFound, Unanswered, PeerRefused),
)
async def get_progress(project_id: UUID, db: Db, books: Books, who: Who, today: Today, on: On = None) -> dict[str, Any]:
    """How far a project is on a day: its milestones reached, and its budget spent."""
    day = on or today
    seen = _for_county(who)
    spent = sum(found.spent_fen for found in await books.spending(day, project_id)) if seen else 0
    standing = await queries.standing(db, project_id, day)
    (found,) = rules.with_shares([standing | {"paid_fen": spent}], books=seen)
    return found | {"on": day}


@router.get(
    "/v1/statistics/progress",
    response_model=ProgressStatistics,
    tags=["statistics"],
    dependencies=[needs("projects:read")],
    responses=problems(Unanswered, PeerRefused),
)
async def count_progress(
    db: Db, asked: Asked, books: Books, who: Who, today: Today, group_by: GroupBy = "programme", on: On = None
) -> dict[str, Any]:
    """Milestones reached and budget spent by town, category, programme or state, with the filters of the list."""
    day = on or today
    by = list(dict.fromkeys(group_by.split(",")))
    seen = _for_county(who)
    paid = {found.project_id: found.spent_fen for found in await books.spending(day)} if seen else {}
    groups = rules.with_shares(await queries.grouped(db, by, asked, day, paid), books=seen)
    nothing = dict.fromkeys(("town", "category", "programme", "state"))
    return {"on": day, "group_by": by, "groups": [nothing | group for group in groups]}


def _for_county(who: Principal) -> bool:
    return library.level(who.division) == Level.COUNTY


def _county(who: Principal) -> None:
    """The county's books are not cut by town. Raises CountyBooks."""
    if not _for_county(who):
        raise CountyBooks


async def _signed(db: Db, contract_id: UUID) -> models.Contract:
    contract = await queries.signed(db, contract_id)
    if contract is None:
        raise NotFound
    return contract


async def _shown(db: Db, contract_id: UUID) -> dict[str, Any]:
    found = await queries.contract(db, contract_id)
    if found is None:
        raise NotFound
    return found
