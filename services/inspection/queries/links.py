"""What other services are sent about findings, and how it ended: ids, codes and dates, no prose, nobody's data."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fupin.auth import Principal
from fupin.outbox import Outcome, hears, post_later
from services.inspection.codes import LinkedService
from services.inspection.models import Finding, FindingLink
from services.inspection.queries.common import add
from services.inspection.rules.rectification import reason

LISTENER = "finding-link"
PATHS = {LinkedService.REGISTRY: "/v1/change-requests", LinkedService.FUNDS: "/v1/notes"}

ENDED = text("""
    UPDATE finding_link SET state = :state, answer_id = :answer_id, refusal = :refusal, ended_at = clock_timestamp()
    WHERE id = :id AND state = 'SENT'
""")


async def propose_in_registry(
    db: AsyncSession, who: Principal, finding: Finding, finding_no: str, version: int, change: dict[str, Any]
) -> FindingLink:
    """A change request for the household that a finding is about."""
    body = {
        "proposal": {
            "kind": "HOUSEHOLD",
            "household_id": str(finding.subject_id),
            "version": version,
            "change": change,
        },
        "reason": reason(finding_no, finding.kind),
        "evidence": reason(finding_no, finding.kind),
        "document_ref": finding_no,
    }
    return await _send(db, who, finding, LinkedService.REGISTRY, body)


async def note_in_funds(db: AsyncSession, who: Principal, finding: Finding, finding_no: str, due_on: date) -> None:
    """A note in the fund account: whose answer is due when."""
    body = {
        "division_code": finding.division_code,
        "subject_id": str(finding.subject_id) if finding.subject_id else None,
        "source": "inspection",
        "source_id": str(finding.id),
        "source_no": finding_no,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "found_on": str(finding.found_on),
        "due_on": str(due_on),
    }
    await _send(db, who, finding, LinkedService.FUNDS, body)


async def _send(
    db: AsyncSession, who: Principal, finding: Finding, service: LinkedService, body: dict[str, Any]
) -> FindingLink:
    row: dict[str, Any] = {
        "finding_id": finding.id,
        "division_code": finding.division_code,
        "service": service,
        "body": body,
        "actor": who.actor,
    }
    link = await add(db, FindingLink(**row))
    await post_later(
        db,
        who,
        peer=service.value.lower(),
        path=PATHS[service],
        body=body,
        key=f"finding-link:{link.id}",
        then=LISTENER,
    )
    return link


@hears(LISTENER)
async def ended(db: AsyncSession, outcome: Outcome) -> None:
    """The other service answered: with what it made, or with a problem."""
    refused = outcome.refusal
    await db.execute(
        ENDED,
        {
            "id": UUID(outcome.key.partition(":")[2]),
            "state": "REFUSED" if refused else "DELIVERED",
            "answer_id": None if refused else UUID(outcome.answer["id"]),
            "refusal": refused.peer_problem if refused else None,
        },
    )
