from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import TypeAdapter

from fupin import audit
from fupin.app import Router
from fupin.auth import InsufficientScope, Principal, Who, needs
from fupin.clock import Today
from fupin.crypto import Vault
from fupin.db import Db
from fupin.etag import Stale
from fupin.paging import Paged
from fupin.problems import NotFound, answer, problems
from fupin.written import found, listed
from services.registry import models
from services.registry.codes.accesses import AccessKind
from services.registry.codes.change_requests import ChangeKind, ChangeState
from services.registry.problems import (
    CausesRepeat,
    HouseholdNoTaken,
    PersonRegistered,
    SecondHead,
    StatusBackdated,
    StatusNotReachable,
)
from services.registry.problems.change_requests import (
    AnotherCounty,
    ChangeNotInOrder,
    ChangeRequestOutdated,
    DivisionEnded,
    HeadsDisagree,
    HouseholdGone,
    MembersDisagree,
    MoveBackdated,
    NotTheActor,
    NotYourRequest,
    ReceivingTownReviews,
    SameVillage,
    TwoPeopleNeeded,
    UnknownTargetVillage,
)
from services.registry.problems.unmasking import TooManyUnmasked
from services.registry.queries import accesses, change_requests, households, moves
from services.registry.routes import applying
from services.registry.routes.answers import InDivision, Sealing
from services.registry.routes.unmasking import counted
from services.registry.rules import change_requests as rules
from services.registry.schemas.change_requests import (
    ChangeRequest,
    ChangeRequestPage,
    HouseholdOrigins,
    NewChangeRequest,
    Proposal,
    Refusal,
    Resubmission,
    StepNote,
    TransferProposal,
    UnmaskedProposal,
)
from services.registry.schemas.households import Unmask

router = Router(tags=["change-requests"])

PROPOSAL = "registry.change_request.proposal"
READER: TypeAdapter[Proposal] = TypeAdapter(Proposal)
STEPS = (NotFound, ChangeNotInOrder, NotTheActor)


@router.post(
    "/v1/change-requests",
    status_code=201,
    response_model=ChangeRequest,
    dependencies=[needs("registry:write")],
    responses=problems(
        NotFound, Stale, StatusBackdated, HouseholdGone, SameVillage, AnotherCounty, UnknownTargetVillage
    ),
)
async def create_change_request(
    new: NewChangeRequest, db: Db, who: Who, vault: Sealing, response: Response, today: Today
) -> Response:
    """
    Propose a change. It is made from the version you read: if the record changes before approval, it comes back.

    The town reviews it (for a move to another village: the receiving town), then somebody else approves it for the
    county, who neither submitted nor reviewed it.
    """
    proposal = new.proposal
    held = await applying.hold(db, proposal)
    base = (proposal.version, getattr(proposal, "into_version", None))
    if held.versions != base:
        raise Stale
    applying.check(proposal, held, vault, today)
    row = models.ChangeRequest(
        kind=proposal.kind,
        county_code=held.household.county_code,
        division_code=held.household.division_code,
        household_id=held.household_id,
        member_id=held.member.id if held.member else None,
        other_household_id=held.other.id if held.other else None,
        to_division_code=proposal.to_division_code if isinstance(proposal, TransferProposal) else held.destination,
        on_date=getattr(proposal, "on", None),
        base_version=base[0],
        other_base_version=base[1],
        proposal_enc=vault.seal(proposal.model_dump_json(exclude_unset=True), PROPOSAL),
        shown=rules.masked(proposal.model_dump(mode="json", exclude_unset=True, exclude={"kind"})),
        submitted_by=who.actor,
        **new.model_dump(exclude={"proposal"}),
    )
    db.add(row)
    await db.flush()
    id = UUID(str(row.id))
    return await _shown(db, response, id, made=f"/v1/change-requests/{id}")


