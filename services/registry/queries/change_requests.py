"""Change requests: which, their steps, and holding one still while it is decided."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import division_prefix
from fupin.listing import Listing, words
from fupin.problems import NotFound
from services.registry import models
from services.registry.codes.change_requests import ChangeKind, ChangeState

SHOWN = """
    r.id, r.kind, r.state, r.household_id,
    (SELECT h.household_no FROM household h WHERE h.id = r.household_id) AS household_no,
    r.member_id, r.other_household_id, r.division_code, r.to_division_code, r.on_date AS "on", r.base_version,
    r.other_base_version, r.shown AS proposal, r.reason, r.evidence, r.document_ref, r.submitted_by, r.reviewed_by,
    r.decided_by, r.created_at, r.decided_at, r.note,
    (SELECT json_agg(json_build_object(
        'seq', s.seq, 'from_state', s.from_state, 'to_state', s.to_state, 'actor', s.actor,
        'actor_division', s.actor_division, 'scope', s.scope, 'note', s.note, 'at', s.at) ORDER BY s.seq)
     FROM change_request_step s WHERE s.change_request_id = r.id) AS steps,
    r.version
"""
SOURCE = "change_request r"
BY_ID = (("r.id", UUID),)

# Who reviewed, who decided and when follow from the step; PostgreSQL checks the name against who acts.
STEP = text("""
    UPDATE change_request SET
        state = CAST(:state AS varchar), note = :note, version = version + 1,
        reviewed_by = CASE CAST(:state AS varchar) WHEN 'TOWN_REVIEWED' THEN CAST(:actor AS varchar)
                                                   WHEN 'SUBMITTED' THEN NULL ELSE reviewed_by END,
        decided_by = CASE WHEN CAST(:state AS varchar) IN ('APPROVED', 'REFUSED', 'WITHDRAWN')
                          THEN CAST(:actor AS varchar) END,
        decided_at = CASE WHEN CAST(:state AS varchar) IN ('APPROVED', 'REFUSED', 'WITHDRAWN')
                          THEN clock_timestamp() END,
        other_household_id = coalesce(CAST(:other_household_id AS uuid), other_household_id),
        base_version = coalesce(CAST(:base_version AS int), base_version),
        other_base_version = coalesce(CAST(:other_base_version AS int), other_base_version)
    WHERE id = :id
""")


def requests(
    division: str | None, state: Sequence[ChangeState], kind: ChangeKind | None, household_id: UUID | None
) -> Listing:
    """Requests that concern a division: from it, or into it."""
    found = Listing(SHOWN, SOURCE, BY_ID)
    if division is not None:
        found = found.where(
            "(starts_with(r.division_code, %(division)s) OR starts_with(r.to_division_code, %(division)s))",
            division=division_prefix(division),
        )
    if state:
        found = found.where("r.state = ANY (%(state)s)", state=words(state))
    if kind is not None:
        found = found.where("r.kind = %(kind)s", kind=str(kind))
    if household_id is not None:
        found = found.where(
            "(r.household_id = %(household_id)s OR r.other_household_id = %(household_id)s)", household_id=household_id
        )
    return found


def by_id(id: UUID) -> Listing:
    return Listing(SHOWN, SOURCE, BY_ID).where("r.id = %(id)s", id=id)


async def locked(db: AsyncSession, id: UUID) -> models.ChangeRequest:
    """The request, held still until the transaction ends: of two who decide, one comes first. Raises NotFound."""
    wanted = select(models.ChangeRequest).where(col(models.ChangeRequest.id) == id).with_for_update()
    found = (await db.exec(wanted)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def step(
    db: AsyncSession,
    id: UUID,
    state: ChangeState,
    actor: str,
    note: str,
    *,
    other_household_id: UUID | None = None,
    base: tuple[int, int | None] = (0, None),
) -> None:
    """Take the request to a state; `base` are the versions it is made from anew."""
    given = {"id": id, "state": state.value, "actor": actor, "note": note, "other_household_id": other_household_id}
    await db.execute(STEP, given | {"base_version": base[0] or None, "other_base_version": base[1]})