@router.get("/v1/change-requests", response_model=ChangeRequestPage, dependencies=[needs("registry:read")])
async def list_change_requests(
    db: Db,
    page: Paged,
    response: Response,
    division: InDivision,
    state: Annotated[list[ChangeState] | None, Query(description="One or several.")] = None,
    kind: ChangeKind | None = None,
    household_id: Annotated[UUID | None, Query(description="Of this household, or into or out of it.")] = None,
) -> Response:
    """Change requests from or into a division, oldest first, personal numbers masked."""
    return await listed(db, page, response, change_requests.requests(division, state or (), kind, household_id))


@router.get(
    "/v1/change-requests/{change_request_id}",
    response_model=ChangeRequest,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_change_request(change_request_id: UUID, db: Db, response: Response) -> Response:
    """One request with its steps: who, by which right, when."""
    return await _shown(db, response, change_request_id)


@router.post(
    "/v1/change-requests/{change_request_id}:unmask",
    dependencies=[needs("registry:read", "registry:pii"), counted()],
    responses=problems(NotFound, TooManyUnmasked),
)
async def unmask_change_request(
    change_request_id: UUID, why: Unmask, db: Db, vault: Sealing, http_request: Request, response: Response
) -> UnmaskedProposal:
    """What is proposed, personal numbers in the clear, for a purpose: whoever decides must be able to compare them."""
    # A repeated request is answered anew, and audited anew: a stored answer would keep the numbers in the clear.
    http_request.state.idempotency = None
    request = await change_requests.locked(db, change_request_id)
    await audit.record(db, "UNMASK", "change_request", change_request_id, purpose=why.purpose)
    await accesses.record(db, AccessKind.UNMASK, households.row(request.household_id), purpose=why.purpose)
    response.headers["Cache-Control"] = "no-store"
    proposal = _opened(vault, request).model_dump(mode="json", exclude_unset=True, exclude={"kind"})
    return UnmaskedProposal(id=change_request_id, proposal=proposal)


@router.post(
    "/v1/change-requests/{change_request_id}:review",
    response_model=ChangeRequest,
    dependencies=[needs("registry:review")],
    responses=problems(*STEPS, ReceivingTownReviews),
)
async def review_change_request(
    change_request_id: UUID, new: StepNote, db: Db, who: Who, response: Response
) -> Response:
    """The town has looked into it and agrees; a move is reviewed by the town that receives the household."""
    request = await _stepping(db, change_request_id, ChangeState.TOWN_REVIEWED)
    if not (request.to_division_code or request.division_code).startswith(who.division):
        raise ReceivingTownReviews
    await change_requests.step(db, change_request_id, ChangeState.TOWN_REVIEWED, who.actor, new.note)
    return await _shown(db, response, change_request_id)


@router.post(
    "/v1/change-requests/{change_request_id}:approve",
    response_model=ChangeRequest,
    dependencies=[needs("registry:approve")],
    responses=problems(
        *STEPS, TwoPeopleNeeded, ChangeRequestOutdated, StatusNotReachable, StatusBackdated, HouseholdGone,
        DivisionEnded, MoveBackdated, MembersDisagree, HeadsDisagree, PersonRegistered, SecondHead, HouseholdNoTaken,
        CausesRepeat, SameVillage,
    ),
)  # fmt: skip
async def approve_change_request(
    change_request_id: UUID,
    new: StepNote,
    db: Db,
    who: Who,
    vault: Sealing,
    http_request: Request,
    response: Response,
    today: Today,
) -> Response:
    """Approve and apply, in one transaction. Nobody approves what they submitted or reviewed."""
    request = await _stepping(db, change_request_id, ChangeState.APPROVED, who)
    proposal = _opened(vault, request)
    held = await applying.hold(db, proposal)
    if held.versions != (request.base_version, request.other_base_version):
        await change_requests.step(db, change_request_id, ChangeState.RETURNED, who.actor, new.note)
        # Answered, not raised: that the request went back is to last.
        return answer(http_request, ChangeRequestOutdated(state=ChangeState.RETURNED.value))
    other = await applying.apply(db, vault, proposal, held, request, today)
    await change_requests.step(
        db, change_request_id, ChangeState.APPROVED, who.actor, new.note, other_household_id=other
    )
    return await _shown(db, response, change_request_id)


@router.post(
    "/v1/change-requests/{change_request_id}:refuse",
    response_model=ChangeRequest,
    dependencies=[needs("registry:review")],
    responses=problems(*STEPS, TwoPeopleNeeded),
)
async def refuse_change_request(
    change_request_id: UUID, new: Refusal, db: Db, who: Who, response: Response
) -> Response:
    """Refuse with a reason: the town what is submitted to it; the county (registry:approve) what is reviewed."""
    request = await _stepping(db, change_request_id, ChangeState.REFUSED, who)
    if request.state is ChangeState.TOWN_REVIEWED and "registry:approve" not in who.scopes:
        raise InsufficientScope(["registry:approve"])
    await change_requests.step(db, change_request_id, ChangeState.REFUSED, who.actor, new.reason)
    return await _shown(db, response, change_request_id)


@router.post(
    "/v1/change-requests/{change_request_id}:withdraw",
    response_model=ChangeRequest,
    dependencies=[needs("registry:write")],
    responses=problems(*STEPS, NotYourRequest),
)
async def withdraw_change_request(
    change_request_id: UUID, new: StepNote, db: Db, who: Who, response: Response
) -> Response:
    """Whoever submitted it takes it back, as long as it is undecided."""
    await _stepping(db, change_request_id, ChangeState.WITHDRAWN, who)
    await change_requests.step(db, change_request_id, ChangeState.WITHDRAWN, who.actor, new.note)
    return await _shown(db, response, change_request_id)


@router.post(
    "/v1/change-requests/{change_request_id}:resubmit",
    response_model=ChangeRequest,
    dependencies=[needs("registry:write")],
    responses=problems(*STEPS, NotYourRequest, Stale, StatusBackdated, HouseholdGone, SameVillage),
)
async def resubmit_change_request(
    change_request_id: UUID, new: Resubmission, db: Db, who: Who, vault: Sealing, response: Response, today: Today
) -> Response:
    """Submit a returned request again, having read what is recorded now. It is reviewed anew."""
    request = await _stepping(db, change_request_id, ChangeState.SUBMITTED, who)
    proposal = _opened(vault, request)
    held = await applying.hold(db, proposal)
    base = (new.version, new.into_version)
    if held.versions != base:
        raise Stale
    applying.check(proposal, held, vault, today)
    await change_requests.step(db, change_request_id, ChangeState.SUBMITTED, who.actor, new.note, base=base)
    return await _shown(db, response, change_request_id)


@router.get(
    "/v1/households/{household_id}/origins",
    response_model=HouseholdOrigins,
    dependencies=[needs("registry:read")],
    responses=problems(NotFound),
)
async def get_household_origins(household_id: UUID, db: Db, response: Response) -> Response:
    """Where a household went, what it came from, in which villages it stood."""
    return await found(db, response, moves.origins(household_id), "h.version")


async def _stepping(db: Db, id: UUID, to: ChangeState, who: Principal | None = None) -> models.ChangeRequest:
    """The request, held still, if this step can follow, and this person may decide it so."""
    request = await change_requests.locked(db, id)
    rules.step(request.state, to)
    if who is not None:
        rules.decides(who.actor, to, request.submitted_by, request.reviewed_by)
    return request


def _opened(vault: Vault, request: models.ChangeRequest) -> Proposal:
    return READER.validate_json(vault.open(bytes(request.proposal_enc), PROPOSAL))


async def _shown(db: Db, response: Response, id: UUID, made: str | None = None) -> Response:
    return await found(db, response, change_requests.by_id(id), "r.version", made=made)
